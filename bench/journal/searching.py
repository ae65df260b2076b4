"""Searching the orders as somebody types: what they are found by is kept in memory, and follows the journal."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

Entry = tuple[Any, str, str]
"""An order: what the list is sorted by, its number, its words without case and accents."""

_OPEN = "SELECT due, number, search FROM repair_order WHERE status = 'open' ORDER BY due, number"
_CLOSED = "SELECT -last_seq, number, search FROM repair_order WHERE status = 'closed' ORDER BY last_seq DESC"
_CHANGED = "SELECT DISTINCT order_number FROM event WHERE seq > ? AND order_number IS NOT NULL LIMIT ?"
# Where more orders than this have changed, all are read again.
_MANY = 500


class Searcher:
    """Finds the orders whose words hold given ones, in the sequence of the list. Any thread may ask."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Read the orders anew: the projections were rebuilt."""
        self._seen = 0
        self._open: list[Entry] = []
        self._closed: list[Entry] = []

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
            both = (() if closed is True else self._open, () if closed is False else self._closed)
        numbers = (entry[1] for entries in both for entry in _holding(entries, terms))
        return list(islice(numbers, offset, offset + limit))

    def _follow(self, connection: sqlite3.Connection) -> None:
        """Take in the orders that have changed since, in the caller's transaction."""
        head = connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        if head == self._seen:
            return
        changed = [number for (number,) in connection.execute(_CHANGED, (self._seen, _MANY + 1))] if self._seen else []
        if not self._seen or len(changed) > _MANY:
            self._open = connection.execute(_OPEN).fetchall()
            self._closed = connection.execute(_CLOSED).fetchall()
        elif changed:
            self._open = _renewed(connection, self._open, "due", "open", changed)
            self._closed = _renewed(connection, self._closed, "-last_seq", "closed", changed)
        self._seen = head


def _renewed(
    connection: sqlite3.Connection, entries: Sequence[Entry], key: str, status: str, changed: Collection[str]
) -> list[Entry]:
    """Return the entries with those of the changed orders as they are now: another list, the old one may be in use."""
    left = frozenset(changed)
    kept = [entry for entry in entries if entry[1] not in left]
    # The plus keeps SQLite from going through every order of the status.
    query = f"SELECT {key}, number, search FROM repair_order WHERE number IN ({', '.join('?' * len(changed))})"
    kept += connection.execute(f"{query} AND +status = ?", (*changed, status))
    return sorted(kept)


def _holding(entries: Iterable[Entry], terms: Sequence[str]) -> Iterable[Entry]:
    for term in sorted(terms, key=len, reverse=True):  # a long one is mostly rare
        entries = _with(entries, term)
    return entries


def _with(entries: Iterable[Entry], term: str) -> Iterator[Entry]:
    return (entry for entry in entries if term in entry[2])
