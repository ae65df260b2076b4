"""The owner of one port: the only thread that opens, writes, reads and closes it.

closed → opening → ready; a fault makes it suspect until it has been identified again; a lost cable is looked for with
back-off until the same instrument answers.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.errors import EtabliError
from bench.instrument import (
    Identity,
    InstrumentError,
    LinkLost,
    LinkState,
    OnSample,
    PortUnavailable,
    Program,
    RunResult,
    Stopped,
)
from bench.language import Message
from bench.metrology import InstrumentRecord
from bench.pool import LinkEvent
from drivers.link.base import Link, Tap
from drivers.registry import OpenLink, build
from drivers.wire import STOP_PATIENCE, WireInstrument

# How often an idle port is looked at: a lost cable is on the screen within this time.
IDLE = 0.5
# How long a prepared port is left alone for the program that follows.
RESERVED = 2.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0


@dataclass
class Job:
    """Work for the owner's thread on its way there, and its outcome on the way back."""

    work: Callable[[WireInstrument], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.done.set()


class Owner:
    """One registered instrument, its port and the thread between them. `settled` is set after the first attempt."""

    def __init__(
        self, record: InstrumentRecord, open_link: OpenLink, tap: Tap | None, tell: Callable[[LinkEvent], None]
    ) -> None:
        self.record = record
        self.state = LinkState.CLOSED
        self.identity: Identity | None = None
        self.settled = threading.Event()
        self._open_link = open_link
        self._tap = tap
        self._tell = tell
        self._why: Message | None = None
        self._jobs: deque[Job] = deque()
        self._news = threading.Condition()
        self._closing = False
        self._driver: WireInstrument | None = None
        self._was_ready = False
        self._reserved_until = 0.0
        self._pause = FIRST_PAUSE
        self._thread = threading.Thread(target=self._live, name=f"port {record.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def run(self, program: Program, on_sample: OnSample | None) -> RunResult:
        """Hand a program to the owner's thread and wait for its end. Raises what it raises."""
        result: RunResult = self._hand_over(Job(lambda driver: driver.run(program, on_sample)))
        return result

    def begin_segment(self, begin: Callable[[dict[str, Any]], str | None]) -> str | None:
        """Call `begin` in the owner's thread with the driver's state, right before the next program.

        Until that program, or for 2 s, nobody else reads the port. Raises InstrumentError where nobody answers.
        """

        def work(driver: WireInstrument) -> str | None:
            driver.prepare()
            self._reserved_until = time.monotonic() + RESERVED
            return begin(driver.state())

        segment: str | None = self._hand_over(Job(work))
        return segment

    def stop(self) -> None:
        """Take back what waits, stop what runs; returns when the instrument is safe."""
        with self._news:
            waiting = list(self._jobs)
            self._jobs.clear()
        for job in waiting:
            job.fail(Stopped(self.record.id))
        driver = self._driver
        if driver is not None:
            driver.stop()

    def close(self) -> None:
        """Stop, give the port back, end the thread."""
        with self._news:
            self._closing = True
            self._news.notify()
        self.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_PATIENCE)

    def _hand_over(self, job: Job) -> Any:
        with self._news:
            if self._closing:
                raise Stopped(self.record.id)
            self._jobs.append(job)
            self._news.notify()
        try:
            job.done.wait()
        except BaseException:  # Ctrl+C in the waiting thread: the instrument must not go on alone
            self.stop()
            raise
        if job.error is not None:
            raise job.error
        return job.result

    # Below: the owner's thread only.

    def _live(self) -> None:
        try:
            while not self._closing:
                if self._driver is None:
                    if not self._opened():
                        self._rest()
                elif self._driver.suspect:
                    self._recovered()
                else:
                    self._serve(self._driver)
        finally:
            self._drop()
            self._become(LinkState.CLOSED)
            self.stop()

    def _opened(self) -> bool:
        """Open the port and identify who is there; on a failure tell it and fail the waiting jobs."""
        link: Link | None = None
        try:
            if not self._was_ready and not self.settled.is_set():
                self._become(LinkState.OPENING)
            link = self._open_link(self.record)
            link.tap = self._tap
            link.open()
            self._become(LinkState.OPENING)
            driver = build(self.record, link)
            self._driver = driver
            self._ready(driver.check_identity())
        except EtabliError as error:
            if link is not None and self._driver is None:
                link.close()
            self._drop()
            self._fail(error)
            return False
        return True

    def _recovered(self) -> None:
        """Bring a suspect link back to trust, or close it and begin again."""
        assert self._driver is not None
        try:
            self._ready(self._driver.check_identity())
        except EtabliError as error:
            self._drop()
            self._fail(error)
            self._rest()

    def _ready(self, identity: Identity) -> None:
        self.identity = identity
        self._was_ready = True
        self._pause = FIRST_PAUSE
        self._become(LinkState.READY)
        self.settled.set()

    def _serve(self, driver: WireInstrument) -> None:
        """Run the next job; without one, listen for a moment, so that a loss is seen."""
        job = self._take(IDLE)
        try:
            if job is not None:
                job.result = job.work(driver)
            elif time.monotonic() >= self._reserved_until:
                driver.listen_idle()
        except BaseException as error:
            if isinstance(error, LinkLost):
                self._drop()
                self._become(LinkState.LOST, error.why)
            elif driver.suspect:
                self._become(LinkState.SUSPECT, error.what if isinstance(error, EtabliError) else None)
            if job is None:
                if not isinstance(error, InstrumentError):
                    raise
            else:
                job.error = error
        finally:
            if job is not None:
                job.done.set()

    def _fail(self, error: EtabliError) -> None:
        """Tell why there is no instrument, and let nobody wait for it."""
        if isinstance(error, (PortUnavailable, LinkLost)):
            state = LinkState.LOST if self._was_ready else LinkState.CLOSED
        else:
            state = LinkState.SUSPECT if isinstance(error, InstrumentError) else LinkState.CLOSED
        self._become(state, error.why or error.what)
        self.settled.set()
        with self._news:
            waiting = list(self._jobs)
            self._jobs.clear()
        for job in waiting:
            if isinstance(error, PortUnavailable) and self._was_ready:
                job.fail(LinkLost(self.record.id, why=error.why))
            else:
                job.fail(error)

    def _rest(self) -> None:
        """Wait before the next attempt, a little longer each time; a new job ends the wait."""
        end = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        with self._news:
            while not self._jobs and not self._closing and (left := end - time.monotonic()) > 0:
                self._news.wait(left)

    def _take(self, patience: float) -> Job | None:
        with self._news:
            if not self._jobs and not self._closing:
                self._news.wait(patience)
            return self._jobs.popleft() if self._jobs and not self._closing else None

    def _drop(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            with contextlib.suppress(EtabliError):
                driver.link.close()

    def _become(self, state: LinkState, why: Message | None = None) -> None:
        if (state, str(why)) == (self.state, str(self._why)):
            return
        self.state, self._why = state, why
        self._tell(LinkEvent(self.record.id, state, time.monotonic(), why))
