"""Every driver through every fault of a line: the truth or a typed error, in time, and nothing left behind.

The rows are those of drivers/conformance.py; a driver that is registered without a trial fails here. What differs on
real ports (loss, exclusive use, another name) is tried on pseudo-terminals and TCP as well.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from bench.instrument import InstrumentError, LinkLost, LinkState, PortUnavailable
from bench.metrology import InstrumentRecord
from bench.pool import LinkEvent
from drivers import registry
from drivers.conformance import CHECKS, NotKept, run
from drivers.demagnetiser import field_meter
from drivers.demagnetiser.driver import Demagnetiser
from drivers.link.serial_link import SerialLink
from drivers.registry import DRIVERS, where
from drivers.simulated import SimulatedBench
from drivers.simulated.desk import healthy, set_up
from drivers.simulated.ports import PTYS
from drivers.station import Station
from drivers.trials import TIMING, TRIALS, seconds

LINKS = ["pty", "tcp"] if PTYS else ["tcp"]
Ports = Literal["pty", "tcp"]
SPEED = 40.0


def held() -> tuple[int, int]:
    """Return how many file descriptors and threads this process holds (descriptors: where the system tells)."""
    descriptors = Path("/proc/self/fd")
    return (len(list(descriptors.iterdir())) if descriptors.is_dir() else 0), threading.active_count()


def eventually(true: Callable[[], bool], patience: float) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = held()
    yield
    eventually(lambda: held() <= before, 5.0)


def test_every_registered_driver_is_tried() -> None:
    assert set(TRIALS) == set(DRIVERS)


@pytest.mark.parametrize("dialect", TRIALS)
@pytest.mark.parametrize("row", CHECKS)
def test_a_driver_gives_the_truth_or_a_typed_error(row: str, dialect: str) -> None:
    CHECKS[row][0](TRIALS[dialect])


# A suite that nobody can fail proves nothing: drivers that break a promise, each caught by its row.


def test_a_driver_that_believes_a_single_frame_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_meter, "_agree", lambda _one, _other: True)
    with pytest.raises(NotKept):
        CHECKS["mutation"][0](TRIALS["lutron-16-digit"])


def test_a_driver_that_lets_an_exception_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_self: Any, _program: Any) -> Any:
        raise ZeroDivisionError("in a driver")

    monkeypatch.setattr(Demagnetiser, "_demagnetise", crash)
    broken = {name for name, why in run(TRIALS["2g600"]) if why is not None}
    assert {"interface", "split", "unplugged", "deck"} <= broken


def test_an_exchange_that_forgets_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers.exchange import Exchange

    monkeypatch.setattr(Exchange, "clear", lambda self: None)
    with pytest.raises(NotKept):
        CHECKS["stale"][0](TRIALS["cosmo-ls"])


# Real ports.


def quick(records: list[InstrumentRecord]) -> list[InstrumentRecord]:
    return [replace(record, options={**record.options, "pacing": 1 / SPEED}) for record in records]


SHORT = replace(TIMING, parameters={**TIMING.parameters, "stabilise": seconds(2), "measure": seconds(8)}, deadline=20.0)


@pytest.fixture(scope="module", params=LINKS)
def ports(request: pytest.FixtureRequest) -> Ports:
    link: Ports = request.param
    return link


def program_of(record: InstrumentRecord) -> Any:
    return SHORT if record.dialect == "timegrapher-studio" else TRIALS[record.dialect].programs[0]


def outcome_of(station: Station, record: InstrumentRecord) -> Any:
    try:
        return station.run(record.id, replace(program_of(record), deadline=8.0))
    except InstrumentError as error:
        return error


def all_at_once(station: Station) -> dict[str, Any]:
    """Run every instrument's program, each in its own thread, and return what came of it."""
    outcomes: dict[str, Any] = {}

    def run(record: InstrumentRecord) -> None:
        outcomes[record.id] = outcome_of(station, record)

    threads = [threading.Thread(target=run, args=(record,)) for record in station.records()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert not any(thread.is_alive() for thread in threads), "a program hangs"
    return outcomes


FAULTS_ON_PORTS = ("garbage-before", "split", "duplicate", "bit-flip", "reset")


def test_on_real_ports_a_fault_is_the_truth_or_a_typed_error_too(ports: Ports) -> None:
    """Every instrument at once, each with another fault."""
    turn = LINKS.index(ports)
    with SimulatedBench(speed=SPEED, ports=ports) as bench:
        bench.select("watch", "mechanical-healthy")
        station = Station(quick(bench.records))
        try:
            for number, record in enumerate(station.records()):
                eventually(lambda key=record.id: station.state(key) is LinkState.READY, 10.0)  # type: ignore[misc]
                bench.fault(record.id, FAULTS_ON_PORTS[(number + turn) % len(FAULTS_ON_PORTS)])
            for outcome in all_at_once(station).values():
                assert isinstance(outcome, InstrumentError) or outcome.readings
        finally:
            station.close()


def test_unplugging_everything_is_one_event_each_within_two_seconds(ports: Ports) -> None:
    with SimulatedBench(speed=SPEED, ports=ports) as bench:
        bench.select("watch", "mechanical-healthy")
        events: list[LinkEvent] = []
        station = Station(quick(bench.records))
        try:
            keys = [record.id for record in station.records()]
            eventually(lambda: all(station.state(key) is LinkState.READY for key in keys), 10.0)
            station.subscribe(events.append)
            pulled = time.monotonic()
            for key in keys:
                bench.unplug(key)
            eventually(lambda: all(station.state(key) is LinkState.LOST for key in keys), 2.0)
            lost = [event for event in events if event.state is LinkState.LOST]
            assert all(event.at - pulled < 2.0 for event in lost)
            assert {event.instrument for event in lost} == set(keys)
            time.sleep(0.3)  # the ports are looked for again meanwhile, and not found: no news
            reasons = [(event.instrument, str(event.why)) for event in events if event.state is LinkState.LOST]
            assert len(reasons) == len(set(reasons))
            for key in keys:
                bench.replug(key)
            eventually(lambda: all(station.state(key) is LinkState.READY for key in keys), 10.0)
        finally:
            station.close()


@pytest.mark.parametrize("doing", ["reading", "writing", "draining", "closing"])
def test_a_port_that_goes_away_is_a_lost_link_whatever_is_being_done(ports: Ports, doing: str) -> None:
    with SimulatedBench(ports=ports, instruments=["leak-tester"]) as bench:
        url = bench.urls["leak-tester"]
        link = SerialLink("leak-tester", url)
        link.open()
        bench.unplug("leak-tester")
        work: dict[str, Callable[[], Any]] = {
            "reading": lambda: link.read(time.monotonic() + 2.0),
            "writing": lambda: [link.write(b"x" * 64) for _ in range(10_000)],
            "draining": lambda: link.drain(0.5, 2.0),
        }
        if doing in work:
            with pytest.raises(LinkLost):
                work[doing]()
        link.close()
        with pytest.raises(PortUnavailable):
            link.open()


@pytest.mark.skipif(os.name != "posix", reason="Windows ports are exclusive by themselves")
@pytest.mark.skipif(not PTYS, reason="needs a pseudo-terminal")
def test_a_port_that_another_program_holds_is_named_so() -> None:
    with SimulatedBench(instruments=["leak-tester"]) as bench:
        url = bench.urls["leak-tester"]
        with SerialLink("leak-tester", url):
            with pytest.raises(PortUnavailable) as refused:
                SerialLink("another", url).open()
            assert "Another program" in str(refused.value)


class Adapter:
    """A USB adapter as the system lists it."""

    def __init__(self, device: str, serial: str) -> None:
        self.device, self.vid, self.pid, self.serial_number = device, 0x0403, 0x6001, serial


def adapters(monkeypatch: pytest.MonkeyPatch, *found: Adapter) -> None:
    from serial.tools import list_ports

    monkeypatch.setattr(list_ports, "comports", lambda: list(found))


def test_an_adapter_under_another_name_is_found_and_two_alike_are_never_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = set_up(TRIALS["2g600"])
    record = replace(at.record, connection="/dev/ttyUSB0", options={"usb": {"vid": "0403", "pid": "6001"}})
    mine = replace(record, options={"usb": {"vid": 0x0403, "pid": 0x6001, "serial": "A1"}})
    adapters(monkeypatch, Adapter("/dev/ttyUSB7", "A1"))
    assert where(record) == where(mine) == "/dev/ttyUSB7"
    adapters(monkeypatch, Adapter("/dev/ttyUSB0", "A2"), Adapter("/dev/ttyUSB3", "A1"))
    assert where(mine) == "/dev/ttyUSB3"
    with pytest.raises(PortUnavailable, match=r"ttyUSB0, /dev/ttyUSB3"):
        where(record)
    adapters(monkeypatch)
    with pytest.raises(PortUnavailable):
        registry.where(mine)


def test_the_healthy_figures_are_the_same_every_time() -> None:
    """What the rows compare with must not depend on chance."""
    for trial in TRIALS.values():
        assert healthy(trial) == healthy(trial)
