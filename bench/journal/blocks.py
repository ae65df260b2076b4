"""What the rows of the intervention log are found by: for each block of rows, one bitmap for each value and word.

A row's place in its block is a bit of a whole number: filters are combined with `&` and `|`. A word that stands in few
rows is kept as a list of places instead.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from sys import byteorder
from typing import Any

from bench.journal.entries import LOG_COLUMNS
from bench.journal.rows import sentence_of

BLOCK = 4096
FIELDS = (
    "kind", "order", "operator", "quantity", "state", "instrument", "provenance", "calibre", "procedure", "refusal",
    "alert",
)  # fmt: skip
"""The columns that are looked for by their whole value."""
WATCH, TEXT = "watch", "text"
_BYTES = BLOCK // 8
# Up to so many places are shorter as a list, which takes longer to read.
_FEW = 32
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


def index_rows(block: int, rows: Iterable[Sequence[Any]]) -> list[IndexRow]:
    """Return the rows of the index for one full block, sorted by their key."""
    places: dict[Key, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for key in keys(row):
            places[key].append(place)
    return [(facet, block, value, encoded(found)) for (facet, value), found in sorted(places.items())]


def encoded(places: Sequence[int]) -> bytes:
    """Return ascending places in a block as they are stored."""
    if len(places) <= _FEW:
        few = array("H", places)
        if byteorder == "big":
            few.byteswap()
        return few.tobytes()
    return bitmap(places)


def bitmap(places: Iterable[int]) -> bytes:
    """Return a block's bits, those of the places set."""
    bits = bytearray(_BYTES)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def decoded(stored: bytes) -> int:
    """Return the bits of what is stored."""
    if len(stored) == _BYTES:
        return int.from_bytes(stored, "little")
    few = array("H", stored)
    if byteorder == "big":
        few.byteswap()
    bits = 0
    for place in few:
        bits |= 1 << place
    return bits


def places(bits: int) -> list[int]:
    """Return the places of the bits that are set, ascending."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def complete(connection: sqlite3.Connection, last: int) -> None:
    """Index every full block up to row `last` that is not indexed yet; the caller's transaction holds it."""
    done = connection.execute("SELECT coalesce(max(block) + 1, 0) FROM log_block").fetchone()[0]
    for block in range(done, last // BLOCK):
        rows = connection.execute(
            f"SELECT {READ}, at_utc FROM log WHERE n > ? AND n <= ? ORDER BY n", (block * BLOCK, (block + 1) * BLOCK)
        ).fetchall()
        insert(connection, block, rows)


def insert(connection: sqlite3.Connection, block: int, rows: Sequence[Sequence[Any]]) -> None:
    """Index a full block of rows: all columns of the log, their UTC time last."""
    times = [row[-1] for row in rows]
    connection.execute("INSERT INTO log_block VALUES (?, ?, ?)", (block, min(times), max(times)))
    connection.executemany("INSERT INTO log_index VALUES (?, ?, ?, ?)", index_rows(block, rows))


READ = ", ".join(f'"{name}"' for name in LOG_COLUMNS)
"""The log's columns as SQL writes them."""
