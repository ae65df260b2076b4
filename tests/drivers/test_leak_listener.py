"""ATEQ result lines: one a stage, in their order; an alarm is never a number."""

from __future__ import annotations

import pytest
from listening_desk import listener

from bench.instrument import (
    DeviceFault,
    InstrumentError,
    LinkLost,
    Malformed,
    NoReply,
    OutOfRange,
    Program,
    RunResult,
    Stopped,
    Truncated,
)
from bench.measurement import Provenance
from bench.quantities import Value
from bench.recording.model import Segment, WireFrame
from drivers.registry import DRIVERS, build_replay, driver_class, is_spoken
from drivers.simulated.faults import WIRE
from drivers.trials import LEAK_TEST
from drivers.water_resistance.leak import from_flow, from_pressure_change
from drivers.water_resistance.listener import LeakListener

VACUUM = b"<01>: -0.40 bar:(OK): +012 Pa\r"
PRESSURE = b"<02>: 3.02 bar:(OK): +027 Pa\r"
VOLUME = 2100.0  # mm³ of LEAK_TEST; its stages measure for 30 s


def run(*lines: tuple[float, bytes], program: Program = LEAK_TEST, **options: object) -> RunResult:
    driver, _ = listener("ateq-results", lines, **options)
    return driver.run(program)


def test_a_dialect_without_commands_has_its_driver_by_its_kind() -> None:
    driver, _ = listener("ateq-results", [])
    assert driver_class(driver.record) is LeakListener
    assert is_spoken("ateq-results")
    assert "ateq-results" not in DRIVERS
    assert driver.programs() == ("leak-test",)
    assert driver.check_identity().model == "ATEQ F580"
    assert {entry.quantity for entry in driver.capabilities()} == {"leak_rate", "test_pressure"}


def test_each_line_is_the_result_of_its_stage() -> None:
    result = run((20.0, VACUUM), (120.0, b"<02>:30/05/2012 16:52:01\r" + PRESSURE))
    leaks = [reading for reading in result.readings if reading.value.quantity.id == "leak_rate"]
    assert [reading.label for reading in leaks] == ["-0.4 bar", "+3 bar"]
    assert leaks[0].value.magnitude == pytest.approx(from_pressure_change(12.0, 30.0, VOLUME))
    assert leaks[1].value.magnitude == pytest.approx(from_pressure_change(27.0, 30.0, VOLUME))
    assert leaks[1].conditions["device_value"] == 27.0
    assert leaks[1].conditions["device_unit"] == "Pa"
    assert leaks[1].conditions["pressure"] == Value.of("test_pressure", 3.02)
    pressures = [reading for reading in result.readings if reading.value.quantity.id == "test_pressure"]
    assert [reading.value.to("bar") for reading in pressures] == pytest.approx([-0.4, 3.02])
    assert result.device_verdict == "-0.4 bar: OK; +3 bar: OK"
    assert result.samples == 2


def test_a_line_without_pressure_leaves_the_set_one() -> None:
    result = run((20.0, b"<01>:(OK):  012 Pa\r"), (120.0, b"<02>:(TD): +114 Pa\r"))
    assert result.readings[1].conditions["set_not_measured"] is True
    assert result.device_verdict == "-0.4 bar: OK; +3 bar: TD"


def test_an_unknown_verdict_is_kept_as_it_is() -> None:
    assert run((20.0, b"<01>:(PB): 012 Pa\r"), (120.0, PRESSURE)).device_verdict == "-0.4 bar: PB; +3 bar: OK"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (b"Pa", from_pressure_change(12.0, 30.0, VOLUME)),
        (b"mbar", from_pressure_change(1200.0, 30.0, VOLUME)),
        (b"Pa/s", from_pressure_change(12.0, 1.0, VOLUME)),
        (b"mL/min", from_flow(12.0)),
        (b"cm3/h", from_flow(0.2)),
    ],
)
def test_the_unit_is_that_of_the_line(unit: bytes, expected: float) -> None:
    result = run((20.0, b"<01>:(OK): +012 " + unit + b"\r"), (120.0, PRESSURE))
    assert result.readings[0].value.magnitude == pytest.approx(expected)


def test_a_unit_that_nobody_knows_is_told_not_guessed() -> None:
    with pytest.raises(DeviceFault, match="furlong"):
        run((20.0, b"<01>:(OK): +012 furlong\r"))


def test_a_test_beyond_full_scale_is_a_big_leak_and_ends_there() -> None:
    result = run((20.0, VACUUM), (120.0, b"<02>: 2.98 bar:(AL): >> F.S. TEST\r"))
    assert "+3 bar" in str(result.aborted)
    assert {reading.label for reading in result.readings} == {"-0.4 bar"}
    assert result.device_verdict.endswith("+3 bar: AL")


def test_an_alarm_may_come_at_once() -> None:
    result = run((20.0, VACUUM), (30.0, b"<02>: 2.98 bar:(AL): >> F.S. TEST\r"))
    assert "+3 bar" in str(result.aborted)


@pytest.mark.parametrize("alarm", [b"PRESSURE LOW", b"PRESSURE HIGH", b"F.S Sc.piezo", b"027 Pa"])
def test_any_other_alarm_is_a_fault_even_with_a_number_behind_it(alarm: bytes) -> None:
    with pytest.raises(DeviceFault, match=alarm.decode()):
        run((20.0, b"<01>:(AL): " + alarm + b"\r"))


def test_a_line_that_cannot_be_read_may_have_been_a_result() -> None:
    driver, link = listener("ateq-results", [(20.0, b"<01>:(O#): ?12 Pa\r"), (120.0, VACUUM), (220.0, PRESSURE)])
    with pytest.raises(Malformed):
        driver.run(LEAK_TEST)
    assert driver.suspect
    link.at(200.0, lambda: link.say(PRESSURE))
    assert driver.run(LEAK_TEST).readings


def test_the_same_line_twice_is_one_result() -> None:
    result = run((20.0, VACUUM + VACUUM), (120.0, PRESSURE))
    assert result.readings[2].conditions["device_value"] == 27.0


def test_two_results_at_once_are_not_two_stages() -> None:
    with pytest.raises(DeviceFault, match="too soon"):
        run((20.0, b"<01>:(OK): 012 Pa\r<01>:(OK): 013 Pa\r"))


def test_the_result_of_another_pressure_is_refused() -> None:
    with pytest.raises(DeviceFault, match=r"is of \+3\.02\sbar"):
        run((20.0, PRESSURE))
    with pytest.raises(DeviceFault, match="programme 2"):
        run((20.0, b"<02>:(OK): 012 Pa\r"), programs={"1": "-0.4 bar", "2": "3 bar"})
    with pytest.raises(OutOfRange):
        run((20.0, b"<01>: -2.00 bar:(OK): +012 Pa\r"))


def test_no_result_in_the_time_names_the_stage() -> None:
    with pytest.raises(NoReply, match=r"-0\.4 bar"):
        run()
    with pytest.raises(NoReply, match=r"\+3 bar"):
        run((20.0, VACUUM))


def test_half_a_line_is_truncated() -> None:
    for kept in range(1, len(VACUUM)):
        with pytest.raises(Truncated):
            run((20.0, VACUUM[:kept]))


def test_a_line_that_has_begun_before_the_program_is_heard_whole() -> None:
    driver, link = listener("ateq-results", [])
    link.say(VACUUM[:9])
    driver.listen_idle()
    link.at(1.0, lambda: link.say(VACUUM[9:]))
    link.at(100.0, lambda: link.say(PRESSURE))
    driver.prepare()
    assert driver.state()["begun"] == VACUUM[:9].hex()
    assert len(driver.run(LEAK_TEST).readings) == 4


def test_what_came_before_the_program_is_nobodys_result() -> None:
    driver, link = listener("ateq-results", [(30.0, VACUUM), (130.0, PRESSURE)])
    link.say(b"<01>: -0.40 bar:(OK): +099 Pa\r")
    assert driver.run(LEAK_TEST).readings[0].conditions["device_value"] == 12.0


def test_a_pulled_cable_and_a_stop_end_the_waiting() -> None:
    driver, link = listener("ateq-results", [])
    link.at(5.0, lambda: setattr(link, "plugged", False))
    with pytest.raises(LinkLost):
        driver.run(LEAK_TEST)
    driver, link = listener("ateq-results", [])
    link.at(5.0, driver._halted.set)
    with pytest.raises(Stopped):
        driver.run(LEAK_TEST)


def test_a_recorded_test_is_heard_again_with_the_same_figures() -> None:
    driver, link = listener("ateq-results", [(20.0, VACUUM), (120.0, PRESSURE)])
    link.say(b"<01>: -0.40")
    driver.listen_idle()
    driver.prepare()
    header = {"driver": driver.state()}
    frames: list[WireFrame] = []
    link.tap = lambda way, data, at, wall: frames.append(WireFrame(way, data, at, wall))
    link.say(b" bar:(OK): +012 Pa\r")
    link.at(100.0, lambda: link.say(PRESSURE))
    measured = driver.run(LEAK_TEST)
    again = build_replay(driver.record, Segment("s#1", "talker", header, frames, None))
    assert again.provenance is Provenance.REPLAYED
    assert again.run(LEAK_TEST).readings == measured.readings


# Without a checksum, a bit that changes one digit into another leaves a line that is right and a number that is not:
# the page of the dialect says so.
UNPROVABLE = ("bit-flip",)


@pytest.mark.parametrize("fault", [fault for fault in WIRE if fault not in UNPROVABLE])
def test_a_fault_gives_the_truth_or_a_typed_error_in_time(fault: str) -> None:
    expected = [reading.value for reading in run((20.0, VACUUM), (120.0, PRESSURE)).readings]
    driver, link = listener("ateq-results", [])
    link.device.deck.switch(fault, True)
    link.at(20.0, lambda: link.device.send(VACUUM))
    link.at(120.0, lambda: link.device.send(PRESSURE))
    started = link.clock.now
    try:
        readings = driver.run(LEAK_TEST).readings
    except InstrumentError as error:
        assert error.evidence()["instrument"] == "talker"
    else:
        assert [reading.value for reading in readings] == expected
    assert link.clock.now - started <= LEAK_TEST.deadline + 1.0
