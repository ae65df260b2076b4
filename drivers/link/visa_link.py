"""The link to a VISA resource: USB-TMC, LAN, GPIB or a serial line by its VISA name, read against a deadline."""

from __future__ import annotations

import contextlib
import math
import re
import select
import socket
from typing import Any

from bench.instrument import LinkLost
from bench.language import Message, msg
from drivers.link.base import Clock, Link, SystemClock
from drivers.link.settings import SerialSettings
from drivers.link.visa_unavailable import unavailable

BACKEND = "@py"
CHUNK = 4096
WRITE_PATIENCE = 2.0
OPEN_PATIENCE = 5.0
LONGEST_WAIT = 3600.0
# How often an instrument on a bus is asked whether an answer waits (MAV), where it can say so.
POLL = 0.01
# The shortest read from a bus whose instrument cannot say so: breaking reads off more often costs answers.
BUS_PATIENCE = 0.5
# How often a socket is looked at for its end while a read waits.
SLICE = 0.25
MESSAGE_AVAILABLE = 0x10  # IEEE 488.2, bit 4 of the status byte

_STREAM = re.compile(r"(ASRL.*|.*::SOCKET)$", re.IGNORECASE)
_PARITY = {"N": "none", "O": "odd", "E": "even", "M": "mark", "S": "space"}
_STOP_BITS = {1.0: "one", 1.5: "one_and_a_half", 2.0: "two"}
_SYSTEM_CLOCK = SystemClock()
_DEFAULT = SerialSettings()


class VisaLink(Link):
    """A VISA resource through PyVISA; `backend` in its words ("@py", "@ivi", "bench.yaml@sim", a library's path).

    A serial line or socket is a stream, read as it comes. On USB-TMC, VXI-11, HiSLIP and GPIB a message is fetched when
    the instrument says that one waits, and never without a reason: to ask a bus for what nobody has to say is an error
    there. For the same reason such a link is drained by a device clear.
    """

    def __init__(
        self,
        instrument: str,
        resource: str,
        settings: SerialSettings = _DEFAULT,
        clock: Clock = _SYSTEM_CLOCK,
        *,
        backend: str = BACKEND,
    ) -> None:
        super().__init__(instrument, clock)
        self.url = resource
        self.settings = settings
        self.backend = backend
        self.streams = _STREAM.match(resource) is not None
        self._resource: Any = None
        self._opened = contextlib.ExitStack()
        self._timeout = 0
        self._says_available = True
        self._request = b""
        self._heard = b""

    @property
    def is_open(self) -> bool:
        return self._resource is not None

    def open(self) -> None:
        """Open the resource and, on a serial line, set it. Raises PortUnavailable; its remedy says what to install."""
        self.close()
        try:
            import pyvisa

            manager = pyvisa.ResourceManager(self.backend)
            self._resource = manager.open_resource(self.url, open_timeout=round(OPEN_PATIENCE * 1000))
            self._timeout = 0
            self._says_available = not self.streams
            if not self._resource.session:  # pyvisa-sim says only so that it has not found it
                raise pyvisa.VisaIOError(pyvisa.constants.VI_ERROR_RSRC_NFOUND)
            self._prepare()
        except Exception as error:  # backends raise whatever their own libraries do
            self.close()
            raise unavailable(self.instrument, self.url, self.backend, error) from error
        self._request = self._heard = b""

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises LinkLost when the resource is gone or takes nothing for 2 s."""
        started, delay = self.clock.monotonic(), self.settings.char_delay
        self._request, self._heard = data, b""
        resource = self._open_resource(started)
        pieces = [data[n : n + 1] for n in range(len(data))] if delay and self.streams else [data]
        try:
            self._set_timeout(WRITE_PATIENCE)
            for piece in pieces:
                resource.visalib.write(resource.session, piece)
                if len(pieces) > 1:
                    self.clock.sleep(delay)
        except Exception as error:
            raise self._lost(started, self._why(error)) from error
        if self.tap:
            self.tap("tx", data, self.clock.monotonic(), self.clock.wall())

    def read(self, deadline: float) -> bytes:
        """Return the next chunk (from a bus: a whole message), or b"" at the deadline. Raises LinkLost.

        Where a bus instrument cannot say whether an answer waits, the deadline may be overrun by half a second.
        """
        started = self.clock.monotonic()
        self._open_resource(started)
        try:
            chunk = self._from_stream(deadline) if self.streams else self._from_bus(deadline)
        except Exception as error:
            raise self._lost(started, self._why(error)) from error
        if chunk:
            self._heard = chunk
            if self.tap:
                self.tap("rx", chunk, self.clock.monotonic(), self.clock.wall())
        return chunk

    def drain(self, quiet: float, limit: float) -> bytes:
        """Throw away what waits: on a bus by a device clear, which an instrument answers with silence."""
        started = self.clock.monotonic()
        if self.streams:
            return super().drain(quiet, limit)
        resource = self._open_resource(started)
        try:
            self._set_timeout(WRITE_PATIENCE)
            resource.clear()
        except Exception as error:
            if not _unsupported(error):
                raise self._lost(started, self._why(error)) from error
            return super().drain(quiet, limit)
        return b""

    def close(self) -> None:
        """Give the resource back; one that is gone already is no error."""
        resource, self._resource = self._resource, None
        with contextlib.suppress(Exception):
            self._opened.close()
        if resource is not None:
            with contextlib.suppress(Exception):
                resource.close()

    # Streams: a byte at a time, because VISA throws away what came before a timeout.

    def _from_stream(self, deadline: float) -> bytes:
        while True:
            left = deadline - self.clock.monotonic()
            first = self._take(1, min(left, SLICE))
            if first:
                break
            if self._ended():
                raise EOFError
            if self.clock.monotonic() >= deadline:
                return b""
        chunk = bytearray(first)
        while len(chunk) < CHUNK and not chunk.endswith(b"\n") and (more := self._take(1, 0.0)):
            chunk += more
        return bytes(chunk)

    def _ended(self) -> bool:
        """Tell whether the other side has closed the socket: pyvisa-py takes that for silence."""
        line = getattr(self._session(), "interface", None)
        if not isinstance(line, socket.socket):
            return False
        readable, _, _ = select.select([line], [], [], 0.0)
        return bool(readable) and line.recv(1, socket.MSG_PEEK) == b""

    # Buses: whole messages.

    def _from_bus(self, deadline: float) -> bytes:
        while self._says_available:
            if self._message_waits():
                return self._take(CHUNK, WRITE_PATIENCE)
            left = deadline - self.clock.monotonic()
            if self._says_available and left <= 0:
                return b""
            self.clock.sleep(max(0.0, min(POLL, left)))
        left = deadline - self.clock.monotonic()
        return b"" if left <= 0 else self._take(CHUNK, max(left, BUS_PATIENCE))

    def _message_waits(self) -> bool:
        """Tell whether the instrument has something to say; note where it (or the backend) cannot tell."""
        try:
            return bool(self._resource.read_stb() & MESSAGE_AVAILABLE)
        except Exception as error:
            if not _unsupported(error):
                raise
            self._says_available = False
            return False

    def _take(self, count: int, seconds: float) -> bytes:
        """Return what one VISA read gives, b"" at its timeout; a longer message comes in further reads."""
        resource = self._resource
        self._set_timeout(seconds)
        try:
            data, _status = resource.visalib.read(resource.session, count)
        except Exception as error:
            if _name(error) == "VI_ERROR_TMO":
                return b""
            raise
        return bytes(data)

    def _prepare(self) -> None:
        """Set a serial line, and keep other programs off it where the backend lets us."""
        from pyvisa import constants

        resource, settings = self._resource, self.settings
        # That a read of one byte ends after one byte is no news.
        self._opened.enter_context(resource.ignore_warning(constants.StatusCode.success_max_count_read))
        if not self.url.upper().startswith("ASRL"):
            return
        resource.baud_rate = settings.baudrate
        resource.data_bits = settings.bytesize
        resource.parity = constants.Parity[_PARITY[settings.parity]]
        resource.stop_bits = constants.StopBits[_STOP_BITS[float(settings.stopbits)]]
        resource.end_input = constants.SerialTermination.none
        port = getattr(self._session(), "interface", None)
        if port is not None and hasattr(port, "exclusive"):
            port.exclusive = True

    def _session(self) -> Any:
        """Return the backend's own object of this session, None where it has none (the system's VISA)."""
        sessions = getattr(self._resource.visalib, "sessions", None)
        return sessions.get(self._resource.session) if isinstance(sessions, dict) else None

    def _set_timeout(self, seconds: float) -> None:
        milliseconds = max(1, math.ceil(min(seconds, LONGEST_WAIT) * 1000))
        if milliseconds != self._timeout:
            self._resource.timeout = milliseconds
            self._timeout = milliseconds

    def _open_resource(self, started: float) -> Any:
        if self._resource is None:
            raise self._lost(started, msg("The port {port} is not open.", port=self.url))
        return self._resource

    def _why(self, error: BaseException) -> Message:
        if isinstance(error, EOFError):
            return msg("The other side of {port} is gone.", port=self.url)
        detail = getattr(error, "description", "") or str(error) or type(error).__name__
        return msg(
            "The port {port} reports: {detail}.", port=self.url, detail=" ".join(str(detail).split()).rstrip(".")
        )

    def _lost(self, started: float, why: Message) -> LinkLost:
        """Close the resource and return the error with what was asked, what was heard since, and the seconds waited."""
        self.close()
        elapsed = self.clock.monotonic() - started
        return LinkLost(self.instrument, why=why, request=self._request, partial=self._heard, elapsed=elapsed)


def _name(error: BaseException) -> str:
    """Return the VISA name of an error ("VI_ERROR_TMO"), "" for one that is none."""
    return str(getattr(error, "abbreviation", ""))


def _unsupported(error: BaseException) -> bool:
    """Tell whether the backend says that it cannot do this at all."""
    return isinstance(error, (NotImplementedError, AttributeError)) or _name(error) in (
        "VI_ERROR_NSUP_OPER",
        "VI_ERROR_NIMPL_OPER",
    )
