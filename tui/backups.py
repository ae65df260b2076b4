"""Backups that make themselves while the bench is open: another process makes them, so that no screen waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from bench import backup
from bench.backup import Backup
from bench.errors import EtabliError
from bench.language import Message, current, msg
from tui.folder import Folder
from tui.settings import BackupEntry

FIRST_AFTER = timedelta(minutes=1)
AGAIN_AFTER = timedelta(minutes=15)
POLITE = 10


class BackupKeeper:
    """Backs the workshop's folder up whenever the newest backup is older than the settings want.

    `problem` is why the last attempt failed, None where it did not; `on_problem` hears it in the keeper's thread. After
    a failure the next attempt comes 15 minutes later. Nothing is begun in the program's first minute.
    """

    def __init__(self, folder: Folder, settings: BackupEntry) -> None:
        self.folder = folder
        self.place = settings.place(folder.path)
        self.every = timedelta(hours=settings.every_hours)
        self.problem: EtabliError | None = None
        self.on_problem: Callable[[EtabliError], object] = lambda _problem: None
        self._settings = settings
        self._ending = threading.Event()
        self._running: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep, name="backups", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Begin no more backups; one that is being made is given up. Closing twice does nothing."""
        self._ending.set()
        if self._running is not None:
            self._running.terminate()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def last(self) -> Backup | None:
        """The newest backup at the place, whoever made it."""
        return backup.newest(self.place)

    def overdue(self, now: datetime | None = None) -> bool:
        """Whether the newest backup is older than twice what the settings want, or there is none."""
        last = self.last
        return last is None or (now or datetime.now(UTC)) - datetime.fromisoformat(last.made) > 2 * self.every

    def _keep(self) -> None:
        wait = max(FIRST_AFTER, self._due())
        while not self._ending.wait(wait.total_seconds()):
            if (due := self._due()) > timedelta(0):
                wait = due
                continue
            with suppress(EtabliError):
                self.make()
            wait = AGAIN_AFTER if self.problem else self.every
            if self.problem is not None and not self._ending.is_set():
                self.on_problem(self.problem)

    def _due(self) -> timedelta:
        last = self.last
        if last is None:
            return timedelta(0)
        return max(timedelta(0), datetime.fromisoformat(last.made) + self.every - datetime.now(UTC))

    def make(self) -> None:
        """Make a backup now and wait for its end. Raises EtabliError, which `problem` holds until one is made."""
        command = [sys.executable, "-m", "tui.main", "journal", "backup", str(self.place)]
        command += ["--keep", str(self._settings.keep), *(["--with-keys"] if self._settings.keys else [])]
        wanted = {**os.environ, "ETABLI_HOME": str(self.folder.path), "ETABLI_LANG": current()}
        try:
            # Its work is long sums over the whole record: at the bench's side, not before it.
            self._running = subprocess.Popen(
                command,
                env={**wanted, "PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            if os.name == "posix":
                os.setpriority(os.PRIO_PROCESS, self._running.pid, POLITE)
            if self._ending.is_set():
                self._running.terminate()
            _out, said = self._running.communicate()
        except OSError as error:
            self._fail(error.strerror or str(error))
        finished, self._running = self._running, None
        if finished.returncode != 0:
            self._fail(said.strip().removeprefix("etabli: ") or str(finished.returncode))
        self.problem = None

    def _fail(self, why: str) -> NoReturn:
        self.problem = EtabliError(
            msg("The workshop was not backed up."),
            Message("{reason}", {"reason": why}),
            msg("Check the place in workshop.toml, [backup]; it is tried again in a quarter of an hour."),
        )
        raise self.problem
