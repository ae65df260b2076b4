"""The manager at the screen: the inbox decided in place, the log found as one types and followed, the figures."""

from __future__ import annotations

from pathlib import Path

from room_pilot import RoomHands, work

from bench import hierarchy
from bench.events import Draft, EventKind
from bench.journal import LogFilter
from bench.journal.rows import LogKind, LogRow
from bench.register import SHELF
from tui.saved_filters import SavedFilters
from tui.screens.figures import FiguresScreen
from tui.screens.inbox import InboxScreen
from tui.screens.log import LogScreen
from tui.screens.log_lines import SearchLine
from tui.screens.log_row import LogRowScreen
from tui.screens.rows import Options
from tui.widgets.picklist import PickList


async def takes(hands: RoomHands, errand: str) -> None:
    """Take an errand of the menu; another list may stand in its place at once."""
    await hands.tap("tab")
    await hands.sees("What next?")
    words = [words for _place, words in hands.app.screen.query_one(Options).options]
    await hands.tap(*["down"] * words.index(errand), "enter")
    await hands.until(lambda: "What next?" not in hands.screen)


async def goes_to(hands: RoomHands, room: str, screen: type) -> None:
    """Go to a room by the menu and wait until it stands there."""
    await takes(hands, room)
    await hands.until(lambda: isinstance(hands.app.screen, screen))


def tells(hands: RoomHands, order: str, kind: str, text: str, *, blocking: bool = False) -> None:
    """A technician elsewhere brings something before the hierarchy."""
    desk = hands.bench.desk
    manager, role = desk.operator, desk.role
    desk.operator = hands.bench.operator("claire")
    hierarchy.raise_alert(desk.work(order), kind, text, blocking=blocking)
    desk.operator, desk.role = manager, role


def rows(hands: RoomHands) -> list[LogRow]:
    return list(hands.app.screen.query_one(PickList).rows)


def decisions(hands: RoomHands) -> list[LogRow]:
    return list(hands.bench.journal.log(LogFilter(kinds=(LogKind.DECISION,))))


def test_alerts_are_decided_in_the_inbox_with_reason_and_pin(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        tells(hands, "D-101", "help", "Une vis ne tient plus.")
        tells(hands, "D-102", "supply", "Couronne sans stock.", blocking=True)
        await goes_to(hands, "Inbox of the hierarchy", InboxScreen)
        await hands.sees("D-101", "D-102", "Couronne sans stock.", "Decide")
        assert [entry.order for entry in hands.app.screen.query_one(PickList).rows] == ["D-102", "D-101"]
        await hands.tap("enter")
        await hands.sees("Accept, with a reason")
        await hands.tap("enter")
        await hands.sees("It stands on the sheet")
        await hands.types("commandée ce matin")
        await hands.tap("enter")
        await hands.sees("Decision")
        await hands.types("1234")
        await hands.tap("enter")
        await hands.until(lambda: "Decision" in hands.screen and "0000" in hands.screen)
        assert decisions(hands) == []
        await hands.types("0000")
        await hands.tap("enter")
        await hands.until(lambda: len(hands.app.screen.query_one(PickList).rows) == 1)
        (decided,) = decisions(hands)
        assert (decided.order, decided.state, decided.operator) == ("D-102", "accepted", "anne")
        assert decided.text == "commandée ce matin"
        tells(hands, "D-103", "tool", "Potence faussée.", blocking=True)  # what comes is seen at once, and first
        await hands.until(lambda: [e.order for e in hands.app.screen.query_one(PickList).rows] == ["D-103", "D-101"])
        await hands.tap("home", "enter")
        await hands.sees("Refuse, with a reason")
        await hands.tap("down", "enter")
        await hands.sees("It stands on the sheet")
        await hands.types("une autre est au mur")
        await hands.tap("enter")
        await hands.sees("0000")
        await hands.types("0000")
        await hands.tap("enter")
        await hands.until(lambda: [e.order for e in hands.app.screen.query_one(PickList).rows] == ["D-101"])
        assert [row.state for row in decisions(hands)] == ["accepted", "refused"]

    work(tmp_path, does, pins=True)


def test_who_may_not_decide_is_led_to_the_order(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        tells(hands, "D-101", "help", "Une vis ne tient plus.")
        await goes_to(hands, "Inbox of the hierarchy", InboxScreen)
        await hands.sees("Une vis ne tient plus.", "Open")
        assert "Decide" not in hands.last_line

    work(tmp_path, does, who="claire")


def test_the_log_narrows_as_one_types_is_followed_and_opened(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        tells(hands, "D-101", "help", "Une vis ne tient plus.")
        tells(hands, "D-102", "supply", "Couronne sans stock.")
        await goes_to(hands, "Intervention log", LogScreen)
        await hands.until(lambda: len(rows(hands)) > 2)
        await hands.types("couron")
        await hands.until(lambda: [row.order for row in rows(hands)] == ["D-102"])
        await hands.sees("1 rows")
        await hands.tap("escape")
        await hands.types("kind:alert")
        await hands.until(lambda: [row.order for row in rows(hands)] == ["D-102", "D-101"])
        hands.app.screen.query_one(SearchLine).value = "kind:alert colour:red"
        await hands.sees("There is no filter “colour”.")
        assert len(rows(hands)) == 2  # what was found stays
        hands.app.screen.query_one(SearchLine).value = "rate>5bar"
        await hands.sees("wrong dimension")
        await hands.tap("escape")
        await hands.until(lambda: len(rows(hands)) > 2)
        await follows(hands)
        await opens_a_row(hands)

    work(tmp_path, does, size=(120, 40))


async def follows(hands: RoomHands) -> None:
    """What the bench does is seen, and who reads on is not led away."""
    tells(hands, "D-103", "help", "Un pont fendu.")
    await hands.until(lambda: "pont" in rows(hands)[0].text)
    await hands.sees("Un pont fendu.")
    await hands.tap("down")
    here = hands.app.screen.picked
    tells(hands, "D-102", "supply", "Tige sans stock.")
    await hands.sees("1 new above")
    assert hands.app.screen.picked == here


async def opens_a_row(hands: RoomHands) -> None:
    """From a row to its event, and to the order."""
    await hands.types("kind:alert vis")
    await hands.until(lambda: [row.order for row in rows(hands)] == ["D-101"])
    await hands.tap("enter")
    await hands.until(lambda: isinstance(hands.app.screen, LogRowScreen))
    await hands.sees("Help is asked for", "The event in the journal", "D-101 · Doubs Promenade")
    await hands.tap("enter")
    await hands.until(lambda: type(hands.app.screen).__name__ == "BenchScreen")
    assert hands.app.screen.work.number == "D-101"
    await hands.sees("Enter starts this step")


def test_filters_are_saved_and_rows_written_from_the_menu(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        tells(hands, "D-101", "help", "Une vis ne tient plus.")
        await goes_to(hands, "Intervention log", LogScreen)
        await takes(hands, "Narrow by …")
        await hands.sees("Narrow by what?")
        await hands.types("kind")
        await hands.tap("enter")
        await hands.sees("Which one?")
        await hands.types("alert")
        await hands.tap("enter")
        await hands.until(lambda: hands.app.screen.query_one(SearchLine).value == "kind:alert")
        await hands.until(lambda: len(rows(hands)) == 1)
        await takes(hands, "Save these words as a filter")
        await hands.sees("A name for this filter")
        await hands.types("alertes")
        await hands.tap("enter")
        saved = SavedFilters(tmp_path)
        await hands.until(lambda: saved.all() == {"alertes": "kind:alert"})
        await takes(hands, "Write these rows to a file")
        await hands.sees("In which form?")
        await hands.tap("down", "enter")
        await hands.until(lambda: bool(list((tmp_path / "exports").glob("log-*.csv"))))
        (path,) = (tmp_path / "exports").iterdir()
        assert len(path.read_text("utf-8").splitlines()) == 2

    work(tmp_path, does)


def test_figures_stand_with_definition_picture_and_mark(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        tells(hands, "D-101", "help", "Une vis ne tient plus.")
        desk = hands.bench.desk
        alert = desk.work("D-101").state.alerts[0]
        hierarchy.decide(desk.work("D-101"), alert.id, accept=True, reason="oui")
        checks(hands)
        await goes_to(hands, "Workshop figures", FiguresScreen)
        await hands.sees("First-pass yield", "1/12", "SIMULATION", "Nothing in this period.")
        while "Waiting time by cause" not in hands.screen:
            await hands.tap("right")
        await hands.sees("From an alert to its decision", "Help is asked for", "█")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, LogScreen))
        await hands.until(lambda: {row.kind for row in rows(hands)} == {"alert", "decision"})
        await hands.tap("escape")
        await hands.until(lambda: isinstance(hands.app.screen, FiguresScreen))
        while "Instrument drift" not in hands.screen:
            await hands.tap("right")
        await hands.sees("leak-tester n° SIM-LT-1", "µg/min")
        await takes(hands, "Print the report of this period (PDF)")
        await hands.until(lambda: bool(list((tmp_path / "sheets").glob("figures-*.pdf"))))
        for _turn in range(12):
            await hands.tap("right")
            await hands.until(lambda: hands.app.screen.figure is not None)
            assert all(len(line) <= 80 for line in hands.screen.splitlines())
        await takes(hands, "Another period")
        await hands.sees("Over which period?", "from a day to a day")
        await hands.tap("down", "enter")
        await hands.until(lambda: isinstance(hands.app.screen, FiguresScreen))
        await hands.until(lambda: hands.app.screen.period.last.day >= 28)
        await hands.sees(hands.app.screen.period.first.isoformat())

    work(tmp_path, does)


def checks(hands: RoomHands) -> None:
    """Three daily checks of the leak tester against its reference."""
    for value in (20.0, 21.0, 20.5):
        measurement = {"quantity": "leak_rate", "value": value, "provenance": "simulated"}
        reference = {"quantity": "leak_rate", "value": 20.0, "unit": "µg/min"}
        check = {"reference": reference, "low": 15.0, "high": 25.0, "certificate": "C-9"}
        payload = {
            "instrument": {"id": "leak-tester", "serial": "SIM-LT-1"},
            "check": check,
            "judged": {"measurement": measurement, "verdict": {}},
            "result": "pass",
            "device_verdict": "",
        }
        hands.bench.journal.append([Draft(EventKind.INSTRUMENT_CHECKED, payload, SHELF)])
