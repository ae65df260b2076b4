"""A demonstration that is started again: each virtual watch is as the record says it was left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui import demo
from tui.answers import Answers
from tui.folder import Folder
from tui.headless import HeadlessRun, SafeEnd
from tui.workshop import Workshop


def silent(_said: object) -> None:
    """Nothing to tell."""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    demo.prepare(folder)
    return folder


def walk(folder: Folder, case: str) -> str:
    """Run the sample order of `case` to its end; return its number."""
    with Workshop.open(folder, speed=300.0) as workshop, SafeEnd(workshop.desk.stop) as end:
        (number,) = demo.take_in(workshop, demo.samples(case))
        workshop.on_order(number)
        row = workshop.journal.order(number)
        assert row is not None
        answers = Answers.load(demo.HERE / "answers" / f"{row.procedure}.toml")
        HeadlessRun(workshop.desk, workshop.settings, answers, end, photos=folder.photos, say=silent, show=silent).run(
            number
        )
    return number


def test_a_demagnetised_watch_stays_so(folder: Folder) -> None:
    number = walk(folder, "mechanical-magnetised")
    with Workshop.open(folder) as workshop:
        simulation = workshop._simulation
        assert simulation is not None
        (fresh,) = demo.take_in(workshop, demo.samples("mechanical-magnetised"))
        assert fresh == f"{number}-2"
        workshop.on_order(fresh)
        assert simulation.watch is not None
        assert simulation.watch.magnetism.field > 1.0
        workshop.on_order(number)
        assert simulation.watch is not None
        assert simulation.watch.magnetism.field < 0.1


def test_a_new_gasket_stays_in(folder: Folder) -> None:
    number = walk(folder, "case-leaking")
    with Workshop.open(folder) as workshop:
        simulation = workshop._simulation
        assert simulation is not None
        workshop.on_order(number)
        assert simulation.watch is not None
        assert not simulation.watch.case.open
        assert simulation.watch.case.flow(5.0) < 50.0


def test_sample_orders_are_taken_in_once(folder: Folder) -> None:
    numbers = [order.number for order in demo.samples()]
    for _ in range(2):
        with Workshop.open(folder) as workshop:
            assert demo.take_in(workshop, demo.samples()) == numbers
    with Workshop.open(folder) as workshop:
        assert sorted(row.number for row in workshop.desk.orders()) == sorted(numbers)


def test_every_answer_of_the_demonstration_fits_its_procedure(folder: Folder) -> None:
    for procedure in folder.procedures().all():
        answers = Answers.load(demo.HERE / "answers" / f"{procedure.id}.toml")
        answers.check(procedure)
        for step in procedure.steps:
            known = {entry.id for entry in step.fields}
            assert set(answers.at(step, 1).fields) <= known, step.id
