"""Uncertainty budgets per quantity, combined per the GUM (JCGM 100:2008).

Each component is named, with its source: what the instrument's maker states, what its certificate states, what the
samples themselves show, what the method and the watch add. Systematic components (one instrument's accuracy, one
lift angle set for a whole sequence) do not average out over positions; those of the samples do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.instrument import Capability
from bench.language import Text
from bench.measurement import Component, Reading, Uncertainty
from bench.quantities import Value

ACCURACY = Text("exactitude de l’appareil", "instrument accuracy")
CALIBRATION = Text("étalonnage (U/2 du certificat)", "calibration (U/2 of the certificate)")
RESOLUTION = Text("résolution", "resolution")
READINGS = Text("dispersion des mesures (type A)", "scatter of the readings (type A)")
REPOSITIONING = Text("remise en position de la montre", "repositioning of the watch")
LIFT_ANGLE = Text("doute sur l’angle de levée", "doubt about the lift angle")
FREE_VOLUME = Text("doute sur le volume libre", "doubt about the free volume")
PRESSURE = Text("doute sur la pression", "doubt about the pressure")

_SQRT3 = math.sqrt(3.0)
_SQRT12 = math.sqrt(12.0)

# t for 95.45 % by degrees of freedom (JCGM 100:2008, table G.2), read at the next lower entry (G.4.1).
_T = {
    1: 13.97, 2: 4.53, 3: 3.31, 4: 2.87, 5: 2.65, 6: 2.52, 7: 2.43, 8: 2.37, 9: 2.32, 10: 2.28, 11: 2.25, 12: 2.23,
    13: 2.21, 14: 2.20, 15: 2.18, 16: 2.17, 17: 2.16, 18: 2.15, 19: 2.14, 20: 2.13, 25: 2.11, 30: 2.09, 35: 2.07,
    40: 2.06, 45: 2.06,
}  # fmt: skip
_MANY = 50  # from here on t lies within 2.5 % of 2 and k = 2 is kept


@dataclass(frozen=True)
class Doubts:
    """Standing doubts of method and watch, as half-widths of rectangular distributions unless said.

    `repositioning` s/d (standard uncertainty of putting the watch back in its holder), `lift_angle` °,
    `free_volume` relative, `pressure` bar. None or 0: not counted.
    """

    repositioning: float = 0.5
    lift_angle: float = 1.0
    free_volume: float = 0.1
    pressure: float = 0.0

    def to_json(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Doubts:
        return cls(**data)


def certified(capabilities: Sequence[Capability], expanded: Mapping[str, float]) -> tuple[Capability, ...]:
    """Return the capabilities with the expanded uncertainties (k = 2, canonical unit) that a certificate states."""
    return tuple(
        replace(entry, calibration=expanded[entry.quantity]) if entry.quantity in expanded else entry
        for entry in capabilities
    )


def budget(
    reading: Reading,
    capability: Capability | None,
    doubts: Doubts,
    conditions: Mapping[str, Any] | None = None,
) -> Uncertainty | None:
    """Return the budget of one reading, in the unit of its quantity.

    `conditions` are those of the task, where the reading's own do not say. Returns None where the instrument's
    accuracy is not stated, and for an amplitude without its lift angle: what is not known is not guessed.
    """
    if capability is None or (capability.accuracy is None and capability.accuracy_relative is None):
        return None
    known = {**(conditions or {}), **reading.conditions}
    y = abs(reading.value.magnitude)
    source = capability.source or capability.quantity
    accuracy = (capability.accuracy or 0.0) + (capability.accuracy_relative or 0.0) * y
    parts = [Component(ACCURACY, accuracy / _SQRT3, source, systematic=True)]
    if capability.calibration:
        parts.append(Component(CALIBRATION, capability.calibration / 2.0, "certificate", systematic=True))
    if capability.resolution:
        parts.append(Component(RESOLUTION, capability.resolution / _SQRT12, source))
    if reading.u_a:
        dof = reading.n - 1.0 if reading.n > 1 else None
        parts.append(Component(READINGS, reading.u_a, f"n = {reading.n}", dof=dof))
    key = reading.value.quantity.id
    if key == "rate" and doubts.repositioning:
        parts.append(Component(REPOSITIONING, doubts.repositioning, "house"))
    elif key == "amplitude" and doubts.lift_angle:
        lift = known.get("lift_angle")
        if not isinstance(lift, Value) or lift.magnitude <= 0:
            return None
        # A is proportional to λ: dA = A·dλ/λ.
        doubt = y * doubts.lift_angle / lift.magnitude / _SQRT3
        parts.append(Component(LIFT_ANGLE, doubt, f"λ = {lift.magnitude:g}° ± {doubts.lift_angle:g}°", systematic=True))
    elif key == "leak_rate":
        parts += _leak(y, known.get("pressure"), doubts)
    return _expanded(parts)


def _leak(y: float, pressure: object, doubts: Doubts) -> list[Component]:
    parts = []
    if doubts.free_volume:
        # The tester turns reversion speed into µg/min in proportion to the free volume.
        source = f"± {100 * doubts.free_volume:g} %"
        parts.append(Component(FREE_VOLUME, y * doubts.free_volume / _SQRT3, source, systematic=True))
    if doubts.pressure and isinstance(pressure, Value) and pressure.magnitude:
        relative = doubts.pressure / abs(pressure.magnitude)
        parts.append(Component(PRESSURE, y * relative / _SQRT3, f"± {doubts.pressure:g} bar", systematic=True))
    return parts


def combine(
    parts: Sequence[Uncertainty | None],
    sensitivities: Sequence[float],
    instruments: Sequence[str] | None = None,
) -> Uncertainty | None:
    """Return the budget of a figure derived from several measurements, None where one that counts has none.

    Components of one name that are systematic are one error, fully correlated: they add with their signs (GUM 5.2.2),
    so they neither average out in a mean nor widen a difference. All others are independent (GUM 5.1.2).
    `instruments` names the instrument of each part; errors of different instruments are never one error.
    """
    whose = instruments or [""] * len(parts)
    counted = [(part, s, name) for part, s, name in zip(parts, sensitivities, whose, strict=True) if s]
    if not counted or any(part is None for part, _, _ in counted):
        return None
    one_error: dict[tuple[Text, str], list[tuple[float, Component]]] = {}
    independent: dict[Text, list[tuple[float, Component]]] = {}
    for part, s, name in counted:
        for component in part.components if part else ():
            if component.systematic:
                one_error.setdefault((component.name, name), []).append((s, component))
            else:
                independent.setdefault(component.name, []).append((s, component))
    combined = [
        Component(name, abs(sum(s * c.u for s, c in group)), _source(group), systematic=True)
        for (name, _), group in one_error.items()
    ]
    for what, group in independent.items():
        u = math.sqrt(sum((s * c.u) ** 2 for s, c in group))
        dof = effective_dof([Component(what, abs(s) * c.u, c.source, dof=c.dof) for s, c in group])
        combined.append(Component(what, u, _source(group), dof=dof))
    return _expanded(combined)


def _source(group: Sequence[tuple[float, Component]]) -> str:
    return ", ".join(dict.fromkeys(component.source for _, component in group))


def effective_dof(components: Sequence[Component]) -> float | None:
    """Return the effective degrees of freedom (Welch–Satterthwaite, GUM G.4.1), None for infinitely many."""
    spread = sum(c.u**4 / c.dof for c in components if c.dof)
    if not spread:
        return None
    return float(sum(c.u**2 for c in components) ** 2 / spread)


def coverage(dof: float | None) -> float:
    """Return k for 95.45 %: 2, or Student's t where there are fewer than 50 effective degrees of freedom."""
    if dof is None or dof >= _MANY:
        return 2.0
    return _T[max(entry for entry in _T if entry <= max(1.0, dof))]


def _expanded(components: Sequence[Component]) -> Uncertainty:
    return Uncertainty(tuple(components), coverage(effective_dof(components)))
