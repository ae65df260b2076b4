"""Checking a dialect file: every broken rule with its file, line and key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench import datafile
from bench.errors import DataFileError
from bench.language import Message, msg
from drivers.dialects.codec import Dialect
from drivers.dialects.conformance import faults
from drivers.dialects.model import DialectModel

_LISTS = ("commands", "replies", "errors", "examples")


@dataclass(frozen=True)
class Problem:
    """One broken rule. `line` is 0 where it cannot be told."""

    file: str
    line: int
    key: str
    rule: str
    reason: Message

    def __str__(self) -> str:
        if not self.key:
            return f"{self.reason} [{self.rule}]"
        if self.line:
            return str(
                msg(
                    "{file}, line {line}: {key}: {reason} [{rule}]",
                    file=self.file,
                    line=self.line,
                    key=self.key,
                    reason=self.reason,
                    rule=self.rule,
                )
            )
        return str(
            msg("{file}: {key}: {reason} [{rule}]", file=self.file, key=self.key, reason=self.reason, rule=self.rule)
        )


def check(path: Path) -> list[Problem]:
    """Return every problem of a dialect file, none when it is right. Raises nothing for a wrong file."""
    try:
        data = datafile.read(path)
        lines = path.read_text("utf-8").splitlines()
    except DataFileError as error:
        return [Problem(path.name, _line_in(str(error)), "", "toml", error.what)]
    try:
        model = DialectModel.model_validate(data)
    except ValidationError as error:
        return [_of_model(path, lines, detail) for detail in error.errors()]
    problems = []
    if model.id != path.stem:
        reason = msg("the id must be the file's name, “{name}”", name=path.stem)
        problems.append(Problem(path.name, line_of(lines, ["id"]), "id", "id", reason))
    try:
        dialect = Dialect(model)
    except (re.error, ValueError) as error:
        return [*problems, Problem(path.name, 0, "", "pattern", msg("{error}", error=str(error)))]
    for number, example in enumerate(model.examples):
        where: list[str | int] = ["examples", number]
        key = f"examples.{number + 1} ({example.name})"
        problems += [Problem(path.name, line_of(lines, where), key, f.rule, f.reason) for f in faults(dialect, example)]
    return problems


def _of_model(path: Path, lines: Sequence[str], detail: Any) -> Problem:
    where = list(detail["loc"])
    if key := detail.get("ctx", {}).get("key", ""):
        where = key.split(".")
    shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
    return Problem(path.name, line_of(lines, where), shown, detail["type"], msg("{reason}", reason=detail["msg"]))


def _line_in(sentence: str) -> int:
    found = re.search(r"line (\d+)", sentence)
    return int(found[1]) if found else 0


def line_of(lines: Sequence[str], where: Sequence[str | int]) -> int:
    """Return the line of a key, or of the nearest table above it; 0 when not even that is found.

    `where` is a path as pydantic gives it ("replies", 2, "fields", "leak", "low"), or one with a message's name.
    """
    rest = list(where)
    start = 0
    if len(rest) > 1 and rest[0] in _LISTS:
        start = _table(lines, str(rest[0]), rest[1])
        rest = rest[2:]
    best = start
    for part in rest:
        if isinstance(part, int) or part == "fields":
            continue
        found = _key(lines, start, part)
        if found:
            best = start = found
    return best


def _table(lines: Sequence[str], table: str, which: str | int) -> int:
    """Return the line of the table's nth entry, or of the one that has this name."""
    heads = [n for n, line in enumerate(lines, 1) if line.strip() == f"[[{table}]]"]
    if isinstance(which, int):
        return heads[which] if which < len(heads) else 0
    for head in heads:
        body = (line.strip() for line in lines[head:])
        for line in body:
            if line.startswith("[["):
                break
            if line == f'name = "{which}"':
                return head
    return 0


def _key(lines: Sequence[str], start: int, key: str) -> int:
    """Return the first line after `start` that sets the key or opens its table, within the same list entry."""
    word = re.escape(key)
    pattern = re.compile(rf'\s*(?:\[+(?:[\w.-]+\.)?"?{word}"?\]|(?:[\w-]+\.)*"?{word}"?\s*=)')
    for number in range(start, len(lines)):
        if start and lines[number].startswith("[["):
            break
        if pattern.match(lines[number]):
            return number + 1
    return 0
