"""The figures that a workshop is run by: each defined, each with a way to the rows of the log behind it.

>>> report = figures(journal, Period(first, last), workshop="Essai", made="2026-11-22")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from bench.errors import UsageError
from bench.figures.drift import drift
from bench.figures.findings import complaints, leaks, top_defects, top_parts
from bench.figures.material import Material
from bench.figures.model import Cell, Column, Curve, Figure, Line, Period, Report
from bench.figures.quality import first_pass, repeats, reserve
from bench.figures.times import slips, turnaround, waiting
from bench.language import N_, msg

if TYPE_CHECKING:
    from bench.journal.reading import JournalReading

KINDS: dict[str, Callable[[Material], Figure]] = {
    "first-pass": first_pass,
    "repeats-by-technician": partial(repeats, by="operator"),
    "repeats-by-calibre": partial(repeats, by="calibre"),
    "turnaround": turnaround,
    "slips": slips,
    "waiting": waiting,
    "defects": top_defects,
    "parts": top_parts,
    "leaks": leaks,
    "complaints": complaints,
    "drift": drift,
    "reserve": reserve,
}
"""Every figure by its id, in the order of a report."""

SIMULATION = N_("SIMULATION: these figures are of simulated or replayed work.")
TRAINING = N_("TRAINING: these figures are of exercises.")


def figures(
    journal: JournalReading,
    period: Period,
    *,
    workshop: str,
    made: str,
    mark: str = "",
    only: Sequence[str] = (),
) -> Report:
    """Return the report of a period, or `only` some figures of it.

    With a `mark` (SIMULATION, TRAINING) simulated and replayed values count, and every page says so; without one they
    are left out. Raises UsageError for a figure that does not exist.
    """
    unknown = [name for name in only if name not in KINDS]
    if unknown:
        raise UsageError(
            msg("There is no figure “{name}”.", name=unknown[0]), remedy=msg("Known: {known}.", known=", ".join(KINDS))
        )
    material = Material(journal, period, made_up=bool(mark))
    made_of = tuple(KINDS[name](material) for name in (only or KINDS))
    return Report(workshop, period, made_of, mark, material.left_out_here, made, journal.head())


__all__ = [
    "KINDS", "SIMULATION", "TRAINING", "Cell", "Column", "Curve", "Figure", "Line", "Period", "Report", "figures",
]  # fmt: skip
