"""The intervention log as it is asked: filters combined as bitmaps, block by block; rows read as they are wanted."""

from __future__ import annotations

import json
import sqlite3
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, compress, islice, product
from typing import Any, NamedTuple

from bench.errors import UsageError
from bench.journal import blocks
from bench.journal.blocks import BLOCK, READ
from bench.journal.entries import AMOUNTS, LOG_COLUMNS, moment
from bench.journal.rows import LogFilter
from bench.language import msg

# How many rows are looked through at once: few first, because a page is mostly full soon.
_BATCHES = (4, 16, 64, 256, 512)
# Where one row in so many is wanted, all between the first and the last are read in one go.
_DENSE = 2
_FEW, _MANY = 64, 1024
_WORDS_AT_MOST = 3
_TIMES_AT_MOST = 128

CHOICES = {"kinds": "kind", "guard": "refusal"} | {
    name: name
    for name in ("order", "operator", "quantity", "state", "instrument", "provenance", "calibre", "procedure", "alert")
}
"""The fields of a filter that have choices, with their column."""


class _Lookup(NamedTuple):
    """Rows that hold one of `values`, or a value that begins with `prefix`, in a facet."""

    facet: str
    values: tuple[str, ...]
    prefix: str = ""


# The rows of a condition are those of any of its ways; a way is all of its lookups together.
_Condition = list[tuple[_Lookup, ...]]


class _Part(NamedTuple):
    """A part of the log: how many rows stand before it, and how many are in it."""

    start: int
    size: int

    @property
    def all(self) -> int:
        return (1 << self.size) - 1


Found = tuple[int, int]
"""How many rows stand before a part, and the bits of those of its rows that were found."""


class Finder:
    """Finds the rows of a filter. It keeps what the rows after the last full block are found by, and follows them."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Read the last rows anew: the projections were rebuilt."""
        self._first = 0
        self._seen = 0
        self._tail: dict[str, dict[str, int]] = defaultdict(dict)
        self._tail_times: list[str] = []
        self._timed: dict[tuple[str | None, str | None, int, int], int] = {}

    def found(
        self,
        connection: sqlite3.Connection,
        wanted: LogFilter,
        *,
        newest: bool = False,
        after: int = 0,
        before: int = 0,
    ) -> Iterator[Found]:
        """Yield where rows are found: from the oldest part, or from the newest.

        Only rows whose number is above `after`, and below `before` where that is not 0.
        """
        conditions, left_out = _conditions(wanted), _one_of("order", wanted.without or ())
        timed = wanted.since is not None or wanted.until is not None
        with self._turn:
            self._follow(connection)
            tail = self._in_tail(conditions)
            if wanted.without:
                tail &= ~self._in_tail([left_out])
            if tail and timed:
                tail &= _within(self._tail_times, *_bounds(wanted))
            first, size = self._first, self._seen - self._first
        end = min(before - 1, first + size) if before else first + size
        parts = _parts(connection, wanted, after, min(end, first))
        last = [(_Part(first, size), tail)] if tail and end > first else []
        if newest:
            parts.reverse()
        full = _through(connection, conditions, parts, left_out if wanted.without else None)
        for (start, length), bits in chain(last, full) if newest else chain(full, last):
            if start < after:
                bits = bits >> (after - start) << (after - start)
            if start + length > end:
                bits &= (1 << (end - start)) - 1
            if bits and timed and start < first:
                bits &= self._of_the_time(connection, wanted, start, length)
            if bits:
                yield start, bits

    def choices(self, connection: sqlite3.Connection, field: str) -> list[str]:
        """Return the values that occur in a field of the filter, sorted. Raises UsageError for one without choices."""
        if field not in CHOICES:
            raise UsageError(
                msg("The log has no choices for “{field}”.", field=field),
                remedy=msg("Known: {known}.", known=", ".join(CHOICES)),
            )
        facet = CHOICES[field]
        kept = connection.execute("SELECT DISTINCT value FROM log_index WHERE facet = ?", (facet,))
        with self._turn:
            self._follow(connection)
            return sorted({value for (value,) in kept} | self._tail[facet].keys())

    def _follow(self, connection: sqlite3.Connection) -> None:
        """Take in the rows that were added since, and leave those whose block is full by now."""
        full = connection.execute("SELECT coalesce(max(start + size), 0) FROM log_part").fetchone()[0]
        if full != self._first:
            self.forget()
            self._first = self._seen = full
        rows = connection.execute(f"SELECT {READ}, at_utc FROM log WHERE n > ? ORDER BY n", (self._seen,))
        for row in rows:
            bit = 1 << (row[0] - self._first - 1)
            for facet, value in blocks.keys(row):
                known = self._tail[facet]
                known[value] = known.get(value, 0) | bit
            self._tail_times.append(row[-1])
            self._seen = row[0]

    def _of_the_time(self, connection: sqlite3.Connection, wanted: LogFilter, start: int, size: int) -> int:
        """Return which rows of a full part are of the time asked for; the same time is mostly asked for many times."""
        key = (*_bounds(wanted), start, size)
        bits = self._timed.get(key)
        if bits is None:
            bits = _of_the_time(connection, wanted, start, size)
            with self._turn:
                if len(self._timed) >= _TIMES_AT_MOST:
                    self._timed.clear()
                self._timed[key] = bits
        return bits

    def _in_tail(self, conditions: Sequence[_Condition]) -> int:
        bits = (1 << (self._seen - self._first)) - 1
        for condition in conditions:
            either = 0
            for way in condition:
                together = bits
                for facet, values, prefix in way:
                    known = self._tail[facet]
                    if prefix:
                        values = tuple(value for value in known if value.startswith(prefix))
                    together &= _either(known.get(value, 0) for value in values)
                either |= together
            bits &= either
        return bits


def read(
    connection: sqlite3.Connection, columns: str, start: int, bits: int, *, newest: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a part whose bits are set, with those columns (SQL)."""
    count, end = bits.bit_count(), bits.bit_length()
    first = (bits & -bits).bit_length() - 1
    if not newest and count * _DENSE >= end - first:
        rows = connection.execute(
            f"SELECT {columns} FROM log WHERE n > {start + first} AND n <= {start + end} ORDER BY n"
        )
        yield from rows if count == end - first else compress(rows, map("1".__eq__, f"{bits >> first:b}"[::-1]))
    else:
        found, size = blocks.places(bits, newest=newest), _FEW
        order = "ORDER BY n DESC" if newest else "ORDER BY n"
        query = f"SELECT {columns} FROM log WHERE n IN (SELECT value FROM json_each(?)) {order}"
        while some := [start + 1 + place for place in islice(found, size)]:
            yield from connection.execute(query, (json.dumps(some),))
            size = min(2 * size, _MANY)


def named(columns: Sequence[str], *, blank: bool = False) -> str:
    """Return columns as SQL writes them, with `blank` "" for NULL. Raises UsageError for one that the log has not."""
    for name in columns:
        if name not in LOG_COLUMNS:
            raise UsageError(
                msg("The log has no column “{name}”.", name=name),
                remedy=msg("Known: {known}.", known=", ".join(LOG_COLUMNS)),
            )
    return ", ".join(f"ifnull(\"{name}\", '')" if blank and name in AMOUNTS else f'"{name}"' for name in columns)


def _conditions(wanted: LogFilter) -> list[_Condition]:
    """Return what rows must fulfil: what is probably rare first, words last, because they take longest."""
    fields = (
        ("order", wanted.order),
        ("refusal", wanted.guard),
        ("alert", wanted.alert),
        ("calibre", wanted.calibre),
        ("state", wanted.state),
        ("quantity", wanted.quantity),
        ("instrument", wanted.instrument),
        ("procedure", wanted.procedure),
        ("operator", wanted.operator),
        ("provenance", wanted.provenance),
        ("kind", wanted.kinds),
    )
    conditions = [_one_of(facet, values) for facet, values in fields if values is not None]
    conditions += [[(_word(blocks.WATCH, word),)] for word in blocks.words(wanted.watch or "")]
    conditions += [_text(term) for term in (wanted.text or "").split() if blocks.words(term)]
    return conditions


def _one_of(facet: str, values: str | Collection[str]) -> _Condition:
    chosen = (values,) if isinstance(values, str) else tuple(values)
    return [(_Lookup(facet, tuple(str(value) for value in chosen)),)]


def _text(term: str) -> _Condition:
    """A term is the beginning of an order's number, or each of its words begins one of the text or of the watch."""
    numbers = dict.fromkeys((term, term.upper())) if any(sign.isdigit() for sign in term) else ()
    ways: _Condition = [(_Lookup("order", (), begun),) for begun in numbers]
    said = blocks.words(term)
    if said:
        places = (blocks.TEXT, blocks.WATCH)
        likely = (
            product(places, repeat=len(said))
            if len(said) <= _WORDS_AT_MOST
            else [(place,) * len(said) for place in places]
        )
        ways += [tuple(_word(at, word) for at, word in zip(way, said, strict=True)) for way in likely]
    return ways


def _word(facet: str, word: str) -> _Lookup:
    """A single letter stands for itself: it is what is left of an article, and begins half of all words."""
    return _Lookup(facet, (), word) if len(word) > 1 else _Lookup(facet, (word,))


def _parts(connection: sqlite3.Connection, wanted: LogFilter, after: int, end: int) -> list[_Part]:
    """Return the parts between two rows that may hold rows of the time asked for, oldest first."""
    parts = [
        _Part(start, size)
        for start, size in connection.execute(
            "SELECT start, size FROM log_part WHERE start + size > ? AND start < ? ORDER BY start", (after, end)
        )
    ]
    if wanted.since is None and wanted.until is None:
        return parts
    starts = [start for start, _first, _last in _times(connection, wanted, after - BLOCK, end)]
    return [
        part
        for part in parts
        if (at := bisect_left(starts, part.start)) < len(starts) and starts[at] < part.start + part.size
    ]


def _times(connection: sqlite3.Connection, wanted: LogFilter, first: int, end: int) -> list[tuple[int, str, str]]:
    """Return the blocks that may hold rows of the time asked for, with the times of their first and last row."""
    query, bounds = "SELECT start, first_utc, last_utc FROM log_time WHERE start >= ? AND start < ?", [first, end]
    given: list[Any] = list(bounds)
    if wanted.since is not None:
        query += " AND last_utc >= ?"
        given.append(moment(wanted.since))
    if wanted.until is not None:
        query += " AND first_utc < ?"
        given.append(moment(wanted.until))
    return connection.execute(f"{query} ORDER BY start", given).fetchall()


def _of_the_time(connection: sqlite3.Connection, wanted: LogFilter, start: int, size: int) -> int:
    """Return which rows of a part are of the time asked for; only blocks at the ends of that time are read."""
    since, until = _bounds(wanted)
    bits = 0
    for block, first, last in _times(connection, wanted, start, start + size):
        whole = (since is None or first >= since) and (until is None or last < until)
        if whole:
            found = (1 << BLOCK) - 1
        else:
            rows = connection.execute(
                "SELECT at_utc FROM log WHERE n > ? AND n <= ? ORDER BY n", (block, block + BLOCK)
            )
            found = _within([at for (at,) in rows], since, until)
        bits |= found << (block - start)
    return bits


def _bounds(wanted: LogFilter) -> tuple[str | None, str | None]:
    since, until = wanted.since, wanted.until
    return (None if since is None else moment(since), None if until is None else moment(until))


def _within(times: Sequence[str], since: str | None, until: str | None) -> int:
    """Return the bits of the times from `since` up to `until`."""
    found = (
        place for place, at in enumerate(times) if (since is None or at >= since) and (until is None or at < until)
    )
    return int.from_bytes(blocks.bitmap(found, (len(times) + 7) // 8 * 8), "little")


def _through(
    connection: sqlite3.Connection,
    conditions: Sequence[_Condition],
    parts: Sequence[_Part],
    left_out: _Condition | None = None,
) -> Iterator[tuple[_Part, int]]:
    """Yield the full parts with the bits of the rows that fulfil every condition but `left_out`."""
    start = turn = 0
    while start < len(parts):
        end, rows = start, 0
        while end < len(parts) and rows < _BATCHES[min(turn, len(_BATCHES) - 1)] * BLOCK:
            rows += parts[end].size
            end += 1
        batch, start, turn = parts[start:end], end, turn + 1
        bits = {part.start: part.all for part in batch}
        for condition in conditions:
            bits = _fulfilled(connection, condition, bits)
            if not bits:
                break
        if left_out is not None and bits:
            gone = _fulfilled(connection, left_out, bits)
            bits = {at: found & ~gone.get(at, 0) for at, found in bits.items()}
        for part in batch:
            if part.start in bits:
                yield part, bits[part.start]


def _fulfilled(connection: sqlite3.Connection, condition: _Condition, bits: dict[int, int]) -> dict[int, int]:
    first, last = min(bits), max(bits)
    held = {lookup: _looked_up(connection, lookup, first, last) for way in condition for lookup in way}
    either: dict[int, int] = {}
    for way in condition:
        together = bits
        for lookup in way:
            here = held[lookup]
            together = {start: found & here[start] for start, found in together.items() if start in here}
        for start, found in together.items():
            either[start] = either.get(start, 0) | found
    return {start: found for start, found in either.items() if found}


def _looked_up(connection: sqlite3.Connection, lookup: _Lookup, first: int, last: int) -> dict[int, int]:
    # As JSON: SQLite takes 32,766 parameters at most.
    chosen, values = "i.value IN (SELECT value FROM json_each(?))", [json.dumps(lookup.values)]
    if lookup.prefix:
        chosen, values = "i.value >= ? AND i.value < ?", [lookup.prefix, lookup.prefix + "\U0010ffff"]
    held: dict[int, int] = {}
    # The plus keeps SQLite from reading all between the first and the last part instead of looking each up.
    query = (
        f"SELECT p.start, p.size, i.rows FROM log_part p CROSS JOIN log_index i"
        f" ON i.facet = ? AND i.start = +p.start AND {chosen} WHERE p.start >= ? AND p.start <= ?"
    )
    lists: dict[tuple[int, int], list[int]] = defaultdict(list)
    for start, size, rows in connection.execute(query, (lookup.facet, *values, first, last)):
        few = blocks.listed(rows, size)
        if few is None:
            held[start] = held.get(start, 0) | blocks.decoded(rows, size)
        else:
            lists[start, size] += few
    for (start, size), found in lists.items():
        held[start] = held.get(start, 0) | int.from_bytes(blocks.bitmap(found, size), "little")
    return held


def _either(found: Iterator[int]) -> int:
    bits = 0
    for each in found:
        bits |= each
    return bits
