"""Opening a recorded session of two hours and seeking in it: to any moment, the state that the bench showed then.

A seek must take less than 200 ms, and so must a step, by sample, frame or step, also among a hundred samples a second.
A session stands on the screen in less than a second; meanwhile it is heard again, first every verdict, then every
sample: what that costs is shown beside the length of the session.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.instrument import InstrumentKind, Program
from bench.judging import MeasureTask, evaluate
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from bench.recording import Recorder, Recording
from bench.recording.heard import Heard
from bench.recording.player import STRIDES, Player, Stride
from bench.running import run_task
from benchmarks.row import Row, compare
from drivers.simulated import cases
from drivers.simulated.virtual import VirtualStation
from drivers.simulated.watch import VirtualWatch
from tui.training.reading import Reading

HOURS = 2.0
BUDGET_MS = 200.0
FIRST_PICTURE_MS = 1000.0
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


def dense(heard: Heard, rate: float = 100.0) -> Heard:
    """Return the task with so many samples a second in the place of its own."""
    first = heard.samples[0]
    count = int((heard.ended - heard.began) * rate)
    samples = tuple(replace(first, magnitude=float(n), monotonic=heard.began + n / rate) for n in range(count))
    return replace(heard, samples=samples)


def worst(player: Player, act: Callable[[float], object]) -> float:
    """Return the milliseconds that the slowest of some acts took, each from another moment, with another as its aim."""
    chosen = random.Random(1)
    found = 0.0
    for _ in range(SEEKS):
        player.seek(chosen.random() * player.duration)
        aim = chosen.random() * player.duration
        start = time.perf_counter()
        act(aim)
        found = max(found, (time.perf_counter() - start) * 1000.0)
    return found


def stepping(player: Player, stride: Stride) -> Callable[[float], object]:
    """Return the act of one step."""
    return lambda _aim: player.step(stride)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "two-hours.mcap"
        record(path)
        start = time.perf_counter()
        reading = Reading(Recording.open(path))
        player = Player(reading.outlines)
        shown = (time.perf_counter() - start) * 1000.0
        reading.judge(player.put)
        judged = (time.perf_counter() - start) * 1000.0
        reading.sample(player.put)
        whole = (time.perf_counter() - start) * 1000.0
    length = player.duration * 1000.0
    rows = [
        compare("open a session of two hours, first picture", shown, FIRST_PICTURE_MS, "ms", 1.0, at_most=True),
        compare("open a session of two hours, every verdict", judged, length, "ms"),
        compare("open a session of two hours, every sample", whole, length, "ms"),
    ]
    crowded = Player([dense(heard) for heard in player.tasks])
    for name, played in (("", player), (", 100 samples/s", crowded)):
        steps = [worst(played, stepping(played, stride)) for stride in STRIDES]
        what = f"in a session of two hours, worst of {SEEKS}{name}"
        rows.append(compare(f"seek {what}", worst(played, played.seek), BUDGET_MS, "ms", 1.0, at_most=True))
        rows.append(compare(f"step {what}", max(steps), BUDGET_MS, "ms", 1.0, at_most=True))
    return rows
