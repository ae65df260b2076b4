"""A link that plays a recording: the same chunks at the same moments of a clock that only the recording moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.instrument import LinkLost
from bench.language import N_, msg
from bench.recording.model import WireFrame
from drivers.link.base import Link


class ReplayDiverged(LinkLost):
    """The program asks something else than it did when the session was recorded: the replay proves nothing."""

    headline = N_("The replay of {instrument} departs from its recording.")
    advice = N_("Replay with the version of Établi that recorded the session, or measure again.")


class VirtualClock:
    """The recorded time. It stands still while the program computes, and jumps to what comes next.

    `pace`, where given, is called with the seconds that each jump skips: `time.sleep` shows the session at its
    recorded speed. Without it a replay runs as fast as the machine.
    """

    def __init__(self, monotonic: float = 0.0, wall: float = 0.0, pace: Callable[[float], None] | None = None) -> None:
        self._monotonic = monotonic
        self._wall_offset = wall - monotonic
        self._pace = pace

    def monotonic(self) -> float:
        return self._monotonic

    def wall(self) -> float:
        return self._monotonic + self._wall_offset

    def sleep(self, seconds: float) -> None:
        self.advance(self._monotonic + max(seconds, 0.0))

    def advance(self, moment: float) -> None:
        """Go to `moment` of the monotonic clock; it never goes back."""
        if moment > self._monotonic:
            if self._pace:
                self._pace(moment - self._monotonic)
            self._monotonic = moment

    def follow(self, frame: WireFrame) -> None:
        """Go to the moment of `frame`, and to its wall clock, which may have been set meanwhile."""
        self.advance(frame.monotonic)
        self._wall_offset = frame.wall - frame.monotonic


class ReplayLink(Link):
    """Plays `frames` for one instrument: what is written must be what was written, what was heard is heard again.

    The device's bytes come in the recorded chunks, those after a question only when the question has been asked again,
    those before it never after it: they had been read before, so they answered nothing. `since` is when the driver
    began, by the monotonic clock and the time of day; the first chunk, where nothing is said.
    """

    clock: VirtualClock

    def __init__(
        self,
        instrument: str,
        frames: Sequence[WireFrame],
        pace: Callable[[float], None] | None = None,
        since: tuple[float, float] | None = None,
    ) -> None:
        first = frames[0] if frames else WireFrame("rx", b"", 0.0, 0.0)
        monotonic, wall = since or (first.monotonic, first.wall)
        super().__init__(instrument, VirtualClock(monotonic, wall, pace))
        self._frames = frames
        self._next = 0

    @property
    def finished(self) -> bool:
        """Whether every recorded chunk has been written or read again."""
        return self._next >= len(self._frames)

    def open(self) -> None:
        """Go on with the recording where it stands; the port of a recording is always there."""

    def write(self, data: bytes) -> None:
        """Ask again what was asked. Raises ReplayDiverged when the recording has another question here, or none."""
        while self._next < len(self._frames) and self._frames[self._next].direction == "rx":
            self._take()
        if self._next >= len(self._frames):
            raise ReplayDiverged(
                self.instrument,
                why=msg("The program sends {sent} after the end of the recording.", sent=_shown(data)),
                request=data,
            )
        frame = self._frames[self._next]
        if frame.data != data:
            raise ReplayDiverged(
                self.instrument,
                why=msg(
                    "The program sends {sent} where {recorded} was recorded.",
                    sent=_shown(data),
                    recorded=_shown(frame.data),
                ),
                request=data,
            )
        self._take()

    def read(self, deadline: float) -> bytes:
        """Return the next recorded chunk; b"" at the deadline when it came later, and after the end."""
        frame = self._frames[self._next] if self._next < len(self._frames) else None
        if frame is None or frame.direction == "tx" or frame.monotonic > max(deadline, self.clock.monotonic()):
            self.clock.advance(deadline)
            return b""
        return self._take().data

    def close(self) -> None:
        """Nothing is held: a replay may be opened again and goes on."""

    def _take(self) -> WireFrame:
        frame = self._frames[self._next]
        self._next += 1
        self.clock.follow(frame)
        if self.tap:
            self.tap(frame.direction, frame.data, self.clock.monotonic(), self.clock.wall())
        return frame


def _shown(data: bytes) -> str:
    return repr(data[:40])[1:]
