"""Rows into CSV, JSON Lines and XLSX, one after the other: a million of them in the memory of one."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, TextIO

Row = Sequence[Any]

# Excel's own bounds: rows of one sheet, the heading among them, and characters of one cell.
SHEET_ROWS = 1_048_576
CELL = 32_767
_WIDEST = 60
# How JSON writes what is no text; no value of the log is infinite.
_PLAIN: dict[type, Callable[[Any], str]] = {float: repr, int: repr, type(None): lambda _none: "null"}


def write_csv(stream: TextIO, columns: Sequence[str], rows: Iterable[Row], *, comma: bool = False) -> None:
    """Write a heading and the rows; None is an empty cell.

    With `comma` as a spreadsheet of a French desk reads it: decimal comma, semicolons between the cells.
    """
    delimiter, between = ";" if comma else ",", len(columns) - 1
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    write, careful, template = stream.write, writer.writerow, delimiter.join(["%s"] * len(columns)) + "\n"
    for row in _with_commas(rows) if comma else rows:
        line = template % tuple(row)
        # Most rows hold nothing that must be quoted or left empty: to see that is faster than to look at every cell.
        if line.count(delimiter) != between or line.count("\n") != 1 or '"' in line or "\r" in line or "None" in line:
            careful(row)
        else:
            write(line)


def _with_commas(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield tuple([repr(cell).replace(".", ",") if cell.__class__ is float else cell for cell in row])


def write_jsonl(stream: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write one JSON object a line, its keys the columns."""
    text, plain = encode_basestring, _PLAIN
    template = "{" + ", ".join(f"{text(name).replace('%', '%%')}: %s" for name in columns) + "}\n"
    for row in rows:
        cells = [text(cell) if cell.__class__ is str else plain.get(cell.__class__, json.dumps)(cell) for cell in row]
        stream.write(template % tuple(cells))


def write_xlsx(path: Path, columns: Sequence[str], rows: Iterable[Row], *, title: str) -> None:
    """Write a workbook: numbers as numbers, text as text (never a formula), the heading fixed and filtered.

    What does not fit Excel's sheet goes on in the next one. Raises OSError.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    options = {"constant_memory": True, "tmpdir": str(path.parent), "in_memory": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet, line, number = None, SHEET_ROWS, 0
    try:
        for row in rows:
            if line == SHEET_ROWS:
                _filtered(sheet, len(columns), line)
                number += 1
                sheet, line = _sheet(book, title, number, columns, bold), 1
            _row(sheet, line, row)
            line += 1
        if sheet is None:
            sheet, line = _sheet(book, title, 1, columns, bold), 1
        _filtered(sheet, len(columns), line)
        book.close()
    except XlsxWriterException as error:
        raise _cause(error) from error
    except BaseException:
        _discard(book)
        raise


def _sheet(book: Any, title: str, number: int, columns: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet(f"{title[:25]} {number}" if number > 1 else title[:31])
    for place, name in enumerate(columns):
        sheet.set_column(place, place, min(_WIDEST, max(11, len(name) + 3)))
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(columns):
        sheet.write_string(0, place, name, bold)
    return sheet


def _row(sheet: Any, line: int, row: Row) -> None:
    for place, cell in enumerate(row):
        if cell is None or cell == "":
            continue
        if cell.__class__ is float or cell.__class__ is int:
            sheet.write_number(line, place, cell)
        else:
            sheet.write_string(line, place, str(cell)[:CELL])


def _filtered(sheet: Any, width: int, lines: int) -> None:
    if sheet is not None and lines > 1:
        sheet.autofilter(0, 0, lines - 1, width - 1)


def _cause(error: Exception) -> OSError:
    """XlsxWriter wraps what the system said; the first OSError inside is what to tell."""
    for inner in (error.__cause__, error.__context__, *error.args):
        if isinstance(inner, OSError):
            return inner
    return OSError(str(error))


def _discard(book: Any) -> None:
    """Close the sheets' temporary files: the half workbook is not wanted any more."""
    for sheet in book.worksheets():
        handle = getattr(sheet, "row_data_fh", None)
        name = getattr(sheet, "row_data_filename", None)
        if handle is not None and not handle.closed:
            handle.close()
        if name:
            Path(name).unlink(missing_ok=True)
    book.fileclosed = True
