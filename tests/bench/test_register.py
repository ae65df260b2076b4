"""The register: what workshop.toml says and what the journal has added, folded to the state of this moment (§6.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from daily_checks import LEAK_TESTER, REFERENCE_LEAK, a_checked_desk
from hypothesis import given
from hypothesis import strategies as st
from scripted import CONTROLLER, TECHNICIAN, FixedClock, MemoryJournal, Truth

from bench.checking import check
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind
from bench.instrument import Identity, InstrumentKind
from bench.journal import Journal
from bench.language import Message, msg
from bench.metrology import CalibrationState, Certificate, InstrumentRecord, calibration_refusal
from bench.people import Operator, Role
from bench.register import SHELF, Register, record_from_json, record_to_json
from bench.registration import Registrar

MANAGER = Operator("m1", "Jeanne Roy", frozenset({Role.MANAGER}))
ISSUED = date(2026, 8, 14)
CERTIFICATE = Certificate("C-1", "Labo", ISSUED, 365, "4711", {"leak_rate": 0.8})
LINE = InstrumentRecord(
    "tester", InstrumentKind.WATER_RESISTANCE, "Cosmo LS-1866", "4711", "cosmo-ls", "COM3", certificates=(CERTIFICATE,)
)
CHECKED = replace(LINE, daily_check=REFERENCE_LEAK)
TODAY = date(2026, 11, 22)


class Shop:
    """A register over a journal in memory, with LINE in its workshop.toml."""

    def __init__(self, *given: InstrumentRecord) -> None:
        self.clock = FixedClock()
        self.journal: Any = MemoryJournal(self.clock)
        self.given = given or (LINE,)
        self.registrar = Registrar(self.journal, self.given, self.clock)
        self.register = Register(self.journal)

    def state(self, name: str = "tester") -> CalibrationState:
        return self.registrar.record(name).calibration(self.clock.now().date())


def kinds(shop: Shop) -> list[EventKind]:
    return [event.kind for event in shop.journal.events()]


def test_a_line_without_events_is_as_workshop_toml_has_it() -> None:
    assert Shop().register.records([LINE]) == (LINE,)


@pytest.mark.parametrize(
    ("changes", "today", "state", "verdict", "control"),
    [
        ({}, TODAY, CalibrationState.VALID, True, True),
        ({}, date(2027, 7, 20), CalibrationState.DUE_SOON, True, True),
        ({"daily_check": REFERENCE_LEAK}, TODAY, CalibrationState.CHECK_MISSING, False, True),
        ({"daily_check": REFERENCE_LEAK, "checked": TODAY}, TODAY, CalibrationState.VALID, True, True),
        (
            {"daily_check": REFERENCE_LEAK, "checked": TODAY - timedelta(days=1)},
            TODAY,
            CalibrationState.CHECK_MISSING,
            False,
            True,
        ),
        ({}, date(2027, 8, 15), CalibrationState.EXPIRED, False, True),
        ({"suspended": "dropped"}, TODAY, CalibrationState.SUSPENDED, False, True),
        ({"out": True}, TODAY, CalibrationState.OUT, False, False),
        ({"certificates": ()}, TODAY, CalibrationState.UNKNOWN, False, True),
        ({"serial": "4712"}, TODAY, CalibrationState.UNKNOWN, False, True),
        # Of several reasons, the one that a check cannot mend is told.
        ({"daily_check": REFERENCE_LEAK, "suspended": "dropped"}, TODAY, CalibrationState.SUSPENDED, False, True),
        ({"daily_check": REFERENCE_LEAK}, date(2027, 8, 15), CalibrationState.EXPIRED, False, True),
    ],
)
def test_the_seven_states_and_what_each_allows(
    changes: dict[str, Any], today: date, state: CalibrationState, verdict: bool, control: bool
) -> None:
    record = replace(LINE, **changes)
    assert record.calibration(today) is state
    assert (state.proves, state.runs) == (verdict, control)
    assert (calibration_refusal(record, today) is None) is verdict
    assert CalibrationState(record.snapshot(today).calibration) is state


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.booleans(),
    st.booleans(),
)
def test_a_verdict_needs_a_valid_certificate_and_todays_check_whatever_the_clock_says(
    today: date, checked: date, suspended: bool, out: bool
) -> None:
    record = replace(CHECKED, checked=checked, suspended="x" if suspended else "", out=out)
    may = checked == today and not suspended and not out and ISSUED <= today <= ISSUED + timedelta(days=365)
    assert record.calibration(today).proves is may
    assert (calibration_refusal(record, today) is None) is may


def test_what_is_registered_in_the_journal_stands_after_the_file() -> None:
    shop = Shop()
    new = replace(CHECKED, id="second", serial="4712", certificates=(), options={"leak_unit": "Pa"})
    shop.registrar.register(new, [replace(CERTIFICATE, number="C-2", serial="4712")], MANAGER)
    assert [record.id for record in shop.register.records(shop.given)] == ["tester", "second"]
    assert shop.state("second") is CalibrationState.CHECK_MISSING
    line = shop.register.lines(shop.given)[1]
    assert line == new, "the journal gives back the whole line"
    assert record_from_json(record_to_json(new)) == new


def test_the_file_wins_where_both_have_an_id() -> None:
    shop = Shop()
    new = replace(LINE, id="second", serial="4712", certificates=())
    shop.registrar.register(new, [], MANAGER)
    by_hand = replace(LINE, id="second", model="Other")
    assert shop.register.lines([LINE, by_hand])[1] == by_hand


def test_a_certificate_is_added_and_the_older_stay_readable() -> None:
    shop = Shop()
    shop.clock.time += timedelta(days=300)
    assert shop.state() is CalibrationState.EXPIRED
    newer = replace(CERTIFICATE, number="C-2", issued=shop.clock.time.date())
    assert shop.registrar.accept("tester", [newer], MANAGER) == []
    assert shop.state() is CalibrationState.VALID
    assert [held.number for held in shop.registrar.record("tester").certificates] == ["C-1", "C-2"]
    assert Certificate.from_json(newer.to_json()) == newer


def test_only_the_manager_writes_into_the_register_and_nothing_is_left_of_an_attempt() -> None:
    shop = Shop()
    for person in (TECHNICIAN, CONTROLLER):
        with pytest.raises(Refused, match="not the workshop manager"):
            shop.registrar.register(replace(LINE, id="second", serial="4712"), [], person)
        with pytest.raises(Refused, match="not the workshop manager"):
            shop.registrar.accept("tester", [replace(CERTIFICATE, number="C-2")], person)
        with pytest.raises(Refused, match="not the workshop manager"):
            shop.registrar.release("tester", "fine", person)
    assert kinds(shop) == []


def test_the_same_instrument_is_not_registered_under_another_name() -> None:
    with pytest.raises(UsageError, match="stands in the register as “tester”"):
        Shop().registrar.register(replace(LINE, id="other"), [], MANAGER)


def test_what_a_person_suspends_no_check_releases() -> None:
    truth = Truth(leak=48.0)
    desk = a_checked_desk(truth)
    registrar = Registrar(desk.journal, desk.pool.records(), desk.clock)
    registrar.suspend(LEAK_TESTER, "the lid is cracked", TECHNICIAN)
    done = check(desk, LEAK_TESTER)
    assert done.result == "pass"
    state = registrar.record(LEAK_TESTER).calibration(TODAY)
    assert state is CalibrationState.SUSPENDED
    refusal = calibration_refusal(registrar.record(LEAK_TESTER), TODAY)
    assert refusal is not None
    assert (refusal.rule, "the lid is cracked" in str(refusal)) == ("G-05", True)
    registrar.release(LEAK_TESTER, "lid replaced", MANAGER)
    assert registrar.record(LEAK_TESTER).calibration(TODAY) is CalibrationState.VALID


def test_what_the_file_suspends_is_released_in_the_file() -> None:
    shop = Shop(replace(LINE, suspended="dropped"))
    with pytest.raises(UsageError, match=r"suspended in workshop\.toml"):
        shop.registrar.release("tester", "fine", MANAGER)


def test_a_port_is_remembered_with_the_adapter_it_was_found_at() -> None:
    shop = Shop(replace(LINE, options={"leak_unit": "Pa", "usb": {"vid": "0403"}}))
    usb = {"vid": "1a86", "pid": "7523"}
    shop.registrar.found("tester", "COM9", usb, Identity("Cosmo LS-1866", ""))
    (line,) = shop.register.lines(shop.given)
    assert (line.connection, line.options) == ("COM9", {"leak_unit": "Pa", "usb": usb})
    shop.registrar.found("tester", "COM4", {}, None)
    (line,) = shop.register.lines(shop.given)
    assert (line.connection, line.options["usb"]) == ("COM4", {})


def test_asking_twice_gives_the_same_line() -> None:
    shop = Shop()
    shop.registrar.accept("tester", [replace(CERTIFICATE, number="C-2")], MANAGER)
    assert shop.register.current(LINE) == shop.register.current(LINE)


def test_a_refusal_from_the_journal_speaks_the_language_of_the_moment() -> None:
    shop = Shop(CHECKED)
    reason = msg("{model} n° {serial}: {state}.", model="A", serial="1", state=Message("calibration unknown"))
    payload = {"instrument": "tester", "cause": "person", "reason": reason.to_json()}
    shop.journal.append([Draft(EventKind.INSTRUMENT_SUSPENDED, payload, SHELF)])
    assert isinstance(shop.registrar.record("tester").suspended, Message)
    assert str(shop.registrar.record("tester").suspended) == str(reason)


def test_on_the_disk_the_fold_is_the_same_and_the_record_verifies(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        registrar = Registrar(journal, [LINE], FixedClock())
        registrar.accept("tester", [replace(CERTIFICATE, number="C-2")], MANAGER)
        registrar.suspend("tester", "fell down", TECHNICIAN)
        registrar.found("tester", "COM9", {"vid": "0403", "pid": "6001"}, None)
        now = registrar.record("tester")
        assert journal.orders() == []
        assert list(journal.log()) == []
        assert journal.verify().ok
        journal.rebuild()
        assert journal.orders() == []
    with Journal.open(tmp_path / "journal.sqlite", station="", writable=False) as again:
        assert Register(again).records([LINE]) == (now,)
