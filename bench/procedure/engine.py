"""The pure engine: from a state and what somebody wants to do, to the events of it, or to a refusal.

Nothing here reads a clock, a port or a disk; `bench/work.py` does, and journals what these functions return.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bench.alerts import kind_of
from bench.conformity import State
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind
from bench.judging import Handling
from bench.language import Message, Text, msg
from bench.people import Operator
from bench.procedure import guards
from bench.procedure.answers import Said, as_fact, fields_of, fits, read_answers, shown, to_json
from bench.procedure.answers import said as collect
from bench.procedure.guards import Question
from bench.procedure.model import END, NOT_MEASURED, Act, Choice, FormField, Procedure, Step, StepKind
from bench.procedure.state import Given, OrderState, Task, items_from_json

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


def answered(procedure: Procedure, ask: Question, answers: Mapping[str, Any], reason: str = "") -> list[Draft]:
    """Answer the current form, checklist, instruction, count, decision or sign-off, and move on.

    `reason` confirms what is queried. Raises UsageError for wrong answers, Refused where a guard of this step, or of
    the step that a decision leads to, says no.
    """
    step, state = ask.step, ask.state
    fields = fields_of(step, state)
    read = read_answers(step, answers, state)
    _query_words(fields, read, reason)
    said = collect(fields, read)
    _photos_are_here(state, said.photos)
    _guarded_choices(ask, fields, read)
    _promise_stays(ask, said.order)
    outcome = _form_outcome(step, read)
    target = way_on(procedure, step, outcome)
    after = _after(state, step, said)
    if outcome == "done" or step.kind is not StepKind.SIGNOFF:
        refusal = guards.leaving_refusal(replace(ask, state=after))
        if refusal is not None and _holds(step, outcome):
            raise Refused(refusal)
    chosen = _chosen(fields, read)
    going_on = next((choice.procedure for _field, choice in chosen if choice.procedure), "")
    if step.kind is StepKind.DECISION and not going_on:
        _may_go(procedure, replace(ask, state=after), target)
    payload: dict[str, Any] = {
        "step": step.id,
        "visit": state.visit,
        "answers": {name: to_json(value) for name, value in read.items()},
        **_labels(fields, read),
        "facts": said.facts,
        "note": str(answers.get("note", "")),
        **_more(said, reason if _short_words(fields, read) else ""),
    }
    drafts = [Draft(EventKind.STEP_ANSWERED, payload)]
    drafts += [raised(choice.alert, choice.label, step.id, choice.blocking) for _f, choice in chosen if choice.alert]
    if said.quote.get("reference") and outcome == "done":
        drafts += consent(state, said.quote, ask.now)
    if step.kind is StepKind.SIGNOFF and outcome == "done":
        drafts.append(signature(step, ask.operator))
    drafts += handled(state, step.handlings)
    if Act.CUSTODY in step.acts and outcome == "done" and ask.operator is not None:
        drafts.append(custody(state, ask.operator, ""))
    drafts.append(done(state, step, outcome, target, reason))
    if going_on:
        drafts.append(Draft(EventKind.PROCEDURE_CHANGED, {"id": going_on, "reason": reason}))
    return drafts


def correction(step: Step, state: OrderState, seq: int, answers: Mapping[str, Any], reason: str) -> Draft:
    """Correct what a step was answered with (event `seq`): only the fields given, each with what it said before it.

    Raises UsageError for answers that cannot be read, or without a reason.
    """
    if not reason.strip():
        raise UsageError(msg("A correction needs a reason."), remedy=msg("Say why; the first answer stays readable."))
    wanted = tuple(entry for entry in fields_of(step, state) if entry.id in answers)
    alone = step.model_copy(update={"fields": tuple(entry.model_copy(update={"when": {}}) for entry in wanted)})
    read = read_answers(alone, answers, state)
    said = collect(wanted, read)
    payload = {
        "seq": seq,
        "step": step.id,
        "reason": reason,
        "answers": {name: to_json(value) for name, value in read.items()},
        **_labels(wanted, read),
        "facts": said.facts,
        **_more(said, ""),
    }
    return Draft(EventKind.CORRECTED, payload)


def _labels(fields: Sequence[FormField], read: Mapping[str, Any]) -> dict[str, Any]:
    given = [entry for entry in fields if entry.id in read]
    labels = {entry.id: entry.label.to_json() for entry in given}
    labels |= {f"{entry.id}.{column.id}": column.label.to_json() for entry in given for column in entry.columns}
    return {"labels": labels, "shown": {entry.id: shown(entry, read[entry.id]) for entry in given}}


def _more(said: Said, confirmed: str) -> dict[str, Any]:
    more = {"order": said.order, "lists": said.lists, "counts": said.counts, "adds": said.adds, "confirmed": confirmed}
    return {name: value for name, value in more.items() if value}


def _short_words(fields: Sequence[FormField], read: Mapping[str, Any]) -> list[FormField]:
    from bench.glossary import is_technical

    return [
        entry
        for entry in fields
        if entry.technical
        and entry.id in read
        and not any(is_technical(str(read[entry.id]), language) for language in ("fr", "en"))
    ]


def _query_words(fields: Sequence[FormField], read: Mapping[str, Any], reason: str) -> None:
    short = _short_words(fields, read)
    if short and not reason.strip():
        raise Refused(guards.plain_words(short[0].label))


def _photos_are_here(state: OrderState, photos: Sequence[str]) -> None:
    unknown = [each for each in photos if each not in state.photos]
    if unknown:
        raise UsageError(
            msg("No photo {hash} is attached to this order.", hash=unknown[0][:12]),
            remedy=msg("Attach the photo first, then choose it."),
        )


def _chosen(fields: Sequence[FormField], read: Mapping[str, Any]) -> list[tuple[FormField, Choice]]:
    """Return every choice that was taken, in fields and in the columns of lines."""
    taken: list[tuple[FormField, Choice]] = []
    for entry in fields:
        answer = read.get(entry.id)
        rows = answer if entry.kind == "lines" and isinstance(answer, list) else []
        pairs = [(entry, answer), *((column, row.get(column.id)) for row in rows for column in entry.columns)]
        for asked, given in pairs:
            ids = given if isinstance(given, list) else [given]
            taken += [(asked, choice) for choice in asked.choices if choice.id in ids]
    return taken


def _guarded_choices(ask: Question, fields: Sequence[FormField], read: Mapping[str, Any]) -> None:
    for _entry, choice in _chosen(fields, read):
        if choice.guard and not ask.state.lifted(choice.guard, guards.scope_of(choice.guard, ask)):
            raise Refused(guards.choice_guarded(choice.guard, choice.label))


def _promise_stays(ask: Question, order: Mapping[str, str]) -> None:
    """G-24: once the watch is in the workshop, no form moves the promised date."""
    written = order.get("promised")
    if not written or ask.step.counter or ask.state.order.promised in ("", written):
        return
    refusal = guards.moves_promise(None)  # whoever fills it in: a form holds no word to the customer
    if refusal is not None:
        raise Refused(refusal)


def _holds(step: Step, outcome: str) -> bool:
    """Whether what the step does is really done with this outcome: a refused sign-off or a way out does nothing."""
    return outcome == "done" or not any(rule.result == outcome for rule in step.outcome)


def _after(state: OrderState, step: Step, said: Said) -> OrderState:
    """Return the state as it will be with these answers, for the guards that ask about them."""
    given = Given(
        step.id,
        items_from_json(said.lists),
        said.counts.get("out", {}),
        said.counts.get("in", {}),
        said.adds,
    )
    stamps = {**state.fact_closure, **dict.fromkeys(said.facts, state.closure)}
    order = state.order.with_answers(said.order) if said.order else state.order
    return replace(
        state,
        order=order,
        facts={**state.facts, **said.facts},
        fact_closure=stamps,
        given={**state.given, _NOT_YET: given},
    )


# Where the answers of a step that is being left stand among those of journaled events.
_NOT_YET = -1


def consent(state: OrderState, quote: Mapping[str, Any], now: datetime) -> list[Draft]:
    """Enter what the customer has signed; beside an earlier quote it is a supplementary one, and settles what waited
    for the customer (G-22, G-23).
    """
    earlier = state.order.quote
    payload = {
        "reference": quote["reference"],
        "how": str(quote.get("how", "")),
        "signed_at": now.isoformat(timespec="seconds"),
        "operations": list(quote.get("operations", ())),
        "ceiling": quote.get("ceiling"),
        "minutes": int(quote["minutes"]) if quote.get("minutes") is not None else None,
        "supplementary": earlier is not None,
        "version": earlier.version + 1 if earlier else 1,
    }
    decided = {"decision": "accepted", "reason": str(quote["reference"]), "name": "", "role": "customer"}
    waiting = [alert for alert in state.alerts if alert.open and alert.rule in ("G-22", "G-23")]
    settled = [Draft(EventKind.ALERT_DECIDED, {"id": alert.id, **decided}) for alert in waiting]
    return [Draft(EventKind.QUOTE_SIGNED, payload), *settled]


def custody(state: OrderState, operator: Operator, note: str) -> Draft:
    """Say who has the watch from now on."""
    payload = {"holder": operator.id, "name": operator.name, "from": state.holder, "note": note}
    return Draft(EventKind.CUSTODY_TAKEN, payload)


def raised(kind: str, text: Text | Message, step: str, blocking: bool, rule: str = "", scope: str = "") -> Draft:
    """Bring something before the hierarchy."""
    message = text if isinstance(text, Message) else Message("{label}", {"label": text})
    payload = {
        "id": uuid.uuid4().hex[:12],
        "alert": kind,
        "text": message.to_json(),
        "blocking": blocking or (kind_of(kind).blocking and not rule),
        "step": step,
    }
    return Draft(EventKind.ALERT_RAISED, {**payload, **({"rule": rule, "scope": scope} if rule else {})})


def _form_outcome(step: Step, read: Mapping[str, Any]) -> str:
    if step.kind is StepKind.DECISION:
        return str(read[step.fields[0].id])
    for rule in step.outcome:
        if rule.field in read and fits(as_fact(read[rule.field]), rule.equals):
            if rule.refuse is not None:
                raise Refused(guards.answer_stops(step, rule.refuse))
            return rule.result
    return "done"


def _may_go(procedure: Procedure, ask: Question, target: str) -> None:
    """Ask the guards of the step that a decision leads to: a forbidden way is refused where it is chosen.

    A sign-off is asked when it is entered, by then perhaps by another person; so is a step for another role, and what
    can still be put right there: a rule that somebody may lift, a safety card to be read.
    """
    ahead = procedure.get(target)
    if ahead is None or ahead.kind is StepKind.SIGNOFF or ahead.role is not ask.step.role:
        return
    state = replace(ask.state, started=False)
    refusal = guards.first_refusal(replace(ask, state=state, step=ahead, pressure=None))
    if refusal is None or refusal.rule == "G-38":
        return
    rule = guards.rule(refusal.rule)
    if rule is None or rule.lifted_by is None:
        raise Refused(refusal)


def signature(step: Step, operator: Operator | None) -> Draft:
    """Sign: who, as what, with which meaning. What is signed is added by who holds the record."""
    assert operator is not None and step.meaning is not None
    payload = {
        "step": step.id,
        "meaning": step.meaning.to_json(),
        "role": step.role.value,
        "name": operator.name,
        "self_check": not operator.may_act_as(step.role),
        "acts": [act.value for act in step.acts],
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


def way_on(procedure: Procedure, step: Step, outcome: str) -> str:
    """Return where the outcome leads. Raises Refused (G-28) where the data has no way on for it."""
    target = procedure.target(step, outcome)
    if target is None:
        raise Refused(guards.branch_required(step, outcome))
    return target


def done(state: OrderState, step: Step, outcome: str, target: str, reason: str = "") -> Draft:
    """End this visit of the step."""
    payload = {"step": step.id, "visit": state.visit, "outcome": outcome, "next": target, "reason": reason}
    worked = step.intervention or step.kind is StepKind.MEASUREMENT
    more = {**({"worked": True} if worked else {}), **({"intervention": True} if step.intervention else {})}
    return Draft(EventKind.STEP_DONE, {**payload, **more})


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
    target = way_on(procedure, step, outcome)
    return [*handled(ask.state, step.handlings), done(ask.state, step, outcome, target, reason)]


def repeated(ask: Question, reason: str = "") -> list[Draft]:
    """Leave this visit of a measured step for another attempt. Raises Refused (G-29) when a reason is due."""
    refusal = guards.repeat_without_reason(ask.state.visit, ask.state.house.repeats_without_reason, reason)
    if refusal is not None:
        raise Refused(refusal)
    return [done(ask.state, ask.step, "repeat", ask.step.id, reason)]


def given_up(procedure: Procedure, ask: Question, reason: str) -> list[Draft]:
    """Leave a measured step that could not be measured: after an interruption, with a reason, where its data allows.

    Raises Refused (G-28).
    """
    step, state = ask.step, ask.state
    if state.interrupted != (step.id, state.visit) or not reason.strip():
        raise Refused(guards.measure_first())
    target = way_on(procedure, step, NOT_MEASURED)
    return [done(state, step, NOT_MEASURED, target, reason)]


def gaps(procedure: Procedure, ask: Question) -> tuple[Message, ...]:
    """Return what is missing before the sheet may be closed (G-34)."""
    state = ask.state
    found = []
    if state.current != END:
        step = procedure.get(state.current)
        found.append(msg("the step “{step}” is not done", step=step.title if step else state.current))
    found += guards.gaps(ask)
    if any(step.kind is StepKind.SIGNOFF for step in procedure.steps) and not state.signatures:
        found.append(msg("the final control is not signed"))
    return tuple(found)


def closed(procedure: Procedure, ask: Question, head: str, events: int) -> list[Draft]:
    """Close the sheet. Raises Refused (G-34) while there are gaps."""
    missing = gaps(procedure, ask)
    if missing:
        raise Refused(guards.gaps_at_close(missing))
    return [Draft(EventKind.ORDER_CLOSED, {"head": head, "events": events, "outcome": order_outcome(ask.state)})]


def order_outcome(state: OrderState) -> str:
    """Return "reserved" when the watch goes back with a reservation, else "done"."""
    return "reserved" if "reservation" in state.alert_kinds else "done"


def may_key_in(ask: Question, link_up: bool, reason: str) -> None:
    """Refuse a keyed value while the instrument's link is up, without a reason, or without a photo (G-30)."""
    if link_up or not reason.strip():
        raise Refused(guards.manual_only_degraded())
    if ask.step.id not in ask.state.photo_steps:
        raise Refused(guards.photo_of_the_display())
