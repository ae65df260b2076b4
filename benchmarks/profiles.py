"""The whole library of profiles loaded by a fresh interpreter, and one verdict with its uncertainty budget.

The other column is what is allowed: 150 ms for the library (imports counted, the interpreter's own start not) and
100 µs for the verdict.
"""

from __future__ import annotations

import subprocess
import sys
import timeit

from bench.conformity import ISO_14253_1, State, judge
from bench.instrument import Capability
from bench.limit import Mark, limit_between
from bench.measurement import Reading
from bench.quantities import Value
from bench.uncertainty import Doubts, budget
from benchmarks.row import Row, compare

ROUNDS = 7
ALLOWED_MS = 150.0
ALLOWED_US = 100.0

_LOAD = """
import time
started = time.perf_counter()
from profiles.library import Library
library = Library()
count = len(library.calibres()) + len(library.cases())
print(1e3 * (time.perf_counter() - started), count)
"""


def cold_load() -> float:
    """Return the milliseconds that importing and building the whole library takes: the best of several starts."""
    times = []
    for _ in range(ROUNDS):
        run = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
        milliseconds, count = run.stdout.split()
        assert int(count) > 100
        times.append(float(milliseconds))
    return min(times)


def verdict() -> float:
    """Return the microseconds that one amplitude's budget and verdict take."""
    lift = Value.of("lift_angle", 52)
    reading = Reading(Value.of("amplitude", 203), "CH", 400, 3.0, 0.15, {"lift_angle": lift})
    capability = Capability("amplitude", resolution=1.0, accuracy=0.4, source="benchmark")
    limit = limit_between("amplitude", 200, 315, source="benchmark", mark=Mark.HOUSE)
    doubts = Doubts()

    def once() -> State:
        uncertainty = budget(reading, capability, doubts)
        assert uncertainty is not None
        return judge(reading.value, uncertainty.expanded, limit, ISO_14253_1).state

    assert once() is State.CONDITIONALLY_CONFORMING
    count = 2_000
    return 1e6 * min(timeit.repeat(once, number=count, repeat=ROUNDS)) / count


def run() -> list[Row]:
    """Return both figures beside what is allowed."""
    return [
        compare("profiles: whole library, cold", cold_load(), ALLOWED_MS, "ms", 1.0, at_most=True),
        compare("profiles: verdict with its budget", verdict(), ALLOWED_US, "µs", 1.0, at_most=True),
    ]
