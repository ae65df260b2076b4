"""A display that a person reads: its maker's figures make the uncertainty; what nobody documents stays blank."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import DataFileError
from bench.instrument import Capability, InstrumentKind, OutOfRange, Program
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from bench.uncertainty import Doubts, budget
from drivers import registry
from drivers.manual import Manual
from drivers.manual_instruments import documented, known

TIMING = Program("timing", {"position": "CH", "lift_angle": Value.of("lift_angle", 52.0)}, 60.0)
NO_DOUBTS = Doubts(repositioning=0.0, lift_angle=0.0, free_volume=0.0)


def record(model: str, kind: InstrumentKind = InstrumentKind.TIMEGRAPHER) -> InstrumentRecord:
    return InstrumentRecord("display", kind, model, "4711", "manual", "manual")


def by_hand(entry: InstrumentRecord, *typed: str) -> Manual:
    answers = iter(typed)
    return Manual(entry, lambda _quantity, _label: next(answers))


def capability(entry: InstrumentRecord, key: str) -> Capability:
    return next(one for one in registry.capabilities(entry) if one.quantity == key)


def test_every_entry_names_its_source() -> None:
    assert {entry.kind for entry in known()} == {
        InstrumentKind.TIMEGRAPHER,
        InstrumentKind.WATER_RESISTANCE,
        InstrumentKind.QUARTZ_TESTER,
    }
    for entry in known():
        for name in entry.models:
            assert all("manual" in one.source for one in documented(entry.kind, name))


@pytest.mark.parametrize("model", ["Chronoscope X1 G3", "Witschi Chronoscope X1 G3", "witschi chronoscope x1 g3"])
def test_the_model_in_the_register_brings_what_its_display_is_worth(model: str) -> None:
    rate = capability(record(model), "rate")
    assert (rate.low, rate.high, rate.resolution, rate.accuracy) == (-999.9, 999.9, 0.1, 0.1)
    amplitude = capability(record(model), "amplitude")
    assert (amplitude.low, amplitude.high, amplitude.resolution, amplitude.accuracy) == (80, 360, 1, 0.4)


def test_a_typed_rate_has_its_uncertainty() -> None:
    """±0.1 s/d and a resolution of 0.1 s/d: 0.1/√3 and 0.1/√12."""
    entry = record("Chronoscope X1 G3")
    rate, *_ = by_hand(entry, "+4,5 s/j", "286", "0,3").run(TIMING).readings
    found = budget(rate, capability(entry, "rate"), NO_DOUBTS)
    assert found is not None
    assert [component.u for component in found.components] == pytest.approx([0.1 / math.sqrt(3), 0.1 / math.sqrt(12)])


def test_a_loaded_battery_on_the_analyzer_q1() -> None:
    """±(0.5 % + 10 mV) and a resolution of 10 mV."""
    entry = record("Analyzer Q1", InstrumentKind.QUARTZ_TESTER)
    _, loaded = by_hand(entry, "1.55 V", "1.50 V").run(Program("battery", {}, 60.0)).readings
    found = budget(loaded, capability(entry, "battery_voltage_loaded"), NO_DOUBTS)
    assert found is not None
    assert [component.u for component in found.components] == pytest.approx(
        [(0.01 + 0.005 * 1.5) / math.sqrt(3), 0.01 / math.sqrt(12)]
    )


def test_a_coil_of_the_analyzer_q1_is_in_kilohms_whatever_the_file_writes() -> None:
    coil = capability(record("Analyzer Q1", InstrumentKind.QUARTZ_TESTER), "coil_resistance")
    assert (coil.low, coil.high) == pytest.approx((0.005, 10_000.0))
    assert coil.accuracy == pytest.approx(0.005)
    assert coil.accuracy_relative == 0.02
    assert coil.resolution is None  # three digits, the range changes by itself: not one number


def test_what_no_page_states_stays_blank_and_gives_no_uncertainty() -> None:
    entry = record("ProofMaster", InstrumentKind.WATER_RESISTANCE)
    leak = capability(entry, "leak_rate")
    assert (leak.low, leak.high, leak.resolution, leak.accuracy, leak.accuracy_relative) == (None,) * 5
    stage = {"label": "+3 bar", "pressure": Value.of("test_pressure", 3.0)}
    reading = by_hand(entry, "12").run(Program("leak-test", {"stages": [stage]}, 60.0)).readings[0]
    assert budget(reading, leak, NO_DOUBTS) is None


def test_the_register_comes_first() -> None:
    finer = Capability("rate", -99.99, 99.99, 0.01, 0.05, source="certificate 17")
    entry = replace(record("Chronoscope X1 G3"), capabilities=(finer,))
    assert capability(entry, "rate") == finer
    assert capability(entry, "amplitude").accuracy == 0.4
    assert by_hand(entry).capabilities() == registry.capabilities(entry)


def test_what_the_display_cannot_show_is_not_taken() -> None:
    with pytest.raises(OutOfRange):
        by_hand(record("Chronoscope X1 G3"), "+4", "60 °", "0.3").run(TIMING)  # an amplitude below 80°


def test_a_model_that_nobody_has_read_about_has_nothing() -> None:
    assert documented(InstrumentKind.TIMEGRAPHER, "Weishi 1900") == ()
    assert documented(InstrumentKind.QUARTZ_TESTER, "Chronoscope X1 G3") == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('quantity = "speed"\nunit = "s/d"', "there is no quantity"),
        ('quantity = "rate"\nunit = "ms"', "unit of rate"),
        ('quantity = "rate"\nunit = "s/d"\nlow = 5\nhigh = -5', "inside out"),
        ('quantity = "rate"\nunit = "s/d"\naccuracy = 0', "greater than 0"),
    ],
)
def test_a_wrong_file_is_named_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    head = '[[instruments]]\nmodels = ["X"]\nkind = "timegrapher"\nsource = "s"\n[[instruments.capabilities]]\n'
    file = tmp_path / "wrong.toml"
    file.write_text(head + line, "utf-8")
    with pytest.raises(DataFileError, match=reason):
        known(file)
