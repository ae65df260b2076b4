"""A stream of 29-byte lines with checksum, from another process over a pseudo-terminal, into typed fields.

Ours reads chunks through the link, records them, checks each line and reads all its fields: two integers and a rate
with its unit. pyserial's `readline` gets the same bytes from the same process and parses nothing.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import serial

from bench.quantities import Value
from bench.recording import Recorder
from benchmarks.device import device
from benchmarks.row import Row, compare
from drivers.dialects import Frame
from drivers.dialects.library import read
from drivers.link.serial_link import SerialLink

LINES = 128_000
FEW = 6_400
"""Lines for `readline`, which is so much slower."""
ROUNDS = 5
REQUIRED = 300_000

DIALECT = read(Path(__file__).with_name("stream.toml"))
LINE = DIALECT.reply("beat", number=1234567, rate=-12.34, amplitude=287)


def ours(path: str, *, typed: bool) -> float:
    """Return decoded lines a second; with `typed`, every field of every line is read as well."""
    decoder = DIALECT.host_decoder()
    heard = 0
    frame: object = None
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder) / "session.mcap", {})
        with SerialLink("timer", path, DIALECT.serial) as link:
            link.tap = recorder.tap("timer")
            link.write(b"GO %d\n" % LINES)
            started = time.perf_counter()
            while heard < LINES:
                chunk = link.read(time.monotonic() + 5.0)
                assert chunk, f"{heard} lines only"
                frames = decoder.feed(chunk)
                heard += len(frames)
                if typed:
                    for frame in frames:
                        frame.fields  # noqa: B018  (worked out when read)
            seconds = time.perf_counter() - started
        recorder.close()
        assert recorder.problem is None
        assert recorder.dropped == 0
    if typed:
        assert isinstance(frame, Frame)
        rate = frame["rate"]
        assert isinstance(rate, Value)
        assert (frame["number"], rate.magnitude, frame["amplitude"]) == (1234567, -12.34, 287)
    return LINES / seconds


def readline(path: str) -> float:
    with serial.Serial(path, timeout=5.0) as port:
        port.write(b"GO %d\n" % FEW)
        started = time.perf_counter()
        for _ in range(FEW):
            assert port.readline() == LINE
        return FEW / (time.perf_counter() - started)


def run() -> list[Row]:
    assert len(LINE) == 29
    typed = decoded = plain = 0.0
    with device(LINE) as path:
        for _ in range(ROUNDS):
            typed = max(typed, ours(path, typed=True))
            decoded = max(decoded, ours(path, typed=False))
            plain = max(plain, readline(path))
    return [
        compare("stream, typed and recorded: required rate", typed, REQUIRED, "lines/s", 1.0),
        compare("stream, typed and recorded: pyserial readline", typed, plain, "lines/s", 50.0),
        compare("stream, fields not looked at: pyserial readline", decoded, plain, "lines/s"),
    ]
