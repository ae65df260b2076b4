"""Reading profile files from a folder: TOML, shape, and problems that name file, line, key, value and reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.errors import DataFileError
from bench.language import Message, msg

SHIPPED = Path(__file__).parent
FOLDERS = ("calibres", "cases", "grades", "programmes")
SINGLES = ("batteries", "sources")
CHECKED = "checked.json"

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file. `line` is None where it cannot be told, `key` "" where the whole file is meant."""

    file: str
    reason: Message
    key: str = ""
    value: str = ""
    line: int | None = None

    def message(self) -> Message:
        """Return the whole sentence: file, line, key, value and reason."""
        where = msg("{file}, line {line}", file=self.file, line=self.line) if self.line else self.file
        if self.key and self.value:
            return msg(
                "{where}: {key} = “{value}”: {reason}", where=where, key=self.key, value=self.value, reason=self.reason
            )
        if self.key:
            return msg("{where}: {key}: {reason}", where=where, key=self.key, reason=self.reason)
        return msg("{where}: {reason}", where=where, reason=self.reason)

    def __str__(self) -> str:
        return str(self.message())


def error(problems: Sequence[Problem]) -> DataFileError:
    """Return the error to raise for these problems; the first one is told, the others are counted."""
    more = len(problems) - 1
    return DataFileError(
        problems[0].message(),
        msg("And {count} more.", count=more) if more else None,
        msg("Mend the file, then run “etabli profiles check”."),
    )


@dataclass(frozen=True)
class DataFile:
    """One profile file as read. `kind` is its folder, `origin` "shipped" or "workshop"."""

    kind: str
    name: str
    origin: str
    text: str = field(repr=False)
    data: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        found = self.data.get("id")
        return found if isinstance(found, str) else Path(self.name).stem

    def problem(self, place: Place, reason: Message, value: object = "") -> Problem:
        """Return a problem at `place` (keys and indices from the top of the file)."""
        return Problem(self.name, reason, dotted(place), str(value), line_of(self.text, place))


def dotted(place: Place) -> str:
    """Write a place as people do: limits[2].low, the first limit being 1."""
    written = ""
    for part in place:
        written += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if written else part
    return written


def read_folder(folder: Path, origin: str) -> tuple[list[DataFile], list[Problem]]:
    """Read every profile file under `folder`; what cannot be read or has the wrong shape becomes a problem."""
    files: list[DataFile] = []
    problems: list[Problem] = []
    found = [(kind, path) for kind in FOLDERS for path in sorted((folder / kind).glob("*.toml"))]
    found += [(kind, folder / f"{kind}.toml") for kind in SINGLES if (folder / f"{kind}.toml").exists()]
    for kind, path in found:
        name = path.relative_to(folder).as_posix()
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as fault:
            problems.append(Problem(name, msg("it is not UTF-8 text (byte {position}).", position=fault.start)))
        except OSError as fault:
            problems.append(Problem(name, msg("it cannot be read: {error}.", error=fault.strerror or "")))
        else:
            file, wrong = _read(kind, name, origin, text)
            problems += wrong
            if file is not None and not wrong:
                files.append(file)
    return files, problems


def _read(kind: str, name: str, origin: str, text: str) -> tuple[DataFile | None, list[Problem]]:
    known = checked().get(name)
    if known and known["sha256"] == digest(text):
        return DataFile(kind, name, origin, text, known["data"]), []
    import tomllib

    try:
        file = DataFile(kind, name, origin, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        return None, [_broken(name, str(fault))]
    wrong = shape_problems(file)
    if kind in FOLDERS and not wrong and file.id != Path(name).stem:
        wrong.append(file.problem(("id",), msg("the file must be called {id}.toml.", id=file.id), file.id))
    return file, wrong


def _broken(name: str, said: str) -> Problem:
    line = re.search(r"at line (\d+)", said)
    reason = re.sub(r"\s*\(at .*\)$", "", said)
    return Problem(name, msg("it is not valid TOML: {reason}.", reason=reason), line=int(line[1]) if line else None)


def digest(text: str) -> str:
    """Return the SHA-256 of a file's text (newlines as read, so the same on every system)."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@lru_cache(maxsize=1)
def checked() -> Mapping[str, Any]:
    """Return digest and content of the shipped files whose shape `profiles.check` has already proven.

    A file that still has its digest need not be parsed and checked again at every start: that, and loading pydantic
    for it, would take longer than all the rest.
    """
    try:
        return dict(json.loads((SHIPPED / CHECKED).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def shape_problems(file: DataFile) -> list[Problem]:
    """Check a file against its model: unknown keys, missing keys, wrong types."""
    from pydantic import ValidationError

    from profiles.models import MODELS

    try:
        MODELS[file.kind].model_validate(file.data)
    except ValidationError as fault:
        return [_shape_problem(file, detail) for detail in fault.errors()]
    return []


def _shape_problem(file: DataFile, detail: Mapping[str, Any]) -> Problem:
    place: Place = tuple(detail["loc"])
    given = detail.get("input")
    value = given if isinstance(given, (str, int, float, bool)) else ""
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        return file.problem(place, msg("no such key is known here."), value)
    if kind == "missing":
        return file.problem(place, msg("this key is missing."))
    if kind == "literal_error":
        return file.problem(place, msg("it must be one of: {expected}.", expected=context["expected"]), value)
    if kind == "string_pattern_mismatch":
        return file.problem(place, msg("write lower-case letters, digits and hyphens only."), value)
    if kind in ("string_too_short", "too_short"):
        return file.problem(place, msg("it must not be empty."))
    if kind.endswith(("_type", "_parsing")):
        wanted = kind.rpartition("_")[0]
        return file.problem(place, msg("a value of type {wanted} is expected.", wanted=wanted), value)
    return file.problem(place, msg("it is not valid here ({detail}).", detail=detail["msg"]), value)


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:[\w.-]+|\"[^\"]*\")(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)\s*=")


def line_of(text: str, place: Place) -> int | None:
    """Return the line (from 1) where `place` is written, or the nearest table that should hold it."""
    best, best_length = None, 0
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[2], counts)
            if header[1] == "[[":
                table = table[:-1] if isinstance(table[-1], int) else table
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            here = table
        elif key := _KEY.match(line):
            here = (*table, *_parts(key[1], {}))
        else:
            continue
        shared = len(here) if here == place[: len(here)] else 0
        if shared > best_length:
            best, best_length = number, shared
    return best


def _parts(dotted_key: str, counts: Mapping[Place, int]) -> Place:
    parts: Place = ()
    for part in dotted_key.split("."):
        parts = (*parts, part.strip().strip('"'))
        if parts in counts:
            parts = (*parts, counts[parts])
    return parts
