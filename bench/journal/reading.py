"""Reading a journal: its events, the orders as they stand, the intervention log, and the check of all of it."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select, text
from sqlalchemy.exc import DBAPIError

from bench.events import Event, EventKind
from bench.journal import log, schema
from bench.journal.blocks import BLOCK, READ, folded
from bench.journal.chain import GENESIS, Record, VerifyReport, event_of
from bench.journal.entries import moment
from bench.journal.errors import explained
from bench.journal.rows import LogFilter, LogKind, LogRow, OrderRow
from bench.journal.searching import Searcher
from bench.journal.verify import verify

_PAGE = 500
# Mostly the newest alone is wanted.
_NEWEST = 4
_RARE = text(schema.RARE)


class JournalReading:
    """What may be asked of a journal, by the program that writes it and by others."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self._engine = engine
        self._finder = log.Finder()
        self._searcher = Searcher()

    def head(self) -> tuple[int, str]:
        """Return the sequence and the hash of the last event; (0, 64 zeros) for an empty journal."""
        with self._reading() as connection:
            row = connection.exec_driver_sql("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").first()
        return (row[0], row[1]) if row else (0, GENESIS)

    # -- events ----------------------------------------------------------------------------------------------

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]:
        """Give the events in their sequence: of one order, after a sequence, of some kinds.

        Without an order, kinds that stand in every order (`schema.COMMON`) are looked for in the whole journal.
        """
        event = schema.event
        query = select(event).order_by(event.c.seq).limit(_PAGE)
        if order is not None:
            query = query.where(event.c.order_number == order)
        if kinds is not None:
            chosen = [kind.value for kind in kinds]
            query = query.where(event.c.kind.in_(chosen))
            if order is None and not any(kind in schema.COMMON for kind in chosen):
                query = query.where(_RARE)
        while True:
            page = self._rows(query.where(event.c.seq > after))
            for row in page:
                yield event_of(Record(*row))
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def recent(self, kind: EventKind, operator: str | None = None, before: int | None = None) -> Iterator[Event]:
        """Give the events of a kind, newest first: of one operator, before a sequence."""
        event = schema.event
        query = select(event).where(event.c.kind == kind.value).order_by(event.c.seq.desc())
        if kind.value not in schema.COMMON:
            query = query.where(_RARE)
        if operator is not None:
            query = query.where(event.c.operator == operator)
        size = _NEWEST
        while True:
            page = self._rows((query if before is None else query.where(event.c.seq < before)).limit(size))
            for row in page:
                yield event_of(Record(*row))
            if len(page) < size:
                return
            before, size = page[-1][0], _PAGE

    def event(self, seq: int) -> Event | None:
        """Return one event, None where the journal has none of that number."""
        rows = self._rows(select(schema.event).where(schema.event.c.seq == seq))
        return event_of(Record(*rows[0])) if rows else None

    def events_at(self, seqs: Sequence[int]) -> Iterator[Event]:
        """Give the events of these numbers, those that there are, in the order of their numbers."""
        numbers = sorted(seqs)
        query = "SELECT * FROM event WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
        with self._raw() as connection:
            for some in range(0, len(numbers), _PAGE):
                for row in connection.execute(query, (json.dumps(numbers[some : some + _PAGE]),)).fetchall():
                    yield event_of(Record(*row))

    def spell(self, since: datetime, until: datetime) -> tuple[int, int | None]:
        """Return after which sequence, and up to which (None: to the end), the events of a time stand.

        Some before and after it stand there too: the log knows the times of its rows block by block.
        """
        with self._raw() as connection:
            query = "SELECT min(start) FROM log_time WHERE last_utc >= ?"
            first = connection.execute(query, (moment(since),)).fetchone()[0]
            if first is None:  # it is in the last rows, which are no block yet
                first = connection.execute("SELECT coalesce(max(start + size), 0) FROM log_part").fetchone()[0]
            query = "SELECT max(start) FROM log_time WHERE first_utc < ?"
            last = connection.execute(query, (moment(until),)).fetchone()[0]
            rows = "SELECT seq FROM log WHERE n = ?"
            before = connection.execute(rows, (first,)).fetchone()
            following = connection.execute(rows, ((-BLOCK if last is None else last) + BLOCK + 1,)).fetchone()
            tail = "SELECT 1 FROM log WHERE n > (SELECT coalesce(max(start + size), 0) FROM log_part) AND at_utc < ?"
            open_ended = following is None or connection.execute(f"{tail} LIMIT 1", (moment(until),)).fetchone()
        return before[0] if before else 0, None if open_ended else following[0]

    def measured_with(self, instrument: str, serial: str, quantities: Collection[str], after: int) -> Iterator[Event]:
        """Give measurements and closings after a sequence, in their sequence: all of each order in which that
        instrument measured one of the quantities since.
        """
        row = self._row_after(after)
        mine = LogFilter(instrument=instrument, quantity=tuple(quantities))
        of_it = self.log_tuples(mine, ("order", "serial"), after=row)
        orders = sorted({order for order, number in of_it if number == serial})
        seqs: set[int] = set()
        for some in range(0, len(orders), _PAGE):
            wanted = LogFilter(order=tuple(orders[some : some + _PAGE]), kinds=(LogKind.MEASUREMENT, LogKind.CLOSED))
            seqs.update(seq for (seq,) in self.log_tuples(wanted, ("seq",), after=row))
        return self.events_at(sorted(seqs))

    def openings(self) -> Iterator[Event]:
        """Give the first event of every order, its opening, without reading the others."""
        event, order, of_it = schema.event, schema.repair_order, schema.event.alias()
        first = select(func.min(of_it.c.seq)).where(of_it.c.order_number == order.c.number).scalar_subquery()
        query = select(event).join_from(order, event, event.c.seq == first)
        with self._reading() as connection:
            for row in connection.execute(query, execution_options={"yield_per": _PAGE}):
                yield event_of(Record(*row))

    # -- orders ----------------------------------------------------------------------------------------------

    def orders(self) -> list[OrderRow]:
        """Return every order as it stands, in the order of their opening."""
        return sorted(self._order_rows(select(schema.repair_order)), key=lambda row: (row.opened_at, row.number))

    def order(self, number: str) -> OrderRow | None:
        """Return one order as it stands, None where the journal knows none of that number."""
        rows = self._order_rows(select(schema.repair_order).where(schema.repair_order.c.number == number))
        return rows[0] if rows else None

    def numbers(self, beginning: str = "") -> list[str]:
        """Return the numbers of all orders that begin so, without reading the orders."""
        number = schema.repair_order.c.number
        after = beginning + "\U0010ffff"
        return [row[0] for row in self._rows(select(number).where(number >= beginning, number < after))]

    def orders_page(
        self, search: str = "", *, closed: bool | None = None, limit: int = 50, offset: int = 0
    ) -> list[OrderRow]:
        """Return a page of the orders: open ones due soonest first, then closed ones newest first; `closed` chooses.

        Each word of `search` must stand somewhere in number, customer, brand, model, reference or case number.
        """
        terms = folded(search).split()
        if terms or offset:
            with self._raw() as connection:
                return self._chosen(self._searcher.found(connection, terms, closed, limit, offset))
        order = schema.repair_order
        found: list[str] = []
        if closed is not True:
            soonest = (
                select(order.c.number).where(order.c.status == text("'open'")).order_by(order.c.due, order.c.number)
            )
            found = [row[0] for row in self._rows(soonest.limit(limit))]
        if closed is not False and len(found) < limit:
            newest = select(order.c.number).where(order.c.status == text("'closed'")).order_by(order.c.last_seq.desc())
            found += [row[0] for row in self._rows(newest.limit(limit - len(found)))]
        return self._chosen(found)

    def orders_waiting(self) -> list[OrderRow]:
        """Return the orders with open alerts, by their number."""
        order = schema.repair_order
        return self._order_rows(select(order).where(order.c.alerts != text("'[]'")).order_by(order.c.number))

    def _chosen(self, chosen: Sequence[str]) -> list[OrderRow]:
        rows = self._order_rows(select(schema.repair_order).where(schema.repair_order.c.number.in_(chosen)))
        by_number = {row.number: row for row in rows}
        return [by_number[number] for number in chosen]

    def _order_rows(self, query: Select[Any]) -> list[OrderRow]:
        return [schema.order_from_columns(dict(row._mapping)) for row in self._rows(query)]

    # -- the intervention log --------------------------------------------------------------------------------

    def log(self, wanted: LogFilter | None = None, *, after: int = 0) -> Iterator[LogRow]:
        """Give the rows of the log that `wanted` lets through, oldest first; only those after row `after`."""
        for row in self._log(wanted or LogFilter(), READ, after):
            yield LogRow(*row)

    def log_tuples(
        self, wanted: LogFilter | None, columns: Sequence[str], *, after: int = 0, blank: bool = False
    ) -> Iterator[tuple[Any, ...]]:
        """Give columns of the log's rows, oldest first, as they are stored; with `blank` "" for what has no value.

        Raises UsageError for unknown columns.
        """
        return self._log(wanted or LogFilter(), log.named(columns, blank=blank), after)

    def log_page(
        self,
        wanted: LogFilter | None = None,
        *,
        limit: int = 50,
        before: int | None = None,
        only: Callable[[float | None, str, str], bool] | None = None,
    ) -> list[LogRow]:
        """Return the newest rows that `wanted` lets through, newest first; only those before row `before`.

        `only` is asked of the value, the unit and the order of each row.
        """
        wanted = wanted or LogFilter()
        rows: list[LogRow] = []
        with self._raw() as connection:
            for start, bits in self._finder.found(connection, wanted, newest=True, before=before or 0):
                if only is not None:
                    bits = self._only(connection, start, bits, limit - len(rows), only)
                for row in log.read(connection, READ, start, bits, newest=True):
                    rows.append(LogRow(*row))
                    if len(rows) == limit:
                        return rows
        return rows

    def _only(
        self,
        connection: sqlite3.Connection,
        start: int,
        bits: int,
        limit: int,
        only: Callable[[float | None, str, str], bool],
    ) -> int:
        """Return the bits of the newest rows of a part that `only` lets through, as many as are wanted."""
        held = log.read(connection, 'n, "value", "unit", "order"', start, bits, newest=True)
        kept = (1 << n - start - 1 for n, value, unit, order in held if only(value, unit, order))
        return sum(islice(kept, limit))

    def log_count(self, wanted: LogFilter | None = None) -> int:
        """Return how many rows of the log `wanted` lets through."""
        with self._raw() as connection:
            return sum(bits.bit_count() for _, bits in self._finder.found(connection, wanted or LogFilter()))

    def log_choices(self, field: str) -> list[str]:
        """Return the values that occur in a field of the filter, sorted. Raises UsageError for one without choices."""
        with self._raw() as connection:
            return self._finder.choices(connection, field)

    def log_head(self) -> int:
        """Return the number of the newest row, 0 for an empty log."""
        return int(self._rows(select(func.coalesce(func.max(schema.log.c.n), 0)))[0][0])

    def _row_after(self, seq: int) -> int:
        """Return the number of the last row of the events up to that sequence: rows follow the events."""
        with self._raw() as connection:

            def beyond(n: int) -> bool:
                found = connection.execute("SELECT seq FROM log WHERE n = ?", (n,)).fetchone()
                return bool(found[0] > seq)

            return bisect_left(range(1, self.log_head() + 1), True, key=beyond) if seq else 0

    def _log(self, wanted: LogFilter, columns: str, after: int) -> Iterator[tuple[Any, ...]]:
        with self._raw() as connection:
            for found in self._finder.found(connection, wanted, after=after):
                yield from log.read(connection, columns, *found)

    # -- the check -------------------------------------------------------------------------------------------

    def verify(self, anchor: tuple[int, str] | None = None, told: Callable[[int], None] | None = None) -> VerifyReport:
        """Recompute the whole chain and the rows that follow from it, reading row by row.

        `anchor` is a head (sequence, hash) kept elsewhere, as printed on a sheet: it shows a tail that was cut.
        `told` hears now and then how many events are checked; what it raises ends the check.
        """
        with self._raw() as connection:
            return verify(connection, anchor, told)

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(query).all()

    @contextmanager
    def _raw(self) -> Iterator[sqlite3.Connection]:
        """Give SQLite's own connection, for reading."""
        with self._reading() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            try:
                yield raw
            except sqlite3.Error as error:
                raise explained(error, self.path) from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise explained(error.orig, self.path) from error
            raise
