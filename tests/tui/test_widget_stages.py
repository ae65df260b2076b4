"""The map of stages, and what stands over the work: where one is, what was left out, whom the order waits for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from textual.content import Content
from textual.geometry import Size

from bench.language import Text, msg, use
from bench.people import Role
from bench.procedure.model import Stage
from bench.work import StepMark
from tui.widgets.order_header import Heading, OrderHeader, Waiting
from tui.widgets.steps import MOST_SYMBOLS, StepsMap, around, grouped

STAGES = tuple(Stage(id=f"i-{n}", title=Text(f"Étape {n}", f"Stage {n}")) for n in (1, 2, 3))


@pytest.fixture(autouse=True)
def english() -> None:
    use("en")


def mark(name: str, status: str, stage: str, outcome: str = "", reason: Text | None = None) -> StepMark:
    return StepMark(name, Text(name, name), status, outcome, stage, reason)


MARKS = [
    mark("greet", "done", "i-1"),
    mark("claim", "ahead", "i-1"),
    mark("test", "done", "i-2", "fail"),
    mark("clean", "current", "i-2"),
    mark("sign", "ahead", "i-3"),
]


def drawn(widget: StepsMap | OrderHeader, size: Size, monkeypatch: pytest.MonkeyPatch) -> Content:
    """Draw a widget as if it had this size."""
    monkeypatch.setattr(type(widget), "size", property(lambda _self: size))
    content = widget.render()
    assert isinstance(content, Content)
    return content


def test_a_stage_stands_where_its_steps_do_and_shows_the_worst_end() -> None:
    first, second, third = grouped(MARKS, STAGES)
    assert (first.status, second.status, third.status) == ("done", "current", "ahead")
    assert second.outcome == "fail"


def test_what_lies_behind_and_was_never_come_by_is_no_longer_ahead() -> None:
    first = grouped(MARKS, STAGES)[0]
    assert [each.status for each in first.marks] == ["done", "skipped"]


def test_a_stage_without_a_step_is_not_shown() -> None:
    assert [str(group.title) for group in grouped(MARKS[:1], STAGES)] == ["Stage 1"]


def test_a_long_stage_shows_the_steps_around_the_current_one() -> None:
    marks = [mark(f"s{n}", "done" if n < 20 else "ahead", "i-1") for n in range(40)]
    marks[20] = mark("here", "current", "i-1")
    shown = around(marks, 20)
    assert len(shown) == MOST_SYMBOLS
    assert shown[MOST_SYMBOLS // 2].id == "here"


def test_the_list_opens_the_current_stage_and_says_why_a_step_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = mark("polish", "skipped", "i-1", "skipped", Text("Plaqué or", "Gold-plated"))
    widget = StepsMap()
    widget.groups = grouped([*MARKS[:2], left_out, *MARKS[2:]], STAGES)
    said = drawn(widget, Size(38, 30), monkeypatch).plain
    assert all(words in said for words in ("Stage 1", "polish", "Gold-plated", "▶ clean", "✘ test", "3 Stage 3"))
    assert "greet" not in said and "sign" not in said


def test_the_line_of_a_small_terminal_names_stage_and_step(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = StepsMap()
    widget.groups = grouped(MARKS, STAGES)
    line = drawn(widget, Size(80, 1), monkeypatch).plain
    assert line.startswith(" Stage 2 of 3  Stage 2 · clean") and line.rstrip().endswith("✘▶")
    assert len(line) <= 80


def heading(**more: object) -> Heading:
    tomorrow = (date.today() + timedelta(days=1)).isoformat()
    known = {"number": "D-1", "watch": "Doubs", "calibre": "2824", "version": "1", "promised": tomorrow, "closure": 2}
    return Heading(**{**known, **more})  # type: ignore[arg-type]


def test_the_header_says_what_the_order_waits_for_that_which_holds_it_up_first(monkeypatch: pytest.MonkeyPatch) -> None:
    since = f"{date.today().isoformat()}T09:05:00+00:00"
    help_, stop = (
        Waiting(msg("Help is asked for"), Role.MANAGER, since, holds_up=False),
        Waiting(msg("The cost goes beyond the signed quote"), Role.MANAGER, since, holds_up=True),
    )
    header = OrderHeader()
    header.heading = heading(waits=(help_, stop))
    content = drawn(header, Size(80, 3), monkeypatch)
    last = content.plain.splitlines()[-1]
    assert "waits for: workshop manager, since" in last and "(+1)" in last and "The cost goes" in last
    assert all(len(line) <= 80 for line in content.plain.splitlines())


def test_a_promise_that_has_passed_stands_in_the_colour_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    header = OrderHeader()
    header.heading = heading(promised=(date.today() - timedelta(days=2)).isoformat())
    content = drawn(header, Size(80, 3), monkeypatch)
    assert "2 d late" in content.plain
    assert any("$error" in str(span.style) for span in content.spans)


def test_the_header_names_who_else_has_the_watch_and_that_a_signature_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    header = OrderHeader()
    header.heading = heading(holder="Luc Favre", void=True)
    said = drawn(header, Size(120, 3), monkeypatch).plain
    assert "Luc Favre has the watch" in said and "SIGNATURE VOID" in said
