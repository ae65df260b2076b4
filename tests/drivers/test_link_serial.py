"""A link to a real pseudo-terminal: chunks, deadlines, and every way a port can be absent or go away."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.instrument import LinkLost, PortUnavailable
from bench.language import speaking
from drivers.link.base import SystemClock
from drivers.link.serial_link import SerialLink
from drivers.link.settings import SerialSettings
from drivers.link.unavailable import unavailable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are a POSIX matter")

REPLY = b"#01 +00123.45 uT OK*7F\r\n"


class Device:
    """The instrument's end of a pseudo-terminal, moved by the test's own hand."""

    def __init__(self) -> None:
        import tty

        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def receive(self) -> bytes:
        return os.read(self.master, 65536)

    def unplug(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    yield device
    device.unplug()


@pytest.fixture
def link(device: Device) -> Iterator[SerialLink]:
    with SerialLink("meter-1", device.path) as link:
        yield link


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def read_all(link: SerialLink, count: int) -> bytes:
    heard = b""
    deadline = soon()
    while len(heard) < count:
        chunk = link.read(deadline)
        assert chunk, f"only {heard!r} before the deadline"
        heard += chunk
    return heard


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_what_is_written_arrives_and_what_is_answered_comes_back(device: Device, link: SerialLink) -> None:
    link.write(b"MEAS?\r\n")
    assert device.receive() == b"MEAS?\r\n"
    device.send(REPLY)
    assert read_all(link, len(REPLY)) == REPLY


@pytest.mark.parametrize("cut", range(1, len(REPLY)))
def test_a_reply_split_at_any_byte_comes_in_two_chunks_and_whole(device: Device, link: SerialLink, cut: int) -> None:
    device.send(REPLY[:cut])
    first = link.read(soon())
    device.send(REPLY[cut:])
    assert first == REPLY[:cut]
    assert read_all(link, len(REPLY) - cut) == REPLY[cut:]


def test_silence_ends_at_the_deadline_and_not_before(link: SerialLink) -> None:
    deadline = soon(0.05)
    assert link.read(deadline) == b""
    assert time.monotonic() >= deadline


def test_bytes_that_wait_are_given_even_after_the_deadline(device: Device, link: SerialLink) -> None:
    device.send(b"late")
    assert link.read(soon()) == b"late"
    device.send(b"very late")
    read_ready(link)
    assert link.read(time.monotonic() - 1.0) == b"very late"


def read_ready(link: SerialLink) -> None:
    """Wait until the kernel has moved what the device sent to the host's end."""
    import select

    fd = link._opened.fileno()
    assert select.select([fd], [], [], 5.0)[0]


def test_a_trickle_of_single_bytes_cannot_outlive_the_overall_deadline(device: Device, link: SerialLink) -> None:
    deadline = soon(0.1)
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.005):
            device.send(b".")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        while time.monotonic() < deadline:
            link.read(deadline)
    finally:
        stop.set()
        thread.join()
    assert time.monotonic() < deadline + 2.0


def test_what_waited_in_the_port_before_it_was_opened_is_thrown_away(device: Device) -> None:
    keeper = os.open(device.path, os.O_RDWR | os.O_NOCTTY)
    try:
        device.send(b"stale")
        with SerialLink("meter-1", device.path) as link:
            device.send(b"fresh")
            assert read_all(link, 5) == b"fresh"
    finally:
        os.close(keeper)


def test_draining_ends_with_the_first_silence(device: Device, link: SerialLink) -> None:
    device.send(b"left over")
    assert link.drain(quiet=0.05, limit=5.0) == b"left over"
    assert link.read(soon(0.0)) == b""


def test_draining_a_babbling_instrument_ends_at_its_limit(device: Device, link: SerialLink) -> None:
    os.set_blocking(device.master, False)
    stop = threading.Event()

    def babble() -> None:
        while not stop.is_set():
            with suppress(BlockingIOError):
                device.send(b"blah " * 200)

    thread = threading.Thread(target=babble)
    thread.start()
    try:
        thrown = link.drain(quiet=0.5, limit=0.3)
    finally:
        stop.set()
        thread.join()
    assert 0 < len(thrown) <= 65536


def test_a_closed_pseudo_terminal_is_lost_at_once(device: Device, link: SerialLink) -> None:
    link.write(b"MEAS?\r\n")
    device.send(b"+001")
    assert read_all(link, 4) == b"+001"
    device.unplug()
    started = time.monotonic()
    with pytest.raises(LinkLost) as lost:
        link.read(soon(60.0))
    assert time.monotonic() - started < 2.0
    assert lost.value.evidence()["request"] == b"MEAS?\r\n".hex()
    assert lost.value.evidence()["partial"] == b"+001".hex()
    assert 0.0 <= lost.value.elapsed < 2.0
    assert not link.is_open


def test_unplugging_wakes_a_waiting_read(device: Device, link: SerialLink) -> None:
    caught: list[LinkLost] = []

    def wait() -> None:
        try:
            link.read(soon(60.0))
        except LinkLost as lost:
            caught.append(lost)

    thread = threading.Thread(target=wait)
    thread.start()
    device.unplug()
    thread.join(2.0)
    assert not thread.is_alive()
    assert len(caught) == 1


def test_unplugging_before_a_write_is_lost_too(device: Device, link: SerialLink) -> None:
    device.unplug()
    with pytest.raises(LinkLost):
        link.write(b"STOP\r\n")
    assert not link.is_open


def test_unplugging_ends_a_write_that_waits_for_room(device: Device, link: SerialLink) -> None:
    caught: list[LinkLost] = []

    def write() -> None:
        try:
            link.write(b"x" * 1_000_000)
        except LinkLost as lost:
            caught.append(lost)

    thread = threading.Thread(target=write)
    thread.start()
    device.receive()
    device.unplug()
    thread.join(5.0)
    assert not thread.is_alive()
    assert len(caught) == 1


def test_a_port_that_takes_no_more_bytes_does_not_hold_the_bench(
    link: SerialLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.link.serial_link.WRITE_PATIENCE", 0.05)
    link.settings = SerialSettings(baudrate=100_000_000)
    heard: list[tuple[str, bytes, float, float]] = []
    link.tap = lambda *chunk: heard.append(chunk)
    with pytest.raises(LinkLost, match="and no more"):
        link.write(b"x" * 1_000_000)
    assert sum(len(data) for _, data, _, _ in heard) < 1_000_000


@pytest.mark.parametrize("code", [errno.EIO, errno.EBADF, errno.ENXIO])
def test_errors_of_the_system_are_a_lost_link(link: SerialLink, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def broken(*_: object) -> bytes:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "read", broken)
    monkeypatch.setattr(link._port, "_readable", lambda _seconds: True)
    with pytest.raises(LinkLost, match=os.strerror(code)):
        link.read(soon())
    assert not link.is_open


def test_a_lost_or_closed_link_refuses_to_move_bytes(device: Device, link: SerialLink) -> None:
    link.close()
    link.close()
    with pytest.raises(LinkLost, match="is not open"):
        link.read(soon())
    with pytest.raises(LinkLost, match="is not open"):
        link.write(b"?")


def test_it_opens_again_after_the_loss(link: SerialLink, device: Device) -> None:
    device.unplug()
    with pytest.raises(LinkLost):
        link.read(soon())
    other = Device()
    try:
        link.url = other.path
        link.open()
        other.send(b"back")
        assert read_all(link, 4) == b"back"
    finally:
        other.unplug()


def test_no_file_stays_open_after_five_hundred_losses() -> None:
    before = open_files()
    for turn in range(500):
        device = Device()
        link = SerialLink("meter-1", device.path)
        link.open()
        link.write(b"?")
        device.unplug()
        with pytest.raises(LinkLost):
            if turn % 2:
                link.write(b"?" * 3)
            else:
                link.read(soon())
    assert open_files() == before


def test_the_tap_hears_both_directions_with_both_times(device: Device, link: SerialLink) -> None:
    heard: list[tuple[str, bytes, float, float]] = []
    link.tap = lambda *chunk: heard.append(chunk)
    link.write(b"ID?\r")
    device.send(b"NAME\r")
    read_all(link, 5)
    assert [(direction, data) for direction, data, _, _ in heard] == [("tx", b"ID?\r"), ("rx", b"NAME\r")]
    moments = [monotonic for _, _, monotonic, _ in heard]
    assert moments == sorted(moments)
    assert all(abs(wall - time.time()) < 60 for _, _, _, wall in heard)


class CountedClock(SystemClock):
    """The machine's time, with sleeps counted and not slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.sleep = self.slept.append  # type: ignore[method-assign, assignment]


def test_an_instrument_that_needs_a_pause_gets_one_after_each_character(device: Device) -> None:
    clock = CountedClock()
    heard: list[bytes] = []
    with SerialLink("degausser", device.path, SerialSettings(baudrate=1200, char_delay=0.15), clock) as link:
        link.tap = lambda _direction, data, _monotonic, _wall: heard.append(data)
        link.write(b"DCAX\r")
    assert clock.slept == [0.15] * 5
    assert heard == [b"DCAX\r"], "one command is one chunk of the recording"


def test_a_port_in_use_says_so_and_what_to_do(device: Device, link: SerialLink) -> None:
    with pytest.raises(PortUnavailable) as refused:
        SerialLink("meter-2", device.path).open()
    assert f"Another program holds the port {device.path}." in str(refused.value)
    assert "Close the other program" in str(refused.value)


def test_a_missing_port_says_so_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PortUnavailable) as refused:
        SerialLink("meter-1", str(tmp_path / "ttyUSB9")).open()
    assert "There is no port" in str(refused.value)
    assert "correct its port in the register" in str(refused.value)


def test_a_file_that_is_no_port_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a port")
    before = open_files()
    with pytest.raises(PortUnavailable, match="is not a serial port"):
        SerialLink("meter-1", str(path)).open()
    assert open_files() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_port_names_the_way_in(tmp_path: Path) -> None:
    path = tmp_path / "ttyS9"
    path.touch(mode=0o000)
    with pytest.raises(PortUnavailable, match="may not open the port"):
        SerialLink("meter-1", str(path)).open()


def test_a_port_of_a_group_names_the_group_and_the_command(tmp_path: Path) -> None:
    import grp

    path = tmp_path / "ttyUSB0"
    path.touch()
    path.chmod(0o660)
    group = next(entry for entry in grp.getgrall() if entry.gr_gid != 0)
    if os.geteuid() != 0:
        group = grp.getgrgid(os.getgid())
    os.chown(path, -1, group.gr_gid)
    refused = unavailable("meter-1", str(path), PermissionError(errno.EACCES, "Permission denied"))
    assert "may not open the port" in str(refused)
    assert f"usermod -aG {group.gr_name} " in str(refused)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)",
            "no port",
        ),
        ("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)", "Another program holds"),
    ],
)
def test_the_errors_of_windows_are_understood_from_their_text(text: str, said: str) -> None:
    import serial

    assert said in str(unavailable("meter-1", "COM9", serial.SerialException(text)))


def test_a_wrong_address_says_what_is_wrong() -> None:
    with pytest.raises(PortUnavailable, match="nosuch"):
        SerialLink("meter-1", "nosuch://somewhere").open()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5.0)
        yield server


def url(server: socket.socket) -> str:
    return f"socket://127.0.0.1:{server.getsockname()[1]}"


def test_a_network_converter_is_a_port_like_another(server: socket.socket) -> None:
    with SerialLink("meter-1", url(server)) as link:
        peer, _ = server.accept()
        with peer:
            link.write(b"ID?\n")
            assert peer.recv(100) == b"ID?\n"
            peer.sendall(b"NAME\n")
            assert read_all(link, 5) == b"NAME\n"
            assert link.read(soon(0.01)) == b""
        with pytest.raises(LinkLost, match="other side"):
            link.read(soon(60.0))


def test_a_converter_that_is_switched_off_is_unavailable(server: socket.socket) -> None:
    address = url(server)
    server.close()
    with pytest.raises(PortUnavailable, match="Nothing can be reached"):
        SerialLink("meter-1", address).open()


def test_a_port_without_file_descriptor_keeps_the_same_promises() -> None:
    heard: list[str] = []
    with SerialLink("echo", "loop://") as link:
        link.tap = lambda direction, *_: heard.append(direction)
        link.write(REPLY * 40)
        assert read_all(link, len(REPLY) * 40) == REPLY * 40
        deadline = soon(0.05)
        assert link.read(deadline) == b""
        assert time.monotonic() >= deadline
        assert link.read(time.monotonic()) == b""
    assert heard[0] == "tx"
    with pytest.raises(LinkLost):
        link.read(soon())


def test_messages_are_kept_for_translation(tmp_path: Path) -> None:
    with pytest.raises(PortUnavailable) as refused, speaking("fr"):
        SerialLink("meter-1", str(tmp_path / "ttyUSB9")).open()
    assert refused.value.to_json()["why"]["msgid"] == "There is no port {port}."


def test_the_time_of_a_character_counts_start_parity_stop_and_pause() -> None:
    assert SerialSettings(9600).char_time == pytest.approx(10 / 9600)
    assert SerialSettings(1200, 7, "E", 2.0, 0.15).char_time == pytest.approx(11 / 1200 + 0.15)
