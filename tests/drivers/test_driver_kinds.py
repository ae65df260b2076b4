"""What each driver does that only its kind of instrument needs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from driver_desk import DEMAGNETISE, FIELD, LEAK_TEST, PROGRAMS, TIMING, desk, seconds

from bench.errors import UsageError
from bench.instrument import DeviceFault, InstrumentKind, Malformed, OutOfRange, Program, Stopped
from bench.language import speaking
from bench.measurement import Provenance, Sample
from bench.metrology import InstrumentRecord
from bench.quantities import Quantity, Value
from drivers.dialects import load
from drivers.manual import Manual, read_typed
from drivers.water_resistance.leak import from_flow, from_pressure_change

TIMEGRAPHER = InstrumentKind.TIMEGRAPHER
TESTER = InstrumentKind.WATER_RESISTANCE


# Timegrapher


def test_the_times_of_a_timing_are_the_instruments_own() -> None:
    at = desk(TIMEGRAPHER)
    result, took = at.timed(lambda: at.driver.run(TIMING))
    assert took == pytest.approx(40.0, abs=1.0)  # 10 s to settle, 30 s to measure
    rate = next(reading for reading in result.readings if reading.value.quantity.id == "rate")
    assert rate.n == pytest.approx(240, abs=2)  # beats of 30 s at 28,800 A/h, not of 40
    assert rate.label == "CH"
    assert rate.conditions["lift_angle"] == Value.of("lift_angle", 50.0)
    assert rate.trace is not None
    assert 0 < len(rate.trace.points) <= 300


def test_every_beat_is_placed_on_the_strip() -> None:
    at = desk(TIMEGRAPHER)
    heard: list[Sample] = []
    at.driver.run(TIMING, heard.append)
    strip = [sample for sample in heard if sample.quantity.id == "phase"]
    assert len(strip) > 280
    assert strip[-1].second == pytest.approx(40.0, abs=0.5)
    assert all(abs(sample.magnitude) < 20.0 for sample in strip)
    neighbours = [(one, other) for one, other in pairwise(strip) if other.second - one.second < 0.2]  # none missing
    assert len(neighbours) > 280
    assert {(one.label, other.label) for one, other in neighbours} == {("tic", "toc"), ("toc", "tic")}


def test_an_unlocked_clock_gives_no_rate() -> None:
    at = desk(TIMEGRAPHER)
    dialect = load("timegrapher-studio")
    unlocked = dialect.reply("status", gain=32, flags=0, temperature=24.0, sample_rate=48000)
    at.link.wire = lambda frame: [(0.0, unlocked if frame[1] == 0x04 else frame)]
    with pytest.raises(DeviceFault, match="not locked"):
        at.run()


def test_an_instrument_that_restarts_is_never_stitched_together() -> None:
    at = desk(TIMEGRAPHER)
    at.link.at(20.0, lambda: at.link.device.restart(at.link.clock.now))
    with pytest.raises(DeviceFault, match="restarted"):
        at.run()


def test_a_stopped_watch_is_no_signal() -> None:
    at = desk(TIMEGRAPHER)
    at.fault("no-signal")
    with pytest.raises(DeviceFault, match="hears no watch"):
        at.run()


# Water resistance


def test_42_mbar_a_minute_in_one_millilitre_is_50_micrograms() -> None:
    assert from_pressure_change(4200.0, 60.0, 1000.0) == pytest.approx(50.0, abs=0.2)
    assert from_pressure_change(2100.0, 60.0, 2000.0) == pytest.approx(50.0, abs=0.2)
    assert from_flow(0.0415) == pytest.approx(50.0, abs=0.1)


def test_a_leaking_case_gets_its_number_though_the_scale_ends_before() -> None:
    """At 30 s the scale ends at 50 µg/min in 2.1 ml; the stage is measured again in less time."""
    figures = desk(TESTER, "case-leaking").run()
    assert 60.0 < figures["leak_rate +3 bar"] < 200.0
    assert figures["leak_rate -0.4 bar"] < 60.0


def test_a_big_leak_ends_the_test_and_the_next_stages_are_not_run() -> None:
    at = desk(TESTER, "case-big-leak")
    result = at.driver.run(LEAK_TEST)
    assert result.aborted is not None
    assert "-0.4 bar" in str(result.aborted)
    assert result.readings == ()
    assert not any(b" 07 STT" in sent for sent in at.link.written)
    assert any(b"STP" in sent for sent in at.link.written)


def test_a_pressure_without_a_channel_is_refused_before_anything_moves() -> None:
    at = desk(TESTER, channels={"0": "-0.4 bar"})
    with pytest.raises(DeviceFault, match="No channel"):
        at.run()
    assert at.link.written == []


def test_the_testers_own_words_are_kept() -> None:
    reading = desk(TESTER).driver.run(LEAK_TEST).readings[0]
    assert reading.conditions["device_unit"] == "Pa"
    assert reading.conditions["device_judgement"] == "good"
    assert reading.conditions["free_volume"] == Value.of("free_volume", 2100.0)
    assert isinstance(reading.conditions["device_value"], float)


# Demagnetiser and field meter


def test_the_coil_is_never_left_at_its_peak() -> None:
    at = desk(InstrumentKind.DEMAGNETISER)
    at.driver.run(DEMAGNETISE)
    assert not any(sent.startswith(b"DERU") for sent in at.link.written)
    assert [sent for sent in at.link.written if sent.startswith(b"DCA")] == [b"DCA0300\r"] * 3
    assert at.watch.magnetism.field < 0.06


def test_a_field_that_does_not_return_is_ramped_down_and_told() -> None:
    at = desk(InstrumentKind.DEMAGNETISER)
    at.fault("stuck")
    with pytest.raises(DeviceFault, match="did not return to zero"):
        at.run()
    assert at.link.written[-1] == b"DERD\r"


def test_a_field_beyond_the_coil_is_refused() -> None:
    at = desk(InstrumentKind.DEMAGNETISER)
    too_much = {**DEMAGNETISE.parameters, "level": Value.of("demagnetising_field", 400.0)}
    with pytest.raises(UsageError):
        at.driver.run(Program("demagnetise", too_much, 60.0))


def test_a_single_false_digit_never_becomes_a_field() -> None:
    at = desk(InstrumentKind.FIELD_METER)
    true = at.run()["watch_field"]
    count = 0

    def wire(frame: bytes) -> list[tuple[float, bytes]]:
        nonlocal count
        count += 1
        return [(0.0, frame[:11] + b"9" + frame[12:] if count % 4 == 0 else frame)]

    at.link.wire = wire
    assert at.driver.run(FIELD).readings[0].value.magnitude == pytest.approx(true, abs=0.01)


# Quartz


def test_a_late_answer_carries_an_old_number_and_is_dropped() -> None:
    at = desk(InstrumentKind.QUARTZ_TESTER)
    battery = PROGRAMS[InstrumentKind.QUARTZ_TESTER][1]
    expected = at.run(battery)
    old = load("etabli-quartz-1").reply("battery", sequence=1, open=3.0, loaded=3.0)
    at.driver._sequence = 100  # type: ignore[attr-defined]
    at.link.wire = lambda frame: [(0.0, old), (0.01, frame)]
    assert at.run(battery) == pytest.approx(expected, abs=0.01)


def test_consumption_carries_its_scatter() -> None:
    reading = desk(InstrumentKind.QUARTZ_TESTER).driver.run(PROGRAMS[InstrumentKind.QUARTZ_TESTER][0]).readings[0]
    assert reading.n == 10
    assert reading.stdev is not None
    assert reading.u_a == pytest.approx(reading.stdev / 10**0.5)


# By hand


def by_hand(*typed: str, kind: InstrumentKind = TIMEGRAPHER) -> Manual:
    answers = iter(typed)
    record = InstrumentRecord("display", kind, "Chronoscope X1", "4711", "manual", "manual")
    return Manual(record, lambda _quantity, _label: next(answers))


def test_a_person_types_with_or_without_the_unit() -> None:
    with speaking("fr"):
        result = by_hand("+4,5 s/j", "286", "0,3 ms").run(TIMING)
    assert [reading.value.magnitude for reading in result.readings] == [4.5, 286.0, 0.3]
    assert result.readings[0].conditions["typed"] == "+4,5 s/j"
    assert result.readings[1].conditions["lift_angle"] == Value.of("lift_angle", 50.0)
    assert by_hand().provenance is Provenance.MANUAL


@pytest.mark.parametrize("typed", ["", "about five", "5 mm", "nan", "1e999", "--3"])
def test_what_is_no_such_value_is_not_taken(typed: str) -> None:
    with pytest.raises(Malformed):
        by_hand(typed).run(TIMING)


def test_a_typed_value_outside_the_display_is_refused() -> None:
    from dataclasses import replace

    from bench.instrument import Capability

    manual = by_hand("5000 s/d")
    manual.record = replace(manual.record, capabilities=(Capability("rate", -999.0, 999.0),))
    with pytest.raises(OutOfRange):
        manual.run(TIMING)


def test_a_person_may_stop() -> None:
    def ask(_quantity: Quantity, _label: str) -> str:
        manual.stop()
        return "4"

    manual = by_hand()
    manual._ask = ask
    with pytest.raises(Stopped):
        manual.run(TIMING)


def test_a_stage_keeps_its_pressure() -> None:
    reading = by_hand("12", "14", kind=TESTER).run(LEAK_TEST).readings[1]
    assert reading.label == "+3 bar"
    assert reading.conditions["pressure"] == Value.of("test_pressure", 3.0)
    assert read_typed(reading.value.quantity, "14").unit == "µg/min"
    assert seconds(3).unit == "s"
