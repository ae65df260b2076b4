"""The shape of a tracking sheet: what the JSON form holds and what the PDF and HTML layouts are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

FORMAT = "etabli-sheet/1"

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Entry:
    """One labelled fact: `value` for programs, `shown` for people, `note` for what people should know beside it."""

    key: str
    label: str
    value: Scalar
    shown: str
    note: str = ""


@dataclass(frozen=True)
class Block:
    """A titled list of facts (identification, watch, dates …)."""

    key: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Watermark:
    """What stands across every page, and why this can't become a customer's sheet."""

    word: str
    note: str
    provenances: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """An order that is not closed: the word for it and what is still missing (G-34)."""

    word: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class InstrumentLine:
    """One instrument of a group of measurements; `ref` is the letter that stands beside its values."""

    ref: str
    id: str
    kind: str
    model: str
    serial: str
    dialect: str
    calibration: str
    certificate: str | None
    calibrated: str | None
    due: str | None
    shown: str


@dataclass(frozen=True)
class Cell:
    """One judged value. Numbers are unrounded and in `unit`; `shown` and `uncertainty_shown` are for the eye.
    `coverage` is the factor k of U.

    `attempts` counts every run of this measurement in its phase, interrupted ones left out; `details` are the
    circumstances that must stand beside the value; `limit_shown` and `rule_shown` are what this value was judged by.
    """

    id: str
    value: float
    unit: str
    shown: str
    n: int
    stdev: float | None
    uncertainty: float | None
    coverage: float | None
    uncertainty_shown: str
    limit: dict[str, Any] | None
    limit_shown: str
    rule: str | None
    rule_shown: str
    guard_band: float | None
    state: str
    symbol: str
    verdict: str
    verdict_note: str
    instrument: str
    provenance: str
    conditions: dict[str, Any]
    tag: str
    closure: int | None
    details: tuple[str, ...]
    step: str
    visit: int
    attempt: int
    attempts: int
    started: str
    recording: str | None


@dataclass(frozen=True)
class Row:
    """One quantity at one label; `cells` stand under the group's phases, None where it was not measured."""

    quantity: str
    name: str
    label: str
    label_shown: str
    limit_shown: str
    rule_shown: str
    notes: tuple[int, ...]
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Phase:
    """A column of values: before, after, or during the work; `conditions` are those that all its values share."""

    key: str
    title: str
    conditions: str


@dataclass(frozen=True)
class Note:
    """A numbered note under a table: the source of a limit and how sure it is, or why there is no verdict."""

    number: int
    text: str


@dataclass(frozen=True)
class Curve:
    """A trace kept with a measurement: phase error (y) over time (x)."""

    phase: str
    phase_title: str
    label: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Group:
    """The measurements of one kind of instrument, before and after side by side."""

    key: str
    title: str
    phases: tuple[Phase, ...]
    rows: tuple[Row, ...]
    instruments: tuple[InstrumentLine, ...]
    notes: tuple[Note, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Attempt:
    """One value of a repeated measurement, in the order in which they were taken: the `ordinal`-th of `total`."""

    at: str
    at_shown: str
    phase: str
    step: str
    visit: int
    attempt: int
    quantity: str
    name: str
    label: str
    label_shown: str
    shown: str
    uncertainty_shown: str
    limit_shown: str
    state: str
    symbol: str
    verdict: str
    details: tuple[str, ...]
    reason: str
    ordinal: int
    total: int
    kept: bool


@dataclass(frozen=True)
class LogLine:
    """One visit of one step. Times are as recorded; `minutes` is from the monotonic clock where one boot saw it all."""

    step: str
    title: str
    visit: int
    phase: str
    operator: str
    start: str
    start_shown: str
    end: str
    end_shown: str
    minutes: float | None
    minutes_shown: str
    outcome: str
    outcome_shown: str
    reason: str
    acts: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """What was answered in one visit of a form step; a corrected answer carries the first one in its note."""

    step: str
    title: str
    visit: int
    operator: str
    at: str
    at_shown: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Incident:
    """A refusal met, an alert, an interruption or an aborted test: what, remedy, who may lift it."""

    seq: int
    at: str
    at_shown: str
    kind: str
    kind_shown: str
    step: str
    text: str
    remedy: str
    by: str
    blocking: bool


@dataclass(frozen=True)
class Correction:
    """A correction: which entry, what it said, what it says now, why and by whom."""

    seq: int
    of: int
    at: str
    at_shown: str
    operator: str
    step: str
    changes: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Signature:
    """Who signed what, as what, and which state of the journal."""

    at: str
    at_shown: str
    name: str
    role: str
    meaning: str
    self_check: bool
    self_check_shown: str
    head: str


@dataclass(frozen=True)
class Integrity:
    """What ties the sheet to the journal: the order's events and the journal's head when it was printed."""

    events: int
    first_seq: int
    last_seq: int
    last_at: str
    last_hash: str
    head_seq: int
    head_hash: str
    printed: str
    printed_shown: str


@dataclass(frozen=True)
class Outcome:
    """How the order ended: the word in the journal and its form for people; "" while it is open."""

    key: str
    shown: str
    symbol: str


@dataclass(frozen=True)
class Sheet:
    """The whole sheet, in one language."""

    format: str
    language: str
    number: str
    title: str
    workshop: str
    subject: str
    time_note: str
    watermark: Watermark | None
    draft: Draft | None
    outcome: Outcome
    blocks: tuple[Block, ...]
    reservations: tuple[str, ...]
    measurements: tuple[Group, ...]
    attempts: tuple[Attempt, ...]
    answers: tuple[Answers, ...]
    log: tuple[LogLine, ...]
    incidents: tuple[Incident, ...]
    corrections: tuple[Correction, ...]
    signatures: tuple[Signature, ...]
    integrity: Integrity


def plain(part: Any) -> Any:
    """Turn a part of the sheet into what JSON holds: dictionaries, lists and scalars."""
    if is_dataclass(part):
        return {entry.name: plain(getattr(part, entry.name)) for entry in fields(part)}
    if isinstance(part, Mapping):
        return {key: plain(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [plain(value) for value in part]
    return part
