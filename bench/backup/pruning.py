"""Throwing old backups away: the newest stay, and every content that one of them holds."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.backup import model
from bench.backup.model import Backup, BackupError
from bench.errors import UsageError
from bench.language import msg


def check_keep(keep: int) -> None:
    """Raises UsageError for fewer than one."""
    if keep < 1:
        raise UsageError(
            msg("At least one backup is kept, not {keep}.", keep=keep), remedy=msg("Give --keep a number from 1.")
        )


def prune(place: Path, keep: int) -> list[Backup]:
    """Remove all backups at `place` but the `keep` newest, and contents that no backup holds; return what went.

    A folder whose list cannot be read is left alone, and then no content is removed: it may be needed. Raises
    UsageError for fewer than one, BackupError where something cannot be removed.
    """
    check_keep(keep)
    everything = model.read_all(place)
    gone, stay = everything[keep:], everything[:keep]
    try:
        for backup in gone:
            shutil.rmtree(backup.path)
        if gone and len(everything) == sum(1 for _list in model.lists(place)) + len(gone):
            held = {stored.sha256 for backup in stay for stored in backup.files}
            for path in (place / model.FILES).glob("??/*"):
                if path.name not in held:
                    path.unlink()
    except OSError as error:
        raise BackupError(
            msg("The old backups at {place} could not all be removed.", place=str(place)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("The new one is whole. Remove them by hand, or check the folder's rights."),
        ) from error
    return gone
