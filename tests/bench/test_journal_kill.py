"""What the journal acknowledged is on the disk after kill -9, whole: 200 kills at random moments."""

from __future__ import annotations

import os
import random
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.journal import Journal

KILLS, JOURNALS = 200, 5
LONGEST = 0.02  # seconds until the kill, from the writer's start or from the first event that it says is saved
EARLY = 0.2  # part of the kills that fall into the start: lock, opening, creation

# Loads the program once; then, for each path that it reads, a fork opens that journal and appends without a pause.
WRITERS = r"""
import os, sys
from pathlib import Path
from bench.journal import Journal
from journal_material import judged, measured, opened, started

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        journal = Journal.open(Path(line.strip()), station="bench-1")
        number = f"R-{journal.head()[0]}"
        drafts = [opened(number), started("timing", number)]
        while True:
            events = journal.append(drafts)
            os.write(1, b"saved %d\n" % events[-1].seq)
            drafts = [started("timing", number), measured(judged(4.0), judged(5.0, "6H"), number=number)]
    os.write(1, b"writer %d\n" % pid)
    os.waitpid(pid, 0)
    os.write(1, b"gone\n")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_no_acknowledged_event_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    dice = random.Random(20261122)
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
    writers = subprocess.Popen(
        [sys.executable, "-c", WRITERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert writers.stdin is not None
    paths = [tmp_path / f"journal-{number}.sqlite" for number in range(JOURNALS)]
    acknowledged = dict.fromkeys(paths, 0)
    try:
        for number in range(KILLS):
            path = paths[number % JOURNALS]
            writers.stdin.write(f"{path}\n".encode())
            writers.stdin.flush()
            saved = _kill_at(writers, dice.uniform(0.0, LONGEST), early=dice.random() < EARLY)
            acknowledged[path] = max(saved, acknowledged[path])
            _check(path, acknowledged[path])
    finally:
        writers.stdin.close()
        writers.wait(timeout=10)
    assert sum(acknowledged.values()) > KILLS, "the writers were killed before they did anything"


def _kill_at(writers: subprocess.Popen[bytes], moment: float, *, early: bool) -> int:
    """Kill the fork after `moment` seconds; return the last sequence that it said is saved."""
    assert writers.stdout is not None
    pid, saved, pending = 0, 0, b""
    never = float("inf")
    deadline, killed = (time.monotonic() + moment if early else never), False
    with selectors.DefaultSelector() as selector:
        selector.register(writers.stdout, selectors.EVENT_READ)
        while True:
            if pid and not killed and time.monotonic() >= deadline:
                os.kill(pid, signal.SIGKILL)
                deadline, killed = never, True
            wait = None if deadline == never or not pid else max(0.0, deadline - time.monotonic())
            if not selector.select(wait):
                continue
            *lines, pending = (pending + os.read(writers.stdout.fileno(), 65536)).split(b"\n")
            for line in lines:
                if line == b"gone":
                    return saved
                word, value = line.split()
                if word == b"writer":
                    pid = int(value)
                else:
                    saved = int(value)
                    if deadline == never and not killed:
                        deadline = time.monotonic() + moment


def _check(path: Path, acknowledged: int) -> None:
    if not path.exists() or not path.stat().st_size:
        assert acknowledged == 0
        return
    with Journal.open(path, station="reader") as journal:
        report = journal.verify()
        events = report.count
        assert report.ok, report.reason
        assert events >= acknowledged
        assert events % 2 == 0, "half a transaction is there"
