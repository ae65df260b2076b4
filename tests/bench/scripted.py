"""A bench without a wire for the tests of the procedures: a pool that answers from a plain description of the watch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.desk import Desk
from bench.events import Draft, Event, EventKind
from bench.house import House
from bench.instrument import (
    Capability,
    Identity,
    InstrumentError,
    InstrumentKind,
    LinkState,
    OnSample,
    Program,
    RunResult,
)
from bench.judging import Handling
from bench.language import msg
from bench.measurement import Provenance, Reading
from bench.metrology import Certificate, InstrumentRecord
from bench.order import Family, Quote, RepairOrder, Watch
from bench.people import Operator, Role
from bench.pool import LinkEvent
from bench.procedure.library import ProcedureLibrary
from bench.quantities import Value
from bench.running import Clock
from profiles.library import Library

TECHNICIAN = Operator("t1", "Claire Vuille", frozenset({Role.TECHNICIAN}))
CONTROLLER = Operator("c1", "Luc Perret", frozenset({Role.CONTROLLER}))
HOUSE = House("Atelier d’essai", Value.of("residual_field", 0.1), self_check=False)
PROFILES = Library()
PROCEDURES = ProcedureLibrary()


class FixedClock(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


class MemoryJournal:
    """The journal's contract without a disk, for walks of many thousand steps."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.record: list[Event] = []

    def append(self, drafts: Sequence[Draft]) -> list[Event]:
        new = []
        for draft in drafts:
            seq, prev = self.head()
            digest = hashlib.sha256(f"{prev}{seq}{draft.kind}".encode()).hexdigest()
            at = self.clock.now().isoformat()
            event = Event(
                seq + 1,
                f"e{seq}",
                "test",
                draft.kind,
                draft.order,
                draft.operator,
                at,
                0,
                "b",
                draft.payload,
                prev,
                digest,
            )
            self.record.append(event)
            new.append(event)
        return new

    def events(self, order: str | None = None, after: int = 0, kinds: Any = None) -> Iterator[Event]:
        found = (e for e in self.record if (order is None or e.order == order) and e.seq > after)
        return (e for e in found if kinds is None or e.kind in kinds)

    def measured_with(self, *_: Any, after: int = 0) -> Iterator[Event]:
        return self.events(after=after, kinds=(EventKind.MEASURED, EventKind.ORDER_CLOSED))

    def head(self) -> tuple[int, str]:
        return (self.record[-1].seq, self.record[-1].hash) if self.record else (0, "0" * 64)

    def recent(self, kind: Any, operator: str | None = None, before: int | None = None) -> Iterator[Event]:
        found = (e for e in reversed(self.record) if e.kind is kind and (before is None or e.seq < before))
        return (e for e in found if operator is None or e.operator == operator)

    def orders(self) -> list[Any]:
        return []

    def orders_page(self, **_: Any) -> list[Any]:
        return []


@dataclass
class Truth:
    """What the watch on the bench is like; handlings change it as hands would; `supplied` is what a new one draws."""

    rate: float = 3.0
    amplitude: float = 285.0
    beat_error: float = 0.2
    spread: float = 4.0
    residual: float = 0.0
    leak: float = 10.0
    big_leak: bool = False
    battery: float = 1.56
    consumption: float = 0.8
    quartz_rate: float = 0.1
    coil: float = 1.5
    lower_voltage: float = 1.1
    supplied: float = 0.8
    signal: float = 0.98
    mends: bool = True
    position: str = "CH"
    handled: list[tuple[str, str]] = field(default_factory=list)

    def hands(self, order: str, handling: Handling) -> None:
        self.handled.append((handling.act, handling.detail))
        match handling.act:
            case "turn":
                self.position = handling.detail
            case "new-gasket" if self.mends:
                self.leak, self.big_leak = 8.0, False
            case "new-battery" if self.mends:
                self.battery = 1.57
            case "regulate" if self.mends:
                self.rate = 1.0
            case "new-movement":
                self.consumption, self.quartz_rate, self.coil, self.lower_voltage = self.supplied, 0.1, 1.5, 1.1

    @property
    def rate_now(self) -> float:
        shift = {"CH": 0.0, "9H": -0.5, "6H": 0.5}.get(self.position, 0.0) * self.spread
        return self.rate + shift + (90.0 if self.residual > 0.1 else 0.0)


class ScriptedPool:
    """Instruments that answer from a `Truth`; `fail_next` makes the next run break off."""

    def __init__(self, truth: Truth, issued: date | None = None) -> None:
        self.truth = truth
        day = issued or date(2026, 8, 14)
        self._records = [_record(kind, day) for kind in InstrumentKind]
        self.fail_next: InstrumentError | None = None
        self.states = {record.id: LinkState.READY for record in self._records}
        self.identities: dict[str, Identity] = {r.id: Identity(r.model, r.serial) for r in self._records}
        self.segments: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._open: dict[str, dict[str, Any]] = {}

    def records(self) -> Sequence[InstrumentRecord]:
        return self._records

    def choose(self, kind: InstrumentKind) -> InstrumentRecord | None:
        fitting = [record for record in self._records if record.kind is kind]
        fitting.sort(key=lambda r: (self.states[r.id] is not LinkState.READY, r.dialect == "manual"))
        return fitting[0] if fitting else None

    def state(self, instrument: str) -> LinkState:
        return self.states[instrument]

    def identity(self, instrument: str) -> Identity | None:
        return self.identities.get(instrument)

    def provenance(self, instrument: str) -> Provenance:
        return Provenance.SIMULATED

    def capabilities(self, instrument: str) -> tuple[Capability, ...]:
        return next(record.capabilities for record in self._records if record.id == instrument)

    def begin_segment(self, instrument: str, header: dict[str, Any]) -> str | None:
        segment = f"session#{len(self._open) + 1}"
        self._open[segment] = header
        return segment

    def end_segment(self, segment: str, outcome: dict[str, Any]) -> None:
        self.segments.append((self._open[segment], outcome))

    def run(self, instrument: str, program: Program, on_sample: OnSample | None = None) -> RunResult:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error
        return _PROGRAMS[program.name](self.truth, program)

    def stop(self, instrument: str | None = None) -> None:
        return None

    def subscribe(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        return lambda: None

    def close(self) -> None:
        return None


def _timing(truth: Truth, program: Program) -> RunResult:
    position = str(program.parameters["position"])
    values = {
        "rate": truth.rate_now,
        "amplitude": truth.amplitude,
        "beat_error": truth.beat_error,
        "signal_level": truth.signal,
    }
    lift = program.parameters["lift_angle"]
    return RunResult(
        tuple(
            Reading(Value.of(k, v), position, n=200, u_a=0.02, conditions={"lift_angle": lift})
            for k, v in values.items()
        )
    )


def _leak(truth: Truth, program: Program) -> RunResult:
    if truth.big_leak:
        return RunResult((), aborted=msg("Large leak: the test was ended."))
    readings = []
    for stage in program.parameters["stages"]:
        readings.append(Reading(Value.of("leak_rate", truth.leak), stage["label"]))
        readings.append(Reading(stage["pressure"], stage["label"]))
    return RunResult(tuple(readings))


def _field(truth: Truth, program: Program) -> RunResult:
    key = str(program.parameters["quantity"])
    magnitude = 0.04 if key == "background_field" else 0.04 + truth.residual
    return RunResult((Reading(Value.of(key, magnitude), n=3),))


def _demagnetise(truth: Truth, program: Program) -> RunResult:
    if truth.mends:
        truth.residual = 0.0
    return RunResult((Reading(program.parameters["level"], "X"),))


def _one(*keys: str) -> Callable[[Truth, Program], RunResult]:
    values = {
        "battery_voltage": lambda t: t.battery,
        "battery_voltage_loaded": lambda t: t.battery - 0.02,
        "consumption": lambda t: t.consumption,
        "consumption_stem_pulled": lambda t: t.consumption / 5,
        "quartz_rate": lambda t: t.quartz_rate,
        "pulse_width": lambda t: 5.9,
        "pulse_period": lambda t: 1.0,
        "coil_resistance": lambda t: t.coil,
        "insulation_resistance": lambda t: 9.0,
        "lower_working_voltage": lambda t: t.lower_voltage,
    }

    def run(truth: Truth, program: Program) -> RunResult:
        wanted = keys
        if program.name == "consumption":
            wanted = ("consumption",) if program.parameters["state"] == "running" else ("consumption_stem_pulled",)
        return RunResult(tuple(Reading(Value.of(key, values[key](truth))) for key in wanted))

    return run


_PROGRAMS: dict[str, Callable[[Truth, Program], RunResult]] = {
    "timing": _timing,
    "leak-test": _leak,
    "field": _field,
    "demagnetise": _demagnetise,
    "battery": _one("battery_voltage", "battery_voltage_loaded"),
    "consumption": _one(),
    "quartz-rate": _one("quartz_rate"),
    "pulse": _one("pulse_width", "pulse_period"),
    "resistance": _one("coil_resistance", "insulation_resistance"),
    "lower-voltage": _one("lower_working_voltage"),
}

_ACCURACY = {
    "rate": 0.1,
    "amplitude": 1.0,
    "beat_error": 0.1,
    "leak_rate": 1.0,
    "background_field": 0.002,
    "watch_field": 0.002,
    "battery_voltage": 0.005,
    "battery_voltage_loaded": 0.005,
    "consumption": 0.02,
    "consumption_stem_pulled": 0.02,
    "quartz_rate": 0.01,
    "coil_resistance": 0.02,
    "lower_working_voltage": 0.01,
}


def _record(kind: InstrumentKind, issued: date) -> InstrumentRecord:
    serial = f"S-{kind.value}"
    return InstrumentRecord(
        id=kind.value,
        kind=kind,
        model=f"Scripted {kind.value}",
        serial=serial,
        dialect="scripted",
        connection="none",
        certificates=(Certificate("C-1", "Labo", issued, 365, serial),),
        capabilities=tuple(Capability(k, accuracy=a, source="test") for k, a in _ACCURACY.items()),
    )


def an_order(procedure: str, number: str = "2026-0001", **changes: Any) -> RepairOrder:
    """An order that is complete: an ETA 2824-2 or a Ronda 505 in a 3 bar case, quote signed."""
    quartz = procedure in ("changement-de-pile", "echange-mouvement-quartz")
    watch = Watch(
        brand="Test",
        model="Modèle",
        case_number="12345",
        family=Family.QUARTZ if quartz else Family.AUTOMATIC,
        calibre="ronda-505" if quartz else "eta-2824-2",
        grade="" if quartz else "elabore",
        case="case-3-bar",
        water_resistance="30 m",
    )
    base: dict[str, Any] = {
        "number": number,
        "customer": "K-1",
        "watch": watch,
        "procedure": procedure,
        "declared": "avance",
        "request": "contrôler la marche",
        "received": "2026-11-20",
        "promised": "2026-12-01",
        "quote": Quote("D-1", "signature", "2026-11-21"),
    }
    return RepairOrder(**{**base, **changes})


def a_desk(truth: Truth, *, house: House = HOUSE, issued: date | None = None, journal: Any = None) -> Desk:
    """A desk with scripted instruments; the technician is signed in."""
    clock = FixedClock()
    desk = Desk(
        journal or MemoryJournal(clock), PROCEDURES, PROFILES, ScriptedPool(truth, issued), house, truth.hands, clock
    )
    desk.sign_in(TECHNICIAN)
    return desk


def later(desk: Desk, **change: float) -> None:
    """Let time pass at the desk."""
    assert isinstance(desk.clock, FixedClock)
    desk.clock.time += timedelta(**change)
