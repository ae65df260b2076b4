"""What can be wrong with a journal's file, and how SQLite's error codes say it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bench.errors import EtabliError, ExitCode
from bench.language import msg


class JournalError(EtabliError):
    """The journal cannot do what was asked; nothing of it was saved."""


class JournalInUse(JournalError):
    """Another program writes to this journal."""


class JournalFull(JournalError):
    """The disk has no room for the event."""


class JournalReadOnly(JournalError):
    """The journal may be read here but not written."""


class JournalDamaged(JournalError):
    """The file is not a journal, or its pages or its chain are broken."""


class JournalMissing(JournalError):
    """There is no journal to read."""

    exit_code = ExitCode.USAGE


class JournalTooNew(JournalError):
    """The journal was written by a newer program."""


_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_FORBIDDEN = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH)


def explained(error: sqlite3.Error, path: Path) -> JournalError:
    """Return the error that a person can act on, for any error of SQLite on the journal at `path`."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    why = msg("SQLite says: {reason}.", reason=str(error))
    if code == sqlite3.SQLITE_FULL:
        return JournalFull(
            msg("The disk is full: nothing was saved in the journal {path}.", path=str(path)),
            why,
            msg("Free some space, then repeat the last action."),
        )
    if code in _FORBIDDEN:
        return read_only(path, why=str(error))
    if code in _CORRUPT:
        return damaged(path, str(error))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalInUse(
            msg("The journal {path} is in use by another program.", path=str(path)),
            why,
            msg("Close the other program, then try again."),
        )
    return JournalError(
        msg("The journal {path} cannot be used; nothing was saved.", path=str(path)),
        why,
        msg("Check the disk, then try again."),
    )


def read_only(path: Path, why: str) -> JournalReadOnly:
    return JournalReadOnly(
        msg("The journal {path} cannot be written: nothing was saved.", path=str(path)),
        msg("The system says: {reason}.", reason=why),
        msg("Check that the disk is not write-protected and that you may write in this folder."),
    )


def damaged(path: Path, why: str) -> JournalDamaged:
    return JournalDamaged(
        msg("The journal {path} is damaged or is not a journal.", path=str(path)),
        msg("Found: {reason}.", reason=why),
        msg("Keep this file as it is and restore the last backup in another folder."),
    )


def missing(path: Path) -> JournalMissing:
    return JournalMissing(
        msg("There is no journal at {path}.", path=str(path)),
        None,
        msg("Check the workshop's folder; the first order opened there makes the journal."),
    )
