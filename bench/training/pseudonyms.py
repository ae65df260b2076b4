"""Taking the customer, and the people of the workshop, out of an order's events before they leave as a session.

Names that are known are replaced wherever they stand; what looks like a telephone number or an address for mail is
struck out of every text; photos stay behind. A person still reads the texts before the file is given away: free text
may say what no rule can know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.events import Event, EventKind

STRUCK = "…"
CUSTOMER = "C-0000"
_MAIL = re.compile(r"\S+@\S+\.\S+")
_TELEPHONE = re.compile(r"(?<![\w.])(?:\+|00|0)\d(?:[ .\-/\u00a0\u202f]?\d){7,13}(?!\w)")
_TITLED = re.compile(
    r"\b(M\.|Mr\.?|Mrs\.?|Ms\.?|Mme|Mlle|Monsieur|Madame|Dr\.?)\s+[A-ZÀ-Ý][\w’'-]+(?:\s+[A-ZÀ-Ý][\w’'-]+)?"
)
# What is the customer's, or leads to them, wherever it stands in an order or in an answer.
_THEIRS = {
    "customer": CUSTOMER,
    "custom": "",
    "contact": "",
    "complaint_of": "",
    "case_number": "W-1",
    "movement_number": "W-2",
    "customer_signature": STRUCK,
    "reference_of_waiver": STRUCK,
    "waiver_reference": STRUCK,
    "declared_value": "",
}
_LEFT_BEHIND = frozenset({EventKind.PHOTO_ATTACHED})


def without_people(events: Sequence[Event], numbers: Mapping[str, str], names: Iterable[str] = ()) -> list[Event]:
    """Return the events under other order numbers and without anybody's name.

    `numbers` is {old order number: new one}; `names` are words that must not be left (the customer's own). The chain of
    hashes does not survive: the file's own checksums stand for it.
    """
    people = _people(events)
    words = {**people, **numbers, **{name: STRUCK for name in names if len(name) > 1}}
    pattern = re.compile(
        "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len, reverse=True)) or r"(?!)"
    )

    def text(written: str) -> str:
        written = pattern.sub(lambda found: words[found[0]], written)
        return _TITLED.sub(STRUCK, _TELEPHONE.sub(STRUCK, _MAIL.sub(STRUCK, written)))

    def clean(value: Any, name: str = "") -> Any:
        if name in _THEIRS and isinstance(value, str):
            return _THEIRS[name] if value else value
        if isinstance(value, str):
            return text(value)
        if isinstance(value, Mapping):
            if name in _THEIRS and set(value) == {"fr", "en"}:
                return {"fr": _THEIRS[name], "en": _THEIRS[name]}
            return {
                text(key) if key in words else key: clean(entry, key.rpartition(".")[2]) for key, entry in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [clean(entry) for entry in value]
        return value

    kept = []
    for event in events:
        if event.kind in _LEFT_BEHIND:
            continue
        pinned = event.kind is EventKind.PROCEDURE_PINNED
        kept.append(
            replace(
                event,
                order=numbers.get(event.order or "", event.order),
                operator=people.get(event.operator or "", None),
                payload=event.payload if pinned else clean(event.payload),
                prev="",
                hash="",
            )
        )
    return kept


def _people(events: Sequence[Event]) -> dict[str, str]:
    """Return {an operator's id or name: what stands for it}, in the order in which they come."""
    found: dict[str, str] = {}
    for event in events:
        payload = event.payload
        ids = [event.operator, payload.get("operator") if event.kind is EventKind.SIGNED_IN else None]
        known = next((found[each] for each in ids if each in found), f"P{len(set(found.values())) + 1}")
        for each in ids:
            if each:
                found.setdefault(str(each), known)
        name = payload.get("name")
        if name and event.operator and event.kind is not EventKind.PROFILE_APPROVED:
            found.setdefault(str(name), found[event.operator])
    return found
