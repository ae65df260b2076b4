"""Making a backup beside a bench at work: online copies of the databases, the chain proved in the copy, then a name."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from bench.backup import model
from bench.backup.model import Backup, BackupError, Stored
from bench.errors import UsageError
from bench.journal.verify import chain_head
from bench.language import msg

# What stays behind: PINs (everybody chooses a new one), the customers' keys (apart, see `keys`), what databases and
# locks leave beside them, and what is told in a log for the program's own people.
LEFT_OUT = {"pins.json", model.KEYS, "logs", "backups"}
LEFT_OUT_ENDS = (".lock", ".writer", ".part", ".new", "-wal", "-shm", "-journal")

Told = Callable[[int, int], None]


def make(
    folder: Path, place: Path, *, keys: bool = False, now: datetime | None = None, told: Told | None = None
) -> Backup:
    """Back the workshop's folder up at `place`; return the backup, which is on the disk and proved.

    The chain of the copied journal is recomputed from its first event. `keys` copies the customers' keys too, over
    those copied last. `told` hears how many bytes of how many are done. Raises BackupError, JournalError where the
    journal's chain is broken, UsageError where there is no journal; then there is no new backup.
    """
    if not (folder / model.JOURNAL).is_file():
        raise UsageError(
            msg("There is no journal in {folder}: there is nothing to back up.", folder=str(folder)),
            remedy=msg("Name the workshop's folder in ETABLI_HOME."),
        )
    if place.resolve() == folder.resolve():
        raise UsageError(msg("A workshop is not backed up into itself."), remedy=msg("Give a folder on another disk."))
    made = (now or datetime.now(UTC)).astimezone(UTC)
    path = place / made.strftime("%Y-%m-%dT%H%M%SZ")
    try:
        place.mkdir(parents=True, exist_ok=True)
        with _alone(place):
            return _made(folder, place, path, keys, made, told or _nobody)
    except OSError as error:
        raise _not_made(place, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise _not_made(place, str(error)) from error


def _made(folder: Path, place: Path, path: Path, keys: bool, made: datetime, told: Told) -> Backup:
    if path.exists():
        raise BackupError(
            msg("There is a backup {name} already.", name=path.name), None, msg("Wait a second, then try again.")
        )
    for leftover in place.glob("*.part"):  # of a machine that died in the middle
        _clear(leftover)
    half = path.with_name(path.name + ".part")
    try:
        half.mkdir()
        backup = _copied(folder, half, made, told)
        (half / model.LIST).write_text(backup.written(), encoding="utf-8")
        flush(half / model.LIST)
        flush(half)
        half.rename(path)
        flush(place)
        if keys:
            _copy_keys(folder, place)
    finally:
        _clear(half)
    return Backup(path, backup.made, backup.head, backup.files)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the place: two backups at once would clear each other away."""
    try:
        with FileLock(place / "backup.lock").acquire(timeout=0):
            yield
    except Timeout:
        raise BackupError(
            msg("Another backup is being made at {place}.", place=str(place)), None, msg("Wait until it is done.")
        ) from None


def _nobody(_done: int, _all: int) -> None:
    """Nobody waits for news."""


def _copied(folder: Path, half: Path, made: datetime, told: Told) -> Backup:
    found = [(path, path.stat()) for path in sorted(_files(folder, half.parent))]
    whole, done = sum(status.st_size for _path, status in found), 0
    known = _known(half.parent)
    stored, head = [], (0, "")
    for path, status in found:
        told(done, whole)
        name = path.relative_to(folder).as_posix()
        done += status.st_size
        if name in model.DATABASES:
            copy_database(path, half / name)
            if name == model.JOURNAL:
                head = _proved(half / name)
            digest, size = model.sha256_of(half / name), (half / name).stat().st_size
        else:
            before = known.get(name)
            unchanged = before and (before.size, before.modified_ns) == (status.st_size, status.st_mtime_ns)
            if before is not None and unchanged and model.content(half.parent, before.sha256).exists():
                stored.append(before)
                continue
            digest, size = _keep(path, half.parent)
        stored.append(Stored(name, digest, size, status.st_mtime_ns))
    told(whole, whole)
    return Backup(half, made.isoformat(timespec="seconds"), head, tuple(stored))


def _files(folder: Path, place: Path) -> Iterator[Path]:
    """Yield every file that is backed up; the place itself may lie inside the folder."""
    inside = place.resolve()
    for directory, names, files in os.walk(folder):
        here = Path(directory)
        names[:] = [name for name in names if name not in LEFT_OUT and (here / name).resolve() != inside]
        for name in files:
            path = here / name
            if name not in LEFT_OUT and not name.endswith(LEFT_OUT_ENDS) and path.is_file():
                yield path


def _known(place: Path) -> Mapping[str, Stored]:
    """Return the files of the newest backup: what has not been written since is not read again."""
    last = model.newest(place)
    return {} if last is None else {stored.path: stored for stored in last.files}


def copy_database(path: Path, copy: Path) -> None:
    """Copy a database with what stands in its log still, in one read transaction, while it is written. On the disk."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=30.0)) as source,
        closing(sqlite3.connect(copy, isolation_level=None)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = delete")
    flush(copy)


def _proved(journal: Path) -> tuple[int, str]:
    """Check the copy's pages and its whole chain; return the head. Raises JournalDamaged."""
    with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return chain_head(connection, journal)


def _keep(path: Path, place: Path) -> tuple[str, int]:
    """Copy a file's content to where contents are shared; return its SHA-256 and its bytes."""
    part = place / model.FILES / f"{os.getpid()}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as source, part.open("wb") as target:
            while piece := source.read(model.CHUNK):
                digest.update(piece)
                target.write(piece)
                size += len(piece)
        kept = model.content(place, digest.hexdigest())
        if not kept.exists():
            flush(part)
            kept.parent.mkdir(exist_ok=True)
            part.replace(kept)
            flush(kept.parent)
    finally:
        part.unlink(missing_ok=True)
    return digest.hexdigest(), size


def _copy_keys(folder: Path, place: Path) -> None:
    if not (folder / model.KEYS).is_file():
        return
    part = place / (model.KEYS + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_RDWR, 0o600))
        copy_database(folder / model.KEYS, part)
        part.replace(place / model.KEYS)
        flush(place)
    finally:
        part.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk."""
    if path.is_dir() and os.name == "nt":  # Windows flushes a folder's names by itself
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(half: Path) -> None:
    with suppress(OSError):
        if half.is_dir():
            shutil.rmtree(half)
        else:
            half.unlink(missing_ok=True)


def _not_made(place: Path, why: str) -> BackupError:
    return BackupError(
        msg("No backup was made at {place}.", place=str(place)),
        msg("The system says: {reason}.", reason=why),
        msg("Check that the disk is there, has room and may be written, then try again."),
    )
