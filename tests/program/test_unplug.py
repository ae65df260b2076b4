"""A cable pulled in the middle of a measurement: seen at once, kept as an interruption, repeated without a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killable import HOUSE, PROCEDURES, WATCHMAKER, an_order, one_move

from bench.desk import Desk
from bench.events import EventKind
from bench.instrument import InstrumentError, LinkLost, LinkState
from bench.journal import Journal
from bench.pool import LinkEvent
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import StepKind
from bench.work import Work
from drivers.simulated.bench import SimulatedBench
from drivers.station import Station
from profiles.library import Library

SEEN_WITHIN = 2.0


def until(true: Callable[[], bool], seconds: float = 10.0) -> float:
    """Wait for a condition; return how long it took."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, "it did not come about"
        time.sleep(0.005)
    return time.monotonic() - start


@pytest.fixture
def simulated() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=4.0, instruments=["leak-tester"]) as bench:
        bench.select("2026-0001", "case-tight")
        yield bench


@pytest.fixture
def work(simulated: SimulatedBench, tmp_path: Path) -> Iterator[Work]:
    station = Station(simulated.records)
    journal = Journal.open(tmp_path / "journal.sqlite", station="bench-1")
    desk = Desk(
        journal,
        ProcedureLibrary(PROCEDURES),
        Library(),
        station,
        HOUSE,
        lambda _order, handling: simulated.handle(handling.act, handling.detail),
    )
    desk.sign_in(WATCHMAKER)
    desk.open_order(an_order("2026-0001"))
    work = desk.work("2026-0001")
    while work.step is not None and work.step.kind is not StepKind.MEASUREMENT:
        one_move(work, lambda _word: None)
    work.start()
    yield work
    station.close()
    journal.close()


def measuring(work: Work) -> tuple[threading.Thread, list[InstrumentError]]:
    """Begin the next task in another thread; return when it runs. Its error is put into the list."""
    errors: list[InstrumentError] = []

    def measure() -> None:
        task = work.next_task()
        assert task is not None
        work.prepare(task)
        try:
            work.measure(task)
        except InstrumentError as error:
            errors.append(error)

    thread = threading.Thread(target=measure)
    thread.start()
    until(lambda: work._running is not None)
    return thread, errors


def test_an_unplugged_tester_is_seen_at_once_and_the_step_is_repeated_when_it_is_back(
    work: Work, simulated: SimulatedBench
) -> None:
    events: list[LinkEvent] = []
    work.desk.pool.subscribe(events.append)
    thread, failed = measuring(work)
    time.sleep(0.3)
    simulated.unplug("leak-tester")
    seen = until(lambda: work.desk.pool.state("leak-tester") is LinkState.LOST)
    assert seen < SEEN_WITHIN
    thread.join(SEEN_WITHIN)
    assert not thread.is_alive()
    assert isinstance(failed[0], LinkLost)
    assert [event.state for event in events][-1] is LinkState.LOST
    kept = list(work.desk.journal.events(order=work.number))[-1]
    assert kept.kind is EventKind.MEASUREMENT_INTERRUPTED
    assert work.judged() == []

    simulated.replug("leak-tester")
    until(lambda: work.desk.pool.state("leak-tester") is LinkState.READY)
    task = work.next_task()
    assert task is not None
    work.prepare(task)
    assert work.measure(task)
    assert work.outcome() == "pass"


def test_a_stopped_pressure_test_vents_the_chamber_and_keeps_no_number(work: Work, simulated: SimulatedBench) -> None:
    thread, stopped = measuring(work)
    time.sleep(0.5)
    work.stop()
    thread.join(5)
    assert type(stopped[0]).__name__ == "Stopped"
    assert work.state.interruptions == 1
    assert work.judged() == []
