"""Calibration is computed at the moment of measuring; an instrument that cannot prove itself gives no verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.instrument import Identity, InstrumentKind
from bench.metrology import (
    CalibrationState,
    Certificate,
    InstrumentRecord,
    calibration_refusal,
    identity_refusal,
)

ISSUED = date(2026, 1, 10)
CERTIFICATE = Certificate("C-7", "Labo", ISSUED, 365, "SN-1")
TESTER = InstrumentRecord(
    "leak", InstrumentKind.WATER_RESISTANCE, "LS-R700", "SN-1", "cosmo-ls", "COM3", certificates=(CERTIFICATE,)
)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 1, 9), CalibrationState.UNKNOWN),
        (date(2026, 1, 10), CalibrationState.VALID),
        (date(2026, 12, 10), CalibrationState.VALID),
        (date(2026, 12, 11), CalibrationState.DUE_SOON),
        (date(2027, 1, 10), CalibrationState.DUE_SOON),
        (date(2027, 1, 11), CalibrationState.EXPIRED),
    ],
)
def test_the_state_follows_from_certificate_interval_and_today(today: date, state: CalibrationState) -> None:
    assert TESTER.calibration(today) is state


def test_a_certificate_of_another_serial_number_proves_nothing() -> None:
    other = replace(TESTER, certificates=(replace(CERTIFICATE, serial="SN-2"),))
    assert other.calibration(ISSUED) is CalibrationState.UNKNOWN


def test_the_newest_certificate_counts_and_the_older_stays_readable() -> None:
    newer = replace(CERTIFICATE, number="C-8", issued=date(2027, 1, 5))
    tester = replace(TESTER, certificates=(newer, CERTIFICATE))
    assert tester.certificate == newer
    assert tester.calibration(date(2027, 6, 1)) is CalibrationState.VALID


def test_an_instrument_that_is_out_or_suspended_says_so_whatever_its_certificate() -> None:
    assert replace(TESTER, out=True).calibration(ISSUED) is CalibrationState.OUT
    assert replace(TESTER, suspended="dropped").calibration(ISSUED) is CalibrationState.SUSPENDED


def test_g05_names_the_day_of_expiry_and_who_can_help() -> None:
    refusal = calibration_refusal(TESTER, date(2027, 3, 1))
    assert refusal is not None
    assert refusal.rule == "G-05"
    assert "2027-01-10" in str(refusal.reason)
    assert "recalibrated" in str(refusal.lifted_by)


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 1, 1)), st.integers(min_value=1, max_value=2000))
def test_no_day_outside_the_certificate_proves_anything(today: date, interval: int) -> None:
    tester = replace(TESTER, certificates=(replace(CERTIFICATE, interval_days=interval),))
    within = ISSUED <= today <= ISSUED + timedelta(days=interval)
    assert tester.calibration(today).proves is within
    assert (calibration_refusal(tester, today) is None) is within


def test_g04_another_model_or_serial_is_another_instrument() -> None:
    assert identity_refusal(TESTER, Identity("LS-R700", "SN-1")) is None
    assert identity_refusal(TESTER, Identity("LS-R700", "")) is None
    for identity in (Identity("LS-R700", "SN-2"), Identity("LS-1866", "SN-1")):
        refusal = identity_refusal(TESTER, identity)
        assert refusal is not None and refusal.rule == "G-04"


def test_the_snapshot_keeps_what_a_measurement_must_say_of_its_instrument() -> None:
    snapshot = TESTER.snapshot(date(2027, 3, 1))
    assert (snapshot.calibration, snapshot.calibrated, snapshot.due) == ("expired", "2026-01-10", "2027-01-10")
    assert type(snapshot).from_json(snapshot.to_json()) == snapshot
