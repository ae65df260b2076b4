"""What one step does for one criterion: what it asks, stops, counts, tells and prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bench.language import N_, _
from bench.procedure.guards.acts import ENTERING, LEAVING, acts_of
from bench.procedure.model import Choice, FormField, Procedure, Step, StepKind


class SupportKind(StrEnum):
    """The ways in which a step supports a criterion."""

    STEP = "step"
    FIELD = "field"
    GUARD = "guard"
    REFUSAL = "refusal"
    BRANCH = "branch"
    VERDICT = "verdict"
    COUNT = "count"
    TICK = "tick"
    EACH = "each"
    WAIT = "wait"
    SIGNOFF = "signoff"
    STOP = "stop"
    ALERT = "alert"
    REPORT = "report"

    def __str__(self) -> str:
        return _(_TITLES[self])


_TITLES = {
    SupportKind.STEP: N_("step"),
    SupportKind.FIELD: N_("field"),
    SupportKind.GUARD: N_("guard"),
    SupportKind.REFUSAL: N_("refused answer"),
    SupportKind.BRANCH: N_("branch"),
    SupportKind.VERDICT: N_("verdict"),
    SupportKind.COUNT: N_("count"),
    SupportKind.TICK: N_("tick"),
    SupportKind.EACH: N_("an answer for each"),
    SupportKind.WAIT: N_("wait"),
    SupportKind.SIGNOFF: N_("signature"),
    SupportKind.STOP: N_("alert that holds the order up"),
    SupportKind.ALERT: N_("alert"),
    SupportKind.REPORT: N_("paper"),
}
# What does not let a person pass who has only typed something: a field and a paper are no check, nor is an alert that
# holds nobody up.
CHECKS = frozenset(SupportKind) - {SupportKind.STEP, SupportKind.FIELD, SupportKind.ALERT, SupportKind.REPORT}


@dataclass(frozen=True)
class Place:
    """Where something stands: the procedure, the stage of the tree, the step, the module that the step came from."""

    procedure: str
    stage: str
    step: str
    module: str = ""


@dataclass(frozen=True)
class Support:
    """One thing that a step does for a criterion: `what` is a field, a guard's code, a kind of alert, a paper …"""

    kind: SupportKind
    what: str
    place: Place


def guards_of(step: Step) -> frozenset[str]:
    """Return the guards that are asked because of what the step does or names, beside those that always are."""
    codes = {
        code.partition(" ")[0] for act in acts_of(step) for code in (*ENTERING.get(act, ()), *LEAVING.get(act, ()))
    }
    codes |= {choice.guard for entry in step.fields for choice in _choices(entry) if choice.guard}
    if any(entry.count_in for entry in step.fields):
        codes.add("G-27")
    return frozenset(codes | {*step.guards})


def supports(procedure: Procedure, step: Step, code: str) -> Iterator[Support]:
    """Return what the step does for the criterion `code`.

    Where only some of its fields name the criterion, only what these do counts.
    """
    place = Place(procedure.id, step.stage, step.id, step.module)
    whole = code in step.criteria
    fields = tuple(entry for entry in step.fields if whole or code in entry.criteria)
    if not whole and not fields:
        return
    yield Support(SupportKind.STEP, step.id, place)
    for kind, what in (*_of_fields(step, fields), *(_of_step(step) if whole else ())):
        yield Support(kind, what, place)


def _of_fields(step: Step, fields: tuple[FormField, ...]) -> Iterator[tuple[SupportKind, str]]:
    for entry in fields:
        if entry.kind == "tick":
            yield SupportKind.TICK, entry.id
        elif entry.count_in or entry.count_out:
            yield SupportKind.COUNT, entry.count_in or entry.count_out
        else:
            yield SupportKind.FIELD, entry.id
        if entry.each and entry.required and entry.kind != "text":
            yield SupportKind.EACH, entry.each
        for choice in _choices(entry):
            if choice.alert:
                yield SupportKind.STOP if choice.blocking else SupportKind.ALERT, choice.alert
            if choice.guard:
                yield SupportKind.GUARD, choice.guard
        for rule in step.outcome:
            if rule.field == entry.id:
                yield SupportKind.REFUSAL if rule.refuse else SupportKind.BRANCH, entry.id
        if step.kind is StepKind.DECISION and len(set(step.next.values())) > 1:
            yield SupportKind.BRANCH, entry.id


def _of_step(step: Step) -> Iterator[tuple[SupportKind, str]]:
    for code in sorted(guards_of(step)):
        yield SupportKind.GUARD, code
    if step.measure is not None and step.measure.judged and step.next.get("fail"):
        yield SupportKind.VERDICT, ", ".join(step.measure.judged)
    if step.wait is not None:
        yield SupportKind.WAIT, step.wait.purpose or step.id
    if step.kind is StepKind.SIGNOFF:
        yield SupportKind.SIGNOFF, step.role.value
    if step.report:
        yield SupportKind.REPORT, step.report


def _choices(entry: FormField) -> tuple[Choice, ...]:
    return (*entry.choices, *(choice for column in entry.columns for choice in column.choices))
