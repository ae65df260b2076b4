"""Which guards are asked when: always, by what the step does, by what the step names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bench.alerts import kind_of
from bench.errors import Refusal
from bench.procedure.guards import agreement, asked, craft, ending, people, water
from bench.procedure.guards.question import Guard, Question
from bench.procedure.model import Act, Step, StepKind

# Every guard that is a question about a step, under its rule.
GUARDS: dict[str, Guard] = {
    "G-01": people.named_operator,
    "G-02": agreement.complete_order,
    "G-03": agreement.complete_map,
    "G-07": people.authorised,
    "G-10": water.thermal_rest,
    "G-11": water.prepared,
    "G-12": water.dry_before_wet,
    "G-13": water.no_water_after_failure,
    "G-14": water.verdict_on_this_closure,
    "G-15": water.allowed_pressure,
    "G-16": water.testable_case,
    "G-17": craft.not_magnetised,
    "G-18": craft.may_demagnetise,
    "G-21": agreement.signed_quote,
    "G-22": agreement.within_scope,
    "G-23": agreement.within_amount,
    "G-25": people.level,
    "G-27": craft.counts_agree,
    "G-31": people.other_person,
    "G-32": ending.defects_settled,
    "G-33": ending.released,
    "G-34": ending.complete_sheet,
    "G-35": craft.fitting_battery,
    "G-36": water.tested_or_waived,
    "G-37": craft.may_polish,
    "G-38": people.safety_card,
}
# Guards of an act that share their rule with another.
_TRANSMIT = "G-02 transmit"
_CLOSED = "G-14 closed"
_EMPTY = "G-13 empty"
_RELEASE = "G-33 release"
_MORE: dict[str, Guard] = {
    _TRANSMIT: agreement.order_to_transmit,
    _CLOSED: water.case_closed,
    _EMPTY: water.only_empty_case,
    _RELEASE: ending.commercially_released,
}
ALWAYS = ("G-01", "G-02", "G-21", "G-22", "G-23", "G-25", "G-07", "G-15", "G-38")
_PRESSURE = ("G-16", "G-10", "G-11", "G-15", _CLOSED)
# Asked when a step with this act is entered.
ENTERING: dict[Act, tuple[str, ...]] = {
    Act.CUSTODY: ("G-02", "G-03"),
    Act.TRANSMIT: (_TRANSMIT,),
    Act.PRESSURISE: _PRESSURE,
    Act.IMMERSE: ("G-16", "G-13", "G-12", "G-11", "G-15", _CLOSED),
    Act.IMMERSE_EMPTY: (_EMPTY,),
    Act.REGULATE: ("G-17",),
    Act.DEMAGNETISE: ("G-18",),
    Act.FINAL_CONTROL: ("G-31", "G-14", "G-36", "G-32", "G-27"),
    Act.CLOSE_SHEET: ("G-34",),
    Act.HAND_OVER: ("G-33",),
}
# Asked when it is left, with what it has answered.
LEAVING: dict[Act, tuple[str, ...]] = {
    Act.FIT_BATTERY: ("G-35",),
    Act.POLISH: ("G-37",),
    Act.HAND_OVER: (_RELEASE,),
}


def acts_of(step: Step) -> frozenset[Act]:
    """Return what the step does: what its data says, and what its measurement does whether said or not."""
    programs = {run.program for run in step.measure.run} if step.measure else set()
    measured = {Act.PRESSURISE} if "leak-test" in programs else set()
    if "demagnetise" in programs or any(handling.act == "demagnetise" for handling in step.handlings):
        measured.add(Act.DEMAGNETISE)
    if any(handling.act == "regulate" for handling in step.handlings):
        measured.add(Act.REGULATE)
    return frozenset(step.acts) | measured


def first_refusal(ask: Question) -> Refusal | None:
    """Return the first "no" to entering the step: rules that always hold, of its acts, and that it names.

    What somebody entitled has lifted is passed over.
    """
    basic = (people.fitting_role, people.signs_in_person, people.holds_the_watch, waits_for_a_decision, not_too_often)
    codes = [*ALWAYS]
    for act in sorted(acts_of(ask.step)):
        codes += ENTERING.get(act, ())
    codes += ask.step.guards
    for guard in (*_guards(["G-01"]), *basic, *_guards(codes[1:])):
        refusal = guard(ask)
        if refusal is not None and not ask.state.lifted(refusal.rule, scope_of(refusal.rule, ask)):
            return refusal
    return None


def leaving_refusal(ask: Question) -> Refusal | None:
    """Return the first "no" to leaving the step with what `ask.state` already knows of its answers."""
    codes = [code for act in sorted(acts_of(ask.step)) for code in LEAVING.get(act, ())]
    if any(entry.count_in for entry in ask.step.fields):
        codes.append("G-27")
    for guard in _guards(codes):
        refusal = guard(ask)
        if refusal is not None and not ask.state.lifted(refusal.rule, scope_of(refusal.rule, ask)):
            return refusal
    return None


def _guards(codes: list[str]) -> Iterator[Guard]:
    seen = set()
    for code in codes:
        guard = _MORE.get(code) or GUARDS.get(code)
        if guard is not None and guard not in seen:
            seen.add(guard)
            yield guard


def scope_of(rule: str, ask: Question) -> str:
    """Return what a lifting of `rule` here would hold for."""
    operator = ask.operator.id if ask.operator else ""
    match rule:
        case "G-07":
            return f"{ask.step.measure.instrument.value}:{operator}" if ask.step.measure else ask.step.id
        case "G-23":
            return agreement.amount_scope(ask)
        case "G-25":
            return f"level:{people.level_needed(ask)}:{operator}"
        case "G-27":
            return ending.COUNTS
        case "loop":
            return f"{ask.step.id}:{ask.state.visits.get(ask.step.id, 0)}"
        case _:
            return ask.step.id


def waits_for_a_decision(ask: Question) -> Refusal | None:
    """A blocking alert holds the work up until it is decided; sign-offs by who decides go on."""
    if ask.step.kind is StepKind.SIGNOFF:
        return None
    alert = next((each for each in ask.state.alerts if each.holds_up), None)
    if alert is None:
        return None
    since = datetime.fromisoformat(alert.at).astimezone(ask.now.tzinfo)
    return asked.alert_waits(kind_of(alert.kind).title, f"{since:%Y-%m-%d %H:%M}", alert.text)


def not_too_often(ask: Question) -> Refusal | None:
    """A step with `max_visits` that has been entered that often goes to the manager."""
    visits = ask.state.visits.get(ask.step.id, 0)
    if not ask.step.max_visits or ask.state.started or visits < ask.step.max_visits:
        return None
    return asked.too_many_visits(ask.step, visits)


__all__ = ["GUARDS", "acts_of", "first_refusal", "leaving_refusal", "scope_of"]
