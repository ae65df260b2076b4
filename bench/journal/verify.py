"""The check of a whole journal: chain first, then the rows that must follow from it; reading row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from bench.journal import schema
from bench.journal.chain import Checker, Record, VerifyReport, event_of
from bench.journal.projections import order_row
from bench.journal.rows import OrderRow
from bench.language import Message, msg


def verify(connection: sqlite3.Connection, anchor: tuple[int, str] | None) -> VerifyReport:
    """Check the journal on `connection` in one read transaction. Raises sqlite3.Error where pages are broken."""
    connection.execute("BEGIN")
    try:
        return _verify(connection, anchor)
    finally:
        connection.execute("ROLLBACK")


def _verify(connection: sqlite3.Connection, anchor: tuple[int, str] | None) -> VerifyReport:
    checker = Checker()
    rows = _Rows(connection)
    wrong_rows: tuple[int, Message] | None = None
    for row in connection.execute("SELECT * FROM event ORDER BY seq"):
        record = Record(*row)
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
        self._log: Iterator[tuple[Any, ...]] = connection.execute("SELECT * FROM measurement ORDER BY seq, position")

    def check(self, record: Record) -> tuple[int, Message] | None:
        event = event_of(record)
        if event.order is not None and (row := order_row(self._orders.get(event.order), event)) is not None:
            self._orders[event.order] = row
        for expected in schema.log_columns(event):
            if next(self._log, None) != expected:
                return event.seq, msg("The log does not show what event {seq} says.", seq=event.seq)
        return None

    def check_end(self, last: int) -> tuple[int, Message] | None:
        if (extra := next(self._log, None)) is not None:
            return extra[0], msg("The log does not show what event {seq} says.", seq=extra[0])
        cursor = self._connection.execute("SELECT * FROM repair_order")
        names = [column[0] for column in cursor.description]
        stored = {row[0]: schema.order_from_columns(dict(zip(names, row, strict=True))) for row in cursor}
        for number, row in self._orders.items():
            if stored.pop(number, None) != row:
                return row.last_seq, msg("The order {number} does not stand as its events say.", number=number)
        for number in stored:
            return last, msg("The order {number} does not stand as its events say.", number=number)
        return None
