"""The full service on simulated instruments, from the counter to the hand-over, without a screen."""

from __future__ import annotations

from pathlib import Path

from bench.conformity import State
from bench.judging import Judged
from tui import demo
from tui.answers import Answers
from tui.folder import Folder
from tui.headless import HeadlessRun, SafeEnd
from tui.workshop import Workshop


def test_a_watch_with_dry_oil_is_serviced_regulated_and_proved(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    demo.prepare(folder)
    written = folder.file.read_text("utf-8")
    assert "wait_scale = 7200" in written
    folder.file.write_text(written.replace("wait_scale = 7200", "wait_scale = 1e6"), "utf-8")
    measured: list[Judged] = []
    order = next(each for each in demo.samples() if each.procedure == "revision-complete")
    with Workshop.open(folder, speed=600.0) as workshop, SafeEnd(workshop.desk.stop) as end:
        (number,) = demo.take_in(workshop, [order])
        workshop.on_order(number)
        answers = Answers.load(demo.HERE / "answers" / "revision-complete.toml")
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
    assert work.closed
    assert work.state.closure == 2
    # Closed, bare, at 0 h before and after the regulation, at 24 h, cased: the amplitude comes back with the cleaning.
    lowest = [entry for entry in measured if entry.measurement.quantity.id == "min_amplitude"]
    assert [entry.verdict.state for entry in lowest[:2]] == [State.NONCONFORMING] * 2
    assert lowest[-1].verdict.state is State.CONFORMING
    means = [entry for entry in measured if entry.measurement.quantity.id == "mean_rate"]
    assert means[-1].verdict.state is State.CONFORMING
    leaks = [entry for entry in measured if entry.measurement.quantity.id == "leak_rate"]
    assert {entry.verdict.state for entry in leaks[-2:]} == {State.CONFORMING}
    assert all(out == back for out, back in work.state.counted().values())
