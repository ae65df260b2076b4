"""The journal as the bench uses it: append events, read them back, read the rows that follow from them, verify."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

from bench.events import Draft, Event, EventKind
from bench.journal import schema, store
from bench.journal.canonical import canonical
from bench.journal.chain import GENESIS, Checker, Record, VerifyReport, chained, event_of
from bench.journal.errors import JournalError, JournalReadOnly, damaged, explained
from bench.journal.projections import log_rows, order_row
from bench.journal.rows import LogFilter, LogRow, OrderRow
from bench.journal.verify import verify
from bench.language import msg

Stamp = Callable[[], tuple[datetime, int]]
_PAGE = 500
_TAIL = 50


def _sql(statement: Insert) -> str:
    """Compile once what the append path sends straight to SQLite."""
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))


_INSERT_EVENT = f"INSERT INTO event VALUES ({', '.join('?' * len(Record._fields))})"
_INSERT_OUTBOX = "INSERT INTO outbox (seq, event) VALUES (?, ?)"
_ORDER = sqlite.insert(schema.repair_order)
_REPLACE_ORDER = _sql(
    _ORDER.on_conflict_do_update(
        index_elements=["number"],
        set_={column.name: column for column in _ORDER.excluded if column.name != "number"},
    )
)
_INSERT_LOG = f"INSERT INTO measurement VALUES ({', '.join('?' * len(schema.measurement.columns))})"


def now() -> tuple[datetime, int]:
    """Return the time of day with its offset, and the monotonic clock in nanoseconds."""
    return datetime.now().astimezone(), time.monotonic_ns()


def boot_id() -> str:
    """Return what the monotonic clock counts from: this start of the machine, or of this program where unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


class Journal:
    """An open journal. Any thread may use it; one program writes, others read beside it."""

    def __init__(
        self, path: Path, engine: Engine, station: str, lock: store.WriterLock | None, stamp: Stamp = now
    ) -> None:
        self.path = path
        self.station = station
        self._engine = engine
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

    def append(self, drafts: Sequence[Draft]) -> list[Event]:
        """Journal `drafts` in one transaction, with everything that follows from them; return them as they stand.

        When this returns they are on the disk. Raises JournalError, and then none of them is.
        """
        with self._turn:
            connection = self._writing()
            records, events = self._chain(drafts)
            orders, log = self._project(events)
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_INSERT_EVENT, records)
                connection.executemany(_INSERT_OUTBOX, [(record.seq, record.id) for record in records])
                connection.executemany(_REPLACE_ORDER, [schema.order_to_columns(row) for row in orders.values()])
                connection.executemany(_INSERT_LOG, log)
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.Error):
                    raise explained(error, self.path) from error
                raise
            if events:
                self._head = (events[-1].seq, events[-1].hash)
            self._orders.update(orders)
            return events

    def head(self) -> tuple[int, str]:
        """Return the sequence and the hash of the last event; (0, 64 zeros) for an empty journal."""
        if self._writer is not None:
            return self._head
        with self._reading() as connection:
            row = connection.exec_driver_sql("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").first()
        return (row[0], row[1]) if row else (0, GENESIS)

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]:
        """Give the events in their sequence: of one order, after a sequence, of some kinds."""
        query = select(schema.event).order_by(schema.event.c.seq).limit(_PAGE)
        if order is not None:
            query = query.where(schema.event.c.order_number == order)
        if kinds is not None:
            query = query.where(schema.event.c.kind.in_([kind.value for kind in kinds]))
        while True:
            page = self._rows(query.where(schema.event.c.seq > after))
            for row in page:
                yield event_of(Record(*row))
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def orders(self) -> list[OrderRow]:
        """Return every order as it stands, in the order of their opening."""
        query = select(schema.repair_order)
        rows = [schema.order_from_columns(dict(row._mapping)) for row in self._rows(query)]
        return sorted(rows, key=lambda row: (row.opened_at, row.number))

    def order(self, number: str) -> OrderRow | None:
        """Return one order as it stands, None where the journal knows none of that number."""
        rows = self._rows(select(schema.repair_order).where(schema.repair_order.c.number == number))
        return schema.order_from_columns(dict(rows[0]._mapping)) if rows else None

    def numbers(self, beginning: str = "") -> list[str]:
        """Return the numbers of all orders that begin so, without reading the orders."""
        number = schema.repair_order.c.number
        after = beginning + "\U0010ffff"
        return [row[0] for row in self._rows(select(number).where(number >= beginning, number < after))]

    def openings(self) -> Iterator[Event]:
        """Give the first event of every order, its opening, without reading the others."""
        event, order, of_it = schema.event, schema.repair_order, schema.event.alias()
        first = select(func.min(of_it.c.seq)).where(of_it.c.order_number == order.c.number).scalar_subquery()
        query = select(event).join_from(order, event, event.c.seq == first)
        with self._reading() as connection:
            for row in connection.execute(query, execution_options={"yield_per": _PAGE}):
                yield event_of(Record(*row))

    def log(self, wanted: LogFilter | None = None) -> Iterator[LogRow]:
        """Give the judged measurements that `wanted` lets through, oldest first."""
        table = schema.measurement
        wanted = wanted or LogFilter()
        query = select(table.c.position, schema.event).join_from(table, schema.event, table.c.seq == schema.event.c.seq)
        query = query.order_by(table.c.seq, table.c.position)
        for name in ("order", "quantity", "state", "instrument", "operator", "provenance"):
            if (value := getattr(wanted, name)) is not None:
                query = query.where(table.c[name] == value)
        if wanted.since is not None:
            query = query.where(table.c.at_utc >= schema.moment(wanted.since))
        if wanted.until is not None:
            query = query.where(table.c.at_utc < schema.moment(wanted.until))
        rows: list[LogRow] = []
        with self._reading() as connection:
            for position, *columns in connection.execute(query):
                record = Record(*columns)
                if not rows or rows[0].seq != record.seq:
                    rows = log_rows(event_of(record))
                yield rows[position]

    def verify(self, anchor: tuple[int, str] | None = None) -> VerifyReport:
        """Recompute the whole chain and the rows that follow from it, reading row by row.

        `anchor` is a head (sequence, hash) kept elsewhere, as printed on a sheet: it shows a tail that was cut.
        """
        with self._reading() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            try:
                return verify(raw, anchor)
            except sqlite3.Error as error:
                raise explained(error, self.path) from error

    def rebuild(self) -> None:
        """Throw the projections away and fold them anew from the events, in one transaction."""
        orders: dict[str, OrderRow] = {}
        with self._turn:
            connection = self._writing()
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("DELETE FROM repair_order")
                connection.execute("DELETE FROM measurement")
                for row in connection.execute("SELECT * FROM event ORDER BY seq"):
                    event = event_of(Record(*row))
                    if event.order is not None and (after := order_row(orders.get(event.order), event)) is not None:
                        orders[event.order] = after
                    connection.executemany(_INSERT_LOG, schema.log_columns(event))
                connection.executemany(_REPLACE_ORDER, [schema.order_to_columns(row) for row in orders.values()])
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, sqlite3.Error):
                    raise explained(error, self.path) from error
                raise
            self._orders = orders

    def _writing(self) -> sqlite3.Connection:
        if self._writer is None:
            raise JournalReadOnly(
                msg("The journal {path} is open for reading only: nothing was saved.", path=str(self.path))
            )
        return self._writer

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
        log: list[tuple[Any, ...]] = []
        for event in events:
            log.extend(schema.log_columns(event))
            if event.order is not None:
                before = orders.get(event.order) or self._orders.get(event.order) or self.order(event.order)
                if (after := order_row(before, event)) is not None:
                    orders[event.order] = after
        return orders, log

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        """Undo a failed transaction; where the disk failed in the commit itself, the file says how it ended."""
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        self._orders = {}
        with suppress(sqlite3.Error):
            row = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
            self._head = (row[0], row[1]) if row else (0, GENESIS)

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

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(query).all()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise explained(error.orig, self.path) from error
            raise
