"""What the rows of the intervention log are found by: for each part of it, one bitmap for each value and word.

A part is a full block of rows, or a stretch of blocks that were merged. A row's place in its part is a bit of a whole
number: filters are combined with `&` and `|`. What stands in few rows is kept as a list of places instead.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from sys import byteorder
from typing import Any

from bench.journal.entries import LOG_COLUMNS
from bench.journal.rows import sentence_of

BLOCK = 4096
STRETCH = 64 * BLOCK
FIELDS = (
    "kind", "order", "operator", "quantity", "state", "instrument", "provenance", "calibre", "procedure", "refusal",
    "alert",
)  # fmt: skip
"""The columns that are looked for by their whole value."""
WATCH, TEXT = "watch", "text"
# A list of places is kept where it is shorter than a quarter of the bitmap.
_SHORTER = 128
_SET = re.compile("1")
_PLACES = {name: place for place, name in enumerate(LOG_COLUMNS)}
_FIELD_PLACES = tuple((name, _PLACES[name]) for name in FIELDS)
_WATCH = _PLACES["watch"]
_TEXTS = tuple(_PLACES[name] for name in ("step", "label", "serial"))
_TEXT = _PLACES["text"]

Key = tuple[str, str]
IndexRow = tuple[str, int, str, bytes]


def folded(written: str) -> str:
    """Return a text without case and accents."""
    plain = written.casefold()
    if plain.isascii():
        return plain
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))


def words(written: str) -> list[str]:
    """Return the words of a text, without case and accents."""
    return re.findall(r"[^\W_]+", folded(written))


@lru_cache(maxsize=8192)
def _words(written: str) -> frozenset[str]:
    sentence = sentence_of(written)
    if sentence is None:
        return frozenset(words(written))
    return frozenset(word for part in _leaves(sentence) for word in words(re.sub(r"\{\w*\}", " ", part)))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def keys(row: Sequence[Any]) -> Iterator[Key]:
    """Yield what a row of the log (its columns) is found by: (facet, value) pairs."""
    for name, place in _FIELD_PLACES:
        if row[place]:
            yield name, row[place]
    for word in _words(row[_WATCH]):
        yield WATCH, word
    said: frozenset[str] = frozenset()
    for place in _TEXTS:
        if row[place]:
            said |= _words(row[place])
    if row[_TEXT]:
        said |= _words(row[_TEXT])
    for word in said:
        yield TEXT, word


class Gathering:
    """Gathers what the rows of one part are found by, row after row."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.size = 0
        self.times: list[tuple[int, str, str]] = []
        """For each block: where it starts, and the first and the last UTC time of its rows."""
        self._places: dict[Key, array[int]] = {}

    def add(self, row: Sequence[Any]) -> None:
        """Take the next row: all columns of the log, its UTC time last."""
        at = row[-1]
        if self.size % BLOCK:
            start, first, last = self.times[-1]
            self.times[-1] = (start, min(first, at), max(last, at))
        else:
            self.times.append((self.start + self.size, at, at))
        for key in keys(row):
            found = self._places.get(key)
            if found is None:
                found = self._places[key] = array("I")
            found.append(self.size)
        self.size += 1

    def index(self) -> list[IndexRow]:
        """The rows of `log_index`, sorted by their key."""
        found = sorted(self._places.items())
        return [(facet, self.start, value, encoded(places, self.size)) for (facet, value), places in found]


def encoded(places: Sequence[int], size: int) -> bytes:
    """Return ascending places in a part of that many rows as they are stored: as a list where they are few."""
    if len(places) * _SHORTER < size:
        few = array("I", places)
        if byteorder == "big":
            few.byteswap()
        return few.tobytes()
    return bitmap(places, size)


def bitmap(places: Iterable[int], size: int) -> bytes:
    """Return the bits of a part, those of the places set."""
    bits = bytearray(size // 8)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def decoded(stored: bytes, size: int) -> int:
    """Return the bits of what is stored."""
    if len(stored) < size // 8:
        stored = bitmap(_few(stored), size)
    return int.from_bytes(stored, "little")


def listed(stored: bytes, size: int) -> array[int] | None:
    """Return the places where they are stored as a list, None where they are a bitmap."""
    return _few(stored) if len(stored) < size // 8 else None


def _few(stored: bytes) -> array[int]:
    few = array("I", stored)
    if byteorder == "big":
        few.byteswap()
    return few


def places(bits: int, *, newest: bool = False) -> Iterator[int]:
    """Yield the places of the bits that are set, ascending, or descending where the newest come first."""
    written = f"{bits:b}"
    if newest:
        last = len(written) - 1
        return (last - found.start() for found in _SET.finditer(written))
    return (found.start() for found in _SET.finditer(written[::-1]))


def complete(connection: sqlite3.Connection, last: int) -> None:
    """Index every full block up to row `last` that is not indexed yet; the caller's transaction holds it."""
    done = connection.execute("SELECT coalesce(max(start + size), 0) FROM log_part").fetchone()[0]
    for start in range(done, last - BLOCK + 1, BLOCK):
        _index(connection, start, BLOCK)


def insert(connection: sqlite3.Connection, gathered: Gathering) -> None:
    """Write the index of a full part."""
    connection.execute("INSERT INTO log_part VALUES (?, ?)", (gathered.start, gathered.size))
    connection.executemany("INSERT INTO log_time VALUES (?, ?, ?)", gathered.times)
    connection.executemany("INSERT INTO log_index VALUES (?, ?, ?, ?)", gathered.index())


def merge(connection: sqlite3.Connection) -> None:
    """Make one part of the blocks of each full stretch, each in a transaction of its own: few long bitmaps are read
    faster than many short ones.
    """
    rows = connection.execute("SELECT start FROM log_part WHERE size = ? ORDER BY start", (BLOCK,)).fetchall()
    stretches = Counter(start // STRETCH for (start,) in rows)
    for stretch in (number for number, count in stretches.items() if count == STRETCH // BLOCK):
        start = stretch * STRETCH
        inner = not connection.in_transaction
        if inner:
            connection.execute("BEGIN IMMEDIATE")
        pieces: dict[Key, list[tuple[int, bytes]]] = defaultdict(list)
        query = "SELECT facet, start, value, rows FROM log_index WHERE facet = ? AND start >= ? AND start < ?"
        for facet in (*FIELDS, WATCH, TEXT):
            for _facet, at, value, stored in connection.execute(query, (facet, start, start + STRETCH)):
                pieces[facet, value].append((at - start, stored))
        for facet in (*FIELDS, WATCH, TEXT):
            connection.execute(
                "DELETE FROM log_index WHERE facet = ? AND start >= ? AND start < ?", (facet, start, start + STRETCH)
            )
        connection.execute("DELETE FROM log_part WHERE start >= ? AND start < ?", (start, start + STRETCH))
        connection.execute("INSERT INTO log_part VALUES (?, ?)", (start, STRETCH))
        found = ((facet, start, value, _joined(parts)) for (facet, value), parts in sorted(pieces.items()))
        connection.executemany("INSERT INTO log_index VALUES (?, ?, ?, ?)", found)
        if inner:
            connection.execute("COMMIT")


def _joined(pieces: Sequence[tuple[int, bytes]]) -> bytes:
    """Return as one what is stored of several blocks, each with the number of rows before it."""
    whole = bytearray(STRETCH // 8)
    for before, stored in pieces:
        bits = stored if len(stored) == BLOCK // 8 else bitmap(_few(stored), BLOCK)
        whole[before // 8 : (before + BLOCK) // 8] = bits
    joined = int.from_bytes(whole, "little")
    return encoded(list(places(joined)), STRETCH) if joined.bit_count() * _SHORTER < STRETCH else bytes(whole)


def _index(connection: sqlite3.Connection, start: int, size: int) -> None:
    gathered = Gathering(start)
    query = f"SELECT {READ}, at_utc FROM log WHERE n > ? AND n <= ? ORDER BY n"
    for row in connection.execute(query, (start, start + size)):
        gathered.add(row)
    insert(connection, gathered)


READ = ", ".join(f'"{name}"' for name in LOG_COLUMNS)
"""The log's columns as SQL writes them."""
