"""What somebody journals is felt at once by whoever looks: another journal on the same file, another program."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from room_pilot import RoomHands, work

from bench import hierarchy
from bench.events import Draft, EventKind
from bench.journal import Journal
from bench.journal.watching import Watch
from tui.hearing import Hearing
from tui.screens.bench import BenchScreen
from tui.screens.inbox import InboxScreen
from tui.screens.log import LogScreen
from tui.widgets.picklist import PickList

LOCKED = [Draft(EventKind.BENCH_LOCKED, {"cause": "person"})]
WRITES = """
import sys
from pathlib import Path
from bench.events import Draft, EventKind
from bench.journal import Journal
with Journal.open(Path(sys.argv[1]), station="bench-1") as journal:
    sys.stdin.readline()
    journal.append([Draft(EventKind.BENCH_LOCKED, {"cause": "person"})])
    print("written", flush=True)
    sys.stdin.readline()
"""


def test_a_watch_tells_of_a_change_once(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        watch = Watch(journal.path)
        assert not watch.changed()
        journal.append(LOCKED)
        assert watch.changed()
        assert not watch.changed()
        with Journal.open(journal.path, station="", writable=False) as reader:
            assert len(list(reader.events())) == 1
        assert not watch.changed(), "reading is no change"
        watch.close()
        watch.close()


def test_a_watch_of_nothing_hears_nothing(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "missing" / "journal.sqlite")
    assert not watch.changed()
    watch.close()


def test_another_program_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal.open(path, station="bench-1"):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        told = threading.Event()
        hearing = Hearing(path, told.set)
        try:
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.stdout.readline() == "written\n"
            assert told.wait(20)
        finally:
            hearing.end()
            other.stdin.write("\n")
            other.stdin.flush()


def test_nothing_is_heard_after_the_end(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        heard: list[int] = []
        hearing = Hearing(journal.path, lambda: heard.append(1))
        hearing.end()
        journal.append(LOCKED)
        hearing.end()
        assert heard == []


def says(hands: RoomHands, who: str, act: object) -> None:
    """Somebody else does something at the same record while the program stands there."""
    desk = hands.bench.desk
    here, role = desk.operator, desk.role
    desk.operator = hands.bench.operator(who)
    act(desk.work("D-101"))  # type: ignore[operator]
    desk.operator, desk.role = here, role


def test_a_decision_reaches_the_technicians_bench_and_says_what_was_decided(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        says(hands, "claire", lambda order: hierarchy.raise_alert(order, "supply", "Couronne sans stock."))
        hands.app.open_order("D-101")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        await hands.sees("Couronne sans stock.")
        alert = hands.bench.desk.work("D-101").state.alerts[0].id
        says(hands, "anne", lambda order: hierarchy.decide(order, alert, accept=True, reason="Reçue à midi"))
        await hands.until(lambda: not hands.app.screen.now.heading.waits)
        await hands.sees("accepts:", "Reçue")
        says(hands, "anne", lambda order: hierarchy.move_promise(order, "2099-01-02", reason="x", told="y"))
        await hands.sees("The promised date is 2099-01-02")

    work(tmp_path, does, who="claire")


def test_an_alert_appears_in_the_inbox_and_in_the_log_without_a_key(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        for room, text in ((InboxScreen(), "Une vis ne tient plus."), (LogScreen(), "Un pont fendu.")):
            hands.app.push_screen(room)
            await hands.until(
                lambda here=room: hands.app.screen is here and not here.query_one(PickList).size.height < 3
            )
            await hands.until(lambda here=room: getattr(here, "_head", -1) >= 0)
            says(hands, "claire", lambda order, said=text: hierarchy.raise_alert(order, "help", said))
            await hands.sees(text)
            await hands.tap("escape")

    work(tmp_path, does)
