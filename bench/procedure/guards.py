"""The guards: rules that stop or branch, each with its reason, its remedy, and who may lift it.

A guard is a pure question about the state and what is about to happen. The numbers are those of the house's
procedures; a guard that a procedure names stands in `GUARDS`, those that always apply in `ALWAYS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.calibre import CaseProfile
from bench.errors import Refusal
from bench.language import Message, msg
from bench.people import Operator
from bench.procedure.model import Step, Stop
from bench.procedure.state import OrderState

NOBODY = msg("nobody")


@dataclass(frozen=True)
class Question:
    """What a guard is asked: may this operator enter this step, in this state, now?

    `pressure` is the highest pressure in bar that the step would apply, None where it applies none.
    """

    state: OrderState
    step: Step
    operator: Operator | None
    now: datetime
    case: CaseProfile | None = None
    pressure: float | None = None
    instrument_limit: float | None = None


Guard = Callable[[Question], Refusal | None]


def named_operator(ask: Question) -> Refusal | None:
    """G-01: no step without a named operator."""
    return None if ask.operator is not None else nobody_signed_in()


def nobody_signed_in() -> Refusal:
    return Refusal("G-01", msg("Nobody is signed in at this bench."), msg("Sign in first."), NOBODY)


def complete_order(ask: Question) -> Refusal | None:
    """G-02: an incomplete order does not leave reception."""
    missing = ask.state.order.missing()
    if not missing:
        return None
    return Refusal(
        "G-02",
        msg("The repair order is incomplete: {missing}.", missing=_list(missing)),
        msg("Complete it at reception, then start again."),
        NOBODY,
    )


def signed_quote(ask: Question) -> Refusal | None:
    """G-21: no intervention without a signed quote or an accepted quick-service price."""
    if not ask.step.intervention or ask.state.order.quote is not None:
        return None
    return Refusal(
        "G-21",
        msg("The quote is not signed: no intervention on the watch."),
        msg("Obtain the customer's signature or acceptance, and enter its reference in the order."),
        NOBODY,
    )


def testable_case(ask: Question) -> Refusal | None:
    """G-16: visible moisture, loose glass or back, missing crown: neither pressure nor vacuum."""
    found = {name: _FAULTS[name] for name, good in _TESTABLE.items() if ask.state.facts.get(name) not in (good, None)}
    if found:
        return Refusal(
            "G-16",
            msg("This case may not be tested: {faults}.", faults=_list_of(tuple(found.values()))),
            msg("Repair it first, or hand the watch back without a water-resistance test."),
            NOBODY,
        )
    if any(name not in ask.state.facts for name in _TESTABLE):
        return Refusal(
            "G-16",
            msg("The case has not been inspected yet."),
            msg("Look at glass, back, crown and for moisture, and answer the inspection."),
            NOBODY,
        )
    return None


def case_faults(state: OrderState) -> tuple[Message, ...]:
    """Return what the inspection found against testing this case."""
    return tuple(_FAULTS[name] for name, good in _TESTABLE.items() if state.facts.get(name) not in (good, None))


_TESTABLE = {"glass_sound": "yes", "back_tight": "yes", "crown_present": "yes", "moisture_visible": "no"}
_FAULTS = {
    "glass_sound": msg("the glass is cracked or loose"),
    "back_tight": msg("the back is loose"),
    "crown_present": msg("the crown is missing"),
    "moisture_visible": msg("moisture is visible"),
}


def allowed_pressure(ask: Question) -> Refusal | None:
    """G-15: never above what the case, its profile or the instrument allows."""
    if ask.pressure is None:
        return None
    limits = [
        (ask.case.max_pressure.magnitude, msg("the case profile")) if ask.case else None,
        (ask.instrument_limit, msg("the tester")) if ask.instrument_limit is not None else None,
    ]
    for entry in limits:
        if entry is not None and ask.pressure > entry[0]:
            return Refusal(
                "G-15",
                msg(
                    "{pressure} bar is more than {who} allows ({limit} bar).",
                    pressure=ask.pressure,
                    who=entry[1],
                    limit=entry[0],
                ),
                msg("Choose the case profile that fits this watch."),
                NOBODY,
            )
    return None


def case_closed(ask: Question) -> Refusal | None:
    """A case that lies open cannot be put under pressure (part of G-14: a verdict belongs to a closure)."""
    if not ask.state.case_open:
        return None
    return Refusal("G-14", msg("The case is open."), msg("Close it; the closure gets a new number."), NOBODY)


def dry_before_wet(ask: Question) -> Refusal | None:
    """G-13, then G-12: a wet test of a complete watch needs a dry pass, on this closure, recent, at its pressure."""
    dry = ask.state.dry
    if dry is not None and not dry.passed and dry.closure == ask.state.closure:
        return Refusal(
            "G-13",
            msg("The dry test failed: never into water with the movement inside."),
            msg("Find the leak with the empty case, replace the gaskets, close, and repeat the dry test."),
            NOBODY,
        )
    if dry is None or not dry.passed or dry.closure != ask.state.closure:
        return Refusal(
            "G-12",
            msg(
                "A dry test passed on this closure (n° {closure}) is required before water.", closure=ask.state.closure
            ),
            msg("Run the dry test on the closed watch."),
            NOBODY,
        )
    hours = ask.case.validity_hours if ask.case else 24.0
    if ask.now - datetime.fromisoformat(dry.at) > timedelta(hours=hours):
        return Refusal(
            "G-12",
            msg("The dry test is older than {hours} hours.", hours=hours),
            msg("Repeat the dry test."),
            NOBODY,
        )
    if ask.pressure is not None and dry.pressure < ask.pressure:
        return Refusal(
            "G-12",
            msg(
                "The dry test went to {dry} bar only; the wet test would apply {wet} bar.",
                dry=dry.pressure,
                wet=ask.pressure,
            ),
            msg("Repeat the dry test at the higher pressure, or lower the wet test's."),
            NOBODY,
        )
    return None


def verdict_on_this_closure(ask: Question) -> Refusal | None:
    """G-14: any opening after a pass voids the water-resistance verdict."""
    dry = ask.state.dry
    if ask.state.case_open:
        return case_closed(ask)
    if ask.state.facts.get("water_resistance") == "reserved":
        return None
    if dry is None or dry.closure == ask.state.closure:
        return None
    return Refusal(
        "G-14",
        msg(
            "The case was opened after the water-resistance test (closure {tested}, now {now}).",
            tested=dry.closure,
            now=ask.state.closure,
        ),
        msg("Repeat the dry test on this closure, or hand over with the written reservation."),
        NOBODY,
    )


def not_magnetised(ask: Question) -> Refusal | None:
    """G-17: a magnetised watch may be timed as found; it may not be regulated."""
    if ask.state.magnetised is False:
        return None
    if ask.state.magnetised is None:
        return Refusal(
            "G-17",
            msg("The watch has not been checked for magnetism."),
            msg("Measure the residual field first."),
            NOBODY,
        )
    return Refusal(
        "G-17",
        msg("The watch is magnetised: regulating it would set it wrong."),
        msg("Demagnetise it first, then measure the residual field again."),
        NOBODY,
    )


def other_person(ask: Question) -> Refusal | None:
    """G-31: the final control is another person's, unless the house allows self-check (which is flagged)."""
    operator = ask.operator
    if operator is None or operator.may_act_as(ask.step.role) or ask.state.house.self_check:
        return None
    return Refusal(
        "G-31",
        msg("The final control needs another person with the role of {role}.", role=ask.step.role),
        msg("Have a colleague sign in, or ask the manager to allow the self-check in the house rules."),
        msg("the workshop manager, in the house rules"),
    )


RULES = {f"G-{n:02}" for n in range(1, 41)}
GUARDS: dict[str, Guard] = {
    "G-12": dry_before_wet,
    "G-13": dry_before_wet,
    "G-14": verdict_on_this_closure,
    "G-15": allowed_pressure,
    "G-16": testable_case,
    "G-17": not_magnetised,
    "G-31": other_person,
}
ALWAYS: tuple[Guard, ...] = (named_operator, complete_order, signed_quote, allowed_pressure)


def first_refusal(ask: Question) -> Refusal | None:
    """Return the first "no" among the guards that always apply and those that the step names."""
    for guard in (*ALWAYS, *(GUARDS[code] for code in ask.step.guards)):
        refusal = guard(ask)
        if refusal is not None:
            return refusal
    if ask.pressure is not None and ask.step.measure is not None:
        return case_closed(ask)
    return None


def branch_required(step: Step, outcome: str) -> Refusal:
    """G-28: a failed step closes only by a branch, a repeat or an incident."""
    return Refusal(
        "G-28",
        msg("“{step}” ended with “{outcome}”, and no way leads on from there.", step=step.title, outcome=outcome),
        msg("Repeat the step, or mend what failed."),
        NOBODY,
    )


def answer_stops(step: Step, stop: Stop) -> Refusal:
    """An answer that the procedure itself does not let pass (another watch than the order's)."""
    return Refusal(step.id, Message("{text}", {"text": stop.reason}), Message("{text}", {"text": stop.remedy}), NOBODY)


def measure_first() -> Refusal:
    """G-28 for a measurement: it is left unmeasured only after it was tried, and with a reason."""
    return Refusal(
        "G-28",
        msg("This step is left unmeasured only after a measurement has failed, and with a reason."),
        msg("Measure; if the watch or the instrument does not allow it, say why."),
        msg("the technician, with a reason"),
    )


def reason_for_repeat(times: int) -> Refusal:
    """G-29: a measurement repeated more than three times needs a reason; every attempt is kept and counted."""
    return Refusal(
        "G-29",
        msg("This measurement has been repeated {times} times already.", times=times),
        msg("Give the reason for one more; it is printed on the sheet."),
        msg("the technician, with a reason"),
    )


def reason_for_reserve() -> Refusal:
    """A conditional verdict is never passed over in silence."""
    return Refusal(
        "reserve",
        msg("The result lies in the uncertainty zone."),
        msg("Improve it and repeat, or accept it with a reason."),
        msg("the technician, with a reason"),
    )


def reason_without_verdict() -> Refusal:
    """Going on without a verdict needs a word."""
    return Refusal(
        "no-verdict",
        msg("There is no verdict on this measurement."),
        msg("Remove the cause and repeat, or go on with a reason."),
        msg("the technician, with a reason"),
    )


def manual_only_degraded() -> Refusal:
    """G-30: keying a value in is for when the instrument's link is down, with a reason; it is flagged."""
    return Refusal(
        "G-30",
        msg("The instrument is connected: its value is read, not keyed in."),
        msg("Measure with the instrument. Keyed values are for when its link is down, with a reason."),
        msg("the technician, with a reason, when the link is down"),
    )


def gaps_at_close(gaps: tuple[Message, ...]) -> Refusal:
    """G-34: a sheet with gaps is not closed."""
    return Refusal(
        "G-34",
        msg("The sheet is incomplete: {gaps}.", gaps=_list_of(gaps)),
        msg("Fill these gaps, then close."),
        NOBODY,
    )


def _list(names: tuple[str, ...]) -> Message:
    return _list_of(tuple(Message(name) for name in names))


def _list_of(items: tuple[Message, ...]) -> Message:
    """Join messages into one that stays untranslated until it is shown."""
    pattern = ", ".join(f"{{_{n}}}" for n in range(len(items)))
    return Message(pattern, {f"_{n}": item for n, item in enumerate(items)})
