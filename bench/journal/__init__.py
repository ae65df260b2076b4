"""The journal: what happened at the bench, kept for ever in SQLite, chained by hashes, one writer at a time."""

from bench.journal.chain import VerifyReport
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
from bench.journal.rows import LogFilter, LogRow, OrderRow

__all__ = [
    "Journal",
    "JournalDamaged",
    "JournalError",
    "JournalFull",
    "JournalInUse",
    "JournalMissing",
    "JournalReadOnly",
    "JournalTooNew",
    "LogFilter",
    "LogRow",
    "OrderRow",
    "VerifyReport",
]
