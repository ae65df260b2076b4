"""A whole bench in one thread and in no time: simulated instruments on links whose clock is virtual.

For looking at a watch before it is given to a trainee, and for recordings of hours that are made in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

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
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from bench.pool import LinkEvent
from bench.running import Clock
from drivers.registry import build
from drivers.simulated.desk import DeskClock, DeskLink
from drivers.simulated.devices import DEVICES
from drivers.simulated.register import record
from drivers.simulated.watch import VirtualWatch
from drivers.wire import WireInstrument

if TYPE_CHECKING:
    from bench.recording import Recorder


class VirtualClock(Clock):
    """The time of a virtual bench, for the desk and the journal that stand on it."""

    def __init__(self, desk: DeskClock) -> None:
        self._desk = desk

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._desk.wall(), UTC)

    def monotonic(self) -> float:
        return self._desk.monotonic()

    def stamp(self) -> tuple[datetime, int]:
        """Return what a journal stamps its events with."""
        return self.now(), int(self.monotonic() * 1e9)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._desk.sleep(seconds)


class VirtualStation:
    """One simulated instrument of each kind around one watch: an `InstrumentPool` that waits for nothing.

    Its time of day begins at `began`, now where none is given.
    """

    def __init__(
        self,
        watch: VirtualWatch,
        *,
        seed: int = 1,
        recorder: Recorder | None = None,
        began: datetime | None = None,
    ) -> None:
        self.watch = watch
        self.desk_clock = DeskClock()
        self.desk_clock.wall_jump = (began or datetime.now(UTC)).timestamp() - self.desk_clock.wall()
        self.clock = VirtualClock(self.desk_clock)
        self._recorder = recorder
        self._records: dict[str, InstrumentRecord] = {}
        self._drivers: dict[str, WireInstrument] = {}
        today = self.clock.now().date()
        for kind in DEVICES:
            device = kind(seed)
            link = DeskLink(device, watch)
            link.clock = self.desk_clock
            line = record(kind, "desk", today)
            if recorder is not None:
                link.tap = recorder.tap(line.id)
            link.open()
            self._records[line.id] = line
            self._drivers[line.id] = build(line, link)

    def handle(self, handling: Handling) -> None:
        """Do with the watch what hands do."""
        self.watch.handle(handling.act, handling.detail, self.desk_clock.now)

    def hands(self, _order: str, handling: Handling) -> None:
        """Do what hands have done, as a desk tells it."""
        self.handle(handling)

    def records(self) -> Sequence[InstrumentRecord]:
        return tuple(self._records.values())

    def choose(self, kind: InstrumentKind) -> InstrumentRecord | None:
        return next((line for line in self._records.values() if line.kind is kind), None)

    def state(self, instrument: str) -> LinkState:
        return LinkState.READY

    def identity(self, instrument: str) -> Identity | None:
        return self._drivers[instrument].identify()

    def provenance(self, instrument: str) -> Provenance:
        return Provenance.SIMULATED

    def capabilities(self, instrument: str) -> tuple[Capability, ...]:
        return self._drivers[instrument].capabilities()

    def run(self, instrument: str, program: Program, on_sample: OnSample | None = None) -> RunResult:
        """Run a program to its end, at once. Raises InstrumentError."""
        return self._drivers[instrument].run(program, on_sample)

    def begin_segment(self, instrument: str, header: dict[str, Any]) -> str | None:
        if self._recorder is None:
            return None
        driver = self._drivers[instrument]
        try:
            driver.prepare()
        except InstrumentError:
            return self._recorder.begin(instrument, header, self.desk_clock.wall())
        return self._recorder.begin(instrument, {**header, "driver": driver.state()}, self.desk_clock.wall())

    def end_segment(self, segment: str, outcome: dict[str, Any]) -> None:
        if self._recorder is not None:
            self._recorder.end(segment, outcome, self.desk_clock.wall())

    def stop(self, instrument: str | None = None) -> None:
        """Nothing runs behind a caller's back here."""

    def subscribe(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        """Return at once: no link of this bench ever changes its state."""
        return lambda: None

    def close(self) -> None:
        for driver in self._drivers.values():
            driver.close()
