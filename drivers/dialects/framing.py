"""Finding frames in a stream of bytes: text lines, frames of one length, binary frames with a length field.

Every decoder is total: any bytes in any pieces give frames and garbage, never an exception; what it holds back is
bounded; the frames do not depend on how the bytes were cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from drivers.dialects.checksum import Algorithm
from drivers.dialects.frames import (
    BAD_CHECKSUM,
    BAD_LENGTH,
    NOISE,
    OUT_OF_RANGE,
    TOO_LONG,
    UNDECODABLE,
    UNKNOWN_TYPE,
    Frame,
    Garbage,
)
from drivers.dialects.messages import BinaryMessage, Echo, TextMessage
from drivers.dialects.model import BinaryFraming, FixedFraming, LineFraming

Spoken = TextMessage | Echo


class Decoder(Protocol):
    """Bytes in, in any pieces; frames and garbage out, in order."""

    @property
    def pending(self) -> bytes:
        """What came and is no whole frame yet."""
        ...

    def feed(self, chunk: bytes) -> list[Frame | Garbage]:
        """Take the next bytes; return what they complete. Never raises."""
        ...

    def reset(self) -> None:
        """Forget what is pending (after a timeout: a late rest must not join the next reply)."""
        ...


class Matcher:
    """All text messages of one side as one regular expression: which message is this body?"""

    def __init__(self, messages: Sequence[Spoken]) -> None:
        self._messages: dict[int | None, tuple[Spoken, tuple[int, ...], bool]] = {}
        parts, group = [], 1
        for message in messages:
            pieces = tuple(range(group + 1, group + 1 + len(message.fields)))
            self._messages[group] = (message, pieces, len(pieces) > 1)
            parts.append(f"({message.expression})")
            group += 1 + len(pieces)
        everything = "|".join(parts) if parts else r"(?!)"
        self._fullmatch = re.compile(everything.encode("latin-1"), re.DOTALL).fullmatch

    def read(self, body: bytes, raw: bytes) -> Frame | str:
        """Return the frame, or the reason why the body is none."""
        found = self._fullmatch(body)
        if found is None:
            return UNDECODABLE
        message, groups, several = self._messages[found.lastindex]
        pieces: tuple[bytes, ...] = found.group(*groups) if several else tuple(map(found.group, groups))
        for index, convert, low, high in message.limits:
            if not low <= convert(pieces[index]) <= high:
                return OUT_OF_RANGE
        if message.guarded and not message.within(pieces):
            return OUT_OF_RANGE
        return Frame(message.name, pieces, raw, message)


class LineDecoder:
    """Lines of text up to a terminator, with a hexadecimal checksum before it where the dialect has one."""

    def __init__(self, framing: LineFraming, checksum: Algorithm | None, messages: Sequence[Spoken]) -> None:
        self._terminator = framing.terminator.encode("latin-1")
        self._starts = framing.start.encode("latin-1")
        self._strip = framing.strip.encode("latin-1")
        self._longest = framing.longest
        self._single = {bytes([code]): name for name, code in framing.single.items()}
        self._read = Matcher(messages).read
        self._frame = self._summed(checksum) if checksum else self._stripped if self._strip else self._read
        self._pending = b""
        self._overflowed = False

    @property
    def pending(self) -> bytes:
        return self._pending

    def reset(self) -> None:
        self._pending = b""
        self._overflowed = False

    def feed(self, chunk: bytes) -> list[Frame | Garbage]:
        terminator, longest, single, frame_of = self._terminator, self._longest, self._single, self._frame
        lines = (self._pending + chunk).split(terminator)
        rest = lines.pop()
        out: list[Frame | Garbage] = []
        append = out.append
        for line in lines:
            if single and not self._overflowed:
                line = self._singles(line, out)
            if self._overflowed or len(line) > longest:
                self._long(line, out)
            elif line:
                raw = line + terminator
                frame = frame_of(line, raw)
                if type(frame) is Frame:
                    append(frame)
                else:
                    self._resume(line, raw, str(frame), out)
        if self._single and not self._overflowed:
            rest = self._singles(rest, out)
        # A terminator that has come half way does not count towards the line.
        cut = len(rest) - self._longest - len(self._terminator) + 1
        if cut > 0:
            out.append(Garbage(rest[:cut], TOO_LONG))
            rest = rest[cut:]
            self._overflowed = True
        self._pending = rest
        return out

    def _stripped(self, line: bytes, raw: bytes) -> Frame | str:
        return self._read(line.strip(self._strip), raw)

    def _summed(self, checksum: Algorithm) -> Callable[[bytes, bytes], Frame | str]:
        """Return what reads a line whose last digits are its sum."""
        digits, total, read = 2 * checksum.size, checksum.of, self._read
        written = b"%%0%dX" % digits

        def frame(line: bytes, raw: bytes) -> Frame | str:
            body = line[:-digits]
            return read(body, raw) if written % total(body) == line[-digits:] else BAD_CHECKSUM

        return frame

    def _resume(self, line: bytes, raw: bytes, reason: str, out: list[Frame | Garbage], first: int = 1) -> None:
        """Look for a frame that begins later in a line that is none, at each start mark from `first` on."""
        if self._strip and not line.strip(self._strip):
            return
        for at in range(first, len(line)) if self._starts else ():
            if line[at] in self._starts:
                frame = self._frame(line[at:], raw[at:])
                if isinstance(frame, Frame):
                    if at:
                        out.append(Garbage(raw[:at], NOISE))
                    out.append(frame)
                    return
        out.append(Garbage(raw, reason))

    def _long(self, line: bytes, out: list[Frame | Garbage]) -> None:
        """Take the end of a line that was too long: only a frame that begins at a start mark can be in it."""
        self._overflowed = False
        cut = max(0, len(line) - self._longest)
        if cut:
            out.append(Garbage(line[:cut], TOO_LONG))
        self._resume(line[cut:], line[cut:] + self._terminator, TOO_LONG, out, first=0)

    def _singles(self, line: bytes, out: list[Frame | Garbage]) -> bytes:
        """Take the one-byte frames (ACK) that stand where a line would begin."""
        while line and (name := self._single.get(line[:1])) is not None:
            out.append(Frame(name, {}, line[:1]))
            line = line[1:]
        return line


class Layouts:
    """All binary messages of one side that frames of one length carry: which one is this body?"""

    def __init__(self, messages: Sequence[BinaryMessage]) -> None:
        self._messages = messages

    def read(self, body: bytes, raw: bytes) -> Frame | str:
        """Return the frame, or the reason why the body is none."""
        for message in self._messages:
            pieces = message.read(body)
            if pieces is not None:
                return Frame(message.name, pieces, raw, message) if message.within(pieces) else OUT_OF_RANGE
        return UNDECODABLE


class FixedDecoder:
    """Frames of one length, between a start and an end byte where the dialect has them."""

    def __init__(self, framing: FixedFraming, messages: Sequence[Spoken | BinaryMessage]) -> None:
        self._length = framing.length
        self._start = framing.start
        self._end = framing.end
        self._body = slice(framing.start is not None, framing.length - (framing.end is not None))
        binary = [message for message in messages if isinstance(message, BinaryMessage)]
        spoken = [message for message in messages if not isinstance(message, BinaryMessage)]
        self._read = Layouts(binary).read if binary else Matcher(spoken).read
        self._pending = b""

    @property
    def pending(self) -> bytes:
        return self._pending

    def reset(self) -> None:
        self._pending = b""

    def feed(self, chunk: bytes) -> list[Frame | Garbage]:
        data = self._pending + chunk
        out: list[Frame | Garbage] = []
        at = 0
        while at < len(data):
            if self._start is not None and data[at] != self._start:
                at = _skip(self._start, data, at, NOISE, out)
                continue
            raw = data[at : at + self._length]
            if len(raw) < self._length:
                break
            frame = self._read(raw[self._body], raw) if self._end in (None, raw[-1]) else BAD_LENGTH
            if isinstance(frame, Frame):
                out.append(frame)
                at += self._length
            elif frame == OUT_OF_RANGE:
                out.append(Garbage(raw, OUT_OF_RANGE))
                at += self._length
            elif self._start is not None:
                at = _skip(self._start, data, at, frame, out)
            else:
                at = self._to_next_end(data, at, frame, out)
        self._pending = data[at:]
        return out

    def _to_next_end(self, data: bytes, at: int, reason: str, out: list[Frame | Garbage]) -> int:
        """Put aside, where nothing marks a frame's start, all that no later end byte can make a frame."""
        following = at + 1
        if self._end is not None:
            end = data.find(self._end, at + self._length)
            following = (end if end >= 0 else len(data)) - self._length + 1
        out.append(Garbage(data[at:following], reason))
        return following


class BinaryDecoder:
    """Start byte, type, length, payload, checksum of the payload.

    The checksum covers neither type nor length: the length must be one that the type can have, so that a corrupted
    header is put aside. A corrupted type whose length and payload both fit another message cannot be told.
    """

    HEAD = 4

    def __init__(
        self, framing: BinaryFraming, checksum: Algorithm | None, messages: Sequence[TextMessage | BinaryMessage]
    ) -> None:
        self._start = framing.start
        self._order = framing.order
        self._checksum = checksum
        self._messages: dict[int, list[TextMessage | BinaryMessage]] = {}
        for message in messages:
            self._messages.setdefault(message.spec.type or 0, []).append(message)
        self._lengths = {kind: _span(group) for kind, group in self._messages.items()}
        self._any_length = _span(messages)
        self._pending = b""

    @property
    def pending(self) -> bytes:
        return self._pending

    def reset(self) -> None:
        self._pending = b""

    def feed(self, chunk: bytes) -> list[Frame | Garbage]:
        data = self._pending + chunk
        out: list[Frame | Garbage] = []
        size = self._checksum.size if self._checksum else 0
        at, end = 0, len(data)
        while at < end:
            if data[at] != self._start:
                at = _skip(self._start, data, at, NOISE, out)
                continue
            if end - at < self.HEAD:
                break
            kind = data[at + 1]
            length = int.from_bytes(data[at + 2 : at + self.HEAD], self._order)
            low, high = self._lengths.get(kind, self._any_length)
            if not low <= length <= high:
                at = _skip(self._start, data, at, BAD_LENGTH, out)
                continue
            stop = at + self.HEAD + length + size
            if stop > end:
                break
            frame = self._frame(data[at:stop], size)
            if frame == BAD_CHECKSUM:
                at = _skip(self._start, data, at, BAD_CHECKSUM, out)
                continue
            out.append(frame if isinstance(frame, Frame) else Garbage(data[at:stop], frame))
            at = stop
        self._pending = data[at:]
        return out

    def _frame(self, raw: bytes, size: int) -> Frame | str:
        payload = raw[self.HEAD : len(raw) - size]
        if self._checksum and self._checksum.of(payload) != int.from_bytes(raw[-size:], self._order):
            return BAD_CHECKSUM
        if raw[1] not in self._messages:
            return UNKNOWN_TYPE
        for message in self._messages[raw[1]]:
            pieces = message.read(payload)
            if pieces is not None:
                return Frame(message.name, pieces, raw, message) if message.within(pieces) else OUT_OF_RANGE
        return UNDECODABLE


def _skip(start: int, data: bytes, at: int, reason: str, out: list[Frame | Garbage]) -> int:
    """Put everything up to the next start byte aside; return where that is."""
    following = data.find(start, at + 1)
    following = len(data) if following < 0 else following
    out.append(Garbage(data[at:following], reason))
    return following


def _span(messages: Sequence[TextMessage | BinaryMessage]) -> tuple[int, int]:
    """Return the shortest and longest payload that any of the messages can have."""
    lengths = [message.lengths for message in messages]
    return min((low for low, _ in lengths), default=0), max((high for _, high in lengths), default=0)
