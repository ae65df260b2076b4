"""Serial ports as pyserial would list them, in place of those of this computer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo


def adapter(
    device: str,
    vid: int | None = 0x0403,
    pid: int | None = 0x6001,
    serial: str | None = None,
    location: str | None = None,
) -> ListPortInfo:
    """A port behind a USB adapter; without `vid` one that is soldered in."""
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number, port.location = vid, pid, serial, location
    return port


def plug_in(monkeypatch: pytest.MonkeyPatch, ports: Sequence[ListPortInfo]) -> None:
    """From now on these are the ports of this computer."""
    monkeypatch.setattr(list_ports, "comports", lambda: list(ports))
