"""Why a VISA resource could not be opened, and what to do about it: what to install, what to plug in, what to close."""

from __future__ import annotations

import re

from bench.instrument import PortUnavailable
from bench.language import Message, msg
from drivers.link.unavailable import unavailable as serial_unavailable

_BUSY = ("VI_ERROR_RSRC_BUSY", "VI_ERROR_RSRC_LOCKED")
_MISSING = ("VI_ERROR_RSRC_NFOUND", "VI_ERROR_INTF_NUM_NCONFIG", "VI_ERROR_NLISTENERS")
_WRONG_NAME = ("VI_ERROR_INV_RSRC_NAME", "VI_ERROR_INV_PROT")
_SERIAL = re.compile(r"ASRL(?P<board>.*?)(::INSTR)?$", re.IGNORECASE)


def unavailable(instrument: str, resource: str, backend: str, error: BaseException) -> PortUnavailable:
    """Turn the error of an attempt to open `resource` into a `PortUnavailable` with its reason and its remedy."""
    line = _SERIAL.match(resource)
    if line is not None and isinstance(error, OSError):
        return serial_unavailable(instrument, line["board"], error)
    why, remedy = _explain(resource, backend, error)
    return PortUnavailable(instrument, why=why, remedy=remedy)


def _explain(resource: str, backend: str, error: BaseException) -> tuple[Message, Message]:
    name = str(getattr(error, "abbreviation", ""))
    if isinstance(error, ModuleNotFoundError):
        return (
            msg("The library {library} is not installed.", library=str(error.name)),
            msg("Install PyVISA and PyVISA-py: pip install PyVISA PyVISA-py."),
        )
    if (missing := _library(resource, backend, error)) is not None:
        return missing
    if name in _BUSY:
        return (
            msg("Another program holds the port {port}.", port=resource),
            msg("Close the other program (a terminal, another Établi, the maker's software), then try again."),
        )
    if name in _WRONG_NAME:
        return (
            msg("“{port}” is not the name of a VISA resource.", port=resource),
            msg("Write it as VISA does: USB0::0x0957::0x0607::SERIAL::INSTR, TCPIP::ADDRESS::INSTR, GPIB0::22::INSTR."),
        )
    if name in _MISSING or "No device found" in str(error):
        return (
            msg("There is no VISA resource {port}.", port=resource),
            msg("Plug the instrument in and switch it on, or correct its connection in the register."),
        )
    return (
        msg("Nothing can be reached at {port}: {detail}.", port=resource, detail=_detail(error)),
        msg("Check the address, and that the instrument or its converter is switched on and on the network."),
    )


def _library(resource: str, backend: str, error: BaseException) -> tuple[Message, Message] | None:
    """Say which library is missing, None where it is not that."""
    text = str(error)
    if "Wrapper not found" in text or type(error).__name__ == "LibraryError" or "VISA implementation" in text:
        return (
            msg("The VISA library “{backend}” cannot be loaded: {detail}.", backend=backend, detail=_detail(error)),
            msg("Install the system's VISA (NI-VISA, Keysight IO Libraries), or write visa = “@py” in its options."),
        )
    if backend.endswith("@sim") and not hasattr(error, "abbreviation"):
        return (
            msg("The simulation file of “{backend}” cannot be used: {detail}.", backend=backend, detail=_detail(error)),
            msg("Correct the file, or its path."),
        )
    if not isinstance(error, ValueError) or "install" not in text.lower():
        return None
    kind = resource.upper()
    if kind.startswith("USB"):
        return (
            msg("PyUSB or its libusb is not installed: {port} cannot be opened.", port=resource),
            msg("Install both (pip install pyusb libusb-package); on Linux the user also needs access to the device."),
        )
    if kind.startswith("GPIB"):
        return (
            msg("No GPIB library is installed: {port} cannot be opened.", port=resource),
            msg("Install the adapter's driver and its VISA and write visa = “@ivi” in the options, or gpib-ctypes."),
        )
    return (
        msg("A library is missing for {port}: {detail}.", port=resource, detail=_detail(error)),
        msg("Install what it names."),
    )


def _detail(error: BaseException) -> str:
    text = str(getattr(error, "description", "") or error) or type(error).__name__
    return " ".join(text.split()).rstrip(".")[:200]
