"""The demonstration workshop: sample orders, simulated instruments, and a run of it without a screen."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bench.errors import UsageError
from bench.language import _, msg
from bench.order import RepairOrder
from tui.answers import Answers
from tui.folder import Folder
from tui.headless import HeadlessRun, SafeEnd, Say, narrate
from tui.lines import measurement_line
from tui.order_file import load_all
from tui.settings import load
from tui.simulation import CASE
from tui.workshop import Workshop

HERE = Path(__file__).parent
PROMISED_DAYS = 10
# Without a screen: one order of each procedure, each with something to find.
HEADLESS_CASES = ("mechanical-magnetised", "quartz-flat-battery", "case-leaking")
# Device time runs this much faster than the clock: minutes of measuring take seconds.
HEADLESS_SPEED = 300.0
FORMATS = ("pdf", "html", "json")


def folder() -> Folder:
    """Return where the demonstration lies: ETABLI_HOME where it is set, else a new temporary folder."""
    if os.environ.get("ETABLI_HOME"):
        return Folder.home()
    return Folder(Path(tempfile.mkdtemp(prefix="etabli-demo-")))


def prepare(place: Folder) -> None:
    """Make the demonstration's workshop.toml. Raises UsageError where a real workshop lies there."""
    if place.file.exists():
        if load(place.file).simulation is None:
            raise UsageError(
                msg("{folder} is a real workshop: the demonstration does not touch it.", folder=str(place.path)),
                remedy=msg("Unset ETABLI_HOME, or name an empty folder."),
            )
        return
    place.path.mkdir(parents=True, exist_ok=True)
    place.file.write_text((HERE / "workshop.toml").read_text("utf-8"), encoding="utf-8")


def samples(case: str | None = None) -> list[RepairOrder]:
    """Return the sample orders, or the one of a simulated case. Raises UsageError for an unknown case."""
    promised = (date.today() + timedelta(days=PROMISED_DAYS)).isoformat()
    received = date.today().isoformat()
    orders = [replace(order, promised=promised, received=received) for order in load_all(HERE / "orders.toml")]
    if case is None:
        return orders
    chosen = [order for order in orders if order.notes.get(CASE) == case]
    if not chosen:
        raise UsageError(
            msg("There is no sample order of the case “{case}”.", case=case),
            remedy=msg("Known: {known}.", known=", ".join(dict.fromkeys(str(order.notes[CASE]) for order in orders))),
        )
    return chosen


def take_in(workshop: Workshop, orders: list[RepairOrder]) -> list[str]:
    """Open the orders that are not on the bench yet; one that is closed is taken in again under a new number."""
    rows = {row.number: row for row in workshop.desk.orders()}
    numbers = []
    for order in orders:
        number, again = order.number, 1
        while number in rows and rows[number].closed:
            again += 1
            number = f"{order.number}-{again}"
        if number not in rows:
            workshop.desk.open_order(replace(order, number=number))
        numbers.append(number)
    return numbers


def open_workshop(place: Folder, case: str | None, speed: float | None) -> Workshop:
    """Open the demonstration for the screen, its sample orders on the bench."""
    orders = samples(case)
    prepare(place)
    workshop = Workshop.open(place, speed=speed)
    try:
        take_in(workshop, orders)
    except BaseException:
        workshop.close()
        raise
    return workshop


def run_headless(place: Folder, case: str | None, speed: float | None, say: Say = narrate) -> None:
    """Run one order of each procedure (or that of `case`) to its closed sheet; print measurements and sheets.

    Raises EtabliError, and Ended after a signal.
    """
    orders = samples(case)
    if case is None:
        orders = [order for order in orders if order.notes[CASE] in HEADLESS_CASES]
    prepare(place)
    print(_("Demonstration workshop: {folder}").format(folder=place.path), flush=True)
    with Workshop.open(place, speed=speed or HEADLESS_SPEED) as workshop, SafeEnd(workshop.desk.stop) as end:
        for notice in workshop.notices:
            say(str(notice))
        for number in take_in(workshop, orders):
            row = workshop.journal.order(number)
            assert row is not None
            print(f"\n{number} · {row.watch} · {row.procedure_title}", flush=True)
            workshop.on_order(number)
            answers = Answers.load(HERE / "answers" / f"{row.procedure}.toml")
            headless = HeadlessRun(
                workshop.desk,
                workshop.settings,
                answers,
                end,
                photos=place.photos,
                say=say,
                show=lambda judged: print("  " + measurement_line(judged), flush=True),
            )
            headless.run(number)
            for fmt in FORMATS:
                print("  " + _("sheet: {path}").format(path=workshop.sheet(number, fmt)), flush=True)
