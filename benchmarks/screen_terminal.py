"""The program on a pseudo-terminal: keys go in, what it paints comes out, and the system says what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

KEPT = 1 << 20
PATIENCE = 60.0


def measurable() -> bool:
    """Whether this system has pseudo-terminals, and tells a process's time and memory by /proc."""
    return hasattr(os, "openpty") and Path("/proc/self/schedstat").exists()


class Terminal:
    """Runs `python -m <arguments>` on a terminal of its own, reading all the time as a terminal does."""

    def __init__(
        self, arguments: Sequence[str], *, columns: int = 160, rows: int = 50, setting: Mapping[str, str] | None = None
    ) -> None:
        import pty
        import struct
        from fcntl import ioctl
        from termios import TIOCSWINSZ

        self._host, device = pty.openpty()
        ioctl(device, TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "ETABLI_CHARSET": "braille",
            "ETABLI_LANG": "en",
            **(setting or {}),
        }
        command = [sys.executable, "-m", *arguments]
        self._process = subprocess.Popen(command, stdin=device, stdout=device, stderr=device, env=environment)
        os.close(device)
        self._seen = bytearray()
        self._news = threading.Condition()
        self.written = 0
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._host)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._host, 1 << 16)
            except OSError:
                data = b""
            with self._news:
                self._seen += data
                self.written += len(data)
                if len(self._seen) > 2 * KEPT:
                    del self._seen[:KEPT]
                self._ended = not data
                self._news.notify_all()
            if not data:
                return

    def see(self, text: str) -> None:
        """Wait until `text` has been painted since the last key."""
        wanted = text.encode()
        with self._news:
            self._news.wait_for(lambda: wanted in self._seen or self._ended, PATIENCE)
            if wanted not in self._seen:
                raise TimeoutError(f"never painted: {text}; last: {bytes(self._seen[-2000:])!r}")

    def press(self, key: str) -> None:
        """Press a key: a character, or the sequence that a terminal sends for it."""
        with self._news:
            self._seen.clear()
        os.write(self._host, key.encode())

    def enter(self) -> None:
        """Press Enter, long enough after the one before to be no sleeve's."""
        time.sleep(0.5)
        self.press("\r")

    def type(self, text: str) -> None:
        """Press one key after the other as a person does: slower than any scanner."""
        for character in text:
            self.press(character)
            time.sleep(0.12)

    def answer(self, key: str, text: str) -> float:
        """Press a key and return the milliseconds until `text` is on the terminal."""
        begun = time.perf_counter()
        self.press(key)
        self.see(text)
        return 1000.0 * (time.perf_counter() - begun)

    def resident(self) -> float:
        """Return the resident memory in MiB."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def busy(self, seconds: float) -> float:
        """Return the percent of one core that the whole process takes over the next `seconds`."""
        used, begun = self._used(), time.perf_counter()
        time.sleep(seconds)
        return 100.0 * (self._used() - used) / (time.perf_counter() - begun)

    def _used(self) -> float:
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100.0))]
