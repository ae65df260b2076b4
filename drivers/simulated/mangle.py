"""What lines do to frames, one function each: cut, mutate, mishear; for the conformance suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

Mangle = Callable[[bytes], bytes]
Wire = Callable[[bytes], list[tuple[float, bytes]]]

NOISES = {
    "random bytes": bytes.fromhex("9c07e3415fa811c6"),
    "zero bytes": bytes(8),
    "a run of FF": b"\xff" * 16,
    "letters with accents": "é°µ".encode(),
}


class Nth:
    """A wire that sends the frames numbered in `chosen` (from 1) mangled, the others whole; all where it is empty."""

    def __init__(self, mangle: Mangle, chosen: Sequence[int] = ()) -> None:
        self._mangle = mangle
        self._chosen = frozenset(chosen)
        self.count = 0

    def __call__(self, frame: bytes) -> list[tuple[float, bytes]]:
        self.count += 1
        if self._chosen and self.count not in self._chosen:
            return [(0.0, frame)]
        mangled = self._mangle(frame)
        return [(0.0, mangled)] if mangled else []


def then_silence(nth: int) -> Wire:
    """A wire that breaks off in the middle of the nth frame and says nothing more."""
    count = 0

    def wire(frame: bytes) -> list[tuple[float, bytes]]:
        nonlocal count
        count += 1
        return [] if count > nth else [(0.0, frame[: len(frame) // 2] if count == nth else frame)]

    return wire


def held_back(nth: int, late: float) -> Wire:
    """A wire that holds back the nth frame so many seconds, and with it what follows."""
    count = 0

    def wire(frame: bytes) -> list[tuple[float, bytes]]:
        nonlocal count
        count += 1
        return [(late if count == nth else 0.0, frame)]

    return wire


def mutations(frame: bytes, random: Random) -> Iterator[bytes]:
    """Yield the frame with one thing wrong: a bit, a digit, the sign, the decimal point, a unit's letter, a byte gone,
    a byte too many. Each differs from the frame."""
    where = random.randrange(len(frame))
    yield _with(frame, where, frame[where] ^ 1 << random.randrange(8))
    for sort in (b"0123456789", b"+-", b".", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        places = [at for at, byte in enumerate(frame) if byte in sort]
        if places:
            at = random.choice(places)
            yield _with(frame, at, ord(",") if sort == b"." else random.choice([b for b in sort if b != frame[at]]))
    where = random.randrange(len(frame))
    yield frame[:where] + frame[where + 1 :]
    yield frame[:where] + bytes([random.randrange(256)]) + frame[where:]


def _with(frame: bytes, at: int, byte: int) -> bytes:
    return frame[:at] + bytes([byte]) + frame[at + 1 :]


def misheard(frame: bytes, *, sent: int = 9600, heard: int = 19200) -> bytes:
    """Return what a receiver at `heard` baud makes of 8N1 characters that were sent at `sent` baud.

    Characters whose stop bit is not there are left out, as most UARTs do.
    """
    line = [bit for byte in frame for bit in (0, *(byte >> n & 1 for n in range(8)), 1)] + [1] * 20

    def level(time: float) -> int:  # time in bits of the receiver
        index = int(time * sent / heard)
        return line[index] if index < len(line) else 1

    out = bytearray()
    time, end = 0.0, len(line) * heard / sent
    while time < end:
        if level(time):
            time += 0.5
            continue
        bits = [level(time + 1.5 + n) for n in range(9)]
        if bits[8]:
            out.append(sum(bit << n for n, bit in enumerate(bits[:8])))
        time += 9.5
    return bytes(out)


def with_parity_bit(frame: bytes) -> bytes:
    """Return what a receiver at 8N1 makes of seven-bit characters with even parity: the parity as bit 7."""
    return bytes((byte & 0x7F) | (byte & 0x7F).bit_count() % 2 << 7 for byte in frame)
