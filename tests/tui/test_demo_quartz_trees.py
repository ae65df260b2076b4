"""The two quartz trees on simulated instruments, from the counter to the hand-over, without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.conformity import State
from bench.judging import Judged
from bench.work import Work
from tui import demo
from tui.answers import Answers
from tui.folder import Folder
from tui.headless import HeadlessRun, SafeEnd
from tui.workshop import Workshop


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A demonstration workshop in which a day of observation passes in a moment."""
    folder = Folder(tmp_path)
    demo.prepare(folder)
    written = folder.file.read_text("utf-8")
    assert "wait_scale = 7200" in written
    folder.file.write_text(written.replace("wait_scale = 7200", "wait_scale = 1e6"), "utf-8")
    return folder


def run(folder: Folder, case: str) -> tuple[Work, list[Judged]]:
    """Run the sample order of a simulated watch to its end; return it with what was measured."""
    measured: list[Judged] = []
    with Workshop.open(folder, speed=600.0) as workshop, SafeEnd(workshop.desk.stop) as end:
        (number,) = demo.take_in(workshop, demo.samples(case))
        workshop.on_order(number)
        row = workshop.journal.order(number)
        assert row is not None
        answers = Answers.load(demo.HERE / "answers" / f"{row.procedure}.toml")
        headless = HeadlessRun(
            workshop.desk,
            workshop.settings,
            answers,
            end,
            photos=folder.photos,
            say=lambda _said: None,
            show=measured.append,
        )
        work = headless.run(number)
        assert workshop.journal.verify().ok
    return work, measured


def verdicts(measured: list[Judged], quantity: str) -> list[State]:
    return [entry.verdict.state for entry in measured if entry.measurement.quantity.id == quantity]


def test_a_flat_battery_is_changed_and_the_case_proved(folder: Folder) -> None:
    work, measured = run(folder, "quartz-flat-battery")
    assert work.closed
    assert verdicts(measured, "battery_voltage") == [State.NONCONFORMING, State.CONFORMING]
    assert set(verdicts(measured, "leak_rate")) == {State.CONFORMING}
    assert work.state.closure == 2
    assert work.state.order.quote is not None


def test_a_movement_that_draws_too_much_is_exchanged(folder: Folder) -> None:
    work, measured = run(folder, "quartz-high-consumption")
    assert work.closed
    assert verdicts(measured, "consumption") == [State.NONCONFORMING, *[State.CONFORMING] * 3]
    assert {item.key for item in work.state.items("defects")} == {"QTZ-CON-EXC", "ETA-JFO"}
    assert work.state.counted() == {
        "back-screws": (0, 0),
        "casing-screws": (2, 2),
        "clamps": (2, 2),
        "dial-screws": (2, 2),
        "hands": (3, 3),
        "rings": (1, 1),
    }
