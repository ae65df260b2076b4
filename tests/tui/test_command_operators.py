"""`etabli operators`: who works here; and PINs where there is no screen to type them on."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from command_line import PROGRAM, environment, here

from bench.events import EventKind
from bench.journal import Journal
from bench.pins import Pins
from bench.running import Clock
from tui import proof
from tui.folder import Folder
from tui.workshop import Workshop

WORKSHOP = """
name = "Essai"
{more}

[[operator]]
id = "cl"
badge = "2041"
name = "Claire"
roles = ["technician"]
level = 2
instruments = ["timegrapher", "demagnetiser"]

[[operator]]
id = "chef-1"
name = "Anne"
roles = ["manager", "controller"]
"""


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at little cost: what a PIN costs to guess is argon2's to prove."""
    monkeypatch.setattr(Pins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    workshop(tmp_path)
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    return tmp_path


def workshop(home: Path, more: str = "") -> None:
    (home / "workshop.toml").write_text(WORKSHOP.format(more=more), "utf-8")


def pins(home: Path) -> Pins:
    return Pins(home / "pins.json", Clock())


def typing(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let a person type these, one a question; return the questions as they come."""
    left, questions = list(answers), []

    def ask(question: str) -> str:
        questions.append(question)
        return left.pop(0)

    monkeypatch.setattr(proof, "ask", ask)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    return questions


def events(home: Path) -> list[tuple[EventKind, str | None]]:
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        return [(event.kind, event.operator) for event in journal.events()]


def test_everybody_is_listed_with_what_they_may_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pins(home).set("cl", "4711")
    claire, anne = here(capsys, "operators", "list").out.splitlines()[2:]
    for word in ("cl", "2041", "Claire", "technician", "2", "demagnetiser, timegrapher", "chosen"):
        assert word in claire
    for word in ("chef-1", "Anne", "workshop manager, controller", "4", "everything", "at the next sign-in"):
        assert word in anne


def test_the_list_says_where_no_pin_is_asked_and_what_a_demonstrations_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop(home, "[house]\npins = false")
    assert "not asked" in here(capsys, "operators", "list").out
    assert here(capsys, "operators", "pin", "cl").code == 2
    workshop(home, '[simulation]\npin = "1357"')
    assert "1357 (demonstration)" in here(capsys, "operators", "list").out


def test_a_pin_is_chosen_twice_typed_and_changed_with_the_old_one(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "4711", "4712")
    run = here(capsys, "operators", "pin", "cl")
    assert run.code == 2 and "not the same" in run.err
    assert not pins(home).has("cl")
    typing(monkeypatch, "4711", "4711")
    assert here(capsys, "operators", "pin", "cl").code == 0
    pins(home).check("cl", "4711")

    typing(monkeypatch, "0815")
    run = here(capsys, "operators", "pin", "cl")
    assert run.code == 1 and "wrong" in run.err
    questions = typing(monkeypatch, "4711", "123456", "123456")
    assert here(capsys, "operators", "pin", "cl").code == 0
    assert [question.partition(" ")[0] for question in questions] == ["PIN", "New", "The"]
    pins(home).check("cl", "123456")
    assert events(home) == [
        (EventKind.PIN_SET, "cl"),
        (EventKind.SIGN_IN_REFUSED, None),
        (EventKind.PIN_SET, "cl"),
    ]


def test_a_manager_resets_with_their_own_pin(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pins(home).set("cl", "4711")
    pins(home).set("chef-1", "9999")
    assert "needs a workshop manager" in here(capsys, "operators", "pin", "cl", "--reset").err
    monkeypatch.setenv("ETABLI_PIN_CL", "4711")
    assert here(capsys, "operators", "pin", "chef-1", "--reset", "--by", "cl").code == 1
    typing(monkeypatch, "0815")
    assert here(capsys, "operators", "pin", "cl", "--reset", "--by", "chef-1").code == 1
    assert pins(home).has("cl")
    typing(monkeypatch, "9999")
    run = here(capsys, "operators", "pin", "cl", "--reset", "--by", "chef-1")
    assert run.code == 0, run.err
    assert not pins(home).has("cl")
    assert (EventKind.PIN_RESET, "chef-1") in events(home)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pin", "zz"], "Nobody here is called"),
        (["pin", "cl"], "terminal"),
        (["pin", "cl", "--by", "chef-1"], "--reset"),
        (["pin"], "required: ID"),
    ],
)
def test_wrong_input_gets_a_sentence_and_changes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    run = here(capsys, "operators", *arguments)
    assert (run.code, run.out) == (2, "")
    assert said in run.err
    assert not (home / "pins.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_on_a_terminal_the_pin_is_not_echoed(home: Path) -> None:
    import pty

    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(environment(home))
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM, "operators", "pin", "cl"])
    said = b""
    for asked in (b"New PIN of Claire: ", b"The same once more: "):
        said += until(fd, asked)
        os.write(fd, b"86420\n")
    said += until(fd, b"PIN chosen")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(fd)
    assert b"86420" not in said
    assert (home / "pins.json").stat().st_mode & 0o777 == 0o600


def until(fd: int, words: bytes) -> bytes:
    """Read from a terminal until these words stand there."""
    said, deadline = b"", time.monotonic() + 30
    while words not in said:
        assert time.monotonic() < deadline, said
        if select.select([fd], [], [], 0.1)[0]:
            said += os.read(fd, 4096)
    return said


ORDER = """
number = "R-1"
customer = "C-1"
procedure = "changement-de-pile"
declared = "arrêtée"
request = "changer la pile"
promised = 2026-12-24
watch = { brand = "Loue", family = "quartz", calibre = "ronda-505", case = "case-3-bar", case_number = "7" }
"""


def test_a_run_without_a_screen_proves_its_operators_by_the_environment(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "order.toml").write_text(ORDER, "utf-8")
    (home / "answers.toml").write_text('operator = "chef-1"\n', "utf-8")
    here(capsys, "orders", "new", home / "order.toml")
    run = ("run", "R-1", "--headless", "--answers", home / "answers.toml")

    assert "no PIN yet" in here(capsys, *run).err
    pins(home).set("chef-1", "9999")
    unnamed = here(capsys, *run)
    assert unnamed.code == 2
    assert "ETABLI_PIN_CHEF_1" in unnamed.err
    monkeypatch.setenv("ETABLI_PIN_CHEF_1", "0815")
    assert "The PIN is wrong." in here(capsys, *run).err
    monkeypatch.setenv("ETABLI_PIN_CHEF_1", "9999")
    here(capsys, *run)
    kinds = [kind for kind, _operator in events(home)]
    assert kinds.count(EventKind.SIGN_IN_REFUSED) == 1
    assert EventKind.SIGNED_IN in kinds


def test_a_demonstration_needs_no_environment_and_says_its_pin(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workshop(home, "[simulation]\nspeed = 100.0")
    with Workshop.open(Folder(home), instruments=False) as opened:
        anne = opened.operator("chef-1")
        assert proof.pin_of(opened.desk, anne) == "0000"
        opened.desk.authenticate(anne, "0000")
    workshop(home, "[house]\npins = false")
    with Workshop.open(Folder(home), instruments=False) as opened:
        assert proof.pin_of(opened.desk, opened.operator("cl")) is None
        assert opened.desk.keys is None
