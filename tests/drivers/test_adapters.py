"""An instrument is found by its adapter when the port's name changes; two adapters that are alike are never guessed."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from adapters_here import adapter, plug_in

from bench.instrument import InstrumentKind, LinkState, PortUnavailable
from bench.metrology import InstrumentRecord
from drivers.adapters import twins, usb_of
from drivers.registry import where
from drivers.simulated import SimulatedBench
from drivers.station import Station

TESTER = InstrumentRecord("leak", InstrumentKind.WATER_RESISTANCE, "Cosmo LS-1866", "4711", "cosmo-ls", "/dev/ttyUSB0")
FTDI = {"vid": "0403", "pid": "6001", "serial": "A1"}
KEYED = replace(TESTER, options={"usb": FTDI})


def test_an_adapter_is_known_by_vendor_product_and_serial_number(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [adapter("/dev/ttyUSB0", serial="A1", location="1-2"), adapter("/dev/ttyUSB1", serial="B2")])
    assert usb_of("/dev/ttyUSB0") == FTDI
    assert twins("/dev/ttyUSB0") == []


def test_a_port_without_usb_and_an_unknown_port_have_no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [adapter("/dev/ttyS0", vid=None, pid=None)])
    assert usb_of("/dev/ttyS0") == {}
    assert usb_of("COM7") == {}
    assert twins("COM7") == []


def test_the_port_is_found_under_its_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [adapter("/dev/ttyUSB0", serial="B2"), adapter("/dev/ttyUSB3", serial="A1")])
    assert where(KEYED) == "/dev/ttyUSB3"


def test_without_a_usb_identity_the_register_names_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [])
    assert where(TESTER) == "/dev/ttyUSB0"


def test_an_adapter_that_is_not_plugged_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [adapter("/dev/ttyUSB0", serial="B2")])
    with pytest.raises(PortUnavailable, match="0403:6001 A1"):
        where(KEYED)


def test_two_identical_adapters_are_asked_for_and_never_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [adapter("/dev/ttyUSB0"), adapter("/dev/ttyUSB1")])
    nameless = replace(TESTER, options={"usb": {"vid": "0403", "pid": "6001"}})
    with pytest.raises(PortUnavailable) as caught:
        where(nameless)
    assert "/dev/ttyUSB0, /dev/ttyUSB1" in str(caught.value)
    assert "etabli instruments port leak PORT" in str(caught.value)


def test_twins_are_told_apart_by_the_socket_they_are_in(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, [adapter("/dev/ttyUSB0", location="1-1"), adapter("/dev/ttyUSB1", location="1-2")])
    assert twins("/dev/ttyUSB1") == ["/dev/ttyUSB0"]
    told = usb_of("/dev/ttyUSB1")
    assert told == {"vid": "0403", "pid": "6001", "location": "1-2"}
    plug_in(monkeypatch, [adapter("/dev/ttyUSB4", location="1-2"), adapter("/dev/ttyUSB5", location="1-1")])
    assert where(replace(TESTER, options={"usb": told})) == "/dev/ttyUSB4"


def test_the_station_finds_a_replugged_adapter_under_its_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedBench(speed=40.0, ports="tcp", instruments=["quartz-tester", "leak-tester"]) as bench:
        bench.select("watch", "quartz-healthy")
        real = bench.urls
        plug_in(monkeypatch, [adapter(real["leak-tester"], serial="L1")])
        record = next(record for record in bench.records if record.id == "quartz-tester")
        known = replace(
            record, connection="/dev/ttyUSB9", options={**record.options, "usb": {"vid": "0403", "serial": "Q1"}}
        )
        station = Station([known])
        try:
            assert station._owners["quartz-tester"].settled.wait(10)
            assert station.state("quartz-tester") is LinkState.CLOSED
            plugged = readiness(station)
            plug_in(
                monkeypatch, [adapter(real["leak-tester"], serial="L1"), adapter(real["quartz-tester"], serial="Q1")]
            )
            assert plugged.wait(10)
            assert station.identity("quartz-tester") is not None
        finally:
            station.close()


def readiness(station: Station) -> threading.Event:
    """An event that is set when the quartz tester becomes ready."""
    ready = threading.Event()
    station.subscribe(lambda event: ready.set() if event.state is LinkState.READY else None)
    return ready
