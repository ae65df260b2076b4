"""The journal as the bench uses it: events are appended with everything that follows from them."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from bench.events import Draft, Event
from bench.journal import blocks, schema, store
from bench.journal.canonical import canonical
from bench.journal.chain import GENESIS, Checker, Record, chained, event_of
from bench.journal.entries import entries
from bench.journal.errors import JournalError, JournalReadOnly, damaged, explained
from bench.journal.projections import order_row
from bench.journal.reading import JournalReading
from bench.journal.rebuild import INSERT_LOG, REPLACE_ORDER, refold
from bench.journal.rows import OrderRow
from bench.language import msg

Stamp = Callable[[], tuple[datetime, int]]
_TAIL = 50


_INSERT_EVENT = f"INSERT INTO event VALUES ({', '.join('?' * len(Record._fields))})"
_INSERT_OUTBOX = "INSERT INTO outbox (seq, event) VALUES (?, ?)"
_MOVE_ORDER = f"UPDATE repair_order SET {', '.join(f'{name} = ?' for name in schema.VOLATILE)} WHERE number = ?"


def now() -> tuple[datetime, int]:
    """Return the time of day with its offset, and the monotonic clock in nanoseconds."""
    return datetime.now().astimezone(), time.monotonic_ns()


def boot_id() -> str:
    """Return what the monotonic clock counts from: this start of the machine, or of this program where unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


class Journal(JournalReading):
    """An open journal. Any thread may use it; one program writes, others read beside it."""

    def __init__(
        self, path: Path, engine: Engine, station: str, lock: store.WriterLock | None, stamp: Stamp = now
    ) -> None:
        super().__init__(path, engine)
        self.station = station
        self._lock = lock
        self._stamp = stamp
        self._boot = boot_id()
        self._turn = threading.Lock()
        self._orders: dict[str, OrderRow] = {}
        self._writer: sqlite3.Connection | None = None
        if lock is not None:
            self._pooled = engine.raw_connection()
            connection = self._pooled.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            self._writer = connection
            self._head = self._check_tail()
            self._last = self._last_row(connection)
            self._merge(connection)

    @classmethod
    def open(cls, path: Path, *, station: str, writable: bool = True, stamp: Stamp = now) -> Journal:
        """Open the journal at `path`; a writable one is made or brought up to date. Raises JournalError."""
        if not writable:
            return cls(path, store.reader(path), station, None, stamp)
        lock = store.WriterLock(path)
        lock.acquire()
        engine = None
        try:
            engine = store.writer(path)
            return cls(path, engine, station, lock, stamp)
        except BaseException:
            if engine is not None:
                engine.dispose()
            lock.release()
            raise

    def close(self) -> None:
        """Close the file and let the next writer in. Closing twice does nothing."""
        if self._writer is not None:
            self._pooled.close()
            self._writer = None
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def head(self) -> tuple[int, str]:
        """Return the sequence and the hash of the last event; (0, 64 zeros) for an empty journal."""
        return self._head if self._writer is not None else super().head()

    def append(self, drafts: Sequence[Draft]) -> list[Event]:
        """Journal `drafts` in one transaction, with everything that follows from them; return them as they stand.

        When this returns they are on the disk. Raises JournalError, and then none of them is.
        """
        with self._turn:
            connection = self._writing()
            records, events = self._chain(drafts)
            orders, rows = self._project(events)
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_INSERT_EVENT, records)
                connection.executemany(_INSERT_OUTBOX, [(record.seq, record.id) for record in records])
                self._write_orders(connection, orders)
                connection.executemany(INSERT_LOG, rows)
                last = self._last + len(rows)
                if last // blocks.BLOCK != self._last // blocks.BLOCK:
                    blocks.complete(connection, last)
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.Error):
                    raise explained(error, self.path) from error
                raise
            if events:
                self._head = (events[-1].seq, events[-1].hash)
            self._last = last
            self._orders.update(orders)
            return events

    def rebuild(self) -> None:
        """Throw the projections away and fold them anew from the events, in one transaction."""
        with self._turn:
            connection = self._writing()
            try:
                connection.execute("BEGIN IMMEDIATE")
                folding = refold(connection)
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.Error):
                    raise explained(error, self.path) from error
                raise
            self._orders, self._last = folding.orders, folding.last
            self._finder.forget()
            self._searcher.forget()

    def _writing(self) -> sqlite3.Connection:
        if self._writer is None:
            raise JournalReadOnly(
                msg("The journal {path} is open for reading only: nothing was saved.", path=str(self.path))
            )
        return self._writer

    @staticmethod
    def _last_row(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT coalesce(max(n), 0) FROM log").fetchone()[0])

    def _merge(self, connection: sqlite3.Connection) -> None:
        """Shorten the log's index while nobody waits for a step; what cannot be written now is left for next time."""
        try:
            blocks.merge(connection)
        except sqlite3.Error:
            self._roll_back(connection)

    def _chain(self, drafts: Sequence[Draft]) -> tuple[list[Record], list[Event]]:
        seq, prev = self._head
        records, events = [], []
        for draft in drafts:
            seq += 1
            at, monotonic_ns = self._stamp()
            record = Record(
                seq=seq,
                id=str(uuid.uuid4()),
                station=self.station,
                kind=draft.kind.value,
                order_number=draft.order,
                operator=draft.operator,
                at=at.isoformat(timespec="microseconds"),
                monotonic_ns=monotonic_ns,
                boot=self._boot,
                payload=self._payload(draft),
                prev=prev,
                hash="",
            )
            prev = chained(record)
            records.append(record._replace(hash=prev))
            events.append(event_of(records[-1], draft.payload))
        return records, events

    def _payload(self, draft: Draft) -> str:
        try:
            return canonical(dict(draft.payload))
        except ValueError as error:
            raise JournalError(
                msg("The event “{kind}” cannot be journaled: nothing was saved.", kind=draft.kind.value),
                msg("It holds what JSON cannot: {reason}.", reason=str(error)),
                msg("Repeat the measurement."),
            ) from error

    def _project(self, events: Sequence[Event]) -> tuple[dict[str, OrderRow], list[tuple[Any, ...]]]:
        orders: dict[str, OrderRow] = {}
        rows: list[tuple[Any, ...]] = []
        for event in events:
            before = after = None
            if event.order is not None:
                before = orders.get(event.order) or self._orders.get(event.order) or self.order(event.order)
                after = order_row(before, event)
                if after is not None:
                    orders[event.order] = after
            for entry in entries(event, before, after):
                rows.append((self._last + len(rows) + 1, *entry))
        return orders, rows

    def _write_orders(self, connection: sqlite3.Connection, orders: dict[str, OrderRow]) -> None:
        for number, row in orders.items():
            moved = schema.moved_on(self._orders.get(number), row)
            if moved is None:
                connection.execute(REPLACE_ORDER, schema.order_to_columns(row))
            else:
                connection.execute(_MOVE_ORDER, moved)

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        """Undo a failed transaction; where the disk failed in the commit itself, the file says how it ended."""
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        self._orders = {}
        with suppress(sqlite3.Error):
            row = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
            self._head = (row[0], row[1]) if row else (0, GENESIS)
            self._last = self._last_row(connection)

    def _check_tail(self) -> tuple[int, str]:
        """Check the chain's last events and return its head. Raises JournalDamaged: nothing is added to a bad chain."""
        rows = self._writing().execute(f"SELECT * FROM event ORDER BY seq DESC LIMIT {_TAIL}").fetchall()
        if not rows:
            return 0, GENESIS
        tail = [Record(*row) for row in reversed(rows)]
        checker = Checker(tail[0].seq - 1, tail[0].prev)
        for record in tail:
            if (broken := checker.check(record)) is not None:
                raise damaged(self.path, str(broken[1]))
        return checker.seq, checker.prev
