"""Sessions of one instrument each, recorded in no time: every dialect that the program reads, by its own driver."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.conformity import RULES
from bench.instrument import Capability, InstrumentError, InstrumentKind, Program, RunResult
from bench.judging import MeasureTask, TaskLimit, evaluate
from bench.limit import Limit, Mark
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from bench.quantities import Value, quantity
from bench.recording import Recorder
from bench.running import Interrupted, run_task
from drivers import dialects
from drivers.registry import build
from drivers.simulated import cases
from drivers.simulated.desk import DeskLink, set_up
from drivers.simulated.devices.base import Device
from drivers.simulated.virtual import VirtualClock
from drivers.simulated.watch import VirtualWatch
from drivers.trials import LEAK_TEST, TIMING, TRIALS
from drivers.wire import WireInstrument

# A workshop's own files for instruments that only print, one of each kind that has a driver for them.
PRINTER = """
id = "{id}"
title = {{ fr = "Bande", en = "Slip" }}
kind = "{kind}"
model = "Desk printer"
source = "a slip made up for this test"

[framing]
kind = "line"
terminator = "\\n"
strip = " \\r"

[fields.{quantity}]
type = "decimal"
decimals = 3
sign = "negative"
quantity = "{quantity}"
unit = "{unit}"

[[replies]]
name = "slip"
pattern = "{word} {{{quantity}}}"
"""


@dataclass(frozen=True)
class Talk:
    """What an instrument that only talks says while a program runs: seconds from its begin, bytes."""

    program: Program
    lines: tuple[tuple[float, bytes], ...]


PRINTERS = {
    "own-timegrapher": ("timegrapher", "rate", "s/d", "Rate"),
    "own-field-meter": ("field-meter", "watch_field", "mT", "Field"),
    "own-quartz-tester": ("quartz-tester", "consumption", "µA", "Current"),
}
FIELD = Program("field", {"quantity": "watch_field", "n": 3}, 60.0)
CONSUMPTION = Program("consumption", {"state": "running", "supply": Value.of("supply_voltage", 1.55)}, 60.0)
TALKS: Mapping[str, tuple[Talk, ...]] = {
    # The lines of the F580 manual, one for each stage.
    "ateq-results": (
        Talk(LEAK_TEST, ((20.0, b"<01>: -0.40 bar:(OK): +012 Pa\r"), (120.0, b"<02>: 3.02 bar:(TD): +114 Pa\r"))),
    ),
    "own-timegrapher": (Talk(TIMING, ((12.0, b"Rate 4.500\r\n"),)),),
    "own-field-meter": (Talk(FIELD, tuple((3.0 * n, b"Field 0.%d00\r\n" % n) for n in (1, 2, 3))),),
    "own-quartz-tester": (Talk(CONSUMPTION, ((5.0, b"Current 1.250\r\n"),)),),
}


def own_dialects(folder: Path) -> None:
    """Write the workshop's own dialect files into a folder."""
    for name, (kind, said, unit, word) in PRINTERS.items():
        written = PRINTER.format(id=name, kind=kind, quantity=said, unit=unit, word=word)
        (folder / f"{name}.toml").write_text(written, "utf-8")


class Talker(Device):
    """Says nothing by itself: the session says it."""

    kind = InstrumentKind.TIMEGRAPHER
    dialect_id = "ateq-results"
    id = "talker"
    serial = "T-1"

    def receive(self, frame: Any, now: float) -> None:
        """Hear nothing."""

    def process(self, now: float) -> None:
        """Do nothing."""

    def due(self) -> float | None:
        return None

    def restart(self, now: float) -> None:
        """Forget nothing."""


class OneInstrument:
    """What a task needs of a pool, for one driver on a desk."""

    def __init__(self, record: InstrumentRecord, driver: WireInstrument, link: DeskLink, recorder: Recorder) -> None:
        self.record, self.driver, self.link, self.recorder = record, driver, link, recorder
        self.clock = VirtualClock(link.clock)
        link.tap = recorder.tap(record.id)

    def capabilities(self, _instrument: str) -> tuple[Capability, ...]:
        return self.driver.capabilities()

    def provenance(self, _instrument: str) -> Provenance:
        return self.driver.provenance

    def run(self, _instrument: str, program: Program, on_sample: Any = None) -> RunResult:
        return self.driver.run(program, on_sample)

    def begin_segment(self, instrument: str, header: dict[str, Any]) -> str | None:
        with suppress(InstrumentError):
            self.driver.prepare()
        return self.recorder.begin(instrument, {**header, "driver": self.driver.state()}, self.link.clock.wall())

    def end_segment(self, segment: str, outcome: dict[str, Any]) -> None:
        self.recorder.end(segment, outcome, self.link.clock.wall())

    def measure(self, number: int, program: Program) -> None:
        """Run one task, judge it, and record both; an instrument's error is recorded, too."""
        kind = self.driver.kind
        names = [entry.quantity for entry in self.driver.capabilities()]
        limits = tuple(TaskLimit(_limit(name)) for name in names)
        label = str(program.parameters.get("position", ""))
        task = MeasureTask(
            f"step-{number}", "", kind, program, label, judged=tuple(names), limits=limits, rule=RULES["simple"]
        )
        about = {"order": "1", "visit": 1, "derive": []}
        try:
            ran = run_task(self, self.clock, self.record, task, about)  # type: ignore[arg-type]
        except Interrupted:
            return
        ran.end(evaluate(task, ran.result, ran.facts))


def recorded(folder: Path, dialect: str, *, fault: str = "") -> Path:
    """Record every program of a dialect's trial, or what its talker says; return the recording.

    A fault is there in the first program, in the third …, and gone at last.
    """
    path = folder / f"{dialect}{fault}.mcap"
    recorder = Recorder(path, {})
    if dialect in TRIALS:
        trial = TRIALS[dialect]
        at = set_up(trial)
        one = OneInstrument(at.record, at.driver, at.link, recorder)
        at.driver.check_identity()
        for number, program in enumerate(trial.programs):
            if fault:
                at.fault(fault, number % 2 == 0)
            one.measure(number, program)
            at.link.clock.sleep(5.0)
        if fault:  # and once more when all is well again: the driver has to win its trust back first
            at.fault(fault, False)
            one.measure(len(trial.programs), trial.programs[0])
    else:
        _talk(dialect, recorder, silent=fault == "silent")
    recorder.close()
    return path


def _talk(dialect: str, recorder: Recorder, *, silent: bool) -> None:
    known = dialects.load(dialect)
    record = InstrumentRecord("talker", known.kind, known.model, "T-1", dialect, "desk")
    link = DeskLink(Talker(1), VirtualWatch(cases.load("mechanical-healthy"), 1))
    link.open()
    one = OneInstrument(record, build(record, link), link, recorder)
    for number, talk in enumerate(TALKS[dialect]):
        for moment, line in () if silent else talk.lines:
            link.at(moment, lambda line=line: link.say(line))  # type: ignore[misc]
        one.measure(number, talk.program)


def _limit(name: str) -> Limit:
    """Limits that some of the watches keep and others do not."""
    return Limit(quantity(name), None, 5.0, "made up for this test", Mark.DOCUMENTED)
