"""The end of an order: defects with their outcome, signatures that stand, a sheet without gaps, then the hand-over."""

from __future__ import annotations

from bench.errors import Refusal
from bench.language import Message, msg
from bench.procedure.guards.asked import gaps_at_close
from bench.procedure.guards.craft import miscounted
from bench.procedure.guards.question import Question, joined
from bench.procedure.guards.rules import refusal
from bench.procedure.model import Act, Procedure
from bench.procedure.state import OrderState

OUTCOME = "outcome"


def unsettled_items(procedure: Procedure | None, state: OrderState) -> tuple[Message, ...]:
    """Return the entries of the order's lists (defects, symptoms, functions …) that a step of the procedure which has
    been done should have settled.
    """
    found = []
    visited = {end.step for end in state.ends if end.visit > 0}
    for step in procedure.steps if procedure else ():
        for entry in step.fields:
            if not entry.each or not entry.fact or not entry.required or step.id not in visited:
                continue
            if entry.fact == OUTCOME:
                continue
            found += [
                msg("{item}: no answer to “{field}”", item=item.label, field=entry.label)
                for item in state.items(entry.each)
                if f"{entry.fact}.{item.key}" not in state.facts
            ]
    return tuple(found)


def defects_without_outcome(procedure: Procedure | None, state: OrderState) -> tuple[Message, ...]:
    """Return the initial symptoms and defects that nobody has given an outcome (G-32)."""
    lists = {
        entry.each
        for step in (procedure.steps if procedure else ())
        for entry in step.fields
        if entry.each and entry.fact == OUTCOME
    }
    return tuple(
        msg("{item}: no outcome", item=item.label)
        for name in sorted(lists)
        for item in state.items(name)
        if f"{OUTCOME}.{item.key}" not in state.facts
    )


def defects_settled(ask: Question) -> Refusal | None:
    """G-32: no initial defect is left without an outcome."""
    missing = defects_without_outcome(ask.procedure, ask.state)
    if not missing:
        return None
    return refusal(
        "G-32",
        msg("Initial defects without outcome: {missing}.", missing=joined(missing)),
        msg("Give each its outcome: resolved, accepted by the customer, not reproducible …"),
    )


def gaps(ask: Question) -> tuple[Message, ...]:
    """Return what a sheet still lacks, whatever step is next: what no watch may leave with, and no record."""
    state = ask.state
    found = []
    if state.case_open:
        found.append(msg("the case is open"))
    if state.magnetised and (touched(ask) or not goes_back_as_it_came(ask)):
        found.append(msg("the watch is magnetised"))
    if not state.lifted("G-27", COUNTS):
        found += miscounted(state)
    found += defects_without_outcome(ask.procedure, state)
    found += unsettled_items(ask.procedure, state)
    found += [
        msg("the signature of “{step}” is void: the record was corrected since", step=_title(ask.procedure, each.step))
        for each in state.signatures
        if each.void
    ]
    found += [msg("an alert waits for a decision: {text}", text=alert.text) for alert in state.alerts if alert.holds_up]
    return tuple(found)


# What a lifted miscount holds for: the whole order.
COUNTS = "counts"


def complete_sheet(ask: Question) -> Refusal | None:
    """G-34: a sheet with gaps is not closed."""
    missing = gaps(ask)
    return gaps_at_close(missing) if missing else None


def released(ask: Question) -> Refusal | None:
    """G-33: hand-over only after the final control and the manager's validation, with signatures that stand."""
    signed = {act for each in ask.state.signatures if not each.void for act in each.acts}
    wanted = {
        act.value
        for step in (ask.procedure.steps if ask.procedure else ())
        for act in step.acts
        if act is Act.CLOSE_SHEET or (act is Act.FINAL_CONTROL and _was_due(ask, step.id))
    }
    missing = [_SIGNED[act] for act in sorted(wanted - signed)]
    missing += list(gaps(ask))
    if not missing:
        return None
    return refusal(
        "G-33",
        msg("The watch may not be handed over yet: {missing}.", missing=joined(tuple(missing))),
        msg("Have the final control and the closing of the sheet signed, and the gaps filled."),
    )


def _was_due(ask: Question, step_id: str) -> bool:
    """A return without intervention goes by no final control; whatever the way, one that stands on it counts."""
    end = ask.state.last_end(step_id)
    return (end is not None and end.visit > 0) or touched(ask)


def goes_back_as_it_came(ask: Question) -> bool:
    """Whether the order has taken the way of a return without intervention (module RES-R)."""
    done = {end.step for end in ask.state.ends if end.visit > 0}
    return any(step.module == "RES-R" and step.id in done for step in (ask.procedure.steps if ask.procedure else ()))


def touched(ask: Question) -> bool:
    """Whether anybody has done an intervention on the watch, in this procedure of the order or in an earlier one."""
    procedure = ask.procedure
    done = {end.step for end in ask.state.ends if end.visit > 0}
    here = any(step.intervention and step.id in done for step in (procedure.steps if procedure else ()))
    return ask.state.touched or here


_SIGNED = {
    Act.FINAL_CONTROL.value: msg("the final control is not signed"),
    Act.CLOSE_SHEET.value: msg("the sheet is not validated by the manager"),
}


def commercially_released(ask: Question) -> Refusal | None:
    """G-33: the counter releases the watch: paid, or under warranty."""
    if ask.state.facts.get("commercial_release") == "yes":
        return None
    return refusal(
        "G-33",
        msg("The watch is not commercially released."),
        msg("Settle the payment or the warranty, then hand the watch over."),
    )


def _title(procedure: Procedure | None, step_id: str) -> object:
    step = procedure.get(step_id) if procedure else None
    return step.title if step else step_id
