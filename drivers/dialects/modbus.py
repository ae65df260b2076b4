"""Modbus RTU frames: unit address, function code, data, CRC; pymodbus knows their lengths and their CRC."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from drivers.dialects.frames import BAD_CHECKSUM, BAD_LENGTH, NOISE, OUT_OF_RANGE, UNDECODABLE, Frame, Garbage
from drivers.dialects.messages import Message
from drivers.dialects.model import BINARY

CRC = 2
# What decides on a frame's length stands in its first bytes.
HEAD = 8


def framed(message: Message, body: bytes) -> bytes:
    """Return the frame of a message: its body begins with the unit's address, and knows of no byte count."""
    at = _count_at(message)
    data = body[1:] if at is None else body[1 : at - 1] + bytes([len(body) - at + 1]) + body[at - 1 :]
    return FramerRTU(DecodePDU(False)).encode(bytes([message.spec.type or 0]) + data, body[0], 0)


def body_of(message: Message, raw: bytes) -> bytes:
    """Return a frame's unit address and data, without function code and byte count."""
    at = _count_at(message)
    return raw[:1] + (raw[2:-CRC] if at is None else raw[2:at] + raw[at + 1 : -CRC])


def _count_at(message: Message) -> int | None:
    """Return where the frame says how many bytes follow: before a field of open length; None where it has none."""
    *packed, last = message.fields
    if last.spec.type != "bytes":
        return None
    return 1 + struct.calcsize(">" + "".join(BINARY[field.spec.type] for field in packed))


class ModbusDecoder:
    """Finds the frames of known functions. Silence, which should part them, does not survive a USB adapter: length and
    CRC do.

    A byte that only looks like a beginning holds the next frame up until as many bytes have come as it promises; the
    lengths that the dialect's messages can have keep that short.
    """

    def __init__(self, messages: Sequence[Message], device: bool) -> None:
        self._pdus = DecodePDU(device)
        self._messages: dict[int, list[Message]] = {}
        for message in messages:
            self._messages.setdefault(message.spec.type or 0, []).append(message)
        functions = b"".join(re.escape(bytes([function])) for function in self._messages)
        self._start = re.compile(rb".[" + functions + rb"]" if functions else rb"(?!)", re.DOTALL)
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
        while (begin := self._beginning(data, at)) is not None:
            if begin > at:
                out.append(Garbage(data[at:begin], NOISE))
                at = begin
            size = self._size(data[at : at + HEAD])
            if size is None or at + size > len(data):
                break
            frame = self._frame(data[at : at + size]) if size else BAD_LENGTH
            if isinstance(frame, Frame) or frame not in (BAD_LENGTH, BAD_CHECKSUM):
                raw = data[at : at + size]
                out.append(frame if isinstance(frame, Frame) else Garbage(raw, frame))
                at += size
                continue
            following = self._beginning(data, at + 1)
            end = len(data) if following is None else following
            out.append(Garbage(data[at:end], frame))
            at = end
        self._pending = data[at:]
        return out

    def _beginning(self, data: bytes, at: int) -> int | None:
        """Return where the next frame may begin; the last byte may be the address of one. None at the end."""
        found = self._start.search(data, at)
        if found is not None:
            return found.start()
        return len(data) - 1 if at < len(data) else None

    def _size(self, head: bytes) -> int | None:
        """Return the length of the frame that begins so, 0 where none does, None where that cannot be told yet."""
        if len(head) < 2:
            return None
        pdu = self._pdus.lookupPduClass(head)
        if pdu is None:
            return 0
        size = pdu.calculateRtuFrameSize(head)
        if not size:
            return None
        for message in self._messages[head[1]]:
            low, high = message.lengths
            if low <= size - 1 - CRC - (_count_at(message) is not None) <= high:
                return size
        return 0

    def _frame(self, raw: bytes) -> Frame | str:
        if not FramerRTU.check_CRC(raw[:-CRC], int.from_bytes(raw[-CRC:], "big")):
            return BAD_CHECKSUM
        for message in self._messages[raw[1]]:
            pieces = message.read(body_of(message, raw))
            if pieces is not None:
                return Frame(message.name, pieces, raw, message) if message.within(pieces) else OUT_OF_RANGE
        return UNDECODABLE
