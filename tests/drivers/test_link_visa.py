"""The VISA link: every kind of resource through pyvisa-sim, a real pseudo-terminal and socket through pyvisa-py."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.instrument import Identity, InstrumentKind, LinkLost, LinkState, OutOfRange, PortUnavailable, Program
from bench.metrology import InstrumentRecord
from bench.recording import Recorder, Recording
from drivers.link.kinds import is_serial_line, visa_resource
from drivers.link.serial_link import SerialLink
from drivers.link.settings import SerialSettings
from drivers.link.visa_link import VisaLink
from drivers.link.visa_unavailable import unavailable
from drivers.registry import build, link_to
from drivers.simulated.bench import SimulatedBench
from drivers.station import Station

SIM = f"{Path(__file__).with_name('multimeter.yaml')}@sim"
USB = "USB0::0x0957::0x0607::MY47000001::0::INSTR"
LAN = "TCPIP0::192.0.2.7::inst0::INSTR"
BUSES = [USB, LAN, "GPIB0::22::INSTR"]
STREAMS = ["TCPIP0::192.0.2.7::5025::SOCKET", "ASRL1::INSTR"]
IDN = b"HEWLETT-PACKARD,34401A,0,11-5-2\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def sim(resource: str, **more: Any) -> VisaLink:
    return VisaLink("multimeter", resource, backend=SIM, **more)


def record(connection: str, **options: Any) -> InstrumentRecord:
    return InstrumentRecord(
        "multimeter", InstrumentKind.QUARTZ_TESTER, "34401A", "", "scpi-multimeter", connection, options=options
    )


def line(link: VisaLink, within: float = 5.0) -> bytes:
    """Read to the end of a line, in however many chunks it comes."""
    deadline = link.clock.monotonic() + within
    heard = b""
    while not heard.endswith(b"\n") and (chunk := link.read(deadline)):
        heard += chunk
    return heard


# Which link


@pytest.mark.parametrize(
    ("connection", "resource"),
    [
        ("visa:TCPIP::10.0.0.7::INSTR", "TCPIP::10.0.0.7::INSTR"),
        ("TCPIP::10.0.0.7::INSTR", "TCPIP::10.0.0.7::INSTR"),
        ("USB0::0x0957::0x0607::MY1::INSTR", "USB0::0x0957::0x0607::MY1::INSTR"),
        ("gpib0::22::instr", "gpib0::22::instr"),
        ("ASRL/dev/ttyUSB0::INSTR", "ASRL/dev/ttyUSB0::INSTR"),
        ("visa:multimeter", "multimeter"),
        ("/dev/ttyUSB0", None),
        ("COM3", None),
        ("socket://10.0.0.7:5025", None),
        ("manual", None),
    ],
)
def test_a_connection_says_which_link_it_wants(connection: str, resource: str | None) -> None:
    assert visa_resource(connection) == resource
    link = link_to(record(connection))
    assert isinstance(link, SerialLink if resource is None else VisaLink)


def test_only_a_serial_line_is_one() -> None:
    assert is_serial_line("/dev/ttyUSB0")
    assert is_serial_line("ASRL3::INSTR")
    assert not is_serial_line("GPIB0::22::INSTR")
    assert not is_serial_line("socket://10.0.0.7:5025")


def test_the_program_starts_without_visa() -> None:
    code = "import sys, drivers.registry, drivers.station, drivers.link.kinds; sys.exit('pyvisa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Every kind of resource


@pytest.mark.parametrize("resource", [*BUSES, *STREAMS])
def test_a_question_and_its_answer(resource: str) -> None:
    with sim(resource) as link:
        link.write(b"*IDN?\n")
        assert line(link) == IDN


@pytest.mark.parametrize("resource", [*BUSES, *STREAMS])
def test_the_driver_measures_over_it(resource: str) -> None:
    entry = record(resource, visa=SIM)
    with link_to(entry) as link:
        driver = build(entry, link)
        assert driver.check_identity() == Identity("34401A", "", "11-5-2")
        readings = driver.run(Program("battery", {}, 30.0)).readings
    assert [reading.value.to("V") for reading in readings] == [1.5523]


def test_a_station_owns_it_like_any_port(tmp_path: Path) -> None:
    """Choosing the link by its connection, state, recording: nothing knows that this one is VISA's."""
    with closing(Recorder(tmp_path / "session.mcap", {})) as recorder:
        station = Station([record(USB, visa=SIM)], recorder=recorder)
        try:
            chosen = station.choose(InstrumentKind.QUARTZ_TESTER)
            assert chosen is not None
            assert station.state(chosen.id) is LinkState.READY
            segment = station.begin_segment(chosen.id, {})
            result = station.run(chosen.id, Program("battery", {}, 30.0))
            assert segment is not None
            station.end_segment(segment, {})
        finally:
            station.close()
    frames = [frame.data for frame in Recording.open(tmp_path / "session.mcap").segments()[0].frames]
    assert frames[-1].startswith(b"+1.55230000E+00")
    assert result.readings[0].value.to("V") == 1.5523


def test_an_overload_is_out_of_range() -> None:
    entry = record("GPIB0::23::INSTR", visa=SIM)
    with link_to(entry) as link, pytest.raises(OutOfRange):
        build(entry, link).run(Program("resistance", {}, 30.0))


@pytest.mark.parametrize("resource", [USB, STREAMS[0]])
def test_silence_ends_at_the_deadline(resource: str) -> None:
    with sim(resource) as link:
        started = link.clock.monotonic()
        assert link.read(started + 0.1) == b""
        assert 0.1 <= link.clock.monotonic() - started < 1.5


def test_a_bus_is_not_read_when_nobody_waits() -> None:
    """What an instrument has not been asked for it is not asked to say: a read with no time left does nothing."""
    with sim(USB) as link:
        heard: list[bytes] = []
        assert link._resource is not None
        visa = link._resource.visalib
        real, visa.read = visa.read, lambda *of: heard.append(b"read") or real(*of)
        try:
            assert link.read(0.0) == b""
            assert heard == []
        finally:
            del visa.read


def test_everything_is_tapped_in_both_directions() -> None:
    tapped: list[tuple[str, bytes]] = []
    with sim(LAN) as link:
        link.tap = lambda direction, data, monotonic, wall: tapped.append((direction, data))
        link.write(b"*IDN?\n")
        line(link)
    assert tapped[0] == ("tx", b"*IDN?\n")
    assert b"".join(data for direction, data in tapped if direction == "rx") == IDN


class Bus:
    """A bus instrument that can say whether an answer waits, as USB488 and GPIB can: what the link asks of it."""

    session = 1

    def __init__(self) -> None:
        self.visalib = self
        self.timeout = 0
        self.waiting: list[bytes] = []
        self.done: list[str] = []

    def read_stb(self) -> int:
        return 0x10 if self.waiting else 0

    def read(self, _session: int, _count: int) -> tuple[bytes, int]:
        assert self.waiting, "an error on a real bus: nothing to say"
        return self.waiting.pop(0), 0

    def clear(self) -> None:
        self.done.append("clear")
        self.waiting.clear()

    def close(self) -> None:
        self.done.append("close")


def test_where_the_status_byte_tells_nothing_is_read_without_an_answer() -> None:
    link, bus = sim(USB), Bus()
    link._resource = bus
    now = link.clock.monotonic
    assert link.read(now() + 0.05) == b""
    bus.waiting.append(b"+1.5\n")
    assert link.read(0.0) == b"+1.5\n"


def test_draining_a_bus_is_a_device_clear() -> None:
    link, bus = sim(USB), Bus()
    link._resource = bus
    bus.waiting.append(b"late\n")
    assert link.drain(0.2, 1.0) == b""
    assert bus.done == ["clear"]
    assert link.read(0.0) == b""


def test_any_error_of_the_library_is_a_lost_link_with_its_evidence() -> None:
    link, bus = sim(USB), Bus()
    link._resource = bus

    def broken() -> int:
        raise OSError(19, "No such device (it may have been disconnected)")

    bus.read_stb = broken  # type: ignore[method-assign]
    with pytest.raises(LinkLost, match="is lost") as caught:
        link.read(link.clock.monotonic() + 1.0)
    assert "No such device" in str(caught.value.why)
    assert not link.is_open
    with pytest.raises(LinkLost, match="not open"):
        link.write(b"*IDN?\n")


# A real serial line and a real socket, by pyvisa-py


@posix
def test_the_driver_measures_over_a_pseudo_terminal_by_its_visa_name() -> None:
    with SimulatedBench(speed=20.0, instruments=["multimeter"]) as bench:
        bench.select("watch", "quartz-healthy")
        bench.handle("place", "quartz-tester")
        entry = bench.records[0]
        entry = type(entry)(**{**vars(entry), "connection": f"ASRL{entry.connection}::INSTR"})
        with link_to(entry) as link:
            assert isinstance(link, VisaLink)
            driver = build(entry, link)
            assert driver.check_identity().serial == "SIM-MM-1"
            assert driver.run(Program("battery", {}, 30.0)).readings[0].value.to("V") == pytest.approx(1.56, abs=0.02)
            with pytest.raises(PortUnavailable, match="cannot be opened") as caught:
                link_to(entry).open()
            assert "holds the port" in str(caught.value.why)
            bench.unplug("multimeter")
            with pytest.raises(LinkLost):
                driver.run(Program("battery", {}, 30.0))
        with pytest.raises(PortUnavailable) as caught:
            link_to(entry).open()
        assert "There is no port" in str(caught.value.why)


@posix
def test_a_serial_line_is_set_as_the_dialect_says() -> None:
    master, slave = os.openpty()
    try:
        settings = SerialSettings(baudrate=19200, stopbits=2.0)
        with VisaLink("multimeter", f"ASRL{os.ttyname(slave)}::INSTR", settings) as link:
            port = link._session().interface
            assert (port.baudrate, port.stopbits, port.parity) == (19200, 2, "N")
    finally:
        os.close(master)
        os.close(slave)


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server, f"TCPIP0::127.0.0.1::{server.getsockname()[1]}::SOCKET"


def test_a_socket_gives_what_comes_and_its_end_is_a_lost_link() -> None:
    with listening() as (server, resource), VisaLink("multimeter", resource) as link:
        peer, _ = server.accept()
        link.write(b"*IDN?\n")
        assert peer.recv(100) == b"*IDN?\n"
        peer.sendall(IDN[:10])
        assert link.read(link.clock.monotonic() + 5.0) in [IDN[:n] for n in range(1, 11)]
        threading.Timer(0.05, peer.close).start()
        with pytest.raises(LinkLost) as caught:
            while True:
                link.read(link.clock.monotonic() + 5.0)
        assert "is gone" in str(caught.value.why)


# Why a resource cannot be opened


def why(link: VisaLink) -> tuple[str, str]:
    with pytest.raises(PortUnavailable) as caught:
        link.open()
    assert not link.is_open
    return str(caught.value.why), str(caught.value.remedy)


def test_a_resource_that_is_not_there() -> None:
    reason, remedy = why(sim("GPIB0::5::INSTR"))
    assert reason == "There is no VISA resource GPIB0::5::INSTR."
    assert "Plug the instrument in" in remedy


def test_a_name_that_is_none() -> None:
    reason, remedy = why(VisaLink("multimeter", "USB multimeter"))
    assert "is not the name of a VISA resource" in reason
    assert "USB0::0x0957" in remedy


def test_a_socket_that_nobody_listens_on() -> None:
    with listening() as (_server, resource):
        pass
    link = VisaLink("multimeter", resource)
    try:
        link.open()
    except PortUnavailable as error:
        assert "Nothing can be reached" in str(error.why)
    else:  # pyvisa-py takes a refused connection for an open one: the first read tells
        with pytest.raises(LinkLost):
            link.read(link.clock.monotonic() + 1.0)


def test_a_missing_usb_library_is_named_with_what_to_install() -> None:
    told = ValueError("Please install PyUSB to use this resource type.\nNo module named 'usb'")
    error = unavailable("multimeter", USB, "@py", told)
    assert "PyUSB or its libusb is not installed" in str(error.why)
    assert "pip install pyusb libusb-package" in str(error.remedy)


def test_gpib_without_a_library_says_what_to_install() -> None:
    told = ValueError("Please install linux-gpib (Linux) or gpib-ctypes (Windows, Linux) to use this resource type.")
    error = unavailable("multimeter", "GPIB0::22::INSTR", "@py", told)
    assert "No GPIB library is installed" in str(error.why)
    assert "@ivi" in str(error.remedy)


def test_a_backend_that_is_not_installed_and_a_library_that_is_not_there() -> None:
    for backend in ("@nosuch", "/nowhere/libvisa.so@ivi"):
        reason, remedy = why(VisaLink("multimeter", LAN, backend=backend))
        assert backend in reason
        assert "NI-VISA" in remedy


def test_a_simulation_file_that_is_none(tmp_path: Path) -> None:
    reason, _ = why(VisaLink("multimeter", LAN, backend=f"{tmp_path / 'none.yaml'}@sim"))
    assert "simulation file" in reason


def test_without_pyvisa_the_remedy_installs_it() -> None:
    error = unavailable("multimeter", LAN, "@py", ModuleNotFoundError("No module named 'pyvisa'", name="pyvisa"))
    assert str(error.why) == "The library pyvisa is not installed."
    assert "pip install PyVISA PyVISA-py" in str(error.remedy)
