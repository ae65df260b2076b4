"""Folding the projections anew from the events: when they are in doubt, and after a migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects import sqlite

from bench.events import Event
from bench.journal import blocks, schema
from bench.journal.chain import Record, event_of
from bench.journal.entries import Entry, entries
from bench.journal.projections import projected
from bench.journal.rows import OrderRow

_ORDER = sqlite.insert(schema.repair_order)
REPLACE_ORDER = str(
    _ORDER.on_conflict_do_update(
        index_elements=["number"],
        set_={column.name: column for column in _ORDER.excluded if column.name != "number"},
    ).compile(dialect=sqlite.dialect(paramstyle="named"))
)
INSERT_LOG = f"INSERT INTO log VALUES ({', '.join('?' * len(schema.log.columns))})"


class Folding:
    """Folds events into the projections of a journal; writes the log's rows a block at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.orders: dict[str, OrderRow] = {}
        self.last = 0
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self._gathered = blocks.Gathering(0)

    def take(self, event: Event) -> None:
        self.add(entries(event, *projected(self.orders, event)))

    def add(self, found: Iterable[Entry]) -> None:
        """Take the log's rows of an event."""
        for entry in found:
            self.last += 1
            row = (self.last, *entry)
            self._rows.append(row)
            self._gathered.add(row)
            if self.last % blocks.BLOCK == 0:
                self._write()
                blocks.insert(self._connection, self._gathered)
                self._gathered = blocks.Gathering(self.last)

    def end(self) -> None:
        self._write()
        blocks.merge(self._connection)
        self._connection.executemany(REPLACE_ORDER, map(schema.order_to_columns, self.orders.values()))

    def _write(self) -> None:
        self._connection.executemany(INSERT_LOG, self._rows)
        self._rows = []


def refold(connection: sqlite3.Connection) -> Folding:
    """Throw the projections away and fold them from all events, in the caller's transaction."""
    for table in ("repair_order", "log", "log_part", "log_time", "log_index"):
        connection.execute(f"DELETE FROM {table}")
    folding = Folding(connection)
    for row in connection.execute("SELECT * FROM event ORDER BY seq"):
        folding.take(event_of(Record(*row)))
    folding.end()
    return folding
