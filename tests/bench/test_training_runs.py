"""A trainee's run: begun, measured, diagnosed with citations, revealed, and told criterion by criterion."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pdf_text import pages, squeezed
from virtual_session import recorded

from bench.desk import Desk
from bench.errors import Refused, UsageError
from bench.events import EventKind
from bench.people import Operator, Role
from bench.sheet import events_of
from bench.training import Exercises
from bench.training.evidence import Evidence, evidence
from bench.training.grid import grid_csv, grid_pdf
from bench.training.runs import Run, Training, citable, compare

LEA = Operator("lea", "Léa Petit", frozenset({Role.TRAINEE, Role.TECHNICIAN}))
PAUL = Operator("paul", "Paul Roy", frozenset({Role.TRAINER, Role.MANAGER}))
EXERCISE = Exercises().get("m-03")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A magnetised watch, measured and demagnetised, in a training workshop."""
    session = recorded(
        tmp_path_factory.mktemp("runs"), "mechanical-magnetised", "controle-mecanique", until="timing-after"
    )
    session.desk.house = replace(session.desk.house, training=True)
    return session.desk


@pytest.fixture
def training(desk: Desk) -> Training:
    desk.operator = LEA
    return Training(desk)


@pytest.fixture
def run(training: Training) -> Run:
    return training.begin(EXERCISE, LEA, training.next_id(), order="2026-0001")


def judged(desk: Desk) -> list:  # type: ignore[type-arg]
    return [entry for task in desk.work("2026-0001").state.tasks for entry in task.judged]


def test_no_exercise_runs_where_customers_watches_are(desk: Desk) -> None:
    real = replace(desk.house, training=False)
    desk.house, before = real, desk.house
    try:
        with pytest.raises(Refused, match="customers' watches"):
            Training(desk)
    finally:
        desk.house = before


def test_the_time_runs_from_the_begin_and_the_settings_hold(training: Training, run: Run, desk: Desk) -> None:
    assert run.limit == 60
    assert run.left(desk.clock.now() + timedelta(minutes=20)) == pytest.approx(
        timedelta(minutes=40), abs=timedelta(seconds=1)
    )
    interview = training.begin(EXERCISE.model_copy(update={"frame": "BC1", "minutes": 90}), LEA, training.next_id())
    assert interview.limit == 60
    assert interview.left(desk.clock.now()) > timedelta(minutes=89)


def test_a_diagnosis_cites_what_was_measured(training: Training, run: Run, desk: Desk) -> None:
    done = training.answer(
        run, "diagnosis", "Aimantée", codes=["mec-mag"], cites=["residual_field", "mean_rate"], judged=judged(desk)
    )
    given = done.diagnosis
    assert given is not None
    assert given.defects == ("MEC-MAG",)
    assert [each.figure for each in given.cites] == ["residual_field", "mean_rate"]
    assert compare(EXERCISE, given).named == ("MEC-MAG",)
    assert compare(EXERCISE, given).uncited == ()
    with pytest.raises(UsageError, match="leak_final was not measured"):
        training.answer(run, "diagnosis", "", cites=["leak_final"], judged=judged(desk))
    with pytest.raises(UsageError, match="MEC-MAG"):
        training.answer(run, "diagnosis", "", codes=["MEC-MAGN"])


def test_a_diagnosis_cites_what_was_out_of_tolerance_before_it_was_mended(desk: Desk) -> None:
    """The field was measured again after demagnetising, and is small then."""
    fields = [e.measurement.value.magnitude for e in judged(desk) if e.measurement.quantity.id == "residual_field"]
    assert fields[0] > 1.0 > 0.1 > fields[-1]
    found = citable(judged(desk))
    assert found["residual_field"].value.magnitude == fields[0]
    assert {"mean_rate", "rate.CH", "amplitude_drop", "residual_field"} <= set(found)
    assert not {"beat_rate.CH", "signal_level.CH"} & set(found)


def test_a_diagnosis_lies_beside_the_reference_and_gets_no_score(training: Training, run: Run, desk: Desk) -> None:
    given = training.answer(run, "diagnosis", "?", codes=["MEC-REP"], cites=["mean_rate"], judged=judged(desk))
    found = compare(EXERCISE, given.diagnosis)
    assert (found.named, found.missed, found.beyond) == ((), ("MEC-MAG",), ("MEC-REP",))
    assert (found.cited, found.uncited) == (("mean_rate",), ("residual_field",))
    assert compare(EXERCISE, None).missed == ("MEC-MAG",)


def test_the_answer_is_shown_after_a_diagnosis_or_by_the_trainer(training: Training, run: Run) -> None:
    with pytest.raises(Refused, match="after a diagnosis"):
        training.reveal(run, LEA)
    shown = training.reveal(run, PAUL)
    assert shown.revealed
    with pytest.raises(Refused, match="no answer any more"):
        training.answer(shown, "diagnosis", "Aimantée", codes=["MEC-MAG"])


def test_nobody_else_answers_in_a_trainees_run(training: Training, run: Run, desk: Desk) -> None:
    desk.sign_in(PAUL)
    with pytest.raises(Refused, match="Léa Petit's run"):
        training.answer(run, "diagnosis", "Aimantée", codes=["MEC-MAG"])
    assert training.run(run.id).diagnosis is None


def test_only_a_trainer_observes(training: Training, run: Run) -> None:
    with pytest.raises(Refused, match="Léa Petit is none"):
        training.observe(run, "C.1.1-a", "seen", "", LEA)
    with pytest.raises(UsageError, match=r"C\.9\.9-a"):
        training.observe(run, "C.9.9-a", "seen", "", PAUL)
    with pytest.raises(UsageError, match="not-seen"):
        training.observe(run, "C.1.1-a", "perhaps", "", PAUL)
    first = training.observe(run, "C.1.1-a", "partly", "Un peu vite", PAUL)
    last = training.observe(first, "C.1.1-a", "seen", "Bien, la seconde fois", PAUL)
    assert last.observations["C.1.1-a"].box == "seen"


def found(desk: Desk, run: Run) -> dict[str, Evidence]:
    events = events_of(desk.journal, run.order) if run.order else []
    return {each.criterion.id: each for each in evidence(events, run.observations)}


def test_all_97_criteria_stand_there_with_what_was_done(training: Training, run: Run, desk: Desk) -> None:
    run = training.observe(run, "C.1.1-a", "seen", "Souriante", PAUL)
    grid = found(desk, run)
    assert len(grid) == 97
    steps = {step.step: step for each in grid.values() for step in each.seen}
    assert steps["timing-before"].measurements == 3
    assert steps["timing-before"].minutes == pytest.approx(2.0, abs=0.5)
    assert steps["magnetism"].outcome == "fail"
    assert grid["C.1.1-a"].observation is not None
    assert any(each.planned and not each.seen for each in grid.values()), "steps that were not reached"
    assert any(each.open for each in grid.values()), "no step of this work shows it"


def test_the_passing_of_the_time_is_told_and_cuts_nothing_off(training: Training, run: Run, desk: Desk) -> None:
    events = events_of(desk.journal, run.order)
    done = [event for event in events if event.kind is EventKind.STEP_DONE]
    over = datetime.fromisoformat(done[len(done) // 2].at)
    late = replace(run, begun=(over - timedelta(minutes=run.limit)).isoformat())
    assert late.ends == over
    grid = evidence(events, run.observations, late.ends)
    told = {step.step: step for entry in grid for step in entry.seen if step.late}
    assert told
    assert all("after the time limit" in step.shown() for step in told.values())
    assert set(told) < {step.step for entry in grid for step in entry.seen}, "what was done in time is not late"
    lines = list(csv.DictReader(io.StringIO(grid_csv(late, grid, "en"))))
    assert {int(line["after_limit"]) for line in lines} > {0}
    pdf = grid_pdf(late, grid, "en", workshop="École", printed=late.begun, head=desk.journal.head(), events=events)
    text = squeezed("".join(pages(pdf)))
    assert squeezed("steps ended after it") in text
    assert squeezed("BC2 · Diagnosis") in text
    assert squeezed("Opening the case without leaving a mark") in text


def test_refusals_that_were_met_are_told(training: Training, run: Run, desk: Desk) -> None:
    work = desk.work("2026-0001")
    desk.sign_in(PAUL)
    with pytest.raises(Refused):
        work.start()
    rules = {rule for each in found(desk, run).values() for step in each.seen for rule in step.refusals}
    assert not rules, "the step that was refused was not entered: nothing is shown of it"


def test_a_replay_has_only_what_the_trainer_saw(training: Training, desk: Desk) -> None:
    run = training.begin(EXERCISE, LEA, training.next_id())
    run = training.observe(run, "C.2.1-a", "not-seen", "", PAUL)
    grid = found(desk, run)
    assert len(grid) == 97
    assert [code for code, each in grid.items() if not each.open] == ["C.2.1-a"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_grid_as_csv_has_a_line_a_criterion_and_its_mode(
    training: Training, run: Run, desk: Desk, language: str
) -> None:
    run = training.observe(run, "C.2.3-a", "seen", "=HYPERLINK(1)", PAUL)
    lines = list(csv.DictReader(io.StringIO(grid_csv(run, list(found(desk, run).values()), language))))
    assert len(lines) == 97
    assert {line["run"] for line in lines} == {run.id}
    assert len({line["mode"] for line in lines}) == 1
    assert all(line["mode"] for line in lines)
    told = next(line for line in lines if line["criterion"] == "C.2.3-a")
    assert told["remark"] == "'=HYPERLINK(1)", "a remark never becomes a formula"
    assert sum(int(line["measurements"]) for line in lines) > 0


def test_the_grid_as_pdf_says_that_it_is_training(training: Training, run: Run, desk: Desk, tmp_path: Path) -> None:
    run = training.observe(run, "C.2.3-a", "seen", "Très soigneuse", PAUL)
    events = events_of(desk.journal, run.order)
    pdf = grid_pdf(
        run,
        evidence(events, run.observations),
        "en",
        workshop="École",
        printed="2026-11-22T10:00:00+01:00",
        head=desk.journal.head(),
        events=events,
    )
    assert pdf[:5] == b"%PDF-"
    (tmp_path / "grid.pdf").write_bytes(pdf)
    text = squeezed("".join(pages(pdf)))
    for word in ("TRAINING MODE", "Léa Petit", "C.4.5-e", "Très soigneuse", "Nothing here is a score"):
        assert squeezed(word) in text
