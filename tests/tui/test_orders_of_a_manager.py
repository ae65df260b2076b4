"""Forty open orders as a manager looks at them: by promise, with what each waits for, those of one technician."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from room_pilot import RoomHands, work

from bench import hierarchy
from bench.events import Draft, EventKind
from tui import demo
from tui.screens.orders import Line, OrdersScreen
from tui.screens.rows import Options
from tui.widgets.picklist import PickList
from tui.widgets.tabs import Tabs


def shown(hands: RoomHands) -> list[Line]:
    return list(hands.app.screen.query_one(PickList).found)


async def forty(hands: RoomHands) -> None:
    """Take in what is missing to forty orders, due over two months, three of them late, some in somebody's hands."""
    desk = hands.bench.desk

    def taken_in() -> None:
        pattern = demo.samples()[0]
        for n in range(40 - len(desk.orders())):
            promised = (date.today() + timedelta(days=(n * 7) % 60 + 1)).isoformat()
            desk.open_order(replace(pattern, number=f"M-{n:03}", promised=promised))
        for n in range(3):
            late = (date.today() - timedelta(days=n + 1)).isoformat()
            moved = {"to": late, "from": "", "reason": "x", "told": "y", "name": "Anne"}
            desk.journal.append([Draft(EventKind.PROMISE_MOVED, moved, f"M-{n:03}", "anne")])
        for number, who, name in (("M-004", "claire", "Claire Vuille"), ("M-005", "luc", "Luc Favre")):
            custody = {"holder": who, "name": name, "from": "", "note": ""}
            desk.journal.append([Draft(EventKind.CUSTODY_TAKEN, custody, number, who)])

    await hands.app.at_bench(taken_in)
    await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen) and len(shown(hands)) == 40)


def test_forty_orders_stand_by_their_promise_and_what_is_late_says_so(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        await forty(hands)
        await hands.until(lambda: hands.app.screen.query_one(Tabs).counts.get("late") == 3)
        promises = [line.promised for line in shown(hands)]
        assert promises == sorted(promises)
        rows = [row for row in hands.screen.splitlines() if "M-00" in row][:3]
        assert [words in row for row, words in zip(rows, ("3 d late", "2 d late", "1 d late"), strict=True)] == [
            True
        ] * 3

    work(tmp_path, does)


def test_what_an_order_waits_for_stands_in_its_row(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        desk = hands.bench.desk

        def happens() -> None:
            desk.operator = hands.bench.operator("claire")
            hierarchy.raise_alert(desk.work("D-102"), "supply", "Couronne sans stock.")
            desk.operator = hands.bench.operator("anne")

        await hands.app.at_bench(happens)
        await hands.sees("Supplies are needed")
        hands.app.screen.show_order("D-102")
        await hands.sees("Waits for the hierarchy: Couronne sans stock.")

    work(tmp_path, does, size=(120, 40))


def test_an_order_between_two_steps_says_which_comes_next(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        desk = hands.bench.desk

        def begins() -> str:
            desk.operator = hands.bench.operator("claire")
            work = desk.work("D-101")
            work.start()
            first = work.step
            assert first is not None
            done = {"step": first.id, "visit": 1, "outcome": "done", "next": "inspect", "reason": ""}
            work.record([Draft(EventKind.STEP_DONE, done)])
            desk.operator = hands.bench.operator("anne")
            following = work.step
            assert following is not None and not work.state.started
            return str(following.title)

        title = await hands.app.at_bench(begins)
        await hands.until(lambda: any(line.row.number == "D-101" and line.step for line in shown(hands)))
        await hands.sees(f"next: {title}"[:30])
        hands.app.screen.show_order("D-101")
        await hands.sees(f"Waits for {title}, since")

    work(tmp_path, does, size=(160, 50))


def test_the_orders_of_one_technician_are_chosen_by_name_or_typed(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        await forty(hands)
        await hands.until(lambda: sum(bool(line.holder_name) for line in shown(hands)) == 2)
        await hands.tap("tab")
        await hands.sees("Orders of one technician")
        words = [words for _place, words in hands.app.screen.query_one(Options).options]
        await hands.tap(*["down"] * words.index("Orders of one technician"), "enter")
        await hands.sees("Whose orders?", "Claire Vuille (1)", "Luc Favre (1)")
        await hands.tap("down", "enter")
        await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
        await hands.until(lambda: [line.row.number for line in shown(hands)] == ["M-005"])
        await hands.sees("Luc Favre", "1 of 40")
        await hands.tap("escape")
        await hands.until(lambda: len(shown(hands)) == 40)
        await hands.types("claire")
        await hands.until(lambda: [line.row.number for line in shown(hands)] == ["M-004"])

    work(tmp_path, does)


def test_the_palette_names_each_command_once(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        hands.app.open_order("D-101")
        await hands.until(lambda: getattr(hands.app.screen, "now", None) is not None)
        await hands.until(lambda: "Correct an answer" in titles(hands))
        named = titles(hands)
        assert len(named) == len(set(named))

    def titles(hands: RoomHands) -> list[str]:
        return [command.title for command in hands.app.get_system_commands(hands.app.screen)]

    work(tmp_path, does, who="claire")
