"""A bench multimeter as a quartz tester: what it gives, what it leaves out, and what it never takes for a number."""

from __future__ import annotations

import math

import pytest

from bench.errors import UsageError
from bench.instrument import DeviceFault, Identity, InstrumentError, Malformed, NoReply, OutOfRange, Program, Stopped
from bench.quantities import Value
from drivers.dialects import load
from drivers.simulated.desk import Desk, set_up
from drivers.simulated.devices.multimeter import SimulatedMultimeter
from drivers.trials import TRIALS

BATTERY = Program("battery", {}, 90.0)
RESISTANCE = Program("resistance", {}, 90.0)
RUNNING = Program("consumption", {"state": "running", "supply": Value.of("supply_voltage", 1.55)}, 60.0)
PULLED = Program("consumption", {"state": "stem-pulled", "supply": Value.of("supply_voltage", 1.55)}, 60.0)


def bench(case: str = "quartz-healthy", **options: object) -> Desk:
    """A multimeter at the probes of a quartz watch."""
    return set_up(TRIALS["scpi-multimeter"], case, **options)


def meter(at: Desk) -> SimulatedMultimeter:
    assert isinstance(at.link.device, SimulatedMultimeter)
    return at.link.device


def commands(at: Desk) -> list[bytes]:
    return [line.rstrip(b"\n") for line in at.link.written]


def test_it_gives_three_programs_and_no_others() -> None:
    assert bench().driver.programs() == ("battery", "consumption", "resistance")


def test_it_names_itself_by_idn_and_an_unset_serial_number_is_none() -> None:
    at = bench()
    assert at.driver.identify() == Identity("34401A", "SIM-MM-1", "1")
    old = load("scpi-multimeter").reply(
        "identity", maker="HEWLETT-PACKARD", model="34401A", serial="0", firmware="11-5-2"
    )
    at.link.wire = lambda _frame: [(0.0, old)]
    assert at.driver.identify() == Identity("34401A", "", "11-5-2")


def test_a_serial_line_is_set_to_remote_first_and_a_bus_is_not() -> None:
    at = bench()
    at.driver.identify()
    assert commands(at) == [b"SYST:REM", b"*IDN?"]
    at.link.written.clear()
    at.driver.record = type(at.record)(**{**vars(at.record), "connection": "GPIB0::22::INSTR"})
    at.driver.identify()
    assert commands(at) == [b"*IDN?"]


# Battery


def test_without_a_load_box_the_loaded_voltage_is_absent() -> None:
    readings = bench().driver.run(BATTERY).readings
    assert [reading.value.quantity.id for reading in readings] == ["battery_voltage"]
    assert readings[0].value.to("V") == pytest.approx(1.56, abs=0.02)


def test_a_load_that_a_person_switches_gives_the_loaded_voltage() -> None:
    at = bench(load_ohm=2000)
    at.link.at(3.0, lambda: setattr(meter(at), "load", 2000.0))
    unloaded, loaded = at.driver.run(BATTERY).readings
    assert loaded.value.quantity.id == "battery_voltage_loaded"
    assert loaded.conditions["load"] == "2000 Ω"
    assert at.watch.battery is not None
    assert loaded.value.to("V") == pytest.approx(at.watch.battery.loaded(2000.0), rel=1e-4)
    assert loaded.value < unloaded.value


def test_a_load_that_nobody_switches_is_waited_for_and_left_out() -> None:
    at = bench(load_ohm=2000)
    result, took = at.timed(lambda: at.driver.run(BATTERY))
    assert [reading.value.quantity.id for reading in result.readings] == ["battery_voltage"]
    assert took < 31.0


@pytest.mark.parametrize("ohms", [0, -2000, "2 kΩ", True])
def test_a_load_that_is_no_number_of_ohms_is_refused(ohms: object) -> None:
    with pytest.raises(UsageError, match="load_ohm"):
        bench(load_ohm=ohms).driver.run(BATTERY)


def test_open_probes_are_no_empty_battery() -> None:
    at = bench()
    at.fault("no-signal")
    with pytest.raises(DeviceFault):
        at.driver.run(BATTERY)


# Consumption


def test_consumption_is_a_mean_with_its_scatter_at_the_supply_that_a_person_set() -> None:
    at = bench()
    samples = []
    reading = at.driver.run(RUNNING, samples.append).readings[0]
    assert reading.value.to("µA") == pytest.approx(1.28, rel=0.02)
    assert reading.n == len(samples) == 25  # 10 s, 0.4 s each
    assert reading.u_a == pytest.approx(reading.stdev / math.sqrt(25))
    assert reading.conditions["supply"] == Value.of("supply_voltage", 1.55)
    assert reading.conditions["supply_set_by"] == "hand"
    assert b"CONF:CURR:DC +1.00E-02" in commands(at)


def test_the_range_of_the_current_is_the_registers() -> None:
    at = bench(current_range=0.0001)
    at.driver.run(PULLED)
    assert b"CONF:CURR:DC +1.00E-04" in commands(at)


def test_no_current_is_an_open_circuit_and_no_figure() -> None:
    at = bench()
    at.fault("no-signal")
    with pytest.raises(DeviceFault):
        at.driver.run(RUNNING)


# Resistance


def test_the_coil_is_read_and_insulation_only_where_a_switch_moves_the_probes() -> None:
    coil = bench().driver.run(RESISTANCE).readings
    assert [reading.value.quantity.id for reading in coil] == ["coil_resistance"]
    assert coil[0].value.to("kΩ") == pytest.approx(1.55, rel=0.1)


def test_an_insulation_above_the_range_is_open_at_the_end_of_the_range() -> None:
    at = bench(insulation_switch=True)
    at.link.at(2.0, lambda: setattr(meter(at), "insulation", True))
    insulation = at.driver.run(RESISTANCE).readings[1]
    assert insulation.value.to("MΩ") == 100.0
    assert insulation.conditions["finding"] == "open"


def test_an_insulation_above_a_range_that_nobody_stated_is_out_of_range() -> None:
    at = bench(insulation_switch=True)
    at.driver.record = type(at.record)(**{**vars(at.record), "capabilities": ()})
    at.link.at(2.0, lambda: setattr(meter(at), "insulation", True))
    with pytest.raises(OutOfRange, match="outside its range"):
        at.driver.run(RESISTANCE)


def test_a_broken_coil_is_an_overload_and_no_number() -> None:
    with pytest.raises(OutOfRange) as caught:
        bench("quartz-open-coil").driver.run(RESISTANCE)
    assert b"9.90000000E+37" in caught.value.partial


# What is wrong on the wire or in the meter


def test_an_entry_of_the_error_queue_is_the_instruments_own_fault() -> None:
    at = bench()
    at.link.at(0.2, lambda: meter(at).garbled(b"nonsense", "undecodable", 0.0))
    with pytest.raises(DeviceFault, match="reports a fault") as caught:
        at.driver.run(RUNNING)
    assert "-113: Undefined header" in str(caught.value.why)


def test_a_command_that_the_meter_does_not_know_is_explained_by_its_queue() -> None:
    """It answers nothing at all then; the queue is asked why."""
    at = bench()
    said = at.link.wire
    at.link.wire = lambda frame: [] if b"VOLT" in frame else said(frame)
    at.link.at(0.1, lambda: meter(at).garbled(b"INIT;:FETC?", "undecodable", 0.0))
    at.link.at(1.0, lambda: meter(at).garbled(b"INIT;:FETC?", "undecodable", 0.0))
    with pytest.raises(DeviceFault) as caught:
        at.driver.run(BATTERY)
    assert "-113" in str(caught.value.why)


def test_silence_with_an_empty_queue_stays_silence() -> None:
    at = bench()
    said = at.link.wire
    at.link.wire = lambda frame: [] if b"VOLT" in frame else said(frame)
    with pytest.raises(NoReply):
        at.driver.run(BATTERY)
    assert at.driver.suspect


def test_a_damaged_digit_never_becomes_a_number() -> None:
    """There is no checksum; but the value is said twice."""
    at = bench()
    at.link.wire = lambda frame: [(0.0, frame.replace(b"+1.5", b"+1.7", 1))]
    with pytest.raises(Malformed):
        at.driver.run(BATTERY)
    assert at.driver.suspect


def test_the_answer_of_another_function_is_never_taken() -> None:
    at = bench()
    at.link.wire = lambda frame: [(0.0, frame.replace(b"VOLT", b"CURR"))]
    with pytest.raises(Malformed):
        at.driver.run(BATTERY)


def test_a_reading_that_runs_when_somebody_stops_is_nobodys() -> None:
    at = bench()
    at.link.at(0.7, at.driver._halted.set)  # in the middle of a reading
    with pytest.raises(Stopped):
        at.driver.run(RUNNING)
    assert not at.driver.suspect
    result, _ = at.timed(lambda: at.driver.run(PULLED))
    assert not isinstance(result, InstrumentError)
    assert result.readings[0].value.to("µA") == pytest.approx(1.28, rel=0.05)
