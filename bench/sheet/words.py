"""How the sheet writes: dates and times, outcomes, the words of its headings, in the language in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bench.conformity import State
from bench.language import N_, Message, Text, _, current


def day(written: str | None) -> str:
    """Write an ISO date or time as a day: 22/11/2026 in French, 2026-11-22 in English; other text as it stands."""
    try:
        found = date.fromisoformat((written or "")[:10])
    except ValueError:
        return written or ""
    return found.strftime("%d/%m/%Y") if current() == "fr" else found.isoformat()


def moment(written: str, *, offset: bool = True) -> str:
    """Write an ISO time as it was on the wall then, with its offset to UTC; a bare day or other text as it stands."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return written
    if "T" not in written and " " not in written:
        return day(written)
    zone = f" {offset_of(written)}" if offset else ""
    return f"{day(written)} {found:%H:%M}{zone}"


def offset_of(written: str) -> str:
    """Return "UTC+01:00" of an ISO time, "" where it states none."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return ""
    zone = f"{found:%z}"
    return f"UTC{zone[:3]}:{zone[3:5]}" if zone else ""


def text(data: Mapping[str, Any] | str | None) -> str:
    """Show a `Text` of a payload ({fr, en}); plain words as they stand."""
    if isinstance(data, Mapping):
        return str(Text.from_json(data)) if "fr" in data and "en" in data else ""
    return data or ""


def message(data: Mapping[str, Any] | None) -> str:
    """Show a `Message` of a payload."""
    return str(Message.from_json(data)) if data else ""


def short(digest: str) -> str:
    """Shorten a hash for the eye."""
    return f"{digest[:12]}…" if len(digest) > 16 else digest


_OUTCOMES = {
    "pass": N_("conforming"),
    "conditional": N_("conforming with reservations"),
    "fail": N_("nonconforming"),
    "no-verdict": N_("no verdict"),
    "done": N_("done"),
    "skipped": N_("not applicable"),
    "no-limit": N_("no limit known"),
    "repeat": N_("repeated"),
    "reserved": N_("done, with reservations"),
    "mismatch": N_("does not match the order"),
    "magnetised": N_("magnetised"),
    "crown-out": N_("crown pulled out"),
    "defect": N_("defect found"),
    "not-testable": N_("not to be tested"),
    "water": N_("water got in"),
    "refused": N_("refused"),
    "back": N_("gone back to an earlier step"),
    "not-measured": N_("not measured"),
}

_SYMBOLS = {
    "pass": State.CONFORMING.symbol,
    "done": State.CONFORMING.symbol,
    "conditional": State.CONDITIONALLY_CONFORMING.symbol,
    "reserved": State.CONDITIONALLY_CONFORMING.symbol,
    "fail": State.NONCONFORMING.symbol,
    "no-verdict": State.REFUSED.symbol,
}


def outcome(key: str) -> str:
    """Write a step's or an order's outcome; any other word stands as it is."""
    return _(_OUTCOMES[key]) if key in _OUTCOMES else key


def outcome_symbol(key: str) -> str:
    return _SYMBOLS.get(key, "")


_ACTS = {
    "regulate": N_("regulated"),
    "open": N_("case opened"),
    "close": N_("case closed"),
    "new-gasket": N_("new gasket"),
    "new-battery": N_("new battery"),
    "demagnetise": N_("demagnetised"),
    "clean": N_("cleaned"),
}


def act(key: str) -> str:
    """Write what hands did to the watch; "" for acts that leave it as it was (turned, wound, placed)."""
    return _(_ACTS[key]) if key in _ACTS else ""


_PHASES = {"before": N_("Before"), "after": N_("After"), "": N_("During the work")}


def phase(key: str) -> str:
    return _(_PHASES[key]) if key in _PHASES else key


def headings() -> dict[str, str]:
    """Return the fixed words of the layouts, in the language in force."""
    return {
        "order": _("Repair order"),
        "page": _("Page"),
        "journal": _("Journal"),
        "printed": _("printed"),
        "missing": _("Still missing"),
        "outcome": _("Outcome"),
        "reservations": _("Reservations"),
        "no_reservations": _("None."),
        "measurements": _("Measurements"),
        "quantity": _("Quantity"),
        "limit": _("Limit"),
        "limit_rule": _("Limit · rule"),
        "verdict": _("Verdict"),
        "value": _("Value"),
        "value_u": _("Value ± U (k = 2 unless said)"),
        "instruments": _("Instruments"),
        "notes": _("Sources and notes"),
        "attempts": _("Annex: all attempts of repeated measurements"),
        "attempt": _("Attempt"),
        "visit": _("visit"),
        "kept": _("printed in the main table"),
        "answers": _("Answers"),
        "log": _("Work log"),
        "step": _("Step"),
        "who": _("Who"),
        "start": _("Start"),
        "end": _("End"),
        "minutes": _("min"),
        "incidents": _("Refusals, alerts and interruptions"),
        "what": _("What"),
        "question": _("Question"),
        "answer": _("Answer"),
        "remedy": _("Remedy"),
        "may_lift": _("Who may lift it"),
        "corrections": _("Corrections"),
        "change": _("What changed"),
        "reason": _("Reason"),
        "signatures": _("Signatures"),
        "name": _("Name"),
        "role": _("Role"),
        "meaning": _("Meaning"),
        "signed_head": _("Journal head signed"),
        "when": _("When"),
        "integrity": _("Integrity"),
        "none": _("None."),
        "not_signed": _("Not signed yet."),
        "in_progress": _("in progress"),
        "events": _("Events of this order"),
        "last_event": _("Last event of this order"),
        "head": _("Head of the journal"),
        "printed_at": _("Printed"),
        "closure": _("closure"),
        "position": _("Position or stage"),
        "passed_over": _("Passed over, not for this watch"),
        "gaps": _("still empty"),
        "not_yet": _("Nothing entered yet."),
        "results": _("Results"),
        "help": _("help asked"),
        "proved": _("PIN given"),
        "sign_workshop": _("For the workshop"),
        "sign_customer": _("The customer"),
    }
