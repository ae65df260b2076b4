"""A simulated watch case: joints that leak, the pressure inside, and the deformation that a tester feels."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from drivers.simulated.movement import Spec

# µg of air in one millilitre at 1 bar and 20 °C: 1.204 mg/ml at 1.01325 bar. So 50 µg/min into 1 ml: 42 mbar/min.
AIR = 1204.0 / 1.01325
PASCAL = 1e5  # in one bar
GAPING = 1e6  # µg/min per bar: what an open case or a missing gasket lets through


class Joint(Spec):
    """One seal: `conductance` µg/min per bar of pressure from outside.

    `seating` bar: pressure presses it shut, so that the leak stays below conductance × seating. `in_vacuum` is its
    conductance when the outside is below the inside (a gasket that vacuum opens), absent: the same. `gasket` says
    that a new gasket cures it: `fresh` is its conductance then.
    """

    name: Literal["back", "crown", "glass", "pusher", "valve"]
    conductance: Annotated[float, Field(ge=0)]
    seating: Annotated[float, Field(gt=0)] | None = None
    in_vacuum: Annotated[float, Field(ge=0)] | None = None
    gasket: bool = True
    fresh: Annotated[float, Field(ge=0)] = 0.5


class CaseSpec(Spec):
    """A case: `free_volume` mm³, `compliance` µm of deformation per bar, its joints, and a missing gasket."""

    free_volume: Annotated[float, Field(gt=0)] = 1000.0
    compliance: Annotated[float, Field(gt=0)] = 6.0
    joints: tuple[Joint, ...] = (
        Joint(name="back", conductance=0.7),
        Joint(name="crown", conductance=0.5),
        Joint(name="glass", conductance=0.3, gasket=False),
    )
    big_leak: bool = False


class WatchCase:
    """The case under test. Pressures are gauge pressures in bar; a leak is positive whichever way the air goes."""

    def __init__(self, spec: CaseSpec) -> None:
        self.spec = spec
        self.joints = spec.joints
        self.big_leak = spec.big_leak
        self.open = False
        self.inside = 0.0

    @property
    def gaping(self) -> bool:
        """Whether air passes at once: an open case, or no gasket where one belongs."""
        return self.open or self.big_leak

    def new_gasket(self) -> None:
        """Fit new gaskets; a joint that is not sealed by a gasket stays as it is."""
        self.big_leak = False
        self.joints = tuple(
            joint.model_copy(update={"conductance": joint.fresh, "seating": None, "in_vacuum": None})
            if joint.gasket
            else joint
            for joint in self.joints
        )

    def flow(self, difference: float) -> float:
        """Return the air that passes, µg/min, at `difference` bar between outside and inside; always ≥ 0."""
        if self.gaping:
            return GAPING * abs(difference)
        return sum(_flow(joint, difference) for joint in self.joints)

    def step(self, seconds: float, outside: float) -> None:
        """Let `seconds` pass at `outside` bar: the inside follows by what leaks."""
        capacity = AIR * self.spec.free_volume / 1000.0  # µg per bar
        for _ in range(steps := max(1, math.ceil(seconds / 0.25))):
            difference = outside - self.inside
            if difference == 0.0:
                return
            passed = self.flow(difference) / capacity * seconds / steps / 60.0
            self.inside += math.copysign(min(abs(difference), passed), difference)

    def deformation(self, outside: float) -> float:
        """Return how far the case gives way, µm: it reverts as the pressures equalise."""
        return self.spec.compliance * (outside - self.inside)


def _flow(joint: Joint, difference: float) -> float:
    conductance = joint.conductance
    if difference < 0.0 and joint.in_vacuum is not None:
        return joint.in_vacuum * -difference
    pressure = abs(difference)
    if joint.seating is not None:
        pressure = pressure * joint.seating / (pressure + joint.seating)
    return conductance * pressure
