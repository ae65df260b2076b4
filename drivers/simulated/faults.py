"""The fault deck: what can go wrong on the wire and in an instrument, switched on and off while it runs.

Delays are in the machine's seconds, whatever the speed of device time: a host's deadlines are too.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from bench.errors import UsageError
from bench.language import N_, msg

WIRE = {
    "silent": N_("nothing is answered"),
    "slow": N_("one byte every quarter of a second"),
    "trickle": N_("one byte a minute"),
    "late": N_("every answer comes three seconds late"),
    "partial": N_("every answer breaks off half-way"),
    "split": N_("every answer comes byte by byte"),
    "garbage-before": N_("random bytes before every answer"),
    "garbage-after": N_("random bytes after every answer"),
    "bit-flip": N_("one bit of every answer is wrong"),
    "wrong-checksum": N_("the checksum of every answer is wrong"),
    "other-instrument": N_("another instrument’s answer comes"),
    "duplicate": N_("every answer comes twice"),
    "babble": N_("an endless stream of random bytes"),
    "hang": N_("the instrument hangs with its link up"),
}
DEVICE = {
    "reset": N_("the instrument restarts once, now"),
    "out-of-range": N_("the values are outside the instrument’s range"),
    "lid-open": N_("the lid or holder is open: the instrument refuses to run"),
    "no-signal": N_("the instrument sees no watch"),
    "stuck": N_("the value no longer changes"),
    "drift": N_("the value drifts away with time"),
}
FAULTS = {**WIRE, **DEVICE}

BYTE_PAUSE = 0.25
TRICKLE_PAUSE = 60.0
SPLIT_PAUSE = 0.002
LATE = 3.0
BABBLE_CHUNK = 4096
BABBLE_PAUSE = 0.004  # a chunk every 4 ms: 1 MB/s

# Documented frames of others: a field meter's (-1.25 mT) and, on the field meter's own line, a leak tester's.
FIELD_METER_FRAME = b"\x0241E31200000125\r"
LEAK_TESTER_FRAME = b"#00 00 2 -000.4:32\r"

Piece = tuple[float, bytes]


class FaultDeck:
    """The faults of one instrument that are on; `checksum` says which bytes of a frame hold its checksum."""

    def __init__(self, seed: object, *, checksum: slice | None = None, other: bytes = FIELD_METER_FRAME) -> None:
        self._random = Random(f"{seed}/faults")
        self._on: set[str] = set()
        self._checksum = checksum
        self._other = other

    def __contains__(self, fault: str) -> bool:
        return fault in self._on

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._on))

    def switch(self, fault: str, on: bool) -> None:
        """Switch a fault on or off. Raises UsageError for an unknown one."""
        if fault not in FAULTS:
            raise UsageError(
                msg("There is no fault called “{fault}”.", fault=fault),
                remedy=msg("Known faults: {known}.", known=", ".join(FAULTS)),
            )
        if on:
            self._on.add(fault)
        else:
            self._on.discard(fault)

    def outgoing(self, frame: bytes) -> list[Piece]:
        """Return what really goes out for `frame`: pieces, each with its delay in seconds from now."""
        if "silent" in self or "hang" in self:
            return []
        if "other-instrument" in self:
            frame = self._other
        if "wrong-checksum" in self:
            frame = self._wrong_checksum(frame)
        if "bit-flip" in self:
            frame = self._bit_flip(frame)
        if "partial" in self:
            frame = frame[: max(1, len(frame) // 2)]
        if "duplicate" in self:
            frame += frame
        if "garbage-before" in self:
            frame = self._garbage() + frame
        if "garbage-after" in self:
            frame += self._garbage()
        start = LATE if "late" in self else 0.0
        for fault, pause in (("trickle", TRICKLE_PAUSE), ("slow", BYTE_PAUSE), ("split", SPLIT_PAUSE)):
            if fault in self:
                return [(start + n * pause, frame[n : n + 1]) for n in range(len(frame))]
        return [(start, frame)]

    def babble(self) -> bytes:
        """Return one chunk of an endless random stream."""
        return self._random.randbytes(BABBLE_CHUNK)

    def _garbage(self) -> bytes:
        return self._random.randbytes(self._random.randint(1, 12))

    def _bit_flip(self, frame: bytes) -> bytes:
        where = self._random.randrange(len(frame))
        return frame[:where] + bytes([frame[where] ^ 1 << self._random.randrange(8)]) + frame[where + 1 :]

    def _wrong_checksum(self, frame: bytes) -> bytes:
        if self._checksum is None:
            return frame
        wrong = bytes(_another(byte) for byte in frame[self._checksum])
        start, stop, _ = self._checksum.indices(len(frame))
        return frame[:start] + wrong + frame[stop:]


def _another(byte: int) -> int:
    """Return another byte of the same sort: a hexadecimal digit for a digit."""
    digits = b"0123456789ABCDEF"
    return digits[(digits.index(byte) + 1) % 16] if byte in digits else byte ^ 0x5A
