"""The content of a tracking sheet: a pure projection of one order's events, in one language, in one of its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.events import Event, EventKind, pin
from bench.language import N_, _, msg, number, speaking
from bench.measurement import Provenance
from bench.sheet import customer, figures, model, trainer, words
from bench.sheet.blocks import blocks, completeness
from bench.sheet.history import History, uniform_offset
from bench.sheet.record import Record
from bench.sheet.taken import Taken, taken

if TYPE_CHECKING:
    from bench.journal import Journal


def content(
    events: Sequence[Event], language: str, *, printed: str, head: tuple[int, str], version: str = "workshop"
) -> dict[str, Any]:
    """Return the sheet of the order that `events` belong to, as plain JSON data.

    `events` in their sequence, with the sign-ins that name the operators (`events_of`). `printed` is the ISO time with
    offset of the printing, `head` the journal's newest (seq, hash). `version` is "workshop" (everything), "customer"
    (plain words, nothing internal) or "trainer" (evidence for the criteria, no customer). The same arguments give the
    same content. Raises UsageError when the order was never opened, and for another version.
    """
    if version not in model.VERSIONS:
        raise UsageError(
            msg("There is no version “{version}” of the sheet.", version=version),
            remedy=msg("Known: {known}.", known=", ".join(model.VERSIONS)),
        )
    with speaking(language):
        reading = read(events)
        sheet = whole(reading, language, printed=printed, head=head)
        if version == "customer":
            sheet = customer.version(sheet, reading.record, reading.values, guarantees(reading.record, reading.values))
        elif version == "trainer":
            sheet = trainer.version(sheet, reading.record, reading.history)
        found: dict[str, Any] = model.plain(sheet)
        return found


def events_of(journal: Journal, number: str) -> list[Event]:
    """Return what a sheet of the order `number` is made from: its events, its procedures as they were pinned, and the
    sign-ins of who worked on it: the last before its first event, and those up to its last.
    """
    mine = list(journal.events(order=number))
    kinds = (EventKind.ORDER_OPENED, EventKind.PROCEDURE_CHANGED)
    opened = dict.fromkeys(event.payload["procedure"]["sha256"] for event in mine if event.kind in kinds)
    pinned = [event for sha256 in opened for event in journal.events(order=pin(sha256))]
    people = {event.operator for event in mine if event.operator}
    first, last = (mine[0].seq, mine[-1].seq) if mine else (0, 0)
    signed_in = [event for person in people for event in islice(journal.recent(_SIGN_IN, person, before=first), 1)]
    signed_in += takewhile(lambda event: event.seq < last, journal.events(after=first, kinds=[_SIGN_IN]))
    return sorted([*pinned, *mine, *signed_in], key=lambda event: event.seq)


_SIGN_IN = EventKind.SIGNED_IN


@dataclass(frozen=True)
class Reading:
    """One order's events, read: what the sheet and the papers are made from."""

    events: Sequence[Event]
    record: Record
    history: History
    values: Sequence[Taken]


def read(events: Sequence[Event]) -> Reading:
    """Read the events of one order (`events_of`), in the language in force. Raises UsageError when never opened."""
    opened = next((event for event in events if event.kind is EventKind.ORDER_OPENED), None)
    if opened is None:
        raise UsageError(
            msg("There is no sheet for an order that was never opened."),
            remedy=msg("Check the order number: “etabli orders list” shows the known ones."),
        )
    record = Record(str(opened.order), events)
    return Reading(events, record, History(record, _names(events)), taken(record.events, record.interventions()))


def whole(reading: Reading, language: str, *, printed: str, head: tuple[int, str]) -> model.Sheet:
    """Return the workshop's sheet; `language` must be the one in force."""
    events, record, history, values = reading.events, reading.record, reading.history, reading.values
    order, mine, opened = record.order, record.events, record.opened
    closed = record.last(EventKind.ORDER_CLOSED)
    missing = () if closed else history.missing(order.missing(_photos(record)), bool(record.quotes))
    outcome = str(closed.payload.get("outcome", "")) if closed else ""
    offset = uniform_offset(mine)
    found = blocks(record, history, events, values)
    return model.Sheet(
        format=model.FORMAT,
        version="workshop",
        version_shown=_("workshop's copy"),
        language=language,
        number=order.number,
        title=_("Intervention tracking sheet"),
        workshop=str(opened.payload.get("workshop", "")),
        subject=" ".join(part for part in (order.watch.brand, order.watch.model, order.watch.reference) if part),
        time_note=_("Times are {offset}.").format(offset=offset) if offset else "",
        watermark=_watermark(record, values),
        draft=None if closed else model.Draft(_("DRAFT"), missing),
        outcome=model.Outcome(outcome, words.outcome(outcome), words.outcome_symbol(outcome)),
        completeness=completeness(found),
        reservations=(*guarantees(record, values), *_technical(record, values, history)),
        results=(),
        glossary=(),
        blocks=found,
        measurements=figures.groups(values),
        attempts=figures.attempts(values),
        log=history.log(),
        incidents=history.incidents(),
        corrections=history.corrections(),
        signatures=history.signatures(),
        integrity=model.Integrity(
            events=len(mine),
            first_seq=mine[0].seq,
            last_seq=mine[-1].seq,
            last_at=mine[-1].at,
            last_hash=mine[-1].hash,
            head_seq=head[0],
            head_hash=head[1],
            printed=printed,
            printed_shown=words.moment(printed),
        ),
    )


def _photos(record: Record) -> set[str]:
    return {str(event.payload["kind"]) for event in record.of(EventKind.PHOTO_ATTACHED)}


def _names(events: Sequence[Event]) -> dict[str, str]:
    """Return the names of the operators, as they signed in or signed."""
    return {
        str(event.payload.get("operator") or event.operator): str(event.payload["name"])
        for event in events
        if event.kind in (EventKind.SIGNED_IN, EventKind.SIGNED) and event.payload.get("name")
    }


def _watermark(record: Record, values: Sequence[Taken]) -> model.Watermark | None:
    found = {value.measurement.provenance for value in values if value.measurement.provenance.watermarked}
    parts = {Provenance.SIMULATED: N_("SIMULATION"), Provenance.REPLAYED: N_("REPLAY")}
    marks = [_(parts[provenance]) for provenance in parts if provenance in found]
    notes = []
    if found:
        notes.append(_("This sheet holds simulated or replayed values: it can't become a customer's sheet."))
    if record.house.get("training"):
        marks.append(_("TRAINING MODE"))
        notes.append(_("Made in a training workshop: no customer's watch."))
    if not marks:
        return None
    return model.Watermark(" · ".join(marks), " ".join(notes), tuple(sorted(provenance.value for provenance in found)))


def guarantees(record: Record, values: Sequence[Taken]) -> list[str]:
    """Return the reservations that the customer must know: what the workshop does not vouch for."""
    found = [
        words.message(event.payload["text"])
        for event in record.of(EventKind.ALERT_RAISED)
        if event.payload["alert"] == "reservation"
    ]
    handled = [event.payload for event in record.of(EventKind.HANDLED)]
    closures = [payload["closure"] for payload in handled if payload.get("closure") is not None]
    found += figures.closures(values, closures[-1] if closures else None)
    was_opened = any(payload["act"] == "open" for payload in handled)
    if was_opened and not any(value.group == "water-resistance" for value in values):
        found.append(_("Water-resistance not guaranteed: the case was opened and not tested since."))
    if record.facts.get("water_resistance") == "reserved":
        waiver = str(record.facts.get("waiver_reference") or "—")
        found.append(
            _("Water-resistance not guaranteed: the customer accepts this (waiver {waiver}).").format(waiver=waiver)
        )
    return found


def _technical(record: Record, values: Sequence[Taken], history: History) -> list[str]:
    """Return the reservations of the workshop itself: values without a firm verdict, drafts, interruptions."""
    found = figures.reservations(values)
    tests = [event.payload for event in record.of(EventKind.MEASURED)]
    for payload in {payload["step"]: payload for payload in tests}.values():
        if payload.get("aborted") and payload.get("phase") != "before":
            found.append(f"{history.title(payload['step'])}: {words.message(payload['aborted'])}")
    for profile in record.opened.payload["profiles"].values():
        if profile and not profile["approved"]:
            name = profile.get("name") or profile["id"]
            found.append(_("The profile {name} is a draft: no verdict rests on it.").format(name=name))
    interrupted = len(record.of(EventKind.MEASUREMENT_INTERRUPTED))
    if interrupted:
        found.append(_("Interrupted measurements: {count} (see the incidents).").format(count=number(interrupted)))
    scale = float(record.house.get("wait_scale") or 1)
    if scale != 1:
        waits = _("Waits were shortened {times} times, for a demonstration or an exercise.")
        found.append(waits.format(times=number(scale)))
    return found
