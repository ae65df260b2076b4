"""`etabli log`: the judged measurements, as a table for people, JSON Lines or CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from bench.errors import UsageError
from bench.journal import LogFilter, LogRow
from bench.language import _, msg
from bench.quantities import QUANTITIES
from tui import lines
from tui.folder import Folder

FIELDS = (
    "at", "order", "step", "visit", "attempt", "phase", "quantity", "label", "value", "unit", "expanded", "state",
    "limit_low", "limit_high", "limit_source", "limit_mark", "rule", "refusal", "instrument", "model", "serial",
    "provenance", "operator", "seq", "measurement", "recording",
)  # fmt: skip


def run(arguments: Namespace) -> int:
    wanted = _filter(arguments)
    write: Callable[[Iterator[LogRow]], None] = {"table": _table, "jsonl": _jsonl, "csv": _csv}[arguments.format]
    with Folder.home().read_journal() as journal:
        write(journal.log(wanted))
    return 0


def _filter(arguments: Namespace) -> LogFilter:
    if arguments.quantity is not None and arguments.quantity not in QUANTITIES:
        raise UsageError(
            msg("There is no quantity called “{key}”.", key=arguments.quantity),
            remedy=msg("Known quantities: {known}.", known=", ".join(sorted(QUANTITIES))),
        )
    return LogFilter(
        order=arguments.order,
        since=moment(arguments.since, end=False),
        until=moment(arguments.until, end=True),
        quantity=arguments.quantity,
        state=arguments.state,
        instrument=arguments.instrument,
        operator=arguments.operator,
        provenance=arguments.provenance,
    )


def moment(written: str | None, *, end: bool) -> datetime | None:
    """Read a day or a time, in the machine's zone where it names none; with `end`, a day counts to its end.

    Raises UsageError.
    """
    if written is None:
        return None
    try:
        if len(written) == len("2026-11-22"):
            day = date.fromisoformat(written) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time()).astimezone()
        return datetime.fromisoformat(written).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            msg("“{written}” is no date.", written=written),
            remedy=msg("Write 2026-11-22, or 2026-11-22T14:30 for a time."),
        ) from None


def as_json(row: LogRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def _jsonl(rows: Iterable[LogRow]) -> None:
    for row in rows:
        print(json.dumps(as_json(row), ensure_ascii=False))


def _csv(rows: Iterable[LogRow]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(["" if value is None else value for value in as_json(row).values()] for row in rows)


def _table(rows: Iterable[LogRow]) -> None:
    headings = [
        _("time"), _("order"), _("quantity"), _("value"), "U", _("limit"), _("rule"), _("verdict"), _("instrument"),
        _("operator"),
    ]  # fmt: skip
    print(lines.table(headings, [_cells(row) for row in rows]))


def _cells(row: LogRow) -> list[str]:
    at = datetime.fromisoformat(row.at)
    verdict = _("information") if row.refusal in ("information", "no-limit") else f"{row.verdict.symbol} {row.verdict}"
    if row.refusal and row.refusal not in ("information", "no-limit"):
        verdict += f" ({row.refusal})"
    origin = "" if row.provenance == "real" else f" [{lines.provenance(row.provenance)}]"
    return [
        f"{at:%Y-%m-%d %H:%M:%S}",
        row.order,
        lines.named(QUANTITIES[row.quantity], row.label) if row.quantity in QUANTITIES else row.quantity,
        row.show_value(),
        row.show_expanded(),
        str(row.limit) if row.limit else "—",
        lines.rule_name(row.rule) if row.limit else "—",
        verdict,
        f"{row.model} n° {row.serial}{origin}",
        row.operator,
    ]
