"""The bench screen while four instruments send a hundred samples a second each, all drawn as one measurement.

A process with four pseudo-terminals plays the instruments; links, recording, decoder, buffer and screen are the
program's own. Then a working day of such samples through the same screen, as fast as it draws them.
"""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.row import Row, compare
from benchmarks.screen_terminal import Terminal, measurable, percentile

if TYPE_CHECKING:
    from bench.instrument import OnSample, Program, RunResult
    from bench.metrology import InstrumentRecord
    from tui.app import EtabliApp
    from tui.workshop import Workshop

HERE = "benchmarks.screen_streaming"
INSTRUMENTS = 4
RATE = 100
FIRST = 1_000_000
KEYS = 200
WATCHED = 15.0
HOURS = 8
# So many samples between two repaints of the day that is run through: 15 s of the four instruments.
PIECE = 6000
ALLOWED_MS, ALLOWED_PERCENT, ALLOWED_GROWTH = 50.0, 15.0, 5.0
ORDER = "R-1"
WORKSHOP = """
name = "Atelier des essais"
station = "bench-1"
[house]
pins = false
lock_after_minutes = 0
[[operator]]
id = "anne"
name = "Anne Perret"
roles = ["technician"]
"""
# What each instrument's figures are taken for; the last is a timegrapher's beats.
FIGURES = ("rate", "amplitude", "beat_error", "phase")
USUAL = {"amplitude": 280.0, "beat_error": 0.3}
NEXT_PICTURE = ("V: amplitude", "V: beat error", "V: paper strip", "V: rate")


def speak(masters: list[int]) -> None:
    """Send each instrument's next line every hundredth of a second until the other side closes."""
    from benchmarks.many_instruments import _dialect

    dialect = _dialect()
    started, slot = time.monotonic(), 1.0 / RATE / len(masters)
    n = 0
    while True:
        figure = 40.0 * math.sin(n / 150.0) + 3.0 * math.sin(n / 11.0)
        line = dialect.reply("beat", number=FIRST + n, rate=round(figure, 2), amplitude=287)
        for place, fd in enumerate(masters):
            wait = started + n / RATE + place * slot - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            try:
                os.write(fd, line)
            except OSError:
                return
        n += 1


@contextmanager
def instruments() -> Iterator[list[str]]:
    """Start the process of the four instruments; give the paths of their pseudo-terminals."""
    import tty

    pairs = [os.openpty() for _ in range(INSTRUMENTS)]
    for _, slave in pairs:
        tty.setraw(slave)
    masters = [master for master, _ in pairs]
    command = [sys.executable, "-m", HERE, "speak", *map(str, masters)]
    process = subprocess.Popen(command, pass_fds=masters)
    for master in masters:
        os.close(master)
    try:
        yield [os.ttyname(slave) for _, slave in pairs]
    finally:
        process.terminate()
        process.wait()
        for _, slave in pairs:
            os.close(slave)


def prepare(folder: Path) -> None:
    """Make a workshop with the one order that is measured."""
    from bench.order import Family, Quote, RepairOrder, Watch
    from tui.folder import Folder
    from tui.workshop import Workshop

    (folder / "procedures").mkdir()
    (folder / "workshop.toml").write_text(WORKSHOP, encoding="utf-8")
    (folder / "procedures" / "streaming.toml").write_text(
        Path(__file__).with_suffix(".toml").read_text("utf-8"), encoding="utf-8"
    )
    watch = Watch("Doubs", "Promenade", "P-2824", "118204", family=Family.AUTOMATIC, calibre="eta-2824-2")
    quote = Quote("Q-1", "paper", "2026-01-01")
    order = RepairOrder(ORDER, "C-1", watch, "streaming", "avance", "contrôle", "", "2099-01-01", quote=quote)
    with Workshop.open(Folder(folder), instruments=False) as workshop:
        workshop.desk.open_order(order)


def opener(folder: Path, paths: Sequence[str]) -> Callable[[], Workshop]:
    """Return what opens that workshop with the four instruments at `paths`."""

    def opened() -> Workshop:
        from tui.folder import Folder
        from tui.workshop import Workshop

        workshop = Workshop.open(Folder(folder), instruments=False)
        pool = _pool(folder, paths)
        workshop.desk.pool = pool
        workshop.records = pool.records()
        return workshop

    return opened


def _pool(folder: Path, paths: Sequence[str]) -> Any:
    from bench.instrument import Capability, InstrumentKind, LinkState, RunResult
    from bench.instrument import Program as Listening
    from bench.measurement import Provenance
    from bench.metrology import Certificate, InstrumentRecord
    from bench.quantities import Value
    from bench.recording import Recorder
    from benchmarks.many_instruments import Listener, _dialect
    from drivers.link.serial_link import SerialLink

    class Talker(Listener):
        """Gives every line as a sample of its own figure for ever, from the first one that is heard whole."""

        figure = ""

        def _listen(self, program: Program) -> RunResult:
            expected = None
            beats, off = self.figure == "phase", USUAL.get(self.figure, 0.0)
            while True:
                frame = self.exchange.listen(self.ends)
                assert frame is not None, "it fell silent"
                number, said = frame["number"], frame["rate"]
                assert isinstance(number, int) and isinstance(said, Value)
                assert expected in (None, number), "a line is missing"
                expected = number + 1
                side, second = (("tic", "toc")[number % 2], (number - FIRST) / RATE) if beats else ("", None)
                self._give(self.figure, off + said.magnitude / 50, frame.raw, label=side, second=second)

    class Four:
        """The four of them as one instrument: a run is what all of them say."""

        def __init__(self) -> None:
            dialect = _dialect()
            self.recorder = Recorder(folder / "session.mcap", {}) if paths else None
            self.register = [_record(n, path) for n, path in enumerate(paths)] or [_record(0, "")]
            self.drivers: list[Talker] = []
            for record in self.register if paths else ():
                link = SerialLink(record.id, record.connection, dialect.serial)
                assert self.recorder is not None
                link.tap = self.recorder.tap(record.id)
                link.open()
                driver = Talker(record, link, dialect)
                driver.figure = FIGURES[len(self.drivers)]
                self.drivers.append(driver)

        def records(self) -> Sequence[InstrumentRecord]:
            return self.register

        def choose(self, kind: InstrumentKind) -> InstrumentRecord | None:
            return self.register[0]

        def state(self, instrument: str) -> LinkState:
            return LinkState.READY

        def identity(self, instrument: str) -> None:
            return None

        def provenance(self, instrument: str) -> Provenance:
            return Provenance.SIMULATED

        def capabilities(self, instrument: str) -> tuple[Capability, ...]:
            return tuple(Capability(key, accuracy=0.5, resolution=0.1) for key in FIGURES[:3])

        def run(self, instrument: str, program: Program, on_sample: OnSample | None = None) -> RunResult:
            listen = Listening("listen", {}, 1e6)
            threads = [
                threading.Thread(target=driver.run, args=(listen, on_sample), daemon=True) for driver in self.drivers
            ]
            for thread in threads:
                thread.start()
            self.ended = threading.Event()
            self.ended.wait()
            return RunResult((), 0)

        def begin_segment(self, instrument: str, header: Mapping[str, Any]) -> None:
            return None

        def end_segment(self, segment: str, outcome: Mapping[str, Any]) -> None: ...

        def stop(self, instrument: str | None = None) -> None:
            os._exit(0)  # the figures are taken; what was heard is of no use

        def subscribe(self, listener: object) -> Callable[[], None]:
            return lambda: None

        def close(self) -> None: ...

    def _record(n: int, path: str) -> InstrumentRecord:
        paper = (Certificate("C-1", "LNE", date.today(), 365, "1"),)
        kind = InstrumentKind.TIMEGRAPHER
        return InstrumentRecord(f"timer-{n}", kind, "timer", "1", "stream", path, simulated=True, certificates=paper)

    return Four()


def work(folder: str, *paths: str) -> None:
    """Run the bench on that workshop in this terminal, with the order in hand."""
    from tui.app import EtabliApp
    from tui.preferences import Preferences

    EtabliApp(opener(Path(folder), paths), language="en", order=ORDER, liked=Preferences(sounds=False)).run()


EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    turns = 0
    def compose(self):
        yield Static("ready")
    def on_key(self):
        self.turns += 1
        self.query_one(Static).update("odd" if self.turns % 2 else "even")
Empty().run()
"""


def empty() -> None:
    """Run an application in this terminal that does nothing but answer a key with a word."""
    exec(EMPTY, {})


def day(folder: str) -> None:
    """Draw a day of samples on the bench of that workshop; print the resident MiB after its first tenth and its end."""
    asyncio.run(_day(Path(folder)))


async def _day(folder: Path) -> None:
    from bench.measurement import Provenance, Sample
    from bench.quantities import quantity
    from tui.app import EtabliApp
    from tui.screens.bench import BenchScreen

    prepare(folder)
    app = EtabliApp(opener(folder, []), language="en", order=ORDER)
    async with app.run_test(size=(160, 50)) as pilot:
        screen = await _measuring(app, pilot)
        assert isinstance(screen, BenchScreen)
        whole = round(INSTRUMENTS * RATE * 3600 * HOURS)
        known = [quantity(figure) for figure in FIGURES]
        sizes = []
        for begun in range(0, whole, PIECE):
            for n in range(begun, begun + PIECE):
                place, at = n % INSTRUMENTS, n / RATE / INSTRUMENTS
                beats = FIGURES[place] == "phase"
                screen.samples.append(
                    Sample(
                        known[place],
                        USUAL.get(FIGURES[place], 0.0) + math.sin(n / 600.0),
                        at,
                        at,
                        b"",
                        "timer",
                        Provenance.SIMULATED,
                        label=("tic", "toc")[n // INSTRUMENTS % 2] if beats else "",
                        second=at if beats else None,
                    )
                )
            screen._drain()
            assert not screen.samples
            screen.pictures.wanted = begun // PIECE
            await asyncio.sleep(0.002)
            sizes.append(_resident())
        print(sizes[len(sizes) // 10], sizes[-1], file=sys.__stdout__, flush=True)
        os._exit(0)


async def _measuring(app: EtabliApp, pilot: Any) -> Any:
    """Sign in and begin to measure; return the bench screen."""
    from textual import events

    from tui.screens.bench import BenchScreen
    from tui.screens.sign_in import SignInScreen

    async def until(condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.05)

    await until(lambda: isinstance(app.screen, SignInScreen) and app.screen.focused is not None)
    app.post_message(events.Key("enter", "\r"))
    await until(lambda: isinstance(app.screen, BenchScreen) and app.screen.now is not None)
    screen = app.screen
    assert isinstance(screen, BenchScreen)
    screen.action_main()
    await until(lambda: screen.now is not None and screen.now.started and screen.idle)
    screen.action_main()
    await until(lambda: screen.running is not None)
    return screen


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def streaming() -> tuple[float, list[float], list[float]]:
    """Return the share of a core in percent, and the milliseconds from a key to its repaint: ours, and an empty
    application's, one after the other in turns.
    """
    with tempfile.TemporaryDirectory() as name, instruments() as paths:
        prepare(Path(name))
        with Terminal([HERE, "work", name, *paths]) as bench, Terminal([HERE, "empty"]) as floor:
            bench.see("Anne")
            bench.enter()
            bench.see("Begin")
            bench.enter()
            bench.see("Measure")
            bench.enter()
            bench.see("V: ")
            time.sleep(8.0)
            share = bench.busy(WATCHED)
            dice = Random(1)
            ours, other = [], []
            for n in range(KEYS):
                time.sleep(dice.uniform(0.03, 0.15))
                ours.append(bench.answer("v", NEXT_PICTURE[n % len(NEXT_PICTURE)]))
                other.append(floor.answer("v", ("odd", "even")[n % 2]))
    return share, ours, other


def grown() -> float:
    """Return by how many MiB a day of samples makes the program grow, its first tenth not counted."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run([sys.executable, "-m", HERE, "day", folder], capture_output=True, text=True, check=True)
    before, after = told.stdout.split()[-2:]
    return float(after) - float(before)


def run() -> list[Row]:
    """Return what the screen costs while instruments talk, how long a key waits, and what a day adds."""
    if not measurable():
        return []
    share, ours, other = streaming()
    name = f"screen, {INSTRUMENTS} instruments at {RATE} samples/s"
    late, floor = percentile(ours, 99), percentile(other, 99)
    return [
        compare(f"{name}: share of a core (other: allowed)", share, ALLOWED_PERCENT, "%", 1.0, at_most=True),
        compare(
            f"{name}: a letter to its repaint, p99",
            late,
            ALLOWED_MS,
            "ms",
            1.0,
            at_most=True,
        ),
        compare("the same (other: an empty Textual app in the same minute, p99)", late, floor, "ms"),
        compare("the same, median", percentile(ours, 50), percentile(other, 50), "ms"),
        compare(
            f"screen, {HOURS} h of these samples: growth (other: allowed)",
            grown(),
            ALLOWED_GROWTH,
            "MiB",
            1.0,
            at_most=True,
        ),
    ]


if __name__ == "__main__":
    act, *arguments = sys.argv[1:]
    if act == "speak":
        speak([int(argument) for argument in arguments])
    elif act == "work":
        work(*arguments)
    elif act == "day":
        day(*arguments)
    else:
        empty()
