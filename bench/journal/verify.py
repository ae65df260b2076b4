"""The check of a whole journal: chain first, then the rows that must follow from it; reading row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.journal import blocks, schema
from bench.journal.chain import Checker, Record, VerifyReport, event_of
from bench.journal.entries import entries
from bench.journal.errors import damaged
from bench.journal.projections import projected
from bench.journal.rows import OrderRow
from bench.language import Message, msg

TELL_EVERY = 500


def verify(
    connection: sqlite3.Connection, anchor: tuple[int, str] | None, told: Callable[[int], None] | None = None
) -> VerifyReport:
    """Check the journal on `connection` in one read transaction. Raises sqlite3.Error where pages are broken.

    `told` hears every 500 events how many are checked; what it raises ends the check.
    """
    connection.execute("BEGIN")
    try:
        return _verify(connection, anchor, told or _nobody)
    finally:
        connection.execute("ROLLBACK")


def chain_head(connection: sqlite3.Connection, path: Path) -> tuple[int, str]:
    """Return the head of the chain at `path`, recomputed from its first event. Raises JournalDamaged where it breaks.

    Unlike `verify` this reads events of any form, and does not look at what follows from them.
    """
    checker = Checker()
    for row in connection.execute("SELECT * FROM event ORDER BY seq"):
        broken = checker.check(Record(*row))
        if broken is not None:
            raise damaged(path, str(broken[1]))
    return checker.seq, checker.prev


def _nobody(_checked: int) -> None:
    """Nobody waits for news."""


def _verify(
    connection: sqlite3.Connection, anchor: tuple[int, str] | None, told: Callable[[int], None]
) -> VerifyReport:
    checker = Checker()
    rows = _Rows(connection)
    wrong_rows: tuple[int, Message] | None = None
    for row in connection.execute("SELECT * FROM event ORDER BY seq"):
        record = Record(*row)
        if record.seq % TELL_EVERY == 0:
            told(record.seq)
        broken = checker.check(record) or _off_anchor(record, anchor)
        if broken is not None:
            return _report(checker, broken)
        wrong_rows = wrong_rows or rows.check(record)
    if anchor is not None and anchor[0] > checker.seq:
        missing = msg("The journal ends before event {seq}, which was there: its tail was cut.", seq=anchor[0])
        return _report(checker, (checker.seq + 1, missing))
    return _report(checker, wrong_rows or rows.check_end(checker.seq))


def _off_anchor(record: Record, anchor: tuple[int, str] | None) -> tuple[int, Message] | None:
    if anchor is None or record.seq != anchor[0] or record.hash == anchor[1]:
        return None
    return record.seq, msg("Event {seq} is not the one that the anchor names.", seq=record.seq)


def _report(checker: Checker, broken: tuple[int, Message] | None) -> VerifyReport:
    head = (checker.seq, checker.prev)
    if broken is None:
        return VerifyReport(True, checker.seq, head)
    return VerifyReport(False, checker.seq, head, *broken)


class _Rows:
    """Folds the orders and the log again beside the chain's check, and compares them with what is stored."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._orders: dict[str, OrderRow] = {}
        self._log: Iterator[tuple[Any, ...]] = connection.execute("SELECT * FROM log ORDER BY n")
        self._parts = dict(connection.execute("SELECT start, size FROM log_part"))
        self._gathered = blocks.Gathering(0)
        self._last = 0

    def check(self, record: Record) -> tuple[int, Message] | None:
        event = event_of(record)
        for entry in entries(event, *projected(self._orders, event)):
            self._last += 1
            expected = (self._last, *entry)
            if next(self._log, None) != expected or not self._indexed(expected):
                return event.seq, msg("The log does not show what event {seq} says.", seq=event.seq)
        return None

    def _indexed(self, row: tuple[Any, ...]) -> bool:
        gathered = self._gathered
        gathered.add(row)
        if gathered.size < self._parts.get(gathered.start, blocks.BLOCK):
            return True
        self._gathered = blocks.Gathering(self._last)
        if self._parts.pop(gathered.start, None) != gathered.size:
            return False
        times = self._connection.execute(
            "SELECT * FROM log_time WHERE start >= ? AND start < ? ORDER BY start", (gathered.start, self._last)
        ).fetchall()
        stored = self._connection.execute("SELECT * FROM log_index WHERE start = ?", (gathered.start,)).fetchall()
        return times == gathered.times and sorted(stored) == gathered.index()

    def check_end(self, last: int) -> tuple[int, Message] | None:
        if (extra := next(self._log, None)) is not None:
            return extra[1], msg("The log does not show what event {seq} says.", seq=extra[1])
        beyond = (
            "SELECT 1 FROM log_index WHERE start NOT IN (SELECT start FROM log_part)"
            " UNION SELECT 1 FROM log_time WHERE start >= (SELECT coalesce(max(start + size), 0) FROM log_part)"
        )
        if self._parts or self._connection.execute(beyond).fetchone():
            return last, msg("The log does not show what event {seq} says.", seq=last)
        cursor = self._connection.execute("SELECT * FROM repair_order")
        names = [column[0] for column in cursor.description]
        stored = {row[0]: dict(zip(names, row, strict=True)) for row in cursor}
        for number, row in self._orders.items():
            if stored.pop(number, None) != schema.order_to_columns(row):
                return row.last_seq, msg("The order {number} does not stand as its events say.", number=number)
        for number in stored:
            return last, msg("The order {number} does not stand as its events say.", number=number)
        return None
