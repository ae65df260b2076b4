"""Uncertainty budgets per quantity, combined per the GUM (JCGM 100:2008)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.instrument import Capability
from bench.language import Text
from bench.measurement import Component, Reading, Uncertainty


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


def budget(reading: Reading, capability: Capability | None, doubts: Doubts) -> Uncertainty | None:
    """Return the budget of one reading, None where the instrument's accuracy is not stated."""
    if capability is None or capability.accuracy is None:
        return None
    components = [Component(Text("exactitude de l’appareil", "instrument accuracy"), capability.accuracy / 3**0.5, "B")]
    return Uncertainty(tuple(components))


def combine(parts: Sequence[Uncertainty | None], sensitivities: Sequence[float]) -> Uncertainty | None:
    """Return the budget of a figure derived from independent parts (GUM 5.1.2), None where any part has none."""
    if any(part is None for part in parts):
        return None
    components = [
        Component(c.name, abs(s) * c.u, c.source)
        for part, s in zip(parts, sensitivities, strict=True)
        if part is not None
        for c in part.components
    ]
    return Uncertainty(tuple(components))
