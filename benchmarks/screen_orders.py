"""An order out of many on the screen: how long the list, a letter of the search, and opening an order take.

`etabli` itself on a terminal, over the journal of benchmarks/busy_workshop.py. The other column is what is allowed with
100,000 orders.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.busy_workshop import ORDERS, kept
from benchmarks.row import Row, compare
from benchmarks.screen_idle import WORKSHOP
from benchmarks.screen_terminal import Terminal, measurable, percentile

SEARCHES = 20
OPENINGS = 20
ALLOWED_OPEN, ALLOWED_SEARCH = 100.0, 50.0


def measured(folder: Path) -> tuple[list[float], list[float], float]:
    """Return the milliseconds of each letter, of each opening, and the resident MiB after it all."""
    from tui.folder import Folder

    shutil.copy(kept(), Folder(folder).journal)
    (folder / "workshop.toml").write_text(WORKSHOP, encoding="utf-8")
    setting = {"ETABLI_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    searches, openings = [], []
    with Terminal(["tui.main"], setting=setting) as bench:
        bench.see("Anne")
        bench.enter()
        bench.see("Type to search")
        bench.see("▶")
        time.sleep(2.0)
        for _round in range(SEARCHES):
            searches.append(bench.answer("s", " s▏"))
            time.sleep(0.1)
            bench.answer("\x7f", "Type to search")
            time.sleep(0.1)
        for _round in range(OPENINGS):
            time.sleep(0.5)
            openings.append(bench.answer("\r", "closure n°"))
            time.sleep(0.5)
            bench.answer("\x1b", "Type to search")
        return searches, openings, bench.resident()


def run() -> list[Row]:
    """Return a letter of the search and the opening of an order, the median of twenty, beside what is allowed."""
    if not measurable():
        return []
    with tempfile.TemporaryDirectory() as name:
        searches, openings, memory = measured(Path(name))
    of = f"screen, {ORDERS:,} orders"
    return [
        compare(f"{of}: a letter of the search", percentile(searches, 50), ALLOWED_SEARCH, "ms", 1.0, at_most=True),
        compare(f"{of}: open one of them", percentile(openings, 50), ALLOWED_OPEN, "ms", 1.0, at_most=True),
        compare(f"{of}: resident memory (other: 75 MiB)", memory, 75.0, "MiB"),
    ]
