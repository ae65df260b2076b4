"""A desk to try a driver on: a simulated instrument at the other end of a link that waits for nothing.

The link's clock is virtual and is the instrument's own: a minute of measuring takes as long as the arithmetic.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bench.instrument import LinkLost, Program
from bench.metrology import InstrumentRecord
from drivers import dialects
from drivers.dialects import Frame
from drivers.link.base import Link
from drivers.registry import build, driver_class
from drivers.simulated import cases, register
from drivers.simulated.devices.base import Device
from drivers.simulated.faults import BABBLE_PAUSE
from drivers.simulated.rote import rote
from drivers.simulated.watch import VirtualWatch
from drivers.wire import WireInstrument

Wire = Callable[[bytes], Iterable[tuple[float, bytes]]]
"""What really goes out for a frame of the instrument: pieces, each with its delay in seconds."""


@dataclass(frozen=True)
class Trial:
    """How the driver of a dialect is tried: the programs it runs and the simulated instrument it runs them on.

    `device` None stands for an instrument made from the dialect's examples. `case` is the watch under it, `another`
    one that gives other figures; `options` complete its line of the register, `serial` too where the examples say one.
    """

    dialect: str
    programs: tuple[Program, ...]
    device: type[Device] | None = None
    case: str = "mechanical-healthy"
    another: str = "mechanical-beat-error"
    options: Mapping[str, Any] = field(default_factory=dict)
    serial: str = ""


class DeskClock:
    """Seconds that pass only when somebody waits; `wall_jump` is how far the time of day has been set meanwhile."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall_jump = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1.7e9 + self.now + self.wall_jump

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class DeskLink(Link):
    """A link to one simulated instrument in the same thread, with its fault deck.

    `latency` delivers what has come only at whole multiples of so many seconds, in one chunk, as USB adapters do;
    with `ragged` the second half of each such chunk comes with the next.
    """

    clock: DeskClock

    def __init__(self, device: Device, watch: VirtualWatch) -> None:
        super().__init__(device.id, DeskClock())
        self.device = device
        self.watch = watch
        self.wire: Wire = device.deck.outgoing
        self.plugged = True
        self.is_open = False
        self.latency = 0.0
        self.ragged = False
        self.written: list[bytes] = []
        self.actions: list[tuple[float, int, Callable[[], None]]] = []
        self._decoder = device.dialect.device_decoder()
        self._coming: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._free_at = 0.0
        self._babbles_at = 0.0
        device.send = self._send
        device.backlog = lambda: 0
        device.give(watch)

    def open(self) -> None:
        self._check()
        self.is_open = True
        self.device.connected(self.clock.now)

    def close(self) -> None:
        self.is_open = False

    def write(self, data: bytes) -> None:
        self._check()
        self.written.append(data)
        if self.tap:
            self.tap("tx", data, self.clock.now, self.clock.wall())
        self._live(self.clock.now)
        if "hang" in self.device.deck:
            return
        for item in self._decoder.feed(data):
            if isinstance(item, Frame):
                self.device.receive(item, self.clock.now)
            else:
                self.device.garbled(item.raw, item.reason, self.clock.now)

    def read(self, deadline: float) -> bytes:
        while True:
            self._check()
            self._live(self.clock.now)
            if chunk := self._due():
                if self.tap:
                    self.tap("rx", chunk, self.clock.now, self.clock.wall())
                return chunk
            if self.clock.now >= deadline:
                return b""
            self.clock.now = min(max(self._next(), self.clock.now + 1e-6), deadline)

    def forget(self) -> None:
        """Drop what the instrument has said and is still on the way."""
        self._coming.clear()
        self._free_at = 0.0

    def say(self, data: bytes) -> None:
        """Let `data` come now, as if the instrument had said it."""
        self._post(self.clock.now, data)

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Do `action` when the clock reaches `moment` seconds from now."""
        self._count += 1
        heapq.heappush(self.actions, (self.clock.now + moment, self._count, action))

    def _due(self) -> bytes:
        coming, now = self._coming, self.clock.now
        if not coming or coming[0][0] > now:
            return b""
        if not self.latency:
            return heapq.heappop(coming)[2]
        whole, fresh = b"", False
        while coming and coming[0][0] <= now:
            _moment, number, piece = heapq.heappop(coming)
            whole += piece
            fresh = fresh or number > 0
        if self.ragged and fresh and len(whole) > 1:
            self._count += 1
            # Before everything else of the next chunk; by its sign it is known there and not cut again.
            heapq.heappush(coming, (self._delivered(now + self.latency / 2), -self._count, whole[len(whole) // 2 :]))
            whole = whole[: len(whole) // 2]
        return whole

    def _delivered(self, moment: float) -> float:
        return math.ceil(moment / self.latency) * self.latency if self.latency else moment

    def _next(self) -> float:
        moments = [self._coming[0][0]] if self._coming else []
        moments += [self.actions[0][0]] if self.actions else []
        moments += [self._babbles_at] if "babble" in self.device.deck else []
        due = self.device.due()
        moments += [due] if due is not None and "hang" not in self.device.deck else []
        return min(moments, default=float("inf"))

    def _live(self, now: float) -> None:
        while self.actions and self.actions[0][0] <= now:
            heapq.heappop(self.actions)[2]()
        if "babble" in self.device.deck and self._babbles_at <= now:
            self._babbles_at = now + BABBLE_PAUSE
            self._post(now, self.device.deck.babble())
        if "hang" not in self.device.deck:
            self.watch.pass_time(now)
            self.device.process(now)

    def _send(self, frame: bytes) -> None:
        for delay, piece in self.wire(frame):
            self._free_at = max(self._free_at, self.clock.now + delay)
            self._post(self._free_at, piece)

    def _post(self, moment: float, piece: bytes) -> None:
        self._count += 1
        heapq.heappush(self._coming, (self._delivered(moment), self._count, piece))

    def _check(self) -> None:
        if not self.plugged:
            raise LinkLost(self.instrument)


@dataclass
class Desk:
    """One instrument with its driver, and the watch under it."""

    trial: Trial
    driver: WireInstrument
    link: DeskLink
    watch: VirtualWatch
    record: InstrumentRecord

    def fault(self, name: str, on: bool = True) -> None:
        self.link.device.deck.switch(name, on)

    def run(self, program: Program | None = None, **options: Any) -> dict[str, float]:
        """Run a program (default: the trial's first) and return its figures by quantity and label."""
        result = self.driver.run(program or self.trial.programs[0], **options)
        return {f"{r.value.quantity.id} {r.label}".strip(): r.value.magnitude for r in result.readings}

    def timed(self, work: Callable[[], Any]) -> tuple[Any, float]:
        """Return what `work` gives or raises, and the seconds it took on the link's clock."""
        started = self.link.clock.now
        try:
            done = work()
        except Exception as error:
            done = error
        return done, self.link.clock.now - started


def set_up(trial: Trial, case: str = "", **options: Any) -> Desk:
    """Set a desk: the trial's instrument, a watch of `case` (default: the trial's) on it, its driver over an open link.

    Raises UsageError for an unknown dialect, case or driver.
    """
    device_class = trial.device or rote(trial.dialect)
    device = device_class(1)
    watch = VirtualWatch(cases.load(case or trial.case), 1)
    watch.handle("place", device.kind.value, 0.0)
    line = record(trial, device_class)
    line = replace(line, options={**line.options, **options})
    link = DeskLink(device, watch)
    link.open()
    return Desk(trial, build(line, link), link, watch, line)


def record(trial: Trial, device: type[Device]) -> InstrumentRecord:
    """Return the register's line of the trial's instrument."""
    if trial.device is None:
        dialect = dialects.load(trial.dialect)
        line = InstrumentRecord(
            trial.dialect, dialect.kind, dialect.model, trial.serial, trial.dialect, "desk", simulated=True
        )
        line = replace(line, capabilities=driver_class(line).CAPABILITIES)
    else:
        line = register.record(device, "desk", date.today())
    return replace(line, options={**line.options, **trial.options})


def healthy(trial: Trial) -> dict[str, float]:
    """Return what the instrument says when nothing is wrong."""
    return set_up(trial).run()


def handshake_frames(trial: Trial) -> list[bytes]:
    """Return the frames that a healthy instrument sends for an identification."""
    at = set_up(trial)
    return _listened(at, at.driver.identify)


def program_frames(trial: Trial, case: str = "") -> list[bytes]:
    """Return the frames that a healthy instrument sends during the trial's first program (on a watch of `case`)."""
    at = set_up(trial, case)
    return _listened(at, at.run)


def _listened(at: Desk, work: Callable[[], Any]) -> list[bytes]:
    heard: list[bytes] = []

    def listen(frame: bytes) -> list[tuple[float, bytes]]:
        heard.append(frame)
        return [(0.0, frame)]

    at.link.wire = listen
    work()
    return heard
