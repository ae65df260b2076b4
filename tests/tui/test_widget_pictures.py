"""The pictures: figures in blocks, the limit as a bar, the curve, the step map; each drawn from plain values."""

from __future__ import annotations

import pytest

from bench import language
from bench.conformity import State
from bench.limit import Limit, Mark
from bench.quantities import quantity
from tui.widgets import charset, digits, scale
from tui.widgets.picklist import cell
from tui.widgets.readout import Readout, Shown
from tui.widgets.steps import mark_of

RATE = Limit(quantity("rate"), -12.0, 12.0, "test", Mark.DOCUMENTED)
LEAK = Limit(quantity("leak_rate"), None, 50.0, "test", Mark.DOCUMENTED)
AMPLITUDE = Limit(quantity("amplitude"), 200.0, None, "test", Mark.DOCUMENTED)


def test_figures_stand_in_four_or_in_seven_rows_of_equal_width() -> None:
    for large, height in ((False, 4), (True, 7)):
        rows = digits.draw("+12,3", large=large)
        assert len(rows) == height
        assert len({len(row) for row in rows}) == 1


def test_in_ascii_figures_and_the_bar_hold_nothing_else() -> None:
    with charset.drawing("ascii"):
        drawn = [*digits.draw("+12,3"), *digits.draw("−40.7", large=True)]
        drawn += [line.plain for line in scale.bar(4.2, 1.0, RATE, 2.0, 60)]
    assert all(line.isascii() and line.strip() for line in drawn)


def test_each_digit_looks_different_from_the_others() -> None:
    drawn = {tuple(digits.draw(digit)) for digit in "0123456789+−,."}
    assert len(drawn) == 14


def test_the_bar_shows_outside_guard_band_and_acceptance_from_left_to_right() -> None:
    bar = scale.zones(RATE, 2.0, 60)
    order = [sign for n, sign in enumerate(bar) if n == 0 or bar[n - 1] != sign]
    assert order == ["·", "┃", "▒", "━", "▒", "┃", "·"]


def test_the_needle_stands_where_the_value_lies_and_never_leaves_the_bar() -> None:
    width = 61
    assert scale.needle(0.0, None, RATE, width).index("▼") == width // 2
    assert scale.needle(1e6, None, RATE, width)[-1] == "▶"
    assert scale.needle(-1e6, 3.0, RATE, width)[0] == "◀"


@pytest.mark.parametrize("limit", [RATE, LEAK, AMPLITUDE])
def test_a_value_outside_the_limit_stands_over_the_outside(limit: Limit) -> None:
    outside = 60.0 if limit.high is not None else 150.0
    width = 80
    bar, needle = scale.zones(limit, 0.0, width), scale.needle(outside, None, limit, width)
    at = next(n for n, sign in enumerate(needle) if sign in "▼◀▶")
    assert bar[at] == "·"


def test_the_readout_names_value_unit_and_limit_in_the_language_in_force() -> None:
    shown = [Shown(quantity("rate"), 4.04, RATE, 1.2, 1.0, State.CONFORMING), Shown(quantity("amplitude"), 285.0)]
    readout = Readout()
    readout.shown, readout.label = tuple(shown), "CH"
    with language.speaking("fr"):
        text = "\n".join(line.plain for line in readout.lines(78, 8))
    assert "marche  CH" in text and "s/j" in text and "−12,0" in text and "285 °" in text
    with language.speaking("en"):
        text = "\n".join(line.plain for line in readout.lines(78, 8))
    assert "rate  CH" in text and "s/d" in text and "−12.0" in text


@pytest.mark.parametrize(("width", "height"), [(76, 8), (118, 12)])
def test_no_line_of_the_readout_is_wider_than_the_screen(width: int, height: int) -> None:
    readout = Readout()
    readout.shown = (
        Shown(quantity("rate"), -123.4, RATE, 1.2, 1.0, State.NONCONFORMING),
        Shown(quantity("amplitude"), 285.0, AMPLITUDE, 2.0, 1.0, State.CONDITIONALLY_NONCONFORMING),
        Shown(quantity("beat_error"), 0.2),
    )
    lines = readout.lines(width, height)
    assert len(lines) <= height
    assert max(line.cell_length for line in lines) <= width


def test_a_failed_step_is_not_marked_like_a_passed_one() -> None:
    signs = {mark_of("done", outcome)[0] for outcome in ("pass", "fail", "conditional", "no-verdict")}
    assert len(signs) == 4


def test_acell_is_cut_with_an_ellipsis_and_keeps_its_width() -> None:
    assert cell("Étanchéité", 6) == "Étanc…"
    assert cell("OR", 6) == "OR    "
