"""Thirty-two instruments, each sending a hundred lines a second, heard by one process: an owner thread for each port.

Links, recording, decoder, exchange, samples: the way that every driver goes. The other column is what is allowed: 15 %
of one core. Every line must arrive.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.instrument import Identity, InstrumentKind, Program, RunResult
from bench.measurement import Sample
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from bench.recording import Recorder
from benchmarks.row import Row, compare
from drivers.dialects import Dialect
from drivers.dialects.library import read
from drivers.link.serial_link import SerialLink
from drivers.wire import Run, WireInstrument

INSTRUMENTS = 32
RATE = 100
SECONDS = 4.0
ALLOWED_PERCENT = 15.0
FIRST = 1_000_000


class Listener(WireInstrument):
    """Gives every line as a sample until its last number has come."""

    KIND = InstrumentKind.TIMEGRAPHER
    UNSOLICITED = ("beat",)

    def _handshake(self) -> Identity:
        return Identity(self._dialect.model, "")

    def _programs(self) -> Mapping[str, Run]:
        return {"listen": self._listen}

    def _listen(self, program: Program) -> RunResult:
        for expected in range(FIRST, FIRST + int(program.parameters["lines"])):
            frame = self.exchange.listen(self.ends)
            assert frame is not None, "too few lines"
            assert frame["number"] == expected, "a line is missing"
            rate = frame["rate"]
            assert isinstance(rate, Value)
            self._give("rate", rate.magnitude, frame.raw)
        return self._result()


def speak(masters: list[int]) -> None:
    """Send each instrument's next line every hundredth of a second, spread evenly over it, once told to begin."""
    dialect = _dialect()
    sys.stdin.readline()
    started = time.monotonic()
    slot = 1.0 / RATE / len(masters)
    for n in range(round(SECONDS * RATE)):
        line = dialect.reply("beat", number=FIRST + n, rate=(n % 200 - 100) / 10, amplitude=287)
        for place, fd in enumerate(masters):
            wait = started + n / RATE + place * slot - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            os.write(fd, line)
    sys.stdin.readline()


@contextmanager
def instruments() -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """Start the process of all instruments; give the paths of their pseudo-terminals."""
    import tty

    pairs = [os.openpty() for _ in range(INSTRUMENTS)]
    for _, slave in pairs:
        tty.setraw(slave)
    masters = [master for master, _ in pairs]
    command = [sys.executable, "-m", "benchmarks.many_instruments", *map(str, masters)]
    process = subprocess.Popen(command, pass_fds=masters, stdin=subprocess.PIPE, text=True)
    for master in masters:
        os.close(master)
    try:
        yield [os.ttyname(slave) for _, slave in pairs], process
    finally:
        process.terminate()
        process.wait()
        for _, slave in pairs:
            os.close(slave)


def _dialect() -> Dialect:
    return read(Path(__file__).with_name("stream.toml"))


def busy() -> float:
    """Return the percent of one core that hearing all of them takes."""
    dialect = _dialect()
    program = Program("listen", {"lines": round(SECONDS * RATE)}, 6 * SECONDS)
    heard: list[int] = []
    with tempfile.TemporaryDirectory() as folder, instruments() as (paths, process):
        recorder = Recorder(Path(folder) / "session.mcap", {})
        shown: deque[Sample] = deque(maxlen=8192)
        drivers = []
        for number, path in enumerate(paths):
            link = SerialLink(f"timer-{number}", path, dialect.serial)
            link.tap = recorder.tap(link.instrument)
            link.open()
            record = InstrumentRecord(link.instrument, InstrumentKind.TIMEGRAPHER, "timer", "", "stream", path)
            drivers.append(Listener(record, link, dialect))
        threads = [
            threading.Thread(target=lambda d=driver: heard.append(d.run(program, shown.append).samples))  # type: ignore[misc]
            for driver in drivers
        ]
        for thread in threads:
            thread.start()
        assert process.stdin is not None
        cpu, wall = time.process_time(), time.perf_counter()
        process.stdin.write("begin\n")
        process.stdin.flush()
        for thread in threads:
            thread.join()
        share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        for driver in drivers:
            driver.close()
        recorder.close()
        assert recorder.dropped == 0
    assert heard == [round(SECONDS * RATE)] * INSTRUMENTS, "lines were lost"
    return 100 * share


def run() -> list[Row]:
    share = min(busy() for _ in range(4))
    name = f"{INSTRUMENTS} instruments at {RATE} samples/s: share of a core"
    return [compare(name, share, ALLOWED_PERCENT, "%", 1.0, at_most=True)]


if __name__ == "__main__":
    speak([int(argument) for argument in sys.argv[1:]])
