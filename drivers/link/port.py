"""Two ways to move bytes through a port that pyserial has opened: its file descriptor, or pyserial itself."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import Any, Protocol

import serial

try:
    import termios
except ImportError:  # Windows
    FAULTS: tuple[type[BaseException], ...] = (OSError, EOFError)
else:
    FAULTS = (OSError, EOFError, termios.error)

CHUNK = 65536
LONGEST_WAIT = 3600.0
SLICE = 0.02
"""Seconds that a port without file descriptor is waited for at a time; a deadline is overrun by this much at most."""


class Port(Protocol):
    """Both ways raise one of `FAULTS` when the port is gone, and return at once when something can be done."""

    def receive(self, seconds: float) -> bytes:
        """Return what has come, waiting `seconds` at most for a first byte; b"" for nothing."""
        ...

    def send(self, data: bytes, seconds: float) -> int:
        """Return how many bytes the port took, waiting `seconds` at most for room; 0 for none."""
        ...


class DescriptorPort:
    """Poll, read and write on the file descriptor: one system call each, where pyserial needs several a byte."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._readable, self._writable = _waits(fd)

    def receive(self, seconds: float) -> bytes:
        if not self._readable(seconds):
            return b""
        try:
            chunk = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return b""
        if not chunk:
            # Readable and empty: what an unplugged adapter, a closed pseudo-terminal and a closed socket look like.
            raise EOFError
        return chunk

    def send(self, data: bytes, seconds: float) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            if not self._writable(seconds):
                return 0
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0


class PortablePort:
    """pyserial's own reads and writes, in short slices: Windows ports, loop:// and rfc2217://."""

    def __init__(self, port: Any) -> None:
        port.timeout = SLICE
        self._port = port

    def receive(self, seconds: float) -> bytes:
        waiting = self._port.in_waiting
        if not waiting and seconds <= 0:
            return b""
        return bytes(self._port.read(waiting or 1))

    def send(self, data: bytes, seconds: float) -> int:
        piece = data[:256]
        self._port.write_timeout = max(seconds, SLICE)
        try:
            self._port.write(piece)
        except serial.SerialTimeoutException:
            return 0
        return len(piece)


def port_of(opened: Any) -> Port:
    """Return the quickest way through an open pyserial port."""
    if os.name == "posix":
        try:
            return DescriptorPort(opened.fileno())
        except (OSError, AttributeError):
            pass
    return PortablePort(opened)


def _waits(fd: int) -> tuple[Callable[[float], Any], Callable[[float], Any]]:
    """Return two functions that wait, so many seconds at most, until `fd` can be read or written."""
    if sys.platform == "darwin" or not hasattr(select, "poll"):  # poll() does not know terminals on macOS
        return (
            lambda seconds: select.select([fd], [], [], min(max(seconds, 0.0), LONGEST_WAIT))[0],
            lambda seconds: select.select([], [fd], [], min(max(seconds, 0.0), LONGEST_WAIT))[1],
        )
    readable, writable = select.poll(), select.poll()
    readable.register(fd, select.POLLIN)
    writable.register(fd, select.POLLOUT)
    poll_in, poll_out = readable.poll, writable.poll
    return (
        lambda seconds: poll_in(min(max(seconds, 0.0), LONGEST_WAIT) * 1000),
        lambda seconds: poll_out(min(max(seconds, 0.0), LONGEST_WAIT) * 1000),
    )
