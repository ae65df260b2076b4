"""A bench for the screen's tests: the real desk, journal and procedures over instruments that answer from a table."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.calibre import CalibreProfile, CaseProfile, Fact, ProfileIdentity, ProfileLimit, Stage
from bench.desk import Desk
from bench.errors import EtabliError, UsageError
from bench.house import House
from bench.instrument import (
    Capability,
    Identity,
    InstrumentKind,
    LinkLost,
    LinkState,
    OnSample,
    Program,
    RunResult,
    Stopped,
)
from bench.journal import Journal
from bench.language import msg
from bench.limit import Mark, limit_between
from bench.measurement import Provenance, Reading, Sample, Trace
from bench.metrology import Certificate, InstrumentRecord
from bench.order import Family, Quote, RepairOrder, Watch
from bench.people import Operator, Role
from bench.pins import Pins
from bench.pool import LinkEvent
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import FormField
from bench.quantities import Quantity, Value, quantity
from bench.running import Clock

ACCURACY = {
    "rate": 0.5,
    "amplitude": 2.0,
    "beat_error": 0.05,
    "leak_rate": 2.0,
    "test_pressure": 0.02,
    "background_field": 0.002,
    "watch_field": 0.002,
    "demagnetising_field": 1.0,
}
TIMING = {"rate": 4.0, "amplitude": 285.0, "beat_error": 0.2}


def record(kind: InstrumentKind, *, issued: date | None = None) -> InstrumentRecord:
    """Return a registered instrument with a certificate of today."""
    certificate = Certificate("C-1", "LNE", issued or date.today(), 365, "1")
    return InstrumentRecord(
        kind.value,
        kind,
        f"Model {kind.name.title()}",
        "1",
        "stepped",
        "none",
        simulated=True,
        certificates=(certificate,),
    )


@dataclass
class SteppedPool:
    """Instruments that answer from a table. With `gate` set, a run waits for it after its first samples."""

    register: list[InstrumentRecord] = field(default_factory=lambda: [record(kind) for kind in InstrumentKind])
    figures: dict[str, float] = field(default_factory=lambda: dict(TIMING))
    field_at_watch: float = 0.06
    leak: float = 12.0
    gate: threading.Event | None = None
    lost: bool = False
    broken: str = ""
    """The instrument whose link is down, whatever runs on it."""
    began: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    listeners: list[Callable[[LinkEvent], None]] = field(default_factory=list)

    def records(self) -> Sequence[InstrumentRecord]:
        return self.register

    def choose(self, kind: InstrumentKind) -> InstrumentRecord | None:
        return next((entry for entry in self.register if entry.kind is kind), None)

    def state(self, instrument: str) -> LinkState:
        return LinkState.LOST if self.lost or instrument == self.broken else LinkState.READY

    def identity(self, instrument: str) -> Identity | None:
        return None

    def provenance(self, instrument: str) -> Provenance:
        return Provenance.SIMULATED

    def capabilities(self, instrument: str) -> tuple[Capability, ...]:
        return tuple(Capability(key, accuracy=a, resolution=a / 10) for key, a in ACCURACY.items())

    def run(self, instrument: str, program: Program, on_sample: OnSample | None = None) -> RunResult:
        self.stopping.clear()
        if instrument == self.broken:
            raise LinkLost(instrument, why=msg("the port is gone"))
        readings = self._readings(program)
        if on_sample is not None:
            for n in range(20):
                for reading in readings[:3]:
                    wobble = 0.1 * (n % 5)
                    q = reading.value.quantity
                    on_sample(
                        Sample(q, reading.value.magnitude + wobble, n * 0.1, 0.0, b"", instrument, Provenance.SIMULATED)
                    )
        self.began.set()
        if self.gate is not None:
            while not self.gate.wait(0.02):
                if self.stopping.is_set():
                    raise Stopped(instrument)
                if self.lost:
                    raise LinkLost(instrument, why=msg("the port is gone"))
        return RunResult(tuple(readings), 20)

    def _readings(self, program: Program) -> list[Reading]:
        p = program.parameters
        if program.name == "timing":
            points = tuple((n / 8, 0.2 * ((n * 7) % 5) + n * 0.01) for n in range(240))
            where = str(p["position"])
            off = {"CH": 0.0, "6H": -3.0, "9H": 2.5}.get(where, 1.0)
            return [
                Reading(
                    Value.of(key, y + (off if key == "rate" else 0.0)),
                    where,
                    30,
                    0.1,
                    0.05,
                    {"lift_angle": p["lift_angle"]},
                    Trace("s", "ms", points) if key == "rate" else None,
                )
                for key, y in self.figures.items()
            ]
        if program.name == "field":
            key = str(p["quantity"])
            return [Reading(Value.of(key, self.field_at_watch if key == "watch_field" else 0.045), "", 3, 0.0, 0.0005)]
        if program.name == "leak-test":
            return [
                reading
                for stage in p["stages"]
                for reading in (
                    Reading(
                        Value.of("leak_rate", self.leak),
                        stage["label"],
                        40,
                        0.5,
                        0.3,
                        {"pressure": stage["pressure"], "free_volume": p["free_volume"]},
                    ),
                    Reading(stage["pressure"], stage["label"]),
                )
            ]
        if program.name == "demagnetise":
            self.field_at_watch = 0.05
            return [Reading(Value.of("demagnetising_field", 60.0), axis) for axis in "XYZ"]
        raise AssertionError(program.name)

    def begin_segment(self, instrument: str, header: dict[str, Any]) -> str | None:
        return None

    def end_segment(self, segment: str, outcome: dict[str, Any]) -> None: ...

    def stop(self, instrument: str | None = None) -> None:
        self.stopping.set()

    def subscribe(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def say(self, instrument: str, state: LinkState) -> None:
        """Tell everybody who listens that a link changed."""
        for listener in list(self.listeners):
            listener(LinkEvent(instrument, state, time.monotonic()))

    def close(self) -> None: ...


def _identity(key: str) -> ProfileIdentity:
    return ProfileIdentity(key, "1.2", "0" * 64, "shipped", True)


def _limit(key: str, low: float | None, high: float | None) -> ProfileLimit:
    return ProfileLimit(limit_between(key, low, high, source="test", mark=Mark.DOCUMENTED))


CALIBRE = CalibreProfile(
    _identity("eta-2824-2"),
    "ETA",
    "2824-2",
    Family.AUTOMATIC,
    facts={
        "beat_rate": Fact(Value.of("beat_rate", 28800), "test", Mark.DOCUMENTED),
        "lift_angle": Fact(Value.of("lift_angle", 50), "test", Mark.DOCUMENTED),
    },
    limits=(
        _limit("rate", -12, 12),
        _limit("mean_rate", -7, 17),
        _limit("rate_spread", None, 25),
        _limit("amplitude", 200, None),
        _limit("min_amplitude", 200, None),
        _limit("beat_error", None, 0.8),
        _limit("max_beat_error", None, 0.8),
    ),
)


def _stage(label: str, bar: float) -> Stage:
    limit = limit_between("leak_rate", None, 50, source="test", mark=Mark.DOCUMENTED)
    return Stage(label, Value.of("test_pressure", bar), limit, 2, 5, 10)


CASE = CaseProfile(
    _identity("case-3-bar"),
    "3 bar",
    Value.of("rated_pressure", 3),
    (_stage("−0,7 bar", -0.7), _stage("+3 bar", 3.0)),
    Fact(Value.of("free_volume", 1000), "test", Mark.HOUSE),
    Value.of("test_pressure", 3.3),
)


class Shelf:
    """A library with one calibre and one case."""

    def calibre(self, profile_id: str) -> CalibreProfile:
        if profile_id != CALIBRE.identity.id:
            raise UsageError(msg("Unknown calibre."))
        return CALIBRE

    def case(self, profile_id: str) -> CaseProfile:
        return CASE

    def calibres(self) -> Sequence[CalibreProfile]:
        return [CALIBRE]

    def cases(self) -> Sequence[CaseProfile]:
        return [CASE]


SHORTEST: dict[str, Any] = {
    "number": "21",
    "date": "2024-05-01",
    "several": ["stops"],
    "defect": "MEC-AMP-B",
    "photo": None,
}


def shortest(entry: FormField) -> Any:
    """Return the answer that leads on the shortest way."""
    if entry.kind == "choice":
        ids = [choice.id for choice in entry.choices]
        return next((each for each in ("leave", "on") if each in ids), ids[-1])
    if entry.kind == "lines":
        return [{column.id: shortest(column) for column in entry.columns}]
    if entry.kind in SHORTEST:
        return SHORTEST[entry.kind]
    return "no" if entry.fact == "moisture_visible" else "yes"


class Workbench:
    """An opened workshop over a journal in `folder`, with two people and a few orders."""

    operators = (
        Operator("anne", "Anne Perret", frozenset({Role.TECHNICIAN})),
        Operator("luc", "Luc Favre", frozenset({Role.CONTROLLER, Role.MANAGER})),
    )

    def __init__(
        self,
        folder: Path,
        pool: SteppedPool | None = None,
        *,
        self_check: bool = True,
        pins: Mapping[str, str] | None = None,
        procedure: str = "controle-mecanique",
        wait_scale: float = 1e9,
    ) -> None:
        """With `pins` ({operator id: PIN}) the house asks for them; who is left out has none yet.

        The first order is of `procedure`; waits last no time unless `wait_scale` says so.
        """
        self.photos = folder / "photos"
        self.folder = folder
        self.logs = folder / "logs"
        self.lock_after = 0.0
        self.backups = None
        self.pool = pool or SteppedPool()
        self.journal = Journal.open(folder / "journal.sqlite", station="bench")
        house = House("Atelier Test", Value.of("residual_field", 0.1), self_check, wait_scale=wait_scale)
        keys = None if pins is None else Pins(folder / "pins.json", Clock())
        for operator_id, pin in (pins or {}).items():
            assert keys is not None
            keys.set(operator_id, pin)
        self.desk = Desk(
            self.journal, ProcedureLibrary(Path(__file__).parent / "procedures"), Shelf(), self.pool, house, keys=keys
        )
        self.records = self.pool.records()
        self.asker: Callable[[Quantity, str], str] | None = None
        self.notices: list[EtabliError] = []
        self.closed = False
        self.order("OR-1001", "Tissot", "Le Locle [bold]", 3, procedure)
        self.order("OR-1002", "Hamilton", "Khaki Field", 10)

    def order(self, number: str, brand: str, model: str, days: int, procedure: str = "controle-mecanique") -> None:
        watch = Watch(brand, model, "T006.407", "123", family=Family.AUTOMATIC, calibre="eta-2824-2", case="case-3-bar")
        if any(row.number == number for row in self.desk.orders()):
            return
        self.desk.open_order(
            RepairOrder(
                number,
                "K-7",
                watch,
                procedure,
                "avance",
                "contrôle",
                promised=(date.today() + timedelta(days)).isoformat(),
                quote=Quote("D-1", "paper", "2026-01-01"),
            )
        )

    def lead_to(self, number: str, step: str) -> None:
        """Bring an order to a step by the shortest way, as a technician would have."""
        self.desk.sign_in(self.operators[0])
        work = self.desk.work(number)
        while work.step is not None and work.step.id != step:
            if work.step.machine:
                self.desk.acknowledge_card(work.step.machine)
            work.start()
            while (task := work.next_task()) is not None:
                work.measure(task)
            if work.tasks():
                work.confirm()
            else:
                work.answer({entry.id: shortest(entry) for entry in work.fields()}, "as asked")
        self.desk.operator = None

    def sheet(self, order_number: str, fmt: str) -> Path:
        path = self.folder / f"{order_number}.{fmt}"
        path.write_bytes(b"sheet")
        return path

    def on_order(self, number: str) -> None: ...

    def close(self) -> None:
        self.closed = True
        self.journal.close()


__all__ = ["CALIBRE", "CASE", "SteppedPool", "Workbench", "quantity", "record"]
