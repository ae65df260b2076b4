"""Cables that come out and go in again, many times: the loss is seen, the link comes back, nothing is left behind.

`make cycles` does 500 (ETABLI_CYCLES); `make test` a share.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from bench.instrument import LinkState
from bench.pool import LinkEvent
from drivers.simulated import SimulatedBench
from drivers.simulated.ports import PTYS
from drivers.station import Station

CYCLES = int(os.environ.get("ETABLI_CYCLES", "60"))
SEEN_WITHIN = 2.0
BACK_WITHIN = 10.0
SPEED = 40.0


def held() -> tuple[int, int]:
    """Return how many file descriptors and threads this process holds (descriptors: where the system tells).

    The simulated bench opens one descriptor now and then for a moment: the least of several looks counts.
    """
    gc.collect()
    folder = Path("/proc/self/fd")
    looks = []
    for _look in range(20):
        looks.append(len(list(folder.iterdir())) if folder.is_dir() else 0)
        time.sleep(0.005)
    return min(looks), threading.active_count()


def reached(true: Callable[[], bool], patience: float) -> float:
    """Return the seconds until it came true."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < patience, "it never came true"
        time.sleep(0.005)
    return time.monotonic() - started


@pytest.fixture
def bench() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=SPEED, ports="pty") as simulated:
        simulated.select("watch", "mechanical-healthy")
        yield simulated


@pytest.mark.timeout(1200)
@pytest.mark.skipif(not PTYS, reason="needs pseudo-terminals")
def test_every_cable_comes_out_and_goes_in_again(bench: SimulatedBench) -> None:
    records = [replace(record, options={**record.options, "pacing": 1 / SPEED}) for record in bench.records]
    keys = [record.id for record in records]
    random = Random(7)
    events: list[LinkEvent] = []
    station = Station(records)
    try:
        reached(lambda: all(station.state(key) is LinkState.READY for key in keys), BACK_WITHIN)
        station.subscribe(events.append)
        before = held()
        slowest_loss = slowest_return = 0.0
        rounds = -(-CYCLES // len(keys))
        for _round in range(rounds):
            random.shuffle(keys)
            events.clear()
            pulled: dict[str, float] = {}
            for key in keys:
                pulled[key] = time.monotonic()
                bench.unplug(key)
                time.sleep(random.uniform(0.0, 0.02))
            reached(lambda: all(station.state(key) is LinkState.LOST for key in keys), SEEN_WITHIN)
            for event in [event for event in events if event.state is LinkState.LOST]:
                slowest_loss = max(slowest_loss, event.at - pulled[event.instrument])
            for key in keys:
                bench.replug(key)
            took = reached(lambda: all(station.state(key) is LinkState.READY for key in keys), BACK_WITHIN)
            slowest_return = max(slowest_return, took)
        # The simulator opens and closes a selector at each of its waits: a count between two of them is one off.
        reached(lambda: all(now <= was for now, was in zip(held(), before, strict=True)), BACK_WITHIN)
        assert slowest_loss < SEEN_WITHIN
        print(f"{rounds * len(keys)} cycles: seen within {slowest_loss:.2f} s, back within {slowest_return:.2f} s")
    finally:
        station.close()
