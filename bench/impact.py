"""Reverse traceability: which verdicts rest on an instrument that was found out, and which of them change.

A reading is corrected by the error that was found (indicated less true), taken as the same over the whole range; the
figures that follow from it are derived again, and each is judged by its own limit, uncertainty and rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from bench.conformity import State, judge
from bench.events import Draft, Event, EventKind
from bench.judging import Judged
from bench.measurement import Measurement
from bench.metrology import InstrumentRecord
from bench.procedure.derived import DERIVED
from bench.quantities import Value
from bench.register import CHECK, PASS, SHELF, Events

# One scale of one instrument read under several names: an error in one is an error in all.
_ONE_SCALE = (
    ("background_field", "watch_field"),
    ("battery_voltage", "battery_voltage_loaded"),
    ("consumption", "consumption_stem_pulled"),
)
CERTIFICATE = "certificate"


class Measurements(Events, Protocol):
    """What a review asks of a journal."""

    def measured_with(
        self, instrument: str, serial: str, quantities: Collection[str], after: int
    ) -> Iterator[Event]: ...


@dataclass(frozen=True)
class Affected:
    """One verdict in doubt. `corrected` and `after` are None where a part of the figure is not at hand any more."""

    order: str
    seq: int
    at: str
    step: str
    label: str
    quantity: str
    unit: str
    measurement: str
    value: float
    corrected: float | None
    before: State
    after: State | None
    closed: bool

    @property
    def changes(self) -> bool:
        """Whether the verdict does not stand: another state, or one that cannot be told."""
        return self.after is not self.before

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {
            "before": self.before.value,
            "after": self.after.value if self.after else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Affected:
        after = State(data["after"]) if data["after"] else None
        return cls(**{**data, "before": State(data["before"]), "after": after})


@dataclass(frozen=True)
class Review:
    """What a finding puts in doubt: `errors` by quantity (canonical unit), `since` the seq of the last good check."""

    instrument: str
    serial: str
    cause: str
    errors: Mapping[str, float]
    since: Mapping[str, int]
    verdicts: tuple[Affected, ...]
    certificate: str | None = None

    @property
    def changed(self) -> tuple[Affected, ...]:
        return tuple(entry for entry in self.verdicts if entry.changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "instrument": self.instrument,
            "serial": self.serial,
            "cause": {"event": self.cause, "certificate": self.certificate},
            "errors": dict(self.errors),
            "since": dict(self.since),
            "verdicts": [entry.to_json() for entry in self.verdicts],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Review:
        return cls(
            data["instrument"],
            data["serial"],
            data["cause"]["event"],
            data["errors"],
            data["since"],
            tuple(Affected.from_json(entry) for entry in data["verdicts"]),
            data["cause"]["certificate"],
        )


def review(
    journal: Measurements,
    record: InstrumentRecord,
    errors: Mapping[str, float],
    *,
    cause: str,
    certificate: str | None = None,
    until: date | None = None,
) -> Review:
    """Return every verdict by this instrument since it was last known to be good, with what the errors make of it.

    Known to be good: by its last check of that quantity that passed, else by the last certificate that was accepted.
    `until` is the day of the finding where it is told later (a laboratory's certificate); what came after it was
    measured by an instrument that had been adjusted.
    """
    whole = _one_scale(errors)
    proofs = journal.events(order=SHELF, kinds=(EventKind.INSTRUMENT_CHECKED, EventKind.CERTIFICATE_ACCEPTED))
    since = last_good((e for e in proofs if until is None or _day(e) < until), record, whole)
    after = journal.measured_with(record.id, record.serial, whole, after=min(since.values(), default=0))
    doubted = (e for e in after if until is None or e.kind is not EventKind.MEASURED or _day(e) <= until)
    verdicts = impact(doubted, record, whole, since)
    return Review(record.id, record.serial, cause, whole, since, verdicts, certificate)


def _day(event: Event) -> date:
    return datetime.fromisoformat(event.at).date()


def _one_scale(errors: Mapping[str, float]) -> dict[str, float]:
    whole = dict(errors)
    for scale in _ONE_SCALE:
        known = next((errors[key] for key in scale if key in errors), None)
        if known is not None:
            whole |= {key: errors.get(key, known) for key in scale}
    return whole


def last_good(events: Iterable[Event], record: InstrumentRecord, quantities: Iterable[str]) -> dict[str, int]:
    """Return for each quantity the seq of the event that last showed the instrument good, 0 where none did."""
    checked: dict[str, int] = {}
    calibrated = 0
    for event in events:
        payload = event.payload
        if event.kind is EventKind.CERTIFICATE_ACCEPTED:
            if payload["instrument"] == record.id and payload["certificate"]["serial"] == record.serial:
                calibrated = event.seq
        elif event.kind is EventKind.INSTRUMENT_CHECKED:
            device = payload["instrument"]
            if (device["id"], device["serial"]) == (record.id, record.serial) and payload["result"] == PASS:
                checked[payload["judged"]["measurement"]["quantity"]] = event.seq
    alike = {key: scale for scale in _ONE_SCALE for key in scale}
    return {key: max(calibrated, *(checked.get(other, 0) for other in alike.get(key, (key,)))) for key in quantities}


def impact(
    events: Iterable[Event], record: InstrumentRecord, errors: Mapping[str, float], since: Mapping[str, int]
) -> tuple[Affected, ...]:
    """Return the verdicts among `events` that rest on the instrument, corrected and judged again. Pure."""
    corrected: dict[str, Measurement] = {}
    touched: set[str] = set()
    found: list[Affected] = []
    closed: set[str] = set()
    for event in events:
        if event.kind is EventKind.ORDER_CLOSED:
            closed.add(event.order or "")
        if event.kind is not EventKind.MEASURED:
            continue
        for judged in (Judged.from_json(entry) for entry in event.payload["judged"]):
            measurement = judged.measurement
            touching, now = _corrected(measurement, event.seq, record, errors, since, corrected, touched)
            if now is not None:
                corrected[measurement.id] = now
            if touching:
                touched.add(measurement.id)
                if judged.verdict.state is not State.REFUSED:
                    found.append(_affected(event, judged, now))
    return tuple(replace(entry, closed=entry.order in closed) for entry in found)


def _corrected(
    measurement: Measurement,
    seq: int,
    record: InstrumentRecord,
    errors: Mapping[str, float],
    since: Mapping[str, int],
    known: Mapping[str, Measurement],
    touched: set[str],
) -> tuple[bool, Measurement | None]:
    """Return whether the error reaches this measurement, and what it would have been without it."""
    key = measurement.quantity.id
    if not measurement.derived_from:
        device = measurement.instrument
        mine = (device.id, device.serial) == (record.id, record.serial) and key in errors and seq > since[key]
        return mine, _valued(measurement, measurement.value.magnitude - errors[key]) if mine else measurement
    if not any(part in touched for part in measurement.derived_from):
        return False, measurement
    parts = [known[part] for part in measurement.derived_from if part in known]
    if len(parts) < len(measurement.derived_from) or key not in DERIVED:
        return True, None
    derived = DERIVED[key].how(parts)
    if derived is None:
        return True, None
    unit = derived.unit or parts[0].value.unit
    return True, replace(measurement, value=Value.of(key, derived.magnitude, unit))


def _valued(measurement: Measurement, magnitude: float) -> Measurement:
    return replace(measurement, value=Value(measurement.quantity, magnitude))


def _affected(event: Event, judged: Judged, now: Measurement | None) -> Affected:
    measurement, verdict = judged.measurement, judged.verdict
    after = None
    if now is not None:
        expanded = measurement.uncertainty.expanded if measurement.uncertainty else None
        after = judge(now.value, expanded, verdict.limit, verdict.rule).state
    return Affected(
        order=event.order or "",
        seq=event.seq,
        at=event.at,
        step=event.payload["step"],
        label=measurement.label,
        quantity=measurement.quantity.id,
        unit=measurement.value.unit,
        measurement=measurement.id,
        value=measurement.value.magnitude,
        corrected=now.value.magnitude if now is not None else None,
        before=verdict.state,
        after=after,
        closed=False,
    )


def review_drafts(found: Review) -> Iterator[Draft]:
    """Give the events that open the review: the whole of it, and for each order whose verdicts change its part."""
    yield Draft(EventKind.IMPACT_REVIEW_OPENED, found.to_json(), SHELF)
    for order in dict.fromkeys(entry.order for entry in found.changed):
        part = replace(found, verdicts=tuple(entry for entry in found.changed if entry.order == order))
        yield Draft(EventKind.IMPACT_REVIEW_OPENED, part.to_json(), order)


__all__ = ["CERTIFICATE", "CHECK", "Affected", "Review", "impact", "last_good", "review", "review_drafts"]
