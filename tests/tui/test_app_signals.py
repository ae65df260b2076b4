"""The real program on a real pseudo-terminal: a signal stops the instruments and gives the terminal back."""

from __future__ import annotations

import os
import select
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals and signals are POSIX")

PROGRAM = """
import sys, threading
from pathlib import Path
sys.path[:0] = [{root!r}, {here!r}]
from tui.app import run

def opener():
    from screen_bench import SteppedPool, Workbench
    pool = SteppedPool(gate=threading.Event())
    bench = Workbench(Path({folder!r}), pool)
    bench.lead_to("OR-1001", "magnetism")
    return bench

sys.exit(run(opener, language="en", order="OR-1001"))
"""
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l")


class Terminal:
    """A program on a pseudo-terminal of 80 × 24."""

    def __init__(self, folder: Path) -> None:
        import fcntl
        import pty
        import struct
        import termios

        here = Path(__file__).parent
        script = folder / "bench.py"
        script.write_text(PROGRAM.format(root=str(here.parent.parent), here=str(here), folder=str(folder)))
        # These keys follow the picture faster than a hand could.
        liked = folder / "etabli" / "preferences.toml"
        liked.parent.mkdir()
        liked.write_text("debounce_ms = 0\n")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", TEXTUAL_ANIMATIONS="none", XDG_CONFIG_HOME=str(folder))
            os.execv(sys.executable, [sys.executable, str(script)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.said = b""

    def read(self, seconds: float) -> bool:
        """Take what the program writes; False when it has ended."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.said += data
            return bool(data)
        return True

    def wait_for(self, words: str) -> None:
        """Read until these words have been written."""
        deadline = time.monotonic() + 30
        while words.encode() not in self.said and time.monotonic() < deadline:
            assert self.read(0.1), self.said[-2000:]
        assert words.encode() in self.said, self.said[-2000:]
        self.said = b""

    def end(self) -> int:
        """Read to the end and return the exit status."""
        deadline = time.monotonic() + 30
        while self.read(0.1) and time.monotonic() < deadline:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_sigterm_in_the_middle_of_a_measurement_stops_it_and_restores_the_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.wait_for("Anne")
    os.write(terminal.fd, b"\r")
    terminal.wait_for("Begin")
    os.write(terminal.fd, b"\r")
    terminal.wait_for("Measure")
    os.write(terminal.fd, b"\r")
    terminal.wait_for("Measuring")
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 143
    for restored in RESTORED:
        assert restored in terminal.said
    assert b"Traceback" not in terminal.said

    from bench.events import EventKind
    from bench.journal import Journal

    with Journal.open(tmp_path / "journal.sqlite", station="bench", writable=False) as journal:
        assert list(journal.events(order="OR-1001"))[-1].kind is EventKind.MEASUREMENT_INTERRUPTED
        assert journal.verify().ok


def test_a_terminal_that_goes_away_ends_the_program_with_129(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.wait_for("Anne")
    os.close(terminal.fd)
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) == 129


def test_without_a_terminal_there_is_a_message_and_status_2(tmp_path: Path) -> None:
    import subprocess

    Path(tmp_path / "bench.py").write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent.parent.parent)!r})
        from tui.app import run
        sys.exit(run(lambda: 1/0, language="en"))
        """)
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "bench.py"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert done.stdout == ""
