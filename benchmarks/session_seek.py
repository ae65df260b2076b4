"""Seeking in a recorded session of two hours: to any moment, the state that the bench showed then.

A seek must take less than 200 ms. Opening hears the whole session again and judges it: it costs once, and is shown
for information beside the length of the session.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from bench.instrument import InstrumentKind, Program
from bench.judging import MeasureTask, evaluate
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from bench.recording import Recorder, Recording
from bench.recording.player import Player
from bench.running import run_task
from benchmarks.row import Row, compare
from drivers.simulated import cases
from drivers.simulated.virtual import VirtualStation
from drivers.simulated.watch import VirtualWatch
from tui.replay import hear_all

HOURS = 2.0
BUDGET_MS = 200.0
SEEKS = 200
TASK_SECONDS = 300.0


def record(path: Path) -> None:
    """Record two hours of timing at 28,800 A/h: eight beats a second, in tasks of five minutes."""
    recorder = Recorder(path, {})
    station = VirtualStation(VirtualWatch(cases.load("mechanical-healthy"), 1), recorder=recorder)
    line = station.choose(InstrumentKind.TIMEGRAPHER)
    assert isinstance(line, InstrumentRecord)
    for number in range(int(HOURS * 3600 / TASK_SECONDS)):
        program = Program(
            "timing",
            {
                "position": "CH",
                "lift_angle": Value.of("lift_angle", 50.0),
                "beat_rate": Value.of("beat_rate", 28800.0),
                "stabilise": Value.of("measuring_time", 10.0),
                "measure": Value.of("measuring_time", TASK_SECONDS - 10.0),
            },
            2 * TASK_SECONDS,
        )
        task = MeasureTask(f"timing-{number}", "", InstrumentKind.TIMEGRAPHER, program, "CH", judged=("rate",))
        ran = run_task(station, station.clock, line, task, {"order": "1", "visit": 1, "derive": []})
        ran.end(evaluate(task, ran.result, ran.facts))
    recorder.close()


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "two-hours.mcap"
        record(path)
        start = time.perf_counter()
        player = Player(hear_all(Recording.open(path)))
        opened = (time.perf_counter() - start) * 1000.0
    chosen = random.Random(1)
    worst = 0.0
    for _ in range(SEEKS):
        start = time.perf_counter()
        player.seek(chosen.random() * player.duration)
        worst = max(worst, (time.perf_counter() - start) * 1000.0)
    return [
        compare("seek in a session of two hours, worst of 200", worst, BUDGET_MS, "ms", 1.0, at_most=True),
        compare("open a session of two hours", opened, player.duration * 1000.0, "ms"),
    ]
