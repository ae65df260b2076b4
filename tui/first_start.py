"""The first start: a workshop's folder from three answers, what answers on the ports, or the demonstration instead."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.language import _
from tui.folder import Folder

if TYPE_CHECKING:
    from tui.workshop import Workshop


class FirstStart:
    """What `etabli` does where there is no workshop yet."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    @property
    def needed(self) -> bool:
        """Whether there is no workshop in the folder."""
        return not self.folder.file.exists()

    def make(self, workshop: str, person: str, language: str) -> None:
        """Make the folder with its workshop.toml. Raises EtabliError where it cannot be written."""
        self.folder.found(workshop, person, language)

    def look(self) -> list[str]:
        """Return a line for every port: who answers there. Takes a few seconds a port."""
        from drivers.adapters import ports
        from drivers.probing import probe, probe_visa

        asked = [str(port.device) for port in ports()]
        lines = []
        for found in (*probe(asked), *probe_visa()):
            who = f"{found.identity.model} {found.identity.serial}".strip() if found.identity else _("nobody answers")
            lines.append(f"{found.port}  {who}" + (f", {found.dialect}" if found.identity else ""))
        return lines or [_("Nothing is plugged in: no port is there to ask.")]

    def demonstration(self) -> Workshop:
        """Open the demonstration in a folder of its own: nothing of it comes near the real workshop."""
        from tui import demo

        return demo.open_workshop(Folder(Path(tempfile.mkdtemp(prefix="etabli-demo-"))), None, None)
