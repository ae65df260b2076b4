"""What kind of line a register's connection means: a serial line, a VISA resource, a network address."""

from __future__ import annotations

import re

VISA_PREFIX = "visa:"
_RESOURCE = re.compile(r"(ASRL|GPIB|PRLGX-|TCPIP|USB|PXI|VXI|VICP)[^:]*::", re.IGNORECASE)


def visa_resource(connection: str) -> str | None:
    """Return the VISA name of a connection ("visa:…", or a name as it is), None for another kind."""
    if connection.startswith(VISA_PREFIX):
        return connection.removeprefix(VISA_PREFIX)
    return connection if _RESOURCE.match(connection) else None


def is_serial_line(connection: str) -> bool:
    """Tell whether the instrument hangs on a serial line: a port by its name, or VISA's ASRL."""
    resource = visa_resource(connection)
    if resource is not None:
        return resource.upper().startswith("ASRL")
    return "://" not in connection
