"""`etabli run ORDER --headless --answers FILE`: what it does, where it stops, and how it is ended."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from command_line import PROGRAM, environment, here

from bench.events import Event, EventKind
from bench.journal import Journal
from bench.recording import Recording

WORKSHOP = """
name = "Atelier"
[simulation]
speed = {speed}
[[operator]]
id = "cl"
name = "Claire"
roles = ["technician"]
[[operator]]
id = "mj"
name = "Marc"
roles = ["controller"]
"""

ORDER = """
number = "R-1"
customer = "C-1"
procedure = "essai-court"
declared = "fog"
request = "check"
promised = 2026-12-24
watch = { brand = "Loue", family = "quartz", calibre = "ronda-505", case = "case-3-bar", case_number = "7" }
quote = { reference = "Q-1", how = "signature" }
notes = { simulated_case = "case-leaking" }
"""

ANSWERS = """
operator = "cl"
[steps.receive]
label = true
engraved = "30 m"
[steps.inspect]
glass_sound = "yes"
back_tight = "yes"
crown_present = "yes"
moisture_visible = "no"
[steps.prepare-dry]
crown = "yes"
pushers = "yes"
label = "yes"
strap = "yes"
[steps.temperatures]
watch_temperature = 21
chamber_temperature = 21
[steps.decide-leak]
way = "{way}"
[steps.final-control]
operator = "mj"
looks = "yes"
"""

# A short procedure of the workshop's own: what the run does is shown on few steps.
SHORT = Path(__file__).parents[1] / "procedures" / "essai-court.toml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    (tmp_path / "workshop.toml").write_text(WORKSHOP.format(speed=300.0))
    (tmp_path / "order.toml").write_text(ORDER)
    (tmp_path / "procedures").mkdir()
    shutil.copy(SHORT, tmp_path / "procedures")
    taken_in = here(capsys, "orders", "new", tmp_path / "order.toml")
    assert (taken_in.code, taken_in.out) == (0, "R-1\n"), taken_in.err
    return tmp_path


def answers(home: Path, text: str = ANSWERS, way: str = "reserved") -> Path:
    path = home / "answers.toml"
    path.write_text(text.replace("{way}", way))
    return path


def events(home: Path, *kinds: EventKind) -> list[Event]:
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        assert journal.verify().ok
        return list(journal.events(order="R-1", kinds=kinds or None))


def test_a_watch_that_leaves_out_of_tolerance_ends_with_10(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home))
    assert run.code == 10, run.err
    *measured, sheet = run.out.splitlines()
    assert any("✘ NONCONFORMING" in line for line in measured)
    assert Path(sheet).read_bytes()[:4] == b"%PDF"
    assert "out of tolerance" in run.err
    assert len(events(home, EventKind.ORDER_CLOSED)) == 1
    # A closed order is run to its end already.
    assert here(capsys, "run", "R-1", "--headless", "--answers", answers(home)).code == 10


def test_an_unanswered_step_is_named_with_its_fields_and_the_order_stays_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = answers(home, ANSWERS.replace("[steps.prepare-dry]", "[steps.function]").replace("crown =", "functions ="))
    file.write_text(file.read_text().replace('pushers = "yes"\nlabel = "yes"\nstrap = "yes"\n', ""))
    run = here(capsys, "run", "R-1", "--headless", "--answers", file)
    assert (run.code, run.out) == (2, "")
    for part in (
        "answers.toml",
        "prepare-dry",
        "visit 1",
        "crown = yes, pushers = yes, label = yes, strap = yes",
        str(file),
    ):
        assert part in run.err
    assert "stays at “Prepare the dry test”" in run.err

    again = here(capsys, "run", "R-1", "--headless", "--answers", answers(home))
    assert again.code == 10
    entered = [event.payload["step"] for event in events(home, EventKind.STEP_STARTED)]
    assert entered.count("prepare-dry") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('operator = "cl"\n[steps.receive]', "[steps.receive]"), "names nobody"),
        (('operator = "cl"', 'operator = "xx"'), "no operator “xx”"),
        (("[steps.inspect]", "[steps.inspekt]"), "no such step"),
        (("[steps.inspect]", "[inspect]"), "unknown key"),
        (("label = true", "label = "), "not valid TOML"),
        (("label = true", "label = [1]"), "is no answer"),
        (("label = true", 'label = "perhaps"'), "is no answer"),
        (("label = true", "label = true\ncolour = 'red'"), "no field colour"),
        (('glass_sound = "yes"', 'glass_sound = "no"'), "repair-first"),
    ],
)
def test_wrong_answers_are_said_plainly(
    home: Path, change: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home, ANSWERS.replace(*change)))
    assert run.code == 2
    assert said in run.err


def test_an_unknown_order_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "run", "R-7", "--headless", "--answers", answers(home))
    assert run.code == 2
    assert "R-7" in run.err and "R-1" in run.err


def test_each_visit_may_have_its_own_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repaired = ANSWERS + '[steps.empty-case]\nmovement_out = "yes"\nzone = "back"\n'
    repaired += '[steps.gaskets]\ngasket_reference = "J-1"\ndry = "yes"\ncounted = "yes"\n'
    repaired += (
        '[steps.decide-wet]\nway = "no"\n[steps.function]\nfunctions = "no"\n[steps.function.2]\nfunctions = "yes"\n'
    )
    repaired += '[steps.decide-functions]\nway = "again"\n'
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home, repaired, way="repair"))
    assert run.code == 0, run.err
    assert "Functions after the test (visit 2)" in run.err


def test_a_refusal_of_a_guard_is_told_and_ends_the_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home, way="wet"))
    assert run.code == 1
    assert "G-13" in run.err and "stays at" in run.err
    assert [event.payload["refusal"]["rule"] for event in events(home, EventKind.REFUSED)] == ["G-13"]


def test_the_watch_of_another_order_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ANSWERS.replace("label = true", "label = false")
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home, wrong))
    assert run.code == 1
    assert "not the watch of the order" in run.err


def test_answers_that_lead_in_a_circle_end(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circle = ANSWERS.replace('glass_sound = "yes"', 'glass_sound = "no"')
    circle += '[steps.repair-first]\nway = "repaired"\n'
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home, circle))
    assert run.code == 2
    assert "in a circle" in run.err


def test_a_second_program_on_the_same_journal_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Journal.open(home / "journal.sqlite", station="bench-1"):
        run = here(capsys, "run", "R-1", "--headless", "--answers", answers(home))
        assert here(capsys, "orders", "list").code == 0
    assert run.code == 1
    assert "process" in run.err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_in_a_pressure_test_leaves_everything_safe(home: Path, name: str) -> None:
    (home / "workshop.toml").write_text(WORKSHOP.format(speed=2.0))
    command = [sys.executable, "-c", PROGRAM, "run", "R-1", "--headless", "--answers", str(answers(home))]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment(home)
    )
    assert process.stderr is not None and process.stdout is not None
    while "First dry test" not in (line := process.stderr.readline()):
        assert line, "it ended before the test"
    _wait_until_under_pressure(home)
    process.send_signal(signal.Signals[name])
    out, err = process.communicate(timeout=30)

    assert process.returncode == 128 + signal.Signals[name], err
    assert name in err and "Traceback" not in err
    assert out == ""
    interrupted = events(home, EventKind.MEASUREMENT_INTERRUPTED)
    assert [event.payload["step"] for event in interrupted] == ["dry-test"]
    assert interrupted[0].payload["evidence"]["error"] == "Stopped"
    assert not (home / "journal.sqlite.writer").exists()
    # After the start the tester was told to stop, then asked until it took a channel: only a vented one does.
    recording = Recording.open(next((home / "recordings").glob("*.mcap")))
    assert not recording.truncated
    asked = [frame.data for frame in recording.frames("leak-tester") if frame.direction == "tx"]
    assert [b"STT" in data for data in asked].index(True) < [b"STP" in data for data in asked].index(True)
    assert b"WCHN" in asked[-1]
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        row = journal.order("R-1")
    assert row is not None
    assert (row.step, row.flags) == ("dry-test", ("interrupted",))


def _wait_until_under_pressure(home: Path) -> None:
    """Wait until the start command is in the recording (the writer puts it there four times a second)."""
    import time

    end = time.monotonic() + 30
    while time.monotonic() < end:
        for path in (home / "recordings").glob("*.mcap"):
            frames = Recording.open(path).frames("leak-tester")
            if any(frame.direction == "tx" and b"STT" in frame.data for frame in frames):
                return
        time.sleep(0.05)
    raise AssertionError("the leak test never began")


MANUAL = """
[[instrument]]
id = "leak"
kind = "water-resistance"
model = "Dry tester without a port"
serial = "77"
dialect = "manual"
connection = "manual"
[[instrument.certificate]]
number = "C-1"
laboratory = "Lab"
issued = {issued}
[[instrument.capability]]
quantity = "leak_rate"
low = -1000.0
high = 1000.0
accuracy = 2.0
"""
READINGS = '[steps.dry-test.readings]\n"leak_rate -0.4 bar" = "3,5 µg/min"\n"leak_rate +3 bar" = "12 µg/min"\n'


@pytest.fixture
def by_hand(home: Path) -> Path:
    people = WORKSHOP.replace("[simulation]\nspeed = {speed}\n", "[house]\npins = false\n")
    issued = (date.today() - timedelta(days=30)).isoformat()
    (home / "workshop.toml").write_text(people + MANUAL.format(issued=issued))
    return home


def test_a_manual_instrument_is_read_from_the_file(by_hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ANSWERS + '[steps.decide-wet]\nway = "no"\n[steps.function]\nfunctions = "yes"\n' + READINGS
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(by_hand, told))
    assert run.code == 0, run.err
    assert run.out.count("Dry tester without a port n° 77 [keyed in]") == 2
    assert run.out.count("✔ CONFORMING") == 2
    assert not (by_hand / "recordings").exists()


def test_a_reading_that_the_file_does_not_give_is_named(by_hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ANSWERS + READINGS.replace('"leak_rate +3 bar" = "12 µg/min"\n', "")
    run = here(capsys, "run", "R-1", "--headless", "--answers", answers(by_hand, told))
    assert run.code == 2
    assert 'readings."leak_rate +3 bar"' in run.err
    assert events(by_hand, EventKind.MEASURED) == []
