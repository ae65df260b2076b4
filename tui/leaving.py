"""Leaving the program: once, by a key or by a signal, with the instruments stopped and the workshop closed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

from textual.app import App

# How long the terminal may take to be restored after a signal; a hang-up leaves nothing to restore.
LAST_SECONDS = 2.0


class Leaving:
    """Ends an application. `settle` stops and closes everything first; it may be called in any thread."""

    def __init__(self, app: App[int], settle: Callable[[], None]) -> None:
        self.app = app
        self._settle = settle
        self._begun = False

    async def leave(self) -> None:
        """Stop what runs, close the workshop, end the program."""
        if not self._begun:
            self._begun = True
            await asyncio.to_thread(self._settle)
            self.app.exit(0)

    def catch_signals(self) -> None:
        """SIGTERM and SIGHUP stop the instruments, close the workshop and restore the terminal."""
        if sys.platform == "win32":
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            try:
                loop.add_signal_handler(number, self._leave_by_signal, 128 + int(number))
            except (RuntimeError, ValueError):  # not in the main thread: a test or an embedding
                return

    def _leave_by_signal(self, code: int) -> None:
        """Leave from a thread of its own: after a hang-up the terminal may hold up the loop for ever."""
        if not self._begun:
            self._begun = True
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._leave_behind, args=(loop, code), daemon=True).start()

    def _leave_behind(self, loop: asyncio.AbstractEventLoop, code: int) -> None:
        self._settle()
        last = threading.Timer(LAST_SECONDS, os._exit, (code,))
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(lambda: self.app.exit(code, return_code=code))
