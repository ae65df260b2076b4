"""Which picture stands on the bench: while a measurement runs, before the next one, after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from textual.app import App, ComposeResult

from bench import language
from bench.instrument import InstrumentKind, Program, RunResult
from bench.judging import Judged, MeasureTask, RunFacts, TaskLimit, evaluate
from bench.limit import Limit, Mark
from bench.measurement import InstrumentSnapshot, Provenance, Reading, Sample, Trace
from bench.quantities import Value, quantity
from tui.widgets import charset
from tui.widgets.pictures import Pictures, gauges

SNAPSHOT = InstrumentSnapshot("timing", "timegrapher", "M", "1", "stepped", "valid")
FACTS = RunFacts(SNAPSHOT, (), Provenance.SIMULATED, "2026-01-01T08:00:00+01:00", "2026-01-01T08:01:00+01:00", 60.0)
LIMITS = tuple(
    TaskLimit(Limit(quantity(key), low, high, "test", Mark.DOCUMENTED))
    for key, low, high in (("rate", -7.0, 7.0), ("amplitude", 200.0, None), ("leak_rate", None, 50.0))
)


def seconds(value: float) -> Value:
    return Value.of("measuring_time", value)


def timing(position: str) -> MeasureTask:
    program = Program("timing", {"position": position, "stabilise": seconds(10.0), "measure": seconds(30.0)})
    return MeasureTask(
        "timing", "before", InstrumentKind.TIMEGRAPHER, program, position, judged=("rate",), limits=LIMITS
    )


def leak_test() -> MeasureTask:
    stages = [
        {
            "label": label,
            "pressure": Value.of("test_pressure", bar),
            "fill": seconds(5.0),
            "stabilise": seconds(10.0),
            "measure": seconds(45.0),
        }
        for label, bar in (("−0,7 bar", -0.7), ("+3 bar", 3.0))
    ]
    program = Program("leak-test", {"stages": stages})
    return MeasureTask("dry", "", InstrumentKind.WATER_RESISTANCE, program, judged=("leak_rate",), limits=LIMITS)


def sample(key: str, magnitude: float, at: float, label: str = "", second: float | None = None) -> Sample:
    return Sample(quantity(key), magnitude, at, 0.0, b"", "x", Provenance.SIMULATED, label, second)


def beats(count: int) -> list[Sample]:
    return [
        sample("phase", 0.5 * (n % 2), n / 8, ("tic", "toc")[n % 2], n / 8 + 0.0005 * (n % 2)) for n in range(count)
    ]


def measured(task: MeasureTask, **values: float) -> tuple[Judged, ...]:
    points = tuple((n / 8, 0.5 * (n % 2)) for n in range(240))
    conditions = {"beat_rate": Value.of("beat_rate", 28800)}
    readings = [
        Reading(
            Value.of(key, value),
            task.label,
            30,
            0.1,
            0.05,
            conditions,
            Trace("s", "ms", points) if key == "rate" else None,
        )
        for key, value in values.items()
    ]
    return evaluate(task, RunResult(tuple(readings)), FACTS)


class Desk(App[None]):
    """A picture's place, and a clock that stands until it is moved."""

    BINDINGS = [("v", "picture", "Next"), ("z", "zoom", "Zoom")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.pictures = Pictures(lambda: self.now)

    def compose(self) -> ComposeResult:
        yield self.pictures

    def action_picture(self) -> None:
        self.pictures.next_view()

    def action_zoom(self) -> None:
        self.pictures.closer()

    @property
    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


Session = Callable[[Desk, Callable[[], Awaitable[None]]], Awaitable[None]]


def at_the_desk(session: Session, size: tuple[int, int] = (80, 14)) -> None:
    async def run() -> None:
        desk = Desk()
        async with desk.run_test(size=size) as pilot:
            await session(desk, pilot.pause)

    before = language.current()
    language.use("en")
    try:
        with charset.drawing("braille"):
            asyncio.run(run())
    finally:
        language.use(before)


def test_a_timing_shows_its_beats_as_they_come_and_how_long_it_takes() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(timing("CH"))
        desk.pictures.hear(beats(81))  # ten seconds of them
        desk.now = 3.0
        desk.pictures.tick()
        await settled()
        assert desk.pictures.view == "strip"
        assert "30 s left" in desk.text and "tic" in desk.text
        drawn = [line for line in desk.lines[2:] if line.strip()]
        assert len(drawn) == 1 and len(drawn[0]) >= 39

    at_the_desk(session)


def test_an_instrument_without_beats_shows_its_rate_over_time_and_no_strip() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(timing("CH"))
        desk.pictures.hear([sample("rate", 4.0 + n % 3, n / 2) for n in range(20)])
        await settled()
        assert desk.pictures.view == "rate"
        assert "tic" not in desk.text and "7.0 ▏┄" in desk.text and "s/d" in desk.text

    at_the_desk(session)


def test_one_key_goes_through_the_pictures_and_another_zooms() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(timing("CH"))
        desk.pictures.hear(beats(80))
        desk.pictures.hear([sample(key, 4.0 + n % 3, n / 2) for n in range(20) for key in ("rate", "amplitude")])
        await settled()
        assert "V: rate" in desk.text and "Z: zoom" in desk.text and "height 10 ms" in desk.text
        desk.action_zoom()
        await settled()
        assert "height 5 ms" in desk.text
        seen = []
        for _key in range(3):
            desk.action_picture()
            await settled()
            seen.append(desk.pictures.view)
        assert seen == ["rate", "amplitude", "strip"]

    at_the_desk(session)


def test_a_leak_test_shows_its_stages_and_the_time_of_all_that_are_left() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(leak_test())
        desk.pictures.hear([sample("test_pressure", -0.7, 0.0, "−0,7 bar")])
        await settled()
        assert "120 s left" in desk.text
        desk.now = 60.0
        result, second = sample("leak_rate", 12.0, 60.0, "−0,7 bar"), sample("test_pressure", 3.0, 60.0, "+3 bar")
        desk.pictures.hear([result, second])
        desk.now = 80.0
        desk.pictures.tick()
        await settled()
        assert "40 s left" in desk.text
        assert "✔ −0,7 bar" in desk.text and "+12.0 µg/min" in desk.text and "▶ +3 bar" in desk.text

    at_the_desk(session)


def test_a_tester_that_is_run_by_hand_is_not_counted_down_and_tells_its_results() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(leak_test())
        desk.now = 70.0
        desk.pictures.hear([sample("leak_rate", 12.0, 70.0, "−0,7 bar")])
        desk.pictures.tick()
        await settled()
        assert "running for 70 s" in desk.text
        assert "✔ −0,7 bar" in desk.text and "+12.0 µg/min" in desk.text and "· +3 bar" in desk.text

    at_the_desk(session)


def test_a_simulated_instrument_counts_down_in_the_time_that_it_really_takes() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(leak_test(), pace=0.2)
        desk.pictures.hear([sample("test_pressure", -0.7, 0.0, "−0,7 bar")])
        desk.now = 4.0
        desk.pictures.tick()
        await settled()
        assert "20 s left" in desk.text
        assert desk.pictures.stages.elapsed == 20.0

    at_the_desk(session)


def test_a_person_who_reads_a_display_is_not_counted_down() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        desk.pictures.begin(timing("CH"), pace=None)
        desk.now = 5.0
        desk.pictures.tick()
        await settled()
        assert "running for 5 s" in desk.text and "left" not in desk.text

    at_the_desk(session)


def _look(desk: Desk, task: MeasureTask | None, judged: Sequence[Judged], *, roomy: bool) -> None:
    tasks = (timing("CH"), timing("6H"))
    before = {("rate", "CH"): measured(tasks[0], rate=14.0)[0]}
    desk.pictures.look(task, tasks, judged, judged, before, roomy=roomy)


def test_before_a_position_is_measured_the_watch_is_drawn_in_it() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        _look(desk, timing("6H"), measured(timing("CH"), rate=4.2, amplitude=285.0), roomy=True)
        await settled()
        assert "6 up (crown left)" in desk.text and "⣿" in desk.text
        assert "▶ 6H  ←" in desk.text and "+4.2" in desk.text and "○ before ● now" in desk.text

    at_the_desk(session, (160, 20))


def test_after_the_last_position_a_small_screen_has_the_table_first_and_the_pictures_behind_one_key() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        judged = (*measured(timing("CH"), rate=4.2), *measured(timing("6H"), rate=-9.0))
        _look(desk, None, judged, roomy=False)
        await settled()
        assert desk.pictures.results_instead and "V: by position" in desk.text
        desk.action_picture()
        await settled()
        assert not desk.pictures.results_instead
        assert "+4.2" in desk.text and "−9.0" in desk.text and desk.text.count("●") == 3  # the head's, and two rates
        desk.action_picture()
        await settled()
        assert desk.pictures.view == "strip" and "30 s" in desk.lines[1]

    at_the_desk(session)


def test_a_figure_stands_on_its_scale_with_the_one_before_and_what_has_none_is_left_out() -> None:
    task = timing("CH")
    now, was = measured(task, rate=4.2, signal_level=0.5), measured(task, rate=-14.0)
    (scale,) = gauges(now, {("rate", "CH"): was[0]})
    assert (scale.value, scale.earlier, scale.limit) == (4.2, -14.0, LIMITS[0].limit)


def test_another_theme_colours_a_picture_that_stands_there_already() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        colours = []
        desk.pictures.begin(timing("CH"))
        desk.pictures.hear(beats(80))
        for theme in ("textual-dark", "textual-light", "gruvbox"):
            desk.theme = theme
            await settled()
            (marks,) = [row for row in map(desk.pictures.strip.render_line, range(1, 12)) if row.text.strip()]
            colours.append(next(segment.style for segment in marks if segment.text.strip()))
        assert len(set(colours)) == 3

    at_the_desk(session)


def test_another_language_or_charset_draws_a_picture_again() -> None:
    async def session(desk: Desk, settled: Callable[[], Awaitable[None]]) -> None:
        judged = (*measured(timing("CH"), rate=4.2), *measured(timing("6H"), rate=-9.0))
        _look(desk, timing("6H"), judged, roomy=True)
        await settled()
        assert "6 up (crown left)" in desk.text and "+4.2" in desk.text
        language.use("fr")
        for widget in desk.query("*"):
            widget.refresh(layout=True)
        await settled()
        assert "6 h en haut (couronne à gauche)" in desk.text and "+4,2" in desk.text
        charset.use("ascii")
        for widget in desk.query("*"):
            widget.refresh(layout=True)
        await settled()
        assert desk.text.isascii() and "+4,2" in desk.text

    at_the_desk(session, (160, 20))
