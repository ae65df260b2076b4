"""An instrument proves itself every day against its reference; one that misses it is suspended at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from daily_checks import LEAK_TESTER, REFERENCE_LEAK, a_checked_desk
from scripted import ScriptedPool, Truth, a_desk, later

from bench.checking import Checked, check
from bench.conformity import State
from bench.desk import Desk
from bench.errors import Refused, UsageError
from bench.events import EventKind
from bench.instrument import Identity, InstrumentKind, NoReply
from bench.metrology import CalibrationState, InstrumentRecord


def the_tester(desk: Desk) -> InstrumentRecord:
    record = desk.pool.choose(InstrumentKind.WATER_RESISTANCE)
    assert record is not None
    return desk.register.current(record)


def state(desk: Desk) -> CalibrationState:
    return the_tester(desk).calibration(desk.clock.now().date())


def kinds(desk: Desk) -> list[EventKind]:
    return [event.kind for event in desk.journal.events() if event.kind.value.startswith(("instrument", "impact"))]


def test_without_todays_check_the_instrument_proves_nothing() -> None:
    desk = a_checked_desk(Truth())
    assert state(desk) is CalibrationState.CHECK_MISSING


@pytest.mark.parametrize(
    ("leak", "result"),
    [
        (48.0, "pass"),
        (45.7, "pass"),
        (50.3, "pass"),
        (45.6, "fail"),  # inside the limits, outside the guard band
        (50.4, "fail"),
        (60.0, "fail"),
        (0.0, "fail"),
    ],
)
def test_only_the_acceptance_zone_of_the_reference_passes(leak: float, result: str) -> None:
    desk = a_checked_desk(Truth(leak=leak))
    done = check(desk, LEAK_TESTER)
    assert done.result == result
    assert state(desk) is (CalibrationState.VALID if result == "pass" else CalibrationState.SUSPENDED)


def test_a_check_counts_the_references_uncertainty_and_not_the_instruments_accuracy() -> None:
    done = check(a_checked_desk(Truth(leak=48.0)), LEAK_TESTER)
    uncertainty = done.judged.measurement.uncertainty
    assert uncertainty is not None
    assert uncertainty.expanded == pytest.approx(2.0)
    assert done.judged.verdict.guard_band == pytest.approx(1.66)


def test_a_check_is_good_for_the_day_it_was_made_on() -> None:
    desk = a_checked_desk(Truth(leak=48.0))
    check(desk, LEAK_TESTER)
    later(desk, hours=14)
    assert state(desk) is CalibrationState.VALID
    later(desk, hours=2)
    assert state(desk) is CalibrationState.CHECK_MISSING


def test_a_clock_set_back_makes_no_check_good_for_the_day_before() -> None:
    desk = a_checked_desk(Truth(leak=48.0))
    check(desk, LEAK_TESTER)
    later(desk, days=-1)
    assert state(desk) is CalibrationState.CHECK_MISSING


def test_a_failed_check_suspends_and_opens_the_review_in_one_go() -> None:
    desk = a_checked_desk(Truth(leak=60.0))
    done = check(desk, LEAK_TESTER)
    assert kinds(desk) == [
        EventKind.INSTRUMENT_CHECKED,
        EventKind.INSTRUMENT_SUSPENDED,
        EventKind.IMPACT_REVIEW_OPENED,
    ]
    assert done.review is not None
    assert done.review.errors == {"leak_rate": pytest.approx(12.0)}
    assert "60" in str(done.record.suspended)
    later(desk, days=3)
    assert state(desk) is CalibrationState.SUSPENDED, "it does not heal by waiting"


def test_a_check_that_fails_after_one_that_passed_takes_the_day_back() -> None:
    truth = Truth(leak=48.0)
    desk = a_checked_desk(truth)
    check(desk, LEAK_TESTER)
    truth.leak = 60.0
    check(desk, LEAK_TESTER)
    assert state(desk) is CalibrationState.SUSPENDED


def test_a_repeated_check_that_passes_lifts_the_suspension_and_both_stay_in_the_record() -> None:
    truth = Truth(leak=60.0)
    desk = a_checked_desk(truth)
    check(desk, LEAK_TESTER)
    truth.leak = 48.0
    assert check(desk, LEAK_TESTER).record.calibration(desk.clock.now().date()) is CalibrationState.VALID
    assert kinds(desk)[-2:] == [EventKind.INSTRUMENT_CHECKED, EventKind.INSTRUMENT_RELEASED]
    assert kinds(desk).count(EventKind.INSTRUMENT_CHECKED) == 2


def test_a_reference_leak_that_looks_like_a_big_leak_suspends_without_a_number() -> None:
    desk = a_checked_desk(Truth(big_leak=True))
    with pytest.raises(UsageError, match=r"suspended.*Large leak"):
        check(desk, LEAK_TESTER)
    assert state(desk) is CalibrationState.SUSPENDED
    assert EventKind.INSTRUMENT_CHECKED not in kinds(desk)


def test_a_reference_too_uncertain_for_its_limits_is_no_check() -> None:
    desk = a_checked_desk(Truth(leak=48.0), replace(REFERENCE_LEAK, expanded=5.0))
    done = check(desk, LEAK_TESTER)
    assert (done.result, done.judged.verdict.state) == ("no-verdict", State.REFUSED)
    assert state(desk) is CalibrationState.CHECK_MISSING


def refused(desk: Desk) -> str:
    with pytest.raises(Refused) as caught:
        check(desk, LEAK_TESTER)
    return f"{caught.value.refusal.rule} {caught.value.refusal.reason}"


def test_what_makes_a_check_impossible_is_said() -> None:
    desk = a_checked_desk(Truth(leak=48.0), replace(REFERENCE_LEAK, due=date(2026, 11, 21)))
    assert refused(desk) == "G-06 The certificate FL-2026-03 of the reference expired on 2026-11-21."

    desk = a_checked_desk(Truth(leak=48.0))
    assert isinstance(desk.pool, ScriptedPool)
    desk.pool.identities[LEAK_TESTER] = Identity("Another", "")
    assert refused(desk).startswith("G-04 ")

    desk = a_checked_desk(Truth(leak=48.0))
    desk.operator = None
    assert refused(desk).startswith("G-01 ")

    desk = a_checked_desk(Truth(leak=48.0))
    assert isinstance(desk.pool, ScriptedPool)
    desk.pool._records = [replace(record, out=True) for record in desk.pool._records]
    assert "out for calibration" in refused(desk)


def test_an_instrument_without_a_daily_check_or_without_a_line_in_the_register() -> None:
    desk = a_desk(Truth())
    with pytest.raises(UsageError, match="asks no daily check"):
        check(desk, LEAK_TESTER)
    with pytest.raises(UsageError, match=r"no instrument “gauge”.*Registered:.*water-resistance"):
        check(desk, "gauge")


def test_an_instrument_that_does_not_answer_was_not_checked() -> None:
    desk = a_checked_desk(Truth(leak=48.0))
    assert isinstance(desk.pool, ScriptedPool)
    desk.pool.fail_next = NoReply(LEAK_TESTER)
    with pytest.raises(NoReply):
        check(desk, LEAK_TESTER)
    assert kinds(desk) == []


def test_a_check_is_recorded_like_a_measurement() -> None:
    desk = a_checked_desk(Truth(leak=48.0))
    done: Checked = check(desk, LEAK_TESTER)
    assert isinstance(desk.pool, ScriptedPool)
    header, outcome = desk.pool.segments[-1]
    assert header["task"]["step"] == "daily-check"
    assert outcome["judged"][0] == done.judged.to_json()
