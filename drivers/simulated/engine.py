"""One thread that lets all simulated instruments live: it waits for their ports and for device time."""

from __future__ import annotations

import contextlib
import heapq
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence

from drivers.dialects import Frame
from drivers.simulated.clock import DeviceClock
from drivers.simulated.devices.base import Device
from drivers.simulated.faults import BABBLE_PAUSE
from drivers.simulated.ports import Port

# kqueue does not know terminals.
SELECTOR = selectors.SelectSelector if sys.platform == "darwin" else selectors.DefaultSelector
GLANCE = 0.02  # s between two looks at a port without a host
PATIENCE = 0.2  # s that a FASTEST clock waits for a host that has not taken everything yet


class Line:
    """A device, its port, and what the fault deck still holds back.

    `byte_time` is how many of the machine's seconds a byte takes on the line, 0 for none.
    """

    def __init__(self, device: Device, port: Port, byte_time: float = 0.0) -> None:
        self.device = device
        self._byte_time = byte_time
        self.port = port
        self.decoder = device.dialect.device_decoder()
        self._later: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._free_at = 0.0
        self._babbles_at = 0.0
        self._stalled_since: float | None = None
        device.send = self._send
        device.backlog = lambda: port.backlog + len(self._later)

    def _send(self, frame: bytes) -> None:
        now = time.monotonic()
        for delay, piece in self.device.deck.outgoing(frame):
            # Never before what was said earlier: a line keeps its order.
            self._free_at = max(self._free_at, now + delay) + len(piece) * self._byte_time
            if self._free_at <= now:
                self.port.write(piece)
            else:
                self._count += 1
                heapq.heappush(self._later, (self._free_at, self._count, piece))

    def hear(self, now: float) -> None:
        """Take what the host sent."""
        before = self.port.connected
        data = self.port.read()
        if self.port.connected and not before:
            self.decoder.reset()
            if "hang" not in self.device.deck:
                self.device.connected(now)
        if not self.port.connected:
            self._later.clear()
            self._free_at = 0.0
        if not data or "hang" in self.device.deck:
            return
        for item in self.decoder.feed(data):
            if isinstance(item, Frame):
                self.device.receive(item, now)
            else:
                self.device.garbled(item.raw, item.reason, now)

    def holds_time(self) -> bool:
        """Whether a FASTEST clock should wait for the host of this line: it reads, but not fast enough."""
        now = time.monotonic()
        if not self.port.backlog:
            self._stalled_since = None
            return False
        if self._stalled_since is None:
            self._stalled_since = now
        return now - self._stalled_since < PATIENCE

    def speak(self) -> float | None:
        """Send what has waited long enough; return the seconds until the next piece, None for none."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self.port.write(heapq.heappop(self._later)[2])
        self.port.flush()
        waits = [self._later[0][0] - now] if self._later else []
        if "babble" in self.device.deck and self.port.connected:
            if now >= self._babbles_at:
                if not self.port.backlog:
                    self.port.write(self.device.deck.babble())
                self._babbles_at = now + BABBLE_PAUSE
            waits.append(self._babbles_at - now)
        if self.port.backlog:
            waits.append(GLANCE / 4)
        return min(waits, default=None)


class Engine:
    """The thread. `with engine.lock:` holds the world still; `engine.wake()` makes it look at once."""

    def __init__(self, lines: Sequence[Line], clock: DeviceClock, every: Callable[[float], None]) -> None:
        self.lock = threading.RLock()
        self._lines = lines
        self._clock = clock
        self._every = every
        self._closing = False
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="simulated-instruments", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End the thread and give its sockets back. Closing twice does nothing."""
        self._closing = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._near.close()
        self._far.close()

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: nothing to wake
            self._near.send(b".")

    def _run(self) -> None:
        while not self._closing:
            with self.lock:
                wait = self._turn()
                descriptors = [fd for line in self._lines for fd in line.port.descriptors()]
            with SELECTOR() as selector:
                for fd in (self._far.fileno(), *descriptors):
                    try:
                        selector.register(fd, selectors.EVENT_READ)
                    except (OSError, ValueError):
                        continue  # unplugged since
                selector.select(wait)
            with contextlib.suppress(BlockingIOError):
                self._far.recv(4096)

    def _turn(self) -> float:
        """Let every line hear, act and speak once; return the seconds until something is due."""
        for line in self._lines:
            line.hear(self._clock.now())
        due = self._act()
        waits = [wait for line in self._lines if (wait := line.speak()) is not None]
        if due is not None:
            waits.append(max(0.0, self._clock.real(due - self._clock.now())) if not self._clock.fastest else 0.0)
        if any(not line.port.connected for line in self._lines):
            waits.append(GLANCE)
        return max(0.0, min(waits, default=1.0))

    def _act(self) -> float | None:
        """Process the devices; return the device time of the next event, None when nothing is due ever."""
        now = self._clock.now()
        self._every(now)
        lines = [line for line in self._lines if "hang" not in line.device.deck]
        for line in lines:
            line.device.process(now)
        # What talks without a host must not hold up a FASTEST clock for one that waits for a result.
        heard = [line for line in lines if line.port.connected] if self._clock.fastest else lines
        due = min((at for line in heard if (at := line.device.due()) is not None), default=None)
        if due is not None and self._clock.fastest and not any(line.holds_time() for line in self._lines):
            self._clock.jump(due)
        return due
