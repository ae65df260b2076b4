"""What the bench screen shows of one order, read in one go in the bench's own thread and frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bench.alerts import Alert, kind_of
from bench.errors import Refusal
from bench.judging import Judged, MeasureTask
from bench.people import Role
from bench.training.blind import OPEN, Veil, ends_of, veil_of
from tui.widgets.order_header import Heading, Waiting

if TYPE_CHECKING:
    from bench.diagnosis import Diagnosis
    from bench.people import Operator
    from bench.procedure.model import FormField, Stage, Step
    from bench.procedure.state import OrderState
    from bench.work import StepMark, Work

Key = tuple[str, str]


@dataclass(frozen=True)
class Glance:
    """One moment of an order. `refusal` is what stops the current step; `task` the next thing to measure;
    `before` the figures that those of this visit compare with, by (quantity id, label); `diagnosis` stands
    by a decision; `fields` is what the step asks, `prefilled` what the order knows of it already;
    `waits_until` is when a wait is over; `stages` are the lines of the tree. `veil` is what a blind exercise hides:
    figures, outcome and marks stand here as they may be seen, `task` and `tasks` as they are run.
    """

    heading: Heading
    marks: tuple[StepMark, ...]
    step: Step | None
    started: bool
    refusal: Refusal | None
    tasks: tuple[MeasureTask, ...] = ()
    task: MeasureTask | None = None
    judged: tuple[Judged, ...] = ()
    before: Mapping[Key, Judged] = field(default_factory=dict)
    outcome: str | None = None
    closed: bool = False
    diagnosis: Diagnosis | None = None
    fields: tuple[FormField, ...] = ()
    prefilled: Mapping[str, str] = field(default_factory=dict)
    waits_until: datetime | None = None
    stages: tuple[Stage, ...] = ()
    veil: Veil = OPEN

    @property
    def measuring(self) -> bool:
        """Whether the current step is a measurement."""
        return self.step is not None and self.step.measure is not None


def hints(work: Work) -> bool:
    """Whether hints may be seen: not by a trainee before the reveal, where the exercise hides them."""
    if not work.desk.house.training:
        return True
    from bench.training.runs import hidden

    return not hidden(work.desk.journal, work.number, "hints")


def glance(work: Work) -> Glance:
    """Read what stands now; called in the bench's thread."""
    state, step = work.state, work.step
    veil = veil_of(work.desk.journal, work.number, work.desk.house)
    measuring = step is not None and step.measure is not None and state.started
    return Glance(
        heading=_heading(work, veil),
        marks=unseen(veil, work.progress()),
        step=step,
        started=state.started,
        refusal=work.refusal() if step is not None else None,
        tasks=tuple(work.tasks()) if measuring else (),
        task=work.next_task() if measuring else None,
        judged=veil.judged(work.judged()) if measuring else (),
        before=dict(zip(before := earlier(state), veil.judged(before.values()), strict=True)),
        outcome=veil.outcome(work.outcome()) if measuring else None,
        closed=work.closed,
        diagnosis=work.diagnosis() if step is not None and step.kind.value == "decision" and hints(work) else None,
        fields=work.fields() if state.started and not measuring else (),
        prefilled=work.prefilled() if state.started and not measuring else {},
        waits_until=_end_of_wait(work) if state.started else None,
        stages=work.procedure.stage,
        veil=veil,
    )


def unseen(veil: Veil, marks: Sequence[StepMark]) -> tuple[StepMark, ...]:
    """Return the marks of an order's steps without the outcomes that a blind exercise hides."""
    return tuple(replace(mark, outcome="") for mark in marks) if veil.verdicts else tuple(marks)


def _heading(work: Work, veil: Veil) -> Heading:
    """Return the header of an order, with what is left of an exercise's time; without what a verdict put there."""
    found = heading(work.state, work.desk.operator)
    if veil.verdicts:
        found = replace(found, magnetised=None, wet_forbidden=False)
    return replace(found, ends=ends_of(work.desk.journal, work.number)) if work.desk.house.training else found


def _end_of_wait(work: Work) -> datetime | None:
    left = work.waiting()
    return None if left is None else work.desk.clock.now() + left


def heading(state: OrderState, operator: Operator | None = None) -> Heading:
    """Return the header of an order as it stands, for who is signed in."""
    order, watch = state.order, state.order.watch
    calibre = state.profiles.get("calibre") or {}
    dry = state.dry
    return Heading(
        number=order.number,
        watch=" ".join(part for part in (watch.brand, watch.model, watch.reference) if part),
        calibre=str(calibre.get("name", watch.calibre)),
        version=str(calibre.get("version", "")),
        promised=order.promised,
        closure=state.closure,
        case_open=state.case_open,
        magnetised=state.magnetised,
        wet_forbidden=dry is not None and not dry.passed and dry.closure == state.closure,
        waits=tuple(
            Waiting(alert.text, _decider(alert), alert.at, alert.holds_up) for alert in state.alerts if alert.open
        ),
        holder="" if operator is None or state.holder == operator.id else state.holder_name or state.holder,
        void=any(signature.void for signature in state.signatures),
    )


def _decider(alert: Alert) -> Role | None:
    return kind_of(alert.kind).decided_by


def earlier(state: OrderState) -> dict[Key, Judged]:
    """Return the figures to compare with: those of the phase "before", else of any earlier visit."""
    here = (state.current, state.visit)
    past = [task for task in state.tasks if (task.step, task.visit) != here]
    ordered = [task for task in past if task.phase != "before"] + [task for task in past if task.phase == "before"]
    return {(j.measurement.quantity.id, j.measurement.label): j for task in ordered for j in task.judged}
