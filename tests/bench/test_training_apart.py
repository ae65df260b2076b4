"""Training lives apart from real work: its journal, its replays, what is hidden of a blind run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from daily_checks import LEAK_TESTER, a_checked_desk
from scripted import HOUSE, Truth, a_desk, an_order

from bench.checking import check
from bench.conformity import State
from bench.errors import EtabliError, Refused
from bench.events import EventKind
from bench.measurement import Provenance
from bench.people import Operator, Role
from bench.training import Exercises
from bench.training.apart import check_apart
from bench.training.blind import OPEN, Veil, hidden_orders, may_be_told, veil_of
from bench.training.runs import Training
from bench.work import Work

LEA = Operator("lea", "Léa Petit", frozenset({Role.TRAINEE, Role.TECHNICIAN}))
SCHOOL = replace(HOUSE, training=True)
BLIND = Exercises().get("m-03").model_copy(update={"hide": ("verdicts", "limits", "hints")})


def at_the_magnetism(*, training: bool = True) -> Work:
    """An order opened for an exercise, at its first measurement."""
    desk = a_desk(Truth(residual=1.4), house=SCHOOL if training else HOUSE)
    desk.open_order(an_order("controle-mecanique"))
    work = desk.work("2026-0001")
    work.start()
    work.answer({"label": "yes", "case_number": "118204", "calibre_seen": "yes"})
    work.start()
    work.answer({"glass_sound": "yes", "back_tight": "yes", "crown_present": "yes", "moisture_visible": "no"})
    work.start()
    return work


@pytest.mark.parametrize("training", [True, False])
def test_a_journal_is_for_training_from_its_first_order_to_its_last(training: bool) -> None:
    journal = at_the_magnetism(training=training).desk.journal
    check_apart(journal, training=training)
    with pytest.raises(EtabliError, match="2026-0001") as refused:
        check_apart(journal, training=not training)
    assert refused.value.remedy is not None
    check_apart(a_desk(Truth()).journal, training=training)


def test_what_an_instrument_replays_never_becomes_a_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    work = at_the_magnetism(training=False)
    task = work.next_task()
    assert task is not None
    work.prepare(task)
    monkeypatch.setattr(work.desk.pool, "provenance", lambda _instrument: Provenance.REPLAYED)
    before = work.desk.journal.head()
    with pytest.raises(Refused, match="is a replay") as refused:
        work.measure(task)
    assert refused.value.refusal.rule == "G-40"
    assert work.desk.journal.head() == before
    assert not work.judged()


def test_no_daily_check_is_made_of_a_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = a_checked_desk(Truth(leak=48.0))
    monkeypatch.setattr(desk.pool, "provenance", lambda _instrument: Provenance.REPLAYED)
    with pytest.raises(Refused, match="is a replay"):
        check(desk, LEAK_TESTER)
    assert not list(desk.journal.events(kinds=[EventKind.INSTRUMENT_CHECKED]))


# -- blind at the bench


def measured(work: Work) -> None:
    while (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task)


def test_the_engine_judges_what_the_trainee_does_not_see() -> None:
    work = at_the_magnetism()
    training = Training(work.desk)
    run = training.begin(BLIND, LEA, "EX-0001", order=work.number)
    measured(work)
    (field,) = [entry for entry in work.judged() if entry.measurement.quantity.id == "residual_field"]
    assert field.verdict.state is State.NONCONFORMING
    assert work.outcome() == "fail"
    veil = veil_of(work.desk.journal, work.number, work.desk.house)
    assert veil == Veil(verdicts=True, limits=True)
    (seen,) = veil.judged([field])
    assert seen.measurement == field.measurement
    assert (seen.verdict.state, seen.verdict.limit) == (State.REFUSED, None)
    assert seen.verdict.refusal is not None
    assert seen.verdict.refusal.rule == "hidden"
    assert veil.outcome("fail") == veil.outcome("pass") == "hidden"
    assert veil.task(work.tasks()[0]).limits == ()
    assert hidden_orders(work.desk.journal, work.desk.house) == {work.number}
    with pytest.raises(Refused, match="hidden until the reveal"):
        may_be_told(work.desk.journal, list(work.desk.journal.events(order=work.number)))
    work.desk.operator = LEA
    training.answer(run, "diagnosis", "Aimantée", codes=["MEC-MAG"])
    training.reveal(training.run(run.id), LEA)
    assert veil_of(work.desk.journal, work.number, work.desk.house) is OPEN
    may_be_told(work.desk.journal, list(work.desk.journal.events(order=work.number)))


def test_verdicts_and_limits_are_hidden_one_without_the_other() -> None:
    work = at_the_magnetism()
    measured(work)
    (field,) = [entry for entry in work.judged() if entry.measurement.quantity.id == "residual_field"]
    (limit_seen,) = Veil(verdicts=True).judged([field])
    assert (limit_seen.verdict.state, limit_seen.verdict.limit) == (State.REFUSED, field.verdict.limit)
    (verdict_seen,) = Veil(limits=True).judged([field])
    assert (verdict_seen.verdict.state, verdict_seen.verdict.limit) == (State.NONCONFORMING, None)
    assert Veil().judged([field]) == (field,)


def test_nothing_is_ever_hidden_of_a_customers_order() -> None:
    """Not even where somebody wrote the events of an exercise into a workshop's journal."""
    work = at_the_magnetism()
    Training(work.desk).begin(BLIND, LEA, "EX-0001", order=work.number)
    work.desk.house = HOUSE
    assert veil_of(work.desk.journal, work.number, HOUSE) is OPEN
    assert hidden_orders(work.desk.journal, HOUSE) == frozenset()
    with pytest.raises(Refused, match="customers' watches"):
        Training(work.desk)
