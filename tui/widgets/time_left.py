"""How long a running program still takes, as planned: a bar and the seconds left, never going back."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.instrument import Program
from bench.language import _, number
from bench.quantities import Value
from tui.widgets.charset import Charset
from tui.widgets.picture import Picture, Row

# So many seconds after its planned end a program is only about to end.
GRACE = 3.0


def planned_seconds(program: Program) -> float | None:
    """Return how long a program takes by its own parameters, None where they do not say."""
    p = program.parameters
    if program.name == "timing":
        return _seconds(p.get("stabilise")) + _seconds(p.get("measure"))
    if program.name == "leak-test":
        return sum(_seconds(stage[name]) for stage in p["stages"] for name in ("fill", "stabilise", "measure"))
    if program.name == "quartz-rate" and "inhibition_period" in p:
        return _seconds(p["inhibition_period"]) * float(p.get("periods", 1))
    return _seconds(p["measure"]) if "measure" in p else None


def _seconds(value: object) -> float:
    if isinstance(value, Value):
        return value.to("s")
    return float(value) if isinstance(value, (int, float)) else 0.0


class Remaining:
    """The seconds that are left, from whatever says how far a program is; they only ever become fewer."""

    def __init__(self, planned: float | None) -> None:
        self.planned = planned
        self.left = planned
        self.elapsed = 0.0
        self._over_at: float | None = None

    @property
    def late(self) -> bool:
        """Whether the program runs longer than planned: a tester that measures again, a demanding watch."""
        return self._over_at is not None and self.elapsed - self._over_at > GRACE

    def now(self, elapsed: float, left: float | None = None) -> None:
        """`elapsed` seconds have passed since the start; `left` is what a better source than the clock says."""
        self.elapsed = max(self.elapsed, elapsed)
        if self.left is None or self.planned is None:
            return
        by_clock = self.planned - self.elapsed if left is None else left
        self.left = max(0.0, min(self.left, by_clock))
        if not self.left and self._over_at is None:
            self._over_at = self.elapsed


class TimeLeft(Picture):
    """One line: the bar, and "12 s left"; where nothing is planned, how long it has been running.

    `hint` stands at its end: which keys change the picture under it. Without a program only the hint stands there.
    """

    DEFAULT_CSS = "TimeLeft { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.remaining = Remaining(None)
        self.running = False
        self.hint = ""

    def idle(self) -> None:
        """No program runs."""
        self.running = False
        self.changed()

    def say(self, hint: str) -> None:
        """Name the keys of the picture."""
        if hint != self.hint:
            self.hint = hint
            self.changed()

    def begin(self, planned: float | None) -> None:
        """A program starts that is planned to take so many seconds."""
        self.remaining, self.running = Remaining(planned), True
        self.changed()

    def tick(self, elapsed: float, left: float | None = None) -> None:
        """Time has passed."""
        self.remaining.now(elapsed, left)
        self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> Sequence[Row]:
        if not self.running:
            return [[(self.hint.rjust(width), "faint")]]
        left, planned = self.remaining.left, self.remaining.planned
        hint = f"   {self.hint}" if self.hint else ""
        if left is None or not planned:
            since = number(int(self.remaining.elapsed), 0)
            words = _("running for {seconds} s").format(seconds=since)
            return [[(words.ljust(width - len(hint)), "strong"), (hint, "faint")]]
        words = _("longer than planned") if self.remaining.late else _("about to end")
        if left:
            words = _("{seconds} s left").format(seconds=number(math.ceil(left), 0))
        bar = max(0, width - len(words) - len(hint) - 2)
        full = round((1 - left / planned) * bar)
        done, ahead = (signs.full * full, "main"), (signs.empty * (bar - full), "faint")
        return [[done, ahead, ("  " + words, "strong"), (hint, "faint")]]
