"""What the fault matrix leaves open: every program is tried, and each error has exactly its name."""

from __future__ import annotations

import pytest
from driver_desk import desk

from bench.instrument import (
    DeviceFault,
    InstrumentKind,
    Malformed,
    OutOfRange,
)
from bench.measurement import Provenance
from drivers.simulated.desk import set_up
from drivers.trials import TRIALS

CHECKED = (InstrumentKind.TIMEGRAPHER, InstrumentKind.WATER_RESISTANCE, InstrumentKind.QUARTZ_TESTER)


@pytest.mark.parametrize("dialect", TRIALS)
def test_every_program_of_a_driver_is_tried(dialect: str) -> None:
    trial = TRIALS[dialect]
    driver = set_up(trial).driver
    assert {program.name for program in trial.programs} == set(driver.programs())
    assert driver.dialect == dialect
    assert driver.provenance is Provenance.SIMULATED


@pytest.mark.parametrize("kind", CHECKED, ids=str)
def test_a_wrong_checksum_is_malformed(kind: InstrumentKind) -> None:
    at = desk(kind)
    at.fault("wrong-checksum")
    for work in (at.driver.identify, at.run):
        error, _ = at.timed(work)
        assert type(error) is Malformed


def test_a_value_out_of_range_is_named_so() -> None:
    at = desk(InstrumentKind.FIELD_METER)
    at.fault("out-of-range")
    error, _ = at.timed(at.run)
    assert type(error) is OutOfRange


def test_an_open_lid_is_the_instruments_own_fault() -> None:
    for kind in (InstrumentKind.WATER_RESISTANCE, InstrumentKind.DEMAGNETISER, InstrumentKind.QUARTZ_TESTER):
        at = desk(kind)
        at.fault("lid-open")
        error, _ = at.timed(at.run)
        assert type(error) is DeviceFault
