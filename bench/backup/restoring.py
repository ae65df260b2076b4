"""Putting a backup back: every byte is proved before anything takes a name, and nothing that stands is written over."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from bench.backup import model
from bench.backup.making import Told, copy_database, flush
from bench.backup.model import Backup, BackupError, Stored
from bench.errors import UsageError
from bench.journal.verify import chain_head
from bench.language import msg


def restore(path: Path, into: Path, told: Told | None = None) -> Backup:
    """Restore the backup at `path`, or the newest at that place, as a new workshop's folder `into`; return it.

    The customers' keys come along where the place has them. Raises UsageError where something is at `into` already,
    BackupError where a file is not what was backed up, JournalDamaged where the chain is not; then `into` stays as it
    was.
    """
    backup = _chosen(path)
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageError(
            msg("{path} is not empty: nothing is written over.", path=str(into)),
            remedy=msg("Give the name of a new folder; ETABLI_HOME names it to the program afterwards."),
        )
    half = into.with_name(into.name + ".part")
    try:
        if half.exists():
            shutil.rmtree(half)
        half.mkdir(parents=True)
        done = 0
        for stored in backup.files:
            if told is not None:
                told(done, backup.size)
            _put(backup, stored, half / stored.path)
            done += stored.size
        _prove(half / model.JOURNAL, backup)
        keys = backup.place / model.KEYS
        if keys.is_file():
            os.close(os.open(half / model.KEYS, os.O_CREAT | os.O_RDWR, 0o600))
            copy_database(keys, half / model.KEYS)
        flush(half)
        if into.exists():
            into.rmdir()
        half.rename(into)
        flush(into.parent)
    except OSError as error:
        raise BackupError(
            msg("The backup {name} could not be restored.", name=backup.path.name),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Check both disks, then try again; the backup stays as it is."),
        ) from error
    except sqlite3.Error as error:
        raise model.not_usable(backup.path, msg("SQLite says: {reason}.", reason=str(error))) from error
    finally:
        with suppress(OSError):
            if half.exists():
                shutil.rmtree(half)
    return backup


def _chosen(path: Path) -> Backup:
    if (path / model.LIST).exists():
        return Backup.read(path)
    found = model.newest(path)
    if found is None:
        raise UsageError(
            msg("There is no backup at {path}.", path=str(path)),
            remedy=msg("Name the folder that “etabli journal backup” was given, or one backup in it."),
        )
    return found


def _put(backup: Backup, stored: Stored, target: Path) -> None:
    """Copy one file and compare what was read with the list. Raises BackupError, OSError."""
    source = backup.source(stored)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with source.open("rb") as file, target.open("wb") as copy:
            while piece := file.read(model.CHUNK):
                digest.update(piece)
                copy.write(piece)
    except FileNotFoundError:
        raise model.not_usable(backup.path, msg("“{name}” is missing in it.", name=stored.path)) from None
    if digest.hexdigest() != stored.sha256:
        raise model.not_usable(backup.path, msg("“{name}” is not as it was backed up.", name=stored.path))
    os.utime(target, ns=(stored.modified_ns, stored.modified_ns))
    flush(target)


def _prove(journal: Path, backup: Backup) -> None:
    with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        head = chain_head(connection, journal)
    if head != backup.head:
        raise model.not_usable(
            backup.path,
            msg("Its journal ends at event {found}, and its list says {told}.", found=head[0], told=backup.head[0]),
        )
