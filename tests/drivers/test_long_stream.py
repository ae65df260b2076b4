"""Hours of a stream at a hundred samples a second, on a clock that waits for nothing: the memory stays as it is.

`make soak` runs eight hours (ETABLI_SOAK_HOURS); `make test` one. Everything on the way is the program's own:
decoder, exchange, driver, samples, recording. The reader of the samples is stalled the whole time.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.instrument import Identity, InstrumentKind, Program, RunResult
from bench.measurement import Sample
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from bench.recording import Recorder, Recording
from drivers.dialects import Dialect
from drivers.dialects.library import read
from drivers.exchange import KEPT
from drivers.link.base import Link
from drivers.link.replay import VirtualClock
from drivers.wire import Run, WireInstrument

HOURS = float(os.environ.get("ETABLI_SOAK_HOURS", "1"))
RATE = 100
TICK = 0.1
SHOWN = 8192
DIALECT = read(Path(__file__).parents[2] / "benchmarks" / "stream.toml")


class EndlessLink(Link):
    """Ten new lines every tenth of a second of a virtual clock, for ever."""

    clock: VirtualClock

    def __init__(self, dialect: Dialect) -> None:
        super().__init__("stream", VirtualClock(0.0, 1.7e9))
        lines = [dialect.reply("beat", number=n, rate=(n % 200 - 100) / 10, amplitude=280) for n in range(1000)]
        per_tick = round(RATE * TICK)
        self._chunks = [b"".join(lines[n : n + per_tick]) for n in range(0, 1000, per_tick)]
        self._told = 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def write(self, data: bytes) -> None:
        raise AssertionError("nothing is asked")

    def read(self, deadline: float) -> bytes:
        due = self._told * TICK
        if due > deadline:
            self.clock.advance(deadline)
            return b""
        self.clock.advance(due)
        chunk = self._chunks[self._told % len(self._chunks)]
        self._told += 1
        if self.tap:
            self.tap("rx", chunk, self.clock.monotonic(), self.clock.wall())
        return chunk


class Listener(WireInstrument):
    """Gives every line of the stream as a sample until its time is over."""

    KIND = InstrumentKind.TIMEGRAPHER
    UNSOLICITED = ("beat",)

    def _handshake(self) -> Identity:
        return Identity(self._dialect.model, "")

    def _programs(self) -> Mapping[str, Run]:
        return {"listen": self._listen}

    def _listen(self, _program: Program) -> RunResult:
        while (frame := self.exchange.listen(self.ends)) is not None:
            rate = frame["rate"]
            assert isinstance(rate, Value)
            self._give("rate", rate.magnitude, frame.raw)
        return self._result()


def used() -> tuple[int, int]:
    """Return how many blocks Python holds, and the process's resident bytes (0 where the system does not tell)."""
    gc.collect()
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text("ascii").split()[1]) if statm.is_file() else 0
    return sys.getallocatedblocks(), pages * 4096


@pytest.mark.timeout(900)
def test_hours_of_a_stream_leave_the_memory_as_it_was(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "long.mcap", {})
    link = EndlessLink(DIALECT)
    link.tap = recorder.tap("stream")
    record = InstrumentRecord("stream", InstrumentKind.TIMEGRAPHER, "stream", "", "stream", "here", simulated=True)
    driver = Listener(record, link, DIALECT)
    shown: deque[Sample] = deque(maxlen=SHOWN)

    def hear(hours: float) -> int:
        segment = recorder.begin("stream", {})
        result = driver.run(Program("listen", {}, hours * 3600.0), shown.append)
        assert segment is not None
        recorder.end(segment, {})
        return result.samples

    heard = hear(HOURS / 10)  # fills every buffer to its bound
    blocks, resident = used()
    heard += hear(HOURS * 9 / 10)
    blocks_after, resident_after = used()
    recorder.close()

    assert heard == pytest.approx(HOURS * 3600 * RATE, rel=0.001)
    assert link.clock.monotonic() == pytest.approx(HOURS * 3600.0, abs=1.0)
    assert len(shown) == SHOWN
    assert len(driver.exchange.heard) <= KEPT
    assert blocks_after - blocks < 5_000
    assert resident_after - resident < 16 << 20
    assert recorder.problem is None
    print(f"{HOURS} h, {heard} samples: {blocks_after - blocks} blocks, {(resident_after - resident) >> 10} KiB more")
    if not recorder.dropped:
        chunks = sum(len(segment.frames) for segment in Recording.open(recorder.path).segments())
        assert chunks == pytest.approx(HOURS * 3600 / TICK, rel=0.001)
