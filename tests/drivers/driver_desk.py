"""A desk for driver tests: a simulated instrument at the other end of a link that waits for nothing.

The link's clock is virtual and is the instrument's own: a minute of measuring takes as long as the arithmetic.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bench.instrument import InstrumentKind, LinkLost, Program
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.link.base import Link
from drivers.registry import build
from drivers.simulated import cases
from drivers.simulated.devices import DEVICES
from drivers.simulated.devices.base import Device
from drivers.simulated.faults import BABBLE_PAUSE
from drivers.simulated.register import record
from drivers.simulated.watch import VirtualWatch
from drivers.wire import WireInstrument

KINDS = tuple(InstrumentKind)


class DeskClock:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1.7e9 + self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class DeskLink(Link):
    """A link to one simulated instrument in the same thread, with its fault deck."""

    clock: DeskClock

    def __init__(self, device: Device, watch: VirtualWatch) -> None:
        super().__init__(device.id, DeskClock())
        self.device = device
        self.watch = watch
        self.wire: Callable[[bytes], Sequence[tuple[float, bytes]]] = device.deck.outgoing
        self.plugged = True
        self.is_open = False
        self.written: list[bytes] = []
        self.actions: list[tuple[float, Callable[[], None]]] = []
        self._decoder = device.dialect.device_decoder()
        self._coming: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._free_at = 0.0
        self._babbles_at = 0.0
        device.send = self._send
        device.backlog = lambda: 0
        device.give(watch)

    def open(self) -> None:
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
            if self._coming and self._coming[0][0] <= self.clock.now:
                chunk = heapq.heappop(self._coming)[2]
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

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Do `action` when the clock reaches `moment` seconds from now."""
        heapq.heappush(self.actions, (self.clock.now + moment, action))

    def _next(self) -> float:
        moments = [self._coming[0][0]] if self._coming else []
        moments += [self.actions[0][0]] if self.actions else []
        moments += [self._babbles_at] if "babble" in self.device.deck else []
        due = self.device.due()
        moments += [due] if due is not None and "hang" not in self.device.deck else []
        return min(moments, default=float("inf"))

    def _live(self, now: float) -> None:
        while self.actions and self.actions[0][0] <= now:
            heapq.heappop(self.actions)[1]()
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
        heapq.heappush(self._coming, (moment, self._count, piece))

    def _check(self) -> None:
        if not self.plugged:
            raise LinkLost(self.instrument)


@dataclass
class Desk:
    """One instrument with its driver, and the watch under it."""

    kind: InstrumentKind
    driver: WireInstrument
    link: DeskLink
    watch: VirtualWatch
    record: InstrumentRecord

    def fault(self, name: str, on: bool = True) -> None:
        self.link.device.deck.switch(name, on)

    def run(self, program: Program | None = None, **options: Any) -> dict[str, float]:
        """Run a program (default: the first of this kind) and return its figures by quantity and label."""
        result = self.driver.run(program or PROGRAMS[self.kind][0], **options)
        return {f"{r.value.quantity.id} {r.label}".strip(): r.value.magnitude for r in result.readings}

    def timed(self, work: Callable[[], Any]) -> tuple[Any, float]:
        """Return what `work` gives or raises, and the seconds it took on the link's clock."""
        started = self.link.clock.now
        try:
            done = work()
        except Exception as error:
            done = error
        return done, self.link.clock.now - started


def desk(kind: InstrumentKind, case: str = "", **options: Any) -> Desk:
    """Set a desk: the simulated instrument of `kind`, a watch of `case` on it, the driver over an open link."""
    device_class = next(device for device in DEVICES if device.kind is kind)
    device = device_class(1)
    watch = VirtualWatch(cases.load(case or CASES[kind]), 1)
    watch.handle("place", kind.value, 0.0)
    line = record(device_class, "desk", date.today())
    line = replace(line, options={**line.options, **options})
    link = DeskLink(device, watch)
    link.open()
    driver = build(line, link)
    return Desk(kind, driver, link, watch, line)


def seconds(value: float) -> Value:
    return Value.of("measuring_time", value)


def stage(label: str, pressure: float, measure: float = 30.0) -> dict[str, Any]:
    return {
        "label": label,
        "pressure": Value.of("test_pressure", pressure),
        "fill": seconds(10.0),
        "stabilise": seconds(15.0),
        "measure": seconds(measure),
    }


CASES = {
    InstrumentKind.TIMEGRAPHER: "mechanical-healthy",
    InstrumentKind.WATER_RESISTANCE: "case-tight",
    InstrumentKind.DEMAGNETISER: "mechanical-magnetised",
    InstrumentKind.FIELD_METER: "mechanical-magnetised",
    InstrumentKind.QUARTZ_TESTER: "quartz-healthy",
}

TIMING = Program(
    "timing",
    {"position": "CH", "lift_angle": Value.of("lift_angle", 50.0), "stabilise": seconds(10), "measure": seconds(30)},
    120.0,
)
LEAK_TEST = Program(
    "leak-test",
    {"stages": [stage("-0.4 bar", -0.4), stage("+3 bar", 3.0)], "free_volume": Value.of("free_volume", 2100.0)},
    300.0,
)
DEMAGNETISE = Program(
    "demagnetise", {"axes": "XYZ", "level": Value.of("demagnetising_field", 30.0), "cycles": 1}, 300.0
)
FIELD = Program("field", {"quantity": "watch_field", "n": 5}, 60.0)

PROGRAMS: dict[InstrumentKind, tuple[Program, ...]] = {
    InstrumentKind.TIMEGRAPHER: (TIMING,),
    InstrumentKind.WATER_RESISTANCE: (LEAK_TEST,),
    InstrumentKind.DEMAGNETISER: (DEMAGNETISE,),
    InstrumentKind.FIELD_METER: (FIELD, Program("field", {"quantity": "background_field", "n": 3}, 60.0)),
    InstrumentKind.QUARTZ_TESTER: (
        Program("battery", {}, 30.0),
        Program("consumption", {"state": "running", "supply": Value.of("supply_voltage", 1.55)}, 60.0),
        Program("consumption", {"state": "stem-pulled", "supply": Value.of("supply_voltage", 1.55)}, 60.0),
        Program("quartz-rate", {"inhibition_period": Value.of("inhibition_period", 60.0), "periods": 2}, 300.0),
        Program("pulse", {}, 60.0),
        Program("resistance", {}, 60.0),
        Program("lower-voltage", {}, 300.0),
    ),
}
EVERY_PROGRAM = [(kind, program) for kind, programs in PROGRAMS.items() for program in programs]
