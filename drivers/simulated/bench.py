"""A whole simulated bench: a virtual watch, the instruments around it on real ports, and hands to handle it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from bench.errors import UsageError
from bench.language import msg
from bench.metrology import InstrumentRecord
from drivers.simulated import cases
from drivers.simulated.clock import DeviceClock
from drivers.simulated.devices import DEVICES, OTHERS
from drivers.simulated.devices.base import Device
from drivers.simulated.engine import Engine, Line
from drivers.simulated.ports import PTYS, Port, PtyPort, TcpPort
from drivers.simulated.register import record
from drivers.simulated.watch import VirtualWatch


class SimulatedBench:
    """Simulated instruments that look at one virtual watch. Every method may be called from any thread.

    Device time runs `speed` times as fast as the machine's; math.inf jumps from event to event. The same `seed` and
    the same case give the same watch. `ports` is "pty" or "tcp"; without pseudo-terminals it is always "tcp".
    `instruments` names those that stand on the bench, by id; none named: one of each kind. With
    `line_speed` every byte takes its time at the dialect's baud rate.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        seed: int = 1,
        ports: Literal["pty", "tcp"] = "pty",
        instruments: Collection[str] = (),
        line_speed: bool = False,
    ) -> None:
        known = {device.id: device for device in (*DEVICES, *OTHERS)}
        standing = set(instruments) or {device.id for device in DEVICES}
        for name in instruments:
            if name not in known:
                raise _unknown(name, known)
        self._clock = DeviceClock(speed)
        self._seed = seed
        self._line_speed = line_speed
        self._ptys = ports == "pty" and PTYS
        self._devices = {name: device(seed) for name, device in known.items() if name in standing}
        self._lines: dict[str, Line] = {}
        self._watches: dict[str, VirtualWatch] = {}
        self._watch: VirtualWatch | None = None
        self._engine: Engine | None = None
        self._folder: Path | None = None

    def start(self) -> list[InstrumentRecord]:
        """Plug the instruments in and let them live; return their lines of the register. Starting twice is refused."""
        if self._engine is not None:
            raise UsageError(msg("The simulated bench runs already."))
        try:
            if self._ptys:
                self._folder = Path(tempfile.mkdtemp(prefix="etabli-"))
            for name, device in self._devices.items():
                port: Port = PtyPort(self._folder / name) if self._folder else TcpPort()
                self._lines[name] = Line(device, port, self._byte_time(device))
                port.plug()
            self._engine = Engine(list(self._lines.values()), self._clock, self._pass_time)
            self._engine.start()
        except BaseException:
            self.close()
            raise
        return self.records

    def _byte_time(self, device: Device) -> float:
        """Return how long a byte takes at the dialect's baud rate, in the machine's seconds."""
        if not self._line_speed:
            return 0.0
        settings = replace(device.dialect.serial, char_delay=0.0)  # that pause is the host's to keep
        return settings.char_time / self._clock.speed

    def close(self) -> None:
        """End the thread, close all ports and remove their folder. Closing twice does nothing."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()
        self._clear()

    def select(self, key: str, case: str) -> VirtualWatch:
        """Put the watch called `key` under the instruments; it is made from `case` on first use.

        Raises UsageError for an unknown case.
        """
        if key not in self._watches:
            self._watches[key] = VirtualWatch(cases.load(case), f"{self._seed}/{key}")
        watch = self._watches[key]

        def put() -> None:
            self._watch = watch
            for device in self._devices.values():
                device.give(watch)

        self._held(put)
        return watch

    def handle(self, act: str, detail: str = "") -> None:
        """Do with the selected watch what hands do: a word of bench.judging.HANDLINGS. Raises UsageError."""
        watch = self._watch
        if watch is None:
            raise UsageError(
                msg("There is no watch on the simulated bench."), remedy=msg("Select a case for it first.")
            )
        self._held(lambda: watch.handle(act, detail, self._clock.now()))

    def fault(self, instrument: str, name: str, on: bool = True) -> None:
        """Switch a fault of an instrument on or off; "reset" happens once. Raises UsageError for unknown names."""
        device = self._line(instrument).device

        def switch() -> None:
            device.deck.switch(name, on and name != "reset")
            if name == "reset" and on:
                device.restart(self._clock.now())

        self._held(switch)

    def faults(self, instrument: str) -> tuple[str, ...]:
        """Return the faults of an instrument that are on. Raises UsageError for an unknown instrument."""
        return tuple(self._line(instrument).device.deck)

    def unplug(self, instrument: str) -> None:
        """Pull the cable: the port disappears, the host sees the end of it."""
        self._held(self._line(instrument).port.unplug)

    def replug(self, instrument: str) -> None:
        """Plug the cable in again: the same path or TCP port answers."""
        self._held(self._line(instrument).port.plug)

    @property
    def records(self) -> list[InstrumentRecord]:
        """The lines of the register for the instruments that are plugged in."""
        today = date.today()
        return [record(type(line.device), line.port.url, today, self._clock.speed) for line in self._lines.values()]

    @property
    def watch(self) -> VirtualWatch | None:
        """The watch that is selected now."""
        return self._watch

    @property
    def device_time(self) -> float:
        """Seconds of the instruments' time since the bench was made."""
        return self._clock.now()

    @property
    def urls(self) -> dict[str, str]:
        """Where a host finds each instrument, by its id."""
        return {name: line.port.url for name, line in self._lines.items()}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _held(self, change: Callable[[], None]) -> None:
        """Change the world while it stands still, then let it look at once."""
        engine = self._engine
        if engine is None:
            change()
            return
        with engine.lock:
            change()
        engine.wake()

    def _pass_time(self, now: float) -> None:
        if self._watch is not None:
            self._watch.pass_time(now)

    def _line(self, instrument: str) -> Line:
        try:
            return self._lines[instrument]
        except KeyError:
            raise _unknown(instrument, self._lines) from None

    def _clear(self) -> None:
        for line in self._lines.values():
            line.port.unplug()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _unknown(instrument: str, known: Iterable[str]) -> UsageError:
    return UsageError(
        msg("There is no simulated instrument called “{instrument}”.", instrument=instrument),
        remedy=msg("Known: {known}.", known=", ".join(known)),
    )
