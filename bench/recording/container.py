"""An MCAP file being written: head, chunks with their indexes, and the summary by which viewers jump in it."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.writer import MCAP0_MAGIC

from bench.recording import model

Packed = tuple[int, int, bytes]
"""A whole record for a chunk: its channel and log time in ns (0 and 0 for schemas and channels), its bytes."""


class Container:
    """A new MCAP file; every method raises OSError when the disk does. An existing file is never touched.

    The library's own records are used for everything but messages: those come packed, by the hundred thousand.
    """

    def __init__(self, path: Path, library: str, metadata: Mapping[str, str]) -> None:
        self._offset = 0
        self._chunks: list[ChunkIndex] = []
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._counts: dict[int, int] = {}
        self._first = self._last = 0
        head = RecordBuilder()
        Header(model.PROFILE, library).write(head)
        start = head.count
        Metadata(model.METADATA, dict(metadata)).write(head)
        magic = len(MCAP0_MAGIC)
        self._metadata = MetadataIndex(magic + start, head.count - start, model.METADATA)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = io.FileIO(path, "xb")
        try:
            self._write(MCAP0_MAGIC + _end(head))
            self.sync()
        except OSError:
            self.close()
            raise

    def schema(self, name: str, encoding: str, definition: bytes) -> Packed:
        """Declare a schema (numbered 1, 2 …); return the record that must stand in the file before its channels."""
        schema = Schema(len(self._schemas) + 1, definition, encoding, name)
        self._schemas.append(schema)
        return 0, 0, _bytes_of(schema)

    def channel(self, topic: str, encoding: str, schema: int, metadata: Mapping[str, str]) -> tuple[int, Packed]:
        """Declare a channel; return its number and the record that must stand before its messages."""
        channel = Channel(len(self._channels) + 1, topic, encoding, dict(metadata), schema)
        self._channels.append(channel)
        return channel.id, (0, 0, _bytes_of(channel))

    def write_chunk(self, records: Sequence[Packed]) -> None:
        """Write one chunk with its indexes. Uncompressed: what stands before a cut can be read up to the cut."""
        indexes: dict[int, list[int]] = {}
        offset = 0
        for channel, stamp, packed in records:
            if channel:
                entries = indexes.get(channel)
                if entries is None:
                    entries = indexes[channel] = []
                entries += (stamp, offset)
            offset += len(packed)
        stamps = [stamp for entries in indexes.values() for stamp in entries[::2]]
        first, last = (min(stamps), max(stamps)) if stamps else (0, 0)
        data = b"".join([packed for _, _, packed in records])
        builder = RecordBuilder()
        Chunk("", data, last, first, zlib.crc32(data), len(data)).write(builder)
        length = builder.count
        places: dict[int, int] = {}
        for channel, entries in indexes.items():
            places[channel] = self._offset + builder.count
            body = struct.pack(f"<HI{len(entries)}Q", channel, 8 * len(entries), *entries)
            builder.write(model.RECORD.pack(Opcode.MESSAGE_INDEX, len(body)) + body)
            self._counts[channel] = self._counts.get(channel, 0) + len(entries) // 2
        self._chunks.append(
            ChunkIndex(
                chunk_length=length,
                chunk_start_offset=self._offset,
                compression="",
                compressed_size=len(data),
                message_end_time=last,
                message_index_length=builder.count - length,
                message_index_offsets=places,
                message_start_time=first,
                uncompressed_size=len(data),
            )
        )
        if stamps:
            self._first = min(self._first or first, first)
            self._last = max(self._last, last)
        self._write(_end(builder))

    def sync(self) -> None:
        """Return when everything written is on the disk."""
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Write the end of the file: statistics, indexes, footer."""
        builder = RecordBuilder()
        DataEnd(0).write(builder)
        start = builder.count
        offsets = []
        for opcode, records in self._groups():
            begun = builder.count
            for record in records:
                record.write(builder)
            offsets.append(SummaryOffset(opcode, self._offset + begun, builder.count - begun))
        offsets_start = builder.count
        for group in offsets:
            group.write(builder)
        end = _end(builder)
        places = (self._offset + start, self._offset + offsets_start)
        footer = model.RECORD.pack(Opcode.FOOTER, 20) + struct.pack("<QQ", *places)
        Footer(*places, zlib.crc32(footer, zlib.crc32(end[start:]))).write(builder)
        self._write(end + _end(builder) + MCAP0_MAGIC)
        self.sync()

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()

    def _groups(self) -> Iterable[tuple[int, Sequence[Any]]]:
        statistics = Statistics(
            attachment_count=0,
            channel_count=len(self._channels),
            channel_message_counts=self._counts,
            chunk_count=len(self._chunks),
            message_count=sum(self._counts.values()),
            message_end_time=self._last,
            message_start_time=self._first,
            metadata_count=1,
            schema_count=len(self._schemas),
        )
        yield Opcode.SCHEMA, self._schemas
        yield Opcode.CHANNEL, self._channels
        yield Opcode.STATISTICS, [statistics]
        yield Opcode.CHUNK_INDEX, self._chunks
        yield Opcode.METADATA_INDEX, [self._metadata]

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = self._file.write(rest)
            if not written:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            rest = rest[written:]
        self._offset += len(data)


def _bytes_of(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return _end(builder)


def _end(builder: RecordBuilder) -> bytes:
    return bytes(builder.end())  # type: ignore[no-untyped-call]
