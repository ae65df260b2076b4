"""When the bench may go on by itself: the reading is stable, nothing fails, no hand is needed but to turn.

A reading is stable when its own scatter (standard uncertainty of type A) is no more than all the rest of its
uncertainty: measuring longer would change little (GUM, JCGM 100:2008, 4.2 and 5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.conformity import State
from bench.language import _, number
from bench.quantities import unit_text

if TYPE_CHECKING:
    from bench.judging import Judged, MeasureTask
    from bench.measurement import Measurement


@dataclass(frozen=True)
class Scatter:
    """The standard uncertainties of one reading: from its own scatter, and from all the rest."""

    measurement: Measurement
    own: float
    rest: float

    @property
    def stable(self) -> bool:
        return self.own <= self.rest

    def __str__(self) -> str:
        quantity = self.measurement.quantity
        decimals = quantity.decimals + 1
        sentence = _("stable: {quantity} ± {own} ≤ {rest} {unit}")
        if not self.stable:
            sentence = _("not stable: {quantity} ± {own} > {rest} {unit}")
        return sentence.format(
            quantity=quantity.name,
            own=number(self.own, decimals),
            rest=number(self.rest, decimals),
            unit=unit_text(quantity.unit),
        )


def scatter(judged: Sequence[Judged]) -> Scatter | None:
    """Return the scatter of the least stable reading that is judged, else of the main one; None where none has any."""
    found = []
    for entry in judged:
        m = entry.measurement
        if m.uncertainty is not None and not m.derived_from:
            own = sum(c.u**2 for c in m.uncertainty.components if c.dof is not None) ** 0.5
            rest = sum(c.u**2 for c in m.uncertainty.components if c.dof is None) ** 0.5
            if own:
                found.append((_asked(entry), Scatter(m, own, rest)))
    these = [each for asked, each in found if asked] or [each for _asked_for, each in found[:1]]
    return max(these, key=lambda each: each.own / each.rest if each.rest else float("inf"), default=None)


def _asked(entry: Judged) -> bool:
    """Whether a verdict was asked for this figure."""
    refusal = entry.verdict.refusal
    return refusal is None or refusal.rule not in ("information", "no-limit")


def nothing_against(judged: Sequence[Judged]) -> bool:
    """Whether all that was judged conforms without reserve."""
    return all(entry.verdict.state is State.CONFORMING for entry in judged if _asked(entry))


def only_turned(task: MeasureTask) -> bool:
    """Whether all that a hand does before this task is turning the watch on an instrument that listens."""
    return task.program.name == "timing" and all(h.act in ("turn", "place") for h in task.handlings)
