"""Serial ports of this computer and the USB adapters behind them: what tells one from another when names change."""

from __future__ import annotations

from typing import Any

# What is kept of an adapter, and the name that pyserial gives it.
_KEPT = {"vid": "vid", "pid": "pid", "serial": "serial_number"}


def ports() -> list[Any]:
    """Return pyserial's entries of the ports of this computer, by name."""
    from serial.tools import list_ports

    return sorted(list_ports.comports(), key=lambda port: str(port.device))


def usb_of(device: str) -> dict[str, str]:
    """Return the identity of the adapter behind a port as `options.usb` keeps it; {} where it is no USB adapter.

    `location` (the socket it is plugged into) is added only where another adapter is like it in everything else: an
    adapter that is the only one of its sort may be plugged in anywhere.
    """
    here = next((port for port in ports() if port.device == device), None)
    if here is None or here.vid is None:
        return {}
    identity = {key: _written(getattr(here, name)) for key, name in _KEPT.items() if getattr(here, name)}
    if twins(device) and here.location:
        identity["location"] = str(here.location)
    return identity


def twins(device: str) -> list[str]:
    """Return the other ports whose adapter has the same vendor, product and serial number as this one."""
    entries = ports()
    here = next((port for port in entries if port.device == device), None)
    if here is None or here.vid is None:
        return []

    def identity(port: Any) -> tuple[Any, ...]:
        return tuple(getattr(port, name) or None for name in _KEPT.values())

    return [str(port.device) for port in entries if port.device != device and identity(port) == identity(here)]


def _written(value: Any) -> str:
    return f"{value:04x}" if isinstance(value, int) else str(value)
