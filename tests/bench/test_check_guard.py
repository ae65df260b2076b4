"""G-06 at the bench: no verdict before today's check; the order goes on as soon as it has passed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from daily_checks import LEAK_TESTER, a_checked_desk
from scripted import TECHNICIAN, ScriptedPool, Truth, an_order
from tree_walk import sign_in, walk_tree

from bench.checking import check
from bench.conformity import State
from bench.desk import Desk
from bench.errors import Refusal, Refused
from bench.events import EventKind
from bench.judging import MeasureTask
from bench.metrology import Certificate, InstrumentRecord
from bench.work import Work


def before_the_leak_test(desk: Desk) -> tuple[Work, MeasureTask]:
    """Open a water-resistance order and walk it to its first measurement."""
    desk.open_order(an_order("etancheite-et-joints"))
    work = desk.work("2026-0001")
    walk_tree(work, until="dry-test")
    sign_in(work, TECHNICIAN)
    work.start()
    task = work.next_task()
    assert task is not None
    assert task.kind.value == LEAK_TESTER
    return work, task


def refusal(work: Work, task: MeasureTask, *, indication: bool = False) -> Refusal:
    with pytest.raises(Refused) as caught:
        work.measure(task, indication=indication)
    return caught.value.refusal


def test_no_verdict_before_todays_check_with_reason_remedy_and_who() -> None:
    desk = a_checked_desk(Truth(leak=48.0))
    work, task = before_the_leak_test(desk)
    said = refusal(work, task)
    assert said.rule == "G-06"
    assert "daily check has not been done" in str(said.reason)
    assert f"instruments check {LEAK_TESTER}" in str(said.remedy)
    assert "check" in str(said.lifted_by)
    assert [e.payload["refusal"]["rule"] for e in desk.journal.events() if e.kind is EventKind.REFUSED] == ["G-06"]


def test_after_a_good_check_the_same_order_is_measured() -> None:
    truth = Truth(leak=48.0)
    desk = a_checked_desk(truth)
    work, task = before_the_leak_test(desk)
    refusal(work, task)
    assert check(desk, LEAK_TESTER).result == "pass"
    truth.leak = 8.0
    judged = work.measure(task)
    assert {entry.measurement.instrument.calibration for entry in judged} == {"valid"}
    assert any(entry.verdict.state is State.CONFORMING for entry in judged)


def test_after_a_failed_check_the_way_out_is_the_check_again() -> None:
    desk = a_checked_desk(Truth(leak=60.0))
    work, task = before_the_leak_test(desk)
    check(desk, LEAK_TESTER)
    said = refusal(work, task)
    assert said.rule == "G-06"
    assert "failed" in str(said.reason)


def test_an_indication_is_allowed_and_states_no_verdict() -> None:
    desk = a_checked_desk(Truth(leak=8.0))
    work, task = before_the_leak_test(desk)
    judged = work.measure(task, indication=True)
    assert {entry.verdict.state for entry in judged} == {State.REFUSED}
    assert {entry.verdict.refusal.rule for entry in judged if entry.verdict.refusal} == {"G-06"}
    assert {entry.measurement.instrument.calibration for entry in judged} == {"check-missing"}


def changed(desk: Desk, **changes: object) -> None:
    assert isinstance(desk.pool, ScriptedPool)
    desk.pool._records = [replace(record, **changes) for record in desk.pool._records]  # type: ignore[arg-type]


def test_an_instrument_that_is_out_gives_not_even_an_indication() -> None:
    desk = a_checked_desk(Truth(leak=8.0))
    work, task = before_the_leak_test(desk)
    changed(desk, out=True)
    assert refusal(work, task, indication=True).rule == "G-05"


def test_the_certificates_uncertainty_enters_the_budget() -> None:
    desk = a_checked_desk(Truth(leak=8.0))
    work, task = before_the_leak_test(desk)

    def certified(record: InstrumentRecord) -> Certificate:
        return replace(record.certificates[0], expanded={"leak_rate": 3.0})

    assert isinstance(desk.pool, ScriptedPool)
    desk.pool._records = [
        replace(r, daily_check=None, certificates=(certified(r),)) if r.id == LEAK_TESTER else r
        for r in desk.pool._records
    ]
    leak = next(e for e in work.measure(task) if e.measurement.quantity.id == "leak_rate")
    assert leak.measurement.uncertainty is not None
    assert [c.u for c in leak.measurement.uncertainty.components if c.source == "certificate"] == [1.5]
