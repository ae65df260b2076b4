"""A leak test under way: its stages with pressure and planned times, how far it is, and what each stage gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.language import N_, _, number
from bench.limit import Limit
from bench.quantities import Value, quantity, unit_text
from tui.widgets.charset import Charset
from tui.widgets.picture import Picture, Row, fitted
from tui.widgets.raster import Raster

PHASES = (N_("fill"), N_("stabilise"), N_("measure"))

HIGHEST = 14


@dataclass(frozen=True)
class PlannedStage:
    """One stage as the program plans it: gauge pressure in bar, seconds of fill, stabilise and measure."""

    label: str
    pressure: float
    times: tuple[float, float, float]
    limit: Limit | None = None

    @property
    def duration(self) -> float:
        return sum(self.times)


def planned(rows: Sequence[Mapping[str, Any]], limits: Mapping[str, Limit] | None = None) -> tuple[PlannedStage, ...]:
    """Return the stages of a leak-test program (docs/architecture.md, "Programs")."""
    limits = limits or {}
    stages = []
    for row in rows:
        fill, stabilise, measure = (_seconds(row[name]) for name in ("fill", "stabilise", "measure"))
        pressure = row["pressure"]
        bar = pressure.to("bar") if isinstance(pressure, Value) else float(pressure)
        label = str(row["label"])
        stages.append(PlannedStage(label, bar, (fill, stabilise, measure), limits.get(label) or limits.get("")))
    return tuple(stages)


def _seconds(value: object) -> float:
    return value.to("s") if isinstance(value, Value) else float(value)  # type: ignore[arg-type]


class Stages(Picture):
    """Draws the stages. How far a stage is follows from its planned times alone, and is said to be planned: no tester
    that we speak to tells its pressure or the deformation while it measures.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stages: tuple[PlannedStage, ...] = ()
        self.at: int | None = None
        self.elapsed = 0.0
        self.leaks: dict[str, float] = {}
        self.again = False

    def plan(self, stages: Sequence[PlannedStage]) -> None:
        """Begin with these stages ahead."""
        self.stages, self.at, self.elapsed, self.leaks, self.again = tuple(stages), None, 0.0, {}, False
        self.changed()

    def enter(self, label: str) -> None:
        """The tester has begun this stage, or begins it again: a large leak is measured once more in a shorter time."""
        labels = [stage.label for stage in self.stages]
        if label in labels:
            at = labels.index(label)
            self.again = at == self.at
            self.at, self.elapsed = at, 0.0
            self.changed()

    def result(self, label: str, leak: float) -> None:
        """The tester has given the leak rate (µg/min) of a stage; one that is run by hand tells nothing before."""
        self.leaks[label] = leak
        self.changed()

    def pass_time(self, elapsed: float) -> None:
        """Since the stage began, so many planned seconds have passed."""
        if elapsed > self.elapsed:
            self.elapsed = elapsed
            self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> Sequence[Row]:
        if not self.stages or width < 12:
            return []
        head: Row = [(_("stages as planned: fill, stabilise, measure"), "faint")]
        room = height - 1
        if room < 1:
            return [self._stage(self.at or 0, width, signs)]
        first = max(0, min((self.at or 0) - room + 1, len(self.stages) - room))
        rows = [head, *(self._stage(n, width, signs) for n in range(len(self.stages))[first : first + room])]
        left = height - len(rows) - 1
        if left >= 4 and width >= 40:
            rows += [[], *self._profile(width, min(left, HIGHEST), signs)]
        return rows

    def share(self, n: int) -> float:
        """Return how much of a stage is over, 0 to 1, as planned."""
        stage = self.stages[n]
        if stage.label in self.leaks:
            return 1.0
        if self.at is None or n > self.at:
            return 0.0
        if n < self.at:
            return 1.0
        if self.again:
            return 0.99
        return min(0.99, self.elapsed / stage.duration) if stage.duration else 0.0

    def _stage(self, n: int, width: int, signs: Charset) -> Row:
        stage = self.stages[n]
        current, over = n == self.at, self.share(n) >= 1.0
        mark = signs.done if over else signs.more if current else signs.outside
        look = "main" if current else "plain" if over else "faint"
        left = f"{mark} {stage.label.ljust(10)} "
        right = self._right(stage, current=current, over=over, width=width)
        bar = max(0, min(60, width - len(left) - (34 if width >= 70 else 18)))
        done = round(self.share(n) * bar)
        cuts, at = set(), 0.0
        for time in stage.times[:2]:
            at += time
            cuts.add(round(at / (stage.duration or 1.0) * bar))
        cells = [signs.limit if n in cuts else signs.full if n < done else signs.empty for n in range(bar)]
        return [(left, look), ("".join(cells), look), ("  ", "plain"), *right]

    def _right(self, stage: PlannedStage, *, current: bool, over: bool, width: int) -> Row:
        leak = self.leaks.get(stage.label)
        unit = unit_text("µg/min")
        if leak is not None:
            inside = stage.limit is None or stage.limit.high is None or leak <= stage.limit.high
            said = f"{number(leak, quantity('leak_rate').decimals, sign=True)} {unit}"
            limit = f"  ({stage.limit})" if stage.limit is not None and width >= 70 else ""
            return [(said, "strong" if inside else "bad"), (limit, "faint")]
        if over:
            return [("–", "faint")]
        if current and self.again:
            return [(_("once more, shorter"), "strong")]
        left = number(max(0.0, stage.duration - (self.elapsed if current else 0.0)), 0)
        phase = f"  {self._phase(stage)}" if current else ""
        return [(f"{left} s", "strong" if current else "faint"), (phase, "plain")]

    def _phase(self, stage: PlannedStage) -> str:
        end = 0.0
        for word, time in zip(PHASES, stage.times, strict=True):
            end += time
            if self.elapsed < end:
                return _(word)
        return _(PHASES[-1])

    def _profile(self, width: int, height: int, signs: Charset) -> list[Row]:
        """The pressure over time as the program plans it, and where in it one is."""
        axis = 8
        raster, gone = Raster(width - axis, height - 1, signs), Raster(width - axis, height - 1, signs)
        whole = sum(stage.duration for stage in self.stages) or 1.0
        low = min(0.0, *(stage.pressure for stage in self.stages))
        high = max(0.0, *(stage.pressure for stage in self.stages))
        across, rise = (raster.width - 1) / whole, (raster.height - 1) / ((high - low) or 1.0)
        now = self._passed()
        at, level = 0.0, 0.0
        for stage in self.stages:
            full = at + stage.times[0]
            for x0, y0, x1, y1 in (
                (at, level, full, stage.pressure),
                (full, stage.pressure, at + stage.duration, stage.pressure),
            ):
                raster.line(x0 * across, (high - y0) * rise, x1 * across, (high - y1) * rise)
                if x0 < now:
                    part = min(1.0, (now - x0) / (x1 - x0))
                    x1, y1 = x0 + part * (x1 - x0), y0 + part * (y1 - y0)
                    gone.line(x0 * across, (high - y0) * rise, x1 * across, (high - y1) * rise)
            at, level = at + stage.duration, stage.pressure
        rows: list[Row] = []
        for n, (all_cells, gone_cells) in enumerate(zip(raster.cells, gone.cells, strict=True)):
            figure = high if n == 0 else low if n == height - 2 else None
            label = number(figure, 1, sign=True) if figure is not None else ""
            text = signs.decode(all_cells)
            row = [(f"{label.rjust(axis - 2)} {signs.axis}", "faint")]
            row += [(cell, "main" if code else "faint") for cell, code in zip(text, gone_cells, strict=True)]
            rows.append(row)
        words = _("pressure as planned, not measured")
        foot = f"{unit_text('bar').rjust(axis - 2)}  {words}"
        rows.append([(foot.ljust(width - 8) + f"{number(whole, 0)} s".rjust(8), "faint")])
        return [fitted(row, width, signs) for row in rows]

    def _passed(self) -> float:
        if self.at is None:
            return 0.0
        done = sum(stage.duration for stage in self.stages[: self.at])
        return done + self.share(self.at) * self.stages[self.at].duration
