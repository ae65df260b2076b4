"""`etabli instruments probe · port`: who answers where; ports are remembered by adapter, and asked when in doubt."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import here
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo
from test_command_instruments import QUARTZ_TESTER, WORKSHOP

from bench.events import EventKind
from bench.journal import Journal
from drivers import probing
from drivers.simulated import SimulatedBench

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the simulated ports are pseudo-terminals")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "workshop.toml").write_text(WORKSHOP, encoding="utf-8")
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    monkeypatch.setattr(probing, "PATIENCE", 0.5)
    monkeypatch.setattr(probing, "ORDER", ("etabli-quartz-1",))
    monkeypatch.setattr(probing, "DRIVERS", {"etabli-quartz-1": probing.DRIVERS["etabli-quartz-1"]})
    monkeypatch.setattr(probing, "visa_resources", lambda *_: ())
    return tmp_path


@pytest.fixture
def port() -> Iterator[str]:
    with SimulatedBench(speed=20.0, instruments=["quartz-tester"]) as simulated:
        simulated.select("watch", "quartz-healthy")
        yield simulated.urls["quartz-tester"]


def in_the_register(home: Path, url: str, *, twice: bool = False) -> None:
    line = QUARTZ_TESTER.format(url=url, reference=1.5, low=1.4, high=1.6)
    lines = line.replace("[instrument]", "[[instrument]]")
    if twice:
        lines += lines.replace('"tester"', '"spare"')
    (home / "workshop.toml").write_text(WORKSHOP + lines, encoding="utf-8")


def plug_in(monkeypatch: pytest.MonkeyPatch, *devices: str, location: bool = True) -> None:
    """Adapters that are all alike, in sockets of their own."""
    found = []
    for number, device in enumerate(devices):
        info = ListPortInfo(device)
        info.vid, info.pid, info.serial_number = 0x1A86, 0x7523, None
        info.location = f"1-{number}" if location else None
        found.append(info)
    monkeypatch.setattr(list_ports, "comports", lambda: found)


def remembered(home: Path) -> list[tuple[str, object]]:
    with Journal.open(home / "journal.sqlite", station="", writable=False) as journal:
        return [(e.payload["port"], e.payload["usb"]) for e in journal.events() if e.kind is EventKind.INSTRUMENT_FOUND]


def test_who_answers_is_named_and_remembered_by_its_adapter(
    home: Path, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_register(home, "/dev/ttyUSB9")
    plug_in(monkeypatch, port)
    done = here(capsys, "instruments", "probe")
    assert done.code == 0, done.err
    assert f"{port}  [vid=1a86 pid=7523]  etabli-quartz/1 n° SIM-QT-1, etabli-quartz-1: tester" in done.out
    assert f"tester is remembered at {port}." in done.out
    assert remembered(home) == [(port, {"vid": "1a86", "pid": "7523"})]
    here(capsys, "instruments", "probe")
    assert len(remembered(home)) == 1, "what is known is not written again"


def test_a_port_that_changed_its_name_is_found_by_the_adapter(
    home: Path, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_register(home, port)
    plug_in(monkeypatch, "/dev/ttyUSB4")
    assert here(capsys, "instruments", "port", "tester", "/dev/ttyUSB4", "--by", "claire").code == 0
    plug_in(monkeypatch, port)
    row = next(line for line in here(capsys, "instruments", "list").out.splitlines() if line.startswith("tester"))
    assert port in row
    assert " yes " in row


def test_two_adapters_that_are_alike_are_asked_for(
    home: Path, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_register(home, port)
    plug_in(monkeypatch, port)
    here(capsys, "instruments", "port", "tester", port, "--by", "claire")
    plug_in(monkeypatch, port, "/dev/ttyUSB7")
    row = next(line for line in here(capsys, "instruments", "list").out.splitlines() if line.startswith("tester"))
    assert f"2 USB adapters are alike: {', '.join(sorted([port, '/dev/ttyUSB7']))}" in row
    refused = here(capsys, "instruments", "check", "tester", "--by", "claire")
    assert refused.code == 3
    assert "/dev/ttyUSB7" in refused.err
    assert "etabli instruments port tester PORT" in refused.err
    done = here(capsys, "instruments", "port", "tester", port, "--by", "claire")
    assert "location=1-0" in done.out
    assert here(capsys, "instruments", "check", "tester", "--by", "claire").code in (0, 10)


def test_an_answer_that_fits_two_lines_of_the_register_is_not_guessed(
    home: Path, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_register(home, "/dev/ttyUSB9", twice=True)
    plug_in(monkeypatch, port)
    done = here(capsys, "instruments", "probe")
    assert f"{port} may be any of tester, spare." in done.err
    assert not (home / "journal.sqlite").exists()


def test_probing_needs_no_workshop_and_says_who_is_not_registered(
    home: Path, port: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (home / "workshop.toml").unlink()
    done = here(capsys, "instruments", "probe", port, str(tmp_path / "ttyUSB0"))
    assert "not in the register" in done.out
    assert f"There is no port {tmp_path / 'ttyUSB0'}." in done.out
    assert list(home.iterdir()) == []


def test_nobody_there_is_an_exit_code_of_its_own(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_ports, "comports", list)
    done = here(capsys, "instruments", "probe")
    assert done.code == 3
    assert "no serial port" in done.err


def test_while_the_bench_is_open_nothing_is_remembered_and_that_is_said(
    home: Path, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_register(home, "/dev/ttyUSB9")
    plug_in(monkeypatch, port)
    with Journal.open(home / "journal.sqlite", station="bench-1"):
        done = here(capsys, "instruments", "probe")
    assert done.code == 0
    assert "Not remembered:" in done.err
    assert remembered(home) == []
