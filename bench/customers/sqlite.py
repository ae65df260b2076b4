"""Opening a SQLite file that must be able to forget: what is deleted is overwritten, and no log keeps a copy."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from bench.errors import EtabliError
from bench.language import msg

# A rollback journal in place of WAL: a log would keep old pages until its next checkpoint.
_SETTINGS = {"journal_mode": "delete", "synchronous": "2", "secure_delete": "1"}
_FLUSH = {"fullfsync": "1"} if sys.platform == "darwin" else {}
_OURS = "PRAGMA application_id"


class CustomerError(EtabliError):
    """The customers' file cannot do what was asked; nothing of it was changed."""


def opened(path: Path, tables: MetaData, application: int) -> Engine:
    """Open or make the file, readable by its owner only. Raises CustomerError."""
    engine = create_engine("sqlite+pysqlite://", creator=lambda: _connect(path), poolclass=QueuePool)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with transaction(engine, path) as connection:
            found = connection.exec_driver_sql(_OURS).scalar()
            if found not in (0, application):
                raise _unusable(path, "a database of another program")
            connection.exec_driver_sql(f"{_OURS} = {application}")
            tables.create_all(connection)
    except OSError as error:
        engine.dispose()
        raise _unusable(path, error.strerror or str(error)) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def transaction(engine: Engine, path: Path) -> Iterator[Connection]:
    """Give a connection whose changes are on the disk together at the end, or not at all. Raises CustomerError."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
    except (DBAPIError, sqlite3.Error) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise _unusable(path, str(reason)) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5.0)
    try:
        for name, value in {**_SETTINGS, **_FLUSH}.items():
            connection.execute(f"PRAGMA {name} = {value}")
            got = connection.execute(f"PRAGMA {name}").fetchone()
            if got is None or str(got[0]).lower() != value:
                raise _unusable(path, f"{name} = {got}")
    except BaseException:
        connection.close()
        raise
    return connection


def _unusable(path: Path, reason: str) -> CustomerError:
    return CustomerError(
        msg("The customers' file {path} cannot be used; nothing was changed.", path=str(path)),
        msg("Found: {reason}.", reason=reason),
        msg("Check the disk and the folder's rights, or restore the file from its last copy."),
    )
