"""Refusals of the engine itself: how a step may end, what an answer may say, when a sheet closes."""

from __future__ import annotations

import math
from datetime import timedelta

from bench.errors import Refusal
from bench.language import Message, Text, msg
from bench.people import Operator
from bench.procedure.guards.question import joined
from bench.procedure.guards.rules import MANAGER, MANAGER_ROLE, NOBODY, REASON, refusal, rule
from bench.procedure.model import Step, Stop


def branch_required(step: Step, outcome: str) -> Refusal:
    """G-28: a failed step closes only by a branch, a repeat or an incident."""
    return refusal(
        "G-28",
        msg("“{step}” ended with “{outcome}”, and no way leads on from there.", step=step.title, outcome=outcome),
        msg("Repeat the step, or mend what failed."),
    )


def answer_stops(step: Step, stop: Stop) -> Refusal:
    """An answer that the procedure itself does not let pass (another watch than the order's)."""
    return Refusal(step.id, Message("{text}", {"text": stop.reason}), Message("{text}", {"text": stop.remedy}), NOBODY)


def measure_first() -> Refusal:
    """G-28 for a measurement: it is left unmeasured only after it was tried, and with a reason."""
    return refusal(
        "G-28",
        msg("This step is left unmeasured only after a measurement has failed, and with a reason."),
        msg("Measure; if the watch or the instrument does not allow it, say why."),
    )


def repeat_without_reason(times: int, free: int, reason: str) -> Refusal | None:
    """G-29: a measurement repeated more than `free` times needs a reason; every attempt is kept and counted."""
    if times < free or reason.strip():
        return None
    return refusal(
        "G-29",
        msg("This measurement has been repeated {times} times already.", times=times),
        msg("Give the reason for one more; it is printed on the sheet."),
    )


def reason_for_reserve() -> Refusal:
    """A conditional verdict is never passed over in silence."""
    return Refusal(
        "reserve",
        msg("The result lies in the uncertainty zone."),
        msg("Improve it and repeat, or accept it with a reason."),
        REASON,
    )


def reason_without_verdict() -> Refusal:
    """Going on without a verdict needs a word."""
    return Refusal(
        "no-verdict",
        msg("There is no verdict on this measurement."),
        msg("Remove the cause and repeat, or go on with a reason."),
        REASON,
    )


def manual_only_degraded() -> Refusal:
    """G-30: keying a value in is for when the instrument's link is down, with a reason; it is flagged."""
    return refusal(
        "G-30",
        msg("The instrument is connected: its value is read, not keyed in."),
        msg("Measure with the instrument. Keyed values are for when its link is down, with a reason and a photo."),
    )


def photo_of_the_display() -> Refusal:
    """G-30: a keyed value needs a photo of what the display showed."""
    return refusal(
        "G-30",
        msg("A value keyed in needs a photo of the display."),
        msg("Attach a photo to this step, then key the value in."),
    )


def gaps_at_close(gaps: tuple[Message, ...]) -> Refusal:
    """G-34: a sheet with gaps is not closed."""
    return refusal(
        "G-34",
        msg("The sheet is incomplete: {gaps}.", gaps=joined(gaps)),
        msg("Fill these gaps, then close."),
    )


def still_waiting(step: Step, left: timedelta) -> Refusal:
    """A wait is not cut short; before a water-resistance test that is G-10."""
    thermal = step.wait is not None and step.wait.purpose == "thermal-rest"
    minutes = max(1, math.ceil(left.total_seconds() / 60))
    return Refusal(
        "G-10" if thermal else "wait",
        msg("“{step}” is not over: {minutes} min left.", step=step.title, minutes=minutes),
        msg("Take up another order meanwhile; this one waits."),
        NOBODY,
    )


def no_skip(step: Step) -> Refusal:
    """A step is left out only where the procedure allows it, with one of its coded reasons."""
    codes = ", ".join(reason.id for reason in step.skip)
    if not codes:
        return refusal(
            "G-28",
            msg("“{step}” cannot be left out.", step=step.title),
            msg("Do it; if it fails, a branch or an incident follows."),
        )
    return refusal(
        "G-28",
        msg("“{step}” is left out only for a coded reason.", step=step.title),
        msg("Give one of: {codes}.", codes=codes),
    )


def no_way_back(step: Step) -> Refusal:
    """Work is repeated from where the procedure allows it, with a reason."""
    return refusal(
        "G-28",
        msg("From “{step}” the work is not repeated there, or no reason was given.", step=step.title),
        msg("Choose one of: {steps}, with a reason.", steps=", ".join(step.back) or "—"),
    )


def plain_words(label: Text) -> Refusal:
    """C.3.4-b: what is too short or holds no word of the trade is queried; a reason confirms it."""
    return Refusal(
        "vocabulary",
        msg("“{field}” is short, or says nothing in the words of the trade.", field=label),
        msg("Name the part and what is wrong with it; or keep it as it is, with a reason."),
        REASON,
    )


def choice_guarded(code: str, choice: Text) -> Refusal:
    """An answer that one of the forty rules refuses until it is lifted (G-26)."""
    return refusal(
        code,
        msg("“{choice}” needs a decision first.", choice=choice),
        msg("The hierarchy has been told; go on when it has decided, or choose another way."),
    )


def alert_waits(kind: Message, since: str, text: Message) -> Refusal:
    """What was brought before the hierarchy, and holds the work up, is decided first."""
    return Refusal(
        "alert",
        msg("The work waits for the hierarchy since {since}: {kind} ({text}).", since=since, kind=kind, text=text),
        msg("Take up another order; the manager decides on this one."),
        MANAGER,
    )


def too_many_visits(step: Step, visits: int) -> Refusal:
    """A loop that does not end goes to the manager."""
    return refusal(
        "loop",
        msg("“{step}” has been entered {visits} times.", step=step.title, visits=visits),
        msg("The manager decides how this work goes on."),
    )


def not_entitled(code: str) -> Refusal:
    """Lifting a rule, or deciding an alert, is for who is entitled to."""
    known = rule(code)
    return Refusal(
        code,
        msg("You are not the one who may lift this."),
        msg("Who may: {who}.", who=known.who if known else MANAGER),
        known.who if known else MANAGER,
    )


def moves_promise(operator: Operator | None) -> Refusal | None:
    """G-24: the promised date is moved by the manager, with word to the customer; a form never moves it."""
    if operator is not None and operator.may_act_as(MANAGER_ROLE):
        return None
    return refusal(
        "G-24",
        msg("The promised date is moved by the manager only, with a reason and word to the customer."),
        msg("Ask the manager: the slip is in the inbox."),
    )
