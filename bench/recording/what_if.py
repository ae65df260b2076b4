"""What if: the recorded readings judged under another lift angle, another rule or another profile.

The amplitude follows from the lift angle λ and the time Δt between two noises, A = (λ/2)/sin(π·n·Δt/7200): with the
recorded Δt it is proportional to λ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bench.calibre import CalibreProfile, CaseProfile
from bench.conformity import DecisionRule
from bench.errors import Refusal
from bench.instrument import RunResult
from bench.judging import MeasureTask, TaskLimit, evaluate
from bench.language import msg
from bench.measurement import Reading
from bench.quantities import Value
from bench.recording.heard import Heard, with_derived

_DRAFT = "G-08"


@dataclass(frozen=True)
class WhatIf:
    """What is taken to be otherwise; None for what stays. `lift_angle` in degrees; `grade` goes with `calibre`."""

    lift_angle: float | None = None
    rule: DecisionRule | None = None
    calibre: CalibreProfile | None = None
    grade: str = ""
    case: CaseProfile | None = None

    @property
    def changes(self) -> bool:
        return any(each is not None for each in (self.lift_angle, self.rule, self.calibre, self.case))


def what_if(tasks: Iterable[Heard], other: WhatIf) -> tuple[Heard, ...]:
    """Judge replayed tasks again as if; in each, `before` is what the replay itself gave, for side by side.

    A task that did not replay to its end is left as it is.
    """

    def judged_anew() -> Iterator[Heard]:
        for heard in tasks:
            if heard.result is None or heard.facts is None:
                yield replace(heard, before=heard.judged)
                continue
            task, result = _task(heard, other), heard.result
            angle = task.program.parameters.get("lift_angle")
            if isinstance(angle, Value):
                result = _at_angle(result, angle)
            judged = evaluate(task, result, heard.facts)
            yield replace(heard, task=task, result=result, judged=judged, before=heard.judged)

    return tuple(with_derived(judged_anew()))


def _task(heard: Heard, other: WhatIf) -> MeasureTask:
    task = heard.task
    if other.calibre is not None:
        task = _with_calibre(heard, task, other.calibre, other.grade)
    if other.case is not None and any(entry.limit.quantity.id == "leak_rate" for entry in task.limits):
        limits = tuple(TaskLimit(stage.limit, stage.label) for stage in other.case.stages)
        task = _approved(replace(task, limits=limits), other.case.identity.approved, other.case.name)
    angle = task.program.parameters.get("lift_angle")
    if other.lift_angle is not None and isinstance(angle, Value):
        task = _angled(task, Value.of("lift_angle", other.lift_angle))
    return replace(task, rule=other.rule) if other.rule is not None and task.rule is not None else task


def _with_calibre(heard: Heard, task: MeasureTask, calibre: CalibreProfile, grade: str) -> MeasureTask:
    own = {"leak_rate", "residual_field"}  # these limits are the case's and the house's
    kept = [entry for entry in task.limits if entry.limit.quantity.id in own]
    where: dict[str, Any] = {name: str(task.conditions.get(name) or "") or None for name in ("position", "wind")}
    keys = sorted({*task.judged, *heard.segment.header.get("derive", ())} - own)
    found = [calibre.limit(key, grade=grade or None, **where) for key in keys]
    if not found and kept:
        return task
    limits = (*kept, *(TaskLimit(limit) for limit in found if limit is not None))
    task = replace(task, limits=limits, rule=calibre.rule or task.rule)
    angle = calibre.fact("lift_angle")
    if angle is not None and "lift_angle" in task.program.parameters:
        task = _angled(task, angle)
    return _approved(task, calibre.identity.approved, calibre.name)


def _approved(task: MeasureTask, approved: bool, name: str) -> MeasureTask:
    blockers = tuple(blocker for blocker in task.blockers if blocker.rule != _DRAFT)
    if not approved:
        draft = Refusal(
            _DRAFT,
            msg("The profile {name} is a draft: its values are information, not limits.", name=name),
            msg("Have the manager approve the profile."),
            msg("the workshop manager, by approving the profile"),
        )
        blockers = (*blockers, draft)
    return replace(task, blockers=blockers)


def _angled(task: MeasureTask, angle: Value) -> MeasureTask:
    program = replace(task.program, parameters={**task.program.parameters, "lift_angle": angle})
    return replace(task, program=program)


def _at_angle(result: RunResult, angle: Value) -> RunResult:
    return replace(result, readings=tuple(_turned(reading, angle) for reading in result.readings))


def _turned(reading: Reading, angle: Value) -> Reading:
    measured_at = reading.conditions.get("lift_angle")
    if not isinstance(measured_at, Value):
        return reading
    conditions = {**reading.conditions, "lift_angle": angle}
    if reading.value.quantity.id != "amplitude":
        return replace(reading, conditions=conditions)
    ratio = angle.magnitude / measured_at.magnitude
    return replace(
        reading,
        value=replace(reading.value, magnitude=reading.value.magnitude * ratio),
        stdev=None if reading.stdev is None else reading.stdev * ratio,
        u_a=None if reading.u_a is None else reading.u_a * ratio,
        conditions=conditions,
    )
