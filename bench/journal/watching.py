"""Whether anything was journaled since one looked last, by this program or another: a question of microseconds."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote


class Watch:
    """A connection that asks a journal's file for nothing but SQLite's own count of its changes."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        self._seen = 0
        uri = f"file:{quote(str(path.absolute()).replace(os.sep, '/'))}?mode=ro"
        with suppress(sqlite3.Error):  # a disk on which nothing can be written: there is nothing to hear
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None, timeout=0)
        self._seen = self._version()

    def _version(self) -> int:
        if self._connection is None:
            return 0
        try:
            found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:  # somebody holds the file for a moment: the next look tells
            return self._seen
        return found

    def changed(self) -> bool:
        """Tell whether the file has changed since the last call."""
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def close(self) -> None:
        """Let go of the file. Closing twice does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
