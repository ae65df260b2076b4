"""How each driver that comes with the program is tried by the conformance suite; a new driver adds its line here.

A third party's driver brings its own trial, under the entry-point group of `drivers.extensions`.
"""

from __future__ import annotations

from typing import Any

from bench.instrument import Program
from bench.quantities import Value
from drivers import extensions
from drivers.simulated.desk import Trial
from drivers.simulated.devices.asked_meters import SimulatedBell5080, SimulatedGM2, SimulatedLakeShore425
from drivers.simulated.devices.demagnetiser import SimulatedDemagnetiser
from drivers.simulated.devices.field_meter import SimulatedFieldMeter
from drivers.simulated.devices.leak_tester import SimulatedLeakTester
from drivers.simulated.devices.multimeter import SimulatedMultimeter
from drivers.simulated.devices.qualitek import SimulatedQualitek
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
# A tester that is asked all the while says ten times as much as one that reports: its trial is shorter.
SHORT_TEST = Program(
    "leak-test",
    {
        "stages": [
            {**stage("-0.4 bar", -0.4, 6.0), "fill": seconds(3.0), "stabilise": seconds(3.0)},
            {**stage("+3 bar", 3.0, 6.0), "fill": seconds(3.0), "stabilise": seconds(3.0)},
        ],
        "free_volume": Value.of("free_volume", 2100.0),
    },
    120.0,
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

MULTIMETER = tuple(program for program in QUARTZ if program.name in ("battery", "consumption", "resistance"))

TRIALS: dict[str, Trial] = {
    trial.dialect: trial
    for trial in (
        Trial("timegrapher-studio", (TIMING,), SimulatedTimegrapher, "mechanical-healthy", "mechanical-beat-error"),
        Trial("cosmo-ls", (LEAK_TEST,), SimulatedLeakTester, "case-tight", "case-leaking"),
        Trial("uson-qualitek-mr", (SHORT_TEST,), SimulatedQualitek, "case-tight", "case-leaking"),
        Trial("2g600", (DEMAGNETISE,), SimulatedDemagnetiser, "mechanical-magnetised", "mechanical-healthy"),
        Trial(
            "lutron-16-digit", (FIELD, BACKGROUND), SimulatedFieldMeter, "mechanical-magnetised", "mechanical-healthy"
        ),
        Trial("lake-shore-425", (FIELD, BACKGROUND), SimulatedLakeShore425, "mechanical-magnetised"),
        Trial("fw-bell-5080", (FIELD, BACKGROUND), SimulatedBell5080, "mechanical-magnetised"),
        Trial("alphalab-gm2", (FIELD, BACKGROUND), SimulatedGM2, "mechanical-magnetised"),
        *(
            Trial(device.dialect_id, (FIELD, BACKGROUND), device, "mechanical-magnetised", "mechanical-healthy")
            for device in (SimulatedFieldMeter, SimulatedLakeShore425, SimulatedBell5080, SimulatedGM2)
        ),
        Trial("etabli-quartz-1", QUARTZ, SimulatedQuartzTester, "quartz-healthy", "quartz-high-consumption"),
        Trial("scpi-multimeter", MULTIMETER, SimulatedMultimeter, "quartz-healthy", "quartz-high-consumption"),
    )
}


def find(dialect: str) -> Trial | None:
    """Return the trial of a dialect's driver, ours or a third party's; None where nobody has written one."""
    return TRIALS.get(dialect) or extensions.trial(dialect)
