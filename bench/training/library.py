"""The exercises: those that come with the program and those of a workshop's own folder, and the four settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench import datafile
from bench.errors import DataFileError, UsageError
from bench.language import msg
from bench.training.model import Exercise, Frame

_HERE = Path(__file__).parent
SHIPPED = _HERE / "exercises"
PROCEDURES = _HERE / "procedures"
"""What only a training workshop works by: the interview (BC1) and the preparation (BC3) on their own."""


class _Frames(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    frame: tuple[Frame, ...]


@lru_cache(maxsize=1)
def frames() -> Mapping[str, Frame]:
    """Return the four settings of the evaluation by their block."""
    return {frame.id: frame for frame in datafile.load(_HERE / "frames.toml", _Frames).frame}


def load(path: Path) -> Exercise:
    """Read one exercise. Raises DataFileError naming the file, the key and the reason."""
    return datafile.load(path, Exercise)


class Exercises:
    """All exercises of a workshop. One of its own may not have the id of one that comes with the program.

    `problems` are the files that cannot be read; the others are there all the same.
    """

    def __init__(self, own: Path | None = None) -> None:
        self._found: dict[str, Exercise] = {}
        self._paths: dict[str, Path] = {}
        self.problems: list[DataFileError] = []
        for folder in (SHIPPED, own):
            for path in sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else ():
                try:
                    self._take(path)
                except DataFileError as error:
                    self.problems.append(error)

    def _take(self, path: Path) -> None:
        exercise = load(path)
        if exercise.id in self._found:
            raise DataFileError(
                msg("{file}: there is already an exercise called “{id}”.", file=path.name, id=exercise.id),
                remedy=msg("Give yours another id."),
            )
        self._found[exercise.id] = exercise
        self._paths[exercise.id] = path

    def all(self) -> list[Exercise]:
        return list(self._found.values())

    def get(self, exercise_id: str) -> Exercise:
        """Return one exercise. Raises UsageError naming those that are near."""
        if exercise_id in self._found:
            return self._found[exercise_id]
        near = difflib.get_close_matches(exercise_id, self._found, n=5, cutoff=0.3) or list(self._found)
        raise UsageError(
            msg("There is no exercise “{id}”.", id=exercise_id), remedy=msg("Known: {known}.", known=", ".join(near))
        )

    def path(self, exercise_id: str) -> Path:
        """Return the file of an exercise."""
        self.get(exercise_id)
        return self._paths[exercise_id]

    def session(self, exercise_id: str) -> str:
        """Return the session that an exercise replays, as a session library finds it; "" for none."""
        exercise = self.get(exercise_id)
        return session_of(exercise, self._paths[exercise_id])


def session_of(exercise: Exercise, path: Path) -> str:
    """Return the session's file where it lies beside the exercise's (`path`), else its name in the library."""
    from bench.training.bundle import ENDING

    if not exercise.session:
        return ""
    beside = path.parent / f"{exercise.session.removesuffix(ENDING)}{ENDING}"
    return str(beside) if beside.is_file() else exercise.session
