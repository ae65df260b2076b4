"""Hears of what is journaled, here or by another program, and says so at once; costs next to nothing meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.journal.watching import Watch

# So often the file is asked whether it has changed: what others do is felt at once, and a look takes microseconds.
LOOK_SECONDS = 0.25


class Hearing:
    """Calls `told`, in a thread of its own, whenever the journal's file has changed."""

    def __init__(self, path: Path, told: Callable[[], object]) -> None:
        self._watch = Watch(path)
        self._told = told
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="hearing", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            if self._watch.changed():
                with suppress(RuntimeError):  # the program has just ended its loop
                    self._told()

    def end(self) -> None:
        """Hear no more, and let go of the file. Ending twice does nothing."""
        self._ended.set()
        self._thread.join()
        self._watch.close()
