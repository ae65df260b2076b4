"""Orders walked through their procedures on scripted instruments: the happy ways, the branches, and the refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from scripted import CONTROLLER, HOUSE, TECHNICIAN, ScriptedPool, Truth, a_desk, an_order, later

from bench.conformity import State
from bench.desk import Desk
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind
from bench.house import House
from bench.instrument import Identity, LinkLost, LinkState
from bench.metrology import InstrumentRecord
from bench.procedure.model import StepKind
from bench.work import Work

GOOD = {
    "label": "yes",
    "case_number": "12345",
    "calibre_seen": "yes",
    "glass_sound": "yes",
    "back_tight": "yes",
    "crown_present": "yes",
    "moisture_visible": "no",
    "engraved": "30 m",
    "reference": "371",
    "gasket_reference": "G-12",
    "functions": "yes",
    "looks": "yes",
    "zone": "back",
    "follows": "no",
    "watch_temperature": "21,5",
    "chamber_temperature": "22",
}


def work_on(truth: Truth, procedure: str, **changes: Any) -> Work:
    desk = a_desk(truth, **{k: changes.pop(k) for k in ("house", "issued") if k in changes})
    desk.open_order(an_order(procedure, **changes))
    return desk.work("2026-0001")


def measure_step(work: Work, reason: str = "") -> str:
    """Measure every task of the current step and return its outcome."""
    work.start()
    while (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task)
    outcome = work.outcome()
    assert outcome is not None
    return outcome


def answers_for(work: Work, choice: str = "") -> dict[str, str]:
    assert work.step is not None
    found = {}
    for field in work.step.fields:
        if field.kind == "tick":
            found[field.id] = "yes"
        elif work.step.kind is StepKind.DECISION:
            found[field.id] = choice
        elif field.id in GOOD:
            found[field.id] = GOOD[field.id]
    return found


def go_on(work: Work, choice: str = "", reason: str = "") -> None:
    """Do the current step as a careful technician would."""
    step = work.step
    assert step is not None
    if step.kind is StepKind.MEASUREMENT:
        measure_step(work)
        work.confirm(reason)
        return
    if step.kind is StepKind.SIGNOFF:
        work.desk.sign_in(CONTROLLER)
    work.start()
    if step.kind is StepKind.WAIT:
        later(work.desk, minutes=31)
    work.answer(answers_for(work, choice))


def walk(work: Work, *choices: str, until: str = "") -> list[str]:
    """Go on to the end (or to the step `until`), taking `choices` at the decisions; return the steps done."""
    ways = list(choices)
    steps = []
    while work.step is not None and work.step.id != until:
        steps.append(work.step.id)
        go_on(work, ways.pop(0) if work.step.kind is StepKind.DECISION else "")
    return steps


def test_a_healthy_mechanical_watch_is_timed_tested_and_closed() -> None:
    work = work_on(Truth(), "controle-mecanique")
    steps = walk(work, "leave")
    assert steps == [
        "identify",
        "inspect",
        "magnetism",
        "timing-before",
        "decide",
        "prepare-dry",
        "rest",
        "temperatures",
        "dry-test",
        "final-control",
    ]
    assert work.closed
    assert work.state.dry is not None and work.state.dry.passed


def test_timing_before_demagnetising_is_labelled_so_and_the_rate_comes_back_after_it() -> None:
    work = work_on(Truth(residual=1.5), "controle-mecanique")
    walk(work, until="timing-before")
    assert work.state.magnetised is True
    assert measure_step(work) == "fail"
    tags = {entry.measurement.conditions["tag"]["en"] for entry in work.judged()}
    assert tags == {"before demagnetisation"}
    work.confirm()
    go_on(work, "demagnetise")
    steps = walk(work)
    assert steps[:3] == ["demagnetise", "magnetism-after", "timing-after"]
    after = [t for t in work.state.tasks if t.step == "timing-after"]
    mean = next(e for t in after for e in t.judged if e.measurement.quantity.id == "mean_rate")
    assert mean.verdict.state is State.CONFORMING
    assert work.closed


def test_regulating_a_magnetised_watch_is_refused_where_it_is_chosen_and_the_refusal_is_kept() -> None:
    work = work_on(Truth(residual=1.5), "controle-mecanique")
    walk(work, until="decide")
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer({"way": "regulate"})
    assert refused.value.refusal.rule == "G-17"
    assert work.step is not None and work.step.id == "decide"
    kept = [e for e in work.desk.journal.events(order=work.number) if e.kind is EventKind.REFUSED]
    assert kept[-1].payload["refusal"]["rule"] == "G-17"


def test_regulating_opens_the_case_and_closing_gives_a_new_closure_number() -> None:
    work = work_on(Truth(rate=20.0), "controle-mecanique")
    walk(work, "regulate")
    assert work.closed
    assert work.state.closure == 2
    assert work.state.dry is not None and work.state.dry.closure == 2


def test_without_a_house_limit_the_compass_decides() -> None:
    work = work_on(Truth(residual=1.5), "controle-mecanique", house=House("Sans limite"))
    steps = walk(work, until="timing-before")
    assert steps[-1] == "compass"
    assert work.state.magnetised is False


# -- guards -----------------------------------------------------------------------------------------------------


def refusal_of(work: Work) -> str:
    with pytest.raises(Refused) as refused:
        work.start()
    return refused.value.refusal.rule


def test_g01_nobody_works_without_a_name() -> None:
    work = work_on(Truth(), "controle-mecanique")
    work.desk.operator = None
    assert refusal_of(work) == "G-01"


def test_g02_an_incomplete_order_does_not_leave_reception() -> None:
    work = work_on(Truth(), "controle-mecanique", declared="")
    assert refusal_of(work) == "G-02"
    refusal = work.refusal()
    assert refusal is not None and "what the customer says" in str(refusal.reason)


def test_g04_another_instrument_than_the_registered_one_measures_nothing() -> None:
    work = work_on(Truth(), "controle-mecanique")
    walk(work, until="magnetism")
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    pool.identities["field-meter"] = Identity("Scripted field-meter", "ANOTHER")
    work.start()
    task = work.next_task()
    assert task is not None
    with pytest.raises(Refused) as refused:
        work.measure(task)
    assert refused.value.refusal.rule == "G-04"


def test_g05_an_expired_calibration_measures_nothing_but_an_indication_without_verdict() -> None:
    work = work_on(Truth(), "controle-mecanique", issued=date(2025, 1, 1))
    walk(work, until="magnetism")
    work.start()
    task = work.next_task()
    assert task is not None
    with pytest.raises(Refused) as refused:
        work.measure(task)
    assert refused.value.refusal.rule == "G-05"
    while (task := work.next_task()) is not None:
        judged = work.measure(task, indication=True)
    assert {entry.verdict.state for entry in judged} == {State.REFUSED}
    assert work.outcome() == "no-verdict"
    assert work.state.magnetised is None


def test_g14_an_opening_after_the_pass_voids_it_until_the_next_test() -> None:
    work = work_on(Truth(leak=120.0), "controle-mecanique")
    walk(work, "leave", until="decide-leak")
    go_on(work, "gasket")
    go_on(work)
    assert work.state.closure == 2 and work.state.dry is not None and work.state.dry.closure == 1
    walk(work)
    assert work.closed and work.state.dry is not None and work.state.dry.closure == 2


@pytest.mark.parametrize(
    ("field", "answer"),
    [("glass_sound", "no"), ("back_tight", "no"), ("crown_present", "no"), ("moisture_visible", "yes")],
)
def test_g16_a_faulty_case_gets_neither_pressure_nor_vacuum(field: str, answer: str) -> None:
    work = work_on(Truth(), "controle-mecanique")
    go_on(work)
    work.start()
    work.answer({**answers_for(work), field: answer})
    walk(work, "leave", until="not-testable")
    work.state = replace(work.state, current="dry-test")
    assert refusal_of(work) == "G-16"


def test_g16_an_inspection_that_was_never_made_is_asked_for() -> None:
    work = work_on(Truth(), "controle-mecanique")
    work.state = replace(work.state, current="dry-test")
    assert refusal_of(work) == "G-16"


def test_a_case_that_may_not_be_tested_goes_back_with_a_reservation() -> None:
    work = work_on(Truth(), "controle-mecanique")
    go_on(work)
    work.start()
    work.answer({**answers_for(work), "moisture_visible": "yes"})
    steps = walk(work, "leave", "reserved")
    assert "dry-test" not in steps
    assert work.closed and work.state.alert_kinds == ("reservation",)


def test_a_case_that_was_repaired_is_inspected_again_and_tested() -> None:
    work = work_on(Truth(), "controle-mecanique")
    go_on(work)
    work.start()
    work.answer({**answers_for(work), "crown_present": "no"})
    steps = walk(work, "leave", "repaired")
    after = steps[steps.index("inspect-again") :]
    assert after == ["inspect-again", "prepare-dry", "rest", "temperatures", "dry-test", "final-control"]


def test_g19_a_weak_signal_gives_values_without_a_verdict() -> None:
    work = work_on(Truth(signal=0.05), "controle-mecanique")
    walk(work, until="timing-before")
    assert measure_step(work) == "no-verdict"
    refusals = {entry.verdict.refusal.rule for entry in work.judged() if entry.verdict.refusal}
    assert refusals == {"G-19"}
    assert all(entry.verdict.state is State.REFUSED for entry in work.judged())


def test_g21_no_intervention_without_a_signed_quote() -> None:
    work = work_on(Truth(residual=1.5), "controle-mecanique", quote=None)
    walk(work, until="decide")
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer({"way": "demagnetise"})
    assert refused.value.refusal.rule == "G-21"


def test_g28_a_failure_without_a_branch_does_not_end_the_step() -> None:
    work = work_on(Truth(rate=40.0), "controle-mecanique")
    walk(work, until="timing-before")
    assert work.step is not None
    step = work.step.model_copy(update={"next": {}})
    others = tuple(step if s.id == step.id else s for s in work.procedure.step)
    work.procedure = work.procedure.model_copy(update={"step": others})
    measure_step(work)
    with pytest.raises(Refused) as refused:
        work.confirm()
    assert refused.value.refusal.rule == "G-28"


def test_g29_the_fourth_repeat_needs_a_reason_and_every_attempt_is_kept() -> None:
    work = work_on(Truth(rate=40.0), "controle-mecanique")
    walk(work, until="timing-before")
    for _ in range(2):
        measure_step(work)
        work.repeat()
    measure_step(work)
    with pytest.raises(Refused) as refused:
        work.repeat()
    assert refused.value.refusal.rule == "G-29"
    work.repeat("montre mal posée")
    measure_step(work)
    assert [len(work.state.tasks_of("timing-before", visit)) for visit in (1, 2, 3, 4)] == [3, 3, 3, 3]


def test_g30_keying_in_is_refused_while_the_link_is_up_and_needs_a_reason_when_it_is_down() -> None:
    work = work_on(Truth(), "controle-mecanique")
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    linked = next(r for r in pool.records() if r.id == "field-meter")
    by_hand: InstrumentRecord = replace(linked, id="by-hand", dialect="manual")
    pool._records.append(by_hand)
    pool.states["by-hand"] = LinkState.READY
    walk(work, until="magnetism")
    work.start()
    task = work.next_task()
    assert task is not None
    assert work.instrument(task).id == "field-meter"
    with pytest.raises(Refused) as while_up:
        work.measure(task, by_hand=True, reason="plus rapide")
    assert while_up.value.refusal.rule == "G-30"
    pool.states["field-meter"] = LinkState.LOST
    with pytest.raises(Refused) as without_reason:
        work.measure(task, by_hand=True)
    assert without_reason.value.refusal.rule == "G-30"
    with pytest.raises(Refused) as without_photo:
        work.measure(task, by_hand=True, reason="câble coupé")
    assert without_photo.value.refusal.rule == "G-30"
    photo = {"sha256": "a" * 64, "name": "a.jpg", "width": 100, "height": 80}
    work.record(
        [Draft(EventKind.PHOTO_ATTACHED, {"photo": photo, "kind": "evidence", "step": "magnetism", "note": ""})]
    )
    assert work.measure(task, by_hand=True, reason="câble coupé")


def test_g31_the_final_control_is_another_persons_unless_the_house_flags_self_check() -> None:
    work = work_on(Truth(), "controle-mecanique")
    walk(work, "leave", until="final-control")
    assert refusal_of(work) == "G-31"
    alone = work_on(Truth(), "controle-mecanique", house=House("Seul", HOUSE.residual_field_max, self_check=True))
    walk(alone, "leave", until="final-control")
    alone.start()
    alone.answer({"functions": "yes", "looks": "yes"})
    signed = [e for e in alone.desk.journal.events(order=alone.number) if e.kind is EventKind.SIGNED]
    assert signed[0].payload["self_check"] is True
    assert signed[0].payload["name"] == TECHNICIAN.name


def test_g34_a_magnetised_watch_is_not_signed_out() -> None:
    work = work_on(Truth(residual=1.5), "controle-mecanique")
    walk(work, "leave", until="final-control")
    work.desk.sign_in(CONTROLLER)
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer({"functions": "yes", "looks": "yes"})
    assert refused.value.refusal.rule == "G-34"
    assert not work.closed


# -- interruptions, resumption, wrong answers ---------------------------------------------------------------------


def test_a_lost_link_is_kept_as_an_interruption_and_the_task_is_measured_again() -> None:
    work = work_on(Truth(), "controle-mecanique")
    walk(work, until="timing-before")
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    work.start()
    first = work.next_task()
    assert first is not None
    work.measure(first)
    second = work.next_task()
    assert second is not None
    pool.fail_next = LinkLost("timegrapher", partial=b"\xa5\x02")
    with pytest.raises(LinkLost):
        work.measure(second)
    assert work.state.interruptions == 1
    assert work.next_task() == second
    last = list(work.desk.journal.events(order=work.number))[-1]
    assert last.kind is EventKind.MEASUREMENT_INTERRUPTED
    assert last.payload["evidence"]["partial"] == "a502"
    measure_step(work)
    assert len(work.judged()) == 3 * 4 + 6


@pytest.mark.parametrize("field", ["label", "calibre_seen"])
def test_another_watch_than_the_orders_is_refused_with_what_to_do(field: str) -> None:
    work = work_on(Truth(), "controle-mecanique")
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer({**answers_for(work), field: "no"})
    assert refused.value.refusal.rule == "identify"
    assert "order" in str(refused.value.refusal.remedy)
    assert work.step is not None and work.step.id == "identify"


def test_a_measurement_is_given_up_only_after_it_was_tried_and_with_a_reason() -> None:
    work = work_on(Truth(), "controle-mecanique")
    walk(work, "leave", until="dry-test")
    work.start()
    with pytest.raises(Refused) as untried:
        work.give_up("appareil en panne")
    assert untried.value.refusal.rule == "G-28"
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    pool.fail_next = LinkLost("water-resistance")
    task = work.next_task()
    assert task is not None
    with pytest.raises(LinkLost):
        work.measure(task)
    with pytest.raises(Refused):
        work.give_up("  ")
    work.give_up("appareil en panne")
    assert work.state.ends[-1].outcome == "not-measured"


def test_a_watch_that_could_not_be_tested_goes_back_with_a_reservation_only() -> None:
    work = work_on(Truth(), "controle-mecanique")
    walk(work, "leave", until="dry-test")
    give_up(work, "water-resistance")
    assert work.step is not None and work.step.id == "decide-leak"
    walk(work, "reserved")
    assert work.state.alert_kinds == ("reservation",)


def test_a_judged_step_without_a_branch_for_it_cannot_be_left_unmeasured() -> None:
    work = work_on(Truth(), "controle-mecanique")
    walk(work, "leave", until="dry-test")
    assert work.step is not None
    step = work.step.model_copy(update={"next": {"fail": "decide-leak"}})
    others = tuple(step if s.id == step.id else s for s in work.procedure.step)
    work.procedure = work.procedure.model_copy(update={"step": others})
    with pytest.raises(Refused) as refused:
        give_up(work, "water-resistance")
    assert refused.value.refusal.rule == "G-28"


def give_up(work: Work, instrument: str) -> None:
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    pool.fail_next = LinkLost(instrument)
    work.start()
    task = work.next_task()
    assert task is not None
    with pytest.raises(LinkLost):
        work.measure(task)
    work.give_up("appareil en panne")


def test_answers_that_do_not_fit_are_named_and_change_nothing() -> None:
    work = work_on(Truth(), "controle-mecanique")
    work.start()
    before = work.state
    with pytest.raises(UsageError, match="no field colour"):
        work.answer({"colour": "red"})
    with pytest.raises(UsageError, match="not complete"):
        work.answer({"label": "yes"})
    with pytest.raises(UsageError, match="no answer"):
        work.answer({"label": "perhaps", "case_number": "1", "calibre_seen": "yes"})
    assert work.state == before


def test_an_unknown_order_names_itself() -> None:
    desk: Desk = a_desk(Truth())
    with pytest.raises(UsageError, match="2026-0009"):
        desk.work("2026-0009")
