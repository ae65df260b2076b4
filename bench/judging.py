"""From a finished program to measurements with verdicts: the same code at the bench, headless and in a replay.

A `MeasureTask` is everything that the judgement needs, so that a recording can carry it and a replay can judge
again without the workshop's data.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.conformity import RULES, DecisionRule, Verdict, judge, refuse
from bench.errors import Refusal
from bench.instrument import Capability, InstrumentKind, Program, RunResult
from bench.language import Text, msg
from bench.limit import Limit
from bench.measurement import (
    InstrumentSnapshot,
    Measurement,
    Provenance,
    conditions_from_json,
    conditions_to_json,
)
from bench.quantities import Value
from bench.uncertainty import Doubts, budget, combine

INFORMATION = Refusal("information", msg("Kept as information."), msg("No verdict is asked for here."), msg("nobody"))


@dataclass(frozen=True)
class TaskLimit:
    """A limit for one quantity of a task; `label` "" fits every label of it."""

    limit: Limit
    label: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"limit": self.limit.to_json(), "label": self.label}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TaskLimit:
        return cls(Limit.from_json(data["limit"]), data["label"])


@dataclass(frozen=True)
class Handling:
    """What hands do with the watch: turn it, wind it, open it, fit a new gasket. `act` is a word of HANDLINGS."""

    act: str
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        return {"act": self.act, "detail": self.detail}


# The acts that the bench reports to whoever cares (a simulated watch does; a real one needs no telling).
HANDLINGS = (
    "turn",  # detail: position CH, CB, 3H, 6H, 9H, 12H
    "wind",  # detail: "0h" (full) or "24h"
    "regulate",  # detail: s/d to correct by, "" = to the middle of the tolerance
    "place",  # detail: instrument kind the watch is put on, "" = away from all
    "stem",  # detail: "in" or "pulled"
    "open",
    "close",
    "new-gasket",
    "new-battery",
    "battery-out",  # supply by the instrument
    "new-movement",  # a quartz movement from the supplier takes the old one's place
    "demagnetise",  # said after the real field has been applied; a simulated watch feels the simulated coil itself
    "clean",
)


@dataclass(frozen=True)
class MeasureTask:
    """One run of one instrument inside a step.

    `prompt` is what the technician does before it; `judged` the quantities that get a verdict (others are kept as
    information); `blockers` refuse every verdict of the task (G-05, G-08, G-19 …); `tag` is printed beside the
    values ("before demagnetisation"); below `min_signal` (0…1) no verdict is given (G-19).
    """

    step: str
    phase: str
    kind: InstrumentKind
    program: Program
    label: str = ""
    prompt: Text | None = None
    handlings: tuple[Handling, ...] = ()
    judged: tuple[str, ...] = ()
    limits: tuple[TaskLimit, ...] = ()
    rule: DecisionRule | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    doubts: Doubts = field(default_factory=Doubts)
    blockers: tuple[Refusal, ...] = ()
    tag: Text | None = None
    min_signal: float = 0.0

    def limit_for(self, quantity: str, label: str) -> Limit | None:
        """Return the limit for this quantity and label, the labelled one before the general one."""
        fitting = [entry for entry in self.limits if entry.limit.quantity.id == quantity]
        for wanted in (label, ""):
            for entry in fitting:
                if entry.label == wanted:
                    return entry.limit
        return None

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "phase": self.phase,
            "kind": self.kind.value,
            "program": self.program.to_json(),
            "label": self.label,
            "prompt": self.prompt.to_json() if self.prompt else None,
            "judged": list(self.judged),
            "limits": [entry.to_json() for entry in self.limits],
            "rule": self.rule.id if self.rule else None,
            "conditions": conditions_to_json(self.conditions),
            "doubts": self.doubts.to_json(),
            "blockers": [refusal.to_json() for refusal in self.blockers],
            "tag": self.tag.to_json() if self.tag else None,
            "min_signal": self.min_signal,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MeasureTask:
        return cls(
            step=data["step"],
            phase=data["phase"],
            kind=InstrumentKind(data["kind"]),
            program=Program.from_json(data["program"]),
            label=data["label"],
            prompt=Text.from_json(data["prompt"]) if data["prompt"] else None,
            judged=tuple(data["judged"]),
            limits=tuple(TaskLimit.from_json(entry) for entry in data["limits"]),
            rule=RULES[data["rule"]] if data["rule"] else None,
            conditions=conditions_from_json(data["conditions"]),
            doubts=Doubts.from_json(data["doubts"]),
            blockers=tuple(Refusal.from_json(entry) for entry in data["blockers"]),
            tag=Text.from_json(data["tag"]) if data["tag"] else None,
            min_signal=data["min_signal"],
        )


@dataclass(frozen=True)
class Judged:
    """A measurement and what is stated about it."""

    measurement: Measurement
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        return {"measurement": self.measurement.to_json(), "verdict": self.verdict.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Judged:
        return cls(Measurement.from_json(data["measurement"]), Verdict.from_json(data["verdict"]))


@dataclass(frozen=True)
class RunFacts:
    """When and by what a program was run: ISO times with offset, seconds of the monotonic clock, who, whence."""

    instrument: InstrumentSnapshot
    capabilities: tuple[Capability, ...]
    provenance: Provenance
    started: str
    ended: str
    duration: float
    recording: str | None = None


def evaluate(
    task: MeasureTask,
    result: RunResult,
    facts: RunFacts,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> tuple[Judged, ...]:
    """Turn the readings of a finished program into judged measurements."""
    task = replace(task, blockers=(*task.blockers, *_other_lift_angle(task, result), *_weak_signal(task, result)))
    capability = {entry.quantity: entry for entry in facts.capabilities}
    judged = []
    for reading in result.readings:
        uncertainty = budget(reading, capability.get(reading.value.quantity.id), task.doubts, task.conditions)
        measurement = Measurement(
            id=new_id(),
            value=reading.value,
            label=reading.label or task.label,
            n=reading.n,
            stdev=reading.stdev,
            uncertainty=uncertainty,
            conditions={**task.conditions, **reading.conditions, **({"tag": task.tag.to_json()} if task.tag else {})},
            trace=reading.trace,
            instrument=facts.instrument,
            provenance=facts.provenance,
            started=facts.started,
            ended=facts.ended,
            duration=facts.duration,
            recording=facts.recording,
        )
        judged.append(Judged(measurement, state(task, measurement)))
    return tuple(judged)


def _other_lift_angle(task: MeasureTask, result: RunResult) -> tuple[Refusal, ...]:
    """G-20: a machine that was set to another lift angle than the profile's shows another amplitude."""
    wanted = task.program.parameters.get("lift_angle")
    stated = (reading.conditions.get("lift_angle") for reading in result.readings)
    set_to = [angle for angle in stated if isinstance(angle, Value)]
    if not isinstance(wanted, Value) or all(
        round(angle.magnitude, 1) == round(wanted.magnitude, 1) for angle in set_to
    ):
        return ()
    return (
        Refusal(
            "G-20",
            msg(
                "The instrument was set to a lift angle of {angle}; the profile says {wanted}.",
                angle=set_to[0],
                wanted=wanted,
            ),
            msg("Set the profile's lift angle on the instrument and repeat."),
            msg("the workshop manager, in the profile"),
        ),
    )


def _weak_signal(task: MeasureTask, result: RunResult) -> tuple[Refusal, ...]:
    levels = [r.value.magnitude for r in result.readings if r.value.quantity.id == "signal_level"]
    if all(level >= task.min_signal for level in levels):
        return ()
    return (
        Refusal(
            "G-19",
            msg("The signal is too weak or too disturbed for a verdict ({level}).", level=round(min(levels), 2)),
            msg("Re-seat the watch in its holder, away from noise, and repeat."),
            msg("nobody"),
        ),
    )


def state(task: MeasureTask, measurement: Measurement) -> Verdict:
    """Judge one measurement of a task, the task's blockers first."""
    limit = task.limit_for(measurement.quantity.id, measurement.label)
    if task.blockers:
        return refuse(limit, task.rule, task.blockers[0])
    if measurement.quantity.id not in task.judged:
        return refuse(None, None, INFORMATION)
    expanded = measurement.uncertainty.expanded if measurement.uncertainty else None
    return judge(measurement.value, expanded, limit, task.rule)


@dataclass(frozen=True)
class Derived:
    """How a figure follows from measurements: its value, and its sensitivity to each (GUM 5.1.2).

    `unit` is that of the value, None for the unit of the measurements.
    """

    magnitude: float
    sensitivities: tuple[float, ...]
    unit: str | None = None


def derive(
    task: MeasureTask,
    quantity: str,
    parts: Sequence[Measurement],
    how: Callable[[Sequence[Measurement]], Derived | None],
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> Judged | None:
    """Derive one figure (mean, spread …) from measurements and judge it; None where there is nothing to derive."""
    derived = how(parts) if parts else None
    if derived is None:
        return None
    first, last = parts[0], parts[-1]
    measurement = replace(
        last,
        id=new_id(),
        value=Value.of(quantity, derived.magnitude, derived.unit or first.value.unit),
        label="",
        n=len(parts),
        stdev=None,
        uncertainty=combine(
            [part.uncertainty for part in parts], derived.sensitivities, [part.instrument.id for part in parts]
        ),
        conditions={k: v for k, v in last.conditions.items() if k not in ("position", "beats")},
        trace=None,
        started=first.started,
        duration=sum(part.duration for part in parts),
        derived_from=tuple(part.id for part in parts),
    )
    return Judged(measurement, state(task, measurement))
