"""The rows of the log into a file: the same for the command and for the screen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.exports import rows, whole_file, write_csv, write_jsonl, write_xlsx
from bench.language import _
from tui.log_query import Query
from tui.training.marks import marks

if TYPE_CHECKING:
    from bench.house import House
    from bench.journal.reading import JournalReading


def write(
    journal: JournalReading,
    wanted: Query,
    form: str,
    path: Path,
    *,
    house: House,
    comma: bool = False,
    force: bool = False,
) -> Path:
    """Write the rows as "csv", "jsonl" or "xlsx", whole or not at all; `house` may mark them. Raises EtabliError."""
    marked = marks(journal, house)
    columns, found = marked.columns, marked.tuples(rows(journal, wanted.filter, wanted.between, blank=form == "csv"))
    with whole_file(path, force=force) as half:
        if form == "xlsx":
            write_xlsx(half, marked.headings, found, title=_("Log"))
            return path
        # A spreadsheet knows UTF-8 by its mark; other programs need none.
        with half.open("w", encoding="utf-8-sig" if comma else "utf-8", newline="") as stream:
            if form == "csv":
                write_csv(stream, columns, found, comma=comma)
            else:
                write_jsonl(stream, columns, found)
    return path


def export(journal: JournalReading, wanted: Query, form: str, folder: Path, house: House) -> Path:
    """Write the rows into a folder, named after this moment; "comma" is CSV for a French desk. Raises EtabliError."""
    comma = form == "comma"
    ending = "csv" if comma else form
    name = f"log-{datetime.now():%Y%m%d-%H%M%S}.{ending}"
    return write(journal, wanted, ending, folder / name, house=house, comma=comma)
