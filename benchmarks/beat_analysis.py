"""A minute of beats at 28,800 A/h into rate, amplitude and beat error; the other column is what is allowed: 2 ms."""

from __future__ import annotations

import timeit
from random import Random

from benchmarks.row import Row, compare
from drivers.timegrapher.beats import analyse

BEATS = 480
INTERVAL = 3600.0 / 28_800
TICK = 1.0 / 32_768
ALLOWED_MS = 2.0


def run() -> list[Row]:
    random = Random(1)
    onsets, impulses = [], []
    for beat in range(BEATS):
        late = 0.0001 * (beat % 2) + random.gauss(0.0, 20e-6)
        onsets.append(round((beat * INTERVAL * (1 - 4.2 / 86_400) + late) / TICK) * TICK)
        impulses.append(round((0.0088 + random.gauss(0.0, 30e-6)) / TICK) * TICK)
    onsets[100] += 0.004  # an outlier, and a beat that was not heard
    del onsets[200], impulses[200]

    def once() -> float:
        return analyse(onsets, impulses, beat_rate=None, lift_angle=50.0, resolution=TICK).rate.value

    assert abs(once() - 4.2) < 1.0
    milliseconds = 1e3 * min(timeit.repeat(once, number=50, repeat=9)) / 50
    return [compare("beat analysis, 60 s at 28,800 A/h", milliseconds, ALLOWED_MS, "ms", 1.0, at_most=True)]
