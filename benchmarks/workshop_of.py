"""A workshop of years: a journal with as many orders as are asked for, chained, with its projections.

    python -m benchmarks.workshop_of FOLDER ORDERS [YEARS]

Procedures, profiles, payloads and verdicts are those of the program; what differs from order to order is drawn from a
`Mix` with a fixed seed. An order holds a part of its procedure's steps only: 25 judged measurements in the mean. The
same arguments give the same workshop, which is kept in the folder and found there again.
"""

from __future__ import annotations

import heapq
import random
import sqlite3
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bench.desk import Desk
from bench.events import EventKind
from bench.house import House
from bench.journal import Journal
from bench.journal.chain import Record, chained
from bench.journal.entries import moment
from bench.journal.rebuild import Folding
from bench.journal.rows import OrderRow
from bench.journal.schema import HEAD
from bench.opening import openings
from bench.procedure.library import ProcedureLibrary
from bench.register import SHELF
from benchmarks.mix import MIX, Mix
from benchmarks.moulds import Mould
from benchmarks.stories import Cast, Teller, Written, shelves
from benchmarks.workshop_moulds import Moulds, hash_of, sample
from profiles.library import Library

FORMAT = 2
STATION = "bench-1"


def workshop(folder: Path, orders: int, years: float = 5, mix: Mix = MIX, seed: int = 1) -> Path:
    """Return the journal of a workshop with so many orders over so many years; made where the folder has it not."""
    like = "" if mix == MIX else f"-{hash_of(repr(mix))}"
    kept = folder / f"workshop-{FORMAT}-{HEAD}-{orders}-{years:g}-{seed}{like}.sqlite"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        for leftover in folder.glob(part.name + "*"):
            leftover.unlink()
        _Generator(part, orders, years, mix, seed).run()
        part.rename(kept)
    return kept


class _Generator:
    def __init__(self, path: Path, orders: int, years: float, mix: Mix, seed: int) -> None:
        self.path, self.count, self.mix = path, orders, mix
        self.end = datetime(2026, 11, 20, 18, tzinfo=UTC)
        self.begin = self.end - timedelta(days=365 * years)
        self.procedures = ProcedureLibrary()
        self.rows: dict[str, OrderRow] = {}
        self.changes: dict[str, dict[str, Any]] = defaultdict(dict)
        self.written = Written()
        self.moulds = Moulds(self.procedures, mix)
        self.teller = Teller(self.moulds, mix, random.Random(seed), orders, self.written)

    def run(self) -> None:
        with Journal.open(self.path, station=STATION) as journal:
            self._opening_moulds(journal)
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA cache_size = -400000")
        connection.execute("PRAGMA journal_mode = off")
        connection.execute("PRAGMA synchronous = off")
        connection.execute("BEGIN")
        self._write(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = wal")
        connection.close()

    def _opening_moulds(self, journal: Journal) -> None:
        """Pin the procedures and profiles as the first orders do, and take the openings of these as moulds."""
        desk = Desk(journal, self.procedures, Library(), cast(Any, None), House("Atelier des Trois Ponts"))
        trees = self.mix.procedures
        samples = [sample(tree, calibre, desk) for tree in trees for calibre in self.moulds.calibres(tree)]
        drafts = openings(desk, samples)
        journal.append([draft for draft in drafts if draft.kind is not EventKind.ORDER_OPENED])
        for draft in drafts:
            if draft.kind is EventKind.ORDER_OPENED:
                self.moulds.opened(draft.payload)

    def _write(self, connection: sqlite3.Connection) -> None:
        seq, prev = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        insert = f"INSERT INTO event VALUES ({', '.join('?' * len(Record._fields))})"
        folding = Folding(connection)
        records: list[Record] = []
        identity = random.Random(5)
        for number, casting in self._timeline():
            seq += 1
            self.written.seq = seq
            at = casting.at.isoformat(timespec="microseconds")
            record = Record(
                seq,
                str(uuid.UUID(int=identity.getrandbits(128), version=4)),
                STATION,
                casting.mould.kind.value,
                number,
                casting.operator,
                at,
                seq * 1_000_000_000,
                "workshop",
                casting.mould.payload(casting.values),
                prev,
                "",
            )
            prev = chained(record)
            records.append(record._replace(hash=prev))
            row = self.rows.get(number)
            if row is not None and isinstance(casting.mould, Mould):
                changes = self.changes[number]
                changes.update(casting.changes)
                procedure = changes.get("procedure", row.procedure)
                own = (seq, at, number, row.watch, row.calibre_id, procedure, casting.operator)
                folding.add(casting.mould.rows(own, moment(casting.at), casting.values))
                changes["last_seq"], changes["last_at"] = seq, at
            if len(records) == 5000:
                connection.executemany(insert, records)
                records = []
        connection.executemany(insert, records)
        connection.execute(
            "INSERT INTO outbox SELECT seq, id FROM event WHERE seq > (SELECT coalesce(max(seq), 0) FROM outbox)"
        )
        folding.orders = {each: replace(row, **self.changes[each]) for each, row in self.rows.items()}
        folding.end()

    def _timeline(self) -> Iterator[tuple[str, Cast]]:
        """Yield every event of the workshop in its time, with its order's number: orders overlap, as they do."""
        waiting: list[tuple[datetime, int, Cast, Iterator[Cast], str]] = []

        def wait(serial: int, story: Iterator[Cast], number: str) -> None:
            following = next(story, None)
            if following is not None and following.at <= self.end:
                heapq.heappush(waiting, (following.at, serial, following, story, number))

        for serial, story in enumerate(shelves(self.begin, self.end)):
            wait(-1 - serial, story, SHELF)
        step = (self.end - self.begin) / self.count
        for index in range(self.count + 1):
            opens = self.begin + step * index
            while waiting and (index == self.count or waiting[0][0] <= opens):
                _at, serial, casting, story, number = heapq.heappop(waiting)
                yield number, casting
                wait(serial, story, number)
            if index < self.count:
                number = f"{opens.year}-{index + 1:06d}"
                row, story = self.teller.order(number, opens)
                self.rows[number] = row
                wait(index, story, number)


if __name__ == "__main__":
    where, many, *over = sys.argv[1:]
    print(workshop(Path(where), int(many), float(over[0]) if over else 5))
