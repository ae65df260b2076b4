"""The journal: what happened at the bench, kept for ever in SQLite, chained by hashes, one writer at a time."""

from bench.journal.chain import VerifyReport
from bench.journal.entries import LOG_COLUMNS
from bench.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalInUse,
    JournalMissing,
    JournalReadOnly,
    JournalTooNew,
)
from bench.journal.journal import Journal
from bench.journal.rows import LogFilter, LogKind, LogRow, OpenAlert, OrderRow, show_text

__all__ = [
    "LOG_COLUMNS",
    "Journal",
    "JournalDamaged",
    "JournalError",
    "JournalFull",
    "JournalInUse",
    "JournalMissing",
    "JournalReadOnly",
    "JournalTooNew",
    "LogFilter",
    "LogKind",
    "LogRow",
    "OpenAlert",
    "OrderRow",
    "VerifyReport",
    "show_text",
]
