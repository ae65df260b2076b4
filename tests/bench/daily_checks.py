"""A reference leak of 48 µg/min and the scripted leak tester that is checked against it every day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from scripted import ScriptedPool, Truth, a_desk

from bench.desk import Desk
from bench.instrument import InstrumentKind, Program
from bench.metrology import DailyCheck
from bench.quantities import Value

LEAK_TESTER = InstrumentKind.WATER_RESISTANCE.value


def seconds(value: float) -> Value:
    return Value.of("measuring_time", value)


PROGRAM = Program(
    "leak-test",
    {
        "stages": [
            {
                "label": "reference",
                "pressure": Value.of("test_pressure", 2.0),
                "fill": seconds(5),
                "stabilise": seconds(10),
                "measure": seconds(30),
            }
        ],
        "free_volume": Value.of("free_volume", 2100.0),
    },
    90.0,
)
# U = 2 µg/min: the acceptance zone is 44 + 0.83·2 … 52 − 0.83·2 = 45.66 … 50.34 µg/min.
REFERENCE_LEAK = DailyCheck(
    Value.of("leak_rate", 48.0), 2.0, "FL-2026-03", PROGRAM, 44.0, 52.0, date(2027, 3, 1), "reference"
)


def a_checked_desk(truth: Truth, check: DailyCheck = REFERENCE_LEAK) -> Desk:
    """A desk whose leak tester must be checked every day."""
    desk = a_desk(truth)
    pool = desk.pool
    assert isinstance(pool, ScriptedPool)
    pool._records = [replace(r, daily_check=check) if r.id == LEAK_TESTER else r for r in pool._records]
    return desk
