"""Going on without a key: the bench counts down where a run was stable and passed, and no other hand is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from tui.advance import Scatter, nothing_against, only_turned, scatter
from tui.screens.room import Room
from tui.sounds import Sound
from tui.widgets.countdown_line import CountdownLine
from tui.widgets.panel import Panel

if TYPE_CHECKING:
    from bench.judging import Judged
    from tui.screens.glance import Glance

# How long the bench waits before it goes on by itself: to turn the watch, and to read a verdict. In seconds.
TURN_SECONDS, READ_SECONDS = 6, 3


class PacedRoom(Room):
    """A room with a countdown line; `last` is what the run that has just ended judged."""

    now: Glance | None
    counter: Timer

    def __init__(self) -> None:
        super().__init__()
        self.last: tuple[Judged, ...] = ()
        self.to_consider = False
        self.counting = False
        """Whether the bench is about to go on by itself."""

    def wait(self) -> None:
        """Do nothing by itself until a key is pressed."""
        self.counting = False
        self.counter.pause()
        self.query_one(CountdownLine).stop()
        self.refresh_bindings()

    def _hear(self, outcome: str | None) -> None:
        """Say to the ear how a run ended."""
        if any(entry.verdict.state.severity in (2, 3) for entry in self.last):
            self.app.ring(Sound.FAIL)
        elif outcome == "pass":
            self.app.ring(Sound.PASS)
        elif (found := scatter(self.last)) is not None and found.stable:
            self.app.ring(Sound.STABLE)

    def _consider(self) -> None:
        """Begin to count where the finished run was stable and passed, and what comes needs no other hand."""
        now, found = self.now, scatter(self.last)
        if not self.to_consider or now is None or found is None or not self.app.preferences.auto_advance:
            return
        self.to_consider = False
        if not now.measuring or not nothing_against(self.last) or self.query_one(Panel).shown:
            return
        if now.task is not None and only_turned(now.task) and not now.task.blockers:
            self._begin_to_count(found, TURN_SECONDS if found.stable else 0, now.task.label)
        elif now.task is None and now.outcome == "pass":
            self._begin_to_count(found, READ_SECONDS if found.stable else 0, "")

    def _begin_to_count(self, found: Scatter, seconds: int, to: str) -> None:
        self.query_one(CountdownLine).begin(found, seconds, to)
        if seconds:
            self.counting = True
            self.counter.reset()
            self.counter.resume()
        self.refresh_bindings()

    def _count(self) -> None:
        """Count one second down; not under another screen."""
        if self.app.screen is self and self.query_one(CountdownLine).count() == 0:
            self.action_main()
