"""How the register writes a daily check, and the four that the bench knows, each on its instrument."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bench.checking import check
from bench.desk import Desk
from bench.house import House
from bench.journal import Journal
from bench.people import Operator, Role
from bench.procedure.library import ProcedureLibrary
from drivers.simulated import SimulatedBench
from drivers.station import Station
from profiles.library import Library
from tui.daily_check import PARAMETERS, PROGRAMS, DailyCheckEntry

WATCHMAKER = Operator("t1", "Claire Vuille", frozenset({Role.TECHNICIAN}))
SPEED = 40.0


def entry(
    quantity: str, reference: str, expanded: str, low: str, high: str, **parameters: str | int
) -> DailyCheckEntry:
    return DailyCheckEntry(
        quantity=quantity,
        reference=reference,
        expanded=expanded,
        certificate="R-1",
        low=low,
        high=high,
        parameters=parameters,
    )


@pytest.fixture
def bench() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=SPEED) as simulated:
        yield simulated


# The reference of each kind: what is laid on the instrument, and what the register says of it.
CHECKS: dict[str, tuple[str, str, DailyCheckEntry]] = {
    "reference leak": (
        "leak-tester",
        "case-tight",
        entry(
            "leak_rate",
            "8 µg/min",
            "0.5 µg/min",
            "1 µg/min",
            "20 µg/min",
            pressure="3 bar",
            free_volume="2100 mm³",
        ),
    ),
    "time base": (
        "timegrapher",
        "mechanical-healthy",
        entry("rate", "3 s/d", "0.1 s/d", "-15 s/d", "20 s/d", lift_angle="50 °", measure="16 s"),
    ),
    "zero field": ("field-meter", "quartz-healthy", entry("background_field", "0 mT", "0.002 mT", "-0.2 mT", "0.2 mT")),
    "reference resistor": (
        "quartz-tester",
        "quartz-healthy",
        entry("coil_resistance", "1.55 kΩ", "0.002 kΩ", "1.5 kΩ", "1.6 kΩ"),
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
@pytest.mark.parametrize("name", CHECKS)
def test_each_kind_of_check_runs_on_its_instrument(name: str, bench: SimulatedBench, tmp_path: Path) -> None:
    instrument, case, stated = CHECKS[name]
    watch = bench.select("reference", case)
    bench.handle("place", next(r.kind.value for r in bench.records if r.id == instrument))
    assert watch is not None
    records = [replace(r, daily_check=stated.check()) for r in bench.records if r.id == instrument]
    station = Station(records)
    journal = Journal.open(tmp_path / "journal.sqlite", station="bench-1")
    try:
        desk = Desk(journal, ProcedureLibrary(), Library(), station, House("Atelier"))
        desk.sign_in(WATCHMAKER)
        done = check(desk, instrument)
        assert done.result == "pass", done.judged
        assert done.judged.measurement.quantity.id == stated.quantity
        assert done.record.calibration(desk.clock.now().date()).proves
    finally:
        station.close()
        journal.close()


def test_every_quantity_has_a_program_with_known_parameters() -> None:
    assert set(PROGRAMS.values()) == set(PARAMETERS)


def test_the_limits_may_be_open_on_one_side() -> None:
    stated = entry("insulation_resistance", "9 MΩ", "0.1 MΩ", "5 MΩ", "").check()
    assert (stated.low, stated.high) == (5.0, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quantity": "jewels"}, "no daily check measures it"),
        ({"reference": "9 mT"}, "reference"),
        ({"expanded": "0 kΩ"}, "proves nothing"),
        ({"low": "", "high": ""}, "at least one side"),
        ({"low": "1.6 kΩ", "high": "1.5 kΩ"}, "must lie below"),
        ({"reference": "2 kΩ"}, "outside its own limits"),
        ({"parameters": {"pressure": "2 bar"}}, "parameters.pressure: unknown"),
        ({"certificate": ""}, "certificate"),
    ],
)
def test_a_check_that_makes_no_sense_is_told(changes: dict[str, Any], reason: str) -> None:
    good = CHECKS["reference resistor"][2].model_dump()
    with pytest.raises(ValidationError, match=reason):
        DailyCheckEntry(**{**good, **changes})
