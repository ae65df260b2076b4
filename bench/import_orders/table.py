"""A file's rows, from CSV (comma, semicolon, tab) or JSON (a list, or one object a line), each with its line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.errors import UsageError
from bench.language import Message, msg

DELIMITERS = (";", ",", "\t")
_SHOWN = {";": "CSV ;", ",": "CSV ,", "\t": "CSV tab"}
_BLANK = re.compile(r"[ \t\r\n]*")
_EXCEL = re.compile(r"sep=([;,\t])\r?\n")


@dataclass(frozen=True)
class Row:
    """One row with the line that it begins on; `problem` where it cannot be read at all."""

    line: int
    cells: Mapping[str, str]
    problem: Message | None = None


@dataclass(frozen=True)
class Table:
    """All rows; `form` says what was recognised ("CSV ;", "JSON")."""

    form: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(text: str, name: str, delimiter: str = "") -> Table:
    """Read the rows; `delimiter` where it is known. Raises UsageError for a file without rows, or no table at all."""
    first = text[_end_of_blank(text, 0) :][:1]
    if first in ("[", "{"):
        rows = tuple(_json_list(text, name) if first == "[" else _json_lines(text))
        headings = tuple(dict.fromkeys(heading for row in rows for heading in row.cells))
        table = Table("JSON" if first == "[" else "JSON Lines", headings, rows)
    else:
        table = _csv(text, name, delimiter)
    if not table.rows:
        raise UsageError(msg("{file} holds no rows.", file=name), remedy=msg("Export it again."))
    return table


def _csv(text: str, name: str, delimiter: str) -> Table:
    skipped = 0
    if (told := _EXCEL.match(text)) is not None:
        text, skipped, delimiter = text[told.end() :], 1, delimiter or told[1]
    delimiter = delimiter or max(DELIMITERS, key=lambda sign: _width(text, sign))
    records = _records(text, delimiter)
    line, cells = next(records, (1, []))
    if isinstance(cells, Message):
        raise UsageError(msg("The headings of {file} cannot be read.", file=name), cells)
    headings = tuple(cell.strip() for cell in cells)
    while headings and not headings[-1]:
        headings = headings[:-1]
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    if twice or not headings:
        raise UsageError(
            msg("Line {line} of {file} is no row of headings.", line=line + skipped, file=name),
            msg("These stand twice: {twice}.", twice=", ".join(f"“{each}”" for each in twice)) if twice else None,
            msg("The first row names the columns, each once."),
        )
    rows = tuple(_row(line + skipped, cells, headings) for line, cells in records)
    return Table(_SHOWN.get(delimiter, "CSV"), headings, rows)


def _width(text: str, delimiter: str) -> int:
    return max((len(cells) for _line, cells in _records(text, delimiter, most=1) if isinstance(cells, list)), default=0)


def _records(text: str, delimiter: str, most: int = 0) -> Iterator[tuple[int, list[str] | Message]]:
    """Give every record that is not blank with its first line; a sentence in the place of one that is broken."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    given = 0
    while not most or given < most:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, msg("The quotes of this row are broken: {reason}.", reason=str(error))
            given += 1
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells
            given += 1


def _row(line: int, cells: list[str] | Message, headings: tuple[str, ...]) -> Row:
    if isinstance(cells, Message):
        return Row(line, {}, cells)
    if any(cell.strip() for cell in cells[len(headings) :]):
        problem = msg("The row has {count} cells for {expected} columns.", count=len(cells), expected=len(headings))
        return Row(line, {}, problem)
    padded = [*cells, *[""] * (len(headings) - len(cells))]
    return Row(line, {heading: cell.strip() for heading, cell in zip(headings, padded, strict=False) if heading})


def _json_list(text: str, name: str) -> Iterator[Row]:
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs)
    at, line, counted = _end_of_blank(text, 0) + 1, 1, 0
    try:
        while text[(at := _end_of_blank(text, at)) : at + 1] not in ("]", ""):
            line, counted = line + text.count("\n", counted, at), at
            value, at = decoder.raw_decode(text, at)
            yield _object(line, value)
            at = _end_of_blank(text, at)
            if text[at : at + 1] not in (",", "]"):
                raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
            at += text[at] == ","
        if not text[at : at + 1] or text[at + 1 :].strip():
            raise json.JSONDecodeError("The list does not end", text, at)
    except (ValueError, RecursionError) as error:
        reason = f"{error.msg}, line {error.lineno}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise UsageError(
            msg("{file} is not valid JSON: {reason}.", file=name, reason=reason), remedy=msg("Export it again.")
        ) from None


def _json_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _object(number, json.loads(line, object_pairs_hook=_Pairs))
            except (ValueError, RecursionError) as error:
                yield Row(number, {}, msg("The line is not valid JSON: {reason}.", reason=str(error)))


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs, so that a key that stands twice is seen."""


def _object(line: int, value: Any) -> Row:
    if not isinstance(value, _Pairs):
        return Row(line, {}, msg("An order is an object of names and values."))
    cells: dict[str, str] = {}
    for name, cell in _flat(value, ""):
        if name in cells:
            return Row(line, {}, msg("“{name}” stands twice.", name=name))
        if isinstance(cell, list):
            return Row(line, {}, msg("“{name}” holds a list.", name=name))
        cells[name] = "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell).strip()
    return Row(line, cells)


def _flat(pairs: _Pairs, before: str) -> Iterator[tuple[str, Any]]:
    for name, value in pairs:
        if isinstance(value, _Pairs):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _end_of_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
