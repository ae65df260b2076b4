"""Figures that follow from several measurements: X, D, DVH, the lowest amplitude, the residual field, battery life.

Formulas: X, D, DVH as in the Witschi Chronoscope X1 manual, sequence results; each with its sensitivities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.errors import Refusal
from bench.judging import Derived, Judged, MeasureTask, derive
from bench.measurement import Measurement

# Refusals that speak of how was measured, not of the value: instrument, profile, conditions.
CONDITIONS = ("G-05", "G-08", "G-19", "G-20")
HORIZONTAL = ("CH", "CB", "FH")

How = Callable[[Sequence[Measurement]], Derived | None]


def mean(parts: Sequence[Measurement]) -> Derived | None:
    """The arithmetic mean."""
    n = len(parts)
    return Derived(sum(p.value.magnitude for p in parts) / n, (1 / n,) * n)


def spread(parts: Sequence[Measurement]) -> Derived | None:
    """Largest minus smallest; None for a single value."""
    if len(parts) < 2:
        return None
    values = [p.value.magnitude for p in parts]
    high, low = values.index(max(values)), values.index(min(values))
    return Derived(values[high] - values[low], tuple(float(n == high) - float(n == low) for n in range(len(values))))


def horizontal_vertical(parts: Sequence[Measurement]) -> Derived | None:
    """DVH: mean of the vertical positions minus mean of the horizontal ones; None where one sort is missing."""
    flat = [p.label in HORIZONTAL for p in parts]
    h, v = sum(flat), len(flat) - sum(flat)
    if not h or not v:
        return None
    weights = tuple(-1 / h if is_flat else 1 / v for is_flat in flat)
    return Derived(sum(w * p.value.magnitude for w, p in zip(weights, parts, strict=True)), weights)


def lowest(parts: Sequence[Measurement]) -> Derived | None:
    values = [p.value.magnitude for p in parts]
    return Derived(min(values), tuple(float(n == values.index(min(values))) for n in range(len(values))))


def highest(parts: Sequence[Measurement]) -> Derived | None:
    values = [p.value.magnitude for p in parts]
    return Derived(max(values), tuple(float(n == values.index(max(values))) for n in range(len(values))))


def above_background(parts: Sequence[Measurement]) -> Derived | None:
    """The field at the watch less the last background before it, without sign."""
    background = [n for n, p in enumerate(parts) if p.quantity.id == "background_field"]
    watch = [n for n, p in enumerate(parts) if p.quantity.id == "watch_field"]
    if not background or not watch:
        return None
    b, w = background[-1], watch[-1]
    difference = parts[w].value.magnitude - parts[b].value.magnitude
    sign = 1.0 if difference >= 0 else -1.0
    return Derived(abs(difference), tuple(sign * (float(n == w) - float(n == b)) for n in range(len(parts))))


# Derived quantity → the quantities it comes from, and how.
DERIVED: dict[str, tuple[tuple[str, ...], How]] = {
    "mean_rate": (("rate",), mean),
    "rate_spread": (("rate",), spread),
    "rate_dvh": (("rate",), horizontal_vertical),
    "min_amplitude": (("amplitude",), lowest),
    "max_beat_error": (("beat_error",), highest),
    "residual_field": (("background_field", "watch_field"), above_background),
}


def derive_all(task: MeasureTask, keys: Sequence[str], judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Derive every wanted figure from what a step has measured; the limits are those of the last task."""
    found = []
    for key in keys:
        sources, how = DERIVED[key]
        parts = [entry for entry in judged if entry.measurement.quantity.id in sources]
        blocked = replace(task, blockers=task.blockers or _blockers(parts))
        figure = derive(blocked, key, [entry.measurement for entry in parts], how)
        if figure is not None:
            found.append(figure)
    return tuple(found)


def _blockers(parts: Sequence[Judged]) -> tuple[Refusal, ...]:
    """A figure is worth what its parts are worth: a condition that refused one of them refuses it too."""
    refusals = [entry.verdict.refusal for entry in parts]
    return tuple(refusal for refusal in refusals if refusal is not None and refusal.rule in CONDITIONS)[:1]
