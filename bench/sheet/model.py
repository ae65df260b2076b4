"""The shape of a tracking sheet: what the JSON form holds and what the PDF and HTML layouts are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

FORMAT = "etabli-sheet/2"
VERSIONS = ("workshop", "customer", "trainer")

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
class Line:
    """One row of a table: `key` is what programs know it by, `mark` why it stands out ("" where it does not)."""

    key: str
    cells: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A small table of words inside a block, with as many cells a line as it has columns."""

    key: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Answers:
    """What was answered in one visit of a form step; a corrected answer carries the first one in its note.

    `late` says that it was entered more than a quarter of an hour after it was done.
    """

    step: str
    title: str
    visit: int
    operator: str
    at: str
    at_shown: str
    late: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Block:
    """One block of the sheet, in the sheet's order: facts of the order, tables made from the answers, and the answers
    themselves. `state` is "filled", "empty" (its steps are still to come or left nothing) or "none" (not part of this
    work).
    """

    key: str
    title: str
    state: str
    entries: tuple[Entry, ...] = ()
    tables: tuple[Table, ...] = ()
    forms: tuple[Answers, ...] = ()


@dataclass(frozen=True)
class Completeness:
    """How many of the blocks that this work has are filled, and the titles of those that are not."""

    filled: int
    total: int
    shown: str
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """One result in plain words, for the customer. `state` is the verdict's."""

    quantity: str
    label: str
    state: str
    text: str


@dataclass(frozen=True)
class Term:
    """A word of the trade, explained."""

    word: str
    text: str


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
    """One quantity at one label; `cells` stand under the group's phases, None where it was not measured.

    `place` is the label's position or stage, `circumstance` what else tells it apart (state of wind, bare movement).
    """

    quantity: str
    name: str
    label: str
    label_shown: str
    place: str
    circumstance: str
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
    """A trace kept with a measurement: phase error, or what else `quantity` is of, (y) over time (x)."""

    phase: str
    phase_title: str
    label: str
    quantity: str
    circumstance: str
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
    """One visit of one step. Times are as recorded; `minutes` is from the monotonic clock where one boot saw it all.

    `late` says that it was entered later than it was done, `help` that help was asked for.
    """

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
    late: str
    help: str


@dataclass(frozen=True)
class Incident:
    """A refusal met or lifted, an interruption or an aborted test: what, remedy, who may lift it or did."""

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
    """Who signed what, as what, and which state of the journal and of the order's events (`record`).

    `proved` tells whether the PIN was given; `voided` why it does not stand any more, "" while it does.
    """

    at: str
    at_shown: str
    name: str
    role: str
    meaning: str
    self_check: bool
    self_check_shown: str
    head: str
    record: str
    proved: bool
    voided: str


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
    """The whole sheet, in one language.

    `blocks` stand in the sheet's order; those called "measurements", "log", "alerts", "corrections", "final" and
    "integrity" are where `measurements`, `log`, `incidents`, `corrections`, `signatures` and `integrity` are set.
    """

    format: str
    version: str
    version_shown: str
    language: str
    number: str
    title: str
    workshop: str
    subject: str
    time_note: str
    watermark: Watermark | None
    draft: Draft | None
    outcome: Outcome
    completeness: Completeness
    reservations: tuple[str, ...]
    results: tuple[Result, ...]
    glossary: tuple[Term, ...]
    blocks: tuple[Block, ...]
    measurements: tuple[Group, ...]
    attempts: tuple[Attempt, ...]
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
