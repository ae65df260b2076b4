"""The bench's instruments on real ports: who is ready, what happens when a cable comes out, who owns what."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.instrument import (
    DeviceFault,
    InstrumentError,
    InstrumentKind,
    LinkLost,
    LinkState,
    NoReply,
    PortUnavailable,
    Program,
    Stopped,
    WrongInstrument,
)
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from bench.pool import LinkEvent
from bench.quantities import Value
from bench.recording import Recorder, Recording
from drivers.registry import build_replay
from drivers.simulated import SimulatedBench
from drivers.station import Station

SPEED = 40.0


def seconds(value: float) -> Value:
    return Value.of("measuring_time", value)


TIMING = Program(
    "timing",
    {"position": "CH", "lift_angle": Value.of("lift_angle", 50.0), "stabilise": seconds(4), "measure": seconds(16)},
    30.0,
)
FOREVER = replace(TIMING, parameters={**TIMING.parameters, "measure": seconds(100_000)})
FIELD = Program("field", {"quantity": "background_field", "n": 3}, 20.0)
BATTERY = Program("battery", {}, 20.0)
LEAK_TEST = Program(
    "leak-test",
    {
        "stages": [
            {
                "label": "+3 bar",
                "pressure": Value.of("test_pressure", 3.0),
                "fill": seconds(10),
                "stabilise": seconds(1000),
                "measure": seconds(30),
            }
        ],
        "free_volume": Value.of("free_volume", 2100.0),
    },
    60.0,
)


def eventually(true: Callable[[], bool], patience: float = 8.0) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


@pytest.fixture
def bench() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=SPEED) as simulated:
        simulated.select("watch", "mechanical-healthy")
        yield simulated


def quick(records: list[InstrumentRecord]) -> list[InstrumentRecord]:
    return [replace(record, options={**record.options, "pacing": 1 / SPEED}) for record in records]


@pytest.fixture
def events() -> list[LinkEvent]:
    return []


@pytest.fixture
def station(bench: SimulatedBench, events: list[LinkEvent]) -> Iterator[Station]:
    pool = Station(quick(bench.records))
    pool.subscribe(events.append)
    yield pool
    pool.close()


def ready(station: Station) -> None:
    for record in station.records():
        eventually(lambda key=record.id: station.state(key) is LinkState.READY)  # type: ignore[misc]


def test_all_instruments_become_ready_and_say_who_they_are(station: Station) -> None:
    ready(station)
    for record in station.records():
        identity = station.identity(record.id)
        assert identity is not None
        assert identity.model == record.model
        assert station.provenance(record.id) is Provenance.SIMULATED
        assert station.capabilities(record.id)
    for kind in InstrumentKind:
        chosen = station.choose(kind)
        assert chosen is not None
        assert chosen.kind is kind


def test_every_kind_measures_through_the_station(bench: SimulatedBench, station: Station) -> None:
    result = station.run("timegrapher", TIMING)
    assert {reading.value.quantity.id for reading in result.readings} >= {"rate", "amplitude", "beat_error"}
    assert station.run("field-meter", FIELD).readings
    bench.select("quartz", "quartz-healthy")
    assert station.run("quartz-tester", BATTERY).readings[0].value.magnitude == pytest.approx(1.55, abs=0.05)


def test_two_instruments_measure_at_the_same_time(station: Station) -> None:
    ready(station)
    done: list[str] = []

    def run(instrument: str, program: Program) -> None:
        station.run(instrument, program)
        done.append(instrument)

    threads = [
        threading.Thread(target=run, args=("timegrapher", TIMING)),
        threading.Thread(target=run, args=("field-meter", FIELD)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20.0)
    assert sorted(done) == ["field-meter", "timegrapher"]


def test_a_cable_pulled_while_measuring_is_a_lost_link_at_once(
    bench: SimulatedBench, station: Station, events: list[LinkEvent]
) -> None:
    ready(station)
    pulled: list[float] = []

    def pull(_sample: object) -> None:
        if not pulled:
            pulled.append(time.monotonic())
            bench.unplug("timegrapher")

    with pytest.raises(LinkLost):
        station.run("timegrapher", FOREVER, pull)
    assert time.monotonic() - pulled[0] < 2.0
    assert station.state("timegrapher") is LinkState.LOST
    assert events[-1].state is LinkState.LOST
    bench.replug("timegrapher")
    eventually(lambda: station.state("timegrapher") is LinkState.READY)
    assert station.run("timegrapher", TIMING).readings


def test_a_cable_pulled_while_idle_is_seen_within_two_seconds(bench: SimulatedBench, station: Station) -> None:
    ready(station)
    bench.unplug("leak-tester")
    eventually(lambda: station.state("leak-tester") is LinkState.LOST, patience=2.0)
    with pytest.raises(LinkLost):
        station.run("leak-tester", LEAK_TEST)
    bench.replug("leak-tester")
    eventually(lambda: station.state("leak-tester") is LinkState.READY)


def test_a_silent_instrument_is_suspect_until_it_answers_again(
    bench: SimulatedBench, station: Station, events: list[LinkEvent]
) -> None:
    ready(station)
    bench.fault("quartz-tester", "silent")
    with pytest.raises(NoReply):
        station.run("quartz-tester", BATTERY)
    assert station.state("quartz-tester") is LinkState.SUSPECT
    bench.fault("quartz-tester", "silent", on=False)
    eventually(lambda: station.state("quartz-tester") is LinkState.READY, patience=15.0)
    with pytest.raises(DeviceFault):  # no quartz watch there: but the tester says so itself
        station.run("quartz-tester", BATTERY)


def test_stop_vents_the_chamber_before_it_returns(bench: SimulatedBench, station: Station) -> None:
    ready(station)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            station.run("leak-tester", LEAK_TEST)
        except InstrumentError as error:
            errors.append(error)

    measuring = threading.Thread(target=run)
    measuring.start()
    watch = bench.watch
    assert watch is not None
    device = bench._lines["leak-tester"].device
    eventually(lambda: device._chamber > 2.5)  # type: ignore[attr-defined]
    station.stop()
    assert device._chamber < 0.01  # type: ignore[attr-defined]
    measuring.join(5.0)
    assert [type(error) for error in errors] == [Stopped]


def test_closing_the_station_vents_too(bench: SimulatedBench, station: Station) -> None:
    ready(station)

    def run() -> None:
        with pytest.raises(Stopped):
            station.run("leak-tester", LEAK_TEST)

    measuring = threading.Thread(target=run)
    measuring.start()
    device = bench._lines["leak-tester"].device
    eventually(lambda: device._chamber > 2.5)  # type: ignore[attr-defined]
    station.close()
    assert device._chamber < 0.01  # type: ignore[attr-defined]
    measuring.join(5.0)
    assert not measuring.is_alive()


def test_another_instrument_at_the_port_is_refused(bench: SimulatedBench) -> None:
    tester = next(record for record in bench.records if record.id == "quartz-tester")
    station = Station([replace(tester, serial="QB-0007")])
    try:
        with pytest.raises(WrongInstrument, match="QB-0007"):
            station.run("quartz-tester", BATTERY)
        assert station.state("quartz-tester") is LinkState.SUSPECT
        assert station.choose(InstrumentKind.QUARTZ_TESTER) is not None  # it is for the person to say: not this one
    finally:
        station.close()


def test_a_port_that_does_not_exist_says_so(bench: SimulatedBench, tmp_path: Path) -> None:
    tester = next(record for record in bench.records if record.id == "quartz-tester")
    station = Station([replace(tester, connection=str(tmp_path / "nowhere"))])
    try:
        with pytest.raises(PortUnavailable):
            station.run("quartz-tester", BATTERY)
        assert station.state("quartz-tester") is LinkState.CLOSED
    finally:
        station.close()


def test_a_dialect_without_a_driver_is_named(bench: SimulatedBench) -> None:
    station = Station([replace(bench.records[0], dialect="witschi")])
    try:
        with pytest.raises(UsageError, match="witschi"):
            station.run(bench.records[0].id, TIMING)
    finally:
        station.close()


def test_nothing_is_left_behind(bench: SimulatedBench) -> None:
    def descriptors() -> int:
        folder = Path("/proc/self/fd")
        return sum(1 for _ in folder.iterdir()) if folder.exists() else 0

    threads, open_files = threading.active_count(), descriptors()
    for _round in range(5):
        station = Station(quick(bench.records))
        ready(station)
        bench.unplug("field-meter")
        eventually(lambda now=station: now.state("field-meter") is LinkState.LOST)  # type: ignore[misc]
        bench.replug("field-meter")
        station.close()
    eventually(lambda: threading.active_count() <= threads)
    eventually(lambda: descriptors() <= open_files + 1)  # the simulated field meter's own end is a new one


def test_many_cables_out_and_in_again(bench: SimulatedBench, station: Station) -> None:
    """The link comes back every time, as long as somebody pulls at it."""
    ready(station)
    for _pull in range(6):
        bench.unplug("field-meter")
        eventually(lambda: station.state("field-meter") is LinkState.LOST, patience=2.0)
        bench.replug("field-meter")
        eventually(lambda: station.state("field-meter") is LinkState.READY)
    assert station.run("field-meter", FIELD).readings


def test_a_person_reads_where_no_port_is(bench: SimulatedBench) -> None:
    by_hand = InstrumentRecord("display", InstrumentKind.TIMEGRAPHER, "Chronoscope X1", "4711", "manual", "manual")
    asked: list[str] = []

    def ask(quantity: object, label: str) -> str:
        asked.append(f"{quantity} {label}")
        return "1"

    station = Station([by_hand], asker=ask)
    assert station.choose(InstrumentKind.TIMEGRAPHER) == by_hand
    assert station.provenance("display") is Provenance.MANUAL
    assert [reading.value.magnitude for reading in station.run("display", TIMING).readings] == [1.0, 1.0, 1.0]
    assert asked == ["rate CH", "amplitude CH", "beat error CH"]
    station.close()
    alone = Station([by_hand])
    assert alone.choose(InstrumentKind.TIMEGRAPHER) is None
    with pytest.raises(UsageError, match="nobody to ask"):
        alone.run("display", TIMING)


def test_a_recorded_segment_gives_the_same_figures_when_replayed(bench: SimulatedBench, tmp_path: Path) -> None:
    programs = {"timegrapher": TIMING, "field-meter": FIELD, "quartz-tester": BATTERY}
    path = tmp_path / "session.mcap"
    recorder = Recorder(path, {"station": "1"})
    records = {record.id: record for record in bench.records}
    station = Station(quick(bench.records), recorder=recorder)
    bench.select("quartz", "quartz-healthy")
    station.run("quartz-tester", BATTERY)  # so that its numbering is not at the beginning
    live = {}
    for instrument, program in programs.items():
        bench.select("x", "quartz-healthy") if instrument == "quartz-tester" else bench.select(
            "watch", "mechanical-healthy"
        )
        segment = station.begin_segment(instrument, {"program": program.to_json()})
        assert segment is not None
        live[segment] = station.run(instrument, program)
        station.end_segment(segment, {"done": True})
    station.close()
    recorder.close()

    segments = {segment.id: segment for segment in Recording.open(path).segments()}
    for key, result in live.items():
        segment = segments[key]
        driver = build_replay(records[segment.instrument], segment)
        again = driver.run(programs[segment.instrument])
        assert driver.provenance is Provenance.REPLAYED
        assert [reading.value for reading in again.readings] == [reading.value for reading in result.readings]
