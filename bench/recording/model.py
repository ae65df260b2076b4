"""What a recording holds, and how each part lies in the MCAP container (https://mcap.dev/spec).

One channel for each instrument and direction carries the chunks in ROS 1 encoding with its schema in the file, so
that any MCAP viewer shows them; the channel "segments" carries JSON that says which task a stretch belongs to.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.errors import EtabliError, ExitCode

PROFILE = "etabli"
FORMAT = 1
"""Of what stands in the segments' headers and outcomes; kept in the file's metadata as "format"."""
METADATA = "session"
SEGMENTS = "segments"
WIRE_SCHEMA = "etabli/WireFrame"
WIRE_DEFINITION = (
    b"# One chunk as it crossed the wire; log_time is the wall clock.\nuint64 monotonic_ns\nuint8[] data\n"
)
SEGMENT_SCHEMA = "etabli.Segment"
SEGMENT_DEFINITION = (
    b'{"type":"object","properties":{"event":{"enum":["begin","end"]},"segment":{"type":"string"},'
    b'"instrument":{"type":"string"},"header":{"type":"object"},"outcome":{"type":"object"},'
    b'"dropped":{"type":"integer"}}}'
)

RECORD = struct.Struct("<BQ")
"""Any record: opcode, length of its body."""
MESSAGE = struct.Struct("<HIQQ")
"""Body of a message: channel, sequence, log time, publish time; the payload follows."""
WIRE = struct.Struct("<QI")
"""Payload of a wire channel: monotonic nanoseconds, count of bytes; the bytes follow."""
WIRE_MESSAGE = struct.Struct("<BQHIQQQI")
"""The three above in one, for the writer."""
CHUNK = struct.Struct("<QQQI")
"""Body of a chunk: first and last log time, size, CRC-32; compression, size and the records follow."""


class RecordingFailed(EtabliError):
    """A session cannot be recorded, or no further; measuring goes on without it."""

    exit_code = ExitCode.FAILURE


class WireFrame(NamedTuple):
    """One chunk: "rx" from the device or "tx" to it, monotonic and wall time in seconds."""

    direction: str
    data: bytes
    monotonic: float
    wall: float


@dataclass(frozen=True)
class Segment:
    """The frames of one task on one instrument. `outcome` is None where the recording ends before the task did.

    `damaged` says that chunks are missing: a damaged stretch of the file, or frames that the disk was too slow for.
    `marked` is the time of day at which the recording says that it begins, in seconds since the epoch.
    """

    id: str
    instrument: str
    header: Mapping[str, Any]
    frames: list[WireFrame] = field(default_factory=list)
    outcome: Mapping[str, Any] | None = None
    damaged: bool = False
    marked: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """When the driver began, and its last chunk, in seconds of the monotonic clock.

        Earlier versions did not record the first: then it is the first chunk, 0 where no chunk ever came.
        """
        first, last = (self.frames[0].monotonic, self.frames[-1].monotonic) if self.frames else (math.inf, 0.0)
        stated = (self.header.get("driver") or {}).get("since")
        began = float(stated) if stated is not None else first
        began = min(began, first) if math.isfinite(began) else 0.0
        return began, max(began, last)

    @property
    def began(self) -> float:
        """The time of day at which the driver began: by its first chunk; where none ever came, by its mark."""
        if not self.frames:
            return self.marked
        first = self.frames[0]
        return first.wall - (first.monotonic - self.span[0])
