"""What a manager waits for in a workshop of years: the figures of a month, the report, files of the log, the inbox.

The workshop is that of benchmarks/busy_workshop.py. The other column is what is allowed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from bench.figures import KINDS, Period, figures
from bench.figures.material import Material
from bench.figures.report import to_pdf
from bench.inbox import inbox
from bench.journal import Journal, LogFilter
from bench.procedure.library import ProcedureLibrary
from benchmarks.busy_workshop import kept
from benchmarks.row import Row, compare

ROUNDS = 5
# In a process of its own: rows a second, and the most memory that it ever had.
EXPORT = """
import sys, time
from itertools import islice
from pathlib import Path
from bench.exports import COLUMNS, rows, whole_file, write_csv, write_jsonl, write_xlsx
from bench.journal import Journal, LogFilter

path, form, most = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with Journal.open(path, station="office", writable=False) as journal:
    count = min(journal.log_count(LogFilter(kinds=None)), most)
    found = islice(rows(journal, LogFilter(kinds=None), blank=form in ("csv", "comma")), most)
    begun = time.perf_counter()
    with whole_file(path.with_name(f"export-{form}"), force=True) as half:
        if form == "xlsx":
            write_xlsx(half, list(COLUMNS), found, title="log")
        else:
            with half.open("w", encoding="utf-8", newline="") as stream:
                write = write_jsonl if form == "jsonl" else write_csv
                write(stream, list(COLUMNS), found, **({"comma": True} if form == "comma" else {}))
    took = time.perf_counter() - begun
path.with_name(f"export-{form}").unlink()
try:  # what this program itself had: ru_maxrss remembers the larger one that started it
    with open("/proc/self/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:
    import resource
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
print(count / took, memory / 1024)
"""
ROWS = {"csv": 1_000_000, "comma": 300_000, "jsonl": 300_000, "xlsx": 60_000}


def run() -> list[Row]:
    path = kept()
    with Journal.open(path, station="office", writable=False) as journal:
        return [cold(path), *month(journal), *waiting(journal), *exports(path)]


def cold(path: Path) -> Row:
    """The figures of a month as somebody has them who opens the journal in the morning: nothing of it is in memory."""
    with Journal.open(path, station="office", writable=False) as journal:
        period, made = middle_of(journal)
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    begun = time.perf_counter()
    with Journal.open(path, station="office", writable=False) as journal:
        figures(journal, period, workshop="", made=made)
    return _at_most("every figure of a month, the journal opened for it", (time.perf_counter() - begun) * 1000)


def middle_of(journal: Journal) -> tuple[Period, str]:
    """Return a month in the middle of the years, and a moment."""
    (middle,) = journal.log_page(LogFilter(kinds=None), limit=1, before=max(journal.log_head() // 2, 2))
    first = date.fromisoformat(middle.at[:10])
    return Period(first, first + timedelta(days=29)), middle.at


def month(journal: Journal) -> list[Row]:
    """The figures of a month in the middle of the years."""
    period, made = middle_of(journal)

    def every() -> object:
        return figures(journal, period, workshop="", made=made)

    slowest = max((_best(lambda kind=kind: kind(Material(journal, period))), name) for name, kind in KINDS.items())
    report = figures(journal, period, workshop="", made=made)
    whole = next(figure.whole for figure in report.figures if figure.id == "turnaround")
    return [
        _at_most(f"every figure of a month ({whole.cells[0] if whole else 0} orders closed)", _best(every), 1000),
        _at_most(f"… the slowest alone: {slowest[1]}", slowest[0]),
        _at_most("… printed as a report", _best(lambda: to_pdf(report, "fr"))),
    ]


def waiting(journal: Journal) -> list[Row]:
    """The inbox over every open order."""
    procedures = ProcedureLibrary()
    procedures.all()
    found = inbox(journal, procedures, None, (), date.today())
    took = _best(lambda: inbox(journal, procedures, None, (), date.today()))
    return [_at_most(f"the inbox: {len(found):,} entries", took, 1000)]


def exports(path: Path) -> list[Row]:
    """Files of the log, each written in a process of its own."""
    rows = []
    for form, most in ROWS.items():
        ran = subprocess.run(
            [sys.executable, "-c", EXPORT, str(path), form, str(most)], check=True, capture_output=True, text=True
        )
        speed, memory = map(float, ran.stdout.split())
        wanted = 100_000 if form == "csv" else None
        rows.append(compare(f"export of {most:,} rows, {form}: rows a second", speed, 100_000, "", wanted and 1))
        rows.append(compare("… the most memory", memory, 200, "MB", 1, at_most=True))
    return rows


def _best(act: object) -> float:
    assert callable(act)
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1000)
    return min(times)


def _at_most(name: str, ours: float, allowed: float | None = None) -> Row:
    if allowed is None:
        return Row(name, ours, ours, 1.0, None, True, "ms")
    return compare(name, ours, allowed, "ms", 1, at_most=True)
