"""Read a recording back: whole, cut by a crash, or damaged in places."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Header, Metadata
from mcap.writer import MCAP0_MAGIC

from bench.errors import UsageError
from bench.language import Message, msg
from bench.recording import model
from bench.recording.model import Segment, WireFrame

_BROKEN = (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError, McapError)
"""What a damaged record raises when it is decoded."""
_NS = 1_000_000_000


class Recording:
    """One recorded session, written by `program`.

    `truncated` says that the file ends before its end was written (a crash, a full disk); what stands before the cut
    is all here. `damaged` counts stretches inside the file that were left out because their checksum is wrong.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.program = ""
        self.metadata: dict[str, Any] = {}
        self.truncated = True
        self.damaged = 0
        self._segments: dict[str, Segment] = {}
        self._open: dict[str, str] = {}
        self._frames: dict[str, list[WireFrame]] = {}
        self._channels: dict[int, Channel] = {}

    @classmethod
    def open(cls, path: Path) -> Recording:
        """Read the file. Raises UsageError when there is none, when it is no recording of Établi, or of a newer one."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise _unreadable(path, msg("{detail}.", detail=(error.strerror or str(error)).rstrip("."))) from error
        return cls.of(data, path)

    @classmethod
    def of(cls, data: bytes, path: Path) -> Recording:
        """Read a recording that is already in memory; `path` is what it is called by. Raises UsageError."""
        if not data or not MCAP0_MAGIC.startswith(data[: len(MCAP0_MAGIC)]):
            raise _unreadable(path, msg("It is not an MCAP file."))
        recording = cls(path)
        recording._read(memoryview(data))
        return recording

    def segments(self) -> list[Segment]:
        """Return the tasks in the order in which they began."""
        return list(self._segments.values())

    def instruments(self) -> list[str]:
        """Return the instruments that were heard, in the order of their first chunk."""
        return list(self._frames)

    def frames(self, instrument: str) -> list[WireFrame]:
        """Return everything that crossed the wire of `instrument`, inside tasks and between them."""
        return list(self._frames.get(instrument, ()))

    def _read(self, data: memoryview) -> None:
        for opcode, body, whole in _records(data[len(MCAP0_MAGIC) :]):
            if opcode == Opcode.CHUNK:
                self._read_chunk(body, whole)
            elif not whole:
                return
            elif opcode == Opcode.HEADER:
                self._read_header(body)
            elif opcode == Opcode.METADATA:
                self._read_metadata(body)
            elif opcode == Opcode.FOOTER:
                self.truncated = bytes(data[-len(MCAP0_MAGIC) :]) != MCAP0_MAGIC
                return

    def _read_header(self, body: memoryview) -> None:
        try:
            header = Header.read(_stream(body))
            profile, self.program = header.profile, header.library
        except _BROKEN:
            profile = ""
        if profile != model.PROFILE:
            raise _unreadable(self.path, msg("It is an MCAP file of another program."))

    def _read_metadata(self, body: memoryview) -> None:
        try:
            record = Metadata.read(_stream(body))
            if record.name == model.METADATA:
                self.metadata = {name: json.loads(text) for name, text in record.metadata.items()}
            written = int(self.metadata.pop("format", model.FORMAT))
        except _BROKEN:
            self._note_damage()
            return
        if written > model.FORMAT:
            raise newer(self)

    def _read_chunk(self, body: memoryview, whole: bool) -> None:
        """Read a chunk; of the last one of a cut file, the messages that are there."""
        try:
            *_, crc = model.CHUNK.unpack_from(body)
            (length,) = struct.unpack_from("<I", body, model.CHUNK.size)
            start = model.CHUNK.size + 4 + length + 8
        except struct.error:
            return
        records = body[start:]
        if length or (whole and crc and zlib.crc32(records) != crc):
            self._note_damage()
            return
        for opcode, record, complete in _records(records):
            if not complete:
                return
            try:
                if opcode == Opcode.MESSAGE:
                    self._read_message(record)
                elif opcode == Opcode.CHANNEL:
                    channel = Channel.read(_stream(record))
                    self._channels[channel.id] = channel
            except _BROKEN:
                self._note_damage()

    def _read_message(self, body: memoryview) -> None:
        number, _, wall, _ = model.MESSAGE.unpack_from(body)
        payload = body[model.MESSAGE.size :]
        channel = self._channels[number]
        if channel.topic == model.SEGMENTS:
            self._read_segment(json.loads(bytes(payload)), wall / _NS)
            return
        monotonic, size = model.WIRE.unpack_from(payload)
        data = bytes(payload[model.WIRE.size :])
        if len(data) != size:
            raise ValueError("a chunk of another length than it says")
        instrument = channel.metadata["instrument"]
        frame = WireFrame(channel.metadata["direction"], data, monotonic / _NS, wall / _NS)
        self._frames.setdefault(instrument, []).append(frame)
        if instrument in self._open:
            self._segments[self._open[instrument]].frames.append(frame)

    def _read_segment(self, said: Mapping[str, Any], wall: float) -> None:
        name = said["segment"]
        if said["event"] == "begin":
            self._segments[name] = Segment(name, said["instrument"], said["header"], marked=wall)
            self._open[said["instrument"]] = name
            return
        begun = self._segments.get(name)
        if begun is None:
            return
        if self._open.get(begun.instrument) == name:
            del self._open[begun.instrument]
        damaged = begun.damaged or bool(said.get("dropped"))
        self._segments[name] = replace(begun, outcome=said["outcome"], damaged=damaged)

    def _note_damage(self) -> None:
        """Something is missing here: every task that is open may have lost frames."""
        self.damaged += 1
        for name in self._open.values():
            self._segments[name] = replace(self._segments[name], damaged=True)


def _records(data: memoryview) -> Iterator[tuple[int, memoryview, bool]]:
    """Yield opcode, body and wholeness of each record; after one that is cut, nothing more."""
    place = 0
    while place + model.RECORD.size <= len(data):
        opcode, length = model.RECORD.unpack_from(data, place)
        place += model.RECORD.size
        if opcode == 0:  # never a record: the zeros of blocks that a crash left unwritten
            return
        yield opcode, data[place : place + length], place + length <= len(data)
        place += length


def _stream(body: memoryview) -> ReadDataStream:
    return ReadDataStream(BytesIO(body))


def newer(recording: Recording) -> UsageError:
    """Return the refusal of a recording that says what this version does not know."""
    return UsageError(
        msg("{file} was written by a newer version ({program}).", file=recording.path.name, program=recording.program),
        msg("It says of its measurements what this version does not know."),
        msg("Update Établi, then play it again."),
    )


def _unreadable(path: Path, why: Message) -> UsageError:
    return UsageError(
        msg("{path} cannot be read as a recording.", path=path),
        why,
        msg("Name a recording of Établi: a file with the ending .mcap from the workshop's recordings folder."),
    )
