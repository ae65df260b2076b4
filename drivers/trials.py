"""How each driver that comes with the program is tried by the conformance suite; a new driver adds its line here.

A third party's driver brings its own trial, under the entry-point group of `drivers.extensions`.
"""

from __future__ import annotations

from typing import Any

from bench.instrument import Program
from bench.quantities import Value
from drivers import extensions
from drivers.simulated.desk import Trial
from drivers.simulated.devices.demagnetiser import SimulatedDemagnetiser
from drivers.simulated.devices.field_meter import SimulatedFieldMeter
from drivers.simulated.devices.leak_tester import SimulatedLeakTester
from drivers.simulated.devices.quartz_tester import SimulatedQuartzTester
from drivers.simulated.devices.timegrapher import SimulatedTimegrapher


def seconds(value: float) -> Value:
    return Value.of("measuring_time", value)


def stage(label: str, pressure: float, measure: float = 30.0) -> dict[str, Any]:
    """Return one stage of a leak test."""
    return {
        "label": label,
        "pressure": Value.of("test_pressure", pressure),
        "fill": seconds(10.0),
        "stabilise": seconds(15.0),
        "measure": seconds(measure),
    }


TIMING = Program(
    "timing",
    {"position": "CH", "lift_angle": Value.of("lift_angle", 50.0), "stabilise": seconds(10), "measure": seconds(30)},
    120.0,
)
LEAK_TEST = Program(
    "leak-test",
    {"stages": [stage("-0.4 bar", -0.4), stage("+3 bar", 3.0)], "free_volume": Value.of("free_volume", 2100.0)},
    300.0,
)
DEMAGNETISE = Program(
    "demagnetise", {"axes": "XYZ", "level": Value.of("demagnetising_field", 30.0), "cycles": 1}, 300.0
)
FIELD = Program("field", {"quantity": "watch_field", "n": 5}, 60.0)
BACKGROUND = Program("field", {"quantity": "background_field", "n": 3}, 60.0)
QUARTZ = (
    Program("consumption", {"state": "running", "supply": Value.of("supply_voltage", 1.55)}, 60.0),
    Program("battery", {}, 30.0),
    Program("consumption", {"state": "stem-pulled", "supply": Value.of("supply_voltage", 1.55)}, 60.0),
    Program("quartz-rate", {"inhibition_period": Value.of("inhibition_period", 60.0), "periods": 2}, 300.0),
    Program("pulse", {}, 60.0),
    Program("resistance", {}, 60.0),
    Program("lower-voltage", {}, 300.0),
)

TRIALS: dict[str, Trial] = {
    trial.dialect: trial
    for trial in (
        Trial("timegrapher-studio", (TIMING,), SimulatedTimegrapher, "mechanical-healthy"),
        Trial("cosmo-ls", (LEAK_TEST,), SimulatedLeakTester, "case-tight"),
        Trial("2g600", (DEMAGNETISE,), SimulatedDemagnetiser, "mechanical-magnetised"),
        Trial("lutron-16-digit", (FIELD, BACKGROUND), SimulatedFieldMeter, "mechanical-magnetised"),
        Trial("etabli-quartz-1", QUARTZ, SimulatedQuartzTester, "quartz-healthy"),
    )
}


def find(dialect: str) -> Trial | None:
    """Return the trial of a dialect's driver, ours or a third party's; None where nobody has written one."""
    return TRIALS.get(dialect) or extensions.trial(dialect)
