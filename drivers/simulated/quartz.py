"""A simulated quartz movement: crystal, inhibition, motor pulses, consumption, coil, the voltage at which it stops."""

from __future__ import annotations

import math
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from drivers.simulated.movement import Spec

NOMINAL = 1.55  # V
EOL_STEP = 4.0  # s between the hand's jumps near the end of the battery's life
DAY = 86400.0


class QuartzSpec(Spec):
    """A quartz movement as it lies on the bench.

    `rate` s/d over a whole inhibition period, `crystal_rate` s/d of the quartz itself (inhibition takes the
    difference away once a period of `inhibition_period` s); `pulse_width` ms, `pulse_period` s; `consumption` and
    `circuit` µA at 1.55 V running and with the stem pulled, `friction` µA more while running until it is cleaned;
    `coil` kΩ (inf: broken), `insulation` MΩ, `lower_voltage` V below which the motor stops, `eol` V below which the
    hand jumps every 4 s.
    """

    kind: Literal["quartz"]
    rate: float = 0.15
    crystal_rate: float = 4.3
    inhibition_period: Annotated[float, Field(gt=0)] = 60.0
    pulse_width: Annotated[float, Field(gt=0)] = 4.88
    pulse_period: Annotated[float, Field(gt=0)] = 1.0
    consumption: Annotated[float, Field(ge=0)] = 1.28
    circuit: Annotated[float, Field(ge=0)] = 0.38
    friction: Annotated[float, Field(ge=0)] = 0.0
    coil: Annotated[float, Field(ge=0)] = 1.55
    insulation: Annotated[float, Field(ge=0)] = 500.0
    lower_voltage: Annotated[float, Field(gt=0)] = 1.12
    eol: Annotated[float, Field(gt=0)] = 1.30


class QuartzMovement:
    """A quartz movement at a voltage; `now` is device time in seconds."""

    def __init__(self, spec: QuartzSpec, seed: object) -> None:
        self.spec = spec
        self.stem_pulled = False
        self.friction = spec.friction
        random = Random(f"{seed}/quartz")
        self._inhibits_at = random.uniform(0.0, spec.inhibition_period)

    @property
    def coil_broken(self) -> bool:
        return math.isinf(self.spec.coil)

    def steps(self, voltage: float) -> bool:
        """Return whether the motor steps at `voltage`."""
        needed = self.spec.lower_voltage + 0.08 * self.friction
        return voltage >= needed and not self.stem_pulled and not self.coil_broken

    def pulse_period(self, voltage: float) -> float:
        """Return the seconds between pulses, longer where the battery is near its end."""
        return EOL_STEP if voltage < self.spec.eol else self.spec.pulse_period

    def consumption(self, voltage: float) -> float:
        """Return the mean current, µA, at `voltage`: the circuit always, the motor where current can flow in it."""
        circuit = self.spec.circuit * voltage / NOMINAL
        if self.stem_pulled or self.coil_broken or voltage < 0.6:
            return circuit
        motor: float = (self.spec.consumption - self.spec.circuit + self.friction) * (voltage / NOMINAL) ** 1.5
        return circuit + motor * self.spec.pulse_period / self.pulse_period(voltage)

    def rate_over(self, start: float, seconds: float, *, magnetic: float = 0.0) -> float:
        """Return the rate, s/d, that a counter sees between `start` and `start` + `seconds` at the motor.

        Only over the inhibition period or a multiple of it does the window hold as many corrections as it should;
        over another one the reading is off by up to the crystal's own +0.5…10 s/d.
        """
        period = self.spec.inhibition_period
        inhibitions = math.floor((start + seconds - self._inhibits_at) / period) - math.floor(
            (start - self._inhibits_at) / period
        )
        correction = (self.spec.crystal_rate - self.spec.rate) * period  # s/d·s of one inhibition
        return self.spec.crystal_rate - inhibitions * correction / seconds + magnetic
