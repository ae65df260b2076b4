"""What a simulated instrument is plugged into: a real pseudo-terminal, or a TCP port where there are none.

Unplugging closes it, so that a host sees EIO or the end of the stream; plugging in again gives the same path or port.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from abc import ABC, abstractmethod
from pathlib import Path

CHUNK = 65536
BACKLOG = 65536  # bytes that wait for a host that does not read; more are lost, as on a serial line

if sys.platform != "win32":
    import tty

PTYS = sys.platform != "win32"


class Port(ABC):
    """One end of a line. `url` is what the host opens; it stays the same over unplugging and plugging in again."""

    def __init__(self) -> None:
        self.connected = False
        self.lost = 0
        self._waiting = bytearray()

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def plug(self) -> None:
        """Make the port exist. Plugging in twice does nothing."""

    @abstractmethod
    def unplug(self) -> None:
        """Make it disappear under the host. Unplugging twice does nothing."""

    @abstractmethod
    def descriptors(self) -> list[int]:
        """Return what to wait for: readable means that `read` has something to say."""

    @abstractmethod
    def read(self) -> bytes:
        """Return what has come, b"" for nothing; sets `connected` to whether a host is there."""

    @abstractmethod
    def _write(self, data: bytes) -> int: ...

    @property
    def backlog(self) -> int:
        """How many bytes the host has not taken yet, beyond what the system buffers."""
        return len(self._waiting)

    def write(self, data: bytes) -> None:
        """Send `data`; without a host it is lost, and so is what goes beyond the backlog."""
        if not self.connected:
            return
        room = BACKLOG - len(self._waiting)
        self.lost += max(0, len(data) - room)
        self._waiting += data[:room]
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the host takes it."""
        while self._waiting and self.connected:
            try:
                sent = self._write(bytes(self._waiting[:CHUNK]))
            except BlockingIOError:
                return
            except OSError:
                self._gone()
                return
            if not sent:
                return
            del self._waiting[:sent]

    def _gone(self) -> None:
        self.connected = False
        self._waiting.clear()


class PtyPort(Port):
    """A pseudo-terminal behind a symbolic link of fixed name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._master: int | None = None

    @property
    def url(self) -> str:
        return str(self._path)

    def plug(self) -> None:
        if self._master is not None or sys.platform == "win32":
            return
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            os.set_blocking(master, False)
            self._path.unlink(missing_ok=True)
            self._path.symlink_to(os.ttyname(slave))
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        self._master = master

    def unplug(self) -> None:
        master, self._master = self._master, None
        self._path.unlink(missing_ok=True)
        if master is not None:
            os.close(master)
        self._gone()

    def descriptors(self) -> list[int]:
        # Without a host the master is forever readable (hang-up): it is looked at now and then instead.
        return [self._master] if self._master is not None and self.connected else []

    def read(self) -> bytes:
        if self._master is None:
            return b""
        try:
            data = os.read(self._master, CHUNK)
        except BlockingIOError:
            self.connected = True
            return b""
        except OSError as error:
            if error.errno not in (errno.EIO, errno.ENXIO):
                raise
            data = b""
        if data:
            self.connected = True
        else:
            self._gone()
        return data

    def _write(self, data: bytes) -> int:
        return os.write(self._master, data) if self._master is not None else 0


class TcpPort(Port):
    """A TCP server on the machine itself; one host at a time, the newest."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._server: socket.socket | None = None
        self._host: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"socket://127.0.0.1:{self._number}"

    def plug(self) -> None:
        if self._server is not None:
            return
        server = socket.socket()
        try:
            if os.name == "posix":  # the same port again at once; on Windows this would let others share it
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", self._number))
            server.listen(1)
            server.setblocking(False)
        except BaseException:
            server.close()
            raise
        self._number = server.getsockname()[1]
        self._server = server

    def unplug(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._gone()

    def descriptors(self) -> list[int]:
        return [end.fileno() for end in (self._server, self._host) if end is not None]

    def read(self) -> bytes:
        if self._server is not None:
            with contextlib.suppress(BlockingIOError):
                newcomer, _ = self._server.accept()
                self._gone()
                newcomer.setblocking(False)
                newcomer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._host, self.connected = newcomer, True
        if self._host is None:
            return b""
        try:
            data = self._host.recv(CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._gone()
        return data

    def _gone(self) -> None:
        super()._gone()
        host, self._host = self._host, None
        if host is not None:
            host.close()

    def _write(self, data: bytes) -> int:
        return self._host.send(data) if self._host is not None else 0
