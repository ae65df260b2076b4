"""The clock of the simulated instruments: device time runs `speed` times as fast as the machine's."""

from __future__ import annotations

import math
import time

from bench.errors import UsageError
from bench.language import msg

FASTEST = math.inf


class DeviceClock:
    """Device time in seconds from 0. With `speed` FASTEST it stands still until it is told to jump to an event."""

    def __init__(self, speed: float = 1.0) -> None:
        if not speed > 0.0:
            raise UsageError(msg("The speed must be more than 0, not {speed}.", speed=speed))
        self.speed = speed
        self._start = time.monotonic()
        self._jumped = 0.0

    @property
    def fastest(self) -> bool:
        return math.isinf(self.speed)

    def now(self) -> float:
        """Return the device time."""
        return self._jumped if self.fastest else (time.monotonic() - self._start) * self.speed

    def jump(self, to: float) -> None:
        """Let a FASTEST clock reach `to`; another clock goes its own way."""
        self._jumped = max(self._jumped, to)

    def real(self, seconds: float) -> float:
        """Return how many of the machine's seconds `seconds` of device time take."""
        return seconds / self.speed
