"""The rows that are read most: repair orders as they stand, and the intervention log."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bench.conformity import State
from bench.language import Message, Text, number
from bench.limit import Limit, Mark
from bench.quantities import QUANTITIES, Value, unit_text


@dataclass(frozen=True)
class OpenAlert:
    """An alert that waits for a decision: its id, its kind (bench/alerts.py), whether it holds up, at which step."""

    id: str
    kind: str
    blocking: bool
    step: str


@dataclass(frozen=True)
class OrderRow:
    """One repair order as its events left it. `step` is the current step's id, "" before the first and after the last.

    `status` is "open" or "closed"; `promised` an ISO date; times are ISO 8601 with offset. `flags` are words:
    no-quote, refused (the last attempt to go on was), interrupted (the last measurement was), nonconforming (the
    last judged step failed), alert (a blocking one is open), simulated (holds simulated or replayed values).
    `calibre_id` is the profile's id, or what was written where there is none; `alerts` are the open ones.
    """

    number: str
    watch: str
    calibre: str
    procedure: str
    procedure_title: Text
    status: str
    step: str
    step_title: Text | None
    promised: str
    opened_at: str
    last_seq: int
    last_at: str
    flags: tuple[str, ...] = ()
    brand: str = ""
    model: str = ""
    reference: str = ""
    case_number: str = ""
    customer: str = ""
    calibre_id: str = ""
    alerts: tuple[OpenAlert, ...] = ()

    @property
    def closed(self) -> bool:
        return self.status == "closed"

    @property
    def words(self) -> tuple[str, ...]:
        """What a search for the order looks through."""
        return (self.number, self.customer, self.brand, self.model, self.reference, self.case_number)


class LogKind(StrEnum):
    """What a row of the intervention log is about (docs/architecture.md, "The intervention log")."""

    MEASUREMENT = "measurement"
    INTERRUPTION = "interruption"
    STEP = "step"
    ANSWER = "answer"
    REFUSAL = "refusal"
    LIFTING = "lifting"
    CORRECTION = "correction"
    ALERT = "alert"
    DECISION = "decision"
    SIGNATURE = "signature"
    OPENED = "opened"
    QUOTE = "quote"
    PROMISE = "promise"
    CUSTODY = "custody"
    HANDLING = "handling"
    PHOTO = "photo"
    PROCEDURE = "procedure"
    REVIEW = "review"
    CLOSED = "closed"


@dataclass(frozen=True)
class LogRow:
    """One row of the intervention log: a judged measurement, or one of the other `LogKind`s.

    `n` counts the rows from 1. `value`, `expanded` (U, k = 2) and the limits are in `unit`; they are None where there
    is no measurement or nothing is known. `refusal` is a rule's code or "". `tag` is what is printed beside the value
    ("before demagnetisation").
    """

    n: int
    seq: int
    position: int
    kind: str
    at: str
    order: str
    watch: str
    calibre: str
    procedure: str
    operator: str
    step: str
    visit: int
    attempt: int
    phase: str
    quantity: str
    label: str
    value: float | None
    unit: str
    expanded: float | None
    state: str
    limit_low: float | None
    limit_high: float | None
    limit_source: str
    limit_mark: str
    rule: str
    refusal: str
    alert: str
    instrument: str
    model: str
    serial: str
    provenance: str
    tag_fr: str
    tag_en: str
    measurement: str
    recording: str
    text: str

    @property
    def tag(self) -> Text | None:
        return Text(self.tag_fr, self.tag_en) if self.tag_en else None

    @property
    def limit(self) -> Limit | None:
        if self.limit_low is None and self.limit_high is None:
            return None
        quantity = QUANTITIES[self.quantity]
        return Limit(quantity, self.limit_low, self.limit_high, self.limit_source, Mark(self.limit_mark))

    @property
    def verdict(self) -> State:
        return State(self.state)

    def show_value(self) -> str:
        """Write the value with its unit, as the language in force does; "" where the row has none."""
        if self.value is None:
            return ""
        return Value.of(self.quantity, self.value, self.unit).show()

    def show_expanded(self) -> str:
        """Write U with two significant digits and its unit, "" where it is unknown."""
        if self.expanded is None:
            return ""
        return f"±{number(float(f'{self.expanded:.2g}'))}\u00a0{unit_text(self.unit)}"

    def show_text(self) -> str:
        """Write what the row says, as the language in force does."""
        return show_text(self.text)


def show_text(kept: str) -> str:
    """Render a row's `text`: as it was typed; a sentence of the program or of a data file in the language in force."""
    sentence = sentence_of(kept)
    if sentence is None:
        return kept
    return str(Message.from_json(sentence) if "msgid" in sentence else Text.from_json(sentence))


def sentence_of(kept: str) -> dict[str, Any] | None:
    """Return the JSON of the Message or the Text that a row's `text` holds, None for what was typed."""
    if not kept.startswith(('{"msgid":', '{"en":')):
        return None
    try:
        sentence = json.loads(kept)
    except ValueError:
        return None
    return sentence if sentence.keys() >= {"msgid"} or sentence.keys() >= {"fr", "en"} else None


Wanted = str | Collection[str] | None


@dataclass(frozen=True)
class LogFilter:
    """Which rows of the log: every field narrows, None does not. `since` counts from, `until` up to (aware times).

    A field takes one value or several, of which one must fit. `guard` is the code of the rule that refused or was
    lifted. `watch` and `text` are words, each the beginning of one of the row's, without regard to case and accents.
    `kinds` None stands for every kind. `without` names orders that are left out.
    """

    order: Wanted = None
    since: datetime | None = None
    until: datetime | None = None
    quantity: Wanted = None
    state: Wanted = None
    instrument: Wanted = None
    operator: Wanted = None
    provenance: Wanted = None
    kinds: Collection[str] | None = (LogKind.MEASUREMENT,)
    calibre: Wanted = None
    procedure: Wanted = None
    guard: Wanted = None
    alert: Wanted = None
    watch: str | None = None
    text: str | None = None
    without: Wanted = None
