"""The instruments of a workshop from the command line: found, registered, checked every day, traced back."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import PROGRAM, Outcome, environment, here

from bench.events import EventKind
from bench.journal import Journal
from drivers.simulated import SimulatedBench

SPEED = 20.0
WORKSHOP = """
name = "Atelier d’essai"
station = "bench-1"

[house]
pins = false

[[operator]]
id = "claire"
name = "Claire Vuille"
roles = ["technician"]

[[operator]]
id = "luc"
name = "Luc Perret"
roles = ["manager"]
"""
LEAK_TESTER = """
[instrument]
id = "tester"
kind = "water-resistance"
model = "Cosmo LS-1866"
serial = "4711"
dialect = "cosmo-ls"
connection = "{url}"
options = {{ pacing = 0.05, leak_unit = "Pa", channels = {{ 3 = "3 bar" }} }}

[[instrument.capability]]
quantity = "leak_rate"
resolution = 0.1
accuracy = 1.0

[instrument.daily_check]
quantity = "leak_rate"
reference = "{reference} µg/min"
expanded = "0.5 µg/min"
certificate = "FL-7"
low = "{low} µg/min"
high = "{high} µg/min"
parameters = {{ pressure = "3 bar", free_volume = "2100 mm³", fill = "2 s", stabilise = "2 s", measure = "20 s" }}
"""
QUARTZ_TESTER = """
[instrument]
id = "tester"
kind = "quartz-tester"
model = "etabli-quartz/1"
serial = "SIM-QT-1"
dialect = "etabli-quartz-1"
connection = "{url}"

[[instrument.capability]]
quantity = "coil_resistance"
resolution = 0.001
accuracy = 0.005

[instrument.daily_check]
quantity = "coil_resistance"
reference = "{reference} kΩ"
expanded = "0.002 kΩ"
certificate = "R-7"
low = "{low} kΩ"
high = "{high} kΩ"
"""
TODAY = date.today()
CERTIFICATE = f"""
[[certificate]]
number = "C-1"
laboratory = "Labo"
accreditation = "SCS 0042"
issued = {TODAY - timedelta(days=20)}
serial = "4711"
document = "c1.pdf"

[[certificate.point]]
quantity = "leak_rate"
expanded = "0.8 µg/min"
as_found = "+0.4 µg/min"
as_left = "+0.1 µg/min"
tolerance = "1 µg/min"
"""
QUARTZ_CERTIFICATE = (
    CERTIFICATE.replace("4711", "SIM-QT-1").replace("leak_rate", "coil_resistance").replace("µg/min", "kΩ")
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "workshop"
    folder.mkdir()
    (folder / "workshop.toml").write_text(WORKSHOP, encoding="utf-8")
    monkeypatch.setenv("ETABLI_HOME", str(folder))
    monkeypatch.setenv("ETABLI_LANG", "en")
    return folder


@pytest.fixture
def bench() -> Iterator[SimulatedBench]:
    """A quartz tester on a port, with a coil of 1.55 kΩ under it that stands for the reference resistor."""
    with SimulatedBench(speed=SPEED, instruments=["quartz-tester"]) as simulated:
        simulated.select("reference", "quartz-healthy")
        simulated.handle("place", "quartz-tester")
        yield simulated


def instrument() -> str:
    return LEAK_TESTER.format(url="/dev/ttyUSB9", reference=9, low=0, high=20)


def with_resistor(bench: SimulatedBench, reference: float) -> str:
    """The quartz tester with a reference resistor that may be read ±0.1 kΩ off."""
    url = bench.urls["quartz-tester"]
    return (
        QUARTZ_TESTER.format(url=url, reference=reference, low=reference - 0.1, high=reference + 0.1)
        + QUARTZ_CERTIFICATE
    )


def file(tmp_path: Path, text: str, name: str = "tester.toml") -> Path:
    (tmp_path / "c1.pdf").write_bytes(b"%PDF certificate C-1")
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def events(home: Path) -> list[EventKind]:
    with Journal.open(home / "journal.sqlite", station="", writable=False) as journal:
        return [event.kind for event in journal.events() if event.kind is not EventKind.SIGNED_IN]


def registered(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> Outcome:
    return here(capsys, "instruments", "register", file(tmp_path, text), "--by", "luc")


def test_an_instrument_is_registered_with_its_certificate_and_its_document(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = registered(capsys, tmp_path, instrument() + CERTIFICATE)
    assert done.code == 0, done.err
    assert "tester: Cosmo LS-1866 n° 4711, daily check missing, until" in done.out
    assert events(home) == [EventKind.INSTRUMENT_REGISTERED, EventKind.CERTIFICATE_ACCEPTED]
    (kept,) = (home / "certificates").iterdir()
    assert kept.read_bytes() == b"%PDF certificate C-1"
    with Journal.open(home / "journal.sqlite", station="", writable=False) as journal:
        (accepted,) = journal.events(kinds=[EventKind.CERTIFICATE_ACCEPTED])
    certificate = accepted.payload["certificate"]
    assert certificate["sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert (certificate["file"], certificate["accreditation"]) == (kept.name, "SCS 0042")
    assert certificate["expanded"] == {"leak_rate": 0.8}
    listed = here(capsys, "instruments", "list").out
    assert "tester" in listed and "daily check missing" in listed


def test_only_the_manager_registers(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(tmp_path, instrument() + CERTIFICATE)
    refused = here(capsys, "instruments", "register", path, "--by", "claire")
    assert refused.code == 1
    assert "Claire Vuille is not the workshop manager" in refused.err
    assert events(home) == []
    assert "Nobody here is called" in here(capsys, "instruments", "register", path, "--by", "nobody").err


WRONG = {
    "in the future": (
        f"issued = {TODAY - timedelta(days=20)}",
        f"issued = {TODAY + timedelta(days=1)}",
        "in the future",
    ),
    "without U": ('expanded = "0.8 µg/min"\n', "", "states no uncertainty U"),
    "U of nothing": ('expanded = "0.8 µg/min"', 'expanded = "0 µg/min"', "states no uncertainty U"),
    "another serial": (
        'serial = "4711"\ndocument',
        'serial = "4712"\ndocument',
        "is for n° 4712; Cosmo LS-1866 is n° 4711",
    ),
    "left out of tolerance": ('as_left = "+0.1', 'as_left = "-1.1', "leaves the instrument out of tolerance"),
    "of another quantity": (
        "[[certificate.point]]",
        '[[certificate.point]]\nquantity = "rate"\nexpanded = "0.8 s/d"\n\n[[certificate.point]]',
        "is about rate; Cosmo LS-1866 measures leak_rate",
    ),
    "document missing": ('document = "c1.pdf"', 'document = "c2.pdf"', "cannot be read"),
    "wrong unit": ('expanded = "0.8 µg/min"', 'expanded = "0.8 bar"', "expanded"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_certificate_that_is_wrong_is_refused_with_the_reason_and_nothing_is_kept(
    name: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong, reason = WRONG[name]
    assert right in CERTIFICATE
    refused = registered(capsys, tmp_path, instrument() + CERTIFICATE.replace(right, wrong))
    assert refused.code in (1, 2)
    assert reason in refused.err
    assert events(home) == []
    assert not (home / "certificates").exists()


def test_nothing_is_overwritten(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registered(capsys, tmp_path, instrument() + CERTIFICATE)
    again = registered(capsys, tmp_path, instrument() + CERTIFICATE)
    assert "stands in the register as “tester”" in again.err
    path = file(tmp_path, CERTIFICATE, "c1.toml")
    same = here(capsys, "instruments", "register", path, "--id", "tester", "--by", "luc")
    assert "Certificate C-1 stands in the register already" in same.err


def test_a_newer_certificate_counts_and_the_older_stays(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(capsys, tmp_path, instrument() + CERTIFICATE)
    newer = CERTIFICATE.replace("C-1", "C-2").replace(str(TODAY - timedelta(days=20)), str(TODAY))
    path = file(tmp_path, newer, "c2.toml")
    done = here(capsys, "instruments", "register", path, "--id", "tester", "--by", "luc")
    assert str(TODAY + timedelta(days=365)) in done.out
    assert events(home).count(EventKind.CERTIFICATE_ACCEPTED) == 2


def test_a_certificate_that_found_it_out_of_tolerance_opens_a_review(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(capsys, tmp_path, instrument() + CERTIFICATE)
    out = CERTIFICATE.replace("C-1", "C-2").replace("+0.4 µg/min", "-6 µg/min")
    done = here(capsys, "instruments", "register", file(tmp_path, out, "c2.toml"), "--id", "tester", "--by", "luc")
    assert "Certificate C-2 found tester out of tolerance" in done.out
    assert events(home)[-2:] == [EventKind.CERTIFICATE_ACCEPTED, EventKind.IMPACT_REVIEW_OPENED]
    shown = here(capsys, "instruments", "impact", "tester").out
    assert "error of leak rate: −6.0" in shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must hold a new [instrument]"),
        (instrument().replace('"9 µg/min"', '"30 µg/min"'), "outside its own limits"),
        (instrument().replace('"0.5 µg/min"', '"0 µg/min"'), "proves nothing"),
        (instrument().replace('pressure = "3 bar", ', ""), "parameters.pressure: missing"),
        (instrument().replace("free_volume", "volume"), "parameters.volume: unknown"),
        (
            instrument().replace('quantity = "leak_rate"\nreference', 'quantity = "jewels"\nreference'),
            "no daily check",
        ),
        (instrument().replace("cosmo-ls", "sputnik"), "no driver speaks it"),
    ],
)
def test_a_registration_that_cannot_be_read_says_what_is_wrong(
    text: str, reason: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = registered(capsys, tmp_path, text)
    assert refused.code == 2
    assert reason in refused.err
    assert events(home) == []


def test_the_daily_check_on_a_real_port_makes_the_instrument_valid(
    home: Path, tmp_path: Path, bench: SimulatedBench, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(capsys, tmp_path, with_resistor(bench, 1.55))
    done = here(capsys, "instruments", "check", "tester", "--by", "claire")
    assert done.code == 0, done.err + done.out
    assert "daily check passed; calibration valid" in done.out
    assert "calibration valid" in here(capsys, "instruments", "list").out
    assert EventKind.INSTRUMENT_CHECKED in events(home)
    (recording,) = (home / "recordings").glob("*.mcap")
    replayed = here(capsys, "replay", recording.stem)
    assert replayed.code == 0, replayed.out + replayed.err
    assert "coil resistance" in replayed.out, "the check is recorded and judged again like a measurement"


def test_a_check_outside_its_limits_suspends_at_once(
    home: Path, tmp_path: Path, bench: SimulatedBench, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(capsys, tmp_path, with_resistor(bench, 2.5))
    done = here(capsys, "instruments", "check", "tester", "--by", "claire")
    assert done.code == 10
    assert "daily check failed; suspended" in done.out
    assert "error of coil resistance" in done.out
    assert "suspended" in here(capsys, "instruments", "list").out


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_a_check_with_the_chamber_vented_and_no_check_made(
    number: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SimulatedBench(instruments=["leak-tester"]) as bench:
        bench.select("reference", "case-tight")
        text = instrument().replace("/dev/ttyUSB9", bench.urls["leak-tester"]).replace('fill = "2 s"', 'fill = "90 s"')
        registered(capsys, tmp_path, text + CERTIFICATE)
        command = [sys.executable, "-c", PROGRAM, "instruments", "check", "tester", "--by", "claire"]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env=environment(home), **pipes) as running:  # type: ignore[call-overload]
            under_pressure(bench)
            running.send_signal(getattr(signal, number))
            _out, said = running.communicate(timeout=30)
        assert running.returncode == 128 + getattr(signal, number)
        assert "the instrument is safe, there was no check" in said
        tester: Any = bench._devices["leak-tester"]
        assert (tester._phase, tester._chamber) == ("rest", 0.0)
    assert EventKind.INSTRUMENT_CHECKED not in events(home)


def under_pressure(bench: SimulatedBench) -> None:
    """Wait until the tester fills its chamber."""
    tester: Any = bench._devices["leak-tester"]
    end = time.monotonic() + 20
    while tester._phase == "rest":
        assert time.monotonic() < end, "the check never began"
        time.sleep(0.02)


def test_an_instrument_that_does_not_answer_is_not_checked(
    home: Path, tmp_path: Path, bench: SimulatedBench, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(capsys, tmp_path, with_resistor(bench, 1.55))
    bench.unplug("quartz-tester")
    failed = here(capsys, "instruments", "check", "tester", "--by", "claire")
    assert failed.code == 3
    assert "cannot be opened" in failed.err
    assert EventKind.INSTRUMENT_CHECKED not in events(home)


def test_suspending_is_everybodys_and_releasing_the_managers(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(capsys, tmp_path, instrument() + CERTIFICATE)
    assert here(capsys, "instruments", "suspend", "tester", "--reason", "fell down", "--by", "claire").code == 0
    assert "suspended" in here(capsys, "instruments", "list").out
    refused = here(capsys, "instruments", "release", "tester", "--reason", "fine", "--by", "claire")
    assert "is not the workshop manager" in refused.err
    done = here(capsys, "instruments", "release", "tester", "--reason", "seen by the maker", "--by", "luc")
    assert "released; daily check missing" in done.out
    again = here(capsys, "instruments", "release", "tester", "--reason", "twice", "--by", "luc")
    assert "is not suspended" in again.err


@pytest.mark.skipif(os.name != "posix", reason="groups are a matter of POSIX")
def test_a_port_without_permission_names_the_group(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import grp
    import pty

    import serial

    main, side = pty.openpty()
    try:
        port = os.ttyname(side)
        Path(port).chmod(0o660)

        def denied(*_arguments: object, **_more: object) -> None:
            raise PermissionError(13, "Permission denied", port)

        monkeypatch.setattr(serial, "serial_for_url", denied)
        probed = here(capsys, "instruments", "probe", port)
        assert f"This user may not open the port {port}" in probed.out
        registered(capsys, tmp_path, instrument().replace("/dev/ttyUSB9", port) + CERTIFICATE)
        failed = here(capsys, "instruments", "check", "tester", "--by", "claire")
        assert failed.code == 3
        group = grp.getgrgid(Path(port).stat().st_gid).gr_name
        if Path(port).stat().st_gid != 0:
            assert f"to the group {group}" in failed.err
        else:
            assert "Ask the administrator" in failed.err
    finally:
        os.close(main)
        os.close(side)


if sys.platform == "win32":
    pytestmark = pytest.mark.skip(reason="the simulated ports of these tests are pseudo-terminals")
