"""Water and pressure: what may be tested, when, how hard, and in which order."""

from __future__ import annotations

from datetime import datetime, timedelta

from bench.errors import Refusal
from bench.language import N_, Message, msg
from bench.procedure.guards.question import Question, joined, listed
from bench.procedure.guards.rules import refusal
from bench.procedure.model import Procedure
from bench.procedure.state import OrderState


def testable_case(ask: Question) -> Refusal | None:
    """G-16: visible moisture, loose glass or back, missing crown: neither pressure nor vacuum."""
    found = {name: _FAULTS[name] for name, good in _TESTABLE.items() if ask.state.facts.get(name) not in (good, None)}
    if found:
        return refusal(
            "G-16",
            msg("This case may not be tested: {faults}.", faults=joined(tuple(found.values()))),
            msg("Repair it first, or hand the watch back without a water-resistance test."),
        )
    if any(name not in ask.state.facts for name in _TESTABLE):
        return refusal(
            "G-16",
            msg("The case has not been inspected yet."),
            msg("Look at glass, back, crown and for moisture, and answer the inspection."),
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
            return refusal(
                "G-15",
                msg(
                    "{pressure} bar is more than {who} allows ({limit} bar).",
                    pressure=ask.pressure,
                    who=entry[1],
                    limit=entry[0],
                ),
                msg("Choose the case profile that fits this watch."),
            )
    return None


def case_closed(ask: Question) -> Refusal | None:
    """A case that lies open cannot be put under pressure (part of G-14: a verdict belongs to a closure)."""
    if not ask.state.case_open:
        return None
    return refusal("G-14", msg("The case is open."), msg("Close it; the closure gets a new number."))


def thermal_rest(ask: Question) -> Refusal | None:
    """G-10: the rest is over on this closure, and watch and chamber have the same temperature.

    An order that was opened before procedures gave the rest goes on as it was pinned (bench/procedure/library.py lets
    none be opened any more).
    """
    state = ask.state
    if ask.procedure is not None and not rests(ask.procedure):
        return None
    if state.fact_closure.get("thermal_rest") != state.closure:
        return refusal(
            "G-10",
            msg("The thermal rest before the test is not over for this closure (n° {closure}).", closure=state.closure),
            msg("Let the watch rest beside the tester until the time is over."),
        )
    watch, chamber = _number(state, "watch_temperature"), _number(state, "chamber_temperature")
    if watch is None or chamber is None or abs(watch - chamber) > state.house.temperature_gap:
        return refusal(
            "G-10",
            msg(
                "Watch and chamber differ by more than {gap} °C, or their temperatures were not noted.",
                gap=state.house.temperature_gap,
            ),
            msg("Let the watch rest beside the tester, then note both temperatures again."),
        )
    return None


def rests(procedure: Procedure) -> bool:
    """Whether the procedure gives the thermal rest that a pressure test needs."""
    return any(step.wait is not None and step.wait.purpose == "thermal-rest" for step in procedure.steps)


def _number(state: OrderState, fact: str) -> float | None:
    written = state.facts.get(fact)
    return float(written) if written else None


# What is ticked before each test, for the closure that is tested.
PREPARED = {
    "wr_crown": N_("crown screwed or pushed in"),
    "wr_pushers": N_("pushers closed"),
    "wr_label": N_("label and film removed"),
    "wr_strap": N_("strap clear of the seat"),
}


def prepared(ask: Question) -> Refusal | None:
    """G-11: the preparation has been ticked, for this closure. Of older orders as G-10."""
    state = ask.state
    if ask.procedure is not None and not rests(ask.procedure):
        return None
    missing = tuple(
        name
        for fact, name in PREPARED.items()
        if state.facts.get(fact) != "yes" or state.fact_closure.get(fact) != state.closure
    )
    if not missing:
        return None
    return refusal(
        "G-11",
        msg("The watch is not prepared for the test: {missing}.", missing=listed(missing)),
        msg("Prepare it and tick each line."),
    )


def no_water_after_failure(ask: Question) -> Refusal | None:
    """G-13: after a dry failure on this closure, never into water with the movement inside."""
    dry = ask.state.dry
    if dry is not None and not dry.passed and dry.closure == ask.state.closure:
        return refusal(
            "G-13",
            msg("The dry test failed: never into water with the movement inside."),
            msg("Find the leak with the empty case, replace the gaskets, close, and repeat the dry test."),
        )
    return None


def dry_before_wet(ask: Question) -> Refusal | None:
    """G-12: a wet test of a complete watch needs a dry pass, on this closure, recent, at its pressure."""
    dry = ask.state.dry
    if dry is None or not dry.passed or dry.closure != ask.state.closure:
        return refusal(
            "G-12",
            msg(
                "A dry test passed on this closure (n° {closure}) is required before water.", closure=ask.state.closure
            ),
            msg("Run the dry test on the closed watch."),
        )
    hours = ask.case.validity_hours if ask.case else 24.0
    if ask.now - datetime.fromisoformat(dry.at) > timedelta(hours=hours):
        return refusal(
            "G-12",
            msg("The dry test is older than {hours} hours.", hours=hours),
            msg("Repeat the dry test."),
        )
    if ask.pressure is not None and dry.pressure < ask.pressure:
        return refusal(
            "G-12",
            msg(
                "The dry test went to {dry} bar only; the wet test would apply {wet} bar.",
                dry=dry.pressure,
                wet=ask.pressure,
            ),
            msg("Repeat the dry test at the higher pressure, or lower the wet test's."),
        )
    return None


def only_empty_case(ask: Question) -> Refusal | None:
    """G-13 for the wet leak search: the movement is out, and a photo shows it."""
    state = ask.state
    if state.case_open and state.facts.get("movement_out") == "yes" and state.facts.get("movement_photo"):
        return None
    return refusal(
        "G-13",
        msg(
            "Only the empty case may go into the wet leak search: the movement must be out, declared and photographed."
        ),
        msg("Take the movement out, note it, and attach a photo of the empty case."),
    )


def verdict_on_this_closure(ask: Question) -> Refusal | None:
    """G-14: any opening after a pass voids the water-resistance verdict."""
    dry = ask.state.dry
    if ask.state.case_open:
        return case_closed(ask)
    if waived(ask.state):
        return None
    if dry is None or dry.closure == ask.state.closure:
        return None
    return refusal(
        "G-14",
        msg(
            "The case was opened after the water-resistance test (closure {tested}, now {now}).",
            tested=dry.closure,
            now=ask.state.closure,
        ),
        msg("Repeat the dry test on this closure, or hand over with the written reservation."),
    )


def waived(state: OrderState) -> bool:
    """Whether the watch goes back with the written reservation "water-resistance not guaranteed"."""
    return state.facts.get("water_resistance") == "reserved"


def tested_or_waived(ask: Question) -> Refusal | None:
    """G-36: a water-resistant watch that was opened is tested on its last closure, or the customer has waived it."""
    state = ask.state
    if state.closure == 1 or not state.order.watch.promises_water_resistance or waived(state):
        return None
    if state.dry is not None and state.dry.passed and state.dry.closure == state.closure:
        return None
    return refusal(
        "G-36",
        msg(
            "This watch is declared water-resistant and was opened: it must be tested on closure n° {n}.",
            n=state.closure,
        ),
        msg("Run the dry test, or enter the reference of the customer's signed waiver."),
    )
