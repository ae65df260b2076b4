"""Why a port could not be opened, and what to do about it: missing, in use, not permitted, not a port."""

from __future__ import annotations

import errno
import getpass
import os
from pathlib import Path

from bench.instrument import PortUnavailable
from bench.language import Message, msg

_BUSY = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY, errno.EACCES if os.name == "nt" else errno.EBUSY}
_MISSING = {errno.ENOENT, errno.ENOTDIR}
_GONE = {errno.ENXIO, errno.ENODEV, errno.EIO}
_DENIED = {errno.EACCES, errno.EPERM}


def unavailable(instrument: str, url: str, error: BaseException) -> PortUnavailable:
    """Turn the error of an attempt to open `url` into a `PortUnavailable` with its reason and its remedy."""
    why, remedy = _explain(url, error)
    return PortUnavailable(instrument, why=why, remedy=remedy)


def _explain(url: str, error: BaseException) -> tuple[Message, Message]:
    code = _errno(error)
    if code in _BUSY:
        return (
            msg("Another program holds the port {port}.", port=url),
            msg("Close the other program (a terminal, another Établi, the maker's software), then try again."),
        )
    if "://" in url:
        return (
            msg("Nothing can be reached at {port}: {detail}.", port=url, detail=_detail(error)),
            msg("Check the address, and that the instrument or its converter is switched on and on the network."),
        )
    if code in _MISSING:
        return (
            msg("There is no port {port}.", port=url),
            msg("Plug the instrument in, or correct its port in the register. Ports here: {ports}.", ports=_present()),
        )
    if code in _DENIED:
        return msg("This user may not open the port {port}.", port=url), _permission(url)
    if code in _GONE:
        return (
            msg("The port {port} exists, but no device stands behind it.", port=url),
            msg("Unplug the adapter and plug it in again."),
        )
    return (
        msg("{port} is not a serial port that can be used: {detail}.", port=url, detail=_detail(error)),
        msg("Correct the port in the register. Ports here: {ports}.", ports=_present()),
    )


def _errno(error: BaseException) -> int | None:
    """Return the errno of an error; on Windows pyserial leaves it in the text only."""
    root = _root(error)
    if isinstance(root, OSError) and root.errno is not None:
        return root.errno
    text = str(error)
    for name, meaning in (("FileNotFoundError", errno.ENOENT), ("PermissionError", errno.EBUSY)):
        if name in text:
            return meaning
    return None


def _root(error: BaseException) -> BaseException:
    """Return the system's own error under pyserial's, where there is one."""
    under = error.__context__
    return under if isinstance(under, OSError) and under.strerror else error


def _detail(error: BaseException) -> str:
    root = _root(error)
    text = root.strerror if isinstance(root, OSError) and root.strerror else str(root)
    return " ".join(text.split()).rstrip(".") or type(error).__name__


def _present() -> str:
    from serial.tools import list_ports

    return ", ".join(sorted(port.device for port in list_ports.comports())) or "–"


def _permission(path: str) -> Message:
    """Name the group that owns the port, where the system has groups and the group is not the administrator's."""
    if os.name == "posix":
        import grp

        try:
            owner = Path(path).stat()
            group = grp.getgrgid(owner.st_gid).gr_name
        except (OSError, KeyError):
            group = "dialout"
            owner = None
        if owner is None or (owner.st_gid != 0 and owner.st_mode & 0o060 == 0o060):
            return msg(
                "Add the user {user} to the group {group} (sudo usermod -aG {group} {user}), then sign in again.",
                user=_user(),
                group=group,
            )
    return msg("Ask the administrator of this computer for access to the port {port}.", port=path)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "$USER"
