"""How soon the program is there: `etabli --help` against a bare interpreter, the first paint against an empty app."""

from __future__ import annotations

import os
import selectors
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

from benchmarks.row import Row

ROUNDS = 15
PAINTS = 7
FIRST_ROW = b"\x1b[1;1H"  # where Textual begins to draw
HELP = "import sys; from tui.main import main; sys.exit(main(['--help']))"
BENCH = "import sys; from tui.main import main; sys.exit(main([]))"
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("Établi")
Empty().run()
"""


def run() -> list[Row]:
    """Time both pairs, alternating; the figures are medians in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        return [_help(), *_paint(folder)]


def _help() -> Row:
    ours, other = _alternating(ROUNDS, lambda: _whole(HELP), lambda: _whole("pass"))
    ratio = ours / other
    return Row("etabli --help (ms; other: bare interpreter)", ours, other, ratio, 3.0, ratio <= 3.0)


def _paint(folder: str) -> list[Row]:
    if not hasattr(os, "openpty"):
        return []
    ours, other = _alternating(PAINTS, lambda: _first_paint(BENCH, folder), lambda: _first_paint(EMPTY, folder))
    ratio = ours / other
    return [Row("first paint of etabli (ms; other: empty Textual app)", ours, other, ratio, 1.5, ratio <= 1.5)]


def _alternating(rounds: int, mine: Callable[[], float], theirs: Callable[[], float]) -> tuple[float, float]:
    mine(), theirs()  # byte-code and disk cache
    ours, other = [], []
    for _ in range(rounds):
        ours.append(mine())
        other.append(theirs())
    return statistics.median(ours), statistics.median(other)


def _command(code: str) -> Sequence[str]:
    return [sys.executable, "-c", code]


def _whole(code: str) -> float:
    begun = time.perf_counter()
    subprocess.run(_command(code), stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - begun) * 1000


def _first_paint(code: str, folder: str) -> float:
    """Return the milliseconds from the start of the process to the first row drawn on its pseudo-terminal."""
    import pty
    import struct
    from fcntl import ioctl
    from termios import TIOCSWINSZ

    host, device = pty.openpty()
    ioctl(device, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "ETABLI_LANG": "en", "ETABLI_HOME": folder}
    begun = time.perf_counter()
    process = subprocess.Popen(_command(code), stdin=device, stdout=device, stderr=device, env=environment)
    os.close(device)
    seen = b""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(host, selectors.EVENT_READ)
            while FIRST_ROW not in seen:
                if not selector.select(30):
                    raise TimeoutError("nothing was painted")
                seen += os.read(host, 65536)
        return (time.perf_counter() - begun) * 1000
    finally:
        process.terminate()
        _drain(process, host)


def _drain(process: subprocess.Popen[bytes], host: int) -> None:
    """Let the program end in its own way: it may still have something to write."""
    os.set_blocking(host, False)
    while process.poll() is None:
        try:
            os.read(host, 65536)
        except OSError:
            time.sleep(0.01)
    os.close(host)
