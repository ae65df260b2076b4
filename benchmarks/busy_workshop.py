"""A bench at work in the journal of a busy workshop: the next step, orders opened and found, the log asked.

The workshop takes 40,000 orders a year. Its journal is generated once (benchmarks/workshop_of.py) and kept in
ETABLI_BENCH_FOLDER, or beside other temporary files, with ETABLI_BENCH_ORDERS orders: 10,000 by default, a quarter of a
year and 0.8 GB; 200,000 are five years, 5,000,000 measurements, 16 GB and half an hour more. The other column is what
is allowed with 200,000 orders, whatever the size; the first row says how many there are.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.errors import EtabliError
from bench.figures import Period, figures
from bench.journal import Journal, LogFilter, LogKind
from bench.procedure import guards
from bench.work import Work
from benchmarks.mix import ALERTS, DECLARED, NOTES
from benchmarks.row import Row, compare
from benchmarks.workshop_of import workshop

FOLDER = Path(os.environ.get("ETABLI_BENCH_FOLDER") or Path(tempfile.gettempdir()) / "etabli-benchmarks")
ORDERS = int(os.environ.get("ETABLI_BENCH_ORDERS") or 10_000)
YEARS = ORDERS / 40_000
FULL = 200_000
WALKS = 4
# The final control sends the watch back three times.
SENT_BACK = {
    "control-sign": [{"result": "timing"}] * 3 + [{"result": "accepted"}],
    "rework": "regulate",
}
OPENED = 150
SEARCHES = 40
FILTERS = 200
EXPORTED = 200_000
TESTS = Path(__file__).parents[1] / "tests" / "bench"


def run() -> list[Row]:
    with copied(kept()) as path:
        rows = at_work(path)
        with Journal.open(path, station="office", writable=False) as journal:
            return [size(path), *rows, *orders(journal), *log(journal)]


def kept() -> Path:
    """Return the journal, which is made where it is not there yet."""
    return workshop(FOLDER, ORDERS, YEARS)


@contextmanager
def copied(generated: Path) -> Iterator[Path]:
    """Give a copy to write in: the kept workshop stays as it was generated."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        yield Path(shutil.copyfile(generated, Path(folder) / "journal.sqlite"))


def size(path: Path) -> Row:
    name = f"journal of {ORDERS:,} orders" + ("" if ORDERS >= FULL else f" (what is allowed is for {FULL:,})")
    measured = path.stat().st_size / 1e9
    return Row(name, measured, measured, 1.0, None, True, "GB")


def at_work(path: Path) -> list[Row]:
    """Walk full services through their procedure at a real desk; time every confirmation and every order taken up."""
    sys.path.insert(0, str(TESTS))
    from full_service_walks import TREE, USUAL
    from scripted import FixedClock, Truth, a_desk, an_order
    from tree_walk import walk_tree

    from bench.sheet import content, to_pdf
    from bench.sheet.content import events_of

    clock = FixedClock()
    with Journal.open(path, station="bench-1", stamp=lambda: (clock.now(), time.monotonic_ns())) as journal:
        desk = a_desk(Truth(), journal=journal)
        desk.clock = clock
        timing = _Timing()
        for walk in range(WALKS):
            number = f"W-{time.time_ns()}-{walk}"
            desk.open_order(an_order(TREE, number=number))
            work = timing.of(desk.work(number))
            walk_tree(work, {**USUAL, **SENT_BACK})
        visited = sum(work.state.visits.values())
        assert visited >= 200
        name = f"next step on the screen after an answer, order of {visited} steps: 99th percentile"
        rows = [
            _at_most(name, _percentile(timing.confirmed, 99), 50),
            _at_most("… the same: median", statistics.median(timing.confirmed)),
            _at_most("… of which the guards of the step: 99th percentile", _percentile(timing.guarded, 99)),
            _at_most(f"taking up that order of {visited} steps", _best(lambda: desk.work(number)), 100),
        ]
        dice = random.Random(3)
        numbers = journal.numbers("20")
        opened = [_timed(lambda n=number: desk.work(n)) for number in dice.sample(numbers, OPENED)]  # type: ignore[misc]
        many = f"opening an order out of {len(numbers):,}: 99th percentile"
        rows.append(_at_most(many, _percentile(opened, 99), 100))

        usual = f"{number}-usual"
        desk.open_order(an_order(TREE, number=usual))
        walk_tree(desk.work(usual), USUAL)

        def sheet(which: str) -> bytes:
            printed = clock.now().isoformat(timespec="seconds")
            return to_pdf(content(events_of(journal, which), "fr", printed=printed, head=journal.head()))

        rows += [
            _at_most(
                "sheet of a full service as PDF, read from the journal, warm", _best(lambda: sheet(usual), 5), 400
            ),
            _at_most(f"… of that order of {visited} steps", _best(lambda: sheet(number), 5)),
            _at_most("… of which reading its events", _best(lambda: events_of(journal, number), 5)),
        ]
    return rows


class _Timing:
    """Times what happens between the confirmation of a step and the next step on the screen: answered, journaled,
    folded, entered.
    """

    def __init__(self) -> None:
        self.confirmed: list[float] = []
        self.guarded: list[float] = []
        self._answered = 0.0

    def of(self, work: Work) -> Work:
        answer, start = work.answer, work.start

        def timed_answer(*given: Any, **more: Any) -> None:
            begun = time.perf_counter()
            answer(*given, **more)
            self._answered = time.perf_counter() - begun

        def timed_start() -> None:
            if work.step is not None:
                begun = time.perf_counter()
                guards.first_refusal(work.question(work.step))
                self.guarded.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            start()
            if self._answered:
                self.confirmed.append((self._answered + time.perf_counter() - begun) * 1000)
                self._answered = 0.0

        work.answer, work.start = timed_answer, timed_start  # type: ignore[method-assign]
        return work


def orders(journal: Journal) -> list[Row]:
    """Search the orders as somebody types: every beginning of a word is a search."""
    dice = random.Random(4)
    samples = [journal.order(number) for number in dice.sample(journal.numbers("20"), SEARCHES)]
    typed = ["", "zz", "seama 2023", "c-0099", "rolex 1"]
    for row in samples:
        assert row is not None
        word = dice.choice([row.number, row.case_number, f"{row.brand} {row.reference}", row.customer])
        typed += [word[:length] for length in range(1, len(word) + 1, 2)]
    first = _timed(lambda: journal.orders_page("zz"))
    times = [_timed(lambda word=word: journal.orders_page(word)) for word in typed]  # type: ignore[misc]
    middle = len(journal.numbers()) // 2
    deep = _best(lambda: journal.orders_page(offset=middle))
    return [
        _at_most("orders found while typing: 99th percentile", _percentile(times, 99), 50),
        _at_most(
            "… a word that nobody has: median",
            statistics.median(_timed(lambda: journal.orders_page("zz")) for _ in range(9)),
            50,
        ),
        _at_most("… the first search, which takes them into memory", first),
        _at_most("a page in the middle of all orders", deep, 100),
    ]


def log(journal: Journal) -> list[Row]:
    """Ask the log by filters at random, export from it, follow it."""
    journal.log_page(LogFilter(kinds=None))  # the last rows are read in
    wanted = filters(journal)
    pages = [_timed(lambda each=each: journal.log_page(each)) for each in wanted]  # type: ignore[misc]
    counts = [_timed(lambda each=each: journal.log_count(each)) for each in wanted[:50]]  # type: ignore[misc]
    measured = journal.log_count(LogFilter())
    begun, rows = time.perf_counter(), 0
    columns = ("at", "order", "calibre", "operator", "quantity", "value", "unit", "state", "limit_low", "limit_high")
    for rows, _row in enumerate(journal.log_tuples(LogFilter(), columns), start=1):
        if rows == EXPORTED:
            break
    speed = rows / (time.perf_counter() - begun)
    head = journal.log_head()
    tail = _best(lambda: list(journal.log(LogFilter(kinds=None), after=head - 20)))
    middle = _middle(journal)
    period = Period(middle.date(), middle.date() + timedelta(days=30))
    closed = journal.log_count(LogFilter(kinds=(LogKind.CLOSED,), since=period.since, until=period.until))
    return [
        _at_most(
            f"log of {measured:,} measurements, first page of any filter: 95th percentile", _percentile(pages, 95), 100
        ),
        _at_most("… the same: the slowest", max(pages)),
        _at_most("… how many rows fit: 95th percentile", _percentile(counts, 95)),
        compare("log: rows of ten columns read a second", speed, 100_000, "", 1),
        _at_most("log: the last twenty rows", tail, 1000),
        _at_most(
            f"all figures of a month, of {closed:,} orders closed",
            _best(lambda: figures(journal, period, workshop="", made="2026-11-22"), 3),
            1000,
        ),
    ]


def filters(journal: Journal) -> list[LogFilter]:
    """Return filters as people combine them: one to four fields, common and rare values, spells of time, words."""
    dice = random.Random(6)
    choices = {
        field: journal.log_choices(field)
        for field in ("operator", "quantity", "state", "instrument", "calibre", "procedure", "guard", "provenance")
    }
    choices["alert"], choices["kinds"] = list(ALERTS), journal.log_choices("kinds")
    middle = _middle(journal)
    made = []
    for _ in range(FILTERS):
        put: dict[str, Any] = {"kinds": dice.choice((None, ("measurement",)))}
        for field in dice.sample(sorted(choices), dice.randrange(1, 4)):
            put[field] = dice.choice(choices[field]) if field != "kinds" else (dice.choice(choices[field]),)
        if dice.random() < 0.4:
            put["since"] = middle + timedelta(days=dice.uniform(-160, 160) * YEARS)
            put["until"] = put["since"] + timedelta(days=dice.choice((1, 30, 365)))
        if dice.random() < 0.3:
            put["text"] = dice.choice((*NOTES, *DECLARED, "spir", "poussière aiguille", f"{middle:%Y}-01")).lower()[:14]
        if dice.random() < 0.2:
            put["watch"] = dice.choice(("rolex", "lip him", "omega 5", "inconnue"))
        made.append(LogFilter(**put))
    return made


def _middle(journal: Journal) -> datetime:
    (row,) = journal.log_page(LogFilter(kinds=None), limit=1, before=max(journal.log_head() // 2, 2))
    return datetime.fromisoformat(row.at)


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    try:
        act()
    except EtabliError as error:
        raise AssertionError(str(error)) from error
    return (time.perf_counter() - begun) * 1000


def _best(act: Callable[[], object], rounds: int = 9) -> float:
    return min(_timed(act) for _ in range(rounds))


def _percentile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def _at_most(name: str, ours: float, allowed: float | None = None) -> Row:
    if allowed is None:
        return Row(name, ours, ours, 1.0, None, True, "ms")
    return compare(name, ours, allowed, "ms", 1, at_most=True)
