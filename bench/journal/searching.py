"""Searching the orders as somebody types: what they are found by is kept in memory, and follows the journal."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice

Open = tuple[str, str, str]
"""An open order: the day it is due, its number, its words without case and accents."""

_OPEN = "SELECT due, number, search FROM repair_order WHERE status = 'open' ORDER BY due, number"
_CLOSED = "SELECT number, search FROM repair_order WHERE status = 'closed' ORDER BY last_seq DESC"
# The plus keeps SQLite from going through every order of the status.
_OPEN_OF = "SELECT due, number, search FROM repair_order WHERE +status = 'open' AND number IN ({marks})"
_CLOSED_OF = (
    "SELECT number, search FROM repair_order WHERE +status = 'closed' AND number IN ({marks}) ORDER BY last_seq DESC"
)
_CHANGED = "SELECT DISTINCT order_number FROM event WHERE seq > ? AND order_number IS NOT NULL LIMIT ?"
# Where more orders than this have changed, all are read again.
_MANY = 50


class Searcher:
    """Finds the orders whose words hold given ones, in the sequence of the list. Any thread may ask.

    Closed orders are the many: one line each in a single text, 8 MB for 100,000.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Read the orders anew: the projections were rebuilt."""
        self._seen = 0
        self._open: list[Open] = []
        self._closed = b""

    def found(
        self, connection: sqlite3.Connection, terms: Sequence[str], closed: bool | None, limit: int, offset: int
    ) -> list[str]:
        """Return the numbers of a page: open orders due soonest first, then closed ones newest first.

        `terms` are folded, and each must stand somewhere in an order's words; `closed` chooses.
        """
        with self._turn:
            connection.execute("BEGIN")
            try:
                self._follow(connection)
            finally:
                connection.execute("ROLLBACK")
            still, ended = self._open, self._closed
        open_ones = (number for _due, number, words in still if all(term in words for term in terms))
        both = chain(() if closed is True else open_ones, () if closed is False else _holding(ended, terms))
        return list(islice(both, offset, offset + limit))

    def _follow(self, connection: sqlite3.Connection) -> None:
        """Take in the orders that have changed since, in the caller's transaction."""
        head = connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        if head == self._seen:
            return
        changed = [number for (number,) in connection.execute(_CHANGED, (self._seen, _MANY + 1))] if self._seen else []
        if not self._seen or len(changed) > _MANY:
            self._closed, self._open = _lines(connection.execute(_CLOSED)), connection.execute(_OPEN).fetchall()
        elif changed:
            left, marks = frozenset(changed), ", ".join("?" * len(changed))
            # What has changed since is newer than all that has not.
            newest = _lines(connection.execute(_CLOSED_OF.format(marks=marks), changed))
            ended = newest + _without(self._closed, left - {number for _due, number, _words in self._open})
            still = [entry for entry in self._open if entry[1] not in left]
            self._closed, self._open = (
                ended,
                sorted(still + connection.execute(_OPEN_OF.format(marks=marks), changed).fetchall()),
            )
        self._seen = head


def _lines(orders: Iterable[tuple[str, str]]) -> bytes:
    """Return a line for each order: its words, a tab, its number."""
    lines = bytearray()
    for number, words in orders:
        lines += f"{' '.join(words.split())}\t{number}\n".encode()
    return bytes(lines)


def _without(lines: bytes, numbers: Collection[str]) -> bytes:
    for number in numbers:
        at = lines.find(f"\t{number}\n".encode())
        if at >= 0:
            lines = lines[: lines.rfind(b"\n", 0, at) + 1] + lines[lines.index(b"\n", at) + 1 :]
    return lines


def _holding(lines: bytes, terms: Sequence[str]) -> Iterator[str]:
    """Yield the numbers of the lines whose words hold every term; the rarest term leads from line to line."""
    wanted = [term.encode() for term in terms] or [b"\t"]
    rarest = min(wanted, key=lines.count) if len(wanted) > 1 else wanted[0]
    at = lines.find(rarest)
    while at >= 0:
        start, end = lines.rfind(b"\n", 0, at) + 1, lines.index(b"\n", at)
        words, _tab, number = lines[start:end].rpartition(b"\t")
        if not terms or all(term in words for term in wanted):
            yield number.decode()
        at = lines.find(rarest, end)
