"""What a replayed exercise rests on: its session heard again, its figures, and its questions at their moments."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from bench.diagnosis import diagnose, load
from bench.errors import UsageError
from bench.events import Event
from bench.judging import Judged
from bench.language import msg
from bench.order import Family
from bench.recording import Recording
from bench.recording.heard import Heard
from bench.recording.player import Bookmark, Player
from bench.training import bundle as files
from bench.training.model import Exercise
from tui.replay import hear_all
from tui.training.looking import Looked
from tui.training.sessions import SessionLibrary


def player(session: str, library: SessionLibrary | None = None) -> Player:
    """Return a session (a path, or a name in `library`) heard again to its end.

    Raises UsageError for a session that is not there, BundleRefused for one that is not whole.
    """
    path = Path(session)
    if not path.is_file():
        if library is None:
            raise UsageError(
                msg("There is no session “{session}”.", session=session),
                remedy=msg("Put its file ({ending}) beside the exercise's.", ending=files.ENDING),
            )
        path = library.find(session).path
    heard, events = _heard(path, path.stat().st_mtime_ns)
    return Player(list(heard), events)


@lru_cache(maxsize=4)
def _heard(path: Path, _changed: int) -> tuple[Sequence[Heard], Sequence[Event]]:
    if path.name.endswith(files.ENDING):
        packed = files.read(path)
        return hear_all(packed.open_recording(path)), packed.events
    return hear_all(Recording.open(path)), ()


def judged(heard: Sequence[Heard]) -> list[Judged]:
    """Return what was measured in a session, in time order."""
    return [entry for task in sorted(heard, key=lambda each: each.wall) for entry in task.judged]


def looked(exercise: Exercise, heard: Sequence[Heard]) -> Looked:
    """Return what the session shows, with the hints that today's rules take from it."""
    found = judged(heard)
    facts = {"big_leak": "yes"} if any(task.result and task.result.aborted for task in heard) else {}
    family = exercise.order.family if exercise.order else Family.MECHANICAL
    return Looked(tuple(found), facts, diagnose(found, facts, family, load()))


def stops(exercise: Exercise) -> list[Bookmark]:
    """Return the questions of an exercise as bookmarks: playing stops at each of them."""
    return sorted(
        Bookmark(question.at, question.id, str(question.text))
        for question in exercise.question
        if question.at is not None
    )
