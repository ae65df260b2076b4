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
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.row import Row, compare
from benchmarks.screen_terminal import Terminal, measurable, percentile

if TYPE_CHECKING:
    from bench.instrument import OnSample, Program, RunResult
    from bench.measurement import Sample
    from bench.metrology import InstrumentRecord
    from tui.app import EtabliApp
    from tui.workshop import Workshop

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
    command = [sys.executable, "-m", __name__, "speak", *map(str, masters)]
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
    order = RepairOrder(ORDER, "C-1", watch, "streaming", "", "", quote=Quote("Q-1", "paper", "2026-01-01"))
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
    from bench.instrument import Capability, LinkState, RunResult
    from bench.instrument import Program as Listening
    from bench.measurement import Provenance, Sample
    from bench.metrology import InstrumentRecord
    from bench.instrument import InstrumentKind
    from bench.quantities import quantity
    from bench.recording import Recorder
    from benchmarks.many_instruments import Listener, _dialect
    from drivers.link.serial_link import SerialLink

    class Four:
        """The four of them as one instrument: a run is what all of them say."""

        def __init__(self) -> None:
            dialect = _dialect()
            self.recorder = Recorder(folder / "session.mcap", {}) if paths else None
            self.register = [_record(n, path) for n, path in enumerate(paths)] or [_record(0, "")]
            self.drivers = []
            for record in self.register if paths else ():
                link = SerialLink(record.id, record.connection, dialect.serial)
                assert self.recorder is not None
                link.tap = self.recorder.tap(record.id)
                link.open()
                self.drivers.append(Listener(record, link, dialect))

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
            assert on_sample is not None
            listen = Listening("listen", {"lines": 10**9}, 1e6)

            def heard(place: int) -> OnSample:
                known, beats = quantity(FIGURES[place]), FIGURES[place] == "phase"
                off, n = {"amplitude": 280.0, "beat_error": 0.3}.get(known.id, 0.0), 0

                def take(sample: Sample) -> None:
                    nonlocal n
                    n += 1
                    assert on_sample is not None
                    on_sample(
                        Sample(
                            known,
                            off + sample.magnitude / 50,
                            sample.monotonic,
                            sample.wall,
                            sample.raw,
                            sample.source,
                            sample.provenance,
                            label=("tic", "toc")[n % 2] if beats else "",
                            second=n / RATE if beats else None,
                        )
                    )

                return take

            threads = [
                threading.Thread(target=driver.run, args=(listen, heard(place)), daemon=True)
                for place, driver in enumerate(self.drivers)
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
        return InstrumentRecord(f"timer-{n}", InstrumentKind.TIMEGRAPHER, "timer", "", "stream", path, simulated=True)

    return Four()


def work(folder: str, *paths: str) -> None:
    """Run the bench on that workshop in this terminal, with the order in hand."""
    from tui.app import EtabliApp
    from tui.preferences import Preferences

    EtabliApp(opener(Path(folder), paths), language="en", order=ORDER, liked=Preferences(sounds=False)).run()


def streaming() -> tuple[float, list[float], list[float]]:
    """Return the share of a core in percent, and the milliseconds from a letter, and from F2, to the repaint."""
    with tempfile.TemporaryDirectory() as name, instruments() as paths:
        folder = Path(name)
        prepare(folder)
        with Terminal([__name__, "work", name, *paths]) as terminal:
            terminal.see("Anne")
            terminal.press("\r")
            terminal.see("Timing")
            time.sleep(1.0)
            terminal.press("\r")
            time.sleep(1.0)
            terminal.press("\r")
            terminal.see("V: ")
            time.sleep(12.0)
            share = terminal.busy(WATCHED)
            dice = Random(1)
            letters, languages = [], []
            for n in range(KEYS):
                time.sleep(dice.uniform(0.05, 0.2))
                letters.append(terminal.answer("v", NEXT_PICTURE[n % len(NEXT_PICTURE)]))
            for n in range(KEYS // 4):
                time.sleep(dice.uniform(0.05, 0.2))
                languages.append(terminal.answer("\x1bOQ", "Aide" if n % 2 == 0 else "Help"))
    return share, letters, languages


if __name__ == "__main__":
    act, *arguments = sys.argv[1:]
    if act == "speak":
        speak([int(argument) for argument in arguments])
    else:
        {"work": work}[act](*arguments)
