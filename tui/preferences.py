"""What one person likes at the bench: language, theme, sounds, keys; kept in a file of the user's own."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from bench.catalogue import LANGUAGES
from bench.errors import DataFileError, EtabliError
from bench.language import msg
from tui.keys import objection

THEMES = ("dark", "light", "blue-orange")
CHARSETS = ("auto", "braille", "block", "ascii")
CONFIRM_KEYS = ("", "insert", "pagedown", "pageup", "f13", "f14", "f15")
"""What foot switches send and a hand can spare; "" is none."""


@dataclass(frozen=True)
class Preferences:
    """`language` "" is the system's; `confirm_key` is a second Enter; `keys` are {binding id: "key,key"}.

    `scanner_ms`: keys that follow each other faster come from a scanner, 0 never. `debounce_ms`: the same
    confirmation again within it is a sleeve, 0 never. Both in milliseconds.
    """

    language: str = ""
    theme: str = "dark"
    charset: str = "auto"
    sounds: bool = True
    auto_advance: bool = True
    big_digits: bool = False
    confirm_key: str = ""
    scanner_ms: int = 30
    debounce_ms: int = 200
    keys: Mapping[str, str] = field(default_factory=dict)


STEADY = Preferences(sounds=False, auto_advance=False, scanner_ms=0, debounce_ms=0)
"""Every key at once and nothing by itself: for scripts that press keys faster than a person."""

_FITS: Mapping[str, Callable[[Any], bool]] = {
    "language": lambda value: value in ("", *LANGUAGES),
    "theme": lambda value: value in THEMES,
    "charset": lambda value: value in CHARSETS,
    "sounds": lambda value: isinstance(value, bool),
    "auto_advance": lambda value: isinstance(value, bool),
    "big_digits": lambda value: isinstance(value, bool),
    "confirm_key": lambda value: value in CONFIRM_KEYS,
    "scanner_ms": lambda value: type(value) is int and 0 <= value <= 200,
    "debounce_ms": lambda value: type(value) is int and 0 <= value <= 2000,
    "keys": lambda value: isinstance(value, dict) and all(map(_usable, value.values())),
}


def _usable(keys: object) -> bool:
    return isinstance(keys, str) and keys != "" and not any(objection(key) for key in keys.split(","))


def file() -> Path:
    """Return where this user's preferences lie."""
    from platformdirs import user_config_path

    return user_config_path("etabli", appauthor=False) / "preferences.toml"


def load(path: Path) -> tuple[Preferences, list[EtabliError]]:
    """Read preferences; what is broken or unknown is left at its default and said in a notice."""
    try:
        written = path.read_text("utf-8")
    except FileNotFoundError:
        return Preferences(), []
    except (OSError, UnicodeDecodeError) as error:
        return Preferences(), [_broken(path, str(error))]
    import tomllib

    try:
        data = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        return Preferences(), [_broken(path, str(error))]
    good = {key: value for key, value in data.items() if key in _FITS and _FITS[key](value)}
    bad = sorted(set(data) - set(good))
    return replace(Preferences(), **good), [_odd(path, key) for key in bad]


def _broken(path: Path, reason: str) -> EtabliError:
    return DataFileError(
        msg("The preferences in {file} cannot be read; the usual ones are used.", file=str(path)),
        msg("{error}", error=reason),
        msg("Choose them again in the settings (F8): that writes the file anew."),
    )


def _odd(path: Path, key: str) -> EtabliError:
    return DataFileError(
        msg("{file}: “{key}” is not known or has no possible value; it is left out.", file=str(path), key=key),
        remedy=msg("Choose it again in the settings (F8)."),
    )


def save(preferences: Preferences, path: Path) -> None:
    """Write preferences whole or not at all. Raises EtabliError where the folder cannot be written."""
    lines = []
    for each in fields(preferences):
        value = getattr(preferences, each.name)
        if each.name != "keys":
            # A JSON string, number or truth value is also one of TOML.
            lines.append(f"{each.name} = {json.dumps(value, ensure_ascii=False)}")
    lines += ["", "[keys]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in preferences.keys.items())]
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise EtabliError(
            msg("The preferences cannot be written to {file}.", file=str(path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("They hold until the program ends."),
        ) from error
