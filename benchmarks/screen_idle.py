"""What the bench costs while nothing happens: an order open, five instruments connected, nobody at the keys.

`etabli` itself on a terminal; its instruments are simulated by a process of their own, so that only the bench counts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.row import Row, compare
from benchmarks.screen_terminal import Terminal, measurable

WATCHED = 20.0
ALLOWED_PERCENT, ALLOWED_MEMORY = 0.5, 75.0
# Instrument: kind, and the serial number that it gives where it gives one.
KNOWN = {
    "timegrapher": ("timegrapher", "SIM-TG-1"),
    "leak-tester": ("water-resistance", "SIM-LT-1"),
    "demagnetiser": ("demagnetiser", "SIM-DM-1"),
    "field-meter": ("field-meter", "SIM-FM-1"),
    "quartz-tester": ("quartz-tester", "SIM-QT-1"),
}
WORKSHOP = """
name = "Atelier des essais"
station = "bench-1"
[house]
pins = false
lock_after_minutes = 0
[[operator]]
id = "anne"
name = "Anne Perret"
roles = ["technician"]
"""
INSTRUMENT = """
[[instrument]]
id = "{id}"
kind = "{kind}"
model = "{model}"
dialect = "{dialect}"
connection = "{port}"
serial = "{serial}"
"""


@contextmanager
def instruments() -> Iterator[list[dict[str, str]]]:
    """Run the simulated instruments in a process of their own; give what the register needs of each."""
    command = [sys.executable, "-m", "tui.main", "simulate"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip("\n").split("\t") for _ in range(5)]
        register = []
        for known, model, dialect, port in lines:
            kind, serial = KNOWN[known]
            entry = {"id": known, "kind": kind, "model": model}
            register.append({**entry, "serial": serial, "dialect": dialect, "port": port})
        yield register
    finally:
        process.terminate()
        process.wait()


def prepare(folder: Path, register: list[dict[str, str]]) -> None:
    """Make the workshop, with the demonstration's orders in it."""
    from tui.demo import samples
    from tui.folder import Folder
    from tui.workshop import Workshop

    lines = "".join(INSTRUMENT.format(**entry) for entry in register)
    (folder / "workshop.toml").write_text(WORKSHOP + lines, encoding="utf-8")
    with Workshop.open(Folder(folder), instruments=False) as workshop:
        for order in samples():
            workshop.desk.open_order(replace(order, notes={}))


def measured() -> tuple[float, float]:
    """Return the percent of a core and the resident MiB of the bench with an order open and nothing running."""
    with tempfile.TemporaryDirectory() as name, instruments() as register:
        prepare(Path(name), register)
        setting = {"ETABLI_HOME": name, "XDG_CONFIG_HOME": name}
        with Terminal(["tui.main"], setting=setting) as bench:
            bench.see("Anne")
            bench.enter()
            bench.see("D-101")
            bench.enter()
            bench.see("Begin")
            bench.enter()
            time.sleep(5.0)
            return bench.busy(WATCHED), bench.resident()


def run() -> list[Row]:
    """Return the share of a core and the memory, each beside what is allowed."""
    if not measurable():
        return []
    share, memory = measured()
    return [
        compare(
            "bench idle, an order open, 5 instruments (other: allowed)", share, ALLOWED_PERCENT, "%", 1.0, at_most=True
        ),
        compare("its resident memory (other: allowed)", memory, ALLOWED_MEMORY, "MiB", 1.0, at_most=True),
    ]
