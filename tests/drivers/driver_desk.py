"""A desk for driver tests: the trial of each kind of simulated instrument, by its kind."""

from __future__ import annotations

from typing import Any

from bench.instrument import InstrumentKind
from drivers.simulated.desk import Desk, DeskClock, DeskLink, set_up
from drivers.trials import DEMAGNETISE, FIELD, LEAK_TEST, TIMING, TRIALS, seconds, stage

KINDS = tuple(InstrumentKind)
DIALECTS = {
    InstrumentKind.TIMEGRAPHER: "timegrapher-studio",
    InstrumentKind.WATER_RESISTANCE: "cosmo-ls",
    InstrumentKind.DEMAGNETISER: "2g600",
    InstrumentKind.FIELD_METER: "lutron-16-digit",
    InstrumentKind.QUARTZ_TESTER: "etabli-quartz-1",
}
PROGRAMS = {kind: TRIALS[dialect].programs for kind, dialect in DIALECTS.items()}
EVERY_PROGRAM = [(kind, program) for kind, programs in PROGRAMS.items() for program in programs]


def desk(kind: InstrumentKind, case: str = "", **options: Any) -> Desk:
    """Set a desk: the simulated instrument of `kind`, a watch of `case` on it, the driver over an open link."""
    return set_up(TRIALS[DIALECTS[kind]], case, **options)


__all__ = [
    "DEMAGNETISE",
    "DIALECTS",
    "EVERY_PROGRAM",
    "FIELD",
    "KINDS",
    "LEAK_TEST",
    "PROGRAMS",
    "TIMING",
    "Desk",
    "DeskClock",
    "DeskLink",
    "desk",
    "seconds",
    "stage",
]
