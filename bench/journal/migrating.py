"""Bringing a journal of an older form up to date: a verified copy is migrated, verified again, and takes its place.

The file as it was is kept beside it, with its form in its name.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from bench.journal.errors import damaged
from bench.journal.rebuild import refold
from bench.journal.verify import chain_head, verify


def kept(path: Path, version: str) -> Path:
    """Return where the journal at `path` is kept as it was in the form `version`."""
    return path.with_name(f"{path.stem}.form-{version}{path.suffix}")


def migrate(path: Path, version: str) -> None:
    """Bring the journal at `path`, of the form `version`, up to date. The caller holds its lock.

    Raises JournalDamaged where its chain is broken, sqlite3.Error; then it stays as it is.
    """
    new = path.with_name(path.name + ".new")
    for leftover in (new, new.with_name(new.name + "-journal")):
        leftover.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as old, closing(_connect(new)) as copy:
            old.backup(copy)
            copy.execute("PRAGMA journal_mode = delete")
            copy.execute("PRAGMA synchronous = full")
            head = chain_head(copy, path)  # what is doubtful is not carried over
            upgrade(copy, fill=True)
            report = verify(copy, head)
            if not report.ok or report.head != head:
                raise damaged(path, str(report.reason))
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _keep(path, kept(path, version))
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def upgrade(connection: sqlite3.Connection, *, fill: bool) -> None:
    """Run the migrations that are due in one transaction; `fill` folds the projections anew."""
    from alembic import command
    from alembic.config import Config

    def run(bound: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
        config.attributes["connection"] = bound
        bound.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(config, "head")
        if fill:
            refold(connection)
        bound.commit()

    engine = create_engine("sqlite+pysqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as bound:
        run(bound)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _keep(path: Path, beside: Path) -> None:
    """Keep the file under a second name; where the file system has no links, as a copy."""
    with suppress(FileNotFoundError):
        beside.unlink()
    try:
        os.link(path, beside)
    except OSError:
        part = beside.with_name(beside.name + ".part")
        shutil.copyfile(path, part)
        part.replace(beside)
