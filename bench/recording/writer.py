"""Write a session while it happens: the owner threads of the ports only append, one thread writes to the disk."""

from __future__ import annotations

import errno
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.language import Message, msg
from bench.recording import model
from bench.recording.container import Container, Packed
from bench.recording.model import RecordingFailed

Tap = Callable[[str, bytes, float, float], None]

INTERVAL = 0.25
"""Seconds after which what was heard is in the file, whatever happens to the program."""
HASTE = 1 << 20
"""Bytes of one instrument that wait for the disk before the writer is woken early."""
LIMIT = 32 << 20
"""Bytes of one instrument that may wait; beyond them chunks are dropped and counted."""

_MESSAGE = 5
_WIRE_SCHEMA, _SEGMENT_SCHEMA = 1, 2


class _Source:
    """One instrument's way into the file: what its tap has queued, what the writer has taken, what was dropped.

    `heard` and `dropped` are changed by the owner thread only, `taken` by the writer only: no lock in the tap.
    """

    __slots__ = ("dropped", "heard", "rx", "taken", "tx")

    def __init__(self, rx: int, tx: int) -> None:
        self.rx, self.tx = rx, tx
        self.heard = self.taken = self.dropped = 0


class Recorder:
    """Records one session into a new MCAP file. Raises RecordingFailed when the file cannot be made.

    Afterwards nothing raises: when the disk fails, `problem` says what happened, `on_problem` hears it once (in the
    writer's thread: note it and return), and measuring goes on. `metadata` (versions, station, order …) is what JSON
    can hold.
    """

    def __init__(
        self, path: Path, metadata: Mapping[str, Any], on_problem: Callable[[RecordingFailed], None] | None = None
    ) -> None:
        self.path = path
        self.session = path.stem
        self.problem: RecordingFailed | None = None
        self._on_problem = on_problem
        self._recording = True
        self._finished = False
        self._queue: deque[tuple[_Source | None, Packed]] = deque()
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._resting = False
        self._sources: dict[str, _Source] = {}
        self._open_segments: dict[str, tuple[str, int]] = {}
        self._count = 0
        said = {"format": model.FORMAT, **metadata}
        texts = {name: json.dumps(value, ensure_ascii=False, default=str) for name, value in said.items()}
        try:
            self._container = Container(path, f"etabli {_version()}", texts)
        except OSError as error:
            raise self._failure(error) from error
        self._queue.append((None, self._container.schema(model.WIRE_SCHEMA, "ros1msg", model.WIRE_DEFINITION)))
        self._queue.append((None, self._container.schema(model.SEGMENT_SCHEMA, "jsonschema", model.SEGMENT_DEFINITION)))
        self._events = self._channel(model.SEGMENTS, "json", _SEGMENT_SCHEMA, {})
        self._thread = threading.Thread(target=self._write_on, name=f"recording {self.session}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Chunks that are missing from the file because the disk was too slow."""
        return sum(source.dropped for source in self._sources.values())

    def tap(self, instrument: str) -> Tap:
        """Return the function that records the chunks of `instrument`; it costs about a microsecond a chunk."""
        source = self._source(instrument)
        append, pack, head = self._queue.append, model.WIRE_MESSAGE.pack, model.MESSAGE.size + model.WIRE.size
        sequence = 0

        def record(direction: str, data: bytes, monotonic: float, wall: float) -> None:
            nonlocal sequence
            if not self._recording:
                return
            sequence = (sequence + 1) & 0xFFFFFFFF
            waiting = source.heard - source.taken
            if waiting > HASTE:
                self._wake.set()
                if waiting > LIMIT:
                    source.dropped += 1
                    return
            size = len(data)
            stamp = int(wall * 1e6 + 0.5) * 1000  # a float holds no finer time of day
            channel = source.rx if direction == "rx" else source.tx
            packed = (
                pack(_MESSAGE, head + size, channel, sequence, stamp, stamp, int(monotonic * 1e9 + 0.5), size) + data
            )
            source.heard += len(packed)
            append((source, (channel, stamp, packed)))
            if self._resting:
                self._wake.set()

        return record

    def begin(self, instrument: str, header: Mapping[str, Any], at: float | None = None) -> str | None:
        """Mark that a task begins on `instrument`; return "<session>#<n>", None when nothing is recorded any more.

        `at` is the time of day in seconds, now where none is given (a recording that is copied keeps its own).
        """
        if not self._recording:
            return None
        source = self._source(instrument)
        with self._lock:
            self._count += 1
            segment = f"{self.session}#{self._count}"
            self._open_segments[segment] = (instrument, source.dropped)
            self._say({"event": "begin", "segment": segment, "instrument": instrument, "header": dict(header)}, at)
        return segment

    def end(self, segment: str, outcome: Mapping[str, Any], at: float | None = None) -> None:
        """Mark the end of a task. All its frames are on the disk when this returns, unless `problem` says why not."""
        with self._lock:
            if not self._recording:
                return
            instrument, before = self._open_segments.pop(segment, ("", 0))
            source = self._sources.get(instrument)
            dropped = source.dropped - before if source else 0
            self._say({"event": "end", "segment": segment, "outcome": dict(outcome), "dropped": dropped}, at)
            self._flush(durable=True)

    def close(self) -> None:
        """Write what is left, the index and the end of the file. Closing twice does nothing."""
        self._recording = False
        self._wake.set()
        self._thread.join()
        with self._lock:
            if self._finished:
                return
            self._finished = True
            self._flush()
            if not self.problem:
                try:
                    self._container.finish()
                except OSError as error:
                    self._fail(error)
            self._container.close()

    def _source(self, instrument: str) -> _Source:
        with self._lock:
            source = self._sources.get(instrument)
            if source is None:
                rx, tx = (
                    self._channel(
                        f"{instrument}/{way}", "ros1", _WIRE_SCHEMA, {"instrument": instrument, "direction": way}
                    )
                    for way in ("rx", "tx")
                )
                source = self._sources[instrument] = _Source(rx, tx)
            return source

    def _channel(self, topic: str, encoding: str, schema: int, metadata: Mapping[str, str]) -> int:
        number, packed = self._container.channel(topic, encoding, schema, metadata)
        self._queue.append((None, packed))
        return number

    def _say(self, content: Mapping[str, Any], at: float | None = None) -> None:
        data = json.dumps(content, ensure_ascii=False, default=str).encode()
        stamp = time.time_ns() if at is None else int(at * 1e9)
        message = model.MESSAGE.pack(self._events, 0, stamp, stamp) + data
        self._queue.append((None, (self._events, stamp, model.RECORD.pack(_MESSAGE, len(message)) + message)))
        if self._resting:
            self._wake.set()

    def _write_on(self) -> None:
        while self._recording:
            self._rest()
            if self._recording:
                self._wake.wait(INTERVAL)
            self._wake.clear()
            self._flush()

    def _rest(self) -> None:
        """Sleep while nothing is heard: a bench at rest costs nothing here."""
        self._resting = True
        # Looked at once more behind the flag: what comes from now on wakes this thread.
        if not self._queue and self._recording:
            self._wake.wait()
            self._wake.clear()
        self._resting = False

    def _flush(self, *, durable: bool = False) -> None:
        """Write what waits as one chunk; `durable` waits for the disk as well."""
        with self._lock:
            queue = self._queue
            batch = [queue.popleft() for _ in range(len(queue))]
            if self.problem:
                return
            try:
                if batch:
                    self._container.write_chunk([packed for _, packed in batch])
                if durable:
                    self._container.sync()
            except OSError as error:
                self._fail(error)
                return
            for source, packed in batch:
                if source is not None:
                    source.taken += len(packed[2])

    def _fail(self, error: OSError) -> None:
        """Stop recording, say so once, and let the measuring go on."""
        self._recording = False
        self.problem = self._failure(error)
        self._queue.clear()
        if self._on_problem:
            self._on_problem(self.problem)

    def _failure(self, error: OSError) -> RecordingFailed:
        return RecordingFailed(msg("The session cannot be recorded in {path}.", path=self.path), *_reason(error))


def _reason(error: OSError) -> tuple[Message, Message]:
    if error.errno == errno.EEXIST:
        return (
            msg("A recording of that name exists, and recordings are never overwritten."),
            msg("Give the session another name."),
        )
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return msg("The disk is full."), msg("Make room on the disk; until then measurements have no recording.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return msg("The folder may not be written."), msg("Make the folder writable for this user, or choose another.")
    return (
        msg("The disk reports: {detail}.", detail=(error.strerror or str(error)).rstrip(".")),
        msg("Check the disk; until then measurements have no recording."),
    )


def _version() -> str:
    try:
        return version("etabli")
    except PackageNotFoundError:
        return "0"
