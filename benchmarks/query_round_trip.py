"""A question and its answer over a pseudo-terminal: ours with dialect, typed value and recording, beside others.

All speak to the same device process on the same pseudo-terminal, in turn, several rounds; the best round counts. Ours
does more than the others do: it drains before it asks, checks the whole reply, gives a value with its unit, and writes
every byte to a recording.
"""

from __future__ import annotations

import os
import tempfile
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvisa
from pymeasure.adapters import SerialAdapter

from bench.quantities import Value
from bench.recording import Recorder
from benchmarks.device import QUESTION, REPLY, device
from benchmarks.row import Row, compare
from drivers.dialects.library import read
from drivers.exchange import Exchange
from drivers.link.serial_link import SerialLink

QUERIES = 4000
ROUNDS = 5
VALUE = float(REPLY)

Query = Callable[[], float]


@contextmanager
def ours(path: str) -> Iterator[Query]:
    """The way that every driver goes: exchange, dialect, link, recording."""
    dialect = read(Path(__file__).with_name("meter.toml"))
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder) / "session.mcap", {})
        with SerialLink("meter", path, dialect.serial) as link:
            link.tap = recorder.tap("meter")
            ask = Exchange(link, dialect).ask

            def query() -> float:
                value = ask("measure", wanted=("reading",), within=1.0)["voltage"]
                assert isinstance(value, Value)
                return value.magnitude

            yield query
        recorder.close()
        assert recorder.problem is None
        assert recorder.dropped == 0


@contextmanager
def link_alone(path: str) -> Iterator[Query]:
    """The link with its recording, without dialect and exchange."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder) / "session.mcap", {})
        with SerialLink("meter", path) as link:
            link.tap = recorder.tap("meter")

            def query() -> float:
                link.write(QUESTION)
                deadline = time.monotonic() + 1.0
                reply = b""
                while not reply.endswith(b"\n"):
                    reply += link.read(deadline)
                return float(reply)

            yield query
        recorder.close()


@contextmanager
def pymeasure(path: str) -> Iterator[Query]:
    adapter = SerialAdapter(path, read_termination="\n", write_termination="\n", timeout=1.0)

    def query() -> float:
        adapter.write("MEAS?")
        return float(adapter.read())

    yield query
    adapter.close()


@contextmanager
def visa(path: str) -> Iterator[Query]:
    manager = pyvisa.ResourceManager("@py")
    meter = manager.open_resource(f"ASRL{path}::INSTR", read_termination="\n", write_termination="\n")
    yield lambda: float(meter.query("MEAS?"))
    meter.close()
    manager.close()


@contextmanager
def raw(path: str) -> Iterator[Query]:
    """Blocking reads and writes and nothing else: what the machine can do at most."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)

    def query() -> float:
        os.write(fd, QUESTION)
        return float(os.read(fd, 4096))

    yield query
    os.close(fd)


def measure(way: Callable[[str], object], path: str) -> tuple[float, float]:
    """Return round trips a second, and seconds of this process's CPU time for one."""
    with way(path) as query:  # type: ignore[attr-defined]
        for _ in range(100):
            assert abs(query() - VALUE) < 1e-15
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(QUERIES):
            query()
        return QUERIES / (time.perf_counter() - wall), (time.process_time() - cpu) / QUERIES


def run() -> list[Row]:
    ways = (ours, link_alone, pymeasure, visa, raw)
    speed = dict.fromkeys(ways, 0.0)
    cost = dict.fromkeys(ways, float("inf"))
    with device() as path:
        for _ in range(ROUNDS):
            for way in ways:
                rate, cpu = measure(way, path)
                speed[way] = max(speed[way], rate)
                cost[way] = min(cost[way], cpu)
    return [
        compare("query, recorded: PyMeasure SerialAdapter", speed[ours], speed[pymeasure], "/s", 1.7),
        compare("query, recorded: PyVISA with PyVISA-py", speed[ours], speed[visa], "/s", 1.7),
        compare("query, recorded: raw file descriptor", speed[ours], speed[raw], "/s", 0.5),
        compare("link alone, recorded: raw file descriptor", speed[link_alone], speed[raw], "/s"),
        compare("CPU a query: PyMeasure", cost[ours] * 1e6, cost[pymeasure] * 1e6, "µs", 0.45, at_most=True),
        compare("CPU a query: PyVISA", cost[ours] * 1e6, cost[visa] * 1e6, "µs"),
    ]
