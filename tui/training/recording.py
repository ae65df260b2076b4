"""Recording a virtual watch in no time: the sessions that come with the replayed exercises are made by this.

python -m tui.training.recording            writes those of `recorded/` beside the exercises that replay them
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bench import datafile
from bench.desk import Desk
from bench.journal import Journal
from bench.language import Text
from bench.order import Quote, RepairOrder
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import StepKind
from bench.recording import Recorder, Recording
from bench.sheet import events_of
from bench.training.bundle import ENDING, Bundle, Card, pack
from bench.training.library import SHIPPED
from bench.training.model import OrderedWatch
from bench.training.sessions import bundle
from bench.work import Work
from drivers.simulated.cases import CaseFile
from drivers.simulated.virtual import VirtualClock, VirtualStation
from drivers.simulated.watch import VirtualWatch
from profiles.library import Library
from tui.answers import Answers
from tui.demo import HERE as DEMO
from tui.headless import HeadlessRun, SafeEnd
from tui.settings import load
from tui.version import VERSION

SOURCES = Path(__file__).with_name("recorded")
BEGAN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
FORM_SECONDS = 6.0
"""How long a step takes that measures nothing, once measuring has begun."""


class Source(BaseModel):
    """A watch to record, and the way through its procedure: the demonstration's answers, with `steps` in their place.

    The session ends before the step `until`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Text
    level: int
    minutes: int
    competences: tuple[str, ...]
    procedure: str
    until: str
    declared: Text
    request: Text
    order: OrderedWatch
    watch: dict[str, Any]
    steps: dict[str, dict[str, Any]] = Field(default_factory=dict)


def record(path: Path) -> Bundle:
    """Return the session that a source describes, really measured on a virtual bench. Raises EtabliError."""
    source = datafile.load(path, Source)
    case = datafile.validate({"id": path.stem, **source.watch}, CaseFile, path)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        recorder = Recorder(place / "session.mcap", {"program": f"etabli {VERSION}", "simulated": True})
        station = VirtualStation(VirtualWatch(case, 1), recorder=recorder, began=BEGAN)
        try:
            with Journal.open(place / "journal.sqlite", station="virtual", stamp=station.clock.stamp) as journal:
                number = _walked(journal, station, source, place)
                recorder.close()
                told = events_of(journal, number)
        finally:
            recorder.close()
            station.close()
        card = Card(source.title, source.level, source.competences, source.minutes, f"etabli {VERSION}")
        return bundle([told], [Recording.open(place / "session.mcap")], card)


def _walked(journal: Journal, station: VirtualStation, source: Source, place: Path) -> str:
    """Open the order and go through its procedure up to the step `until`; return its number."""
    settings = load(DEMO / "workshop.toml")
    desk = Desk(
        journal, ProcedureLibrary(), Library(), station, settings.house, station.hands, clock=station.clock
    )  # fmt: skip
    order = _order(source)
    desk.open_order(order)
    run = _Run(
        desk,
        settings,
        _answers(DEMO / "answers" / f"{source.procedure}.toml", source.steps),
        SafeEnd(desk.stop),
        photos=place,
        say=lambda sentence: None,
        show=lambda judged: None,
    )
    run.until(order.number, source.until)
    return order.number


class _Run(HeadlessRun):
    """A run in virtual time: waits are over at once, and work between two measurements takes a while."""

    _measuring = False

    def until(self, number: str, step: str) -> None:
        work = self._desk.work(number)
        while work.step is not None and work.step.id != step:
            self._measuring |= work.step.kind is StepKind.MEASUREMENT
            if self._measuring and work.step.kind is not StepKind.MEASUREMENT:
                self._pass(timedelta(seconds=FORM_SECONDS))
            self._step(work)

    def _wait(self, work: Work) -> None:
        left = work.waiting()
        if left is not None and left > timedelta(0):
            self._pass(left)

    def _pass(self, time: timedelta) -> None:
        clock = self._desk.clock
        assert isinstance(clock, VirtualClock)
        clock.sleep(time.total_seconds())


def _answers(path: Path, own: Mapping[str, Mapping[str, Any]]) -> Answers:
    data = datafile.read(path)
    return Answers(path, data["operator"], {**data["steps"], **own})


def _order(source: Source) -> RepairOrder:
    about = source.order
    day = BEGAN.date()
    return RepairOrder(
        number="S-1",
        customer="C-000001",
        watch=about.watch(),
        procedure=source.procedure,
        declared=f"{source.declared.fr} / {source.declared.en}",
        request=f"{source.request.fr} / {source.request.en}",
        received=day.isoformat(),
        promised=(day + timedelta(days=10)).isoformat(),
        quote=Quote("Q-1", "signature", day.isoformat()),
    )


def main() -> None:
    """Write every session of `recorded/` beside the exercise that replays it."""
    for path in sorted(SOURCES.glob("*.toml")):
        to = SHIPPED / f"{path.stem}{ENDING}"
        to.write_bytes(pack(record(path)))
        print(to.name, to.stat().st_size)


if __name__ == "__main__":
    main()
