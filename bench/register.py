"""The register as it stands now: the lines of workshop.toml with what the journal has added to them since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Protocol

from bench.events import Event, EventKind
from bench.instrument import Capability, InstrumentKind
from bench.language import Message
from bench.metrology import Certificate, DailyCheck, InstrumentRecord

KINDS = (
    EventKind.INSTRUMENT_REGISTERED,
    EventKind.INSTRUMENT_FOUND,
    EventKind.CERTIFICATE_ACCEPTED,
    EventKind.INSTRUMENT_CHECKED,
    EventKind.INSTRUMENT_SUSPENDED,
    EventKind.INSTRUMENT_RELEASED,
)
# What stands in the order's place for the events about instruments: the journal finds them without reading the rest.
SHELF = "register/instruments"
CHECK, PERSON = "check", "person"
PASS, FAIL, NO_VERDICT = "pass", "fail", "no-verdict"


class Events(Protocol):
    """What the register asks of a journal."""

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]: ...


@dataclass
class _Standing:
    """What the journal says of one instrument."""

    certificates: list[Certificate] = field(default_factory=list)
    checked: date | None = None
    suspensions: dict[str, Message] = field(default_factory=dict)
    connection: str = ""
    usb: Mapping[str, Any] = field(default_factory=dict)


class Register:
    """Folds the journal's events about instruments, each once; any thread may ask.

    A line is one of workshop.toml, or one that was registered through the journal; a line of the file is never replaced
    by a registered one of the same id.
    """

    def __init__(self, journal: Events) -> None:
        self._journal = journal
        self._turn = threading.Lock()
        self._seq = 0
        self._registered: dict[str, InstrumentRecord] = {}
        self._standing: dict[str, _Standing] = {}

    def lines(self, given: Sequence[InstrumentRecord]) -> tuple[InstrumentRecord, ...]:
        """Return every line, the given ones first, each with the port where its instrument was last found."""
        with self._turn:
            self._catch_up()
            known = {record.id for record in given}
            added = [record for record in self._registered.values() if record.id not in known]
            return tuple(self._located(record) for record in (*given, *added))

    def current(self, line: InstrumentRecord) -> InstrumentRecord:
        """Return a line with what was accepted, checked and suspended by now: what a verdict may rest on."""
        with self._turn:
            self._catch_up()
            standing = self._standing.get(line.id)
            if standing is None:
                return line
            return replace(
                line,
                certificates=(*line.certificates, *standing.certificates),
                checked=standing.checked,
                suspended=next(iter(standing.suspensions.values()), line.suspended),
                check_failed=CHECK in standing.suspensions and len(standing.suspensions) == 1 and not line.suspended,
            )

    def records(self, given: Sequence[InstrumentRecord]) -> tuple[InstrumentRecord, ...]:
        """Return every line as it stands now."""
        return tuple(self.current(line) for line in self.lines(given))

    def _located(self, line: InstrumentRecord) -> InstrumentRecord:
        standing = self._standing.get(line.id)
        if standing is None or not standing.connection:
            return line
        return replace(line, connection=standing.connection, options={**line.options, "usb": standing.usb})

    def _catch_up(self) -> None:
        for event in self._journal.events(order=SHELF, after=self._seq, kinds=KINDS):
            self._seq = event.seq
            change = _CHANGES.get(event.kind)
            if event.kind is EventKind.INSTRUMENT_REGISTERED:
                record = record_from_json(event.payload["instrument"])
                self._registered.setdefault(record.id, record)
            elif change is not None:
                change(self._standing.setdefault(_id_of(event), _Standing()), event)


def _id_of(event: Event) -> str:
    instrument = event.payload["instrument"]
    return str(instrument["id"] if isinstance(instrument, Mapping) else instrument)


def _found(standing: _Standing, event: Event) -> None:
    standing.connection, standing.usb = event.payload["port"], event.payload["usb"] or {}


def _accepted(standing: _Standing, event: Event) -> None:
    standing.certificates.append(Certificate.from_json(event.payload["certificate"]))


def _checked(standing: _Standing, event: Event) -> None:
    if event.payload["result"] != NO_VERDICT:
        good = event.payload["result"] == PASS
        standing.checked = datetime.fromisoformat(event.at).date() if good else None


def _suspended(standing: _Standing, event: Event) -> None:
    reason = Message.from_json(event.payload["reason"])
    # A person's word stands before that of a check: only a person can take it back.
    others = {k: v for k, v in standing.suspensions.items() if k != event.payload["cause"]}
    added = {event.payload["cause"]: reason}
    standing.suspensions = {**added, **others} if event.payload["cause"] == PERSON else {**others, **added}


def _released(standing: _Standing, event: Event) -> None:
    if event.payload["cause"] == CHECK:
        standing.suspensions.pop(CHECK, None)
    else:
        standing.suspensions.clear()


_CHANGES: dict[EventKind, Callable[[_Standing, Event], None]] = {
    EventKind.INSTRUMENT_FOUND: _found,
    EventKind.CERTIFICATE_ACCEPTED: _accepted,
    EventKind.INSTRUMENT_CHECKED: _checked,
    EventKind.INSTRUMENT_SUSPENDED: _suspended,
    EventKind.INSTRUMENT_RELEASED: _released,
}


def record_to_json(record: InstrumentRecord) -> dict[str, Any]:
    """Return a line of the register as the journal keeps it: without what events add to it."""
    return {
        "id": record.id,
        "kind": record.kind.value,
        "model": record.model,
        "serial": record.serial,
        "dialect": record.dialect,
        "connection": record.connection,
        "options": dict(record.options),
        "capabilities": [entry.to_json() for entry in record.capabilities],
        "daily_check": record.daily_check.to_json() if record.daily_check else None,
    }


def record_from_json(data: Mapping[str, Any]) -> InstrumentRecord:
    """Undo `record_to_json`."""
    return InstrumentRecord(
        id=data["id"],
        kind=InstrumentKind(data["kind"]),
        model=data["model"],
        serial=data["serial"],
        dialect=data["dialect"],
        connection=data["connection"],
        options=data["options"],
        capabilities=tuple(Capability.from_json(entry) for entry in data["capabilities"]),
        daily_check=DailyCheck.from_json(data["daily_check"]) if data["daily_check"] else None,
    )
