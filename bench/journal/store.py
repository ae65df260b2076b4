"""The journal's file: who may write it, how SQLite must be set, and which schema it has."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from bench.journal.errors import JournalError, JournalInUse, JournalTooNew, damaged, explained, missing, read_only
from bench.journal.migrating import migrate, upgrade
from bench.journal.schema import HEAD
from bench.language import Message, msg

# What "shown means on disk" rests on: read back after setting, and refused if different.
_WRITER = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
# A commit writes every page that it touches into the log, and the log begins anew every thousand pages: with small
# pages commits are shorter, and the log is soon one that need not grow (growing costs the disk more than writing).
_LAYOUT = ("page_size = 1024",)
_FLUSH = {"fullfsync": "1", "checkpoint_fullfsync": "1"} if sys.platform == "darwin" else {}


class WriterLock:
    """One writer a journal: a lock beside the file, and a note of who holds it for the one who comes second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._note = path.with_name(path.name + ".writer")
        self._lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)

    def acquire(self) -> None:
        """Take the lock at once. Raises JournalInUse, or JournalReadOnly where the folder cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise JournalInUse(
                msg("Another program writes to the journal {path}.", path=str(self._path)),
                self._holder(),
                msg("Close it, or work in the window where it runs. “etabli log” and “etabli sheet” work meanwhile."),
            ) from None
        except OSError as error:
            raise read_only(self._path, error.strerror or str(error)) from error
        note = {
            "pid": os.getpid(),
            "host": platform.node(),
            "since": datetime.now().astimezone().isoformat("T", "seconds"),
        }
        with suppress(OSError):  # the note is a kindness; the lock is what counts
            self._note.write_text(json.dumps(note), encoding="utf-8")

    def _holder(self) -> Message | None:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return msg(
                "It is process {pid} on {host}, since {since}.",
                pid=int(note["pid"]),
                host=str(note["host"]),
                since=str(note["since"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def release(self) -> None:
        with suppress(OSError):
            self._note.unlink()
        self._lock.release()


def writer(path: Path) -> Engine:
    """Open the journal for writing, creating or migrating it. Raises JournalError; the caller holds the lock."""
    _bring_up_to_date(path)
    engine = _engine(path, "mode=rwc", {**_WRITER, **_FLUSH})
    try:
        with engine.connect() as connection:
            _create(connection, path)
            _quick_check(connection, path)
    except (DBAPIError, JournalError) as error:
        engine.dispose()
        raise _plain(error, path) from error
    return engine


def reader(path: Path) -> Engine:
    """Open the journal for reading only, while another program may write. Raises JournalError."""
    if not path.exists():
        raise missing(path)
    try:
        return _reader(path, "mode=ro")
    except JournalError:
        # A read-only disk has no place for the shared memory of WAL. Without a log to read, the file is enough.
        log = path.with_name(path.name + "-wal")
        if os.access(path.parent, os.W_OK) or (log.exists() and log.stat().st_size):
            raise
        return _reader(path, "immutable=1")


def _reader(path: Path, mode: str) -> Engine:
    engine = _engine(path, mode, {"query_only": "1"})
    try:
        with engine.connect() as connection:
            if _version(connection, path) != HEAD:
                raise JournalError(
                    msg("The journal {path} has an older form.", path=str(path)),
                    None,
                    msg("Open it once with “etabli”: it is brought up to date, and nothing is lost."),
                )
    except (DBAPIError, JournalError) as error:
        engine.dispose()
        raise _plain(error, path) from error
    return engine


def _plain(error: DBAPIError | JournalError | sqlite3.Error, path: Path) -> JournalError:
    if isinstance(error, JournalError):
        return error
    if isinstance(error, sqlite3.Error):
        return explained(error, path)
    if isinstance(error.orig, sqlite3.Error):
        return explained(error.orig, path)
    return damaged(path, str(error))


def _engine(path: Path, mode: str, pragmas: dict[str, str]) -> Engine:
    uri = f"file:{quote(str(path.absolute()).replace(os.sep, '/'))}?{mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None, timeout=5.0)
        try:
            for setting in _LAYOUT if mode == "mode=rwc" else ():
                connection.execute(f"PRAGMA {setting}")
            for name, value in pragmas.items():
                set_ = connection.execute(f"PRAGMA {name} = {value}").fetchone()
                got = set_ or connection.execute(f"PRAGMA {name}").fetchone()
                if got is None or str(got[0]).lower() != value:
                    raise JournalError(
                        msg("The journal {path} cannot be kept safely here.", path=str(path)),
                        msg("SQLite refuses {setting}: it stays {found}.", setting=f"{name} = {value}", found=str(got)),
                        msg("Put the workshop's folder on a local disk."),
                    )
        except BaseException:
            connection.close()
            raise
        return connection

    return create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)


def _version(connection: Connection, path: Path) -> str | None:
    """Return the schema's revision, None for an empty file. Raises JournalError for what is no journal."""
    tables = {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables or "event" not in tables:
        raise damaged(path, "a database of another program")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    version = str(found)
    if version > HEAD:
        raise JournalTooNew(
            msg("The journal {path} was written by a newer Établi.", path=str(path)),
            msg("It has form {found}, and this program knows {known}.", found=version, known=HEAD),
            msg("Update this program; the journal stays as it is."),
        )
    return version


def _bring_up_to_date(path: Path) -> None:
    """Migrate a journal of an older form. Raises JournalError."""
    if not path.exists() or path.stat().st_size == 0:
        return
    engine = _engine(path, "mode=rw", {})
    try:
        with engine.connect() as connection:
            version = _version(connection, path)
        engine.dispose()
        if version is not None and version != HEAD:
            migrate(path, version)
    except (DBAPIError, JournalError, sqlite3.Error) as error:
        raise _plain(error, path) from error
    except OSError as error:
        raise read_only(path, error.strerror or str(error)) from error
    finally:
        engine.dispose()


def _create(connection: Connection, path: Path) -> None:
    if _version(connection, path) is None:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        upgrade(raw, fill=False)


# A check of the whole file takes a second for about so many bytes; a workshop's years are many times that.
_CHECKED_WHOLE = 256 * 1024 * 1024


def _quick_check(connection: Connection, path: Path) -> None:
    """Look for broken pages: in the whole file, in a long one only where the orders stand.

    The end of the chain is checked at every opening beside this, everything by `etabli journal verify`.
    """
    long = path.stat().st_size > _CHECKED_WHOLE and sqlite3.sqlite_version_info >= (3, 33)
    found = str(connection.exec_driver_sql(f"PRAGMA quick_check({'repair_order' if long else 1})").scalar())
    if found != "ok":
        raise damaged(path, found)
