"""`etabli log`: the intervention log for people and for programs: found by words, saved filters, options; followed."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.exports import rows, whole_file, write_csv, write_jsonl
from bench.house import House
from bench.journal import LogRow
from bench.journal.titles import StepTitles
from bench.language import _, msg
from bench.training.apart import MODE
from tui import lines
from tui.arguments_manager import LOG_FIELDS
from tui.folder import Folder
from tui.headless import narrate
from tui.log_files import write
from tui.log_query import KINDS, Query, parse, with_options
from tui.log_words import about, outcome
from tui.raw_frames import frames
from tui.saved_filters import SavedFilters
from tui.training.marks import Marks, marks

if TYPE_CHECKING:
    from bench.journal import Journal

FOLLOW_SECONDS = 0.3
# So many rows give the table its widths; more are written as they come.
_FITTED = 200
_WIDEST = 72


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    saved = SavedFilters(folder.path)
    if arguments.filters:
        return _list(saved)
    if arguments.forget:
        saved.forget(arguments.forget)
        return 0
    wanted = query(arguments, saved)
    if arguments.save:
        saved.save(arguments.save, _written(arguments, saved))
    if arguments.format == "xlsx" and arguments.output in (None, "-"):
        raise UsageError(msg("A workbook is not written to the terminal."), remedy=msg("Name a file with -o."))
    if arguments.follow and (arguments.output not in (None, "-") or arguments.format == "xlsx"):
        raise UsageError(
            msg("What goes on for ever has no end to write to a file."), remedy=msg("Leave -o out, or --follow.")
        )
    with folder.read_journal() as journal:
        house = folder.settings().house if folder.file.exists() else House("")
        told = marks(journal, house)
        if told.hidden:
            narrate(told.said())
        if arguments.events:
            _events(journal, wanted, told)
        elif arguments.frames:
            _frames(journal, wanted, folder, told)
        elif arguments.output in (None, "-"):
            _to_terminal(journal, wanted, arguments, told)
        else:
            _to_file(journal, wanted, arguments, told, house)
    return 0


def query(arguments: Namespace, saved: SavedFilters) -> Query:
    """Return what the words, the saved filter and the options ask for. Raises UsageError."""
    options = {field: getattr(arguments, name) for name, field in LOG_FIELDS.items()}
    return with_options(parse(_written(arguments, saved)), options)


def _written(arguments: Namespace, saved: SavedFilters) -> str:
    # The shell has taken the quotes away: a word with a space in it was one.
    typed = [_quoted(word) for word in arguments.words]
    return " ".join([*([saved.line(arguments.filter)] if arguments.filter else []), *typed])


def _quoted(word: str) -> str:
    key, colon, value = word.partition(":")
    return f'{key}{colon}"{value}"' if colon and " " in value and '"' not in value else word


def _list(saved: SavedFilters) -> int:
    print(lines.table([_("filter"), _("words")], [[name, line] for name, line in saved.all().items()]))
    return 0


def _to_terminal(journal: Journal, wanted: Query, arguments: Namespace, told: Marks) -> None:
    found = told.tuples(_tuples(journal, wanted, arguments.follow, blank=arguments.format == "csv"))
    match arguments.format:
        case "jsonl":
            write_jsonl(sys.stdout, told.columns, found)
        case "csv":
            write_csv(sys.stdout, told.columns, found, comma=arguments.comma)
        case _:
            _headline(told, sys.stdout.write)
            _table(_rows(journal, wanted, arguments.follow, told), StepTitles(journal))


def _headline(told: Marks, put: Callable[[str], Any]) -> None:
    """Begin a training workshop's table with its mark."""
    if told.training:
        put(_(MODE) + "\n")


def _to_file(journal: Journal, wanted: Query, arguments: Namespace, told: Marks, house: House) -> None:
    path = Path(arguments.output)
    if arguments.format == "table":
        with whole_file(path, force=arguments.force) as half, half.open("w", encoding="utf-8") as stream:
            found = (row for row in told.rows(journal.log(wanted.filter)) if _fits(wanted, row))
            _headline(told, stream.write)
            _table(found, StepTitles(journal), stream.write)
    else:
        write(journal, wanted, arguments.format, path, house=house, comma=arguments.comma, force=arguments.force)
    print(path)


def _tuples(journal: Journal, wanted: Query, follow: bool, *, blank: bool) -> Iterator[tuple[Any, ...]]:
    after = journal.log_head() if follow else 0
    yield from rows(journal, wanted.filter, wanted.between, blank=blank)
    for _news, since in _followed(journal, after) if follow else ():
        sys.stdout.flush()
        yield from rows(journal, wanted.filter, wanted.between, after=since, blank=blank)
        sys.stdout.flush()


def _rows(journal: Journal, wanted: Query, follow: bool, told: Marks) -> Iterator[LogRow | None]:
    """Give the rows of the table; None where those that there are have been given and more may come."""
    after = journal.log_head() if follow else 0
    yield from (row for row in told.rows(journal.log(wanted.filter)) if _fits(wanted, row))
    if follow:
        yield None
    for _news, since in _followed(journal, after) if follow else ():
        yield from (row for row in told.rows(journal.log(wanted.filter, after=since)) if _fits(wanted, row))
        yield None


def _followed(journal: Journal, after: int) -> Iterator[tuple[int, int]]:
    """Give (newest, last one known) whenever the log has grown; until Ctrl+C."""
    while True:
        head = journal.log_head()
        if head > after:
            yield head, after
            after = head
        time.sleep(FOLLOW_SECONDS)


def _fits(wanted: Query, row: LogRow) -> bool:
    return wanted.between is None or wanted.between.holds(row.value, row.unit)


def _events(journal: Journal, wanted: Query, told: Marks) -> None:
    """Print the events behind the rows, each once: what the journal really holds."""
    last = 0
    for row in told.rows(journal.log(wanted.filter)):
        if row.seq == last or not _fits(wanted, row):
            continue
        last = row.seq
        event = journal.event(row.seq)
        if event is not None:
            print(json.dumps({**vars(event), "kind": event.kind.value}, ensure_ascii=False, default=dict))


def _frames(journal: Journal, wanted: Query, folder: Folder, marked: Marks) -> None:
    """Print what crossed the wire for the rows, each segment once."""
    told: set[str] = set()
    for row in marked.rows(journal.log(wanted.filter)):
        if row.recording and row.recording not in told and _fits(wanted, row):
            told.add(row.recording)
            print(f"{row.at}  {row.order}  {row.step}  {row.recording}")
            for line in frames(folder.recordings, row.recording):
                print(f"  {line}")


def _table(found: Iterable[LogRow | None], titles: StepTitles, put: Callable[[str], Any] | None = None) -> None:
    """Write rows in columns; the first ones give the widths, so that a million need no more memory."""
    put = put or sys.stdout.write
    rows_ = iter(found)
    headings_ = [
        _("time"), _("order"), _("what"), _("about"), _("value"), "U", _("limit"), _("outcome"), _("by"),
    ]  # fmt: skip
    first = list(islice(_until_pause(rows_), _FITTED))
    cells = [_cells(row, titles) for row in first]
    widths = [max(map(lines.width, column)) for column in zip(headings_, *cells, strict=True)]
    rule = ["─" * min(width, 60) for width in widths]
    for line in chain([headings_, rule], cells, (_cells(row, titles) for row in _flushing(rows_))):
        put("  ".join(lines.padded(c, w) for c, w in zip(line, widths, strict=True)).rstrip() + "\n")


def _until_pause(rows_: Iterator[LogRow | None]) -> Iterator[LogRow]:
    for row in rows_:
        if row is None:
            return
        yield row


def _flushing(rows_: Iterator[LogRow | None]) -> Iterator[LogRow]:
    for row in rows_:
        if row is None:
            sys.stdout.flush()
        else:
            yield row


def _cells(row: LogRow, titles: StepTitles) -> list[str]:
    at = datetime.fromisoformat(row.at)
    return [
        f"{at:%Y-%m-%d %H:%M:%S}",
        row.order,
        _(KINDS.get(row.kind, row.kind)),
        _short(about(row, titles)),
        row.show_value(),
        row.show_expanded(),
        f"{row.limit} · {lines.rule_name(row.rule)}" if row.limit else "",
        outcome(row, titles),
        row.operator,
    ]


def _short(text: str) -> str:
    """Cut what a table has no room for; JSON Lines and CSV have all of it."""
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
