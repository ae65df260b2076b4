"""Figures that follow from several measurements: X, D, DVH, Di, the lowest amplitude, residual field, battery life.

Formulas: X, D, DVH, Di as in the Witschi Chronoscope X1 manual, sequence results; each with its sensitivities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.errors import Refusal
from bench.judging import Derived, Judged, MeasureTask, derive
from bench.measurement import Measurement
from bench.quantities import Value

# Refusals that speak of how was measured, not of the value: instrument, profile, conditions.
CONDITIONS = ("G-05", "G-06", "G-08", "G-19", "G-20")
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


def six_less_dial_up(parts: Sequence[Measurement]) -> Derived | None:
    """Di: rate at 6H minus rate at CH; None where one of them is missing."""
    return _difference(_last(parts, label="6H"), _last(parts, label="CH"), len(parts))


def day_less_full(parts: Sequence[Measurement]) -> Derived | None:
    """Isochronism: rate at CH 24 h after full winding minus rate at CH fully wound."""
    return _difference(_last(parts, label="CH", wind="24h"), _last(parts, label="CH", wind="0h"), len(parts))


def battery_life(parts: Sequence[Measurement]) -> Derived | None:
    """Months = capacity in mAh · 1000 / consumption in µA / 730 h; None where the profile states no capacity."""
    last = parts[-1]
    capacity = last.conditions.get("battery_capacity")
    drain = last.value.to("µA")
    if not isinstance(capacity, Value) or drain <= 0:
        return None
    months = capacity.to("mAh") * 1000.0 / drain / 730.0
    return Derived(months, (*(0.0,) * (len(parts) - 1), months / drain), "month")


_Found = tuple[int, Measurement] | None


def _last(parts: Sequence[Measurement], *, label: str, wind: str | None = None) -> _Found:
    for n in range(len(parts) - 1, -1, -1):
        if parts[n].label == label and wind in (None, parts[n].conditions.get("wind")):
            return n, parts[n]
    return None


def _difference(one: _Found, other: _Found, count: int) -> Derived | None:
    if one is None or other is None:
        return None
    weights = tuple(float(n == one[0]) - float(n == other[0]) for n in range(count))
    return Derived(one[1].value.magnitude - other[1].value.magnitude, weights)


@dataclass(frozen=True)
class Figure:
    """A derived figure: the quantities it comes from, how, and whether earlier steps of the order count too."""

    sources: tuple[str, ...]
    how: How
    whole_order: bool = False


DERIVED: dict[str, Figure] = {
    "mean_rate": Figure(("rate",), mean),
    "rate_spread": Figure(("rate",), spread),
    "rate_dvh": Figure(("rate",), horizontal_vertical),
    "rate_di": Figure(("rate",), six_less_dial_up),
    "isochronism": Figure(("rate",), day_less_full, whole_order=True),
    "min_amplitude": Figure(("amplitude",), lowest),
    "max_beat_error": Figure(("beat_error",), highest),
    "residual_field": Figure(("background_field", "watch_field"), above_background),
    "autonomy": Figure(("consumption",), battery_life),
}


def derive_all(
    task: MeasureTask, keys: Sequence[str], judged: Sequence[Judged], earlier: Sequence[Judged] = ()
) -> tuple[Judged, ...]:
    """Derive every wanted figure from what a step has measured (and, for some, what the order has `earlier`).

    The limits are those of the last task.
    """
    found = []
    for key in keys:
        figure = DERIVED[key]
        pool = [*earlier, *judged] if figure.whole_order else judged
        parts = [entry for entry in pool if entry.measurement.quantity.id in figure.sources]
        blocked = replace(task, blockers=task.blockers or _blockers(parts))
        derived = derive(blocked, key, [entry.measurement for entry in parts], figure.how)
        if derived is not None:
            found.append(derived)
    return tuple(found)


def _blockers(parts: Sequence[Judged]) -> tuple[Refusal, ...]:
    """A figure is worth what its parts are worth: a condition that refused one of them refuses it too."""
    refusals = [entry.verdict.refusal for entry in parts]
    return tuple(refusal for refusal in refusals if refusal is not None and refusal.rule in CONDITIONS)[:1]
