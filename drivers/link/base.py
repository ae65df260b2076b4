"""What every link offers, whether its bytes come from a port or from a recording, and the clock it lives by."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

Tap = Callable[[str, bytes, float, float], None]
"""Hears every chunk: direction ("rx" from the device, "tx" to it), bytes, monotonic seconds, wall seconds."""

_DRAIN_KEPT = 65536


class Clock(Protocol):
    """Time as a link sees it: the machine's, or the recorded one in a replay."""

    def monotonic(self) -> float:
        """Seconds that only grow; deadlines are moments of this clock."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own time."""

    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


class Link(ABC):
    """Bytes to and from one instrument. One owner thread opens, writes, reads and closes it.

    `tap` hears every chunk in both directions; it must be quick and must not raise.
    """

    def __init__(self, instrument: str, clock: Clock) -> None:
        self.instrument = instrument
        self.clock = clock
        self.tap: Tap | None = None

    @abstractmethod
    def open(self) -> None:
        """Open the way. Raises PortUnavailable: port missing, in use, or not permitted."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises LinkLost when the port is gone or takes no more bytes."""

    @abstractmethod
    def read(self, deadline: float) -> bytes:
        """Return the next chunk, at least one byte, as soon as it comes.

        Returns b"" when the clock reaches `deadline` (absolute monotonic seconds) with nothing there; bytes that wait
        already are given even after it. Raises LinkLost at once when the port goes away.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the port back. Closing twice does nothing."""

    def drain(self, quiet: float, limit: float) -> bytes:
        """Read and throw away until `quiet` seconds of silence, for at most `limit` seconds.

        Returns what was thrown away (the first 64 KiB of it). Raises LinkLost.
        """
        end = self.clock.monotonic() + limit
        thrown = bytearray()
        while (now := self.clock.monotonic()) < end:
            chunk = self.read(min(now + quiet, end))
            if not chunk:
                break
            thrown += chunk[: _DRAIN_KEPT - len(thrown)]
        return bytes(thrown)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
