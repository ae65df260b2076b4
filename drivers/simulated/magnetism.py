"""The magnetism of a simulated watch: the field it keeps, what that does to its rate, how a decaying one removes it."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from drivers.simulated.movement import Spec

AXES = "XYZ"
LEFT_BEHIND = 0.005  # part of the remanence that a complete decaying cycle leaves
SATURATES_AT = 60.0  # mT of a suddenly ended field that magnetise a watch fully
SATURATION = 2.5  # mT near the watch when it is fully magnetised


class MagnetismSpec(Spec):
    """What the watch keeps: `residual` mT near it per axis X, Y, Z; `magnetised_by` mT, the peak that did it.

    `rate_per_mt` s/d and `amplitude_per_mt` ° are what one millitesla does to a mechanical movement. A magnetised
    watch typically gains tens to over 100 s/d at a low amplitude.
    """

    residual: tuple[float, float, float] = (0.002, 0.001, 0.003)
    magnetised_by: Annotated[float, Field(ge=0)] = 0.0
    rate_per_mt: float = 62.0
    amplitude_per_mt: float = 32.0


class Magnetism:
    """The field that a watch keeps, per axis, in mT at the place where a meter touches it."""

    def __init__(self, spec: MagnetismSpec) -> None:
        self.spec = spec
        self._field = list(spec.residual)
        self._set_by = [spec.magnetised_by] * 3

    @property
    def field(self) -> float:
        """Return the magnitude of the residual field, mT."""
        return math.hypot(*self._field)

    @property
    def rate(self) -> float:
        """Return what it adds to the rate, s/d."""
        return self.spec.rate_per_mt * self.field

    @property
    def amplitude(self) -> float:
        """Return what it takes from the amplitude, °."""
        return self.spec.amplitude_per_mt * self.field

    def decay(self, axis: str, peak: float) -> None:
        """Feel an alternating field on `axis` that ramped down from `peak` mT to zero.

        Above the field that magnetised the watch nearly nothing is left; below it, only the softer domains are
        scrambled, and what the stronger field set stays.
        """
        number = AXES.index(axis)
        strength = self._set_by[number]
        if peak > strength:
            self._field[number] *= LEFT_BEHIND if strength > 0.0 else 1.0
            self._set_by[number] = 0.0
        elif strength > 0.0:
            self._field[number] *= 1.0 - 0.5 * (peak / strength) ** 2

    def cut(self, axis: str, peak: float) -> None:
        """Feel a field on `axis` that ended at `peak` mT without ramping down: it magnetises the watch."""
        number = AXES.index(axis)
        gained = SATURATION * math.tanh(peak / SATURATES_AT)
        if gained > abs(self._field[number]):
            self._field[number] = gained
            self._set_by[number] = peak
