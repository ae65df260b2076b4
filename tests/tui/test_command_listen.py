"""`etabli instruments listen` on a real port, and the how-to that begins with it, done as its page says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import PROGRAM, ROOT, environment, etabli

from bench.instrument import LinkState
from drivers.dialects import Frame, Garbage
from drivers.dialects.check import check
from drivers.dialects.library import use_workshop
from drivers.listener import ListeningExchange
from drivers.simulated.ports import PTYS
from drivers.station import Station
from drivers.trials import TIMING
from tui.folder import Folder

PAGE = (ROOT / "docs" / "how-to" / "add-an-instrument.md").read_text("utf-8")
LINES = b"Rate  +4.5 s/d\r\nAmpl  286 deg\r\nError 0.3 ms\r\n"

pytestmark = pytest.mark.skipif(not PTYS, reason="needs pseudo-terminals")


@contextmanager
def port() -> Iterator[tuple[int, str]]:
    """Give the instrument's end of a line, and the name of the bench's."""
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


class Listening:
    """The command at work in another process."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "instruments", "listen", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(home),
            cwd=home,
        )
        assert self.process.stderr is not None
        self._watch = threading.Timer(60.0, self.process.kill)
        self._watch.start()
        self.began = self.process.stderr.readline()

    def line(self) -> str:
        """Return the next line it writes."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self, interrupt: bool = True) -> tuple[int, str, str]:
        """Press Ctrl+C; return the exit code and what else it wrote."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate()
        self._watch.cancel()
        assert "Traceback" not in err, err
        return self.process.returncode, out, err


def test_each_line_is_shown_with_its_bytes_and_its_text(tmp_path: Path) -> None:
    with port() as (master, name):
        listening = Listening(tmp_path, name, "--baud", "4800")
        assert "4800 8N1" in listening.began
        os.write(master, LINES)
        assert re.fullmatch(
            r"\d\d:\d\d:\d\d\.\d{3} ← 52 61 74 65 20 20 2B 34 2E 35 20 73 2F 64 0D 0A  Rate  \+4\.5 s/d␍␊",
            listening.line(),
        )
        assert listening.line().endswith("Ampl  286 deg␍␊")
        listening.line()
        assert listening.end()[0] == 0


def test_with_a_dialect_the_fields_are_shown(tmp_path: Path) -> None:
    with port() as (master, name):
        listening = Listening(tmp_path, name, "--dialect", "ateq-results")
        os.write(master, b"?\r<01>:(OK):  027 Pa\r")
        assert listening.line().endswith("not understood: a frame, but no message of this dialect")
        assert "result: program 1, verdict OK, leak 27.0, unit Pa" in listening.line()
        assert listening.end()[0] == 0


def test_the_seconds_end_it_and_nothing_heard_is_told(tmp_path: Path) -> None:
    with port() as (_master, name):
        assert etabli("instruments", "listen", name, "--seconds", "0.2", home=tmp_path).code == 0
        run = etabli("instruments", "listen", name, "--seconds", "0.2", "--learn", tmp_path / "new.toml", home=tmp_path)
        assert run.code == 2
        assert "Nothing was heard" in run.err
        assert not (tmp_path / "new.toml").exists()


def test_a_pulled_cable_is_told_and_what_was_heard_is_kept(tmp_path: Path) -> None:
    master, slave = os.openpty()
    name = os.ttyname(slave)
    listening = Listening(tmp_path, name, "--learn", "heard.toml")
    os.close(slave)
    os.write(master, LINES)
    assert [listening.line().split("  ", 1)[1] for _ in range(3)]
    os.close(master)
    code, _out, err = listening.end(interrupt=False)
    assert code == 4 or "lost" in err
    assert check(tmp_path / "heard.toml") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-port"], "no-such-port"),
        (["PORT", "--dialect", "nobody"], "no dialect called"),
        (["PORT", "--learn", "Not a name.txt"], "cannot name a dialect"),
        (["PORT", "--learn", "nowhere/new.toml"], "no folder"),
        (["PORT", "--learn", "there.toml"], "exists already"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_heard(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "there.toml").write_text("", "utf-8")
    run = etabli("instruments", "listen", *arguments, "--seconds", "5", home=tmp_path, cwd=tmp_path)
    assert run.code != 0
    assert said in run.err


# The how-to


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_dialect_of_the_page_is_under_forty_lines() -> None:
    dialect, _register = blocks("toml")
    assert len(dialect.splitlines()) < 40


def test_the_how_to_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (printed,) = blocks("text")
    dialect, register = blocks("toml")
    listen, look = (command.split() for command in blocks("sh"))
    slip = printed.replace("\n", "\r\n").encode("ascii")
    with port() as (master, name):
        # 1. Listen, and press the print key twice.
        assert listen[:4] == ["etabli", "instruments", "listen", "/dev/ttyUSB0"]
        listening = Listening(tmp_path, name, *listen[4:])
        slips = slip + slip.replace(b"+4.5", b"-12.0").replace(b"286", b"91")
        os.write(master, slips)
        for line in slips.decode("ascii").splitlines():
            assert line in listening.line()
        code, _out, err = listening.end()
        assert code == 0, err
        learnt = tmp_path / "my-timegrapher.toml"
        assert check(learnt) == []
        for field in ("value1", "value2", "value3"):
            assert f"{{{field}}}" in learnt.read_text("utf-8")
        assert "Rate ±9.9 s/d" in re.sub(" +", " ", err)

        # 2. Say what the numbers are.
        (tmp_path / "dialects").mkdir()
        (tmp_path / "dialects" / "my-timegrapher.toml").write_text(dialect, "utf-8")
        checked = etabli(*look[1:], home=tmp_path, cwd=tmp_path)
        assert checked.code == 0, checked
        assert "my-timegrapher" in etabli("dialects", "list", home=tmp_path).out

        # 3. Put it in the register.
        folder = Folder(tmp_path)
        assert folder.found()
        with folder.file.open("a", encoding="utf-8") as file:
            file.write("\n" + register.replace("/dev/ttyUSB0", name))
        (record,) = folder.settings().records
        assert record.dialect == "my-timegrapher"
        assert "Printing timegrapher" in etabli("instruments", "list", home=tmp_path).out

        # 4. Measure: the slip comes once the program runs.
        ready, began = threading.Event(), threading.Event()
        station = Station([record])
        try:
            station.subscribe(lambda event: ready.set() if event.state is LinkState.READY else None)
            if station.state(record.id) is not LinkState.READY:
                assert ready.wait(10.0)
            hear = ListeningExchange.hear

            def heard(self: ListeningExchange, deadline: float) -> Frame | Garbage | None:
                began.set()
                return hear(self, deadline)

            monkeypatch.setattr(ListeningExchange, "hear", heard)
            printing = threading.Thread(target=lambda: began.wait(10.0) and os.write(master, slip))
            printing.start()
            result = station.run(record.id, TIMING)
            printing.join()
        finally:
            station.close()
            use_workshop(None)
    figures = {reading.value.quantity.id: reading.value.magnitude for reading in result.readings}
    assert figures == {"rate": 4.5, "amplitude": 286.0, "beat_error": 0.3}
    assert {reading.label for reading in result.readings} == {"CH"}
