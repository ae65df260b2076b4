"""What pictures cost on a real terminal of 200 × 40: the paper strip beat by beat, a line chart against textual-plot.

Each picture runs in a process of its own on a pseudo-terminal, all of them in turns, and says the processor time of its
repaints; an empty application that only ticks is the floor that is taken off the paper strip.
"""

from __future__ import annotations

import json
import os
import selectors
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.row import Row, compare

COLUMNS, LINES = 200, 40
PER_SECOND = 20
SECONDS = 6.0
UPDATES = 60
ROUNDS = 3
POINTS = 2000
PLOT = "textual-plot"

HEAD = """
import json, math, sys, time
from textual.app import App
from textual.widget import Widget
result, kind = sys.argv[1], sys.argv[2]
def done(app, begun, wall, count):
    used = time.process_time() - begun
    with open(result, "w") as file:
        json.dump({"cpu": used, "wall": time.perf_counter() - wall, "count": count}, file)
    app.exit()
"""
# Twenty times a second, as the bench repaints: nothing, or a beat on paper that is full, so that it moves on.
STRIP = (
    HEAD
    + """
from tui.widgets.strip import Beat, PaperStrip
class Bench(App):
    n = 0
    def compose(self):
        self.strip = PaperStrip()
        yield self.strip if kind == "strip" else Widget()
    def on_mount(self):
        self.set_timer(1.0, self.begin)
    def beat(self, n):
        late = -n * 0.05 * 0.06 + 0.8 * (n % 2) + 0.08 * math.sin(n)
        return Beat(n * 0.05 + late / 1000, late, n % 2)
    def begin(self):
        if kind == "strip":
            self.strip.hear([self.beat(n) for n in range({before})])
        self.set_timer(0.5, self.start)
    def start(self):
        self.begun, self.wall = time.process_time(), time.perf_counter()
        self.ticking = self.set_interval(1 / {rate}, self.tick)
    def tick(self):
        n = self.n = self.n + 1
        if kind == "strip":
            self.strip.hear([self.beat({before} + n)])
        if n == {count}:
            self.ticking.stop()
            done(self, self.begun, self.wall, n)
Bench().run()
"""
)
# One after the other, each when the one before is on the terminal.
CHART = (
    HEAD
    + """
points = [(n / 100, 4 + 3 * math.sin(n / 90) + 0.4 * math.sin(n / 7)) for n in range({points})]
moving = [[(x, y + 0.3 * math.sin(n + x)) for x, y in points] for n in range(10)]
apart = [tuple(zip(*moved)) for moved in moving]
class Bench(App):
    n = 0
    def compose(self):
        if kind == "plot":
            from textual_plot import HiResMode, PlotWidget
            self.mode = HiResMode.BRAILLE
            self.plot = PlotWidget()
            yield self.plot
        else:
            from tui.widgets.curve import Curve
            self.curve = Curve()
            yield self.curve
    def on_mount(self):
        self.set_timer(1.0, self.begin)
    def begin(self):
        self.begun, self.wall = time.process_time(), time.perf_counter()
        self.tick()
    def tick(self):
        n = self.n = self.n + 1
        if n > {count}:
            done(self, self.begun, self.wall, {count})
            return
        moved = moving[n % len(moving)]
        if kind == "plot":
            self.plot.clear()
            self.plot.plot(x=apart[n % len(apart)][0], y=apart[n % len(apart)][1], hires_mode=self.mode)
        else:
            self.curve.show(moved, x="s", y="s/d", levels=(-7.0, 7.0))
        self.call_after_refresh(self.set_timer, 0.03, self.tick)
Bench().run()
"""
)


def run() -> list[Row]:
    """Return the paper strip's share of a core, and the chart's processor time against textual-plot's."""
    if not hasattr(os, "openpty"):
        return []
    import textual_plot  # noqa: F401  (said at once, by its name, where it is not installed)

    with tempfile.TemporaryDirectory() as folder:
        return [*_strip(Path(folder)), _chart(Path(folder))]


def _strip(folder: Path) -> list[Row]:
    code = _filled(STRIP, rate=PER_SECOND, count=round(PER_SECOND * SECONDS), before=2 * COLUMNS + 20)
    kinds: dict[str, list[float]] = {"strip": [], "empty": []}
    for _round in range(ROUNDS):
        for kind, shares in kinds.items():
            said = _on_terminal(code, kind, folder)
            shares.append(100.0 * said["cpu"] / said["wall"])
    strip, empty = (statistics.median(shares) for shares in kinds.values())
    name = f"paper strip, {PER_SECOND} repaints/s, {COLUMNS}×{LINES} (% of a core; other: the budget of 5 %)"
    return [
        compare(name, strip, 5.0, "%", 1.0, at_most=True),
        compare("the same, against an application that only ticks", strip, empty, "%"),
    ]


def _chart(folder: Path) -> Row:
    code = _filled(CHART, points=POINTS, count=UPDATES)
    kinds: dict[str, list[float]] = {"curve": [], "plot": []}
    for _round in range(ROUNDS):
        for kind, costs in kinds.items():
            said = _on_terminal(code, kind, folder)
            costs.append(1000.0 * said["cpu"] / said["count"])
    ours, other = (statistics.median(costs) for costs in kinds.values())
    return compare(
        f"line chart of {POINTS:,} points, CPU (other: {PLOT}; ratio: theirs to ours)", other, ours, "ms", 5.0
    )


def _filled(code: str, **figures: float) -> str:
    for name, figure in figures.items():
        code = code.replace("{" + name + "}", str(figure))
    return code


def _on_terminal(code: str, kind: str, folder: Path) -> dict[str, float]:
    """Run one picture on a pseudo-terminal that is read all the time, and return what it says of itself."""
    import pty
    import struct
    from fcntl import ioctl
    from termios import TIOCSWINSZ

    result = folder / f"{kind}.json"
    result.unlink(missing_ok=True)
    host, device = pty.openpty()
    ioctl(device, TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "ETABLI_CHARSET": "braille"}
    command = [sys.executable, "-c", code, str(result), kind]
    process = subprocess.Popen(command, stdin=device, stdout=device, stderr=device, env=environment)
    os.close(device)
    try:
        _read_until(lambda: process.poll() is not None, host)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(host)
    if not result.exists():
        raise RuntimeError(f"{kind}: ended without a result")
    said: dict[str, float] = json.loads(result.read_text("utf-8"))
    return said


def _read_until(ended: Callable[[], bool], host: int) -> None:
    limit = time.monotonic() + 120
    with selectors.DefaultSelector() as selector:
        selector.register(host, selectors.EVENT_READ)
        while not ended() and time.monotonic() < limit:
            if selector.select(0.1):
                try:
                    os.read(host, 1 << 20)
                except OSError:
                    return
