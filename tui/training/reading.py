"""A recording heard again beside whoever looks at it: first every verdict, then the samples, what is wanted first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from bench.recording import Recording
from bench.recording.heard import Depth, Heard, with_derived
from tui.replay import hear, outlines, with_samples

# Hearing a task to its verdicts costs about a tenth of hearing all its samples (benchmarks/session_seek.py).
JUDGING_SHARE = 0.1

Give = Callable[[Heard], None]


class Cancelled(Exception):
    """Nobody wants the rest of a reading any more."""


class Reading:
    """One recording being heard again, in the thread that calls `judge` and `sample`; every method else from any.

    `outlines` lie in the order of the recording. `wanted` is the segment whose samples are wanted before all others.
    Raises UsageError where the recording says what this version does not know.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.outlines = outlines(recording)
        self.wanted = ""
        self.judged = False
        self._cancelled = threading.Event()
        self._all = sum(heard.ended - heard.began for heard in self.outlines)
        self._heard = 0.0
        self._weight = JUDGING_SHARE
        self._found: list[Heard] = []

    @property
    def share(self) -> float:
        """How much of it has been heard, 0 to 1."""
        return min(self._heard / self._all, 1.0) if self._all else 1.0

    def cancel(self) -> None:
        """End what runs, soon."""
        self._cancelled.set()

    def judge(self, give: Give) -> None:
        """Hear every task to its verdicts, in order. Raises Cancelled."""
        self._weight = JUDGING_SHARE
        for heard in with_derived(hear(each, self._pass, Depth.JUDGED) for each in self.outlines):
            self._found.append(heard)
            give(heard)
        self._heard = self._all * JUDGING_SHARE
        self.judged = True

    def sample(self, give: Give) -> None:
        """Hear every judged task once more for its samples. Raises Cancelled."""
        self._weight = 1.0 - JUDGING_SHARE
        for heard in self._wanted_first():
            give(with_samples(heard, self._pass))
        self._heard = self._all

    def _wanted_first(self) -> Iterator[Heard]:
        left = {heard.segment.id: heard for heard in self._found}
        while left:
            name = self.wanted if self.wanted in left else next(iter(left))
            yield left.pop(name)

    def _pass(self, seconds: float) -> None:
        """So many seconds of the recording have been heard."""
        if self._cancelled.is_set():
            raise Cancelled
        self._heard += seconds * self._weight
