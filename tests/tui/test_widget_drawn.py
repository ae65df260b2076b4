"""The pictures of a measurement, read back as text: curves, positions, stages, scales, the time that is left."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import language
from bench.conformity import State
from bench.instrument import Program
from bench.limit import Limit, Mark
from bench.procedure.tasks import POSITIONS
from bench.quantities import Value, quantity
from tui.widgets.by_position import ByPosition, Spot
from tui.widgets.charset import ASCII, BRAILLE, CHARSETS
from tui.widgets.curve import Curve
from tui.widgets.gauges import Gauge, Gauges, bar, ends_of
from tui.widgets.picture import Picture
from tui.widgets.position import WatchPosition, arrow, drawing
from tui.widgets.stages import PlannedStage, Stages, planned
from tui.widgets.strip import Beat, PaperStrip
from tui.widgets.time_left import GRACE, Remaining, TimeLeft, planned_seconds


def limit(key: str, low: float | None, high: float | None) -> Limit:
    return Limit(quantity(key), low, high, "test", Mark.DOCUMENTED)


RATE, LEAK, FIELD = limit("rate", -7.0, 7.0), limit("leak_rate", None, 50.0), limit("residual_field", None, 0.1)
VACUUM, OVER = (
    PlannedStage("−0,7 bar", -0.7, (5.0, 10.0, 30.0), LEAK),
    PlannedStage("+3 bar", 3.0, (5.0, 10.0, 45.0), LEAK),
)


def curve(count: int = 400) -> Curve:
    drawn = Curve()
    points = [(n / 10, 4.0 + 2.0 * math.sin(n / 30)) for n in range(count)]
    drawn.show(points, x="s", y="s/d", levels=(-7.0, 7.0), name="rate")
    return drawn


def strip() -> PaperStrip:
    drawn = PaperStrip()
    drawn.hear([Beat(n * 0.125 + 0.001 * (n % 2), 1.0 * (n % 2), n % 2) for n in range(120)])
    return drawn


def positions() -> ByPosition:
    drawn = ByPosition()
    rates = {"CH": 4.2, "CB": 4.8, "3H": 1.6, "6H": -9.0, "9H": 3.0, "12H": 0.8}
    states = {"6H": State.NONCONFORMING}
    spots = [
        Spot(position, rate, 280.0, 0.2, rate + 5.0, states.get(position, State.CONFORMING))
        for position, rate in rates.items()
    ]
    drawn.show(spots, RATE, "9H")
    return drawn


def stages() -> Stages:
    drawn = Stages()
    drawn.plan((VACUUM, OVER))
    drawn.enter("−0,7 bar")
    drawn.result("−0,7 bar", 12.0)
    drawn.enter("+3 bar")
    drawn.pass_time(20.0)
    return drawn


def gauges() -> Gauges:
    drawn = Gauges()
    field = Gauge(quantity("residual_field"), 0.02, "", FIELD, 1.4, State.CONFORMING)
    drawn.show((field, Gauge(quantity("pulse_width"), 7.8)), ("before", "now"))
    return drawn


def position() -> WatchPosition:
    drawn = WatchPosition()
    drawn.show("6H")
    return drawn


def time_left() -> TimeLeft:
    drawn = TimeLeft()
    drawn.begin(40.0)
    drawn.tick(10.0)
    return drawn


PICTURES = {made.__name__: made for made in (curve, strip, positions, stages, gauges, position, time_left)}
every_picture = pytest.mark.parametrize("made", PICTURES.values(), ids=PICTURES)


@every_picture
@pytest.mark.parametrize("name", CHARSETS)
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (12, 3), (40, 6), (78, 9), (120, 30), (200, 40)])
def test_a_picture_keeps_to_its_cells(made: type[Picture], name: str, size: tuple[int, int]) -> None:
    width, height = size
    lines = made().text(width, height, name)
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}


@every_picture
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_in_ascii_a_picture_holds_nothing_else(made: type[Picture], lang: str) -> None:
    with language.speaking(lang):
        text = "\n".join(made().text(120, 30, "ascii"))
    assert text.isascii() and text.strip()


@every_picture
def test_without_braille_a_picture_holds_none(made: type[Picture]) -> None:
    text = "".join(made().text(120, 30, "block"))
    assert text.strip() and not [sign for sign in text if "\u2800" <= sign <= "\u28ff"]


# Curves


@pytest.mark.parametrize("name", CHARSETS)
@pytest.mark.parametrize("count", [10, 2000])
def test_a_rising_curve_rises_from_the_left_to_the_right(name: str, count: int) -> None:
    drawn = Curve()
    drawn.show([(n, n) for n in range(count)], x="s", y="s/d")
    lines = [line[8:] for line in drawn.text(48, 11, name)[:-1]]
    assert lines[-1][0] != " " and lines[-1].rstrip() != lines[-1] + "x"
    firsts = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    assert firsts == sorted(firsts, reverse=True) and firsts[-1] == 0 and firsts[0] > 30


def test_a_curve_has_no_gap_between_two_points() -> None:
    drawn = Curve()
    drawn.show([(0.0, 0.0), (1.0, 100.0)], x="s", y="µm")
    lines = [line[8:] for line in drawn.text(48, 11, "braille")[:-1]]
    assert all("".join(column).strip() for column in zip(*lines, strict=True))


def test_near_limits_are_lines_with_their_figure_and_far_ones_are_left_out() -> None:
    with language.speaking("en"):
        text = "\n".join(curve().text(70, 12, "braille"))
        assert "7.0 ▏┄" in text and "−7.0 ▏┄" in text and "rate" in text and "40 s" in text
        far = Curve()
        far.show([(n, 10.0 + n % 7) for n in range(200)], x="s", y="s/d", levels=(12.0, 5000.0))
        text = "\n".join(far.text(60, 10, "braille"))
    assert "12.0 ▏" in text and "5000" not in text


def test_two_thousand_points_look_as_their_highest_and_lowest_do() -> None:
    drawn = Curve()
    drawn.show([(n, 9.0 if n == 1000 else 0.0) for n in range(2000)], x="s", y="s/d")
    lines = [line[8:] for line in drawn.text(108, 12, "braille")[:-1]]
    spikes = [line for line in lines[1:-1] if line.strip()]
    assert len(spikes) >= 9 and {len(line.strip()) for line in spikes} == {1}


# Positions of the watch


def test_the_crown_is_drawn_where_the_position_has_it() -> None:
    for code, side in {"3H": (0, -1), "6H": (-1, 0), "9H": (0, 1), "12H": (1, 0)}.items():
        rows = drawing(code, 12, BRAILLE)
        crown = [
            (x - sum(len(part) for part, _look in row) / 2, y - 5.5)
            for y, row in enumerate(rows)
            for x, (sign, look) in enumerate(row)
            if look == "main" and sign.strip()
        ]
        x, y = (sum(place) / len(crown) for place in zip(*crown, strict=True))
        assert (round(x / 11), round(y / 5.5)) == side


@pytest.mark.parametrize("name", CHARSETS)
@pytest.mark.parametrize("height", [4, 6, 12])
def test_all_six_positions_look_different(name: str, height: int) -> None:
    seen = {
        "\n".join("".join(sign for sign, _look in row) for row in drawing(p, height, CHARSETS[name])) for p in POSITIONS
    }
    assert len(seen) == len(POSITIONS) == 6


def test_the_dial_lies_above_or_below_the_case() -> None:
    with language.speaking("en"):
        up, down = (["".join(s for s, _l in row) for row in drawing(code, 12, BRAILLE)] for code in ("CH", "CB"))
    assert (
        next(y for y, row in enumerate(up) if "dial" in row)
        < 6
        < next(y for y, row in enumerate(down) if "dial" in row)
    )


def test_the_position_is_named_in_words_beside_its_drawing() -> None:
    for lang, words in (("fr", "6 h en haut (couronne à gauche)"), ("en", "6 up (crown left)")):
        with language.speaking(lang):
            assert words in "\n".join(position().text(70, 8))


# The rate in each position


def test_the_table_tells_each_position_with_the_crown_and_marks_the_present_one() -> None:
    with language.speaking("fr"):
        lines = positions().text(78, 9, "braille")
    assert "CH" in lines[1] and "+4,2" in lines[1] and "280°" in lines[1] and "0,20 ms" in lines[1]
    assert "6H  ←" in lines[4] and "−9,0" in lines[4]
    assert lines[5].startswith("▶ 9H  ↓")
    assert [arrow(code, ASCII) for code in ("3H", "6H", "9H", "12H", "CH")] == ["^", "<", "v", ">", " "]


def test_bars_of_all_positions_share_one_scale_with_before_and_now() -> None:
    lines = positions().text(78, 8, "braille")[1:7]
    places = [(line.index("●"), line.index("○")) for line in lines]
    assert all(now < before for now, before in places)
    rates = [4.2, 4.8, 1.6, -9.0, 3.0, 0.8]
    assert [place for place, _ in sorted(places)] == [places[n][0] for n in sorted(range(6), key=rates.__getitem__)]
    assert len({line.index("┃") for line in lines if line.count("┃") == 2}) == 1


def test_on_a_wide_picture_the_upright_positions_lie_where_their_crown_points() -> None:
    lines = positions().text(110, 18, "braille")
    places = {
        code: (y, line.index(code, 62))
        for y, line in enumerate(lines)
        for code in ("3H", "6H", "9H", "12H")
        if code in line[62:]
    }
    assert places["3H"][0] < places["6H"][0] == places["12H"][0] < places["9H"][0]
    assert places["6H"][1] < places["3H"][1] < places["12H"][1]


# Leak test


def test_stages_tell_pressure_progress_remaining_time_and_result() -> None:
    with language.speaking("en"):
        lines = stages().text(90, 4, "braille")
    assert "✔ −0,7 bar" in lines[1] and "+12.0 µg/min" in lines[1] and "░" not in lines[1]
    assert "▶ +3 bar" in lines[2] and "40 s" in lines[2] and "measure" in lines[2]
    assert 0 < lines[2].count("█") < lines[2].count("░") + lines[2].count("█")


def test_a_stage_has_no_result_before_the_tester_gives_one() -> None:
    drawn = Stages()
    drawn.plan((VACUUM, OVER))
    drawn.enter("−0,7 bar")
    drawn.pass_time(1000.0)
    text = "\n".join(drawn.text(90, 12))
    assert "µg/min" not in text and drawn.share(0) < 1.0


def test_a_stage_that_is_run_again_says_so_instead_of_counting_anew() -> None:
    drawn = stages()
    drawn.enter("+3 bar")
    with language.speaking("en"):
        assert "once more, shorter" in drawn.text(90, 4)[2]


def test_the_pressure_is_a_plan_and_says_so() -> None:
    with language.speaking("en"):
        text = "\n".join(stages().text(90, 16))
    assert "pressure as planned, not measured" in text and "+3.0" in text and "−0.7" in text and "105 s" in text


def test_the_stages_are_read_from_the_program() -> None:
    row = {
        "label": "+3 bar",
        "pressure": Value.of("test_pressure", 3.0),
        "fill": Value.of("measuring_time", 5.0),
        "stabilise": Value.of("measuring_time", 10.0),
        "measure": Value.of("measuring_time", 45.0),
    }
    assert planned([row], {"+3 bar": LEAK}) == (OVER,)


# Scales


def test_the_scale_shows_before_now_and_the_limit_between_them() -> None:
    field = Gauge(quantity("residual_field"), 0.02, "", FIELD, 1.4, State.CONFORMING)
    drawn = "".join(part for part, _look in bar(field, ends_of([field]), 60, BRAILLE))
    assert drawn.index("●") < drawn.index("┃") < drawn.index("○")


def test_a_value_far_off_the_scale_is_an_arrow_at_its_edge() -> None:
    far = Gauge(quantity("residual_field"), 500.0, "", FIELD)
    drawn = "".join(part for part, _look in bar(far, ends_of([far]), 60, BRAILLE))
    assert drawn.endswith("▶")


def test_a_figure_without_limit_says_that_none_is_known() -> None:
    with language.speaking("en"):
        text = "\n".join(gauges().text(90, 12)).replace("\u00a0", " ")
    assert "no limit known" in text and "≤ 0.100 mT" in text and "○ before   ● now" in text


# The time that is left


def seconds(value: float) -> Value:
    return Value.of("measuring_time", value)


def test_the_planned_time_follows_from_the_programs_own_parameters() -> None:
    timing = Program("timing", {"position": "CH", "stabilise": seconds(10.0), "measure": seconds(30.0)})
    stage = {"label": "", "pressure": 3.0, "fill": seconds(5), "stabilise": seconds(10), "measure": seconds(45)}
    assert planned_seconds(timing) == 40.0
    assert planned_seconds(Program("leak-test", {"stages": [stage, stage]})) == 120.0
    rate = Program("quartz-rate", {"inhibition_period": Value.of("inhibition_period", 60.0), "periods": 2})
    assert planned_seconds(rate) == 120.0
    assert planned_seconds(Program("pulse")) is None


@given(st.lists(st.tuples(st.floats(-10, 200), st.none() | st.floats(-50, 200)), max_size=30))
def test_the_time_that_is_left_never_grows(moments: list[tuple[float, float | None]]) -> None:
    remaining = Remaining(60.0)
    left = [60.0]
    for elapsed, better in moments:
        remaining.now(elapsed, better)
        assert remaining.left is not None
        left.append(remaining.left)
    assert all(later <= earlier for earlier, later in pairwise(left)) and left[-1] >= 0.0


def test_the_line_counts_down_and_never_promises_what_is_over() -> None:
    drawn = TimeLeft()
    with language.speaking("en"):
        drawn.begin(40.0)
        assert "40 s left" in drawn.text(60, 1)[0]
        drawn.tick(28.4)
        assert "12 s left" in drawn.text(60, 1)[0]
        drawn.tick(40.0)
        assert "about to end" in drawn.text(60, 1)[0]
        drawn.tick(40.0 + GRACE + 1.0)
        assert "longer than planned" in drawn.text(60, 1)[0]
        drawn.begin(None)
        drawn.tick(7.9)
        assert "running for 7 s" in drawn.text(60, 1)[0]


# Whatever comes


figures = st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.lists(st.tuples(figures, figures), max_size=50),
    st.integers(1, 60),
    st.integers(1, 20),
    st.sampled_from(sorted(CHARSETS)),
)
def test_no_points_whatever_break_a_curve(
    points: list[tuple[float, float]], width: int, height: int, name: str
) -> None:
    drawn = Curve()
    drawn.show(points, x="s", y="s/d", levels=(1.0,))
    assert [len(line) for line in drawn.text(width, height, name)] == [width] * height


finite = st.none() | st.floats(-1e9, 1e9)


@given(
    finite,
    finite,
    st.sampled_from([None, RATE, limit("rate", None, 3.0), limit("rate", -4.0, None)]),
    st.integers(1, 100),
)
def test_no_figures_whatever_break_a_scale(
    value: float | None, earlier: float | None, of: Limit | None, width: int
) -> None:
    gauge = Gauge(quantity("rate"), value, "CH", of, earlier)
    drawn = Gauges()
    drawn.show((gauge, gauge), ("before", "now"))
    for height in (1, 2, 12):
        assert [len(line) for line in drawn.text(width, height)] == [width] * height
    table = ByPosition()
    table.show([Spot("3H", value, value, value, earlier), Spot("6H", earlier), Spot("9H", value)], of)
    assert [len(line) for line in table.text(width, 14)] == [width] * 14
