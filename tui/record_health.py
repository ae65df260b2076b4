"""How the record's files are: their sizes, the room on the disk, the last copy; read without opening anything."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.events import EventKind
from bench.journal import Journal
from tui.backups import BackupKeeper
from tui.folder import Folder

# Below this a day's recordings may fill the disk.
LITTLE = 1_000_000_000


@dataclass(frozen=True)
class Store:
    """A file or a folder of the workshop: how many files, how many bytes, when the last one was written."""

    path: Path
    files: int
    size: int
    last: datetime | None


@dataclass(frozen=True)
class Health:
    """The record today. `free` and `disk` are bytes; `copy` is the newest backup, or copy of the journal beside it."""

    journal: Store
    recordings: Store
    sheets: Store
    photos: Store
    certificates: Store
    copy: Store | None
    free: int
    disk: int
    events: int
    head: str
    kinds: dict[str, int]
    orders: int
    closed: int

    @property
    def little(self) -> bool:
        """Whether the disk is nearly full."""
        return self.free < LITTLE


def store(path: Path, pattern: str = "**/*") -> Store:
    """Return what lies at a path; nothing where it does not exist."""
    found = [path] if path.is_file() else [each for each in path.glob(pattern) if each.is_file()]
    files = []
    for each in found:
        try:
            files.append(each.stat())
        except OSError:
            continue  # gone meanwhile
    last = max((stat.st_mtime for stat in files), default=None)
    at = None if last is None else datetime.fromtimestamp(last).astimezone()
    return Store(path, len(files), sum(stat.st_size for stat in files), at)


def look(folder: Folder, journal: Journal, backups: BackupKeeper | None = None) -> Health:
    """Look at the workshop's folder and count what the journal holds; `backups` where they make themselves."""
    usage = shutil.disk_usage(folder.path)
    seq, digest = journal.head()
    kinds: Counter[str] = Counter()
    for kind in (EventKind.MEASURED, EventKind.MEASUREMENT_INTERRUPTED, EventKind.REFUSED, EventKind.CORRECTED):
        kinds[kind.value] = sum(1 for _event in journal.events(kinds=[kind]))
    orders = journal.orders()
    wal = [folder.journal.with_name(folder.journal.name + end) for end in ("-wal", "-shm")]
    main = store(folder.journal)
    beside = sum(each.stat().st_size for each in wal if each.exists())
    return Health(
        journal=Store(main.path, main.files, main.size + beside, main.last),
        recordings=store(folder.recordings),
        sheets=store(folder.sheets),
        photos=store(folder.photos),
        certificates=store(folder.certificates),
        copy=_copy(folder) if backups is None else _backup(backups),
        free=usage.free,
        disk=usage.total,
        events=seq,
        head=f"{seq}:{digest}",
        kinds=dict(kinds),
        orders=len(orders),
        closed=sum(row.closed for row in orders),
    )


def _copy(folder: Folder) -> Store | None:
    """Return the newest copy of the journal that somebody has put beside it."""
    copies = [
        *(folder.path / "backups").glob("*"),
        *folder.path.glob("*.backup"),
        *folder.path.glob("journal-*.sqlite"),
    ]
    newest = max((each for each in copies if each.is_file()), key=lambda each: each.stat().st_mtime, default=None)
    return None if newest is None else store(newest)


def _backup(backups: BackupKeeper) -> Store | None:
    last = backups.last
    return (
        None
        if last is None
        else Store(last.path, len(last.files), last.size, datetime.fromisoformat(last.made).astimezone())
    )
