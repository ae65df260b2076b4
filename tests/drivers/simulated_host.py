"""A plain host for the tests of the simulated instruments: opens a port, asks, waits for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.metrology import InstrumentRecord
from drivers.dialects import Frame, load
from drivers.dialects.frames import Garbage
from drivers.link.serial_link import SerialLink

PATIENCE = 10.0


class Host:
    """The other end of a simulated instrument's line."""

    def __init__(self, record: InstrumentRecord) -> None:
        self.dialect = load(record.dialect)
        self.link = SerialLink(record.id, record.connection)
        self.heard: list[Frame | Garbage] = []
        self.raw = bytearray()
        self._decoder = self.dialect.host_decoder()

    def say(self, command: str, **fields: Any) -> None:
        self.link.write(self.dialect.command(command, **fields))

    def listen(self, seconds: float) -> list[Frame | Garbage]:
        """Hear everything that comes within `seconds`."""
        end = time.monotonic() + seconds
        while chunk := self.link.read(end):
            self.raw += chunk
            self.heard += self._decoder.feed(chunk)
            if time.monotonic() >= end:
                break
        return self.heard

    def wait_for(self, name: str, patience: float = PATIENCE) -> Frame:
        """Return the next frame called `name`; fails when it does not come."""
        end = time.monotonic() + patience
        while True:
            while self.heard:
                item = self.heard.pop(0)
                if isinstance(item, Frame) and item.name == name:
                    return item
            assert time.monotonic() < end, f"no {name}: {bytes(self.raw[-80:])!r}"
            chunk = self.link.read(end)
            self.raw += chunk
            self.heard += self._decoder.feed(chunk)


@contextmanager
def host(record: InstrumentRecord) -> Iterator[Host]:
    """Open the record's port for the block."""
    made = Host(record)
    with made.link:
        yield made


def eventually(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until `condition` holds; fails when it does not in time."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
