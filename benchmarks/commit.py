"""One step's commit (event, projections, outbox, chain) against one bare SQLite commit of the same bytes."""

from __future__ import annotations

import math
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.events import Draft, EventKind
from bench.journal import Journal
from bench.journal.canonical import canonical
from benchmarks.row import Row

ROUNDS = 400
REQUIRED = 1.5


def run() -> list[Row]:
    """Time both, alternating in one process on one disk; the figures are medians in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        return [_compare(Path(folder))]


def _compare(folder: Path) -> Row:
    journal = Journal.open(folder / "journal.sqlite", station="bench-1")
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode = wal")
    bare.execute("PRAGMA synchronous = full")
    bare.execute("CREATE TABLE step (seq INTEGER PRIMARY KEY, content TEXT)")
    order = {"number": "R-1", "watch": {"brand": "Bench", "model": "Mark"}, "procedure": "controle-mecanique"}
    journal.append([Draft(EventKind.ORDER_OPENED, {"order": order}, order="R-1")])

    ours, other = [], []
    for number in range(ROUNDS):
        draft = Draft(EventKind.MEASURED, _step(number), order="R-1", operator="cl")
        content = canonical(_step(number))

        def plain(content: str = content) -> None:
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO step (content) VALUES (?)", (content,))
            bare.execute("COMMIT")

        pair: list[tuple[list[float], Callable[[], object]]] = [
            (ours, lambda draft=draft: journal.append([draft])),  # type: ignore[misc]
            (other, plain),
        ]
        for times, act in pair if number % 2 else reversed(pair):
            begun = time.perf_counter()
            act()
            times.append((time.perf_counter() - begun) * 1000)
    journal.close()
    bare.close()
    mine, theirs = statistics.median(ours), statistics.median(other)
    ratio = mine / theirs
    return Row(
        f"one step's commit, {len(content) / 1024:.1f} kB (ms; other: bare SQLite)",
        mine,
        theirs,
        ratio,
        REQUIRED,
        ratio <= REQUIRED,
    )


def _step(number: int) -> dict[str, Any]:
    """A timing run in one position as the bench journals it: five quantities and the rate's trace."""
    quantities = {"rate": "s/d", "amplitude": "°", "beat_error": "ms", "beat_rate": "A/h", "signal_level": "1"}
    points = [[i * 0.5, round(math.sin(i + number) * 2.0, 3)] for i in range(60)]
    instrument = {
        "id": "tg-1",
        "kind": "timegrapher",
        "model": "Timegrapher Studio",
        "serial": "TS-0001",
        "dialect": "timegrapher-studio",
        "calibration": "valid",
        "certificate": "CAL-2026-014",
        "calibrated": "2026-06-01",
        "due": "2027-06-01",
    }
    judged = [
        {
            "measurement": {
                "id": f"{number:08x}-{index}",
                "quantity": quantity,
                "value": round(4.2 + number / 7 + index, 6),
                "unit": unit,
                "label": "CH",
                "n": 240,
                "stdev": 0.31,
                "uncertainty": {
                    "U": 1.42,
                    "k": 2.0,
                    "components": [
                        {"name": {"fr": "exactitude de l’appareil", "en": "accuracy"}, "u": 0.4, "source": "B"},
                        {"name": {"fr": "répétabilité", "en": "repeatability"}, "u": 0.58, "source": "A"},
                    ],
                },
                "conditions": {
                    "position": "CH",
                    "wind": "0h",
                    "lift_angle": {"quantity": "lift_angle", "value": 50.0, "unit": "°"},
                },
                "trace": {"x": "s", "y": "ms", "points": points} if quantity == "rate" else None,
                "instrument": instrument,
                "provenance": "simulated",
                "started": "2026-11-22T09:00:00.000+01:00",
                "ended": "2026-11-22T09:00:30.000+01:00",
                "duration": 30.0,
                "recording": "session-1#4",
                "derived_from": [],
            },
            "verdict": {
                "state": "conforming",
                "limit": {
                    "quantity": quantity,
                    "low": -12.0,
                    "high": 12.0,
                    "unit": unit,
                    "source": "ETA 2824-2 CT",
                    "mark": "documented",
                    "document": "",
                    "includes_margin": False,
                },
                "rule": "iso-14253-1",
                "guard_band": 1.1786,
                "acceptance": [-10.8, 10.8],
                "probability": 0.9998,
                "refusal": None,
            },
        }
        for index, (quantity, unit) in enumerate(quantities.items())
    ]
    return {
        "step": "timing-before",
        "visit": 1,
        "attempt": 1,
        "phase": "before",
        "label": "CH",
        "judged": judged,
        "aborted": None,
        "closure": 0,
        "tag": None,
        "reason": "",
    }
