"""The dialect files that come with the program, those of the workshop and of other packages, by their ids."""

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
_workshop: Path | None = None


def use_workshop(folder: Path | None) -> None:
    """Say where the workshop keeps dialect files of its own; None: nowhere. Ours come first where ids are the same."""
    global _workshop
    _workshop = folder


def folders() -> list[Path]:
    """Return where dialect files are, ours first."""
    return [FOLDER, *([_workshop] if _workshop is not None else []), *extensions.dialect_folders()]


def path_of(dialect_id: str) -> Path:
    """Return where the dialect's file is; where it would be with us, for an unknown one."""
    places = [folder / f"{dialect_id}.toml" for folder in folders()]
    return next((path for path in places if path.is_file()), places[0])


def available() -> list[str]:
    """Return the ids of all dialects, in order."""
    return sorted({path.stem for folder in folders() for path in folder.glob("*.toml")})


def load(dialect_id: str) -> Dialect:
    """Return the dialect. Raises UsageError for an unknown id, DataFileError for a wrong file."""
    path = path_of(dialect_id)
    if not path.is_file():
        raise UsageError(
            msg("There is no dialect called “{dialect}”.", dialect=dialect_id),
            remedy=msg("Known: {known}.", known=", ".join(available())),
        )
    return _read(path, path.stat().st_mtime_ns)


@lru_cache
def _read(path: Path, _changed: int) -> Dialect:
    return read(path)


def read(path: Path) -> Dialect:
    """Read a dialect file from anywhere. Raises DataFileError naming file, line, key and reason."""
    return Dialect(datafile.load(path, DialectModel))
