"""The forty rules of the house: what each says, who may lift it, and for what a lifting holds."""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import Refusal
from bench.language import Message, msg
from bench.people import Role

MANAGER_ROLE = Role.MANAGER
NOBODY = msg("nobody")
MANAGER = msg("the workshop manager")
REASON = msg("the technician, with a reason")


@dataclass(frozen=True)
class GuardRule:
    """One rule. `lifted_by` is the role that may lift it, None where nobody may; `who` says it in words. `alert` is the
    kind of alert that its refusal raises, "" for none.
    """

    code: str
    rule: Message
    who: Message = NOBODY
    lifted_by: Role | None = None
    alert: str = ""


def _rules(*rules: GuardRule) -> dict[str, GuardRule]:
    return {rule.code: rule for rule in rules}


RULES: dict[str, GuardRule] = _rules(
    GuardRule("G-01", msg("No step without a named operator.")),
    GuardRule("G-02", msg("An incomplete order does not leave reception.")),
    GuardRule("G-03", msg("No custody of a watch whose condition map is incomplete.")),
    GuardRule(
        "G-04",
        msg("The instrument that answers is the one in the register: model and serial number."),
        msg("the workshop manager, by registering it"),
        alert="instrument",
    ),
    GuardRule(
        "G-05",
        msg("No verdict by an instrument whose calibration has expired, is suspended or unknown."),
        alert="instrument",
    ),
    GuardRule(
        "G-06",
        msg("No verdict by an instrument whose daily check is missing or failed."),
        msg("whoever redoes the check"),
        alert="instrument",
    ),
    GuardRule(
        "G-07",
        msg("Only authorised operators use an instrument."),
        MANAGER,
        Role.MANAGER,
        alert="authorisation",
    ),
    GuardRule(
        "G-08",
        msg("No verdict against a profile that is not approved."),
        msg("the workshop manager, by approving the profile"),
    ),
    GuardRule("G-09", msg("No verdict where the guard bands leave no acceptance zone."), msg("a better instrument")),
    GuardRule("G-10", msg("No water-resistance test before the thermal rest is over and the temperatures agree.")),
    GuardRule("G-11", msg("No water-resistance test before its preparation has been ticked, for each closure.")),
    GuardRule(
        "G-12", msg("No complete watch into water without a dry pass: this closure, that pressure, still valid.")
    ),
    GuardRule("G-13", msg("After a dry failure, only the empty case may go into water.")),
    GuardRule("G-14", msg("Opening the case voids its water-resistance verdict: each closure has its number.")),
    GuardRule("G-15", msg("No pressure above what case, profile and instrument allow.")),
    GuardRule("G-16", msg("Neither pressure nor vacuum on a case that is damp, cracked, loose or without its crown.")),
    GuardRule("G-17", msg("A magnetised watch is not regulated.")),
    GuardRule(
        "G-18",
        msg("A quartz movement is demagnetised only where its profile allows it."),
        msg("the workshop manager, in the profile"),
    ),
    GuardRule("G-19", msg("A timing verdict needs its conditions: wind, lift angle, beat rate, time, signal.")),
    GuardRule(
        "G-20",
        msg("No timing verdict with another lift angle than the profile's."),
        msg("the workshop manager, in the profile"),
    ),
    GuardRule("G-21", msg("No intervention without a signed quote or an accepted price.")),
    GuardRule(
        "G-22",
        msg("No operation that is not on the signed quote."),
        msg("the customer, by signing an additional quote"),
        alert="scope",
    ),
    GuardRule(
        "G-23",
        msg("No cost beyond the signed amount."),
        msg("the workshop manager, with the customer's agreement"),
        Role.MANAGER,
        alert="cost",
    ),
    GuardRule(
        "G-24",
        msg("The promised date moves only by the manager, with word to the customer."),
        MANAGER,
        alert="deadline",
    ),
    GuardRule(
        "G-25",
        msg("No work above the technician's level without the hierarchy."),
        msg("the workshop manager, by a recorded decision"),
        Role.MANAGER,
        alert="level",
    ),
    GuardRule("G-26", msg("No part that is not listed or equivalent."), MANAGER, Role.MANAGER, alert="part"),
    GuardRule(
        "G-27",
        msg("As many parts and screws in as out."),
        msg("the workshop manager, after an incident"),
        Role.MANAGER,
        alert="count",
    ),
    GuardRule("G-28", msg("A failed step ends by a branch, a repeat or an incident.")),
    GuardRule("G-29", msg("A measurement repeated more than three times needs a reason."), REASON),
    GuardRule(
        "G-30",
        msg("Values are keyed in only while the instrument's link is down, with a reason and a photo."),
        msg("the technician, with a reason and a photo, when the link is down"),
    ),
    GuardRule("G-31", msg("The final control is another person's."), msg("the workshop manager, in the house rules")),
    GuardRule("G-32", msg("No initial defect is left without an outcome.")),
    GuardRule(
        "G-33",
        msg("No hand-over before the final validation, a complete sheet and the commercial release."),
        msg("the workshop manager, with a signed reason"),
        Role.MANAGER,
        alert="validation",
    ),
    GuardRule("G-34", msg("A sheet with gaps is not closed.")),
    GuardRule(
        "G-35", msg("A battery is fitted with its reference, voltage and polarity checked and the old one logged.")
    ),
    GuardRule(
        "G-36",
        msg("A water-resistant watch that was opened is tested, or the customer waives it in writing."),
        msg("the customer, by a signed waiver"),
    ),
    GuardRule("G-37", msg("Polishing only with consent, on solid metal, with the movement out.")),
    GuardRule("G-38", msg("No machine before its safety card has been read today.")),
    GuardRule(
        "G-39",
        msg("What only the manager validates waits for the manager, in person."),
        MANAGER,
        alert="validation",
    ),
    GuardRule("G-40", msg("Training never mixes with customers' watches.")),
)

# Rules outside the forty that a person may lift.
LOOP = GuardRule("loop", msg("Work repeated too often goes to the manager."), MANAGER, Role.MANAGER, alert="loop")


def rule(code: str) -> GuardRule | None:
    return LOOP if code == LOOP.code else RULES.get(code)


def refusal(code: str, reason: Message, remedy: Message) -> Refusal:
    """Return the refusal of one of the rules; who may lift it stands in `RULES`."""
    known = rule(code)
    return Refusal(code, reason, remedy, known.who if known else NOBODY)
