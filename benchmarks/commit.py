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

from bench.events import Draft, Event, EventKind
from bench.journal import Journal
from benchmarks.row import Row

ROUNDS = 400
REQUIRED = 1.5


def run() -> list[Row]:
    """Time both, alternating in one process on one disk; the figures are medians in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            _compare(Path(folder) / "answered", "a form step", _answered),
            _compare(Path(folder) / "measured", "a measured position with its trace", _measured),
        ]


def _compare(folder: Path, name: str, drafts: Callable[[int], list[Draft]]) -> Row:
    folder.mkdir()
    journal = Journal.open(folder / "journal.sqlite", station="bench-1")
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode = wal")
    bare.execute("PRAGMA synchronous = full")
    bare.execute("CREATE TABLE step (seq INTEGER PRIMARY KEY, content TEXT)")
    order = {"number": "R-1", "watch": {"brand": "Bench", "model": "Mark"}, "procedure": "controle-mecanique"}
    journal.append([Draft(EventKind.ORDER_OPENED, {"order": order}, order="R-1")])
    content = _stored(journal, journal.append(drafts(0)))

    def plain(content: str) -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO step (content) VALUES (?)", (content,))
        bare.execute("COMMIT")

    ours, other = [], []
    for number in range(ROUNDS):
        step = drafts(number)
        for turn in (number % 2, 1 - number % 2):
            begun = time.perf_counter()
            if turn:
                events = journal.append(step)
            else:
                plain(content)
            (ours if turn else other).append((time.perf_counter() - begun) * 1000)
        content = _stored(journal, events)
    journal.close()
    bare.close()
    mine, theirs = statistics.median(ours), statistics.median(other)
    ratio = mine / theirs
    size = len(content.encode()) / 1024
    return Row(
        f"commit of {name}, {size:.1f} kB (other: bare SQLite)", mine, theirs, ratio, REQUIRED, ratio <= REQUIRED, "ms"
    )


def _stored(journal: Journal, events: list[Event]) -> str:
    """Return what the journal stored with these events: the bytes that the bare commit has to write too."""
    with sqlite3.connect(f"file:{journal.path}?mode=ro", uri=True) as reader:
        stored = [
            row
            for table in ("event", "outbox", "log")
            for row in reader.execute(f"SELECT * FROM {table} WHERE seq >= ?", (events[0].seq,))
        ]
        stored += reader.execute("SELECT * FROM repair_order").fetchall()
    reader.close()
    return "".join(str(value) for row in stored for value in row)


def _answered(number: int) -> list[Draft]:
    """A form of four fields, as `Work.answer` journals it: the answers and the end of the step."""
    fields = ("glass_sound", "back_tight", "crown_present", "moisture_visible")
    label = {"fr": "Verre intact et tenu", "en": "Glass sound and held"}
    answered = {
        "step": "inspect",
        "visit": number,
        "answers": dict.fromkeys(fields, "yes"),
        "labels": dict.fromkeys(fields, label),
        "shown": {key: {"fr": "oui", "en": "yes"} for key in fields},
        "facts": dict.fromkeys(fields, "yes"),
        "note": "",
    }
    done = {"step": "inspect", "visit": number, "outcome": "done", "next": "magnetism", "reason": ""}
    kinds = ((EventKind.STEP_ANSWERED, answered), (EventKind.STEP_DONE, done))
    return [Draft(kind, payload, order="R-1", operator="cl") for kind, payload in kinds]


def _measured(number: int) -> list[Draft]:
    return [Draft(EventKind.MEASURED, _step(number), order="R-1", operator="cl")]


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
