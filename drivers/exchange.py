"""One conversation with one instrument: a question, its answer or a typed error with the evidence, and the way back to
trust after a fault.

Half a reply is never a number, and a late reply never answers the next question: whatever waits before a question is
sent is thrown away; after a timeout or a reply that cannot be read the link is suspect, and is drained and identified
again before it is believed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from bench.instrument import (
    DeviceFault,
    Identity,
    InstrumentError,
    Malformed,
    NoReply,
    OutOfRange,
    Stopped,
    Truncated,
)
from bench.language import Message, msg
from drivers.dialects import Dialect, Frame, Garbage
from drivers.dialects.frames import NOISE, OUT_OF_RANGE
from drivers.link.base import Link

# How often a wait looks whether somebody asked to stop.
SLICE = 0.05
HANDFUL = 0.04  # s that a stream gathers before it is read
# How long a good answer may still follow one that cannot be read.
GRACE = 0.5
# Silence that counts as the end of whatever the instrument was saying, and the most that is spent on waiting for it.
QUIET = 0.2
QUIET_LIMIT = 1.0
RECOVERY_ATTEMPTS = 3
# Evidence kept of one question; a babbling instrument cannot fill the memory.
KEPT = 4096
BLANK = b" \r\n\0"

Failure = TypeVar("Failure", bound=InstrumentError)


class Exchange:
    """Questions and answers over one link in one dialect, by the thread that owns the link.

    `unsolicited` are the messages that the instrument says by itself at any time. `suspect` is True after a timeout or
    a reply that could not be read, until `recover` succeeds. `halted`, when set, makes every wait raise Stopped.
    `pacing` is the part of the dialect's pauses between commands that is kept (0 for an instrument that needs none).
    """

    def __init__(
        self,
        link: Link,
        dialect: Dialect,
        *,
        unsolicited: Collection[str] = (),
        halted: threading.Event | None = None,
        pacing: float = 1.0,
    ) -> None:
        self.link = link
        self.dialect = dialect
        self.unsolicited = frozenset(unsolicited)
        self.suspect = False
        self.garbage = 0
        self.pacing = pacing
        self._halted = halted or threading.Event()
        self._guarded = False
        self._decoder = dialect.host_decoder()
        self._waiting: deque[Frame | Garbage] = deque()
        self._request = b""
        self._heard = bytearray()
        self._asked = link.clock.monotonic()
        self._echoed = True
        self._free_at = 0.0

    @property
    def instrument(self) -> str:
        return self.link.instrument

    @property
    def heard(self) -> bytes:
        """What has come since the last question: the evidence, 4 KiB of it at most."""
        return bytes(self._heard)

    def send(self, command: str, **fields: Any) -> bytes:
        """Throw away what waits, then send a command; return its bytes. Raises LinkLost, CannotEncode, Stopped.

        Waits first as long as the instrument must be left alone after the command before.
        """
        request = self.dialect.command(command, **fields)
        link, monotonic = self.link, self.link.clock.monotonic
        while (now := monotonic()) < self._free_at:
            self._check_halt()
            link.read(min(self._free_at, now + SLICE))  # waits, and notices a lost link meanwhile
        self._check_halt()
        self.clear()
        self._request = request
        self._asked = now
        link.write(request)
        # From here on the instrument is at work, and so may we be: it costs no time.
        self._echoed = not self.dialect.echo
        self._free_at = monotonic() + self.pacing * max(self.dialect.gap, self.dialect.settle(command))
        return request

    def ask(self, command: str, *, wanted: Collection[str], within: float, **fields: Any) -> Frame:
        """Send a command and return the first of the `wanted` messages. Raises as `expect` does."""
        self.send(command, **fields)
        return self.expect(wanted, within=within)

    def expect(
        self, wanted: Collection[str], *, within: float, ours: Callable[[Frame], bool] = lambda _frame: True
    ) -> Frame:
        """Return the next message called one of `wanted`, at most `within` seconds from now.

        `ours` tells answers to this question from late ones, where the protocol numbers them; late ones are dropped.
        Raises NoReply, Truncated, Malformed, OutOfRange, DeviceFault (the instrument answers with an error), LinkLost,
        Stopped. Where the instrument repeats commands, an answer before the repeated command is not believed.
        """
        clock = self.link.clock
        deadline = clock.monotonic() + within
        spoilt: Garbage | None = None
        while (item := self._next(deadline)) is not None:
            if isinstance(item, Garbage):
                if item.reason == OUT_OF_RANGE:
                    raise self.error(OutOfRange, msg("It says {text}.", text=readable(item.raw)))
                if item.reason != NOISE:
                    deadline = min(deadline, clock.monotonic() + GRACE)
                spoilt = item if spoilt is None or spoilt.reason == NOISE else spoilt
            elif item.name == "echo" and item.raw.strip(BLANK) == self._request.strip(BLANK):
                self._echoed = True
                if "echo" in wanted:
                    return item
            elif item.name in wanted and ours(item) and (self._echoed or self._request.strip(BLANK) in item.raw):
                return item
            elif item.name in self.unsolicited or not ours(item):
                continue
            elif item.name != "echo" and (fault := self.dialect.error_text(item)) is not None:
                raise self.error(DeviceFault, msg("It says: {text}", text=fault))
            else:
                self.suspect = True
                raise self.error(Malformed, msg("It answers another question: {text}.", text=readable(item.raw)))
        raise self.silence(spoilt)

    def listen(self, deadline: float) -> Frame | None:
        """Return the next message of a stream, None when the clock reaches `deadline`.

        A stream is taken in handfuls: a wake for each message would cost more than reading it, and no screen repaints
        that often. Bytes that cannot be read are left out and counted in `garbage`. Raises OutOfRange, LinkLost,
        Stopped.
        """
        if not self._waiting:
            clock = self.link.clock
            clock.sleep(max(0.0, min(HANDFUL, deadline - clock.monotonic())))
        while (item := self._next(deadline)) is not None:
            if isinstance(item, Frame):
                return item
            self.garbage += 1
            if item.reason == OUT_OF_RANGE:
                raise self.error(OutOfRange, msg("It says {text}.", text=readable(item.raw)))
        return None

    def silence(self, spoilt: Garbage | None = None) -> InstrumentError:
        """Return the error for an answer that did not come: Malformed, Truncated, NoReply. The link is suspect."""
        self.suspect = True
        if spoilt is not None:
            return self.error(Malformed, msg("It says {text}.", text=readable(spoilt.raw)))
        if pending := self._decoder.pending:
            # What a wrong speed or parity makes of text.
            if self.dialect.data.framing.kind == "line" and not pending.isascii():
                return self.error(Malformed, msg("It says {text}.", text=readable(pending)))
            return self.error(Truncated, msg("It says {text} and no more.", text=readable(pending)))
        return self.error(NoReply)

    def clear(self) -> None:
        """Throw away what has come so far: it cannot be the answer to what is asked next."""
        read = self.link.read
        if read(0.0):
            limit = self.link.clock.monotonic() + QUIET_LIMIT
            while read(0.0) and self.link.clock.monotonic() <= limit:
                pass
        self._forget()

    def recover(self, handshake: Callable[[], Identity]) -> Identity:
        """Drain to quiet, identify, and see that nothing late follows; then the link is trusted again.

        Raises the last handshake's error after three attempts.
        """
        self.suspect = True
        failure: InstrumentError | None = None
        for _attempt in range(RECOVERY_ATTEMPTS):
            self.link.drain(QUIET, QUIET_LIMIT)
            self._forget()
            try:
                identity = handshake()
            except (NoReply, Truncated, Malformed) as error:
                failure = error
                continue
            if self._late():
                failure = self.error(Malformed, msg("It goes on answering earlier questions."))
                continue
            self.suspect = False
            return identity
        raise failure or self.error(NoReply)

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Inside the block a request to stop is not heard: this is where the stopping itself is done."""
        before, self._guarded = self._guarded, True
        try:
            yield
        finally:
            self._guarded = before

    def error(self, kind: type[Failure], why: Message | None = None, remedy: Message | None = None) -> Failure:
        """Return an error of `kind` with the evidence of the running question."""
        return kind(
            self.instrument,
            why=why,
            remedy=remedy,
            request=self._request,
            partial=self.heard,
            elapsed=self.link.clock.monotonic() - self._asked,
        )

    def _next(self, deadline: float) -> Frame | Garbage | None:
        """Return the next decoded item, None at the deadline."""
        waiting = self._waiting
        while not waiting:
            self._check_halt()
            now = self.link.clock.monotonic()
            chunk = self.link.read(min(deadline, now + SLICE))
            if chunk:
                self._heard += chunk[: KEPT - len(self._heard)]
                waiting.extend(self._decoder.feed(chunk))
            # A babbling instrument never lets a read come back empty: the deadline counts all the same.
            if not waiting and self.link.clock.monotonic() >= deadline:
                return None
        return waiting.popleft()

    def _late(self) -> bool:
        """Tell whether anything but unsolicited messages comes after the handshake."""
        late = self._decoder.feed(self.link.drain(QUIET, QUIET_LIMIT))
        self._forget()
        return any(isinstance(item, Frame) and item.name not in self.unsolicited for item in late)

    def _forget(self) -> None:
        self._decoder.reset()
        self._waiting.clear()
        self._heard.clear()

    def _check_halt(self) -> None:
        if self._halted.is_set() and not self._guarded:
            raise self.error(Stopped)


def readable(raw: bytes) -> str:
    """Write bytes as text where they are text, else in hexadecimal; at most 60 characters."""
    text = raw.decode("ascii", "replace").strip()
    shown = f"“{text}”" if text.isprintable() and "\ufffd" not in text else raw.hex(" ")
    return shown if len(shown) <= 60 else shown[:59] + "…"
