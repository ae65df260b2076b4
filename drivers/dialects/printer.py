"""The text in a receipt printer's stream: ESC/POS control sequences are taken out, what would be on paper stays.

Lengths of the sequences: manuals of the Epson TM-H5000 (ESC 3 = ? @ <) and the Samsung STP-102 (ESC c d {, GS ! :); the
others as ESC/POS printers commonly have them, not looked up. One that is not in the table is taken as two bytes.
"""

from __future__ import annotations

from drivers.dialects.frames import Frame, Garbage
from drivers.dialects.framing import LineDecoder

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D
# Bytes after ESC x, FS x, GS x; -1: they end with a zero byte.
AFTER: dict[int, dict[int, int]] = {
    ESC: {
        **dict.fromkeys(b" !%-3=?EGJKMQRTUVadertuv{", 1),
        **dict.fromkeys(b"$\\cf", 2),
        ord("p"): 3,
        ord("W"): 8,
        ord("D"): -1,
    },
    FS: {**dict.fromkeys(b"!-CW", 1), **dict.fromkeys(b"Sp", 2)},
    GS: {**dict.fromkeys(b"!/BEHITabfhrw", 1), **dict.fromkeys(b"$\\LPW", 2), ord("^"): 3},
}
KEPT = b"\t\n\r"
# No sequence that a zero byte ends is longer: this is something else.
LONGEST = 256
# Nor is any picture of an instrument: what claims to be is noise, and must not swallow what follows.
LARGEST = 70_000
# These move the paper: what follows stands on another line (ESC d and ESC J feed, GS V cuts).
FEEDS = (b"\x1bd", b"\x1bJ", b"\x1dV")


class Paper:
    """Takes the control sequences out of a stream that comes in any pieces."""

    def __init__(self) -> None:
        self._begun = b""
        self._skip = 0
        self._open = False

    @property
    def pending(self) -> bytes:
        """A control sequence that has begun and not ended."""
        return self._begun

    def reset(self) -> None:
        self._begun = b""
        self._skip = 0
        self._open = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what of the stream up to here is text: printable bytes, tabs, line feeds, carriage returns."""
        data = self._begun + chunk
        out = bytearray()
        at = min(self._skip, len(data))
        self._skip -= at
        while at < len(data):
            byte = data[at]
            if byte in (DLE, ESC, FS, GS):
                length = sequence(data, at)
                if length is None:
                    break
                length = length if length <= LARGEST else 2
                if self._open and data[at : at + 2] in FEEDS:
                    out.append(0x0A)
                    self._open = False
                self._skip = max(0, at + length - len(data))
                at += length
                continue
            if byte >= 0x20 or byte in KEPT:
                out.append(byte)
                self._open = byte not in b"\n\r"
            at += 1
        self._begun = data[at:]
        return bytes(out)


def sequence(data: bytes, at: int) -> int | None:
    """Return the length of the control sequence that begins at `at`, None while that cannot be told yet."""
    rest = data[at : at + 16]
    if len(rest) < 2:
        return None
    lead, command = rest[0], rest[1]
    if lead == DLE:
        return 3 if command in (0x04, 0x05) else 5 if command == 0x14 else 1
    if command == 0x28 and lead in (ESC, FS, GS):  # ( x pL pH: so many bytes follow
        return None if len(rest) < 5 else 5 + rest[3] + 256 * rest[4]
    if (lead, command) == (ESC, ord("*")):  # a picture: m nL nH
        return None if len(rest) < 5 else 5 + (rest[3] + 256 * rest[4]) * (3 if rest[2] in (32, 33) else 1)
    if (lead, command) == (GS, ord("v")):  # a raster: 0 m xL xH yL yH
        return None if len(rest) < 8 else 8 + (rest[4] + 256 * rest[5]) * (rest[6] + 256 * rest[7])
    if (lead, command) == (GS, ord("*")):  # a picture to keep: x y
        return None if len(rest) < 4 else 4 + rest[2] * rest[3] * 8
    if (lead, command) == (GS, ord("V")):  # cut
        return None if len(rest) < 3 else 4 if rest[2] in (65, 66, 97, 98, 103, 104) else 3
    if (lead, command) == (GS, ord("k")):  # bar code: m n bytes, or m bytes zero
        if len(rest) < 4:
            return None
        return 4 + rest[3] if rest[2] >= 65 else _to_zero(data, at, 3)
    after = AFTER[lead].get(command, 0)
    return _to_zero(data, at, 2) if after < 0 else 2 + after


def _to_zero(data: bytes, at: int, start: int) -> int | None:
    end = data.find(b"\0", at + start, at + LONGEST)
    if end >= 0:
        return end + 1 - at
    return None if len(data) - at < LONGEST else 2


class PrintedDecoder:
    """Lines of a printer's stream: the control sequences taken out, then read as lines of text."""

    def __init__(self, lines: LineDecoder) -> None:
        self._paper = Paper()
        self._lines = lines

    @property
    def pending(self) -> bytes:
        return self._lines.pending + self._paper.pending

    def feed(self, chunk: bytes) -> list[Frame | Garbage]:
        return self._lines.feed(self._paper.feed(chunk))

    def reset(self) -> None:
        self._paper.reset()
        self._lines.reset()
