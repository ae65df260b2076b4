"""`kill -9` in the middle of a step, 200 times at random moments: what was shown as saved is there, nothing is half."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.journal import Journal
from bench.procedure.fold import fold

KILLS = int(os.environ.get("ETABLI_KILLS", "200"))
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def bench() -> Iterator[subprocess.Popen[str]]:
    """The killable bench, its imports done."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = [sys.executable, str(Path(__file__).with_name("killable.py"))]
    process = subprocess.Popen(
        script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)


def said(acks: Path) -> list[dict[str, object]]:
    """What the bench said before it was killed; a last line that was cut off was not said."""
    lines = acks.read_text().splitlines(keepends=True) if acks.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def check(folder: Path, acks: Path) -> int:
    """Look at the journal that a killed bench left behind; return how many events it holds."""
    spoken = said(acks)
    if not (folder / "journal.sqlite").exists():
        assert spoken == []
        return 0
    journal = Journal.open(folder / "journal.sqlite", station="bench-1")
    try:
        report = journal.verify()
        assert report.ok, str(report.reason)
        events = list(journal.events())
    finally:
        journal.close()
    kept = {entry["measurement"]["id"] for e in events if e.kind == "measured" for entry in e.payload["judged"]}
    for word in spoken:
        missing = set(word.get("measured", ())) - kept  # type: ignore[call-overload]
        assert not missing, f"confirmed values are gone: {missing}"
    last = next((word for word in reversed(spoken) if "step" in word), None)
    if last is not None:
        seq = last["seq"]
        assert isinstance(seq, int) and len(events) >= seq
        here = [e for e in events[:seq] if e.order == last["order"]]
        state = fold(here)
        assert (state.current, state.started) == (last["step"], last["started"])
    return len(events)


@pytest.mark.timeout(600)
def test_a_bench_killed_at_random_moments_loses_nothing_it_has_shown(
    bench: subprocess.Popen[str], tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**31)
    dice = random.Random(seed)
    assert bench.stdin is not None and bench.stdout is not None
    grown, last = 0, 0
    for n in range(KILLS):
        folder = tmp_path / str(n // 20)
        folder.mkdir(exist_ok=True)
        if n % 20 == 0:
            last = 0
        acks = tmp_path / f"acks-{n}"
        bench.stdin.write(f"{folder}\t{acks}\t{n}\n")
        bench.stdin.flush()
        pid = int(bench.stdout.readline())
        time.sleep(dice.uniform(0.0, 0.45))
        os.kill(pid, signal.SIGKILL)
        assert int(bench.stdout.readline()) == signal.SIGKILL, "the bench ended by itself"
        count = check(folder, acks)
        assert count >= last, f"events are gone (seed {seed})"
        grown += count > last
        last = count
    assert grown > KILLS / 4, "most kills came before the bench had done anything: the test shows too little"
