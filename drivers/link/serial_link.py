"""The link to a port: anything that pyserial's `serial_for_url` opens, read in chunks against a deadline."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import serial

from bench.instrument import LinkLost
from bench.language import Message, msg
from drivers.link.base import Clock, Link, SystemClock
from drivers.link.port import FAULTS, Port, port_of
from drivers.link.settings import SerialSettings
from drivers.link.unavailable import unavailable

WRITE_PATIENCE = 2.0
"""Seconds beyond the line's own time after which a port that takes no bytes is given up."""

_CANNOT_OPEN: tuple[type[BaseException], ...] = (*FAULTS, ValueError, ImportError)
_SYSTEM_CLOCK = SystemClock()
_DEFAULT = SerialSettings()


class SerialLink(Link):
    """A serial port (`COM3`, `/dev/ttyUSB0`, a pseudo-terminal) or a URL (`socket://`, `rfc2217://`, `loop://`).

    The port is opened exclusively where the system can: a second program would steal half of every reply.
    """

    def __init__(
        self, instrument: str, url: str, settings: SerialSettings = _DEFAULT, clock: Clock = _SYSTEM_CLOCK
    ) -> None:
        super().__init__(instrument, clock)
        self.url = url
        self.settings = settings
        self._opened: Any = None
        self._port: Port | None = None
        self._request = b""
        self._heard = b""

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def open(self) -> None:
        """Open the port with its settings and throw away what waits in it. Raises PortUnavailable."""
        self.close()
        settings = self.settings
        try:
            self._opened = serial.serial_for_url(
                self.url,
                baudrate=settings.baudrate,
                bytesize=settings.bytesize,
                parity=settings.parity,
                stopbits=settings.stopbits,
                timeout=0,
                exclusive=True if os.name == "posix" else None,
            )
            self._port = port_of(self._opened)
        except _CANNOT_OPEN as error:
            self.close()
            raise unavailable(self.instrument, self.url, error) from error
        self._request = self._heard = b""

    def write(self, data: bytes) -> None:
        """Send all of `data`, a character at a time where the settings ask for a pause after each.

        Raises LinkLost when the port is gone, and when it takes nothing for 2 s more than the line needs.
        """
        port, clock, delay = self._port, self.clock, self.settings.char_delay
        started = clock.monotonic()
        self._request, self._heard = data, b""
        if port is None:
            raise self._lost(started, msg("The port {port} is not open.", port=self.url))
        end = started + WRITE_PATIENCE + len(data) * self.settings.char_time
        sent = 0
        try:
            while sent < len(data):
                rest = data[sent : sent + 1] if delay else data[sent:]
                taken = port.send(rest, end - clock.monotonic())
                sent += taken
                if delay and taken:
                    clock.sleep(delay)
                elif sent < len(data) and clock.monotonic() >= end:
                    why = msg(
                        "The port {port} took {sent} of {count} bytes and no more.",
                        port=self.url,
                        sent=sent,
                        count=len(data),
                    )
                    raise self._lost(started, why)
        except FAULTS as error:
            raise self._lost(started, self._why(error)) from error
        finally:
            if sent and self.tap:
                self.tap("tx", data[:sent], clock.monotonic(), clock.wall())

    def read(self, deadline: float) -> bytes:
        """Return the next chunk, or b"" at the deadline. Raises LinkLost at once when the port goes away."""
        port, monotonic = self._port, self.clock.monotonic
        now = started = monotonic()
        if port is None:
            raise self._lost(started, msg("The port {port} is not open.", port=self.url))
        while True:
            try:
                chunk = port.receive(deadline - now)
            except FAULTS as error:
                raise self._lost(started, self._why(error)) from error
            now = monotonic()
            if chunk:
                self._heard = chunk
                if self.tap:
                    self.tap("rx", chunk, now, self.clock.wall())
                return chunk
            if now >= deadline:
                return b""

    def close(self) -> None:
        """Give the port back; a port that is gone already is no error."""
        opened, self._opened, self._port = self._opened, None, None
        if opened is not None:
            with contextlib.suppress(*FAULTS):
                opened.close()

    def _why(self, error: BaseException) -> Message:
        if isinstance(error, EOFError):
            return msg("The other side of {port} is gone.", port=self.url)
        detail = (error.strerror if isinstance(error, OSError) else "") or str(error)
        return msg("The port {port} reports: {detail}.", port=self.url, detail=detail.rstrip("."))

    def _lost(self, started: float, why: Message) -> LinkLost:
        """Close the port and return the error with what was asked, what was heard since, and the seconds waited."""
        self.close()
        elapsed = self.clock.monotonic() - started
        return LinkLost(self.instrument, why=why, request=self._request, partial=self._heard, elapsed=elapsed)
