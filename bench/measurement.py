"""What an instrument says and what a step keeps of it: Sample, Reading, Measurement, each frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bench.language import Text
from bench.quantities import Quantity, Value, quantity


class Provenance(StrEnum):
    """Where a value comes from; it travels with every value to the sheet."""

    REAL = "real"
    SIMULATED = "simulated"
    REPLAYED = "replayed"
    MANUAL = "manual"

    @property
    def watermarked(self) -> bool:
        """Whether a sheet that holds such a value can never be a customer's."""
        return self in (Provenance.SIMULATED, Provenance.REPLAYED)


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading as it came: magnitude in the quantity's canonical unit, times, and the bytes it was read from.

    `monotonic` is in seconds of the link's clock (recorded time when replayed); `wall` is seconds since the epoch.
    `label` tells samples of one quantity apart: "tic" or "toc" of a beat's `phase`, the stage of a leak test (its set
    `test_pressure` when it begins, its `leak_rate`). `second` is the program's time on the instrument's own clock,
    where it tells one.
    """

    quantity: Quantity
    magnitude: float
    monotonic: float
    wall: float
    raw: bytes
    instrument: str
    provenance: Provenance
    label: str = ""
    second: float | None = None

    @property
    def value(self) -> Value:
        return Value(self.quantity, self.magnitude)


@dataclass(frozen=True)
class Trace:
    """A compact curve for the sheet and the screen: `points` are (x, y) pairs, at most a few hundred."""

    x: str
    y: str
    points: tuple[tuple[float, float], ...]

    def to_json(self) -> dict[str, Any]:
        return {"x": self.x, "y": self.y, "points": [list(point) for point in self.points]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Trace:
        return cls(data["x"], data["y"], tuple((float(a), float(b)) for a, b in data["points"]))


@dataclass(frozen=True)
class Reading:
    """One figure of a finished program: the aggregate of its samples, before limits and uncertainty.

    `label` tells readings of one quantity apart (a position "CH", a stage "+3 bar"); `u_a` is the type-A standard
    uncertainty from the samples themselves, in the same unit, None where one sample is all there is.
    `conditions` are what the figure depends on (lift angle, pressure, free volume, beats used …).
    """

    value: Value
    label: str = ""
    n: int = 1
    stdev: float | None = None
    u_a: float | None = None
    conditions: Mapping[str, Value | str | int | float | bool] = field(default_factory=dict)
    trace: Trace | None = None


@dataclass(frozen=True)
class Component:
    """One line of an uncertainty budget: a standard uncertainty in the quantity's canonical unit.

    `systematic`: the same unknown error in every reading of one instrument or set-up, which no mean averages out.
    `dof` are the degrees of freedom of a type-A estimate, None for a type-B one (infinitely many).
    """

    name: Text
    u: float
    source: str
    systematic: bool = False
    dof: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name.to_json(),
            "u": self.u,
            "source": self.source,
            "systematic": self.systematic,
            "dof": self.dof,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Component:
        return cls(
            Text.from_json(data["name"]),
            data["u"],
            data["source"],
            data.get("systematic", False),
            data.get("dof"),
        )


@dataclass(frozen=True)
class Uncertainty:
    """A combined budget: expanded U = k·u, in the quantity's canonical unit (GUM, JCGM 100:2008, 5.1 and 6.2)."""

    components: tuple[Component, ...]
    k: float = 2.0

    @property
    def u(self) -> float:
        total: float = sum(component.u**2 for component in self.components)
        return float(total**0.5)

    @property
    def expanded(self) -> float:
        return self.k * self.u

    def to_json(self) -> dict[str, Any]:
        return {"U": self.expanded, "k": self.k, "components": [c.to_json() for c in self.components]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Uncertainty:
        return cls(tuple(Component.from_json(c) for c in data["components"]), data["k"])


@dataclass(frozen=True)
class InstrumentSnapshot:
    """Which instrument measured, and what its calibration was at that moment."""

    id: str
    kind: str
    model: str
    serial: str
    dialect: str
    calibration: str
    certificate: str | None = None
    calibrated: str | None = None
    due: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InstrumentSnapshot:
        return cls(**{name: data.get(name) for name in cls.__dataclass_fields__})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Measurement:
    """What a step keeps: the aggregate with its uncertainty, conditions, instrument and provenance.

    `started` and `ended` are ISO 8601 with offset; `duration` is from the monotonic clock, in seconds.
    `recording` names the session file and the segment in it where the wire frames are.
    """

    id: str
    value: Value
    label: str
    n: int
    stdev: float | None
    uncertainty: Uncertainty | None
    conditions: Mapping[str, Any]
    trace: Trace | None
    instrument: InstrumentSnapshot
    provenance: Provenance
    started: str
    ended: str
    duration: float
    recording: str | None = None
    derived_from: tuple[str, ...] = ()

    @property
    def quantity(self) -> Quantity:
        return self.value.quantity

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "quantity": self.quantity.id,
            "value": self.value.magnitude,
            "unit": self.value.unit,
            "label": self.label,
            "n": self.n,
            "stdev": self.stdev,
            "uncertainty": self.uncertainty.to_json() if self.uncertainty else None,
            "conditions": conditions_to_json(self.conditions),
            "trace": self.trace.to_json() if self.trace else None,
            "instrument": self.instrument.to_json(),
            "provenance": self.provenance.value,
            "started": self.started,
            "ended": self.ended,
            "duration": self.duration,
            "recording": self.recording,
            "derived_from": list(self.derived_from),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Measurement:
        return cls(
            id=data["id"],
            value=Value.of(data["quantity"], data["value"], data["unit"]),
            label=data["label"],
            n=data["n"],
            stdev=data["stdev"],
            uncertainty=Uncertainty.from_json(data["uncertainty"]) if data["uncertainty"] else None,
            conditions=conditions_from_json(data["conditions"]),
            trace=Trace.from_json(data["trace"]) if data["trace"] else None,
            instrument=InstrumentSnapshot.from_json(data["instrument"]),
            provenance=Provenance(data["provenance"]),
            started=data["started"],
            ended=data["ended"],
            duration=data["duration"],
            recording=data["recording"],
            derived_from=tuple(data["derived_from"]),
        )


def conditions_to_json(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Turn conditions into JSON; a `Value` keeps its quantity and unit."""
    return {k: v.to_json() if isinstance(v, Value) else v for k, v in sorted(conditions.items())}


def conditions_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `conditions_to_json`."""
    return {k: Value.from_json(v) if isinstance(v, dict) and "quantity" in v else v for k, v in data.items()}


def by_quantity(readings: Sequence[Reading], key: str) -> list[Reading]:
    """Return the readings of one quantity, in their order."""
    wanted = quantity(key)
    return [reading for reading in readings if reading.value.quantity == wanted]
