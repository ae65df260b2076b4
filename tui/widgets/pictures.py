"""The place of a measurement's pictures: which one stands there while it runs, before it, and after it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from bench.judging import Judged, MeasureTask
from bench.language import N_, _
from bench.limit import Limit
from bench.measurement import Sample
from bench.quantities import Value, quantity, unit_text
from tui.keys import name_of
from tui.widgets.by_position import ByPosition, Spot
from tui.widgets.curve import Curve
from tui.widgets.gauges import Gauge, Gauges
from tui.widgets.position import WatchPosition
from tui.widgets.stages import PlannedStage, Stages, planned
from tui.widgets.strip import SIDES, Beat, PaperStrip, beats_of
from tui.widgets.time_left import TimeLeft, planned_seconds
from tui.widgets.verdict import is_hidden, is_information

KEPT = 3600
BEATS = "phase"
TIMED = ("rate", "amplitude", "beat_error")
# Kept beside the figures, not worth a scale of their own.
ASIDE = ("signal_level", "beat_rate", "test_pressure")
# Beside the main picture from this width on: the watch in its position.
WIDE, BESIDE, SMALL = 100, 38, 16
RESULTS = "results"
NAMES = {
    "curve": N_("over time"),
    "strip": N_("paper strip"),
    "positions": N_("by position"),
    "gauges": N_("on scales"),
    RESULTS: N_("table"),
}
LIMIT_OF = {"rate": "mean_rate", "amplitude": "min_amplitude", "beat_error": "max_beat_error"}
Before = Mapping[tuple[str, str], Judged]


class Pictures(Vertical):
    """Shows one picture at a time; `v` goes to the next, `z` zooms the strip. On a wide screen the watch's position
    stands beside it.
    """

    DEFAULT_CSS = """
    Pictures { height: 1fr; min-height: 3; }
    Pictures WatchPosition { margin: 0 0 0 1; }
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.time_left, self.strip, self.curve, self.stages = TimeLeft(), PaperStrip(), Curve(), Stages()
        self.gauges, self.positions, self.held = Gauges(), ByPosition(), WatchPosition()
        self.current: MeasureTask | None = None
        self.running = False
        self.wanted = 0
        self._pace = 1.0
        self._began = self._stage_began = 0.0
        self._second: float | None = None
        self._points: dict[str, deque[tuple[float, float]]] = {}
        self._views: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.time_left
        with Horizontal():
            yield from (self.strip, self.curve, self.stages, self.gauges, self.positions, self.held)

    # -- while it runs

    def begin(self, task: MeasureTask, pace: float | None = 1.0) -> None:
        """A task's program starts; it takes `pace` times what is planned (a simulated one); None: a person reads."""
        self.current, self.running, self.wanted, self._second = task, True, 0, None
        self._pace = pace or 1.0
        self._began = self._stage_began = self.clock()
        self._points = {}
        self.strip.begin()
        self.stages.plan(_stages_of(task))
        self.time_left.begin(None)
        if pace is not None and not self.stages.stages:
            self._count_down()
        self._running_views()

    def _count_down(self) -> None:
        """Begin to count down. A leak test begins with its first stage: one that is run by hand is not foreseen."""
        assert self.current is not None
        whole = planned_seconds(self.current.program)
        self.time_left.begin(whole * self._pace if whole else None)

    def hear(self, samples: Iterable[Sample]) -> None:
        """Draw what the instrument has said since the last time."""
        beats: list[Beat] = []
        touched = set()
        for sample in samples:
            key = sample.quantity.id
            if sample.second is not None:
                self._second = sample.second
            if key == BEATS:
                if sample.second is not None and sample.label in SIDES:
                    beats.append(Beat(sample.second, sample.magnitude, SIDES.index(sample.label)))
                continue
            if self.stages.stages and key == "test_pressure" and sample.label:
                if self.stages.at is None:
                    self._count_down()
                self.stages.enter(sample.label)
                self._stage_began = self.clock()
            elif self.stages.stages and key == "leak_rate":
                self.stages.result(sample.label, sample.magnitude)
            at = self._second if self._second is not None else sample.monotonic
            self._points.setdefault(key, deque(maxlen=KEPT)).append((at, sample.magnitude))
            touched.add(key)
        if beats:
            self.strip.hear(beats)
        views = list(self._views)
        self._running_views()
        if views == self._views and touched:
            self._draw_curve()

    def tick(self) -> None:
        """Time has passed."""
        if not self.running or self.current is None:
            return
        elapsed = self.clock() - self._began
        left: float | None = None
        stages = self.stages
        if stages.stages:
            here = (self.clock() - self._stage_began) / self._pace
            if stages.at is not None:
                stages.pass_time(here)
                whole = sum(stage.duration for stage in stages.stages[stages.at :])
                left = max(0.0, whole - here) * self._pace
        elif self._second is not None:
            whole = planned_seconds(self.current.program) or 0.0
            left = (whole - self._second) * self._pace
        self.time_left.tick(elapsed, left)

    # -- before and after

    def look(
        self,
        task: MeasureTask | None,
        tasks: Sequence[MeasureTask],
        judged: Sequence[Judged],
        last: Sequence[Judged],
        before: Before,
        *,
        roomy: bool,
    ) -> None:
        """Show what stands while nothing runs: `task` comes next, `judged` is the step so far, `last` the last run."""
        self.running = False
        if task is not self.current:
            self.wanted = 0
        self.current = task
        timing = [entry for entry in tasks if entry.program.name == "timing"]
        where = task.label if task is not None and task.program.name == "timing" else ""
        self.held.show(where)
        self._show_positions(timing, judged, before, where)
        self.gauges.show(gauges(judged, before), (_("before"), _("now")))
        strip = _strip_of(last)
        if strip is not None:
            self.strip.show(strip)
        curve = _curve_of(last)
        if curve is not None:
            points, x, y = curve
            self.curve.show(points, x=x, y=y)
        views = []
        if timing:
            views += ["positions"]
            if task is None and not roomy:
                views = [RESULTS, *views]
            views += ["strip"] if strip else []
        elif task is not None and task.program.name == "leak-test" and not judged:
            self.stages.plan(_stages_of(task))
            views = ["stages"]
        elif judged:
            views = ["gauges"] if roomy else [RESULTS, "gauges"]
        if curve is not None and strip is None:
            views.append("curve")
        self._arrange(views)

    def _show_positions(
        self, timing: Sequence[MeasureTask], judged: Sequence[Judged], before: Before, where: str
    ) -> None:
        labels = list(dict.fromkeys(task.label for task in timing))
        limits = [limit for task in timing if (limit := _limit(task, "rate")) is not None]
        spots = [_spot(label, judged, before) for label in labels]
        self.positions.show(spots, limits[0] if limits else None, where)

    # -- which picture

    @property
    def view(self) -> str:
        """The picture that stands there now, "" where there is none."""
        return self._views[self.wanted % len(self._views)] if self._views else ""

    @property
    def results_instead(self) -> bool:
        """Whether the table of results stands in the picture's place, under the line that names the keys."""
        return not self.running and self.view in ("", RESULTS)

    @property
    def choices(self) -> int:
        """How many pictures there are to choose from."""
        return len(self._views)

    def next_view(self) -> None:
        """Show the next picture."""
        self.turn_to(self.wanted + 1)

    def turn_to(self, wanted: int) -> None:
        """Show the picture of this number, counted round."""
        self.wanted = wanted % max(1, len(self._views))
        self._arrange(self._views)

    def next_word(self) -> str:
        """Return what the next picture shows."""
        if len(self._views) < 2:
            return ""
        following = self._views[(self.wanted + 1) % len(self._views)]
        return _(NAMES[following]) if following in NAMES else str(quantity(following).name)

    def _hint(self) -> str:
        """Return which keys change the picture, as they are bound: "V: amplitude · Z: zoom"."""
        if not self.is_attached:
            return ""
        keys = {each.binding.action: name_of(each.binding.key) for each in self.screen.active_bindings.values()}
        parts = [f"{keys['picture']}: {self.next_word()}"] if "picture" in keys and self.next_word() else []
        if "zoom" in keys and self.view == "strip":
            parts.append(f"{keys['zoom']}: {_('zoom')}")
        return " · ".join(parts)

    def closer(self) -> None:
        """Zoom the paper strip."""
        self.strip.closer()

    def on_resize(self) -> None:
        self._arrange(self._views)

    def _running_views(self) -> None:
        assert self.current is not None
        if self.current.program.name == "leak-test":
            views = ["stages", *(key for key in self._points if key == "deformation")]
        else:
            views = ["strip"] if self.strip.beats else []
            order = [key for key in (*TIMED, *self._points) if len(self._points.get(key, ())) > 1 and key not in ASIDE]
            views += list(dict.fromkeys(order))
        if views != self._views or not self.running:
            self._arrange(views)

    def _arrange(self, views: Sequence[str]) -> None:
        """Have the chosen picture stand there, and beside it what there is room for."""
        self._views = list(views)
        view = self.view
        timing = self.current is not None and self.current.program.name == "timing"
        wide = self.size.width >= WIDE
        if timing and self.current is not None:
            self.held.show(self.current.label)
        self.time_left.say(self._hint())
        if not self.running:
            self.time_left.idle()
        self.time_left.display = self.running or bool(self.time_left.hint)
        small = self.results_instead
        self.styles.height, self.styles.min_height = (1, 1) if small else ("1fr", 3)
        self.strip.display = view == "strip"
        self.stages.display = view == "stages"
        self.gauges.display = view == "gauges"
        self.positions.display = view == "positions"
        self.curve.display = view == "curve" or (self.running and view in self._points)
        self.held.display = timing and not small and (wide or not self.running)
        beside = BESIDE if wide else SMALL if view == "positions" else "1fr"
        if self.held.display:
            self.held.styles.width = beside
        self._draw_curve()

    def _draw_curve(self) -> None:
        view = self.view
        if not self.running or view not in self._points or self.current is None:
            return
        points = list(self._points[view])
        limit = _limit(self.current, view)
        levels = [y for y in (limit.low, limit.high) if y is not None] if limit is not None else []
        q = quantity(view)
        self.curve.show(points, x="s", y=unit_text(q.unit), levels=levels, name=str(q.name))


def gauges(judged: Sequence[Judged], before: Before) -> list[Gauge]:
    """Return the figures of a step on scales: each with its limit and the earlier figure that it compares with."""
    figures = {(e.measurement.quantity.id, e.measurement.label): e for e in judged}
    found = []
    for (key, label), entry in figures.items():
        m = entry.measurement
        if key in ASIDE:
            continue
        earlier = before.get((key, label))
        state = None if is_information(entry) else entry.verdict.state
        found.append(
            Gauge(
                m.quantity,
                m.value.magnitude,
                label,
                entry.verdict.limit,
                earlier.measurement.value.magnitude if earlier is not None else None,
                state,
                hidden=is_hidden(entry),
            )
        )
    return found


def _spot(label: str, judged: Sequence[Judged], before: Before) -> Spot:
    mine = {e.measurement.quantity.id: e for e in judged if e.measurement.label == label}
    figures = {key: entry.measurement.value.magnitude for key, entry in mine.items()}
    earlier = before.get(("rate", label))
    rate = mine.get("rate")
    return Spot(
        label,
        figures.get("rate"),
        figures.get("amplitude"),
        figures.get("beat_error"),
        earlier.measurement.value.magnitude if earlier is not None else None,
        rate.verdict.state if rate is not None and not is_information(rate) else None,
    )


def _stages_of(task: MeasureTask) -> tuple[PlannedStage, ...]:
    """Return the stages that a leak test plans, none for another program."""
    if task.program.name != "leak-test":
        return ()
    limits = {entry.label: entry.limit for entry in task.limits if entry.limit.quantity.id == "leak_rate"}
    return planned(task.program.parameters["stages"], limits)


def _limit(task: MeasureTask, key: str) -> Limit | None:
    """Return the limit to draw for a running figure: its own, else that of the figure derived from it."""
    fitting = [entry.limit for entry in task.limits if entry.limit.quantity.id == key]
    own = task.limit_for(key, task.label) or (fitting[0] if fitting else None)
    return own or (task.limit_for(LIMIT_OF[key], "") if key in LIMIT_OF else None)


def _strip_of(judged: Sequence[Judged]) -> list[Beat] | None:
    for entry in judged:
        m = entry.measurement
        beat_rate = m.conditions.get("beat_rate")
        if m.trace is not None and (m.trace.x, m.trace.y) == ("s", "ms") and isinstance(beat_rate, Value):
            return beats_of(m.trace.points, beat_rate.magnitude)
    return None


def _curve_of(judged: Sequence[Judged]) -> tuple[Sequence[tuple[float, float]], str, str] | None:
    traces = [entry.measurement.trace for entry in judged if entry.measurement.trace is not None]
    return (traces[0].points, traces[0].x, traces[0].y) if traces else None
