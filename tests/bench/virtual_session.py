"""Sessions made in no time: real drivers on a virtual desk around one watch, recorded, with the bench's journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripted import HOUSE, PROCEDURES, PROFILES, FixedClock, MemoryJournal, an_order
from tree_walk import do_step

from bench.desk import Desk
from bench.events import Event
from bench.instrument import InstrumentError
from bench.recording import Recorder, Recording
from bench.recording.player import Player
from drivers.simulated import cases
from drivers.simulated.virtual import VirtualStation
from drivers.simulated.watch import VirtualWatch
from tui.replay import replay

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class DeskTime(FixedClock):
    """The bench's clock is the instruments' virtual one; waiting moves it."""

    def __init__(self, station: VirtualStation) -> None:
        self._clock = station.clock

    @property
    def time(self) -> datetime:  # type: ignore[override]
        return self._clock.now()

    @time.setter
    def time(self, moment: datetime) -> None:
        self._clock.sleep((moment - self._clock.now()).total_seconds())

    def monotonic(self) -> float:
        return self._clock.monotonic()


@dataclass
class Session:
    """A recorded order: its file, its journal, its desk."""

    path: Path
    desk: Desk
    number: str

    @property
    def events(self) -> list[Event]:
        return list(self.desk.journal.events(order=self.number))

    def player(self) -> Player:
        return Player(list(replay(Recording.open(self.path))), self.events)


def recorded(
    folder: Path,
    case: str = "mechanical-low-amplitude",
    procedure: str = "diagnostic-seul",
    *,
    until: str = "",
    answers: dict[str, Any] | None = None,
    **order: Any,
) -> Session:
    """Walk an order of this watch through its procedure, everything measured on the virtual desk and recorded."""
    recorder = Recorder(folder / f"{case}.mcap", {"workshop": "Atelier d’essai", "station": "bench-1"})
    station = VirtualStation(VirtualWatch(cases.load(case), 1), recorder=recorder, began=BEGAN)
    clock = DeskTime(station)
    desk = Desk(MemoryJournal(clock), PROCEDURES, PROFILES, station, HOUSE, station.hands, clock)  # type: ignore[arg-type]
    changed = an_order(procedure, **order)
    desk.open_order(changed)
    work = desk.work(changed.number)
    while work.step is not None and work.step.id != until:
        try:
            do_step(work, answers)
        except InstrumentError:  # a watch without a pulse gives a tester nothing to measure
            work.give_up("l’appareil ne mesure pas cette montre")
    recorder.close()
    return Session(folder / f"{case}.mcap", desk, changed.number)
