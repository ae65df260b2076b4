"""A simulated silver-oxide cell: voltage, internal resistance, and a capacity that running takes from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drivers.simulated.movement import Spec

FRESH_VOLTAGE = 1.565
FRESH_RESISTANCE = 18.0


class BatterySpec(Spec):
    """The cell in the watch: `type` (371 …), `voltage` V at no load, `internal_resistance` Ω, `capacity` mAh."""

    type: str
    voltage: Annotated[float, Field(ge=0, le=3.6)] = FRESH_VOLTAGE
    internal_resistance: Annotated[float, Field(gt=0)] = FRESH_RESISTANCE
    capacity: Annotated[float, Field(gt=0)] = 40.0


class Battery:
    """The cell, in the watch or out of it."""

    def __init__(self, spec: BatterySpec) -> None:
        self.spec = spec
        self.fitted = True
        self.voltage = spec.voltage
        self.internal_resistance = spec.internal_resistance
        self.left = spec.capacity

    def replace(self) -> None:
        """Fit a new cell of the same type."""
        self.fitted = True
        self.voltage = FRESH_VOLTAGE
        self.internal_resistance = FRESH_RESISTANCE
        self.left = self.spec.capacity

    def loaded(self, ohms: float) -> float:
        """Return the voltage across a load of `ohms`."""
        return self.voltage * ohms / (ohms + self.internal_resistance)

    def drain(self, microamperes: float, seconds: float) -> None:
        """Take charge from the cell; an empty one collapses."""
        self.left = max(0.0, self.left - microamperes * seconds / 3.6e6)
        if self.left == 0.0:
            self.voltage = min(self.voltage, 1.1)
            self.internal_resistance = max(self.internal_resistance, 500.0)
