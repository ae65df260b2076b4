"""Every field meter that is asked: the unit is the meter's, a fault is never a number."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from driver_desk import FIELD, Desk, desk

from bench.instrument import DeviceFault, InstrumentError, InstrumentKind, LinkLost, Malformed, NoReply, OutOfRange
from drivers.demagnetiser.asked_meters import decimals
from drivers.simulated import SimulatedBench
from drivers.simulated.desk import set_up
from drivers.simulated.faults import WIRE
from drivers.station import Station
from drivers.trials import TRIALS

METERS = ("lake-shore-425", "fw-bell-5080", "alphalab-gm2")
every_meter = pytest.mark.parametrize("dialect", METERS)
TRUE = desk(InstrumentKind.FIELD_METER).run(FIELD)["watch_field"]


def meter(dialect: str) -> Desk:
    return set_up(TRIALS[dialect])


def answering(at: Desk, change: Callable[[int, bytes], bytes]) -> None:
    """Let the n-th answer be another one."""
    count = 0

    def wire(frame: bytes) -> list[tuple[float, bytes]]:
        nonlocal count
        count += 1
        return [(0.0, change(count, frame))]

    at.link.wire = wire


@every_meter
def test_all_meters_see_the_same_watch(dialect: str) -> None:
    at = meter(dialect)
    assert at.driver.check_identity().model == at.record.model
    result = at.driver.run(FIELD)
    (reading,) = result.readings
    assert reading.value.to("mT") == pytest.approx(TRUE, abs=0.005)
    assert reading.n == 5
    assert reading.conditions["device_unit"] == "G"
    assert reading.stdev is not None


def test_all_of_them_work_on_real_ports() -> None:
    with SimulatedBench(speed=40.0, instruments=METERS) as bench:
        bench.select("R-1", "mechanical-magnetised")
        bench.handle("place", "field-meter")
        station = Station(bench.records)
        try:
            for meter_id in METERS:
                (reading,) = station.run(meter_id, FIELD).readings
                assert reading.value.to("mT") == pytest.approx(TRUE, abs=0.01)
        finally:
            station.close()


@every_meter
@pytest.mark.parametrize("fault", WIRE)
def test_a_fault_gives_the_truth_or_a_typed_error_and_then_recovery(dialect: str, fault: str) -> None:
    at = meter(dialect)
    at.fault(fault)
    for work in (at.driver.identify, lambda: at.run(FIELD)):
        outcome, took = at.timed(work)
        assert took <= FIELD.deadline + 15.0
        if isinstance(outcome, Exception):
            assert isinstance(outcome, InstrumentError), repr(outcome)
        elif isinstance(outcome, dict):
            assert outcome["watch_field"] == pytest.approx(TRUE, abs=0.01)
    at.fault(fault, on=False)
    if fault in ("slow", "trickle"):
        at.link.forget()
    at.link.clock.sleep(4.0)
    outcome, _ = at.timed(lambda: at.run(FIELD))
    if isinstance(outcome, InstrumentError):
        outcome, _ = at.timed(lambda: at.run(FIELD))
    assert outcome["watch_field"] == pytest.approx(TRUE, abs=0.01)


@every_meter
def test_an_overload_is_out_of_range(dialect: str) -> None:
    at = meter(dialect)
    at.fault("out-of-range")
    with pytest.raises(OutOfRange):
        at.run(FIELD)


@every_meter
def test_silence_and_a_pulled_cable(dialect: str) -> None:
    at = meter(dialect)
    at.fault("silent")
    with pytest.raises(NoReply):
        at.driver.identify()
    at = meter(dialect)
    at.link.at(0.5, lambda: setattr(at.link, "plugged", False))
    with pytest.raises(LinkLost):
        at.run(FIELD)


@every_meter
def test_one_false_reading_among_true_ones_does_not_count(dialect: str) -> None:
    at = meter(dialect)

    def tenth(count: int, frame: bytes) -> bytes:
        if count % 4 or len(frame) < 4:
            return frame
        if dialect == "alphalab-gm2":
            return frame[:7] + bytes([frame[7] - 1]) + frame[8:]
        return frame.replace(b".", b"5.", 1)

    answering(at, tenth)
    assert at.run(FIELD)["watch_field"] == pytest.approx(TRUE, abs=0.01)


def test_the_unit_is_asked_not_assumed() -> None:
    at = meter("lake-shore-425")
    at.link.device.unit = 2  # type: ignore[attr-defined]
    (reading,) = at.driver.run(FIELD).readings
    assert reading.conditions["device_unit"] == "T"
    assert reading.value.to("mT") == pytest.approx(TRUE, abs=0.005)
    assert reading.conditions["digit"] == pytest.approx(1e-6)


def test_a_unit_that_changes_meanwhile_spoils_the_measurement() -> None:
    at = meter("lake-shore-425")
    at.link.at(0.6, lambda: setattr(at.link.device, "unit", 2))
    with pytest.raises(DeviceFault):
        at.run(FIELD)


@pytest.mark.parametrize("code", [b"3\n", b"4\n"])
def test_oersted_and_amperes_a_metre_are_no_flux_density(code: bytes) -> None:
    at = meter("lake-shore-425")
    answering(at, lambda _count, frame: code if len(frame) == 2 else frame)
    with pytest.raises(DeviceFault, match="no flux density"):
        at.run(FIELD)


def test_a_unit_code_in_place_of_the_field_is_malformed() -> None:
    at = meter("lake-shore-425")
    answering(at, lambda _count, _frame: b"1\n")
    with pytest.raises(Malformed):
        at.run(FIELD)


def test_the_tesla_of_the_bell_is_read_as_tesla() -> None:
    at = meter("fw-bell-5080")
    answering(at, lambda _count, _frame: b"-0.01T;\r\n")
    assert at.run(FIELD)["watch_field"] == pytest.approx(-10.0)


@pytest.mark.parametrize(("written", "expected"), [(b"+1.25", 2), (b"+123.456E-01", 4), (b"+12E+03", -3), (b"7", 0)])
def test_the_worth_of_the_last_digit_is_read_from_the_number(written: bytes, expected: int) -> None:
    assert decimals(written) == expected
    assert math.isfinite(10.0**-expected)
