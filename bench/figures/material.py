"""What the figures are made of: rows of the log over a period, each read once, and the few events they point to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.events import Event, EventKind
from bench.figures.model import Period
from bench.journal.rows import LogFilter, LogKind
from bench.language import Text

if TYPE_CHECKING:
    from bench.journal.reading import JournalReading

GENUINE = ("real", "manual")
MADE_UP = ("simulated", "replayed")
NOW = timedelta(0)
# Most of what ends in a period began so long before it at most; what is older is looked for one by one.
REACH = timedelta(days=60)
# What is rare is looked for as far back as this.
FAR = timedelta(days=400)
AGES = timedelta(days=3650)


class Row(NamedTuple):
    """What figures read of a row of the log."""

    n: int
    seq: int
    at: str
    order: str
    operator: str
    calibre: str
    procedure: str
    step: str
    phase: str
    label: str
    state: str
    alert: str
    text: str


COLUMNS = Row._fields


class Answer(NamedTuple):
    """Where an answer stands."""

    seq: int
    order: str
    step: str


@dataclass(frozen=True)
class Told:
    """What a procedure's steps tell that figures count: by step id, the fields to look into."""

    defects: Mapping[str, frozenset[str]]
    parts: Mapping[str, frozenset[str]]
    zones: Mapping[str, str]
    labels: Mapping[tuple[str, str], Text]
    """(field, choice) → what it reads as."""

    def steps(self) -> frozenset[str]:
        return frozenset(self.defects) | frozenset(self.parts) | frozenset(self.zones)


class Material:
    """The log of one period. `made_up` lets simulated and replayed values in: for a demonstration, with its mark."""

    def __init__(self, journal: JournalReading, period: Period, *, made_up: bool = False) -> None:
        self.journal = journal
        self.period = period
        self.made_up = made_up

    # -- rows

    def rows(self, *kinds: LogKind, reach: timedelta = NOW, **narrow: Any) -> list[Row]:
        """Return the rows of these kinds in the period, and `reach` before it."""
        return [Row(*found) for found in self.tuples(COLUMNS, *kinds, reach=reach, **narrow)]

    def tuples(
        self, columns: tuple[str, ...], *kinds: LogKind, reach: timedelta = NOW, **narrow: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Give some columns of these rows, without what is left out."""
        wanted = self.filter(*kinds, **narrow)
        if reach:
            wanted = replace(wanted, since=self.period.since - reach)
        return self.journal.log_tuples(wanted, columns)

    def filter(self, *kinds: LogKind, **narrow: Any) -> LogFilter:
        """Return the filter of the period for these kinds: the way to the rows, without what is left out."""
        since, until = self.period.since, self.period.until
        return LogFilter(since=since, until=until, kinds=kinds, without=self.left_out or None, **narrow)

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """The orders that hold simulated or replayed values, where these are not wanted; also if measured since."""
        if self.made_up:
            return ()
        since, until = self.period.since - FAR, self.period.until + FAR
        wanted = LogFilter(provenance=MADE_UP, kinds=(LogKind.MEASUREMENT,), since=since, until=until)
        return tuple(sorted({order for (order,) in self.journal.log_tuples(wanted, ("order",))}))

    @cached_property
    def left_out_here(self) -> int:
        """How many orders with rows in the period are left out."""
        if not self.left_out:
            return 0
        wanted = LogFilter(order=self.left_out, since=self.period.since, until=self.period.until, kinds=None)
        return len({order for (order,) in self.journal.log_tuples(wanted, ("order",))})

    @property
    def provenance(self) -> tuple[str, ...]:
        """The origins of values that count."""
        return GENUINE + MADE_UP if self.made_up else GENUINE

    @cached_property
    def closed(self) -> list[Row]:
        """The orders that were closed in the period; `label` is the day they were promised for by then."""
        return self.rows(LogKind.CLOSED)

    @cached_property
    def openings(self) -> dict[str, tuple[str, str]]:
        """When each order that was closed or opened in the period was opened, and what day was promised then."""
        found = dict(self._recent)
        for order in self.old:
            first = next(self.journal.log(LogFilter(order=order, kinds=(LogKind.OPENED,))), None)
            if first is not None:
                found[order] = (first.at, first.label)
        return found

    @cached_property
    def old(self) -> tuple[str, ...]:
        """The orders that were closed in the period and opened long before it."""
        return tuple(row.order for row in self.closed if row.order not in self._recent)

    @cached_property
    def _recent(self) -> dict[str, tuple[str, str]]:
        recent = self.tuples(("order", "at", "label"), LogKind.OPENED, reach=REACH)
        return {order: (at, label) for order, at, label in recent}

    @cached_property
    def steps(self) -> Counter[tuple[str, str, str]]:
        """How many steps ended in the period, by (operator, calibre, outcome)."""
        return Counter(self.tuples(("operator", "calibre", "state"), LogKind.STEP))

    # -- events

    def events(self, seqs: Iterable[int]) -> Iterator[Event]:
        """Give the events of these numbers, in their sequence."""
        return self.journal.events_at(sorted(set(seqs)))

    @cached_property
    def told(self) -> Told:
        """What the pinned procedures tell in their steps; a step id stands for the same in all of them."""
        defects: dict[str, set[str]] = {}
        parts: dict[str, set[str]] = {}
        zones: dict[str, str] = {}
        labels: dict[tuple[str, str], Text] = {}
        for event in self.journal.events(kinds=(EventKind.PROCEDURE_PINNED,)):
            for step in event.payload["content"].get("step", ()):
                _tell(step, defects, parts, zones, labels)
        return Told(
            {step: frozenset(fields) for step, fields in defects.items()},
            {step: frozenset(fields) for step, fields in parts.items()},
            zones,
            labels,
        )

    def answers(
        self, rows: Iterable[Answer], steps: Collection[str], orders: tuple[str, ...] = ()
    ) -> Iterator[tuple[Answer, dict[str, Any]]]:
        """Give of these answers those of some steps with what was answered, as corrected by now.

        They are of the period, or of those orders.
        """
        chosen = {row.seq: row for row in rows if row.step in steps}
        corrected = self._corrections(LogFilter(order=orders)) if orders else self._corrected
        for event in self.events(chosen):
            answers = dict(event.payload["answers"])
            for seq in corrected.get(event.seq, ()):
                answers.update(next(self.events([seq])).payload.get("answers", {}))
            yield chosen[event.seq], answers

    @cached_property
    def answered(self) -> list[Answer]:
        """The answers given in the period."""
        return [Answer(*found) for found in self.tuples(Answer._fields, LogKind.ANSWER)]

    @cached_property
    def _corrected(self) -> dict[int, list[int]]:
        """The corrections of the period and of what came after it: no answer was corrected before it was given."""
        return self._corrections(LogFilter(since=self.period.since))

    def _corrections(self, wanted: LogFilter) -> dict[int, list[int]]:
        """Return {number of an answer: numbers of its corrections}."""
        found: dict[int, list[int]] = {}
        of_them = replace(wanted, kinds=(LogKind.CORRECTION,))
        for seq, label in self.journal.log_tuples(of_them, ("seq", "label")):
            found.setdefault(int(label), []).append(seq)
        return found


def _tell(
    step: Mapping[str, Any],
    defects: dict[str, set[str]],
    parts: dict[str, set[str]],
    zones: dict[str, str],
    labels: dict[tuple[str, str], Text],
) -> None:
    name = step["id"]
    for field in step.get("fields", ()):
        columns = field.get("columns") or ()
        if any(column.get("kind") == "defect" for column in columns) and field.get("into") == "defects":
            defects.setdefault(name, set()).add(field["id"])
        if "fit-part" in (step.get("acts") or ()) and (
            any(column["id"] == "reference" for column in columns) or field["id"] == "reference"
        ):
            parts.setdefault(name, set()).add(field["id"])
        if field.get("fact") == "leak_zone":
            zones[name] = field["id"]
        if field.get("fact") == "leak_zone" or field.get("order") == "origin":
            for choice in field.get("choices") or ():
                labels[field.get("fact") or "origin", choice["id"]] = Text.from_json(choice["label"])


def hours(since: str, until: str) -> float:
    """Return the hours between two ISO times with offset; 0 where the clock was set back between them."""
    return max(0.0, (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds() / 3600)


def rank(values: Sequence[float], share: float) -> float | None:
    """Return the value that `share` of the values do not exceed (nearest rank), None for none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(share * 100) // 100) - 1)]


def text_of(kept: str) -> Text | str:
    """Return a row's text in both languages where it is a sentence of a data file."""
    if kept.startswith('{"en":'):
        return Text.from_json(json.loads(kept))
    return kept
