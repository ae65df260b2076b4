"""Reading a TOML data file into its model, with errors that name file, line, key and reason."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import rfc8785
from pydantic import BaseModel, ValidationError

from bench.errors import DataFileError
from bench.language import msg

Model = TypeVar("Model", bound=BaseModel)


def load(path: Path, model: type[Model]) -> Model:
    """Read `path` into `model`. Raises DataFileError naming the file, the line or key, and the reason."""
    return validate(read(path), model, path)


def read(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises DataFileError for a missing, unreadable or broken one."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataFileError(
            msg("There is no file {file}.", file=path.name), remedy=msg("Check the path: {path}.", path=str(path))
        ) from None
    except OSError as error:
        raise DataFileError(
            msg("{file} cannot be read.", file=path.name), msg("The system says: {error}.", error=error.strerror or "")
        ) from None
    except UnicodeDecodeError as error:
        raise DataFileError(
            msg("{file} is not UTF-8 text (byte {position}).", file=path.name, position=error.start),
            remedy=msg("Save it as UTF-8."),
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise DataFileError(
            msg("{file} is not valid TOML: {reason}.", file=path.name, reason=str(error).rstrip(".")),
            remedy=msg("Mend the line that is named."),
        ) from None


def validate(data: dict[str, Any], model: type[Model], path: Path) -> Model:
    """Check `data` against `model`. Raises DataFileError with every wrong key and its reason."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(_problem(detail, path) for detail in error.errors())
        raise DataFileError(
            msg("{file} is not right: {problems}.", file=path.name, problems=problems),
            remedy=msg("Mend these keys."),
        ) from None


def _problem(detail: Any, path: Path) -> str:
    key = ".".join(str(part) for part in detail["loc"]) or "?"
    given = detail.get("input")
    shown = f" ({given!r})" if isinstance(given, (str, int, float, bool)) else ""
    line = _line_of(path, detail["loc"])
    reason = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{key}{shown}, {line}: {reason}" if line else f"{key}{shown}: {reason}"


def _line_of(path: Path, where: Sequence[Any]) -> str:
    """Return "line n" of the last named key, "" where it cannot be told (the key is missing, or stands often)."""
    names = [part for part in where if isinstance(part, str)]
    if not names:
        return ""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    found = [n for n, line in enumerate(lines, 1) if re.match(rf"\s*\"?{re.escape(names[-1])}\"?\s*=", line)]
    return f"line {found[0]}" if len(found) == 1 else ""


def fingerprint(data: Any) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of `data`: what a record pins."""
    return hashlib.sha256(rfc8785.dumps(data)).hexdigest()
