"""What a place of backups holds: one folder a backup, with its databases and its list, and the files that they share.

PLACE/2026-11-22T174500Z/journal.sqlite, customers.db   as they stood at that moment
PLACE/2026-11-22T174500Z/backup.json                    the head of the chain, and every file with its SHA-256
PLACE/files/3f/3fa8…                                    each content once, however many backups hold it
PLACE/customers.keys                                    where asked: the latest keys only, so that erasing reaches it
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import EtabliError
from bench.language import Message, msg

LIST = "backup.json"
FORMAT = 1
FILES = "files"
JOURNAL = "journal.sqlite"
DATABASES = (JOURNAL, "customers.db")
KEYS = "customers.keys"
CHUNK = 1 << 20


class BackupError(EtabliError):
    """A backup was not made, or is not what was backed up; nothing was changed."""


@dataclass(frozen=True)
class Stored:
    """One file: its path in the workshop's folder, the SHA-256 of its content, its bytes, when it was last written."""

    path: str
    sha256: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Backup:
    """A backup at `path`: when it was `made` (ISO 8601, UTC), the `head` of the chain in it, and its files."""

    path: Path
    made: str
    head: tuple[int, str]
    files: tuple[Stored, ...]

    @property
    def place(self) -> Path:
        return self.path.parent

    @property
    def size(self) -> int:
        return sum(stored.size for stored in self.files)

    def source(self, stored: Stored) -> Path:
        """Return where the content of one of the files lies."""
        return self.path / stored.path if stored.path in DATABASES else content(self.place, stored.sha256)

    def written(self) -> str:
        """Return the list as it is written."""
        files = [vars(stored) for stored in self.files]
        head = {"seq": self.head[0], "hash": self.head[1]}
        return json.dumps({"format": FORMAT, "made": self.made, "head": head, "files": files}, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Backup:
        """Read the list of the backup at `path`. Raises BackupError for what is none, or of a newer program."""
        try:
            data = json.loads((path / LIST).read_text(encoding="utf-8"))
            if data["format"] > FORMAT:
                raise not_usable(path, msg("It was made by a newer Établi: update this program."))
            head = (int(data["head"]["seq"]), str(data["head"]["hash"]))
            files = tuple(_stored(entry) for entry in data["files"])
            if JOURNAL not in {stored.path for stored in files}:
                raise ValueError(JOURNAL)
            return cls(path, str(data["made"]), head, files)
        except FileNotFoundError as error:
            raise not_usable(path, msg("It has no list “{name}”.", name=LIST)) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise not_usable(
                path, msg("Its list “{name}” cannot be read: {reason}.", name=LIST, reason=str(error))
            ) from error


def _stored(entry: dict[str, Any]) -> Stored:
    stored = Stored(str(entry["path"]), str(entry["sha256"]), int(entry["size"]), int(entry["modified_ns"]))
    parts = Path(stored.path).parts
    if not parts or Path(stored.path).is_absolute() or ".." in parts or "\\" in stored.path or ":" in stored.path:
        raise ValueError(stored.path)
    if len(stored.sha256) != 64 or not set(stored.sha256) <= set("0123456789abcdef"):
        raise ValueError(stored.sha256)
    return stored


def not_usable(path: Path, why: Message) -> BackupError:
    return BackupError(
        msg("{path} is no backup that can be used.", path=str(path)), why, msg("Take another one beside it.")
    )


def content(place: Path, sha256: str) -> Path:
    """Return where a content lies in a place of backups."""
    return place / FILES / sha256[:2] / sha256


def read_all(place: Path) -> list[Backup]:
    """Return the backups at a place, newest first; what is none is passed over."""
    return list(_readable(place))


def newest(place: Path) -> Backup | None:
    return next(_readable(place), None)


def lists(place: Path) -> Iterator[Path]:
    """Yield the list of every backup that has its name, which a half one has not."""
    return (path for path in place.glob(f"*/{LIST}") if path.parent.suffix != ".part")


def _readable(place: Path) -> Iterator[Backup]:
    for path in sorted(lists(place), reverse=True):
        try:
            yield Backup.read(path.parent)
        except BackupError:
            continue


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
