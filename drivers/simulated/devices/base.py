"""What every simulated instrument is: a behaviour in device time, apart from its wire and its port."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, ClassVar

from bench.instrument import Capability, InstrumentKind
from drivers.dialects import Dialect, Frame, load
from drivers.simulated.faults import FIELD_METER_FRAME, FaultDeck
from drivers.simulated.watch import VirtualWatch


class Device(ABC):
    """One instrument. The engine calls it in one thread; `now` is device time in seconds.

    It sends with `self.send`; `process` does what is due, `due` says when that is (None: nothing until it hears
    something).
    """

    kind: ClassVar[InstrumentKind]
    dialect_id: ClassVar[str]
    id: ClassVar[str]
    serial: ClassVar[str]
    checksum: ClassVar[slice | None] = None
    other: ClassVar[bytes] = FIELD_METER_FRAME
    # What its line of the register states beside what every instrument of its kind does; None: as they all.
    capabilities: ClassVar[tuple[Capability, ...] | None] = None
    options: ClassVar[Mapping[str, Any] | None] = None

    def __init__(self, seed: object) -> None:
        self.dialect: Dialect = load(self.dialect_id)
        self.deck = FaultDeck(f"{seed}/{self.id}", checksum=self.checksum, other=self.other)
        self.random = Random(f"{seed}/{self.id}")
        self.send: Callable[[bytes], None] = _nowhere
        self.backlog: Callable[[], int] = _none
        self._watch: VirtualWatch | None = None

    @property
    def watch(self) -> VirtualWatch | None:
        """Return the watch under this instrument, None where none lies there."""
        watch = self._watch
        return watch if watch is not None and watch.lies_on(self.kind) and "no-signal" not in self.deck else None

    def give(self, watch: VirtualWatch | None) -> None:
        """Take `watch` as the one that may be put under this instrument."""
        self._watch = watch

    def reply(self, name: str, **fields: Any) -> None:
        """Send one frame of the dialect."""
        self.send(self.dialect.reply(name, **fields))

    def connected(self, now: float) -> None:  # noqa: B027  (most instruments say nothing then)
        """A host has opened the port."""

    @abstractmethod
    def receive(self, frame: Frame, now: float) -> None:
        """Hear one command."""

    def garbled(self, raw: bytes, reason: str, now: float) -> None:  # noqa: B027  (most ignore it)
        """Hear something that is no command."""

    @abstractmethod
    def process(self, now: float) -> None:
        """Do everything that is due by `now`."""

    @abstractmethod
    def due(self) -> float | None:
        """Return the device time of the next thing to do."""

    @abstractmethod
    def restart(self, now: float) -> None:
        """Forget a running test, as after a power failure, and show the start-up banner where there is one."""


def _nowhere(_data: bytes) -> None:
    """Send into the void until the engine has plugged the device in."""


def _none() -> int:
    return 0
