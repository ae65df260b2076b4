"""Listening in on an instrument's wire while it works: every chunk of both directions cut into frames and decoded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from bench.language import _
from drivers.dialects import Decoder, Frame
from drivers.dialects.frames import REASONS, FieldValue
from drivers.listening import WireLine, cut

KEPT = 2000


class WireWatch:
    """The last frames of a wire. `hear` is called in the owner's thread, the rest from anywhere.

    `decoders` decode what comes ("rx") and what goes ("tx"); a direction without one is cut at line ends.
    """

    def __init__(self, decoders: dict[str, Decoder] | None = None) -> None:
        self._decoders = decoders or {}
        self._lines: deque[WireLine] = deque(maxlen=KEPT)
        self._rest: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self.count = 0
        """How many frames have been heard, also those that are not kept any more."""

    def hear(self, direction: str, data: bytes, monotonic: float, wall: float) -> None:
        """Take one chunk; never raises."""
        with self._lock:
            for line in self._frames(direction, data, wall):
                self._lines.append(line)
                self.count += 1

    def lines(self) -> Sequence[WireLine]:
        """Return what is kept, oldest first."""
        with self._lock:
            return tuple(self._lines)

    def clear(self) -> None:
        """Forget what was heard."""
        with self._lock:
            self._lines.clear()

    def _frames(self, direction: str, data: bytes, wall: float) -> list[WireLine]:
        decoder = self._decoders.get(direction)
        if decoder is None:
            # A command is written whole; what comes may come in pieces.
            frames, rest = cut(self._rest.get(direction, b"") + data, silent=direction == "tx")
            self._rest[direction] = rest
            return [WireLine(direction, wall, frame) for frame in frames]
        return [
            WireLine(direction, wall, item.raw, item.name, item.fields)
            if isinstance(item, Frame)
            else WireLine(direction, wall, item.raw, reason=item.reason)
            for item in decoder.feed(data)
        ]


def meaning(line: WireLine) -> str:
    """Return what a frame says: the message with its fields, or why it is none."""
    if line.name:
        said = ", ".join(f"{name} {_said(value)}" for name, value in line.fields.items())
        return f"{line.name}: {said}" if said else line.name
    reason = _(REASONS.get(line.reason, line.reason))
    return _("not understood: {reason}").format(reason=reason) if reason else ""


def _said(value: FieldValue) -> str:
    return value.hex(" ") if isinstance(value, bytes) else str(value)
