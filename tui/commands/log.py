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
from bench.exports import COLUMNS, headings, rows, whole_file, write_csv, write_jsonl, write_xlsx
from bench.journal import LogRow
from bench.journal.rows import LogKind
from bench.language import _, msg
from bench.quantities import QUANTITIES
from tui import lines
from tui.arguments_manager import LOG_FIELDS
from tui.folder import Folder
from tui.log_query import KINDS, OUTCOMES, Query, parse, with_options
from tui.saved_filters import SavedFilters

if TYPE_CHECKING:
    from bench.journal import Journal

FOLLOW_SECONDS = 0.3
# So many rows give the table its widths; more are written as they come.
_FITTED = 200
_WIDEST = 72
_CLEARLY = ("information", "no-limit")


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
        if arguments.events:
            _events(journal, wanted)
        elif arguments.output in (None, "-"):
            _to_terminal(journal, wanted, arguments)
        else:
            _to_file(journal, wanted, arguments)
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


def _to_terminal(journal: Journal, wanted: Query, arguments: Namespace) -> None:
    columns = list(COLUMNS)
    match arguments.format:
        case "jsonl":
            write_jsonl(sys.stdout, columns, _tuples(journal, wanted, arguments.follow))
        case "csv":
            write_csv(sys.stdout, columns, _tuples(journal, wanted, arguments.follow), comma=arguments.comma)
        case _:
            _table(_rows(journal, wanted, arguments.follow))


def _to_file(journal: Journal, wanted: Query, arguments: Namespace) -> None:
    columns, found = list(COLUMNS), rows(journal, wanted.filter, wanted.between)
    path = Path(arguments.output)
    with whole_file(path, force=arguments.force) as half:
        if arguments.format == "xlsx":
            write_xlsx(half, headings(), found, title=_("Log"))
        else:
            # A spreadsheet knows UTF-8 by its mark; other programs need none.
            encoding = "utf-8-sig" if arguments.comma else "utf-8"
            with half.open("w", encoding=encoding, newline="") as stream:
                if arguments.format == "table":
                    _table((row for row in journal.log(wanted.filter) if _fits(wanted, row)), stream.write)
                elif arguments.format == "csv":
                    write_csv(stream, columns, found, comma=arguments.comma)
                else:
                    write_jsonl(stream, columns, found)
    print(path)


def _tuples(journal: Journal, wanted: Query, follow: bool) -> Iterator[tuple[Any, ...]]:
    after = journal.log_head() if follow else 0
    yield from rows(journal, wanted.filter, wanted.between)
    for _news, since in _followed(journal, after) if follow else ():
        sys.stdout.flush()
        yield from rows(journal, wanted.filter, wanted.between, after=since)
        sys.stdout.flush()


def _rows(journal: Journal, wanted: Query, follow: bool) -> Iterator[LogRow | None]:
    """Give the rows of the table; None where those that there are have been given and more may come."""
    after = journal.log_head() if follow else 0
    yield from (row for row in journal.log(wanted.filter) if _fits(wanted, row))
    if follow:
        yield None
    for _news, since in _followed(journal, after) if follow else ():
        yield from (row for row in journal.log(wanted.filter, after=since) if _fits(wanted, row))
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


def _events(journal: Journal, wanted: Query) -> None:
    """Print the events behind the rows, each once: what the journal really holds."""
    last = 0
    for row in journal.log(wanted.filter):
        if row.seq == last or not _fits(wanted, row):
            continue
        last = row.seq
        event = journal.event(row.seq)
        if event is not None:
            print(json.dumps({**vars(event), "kind": event.kind.value}, ensure_ascii=False, default=dict))


def _table(found: Iterable[LogRow | None], write: Callable[[str], Any] = sys.stdout.write) -> None:
    """Write rows in columns; the first ones give the widths, so that a million need no more memory."""
    rows_ = iter(found)
    headings_ = [
        _("time"), _("order"), _("what"), _("about"), _("value"), "U", _("limit"), _("outcome"), _("by"),
    ]  # fmt: skip
    first = list(islice(_until_pause(rows_), _FITTED))
    cells = [_cells(row) for row in first]
    widths = [max(map(lines.width, column)) for column in zip(headings_, *cells, strict=True)]
    rule = ["─" * min(width, 60) for width in widths]
    for line in chain([headings_, rule], cells, (_cells(row) for row in _flushing(rows_))):
        write("  ".join(lines.padded(c, w) for c, w in zip(line, widths, strict=True)).rstrip() + "\n")


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


def _cells(row: LogRow) -> list[str]:
    at = datetime.fromisoformat(row.at)
    return [
        f"{at:%Y-%m-%d %H:%M:%S}",
        row.order,
        _(KINDS.get(row.kind, row.kind)),
        _short(about(row)),
        row.show_value(),
        row.show_expanded(),
        f"{row.limit} · {lines.rule_name(row.rule)}" if row.limit else "",
        outcome(row),
        row.operator,
    ]


def _short(text: str) -> str:
    """Cut what a table has no room for; JSON Lines and CSV have all of it."""
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def about(row: LogRow) -> str:
    """Write what a row is about: the quantity with its place and instrument, or the step and what was said."""
    if row.kind == LogKind.MEASUREMENT:
        named = lines.named(QUANTITIES[row.quantity], row.label) if row.quantity in QUANTITIES else row.quantity
        origin = "" if row.provenance == "real" else f" [{lines.provenance(row.provenance)}]"
        return f"{named} · {row.model} n° {row.serial}{origin}"
    said = " ".join(row.show_text().split())
    label = row.label if row.kind in _LABELLED else ""
    return " · ".join(part for part in (row.step, label, said) if part)


_LABELLED = (LogKind.PROMISE, LogKind.QUOTE, LogKind.CUSTODY, LogKind.HANDLING, LogKind.PHOTO, LogKind.PROCEDURE)


def outcome(row: LogRow) -> str:
    """Write how it ended: the verdict, the outcome of a step, the rule that refused."""
    if row.kind == LogKind.MEASUREMENT:
        if row.refusal in _CLEARLY:
            return _("information")
        refused = f" ({row.refusal})" if row.refusal else ""
        return f"{row.verdict.symbol} {row.verdict}{refused}"
    state = "" if row.state in ("done", "corrected") else _(OUTCOMES.get(row.state, row.state))
    return " · ".join(part for part in (row.refusal, row.alert and _alert(row.alert), state) if part)


def _alert(kind: str) -> str:
    from bench.alerts import kind_of

    return str(kind_of(kind).title)
