"""The pure engine: from a state and what somebody wants to do, to the events of it, or to a refusal.

Nothing here reads a clock, a port or a disk; `bench/work.py` does, and journals what these functions return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.conformity import State
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind
from bench.judging import Handling
from bench.language import Message, Text, msg, speaking
from bench.people import Operator
from bench.procedure import guards
from bench.procedure.guards import Question
from bench.procedure.model import END, NOT_MEASURED, FormField, Procedure, Step, StepKind
from bench.procedure.state import OrderState, Task
from bench.quantities import Value

YES_NO = {"yes": Text("oui", "yes"), "no": Text("non", "no")}
_SILENT = ("information", "no-limit")


def enter(ask: Question) -> list[Draft]:
    """Enter the current step. Raises Refused with the first guard's "no"."""
    refusal = guards.first_refusal(ask)
    if refusal is not None:
        raise Refused(refusal)
    step = ask.step
    visit = ask.state.visits.get(step.id, 0) + 1
    payload = {"step": step.id, "visit": visit, "title": step.title.to_json(), "phase": step.phase}
    return [Draft(EventKind.STEP_STARTED, payload)]


def read_answers(step: Step, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Check and read the answers of a step: typed numbers become Values. Raises UsageError naming every fault."""
    known = {entry.id for entry in step.fields}
    strangers = sorted(set(answers) - known - {"note"})
    if strangers:
        raise UsageError(
            msg("“{step}” has no field {fields}.", step=step.title, fields=", ".join(strangers)),
            remedy=msg("Its fields are: {known}.", known=", ".join(sorted(known)) or "—"),
        )
    missing = [entry for entry in step.fields if entry.required and answers.get(entry.id) in (None, "")]
    if missing:
        raise UsageError(
            msg(
                "“{step}” is not complete: {fields}.", step=step.title, fields=", ".join(str(f.label) for f in missing)
            ),
            remedy=msg("Answer every field that is asked."),
        )
    read = {entry.id: _read(step, entry, answers[entry.id]) for entry in step.fields if entry.id in answers}
    return {name: value for name, value in read.items() if value is not None}


def _read(step: Step, entry: FormField, answer: Any) -> Any:
    if answer in (None, ""):
        return None
    match entry.kind:
        case "yesno":
            if isinstance(answer, bool):
                return "yes" if answer else "no"
            allowed: Sequence[str] = ("yes", "no")
        case "choice":
            allowed = [choice.id for choice in entry.choices]
        case "tick":
            if answer is True or answer == "yes":
                return "yes"
            allowed = ("yes",)
        case "number":
            return _read_number(entry, answer)
        case _:
            return str(answer)
    if str(answer) not in allowed:
        raise UsageError(
            msg("“{answer}” is no answer to “{field}”.", answer=str(answer), field=entry.label),
            remedy=msg("Answer with one of: {allowed}.", allowed=", ".join(allowed)),
        )
    return str(answer)


def _read_number(entry: FormField, answer: Any) -> Value:
    if isinstance(answer, Value):
        return answer
    if isinstance(answer, (int, float)) and not isinstance(answer, bool):
        return Value.of(entry.quantity, answer)
    try:
        return Value.of(entry.quantity, float(str(answer).replace(",", ".").replace("−", "-")))
    except ValueError:
        return Value.parse(entry.quantity, str(answer))


def answered(procedure: Procedure, ask: Question, answers: Mapping[str, Any], reason: str = "") -> list[Draft]:
    """Answer the current form, checklist, instruction, decision or sign-off, and move on.

    Raises UsageError for wrong answers, Refused where a guard of this step, or of the step that a decision leads to,
    says no.
    """
    step, state = ask.step, ask.state
    read = read_answers(step, answers)
    facts = {entry.fact: str(read[entry.id]) for entry in step.fields if entry.fact and entry.id in read}
    outcome = _form_outcome(step, read)
    target = procedure.target(step, outcome)
    if target is None:
        raise Refused(guards.branch_required(step, outcome))
    if step.kind is StepKind.DECISION:
        _may_go(procedure, ask, target, facts)
    payload = {
        "step": step.id,
        "visit": state.visit,
        "answers": {k: v.to_json() if isinstance(v, Value) else v for k, v in read.items()},
        "labels": {entry.id: entry.label.to_json() for entry in step.fields if entry.id in read},
        "shown": {entry.id: _shown(entry, read[entry.id]) for entry in step.fields if entry.id in read},
        "facts": facts,
        "note": str(answers.get("note", "")),
    }
    drafts = [Draft(EventKind.STEP_ANSWERED, payload), *_alerts(step, read)]
    if step.kind is StepKind.SIGNOFF and outcome == "done":
        unsettled = _unsettled(state)
        if unsettled:
            raise Refused(guards.gaps_at_close(unsettled))
        drafts.append(_signature(step, state, ask.operator))
    drafts += handled(state, step.handlings)
    drafts.append(done(state, step, outcome, target, reason))
    return drafts


def _form_outcome(step: Step, read: Mapping[str, Any]) -> str:
    if step.kind is StepKind.DECISION:
        return str(read[step.fields[0].id])
    for rule in step.outcome:
        if str(read.get(rule.field)) == rule.equals:
            if rule.refuse is not None:
                raise Refused(guards.answer_stops(step, rule.refuse))
            return rule.result
    return "done"


def _may_go(procedure: Procedure, ask: Question, target: str, facts: Mapping[str, str]) -> None:
    """Ask the guards of the step that a decision leads to: a forbidden way is refused where it is chosen.

    A sign-off is asked when it is entered, by then perhaps by another person.
    """
    ahead = procedure.get(target)
    if ahead is None or ahead.kind is StepKind.SIGNOFF:
        return
    state = replace(ask.state, facts={**ask.state.facts, **facts})
    refusal = guards.first_refusal(replace(ask, state=state, step=ahead, pressure=None))
    if refusal is not None:
        raise Refused(refusal)


def _shown(entry: FormField, answer: Any) -> dict[str, str]:
    if entry.kind in ("yesno", "tick"):
        return YES_NO[answer].to_json()
    if entry.kind == "choice":
        return next(choice.label for choice in entry.choices if choice.id == answer).to_json()
    if isinstance(answer, Value):
        with speaking("fr"):
            fr = answer.show()
        with speaking("en"):
            en = answer.show()
        return {"fr": fr, "en": en}
    return {"fr": str(answer), "en": str(answer)}


def _alerts(step: Step, read: Mapping[str, Any]) -> list[Draft]:
    found = []
    for entry in step.fields:
        for choice in entry.choices:
            if choice.alert and read.get(entry.id) == choice.id:
                text = Message("{label}", {"label": choice.label}).to_json()
                found.append(Draft(EventKind.ALERT_RAISED, {"alert": choice.alert, "text": text, "blocking": False}))
    return found


def _signature(step: Step, state: OrderState, operator: Operator | None) -> Draft:
    assert operator is not None and step.meaning is not None
    payload = {
        "step": step.id,
        "meaning": step.meaning.to_json(),
        "role": step.role.value,
        "name": operator.name,
        "self_check": not operator.may_act_as(step.role),
    }
    return Draft(EventKind.SIGNED, payload)


def handled(state: OrderState, handlings: Sequence[Handling]) -> list[Draft]:
    """Say what hands have done. Closing an open case gives a new closure number (G-14)."""
    drafts = []
    closure, is_open = state.closure, state.case_open
    for handling in handlings:
        if handling.act == "open":
            is_open = True
        elif handling.act == "close" and is_open:
            closure, is_open = closure + 1, False
        drafts.append(Draft(EventKind.HANDLED, {**handling.to_json(), "closure": closure}))
    return drafts


def done(state: OrderState, step: Step, outcome: str, target: str, reason: str = "") -> Draft:
    """End this visit of the step."""
    payload = {"step": step.id, "visit": state.visit, "outcome": outcome, "next": target, "reason": reason}
    return Draft(EventKind.STEP_DONE, payload)


def outcome_of(tasks: Sequence[Task]) -> str:
    """Return "pass", "conditional", "fail", "no-verdict" or "no-limit" for a measured step: its worst verdict."""
    if any(task.aborted for task in tasks):
        return "fail"
    states = set()
    for entry in (entry for task in tasks for entry in task.judged):
        refusal = entry.verdict.refusal
        if refusal is None:
            states.add(entry.verdict.state)
        elif refusal.rule not in _SILENT:
            states.add(State.REFUSED)
    if State.NONCONFORMING in states or State.CONDITIONALLY_NONCONFORMING in states:
        return "fail"
    if State.REFUSED in states:
        return "no-verdict"
    if State.CONDITIONALLY_CONFORMING in states:
        return "conditional"
    return "pass" if states else "no-limit"


def confirmed(procedure: Procedure, ask: Question, outcome: str, reason: str = "") -> list[Draft]:
    """End a measured step by the branch of its outcome. Raises Refused (G-28, or a reason that is missing)."""
    step = ask.step
    if outcome == "conditional" and not reason.strip():
        raise Refused(guards.reason_for_reserve())
    if outcome == "no-verdict" and not reason.strip():
        raise Refused(guards.reason_without_verdict())
    target = procedure.target(step, outcome)
    if target is None:
        raise Refused(guards.branch_required(step, outcome))
    return [*handled(ask.state, step.handlings), done(ask.state, step, outcome, target, reason)]


def repeated(ask: Question, reason: str = "") -> list[Draft]:
    """Leave this visit of a measured step for another attempt. Raises Refused (G-29) when a reason is due."""
    attempts = ask.state.visit
    if attempts >= ask.state.house.repeats_without_reason and not reason.strip():
        raise Refused(guards.reason_for_repeat(attempts))
    return [done(ask.state, ask.step, "repeat", ask.step.id, reason)]


def given_up(procedure: Procedure, ask: Question, reason: str) -> list[Draft]:
    """Leave a measured step that could not be measured: after an interruption, with a reason, where its data allows.

    Raises Refused (G-28).
    """
    step, state = ask.step, ask.state
    if state.interrupted != (step.id, state.visit) or not reason.strip():
        raise Refused(guards.measure_first())
    target = procedure.target(step, NOT_MEASURED)
    if target is None:
        raise Refused(guards.branch_required(step, NOT_MEASURED))
    return [done(state, step, NOT_MEASURED, target, reason)]


def passed_over(procedure: Procedure, state: OrderState) -> list[Draft]:
    """Pass over the current step where its data says that it is not for this watch."""
    step = procedure.get(state.current)
    if step is None or state.started or not step.when:
        return []
    if all(_fact(state, name) == wanted for name, wanted in step.when.items()):
        return []
    target = procedure.target(step, "skipped") or procedure.following(step.id)
    payload = {"step": step.id, "visit": 0, "outcome": "skipped", "next": target, "reason": ""}
    return [Draft(EventKind.STEP_DONE, payload)]


def _fact(state: OrderState, name: str) -> str:
    if name == "magnetised":
        return {True: "yes", False: "no", None: "unknown"}[state.magnetised]
    if name == "case_open":
        return "yes" if state.case_open else "no"
    if name == "case_testable":
        return "no" if guards.case_faults(state) else "yes"
    return state.facts.get(name, "unknown")


def gaps(procedure: Procedure, state: OrderState) -> tuple[Message, ...]:
    """Return what is missing before the sheet may be closed (G-34)."""
    found = []
    if state.current != END:
        step = procedure.get(state.current)
        found.append(msg("the step “{step}” is not done", step=step.title if step else state.current))
    found += _unsettled(state)
    if any(step.kind is StepKind.SIGNOFF for step in procedure.steps) and not state.signed:
        found.append(msg("the final control is not signed"))
    return tuple(found)


def _unsettled(state: OrderState) -> tuple[Message, ...]:
    """What no watch may leave with; the final control asks for it before the signature."""
    found = []
    if state.case_open:
        found.append(msg("the case is open"))
    if state.magnetised:
        found.append(msg("the watch is magnetised"))
    return tuple(found)


def closed(procedure: Procedure, state: OrderState, head: str, events: int) -> list[Draft]:
    """Close the sheet. Raises Refused (G-34) while there are gaps."""
    missing = gaps(procedure, state)
    if missing:
        raise Refused(guards.gaps_at_close(missing))
    return [Draft(EventKind.ORDER_CLOSED, {"head": head, "events": events, "outcome": order_outcome(state)})]


def order_outcome(state: OrderState) -> str:
    """Return "reserved" when the watch goes back with a reservation, else "done"."""
    return "reserved" if "reservation" in state.alerts else "done"


def may_key_in(link_up: bool, reason: str) -> None:
    """Refuse a keyed value while the instrument's link is up, or without a reason (G-30)."""
    if link_up or not reason.strip():
        raise Refused(guards.manual_only_degraded())


__all__ = [
    "answered",
    "closed",
    "confirmed",
    "done",
    "enter",
    "gaps",
    "given_up",
    "handled",
    "may_key_in",
    "order_outcome",
    "outcome_of",
    "passed_over",
    "read_answers",
    "repeated",
]
