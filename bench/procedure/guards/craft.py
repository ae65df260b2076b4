"""Craft at the bench: magnetism, counts, batteries, polishing."""

from __future__ import annotations

import re

from bench.errors import Refusal
from bench.language import Message, msg
from bench.order import Family
from bench.procedure.guards.question import Question, joined
from bench.procedure.guards.rules import refusal
from bench.procedure.state import OrderState


def not_magnetised(ask: Question) -> Refusal | None:
    """G-17: a magnetised watch may be timed as found; it may not be regulated."""
    if ask.state.magnetised is False:
        return None
    if ask.state.magnetised is None:
        return refusal(
            "G-17",
            msg("The watch has not been checked for magnetism."),
            msg("Measure the residual field first."),
        )
    return refusal(
        "G-17",
        msg("The watch is magnetised: regulating it would set it wrong."),
        msg("Demagnetise it first, then measure the residual field again."),
    )


def may_demagnetise(ask: Question) -> Refusal | None:
    """G-18: a quartz movement goes into the demagnetiser only where its profile allows it."""
    quartz = ask.state.order.watch.family in (Family.QUARTZ, Family.AUTOQUARTZ)
    if not quartz or (ask.calibre is not None and ask.calibre.demagnetisable and ask.calibre.identity.approved):
        return None
    return refusal(
        "G-18",
        msg("This quartz calibre may not be demagnetised: its profile does not allow it."),
        msg("Leave it out, or have the manager approve a profile that allows it."),
    )


def miscounted(state: OrderState, names: frozenset[str] = frozenset()) -> tuple[Message, ...]:
    """Return what is not back in the watch as it came out, of everything or of what is named."""
    return tuple(
        msg("{what}: {out} out, {back} in", what=what, out=out, back=back)
        for what, (out, back) in sorted(state.counted().items())
        if out != back and (not names or what in names)
    )


def counts_agree(ask: Question) -> Refusal | None:
    """G-27: as many parts and screws in as out; leaving a step that puts some back, of those."""
    names = frozenset(entry.count_in for entry in ask.step.fields if entry.count_in)
    wrong = miscounted(ask.state, names)
    if not wrong:
        return None
    return refusal(
        "G-27",
        msg("The counts do not agree: {wrong}.", wrong=joined(wrong)),
        msg("Search and count again; if a part is lost or one too many, the manager decides on the incident."),
    )


# A new cell that reads less than this share of its nominal voltage is not fitted: our choice. 1.55 V is the nominal
# voltage of a silver-oxide cell, where the profile states no supply.
LEAST_SHARE = 0.97
SILVER_OXIDE = 1.55


def fitting_battery(ask: Question) -> Refusal | None:
    """G-35: the right battery, checked, and the old one logged. Against the profile's cells where it names them."""
    facts, calibre = ask.state.facts, ask.calibre
    problems = []
    written = facts.get("battery_reference", "")
    allowed = calibre.battery_names if calibre is not None else frozenset()
    if not written.strip():
        problems.append(msg("its reference is missing"))
    elif allowed and not _cells(written) & {_plain(each) for each in allowed}:
        problems.append(msg("{given} is none of {wanted}", given=written, wanted=", ".join(sorted(allowed))))
    supply = calibre.fact("supply_voltage") if calibre is not None else None
    nominal = supply.magnitude if supply is not None else SILVER_OXIDE
    voltage = facts.get("battery_voltage_new")
    if voltage is None or float(voltage) < nominal * LEAST_SHARE:
        problems.append(msg("its voltage was not measured or is too low"))
    if facts.get("battery_polarity") != "yes":
        problems.append(msg("its polarity was not checked"))
    if facts.get("battery_old_logged") != "yes":
        problems.append(msg("the old battery is not logged"))
    if not problems:
        return None
    return refusal(
        "G-35",
        msg("The battery is not in order: {problems}.", problems=joined(tuple(problems))),
        msg("Take a battery of the profile, measure it, check its polarity, and log the old one."),
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _cells(written: str) -> set[str]:
    """Return the cells that somebody may have meant: "371 / SR920SW" names one cell twice."""
    return {_plain(part) for part in re.split(r"[\s/,;()]+", written)} | {_plain(written)}


def may_polish(ask: Question) -> Refusal | None:
    """G-37: polishing only with consent, on solid metal, with the movement out."""
    facts = ask.state.facts
    problems = []
    if facts.get("polish_consent") != "yes":
        problems.append(msg("the customer has not agreed"))
    if facts.get("finish") != "solid":
        problems.append(msg("the metal is plated, coated or unknown"))
    if facts.get("movement_out") != "yes":
        problems.append(msg("the movement is inside"))
    if not problems:
        return None
    return refusal(
        "G-37",
        msg("Polishing is not allowed: {problems}.", problems=joined(tuple(problems))),
        msg("Leave the surface as it is, or bring these in order first."),
    )
