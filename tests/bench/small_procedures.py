"""Two procedures of one step each, for tests of orders: only their names and their watches count."""

from __future__ import annotations

from pathlib import Path

from bench.procedure.library import ProcedureLibrary

_FILE = """
id = "{id}"
version = "1"
title = {{ fr = "{fr}", en = "{en}" }}
families = {families}

[[step]]
id = "look"
kind = "instruction"
title = {{ fr = "Regarder", en = "Look" }}
"""
BATTERY, TIMING = "pile-seule", "reglage-seul"


def written(folder: Path) -> ProcedureLibrary:
    """Write the procedures in a folder, and return the library with them."""
    folder.mkdir(parents=True, exist_ok=True)
    battery = _FILE.format(id=BATTERY, fr="Pile à changer", en="Battery to change", families='["quartz", "autoquartz"]')
    timing = _FILE.format(id=TIMING, fr="Réglage", en="Timing", families='["mechanical", "automatic"]')
    (folder / "a.toml").write_text(battery, "utf-8")
    (folder / "b.toml").write_text(timing, "utf-8")
    return ProcedureLibrary(folder)
