"""The dialect files that come with the program and those that other packages bring, by their ids."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bench import datafile
from bench.errors import UsageError
from bench.language import msg
from drivers import extensions
from drivers.dialects.codec import Dialect
from drivers.dialects.model import DialectModel

FOLDER = Path(__file__).parent


def path_of(dialect_id: str) -> Path:
    """Return where the dialect's file is; where it would be with us, for an unknown one."""
    ours = FOLDER / f"{dialect_id}.toml"
    if ours.is_file():
        return ours
    theirs = (folder / ours.name for folder in extensions.dialect_folders())
    return next((path for path in theirs if path.is_file()), ours)


def available() -> list[str]:
    """Return the ids of all dialects, in order."""
    return sorted({path.stem for folder in (FOLDER, *extensions.dialect_folders()) for path in folder.glob("*.toml")})


@lru_cache
def load(dialect_id: str) -> Dialect:
    """Return the dialect. Raises UsageError for an unknown id, DataFileError for a wrong file."""
    path = path_of(dialect_id)
    if not path.is_file():
        raise UsageError(
            msg("There is no dialect called “{dialect}”.", dialect=dialect_id),
            remedy=msg("Known: {known}.", known=", ".join(available())),
        )
    return read(path)


def read(path: Path) -> Dialect:
    """Read a dialect file from anywhere. Raises DataFileError naming file, line, key and reason."""
    return Dialect(datafile.load(path, DialectModel))
