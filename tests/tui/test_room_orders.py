"""The orders at the screen: filters, what each waits for, a new order, orders from the counter's file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from room_pilot import RoomHands, at_every_size, chapters

from bench import hierarchy
from bench.events import Draft, EventKind
from tui.screens.import_orders import ImportScreen
from tui.screens.new_order import NewOrderScreen
from tui.screens.orders import OrdersScreen
from tui.waiting import Standings

FILE = "numero;marque;modele;calibre;client;declare\n;Tissot;PRX;2824-2;K-1;retarde\nD-101;Omega;X;2824-2;K-2;avance\n"


async def both_ends_of_the_filters_are_seen_at_every_size(hands: RoomHands) -> None:
    async def look() -> None:
        rows = hands.screen.splitlines()
        assert rows[1].rstrip().endswith("7"), rows[1]
        assert "D-101" in hands.screen and "ETA 2824-2" in rows[-3]
        assert not rows[-2].endswith("…")

    await at_every_size(hands, look)


async def each_filter_says_how_many_orders_it_lets_through(hands: RoomHands) -> None:
    late = (date.today() - timedelta(days=2)).isoformat()
    await hands.sees("under way 7", "late 0", "mine 0")
    desk = hands.bench.desk

    def happens() -> None:
        hierarchy.raise_alert(desk.work("D-102"), "help", "The screw is worn")
        desk.journal.append(
            [
                Draft(EventKind.PROMISE_MOVED, {"to": late, "from": "", "reason": "parts"}, "D-103", "anne"),
                Draft(EventKind.CUSTODY_TAKEN, {"holder": "anne", "name": "Anne", "from": "", "note": ""}, "D-110"),
            ]
        )

    await hands.app.at_bench(happens)
    await hands.app.screen.reload()
    await hands.sees("under way 7", "for the hierarchy 1", "mine 1", "late 1", "all 7")
    await hands.tap("right")
    await hands.sees("D-102", "Waits for the hierarchy: The screw is worn, since ")
    assert "D-103" not in hands.screen
    await hands.tap("right")
    await hands.sees("D-110")
    await hands.tap("right")
    await hands.sees("D-103", "2 d late")
    assert "D-110" not in hands.screen
    await hands.tap("left", "left", "left")
    await hands.sees("D-101", "D-102", "D-103")
    rows = [row for row in hands.screen.splitlines() if "D-10" in row]
    assert "D-103" in rows[0], "what is due soonest stands first"


async def a_decided_alert_waits_for_nobody_any_more(hands: RoomHands) -> None:
    desk = hands.bench.desk

    def waits() -> list[bool]:
        row = desk.journal.order("D-101")
        assert row is not None
        book = Standings()
        book.catch_up(desk.journal)
        found = [book.wait(row).hierarchy]
        hierarchy.raise_alert(desk.work("D-101"), "supply", "Gaskets are out")
        book.catch_up(desk.journal)
        found.append(book.wait(row).hierarchy)
        alert = desk.work("D-101").state.alerts[0].id
        hierarchy.decide(desk.work("D-101"), alert, accept=True, reason="Ordered", pin=None)
        book.catch_up(desk.journal)
        return [*found, book.wait(row).hierarchy]

    assert await hands.app.at_bench(waits) == [False, True, False]


async def a_new_order_gets_its_number_from_the_program(hands: RoomHands) -> None:
    await hands.menu("Take a new order in")
    await hands.sees("A new repair order", "Procedure", "Brand")
    await hands.tap("right", "right", "enter")
    await hands.fills("Tissot", "PRX [bold]", "", "no such calibre")
    await hands.fills(*[""] * 12)
    await hands.sees("NOT POSSIBLE", "no such calibre")
    assert isinstance(hands.app.screen, NewOrderScreen), "what was typed is not lost"
    await hands.fills("2824-2", *[""] * 12)
    await hands.sees("PRX [bold]", "Order 2026-0001 is taken in.".replace("2026", str(date.today().year)))
    number = f"{date.today().year}-0001"
    row = hands.bench.journal.order(number)
    assert row is not None and row.procedure == "controle-mecanique"
    await hands.sees(f"▶ {number}")


async def a_half_typed_order_is_left_only_after_a_question(hands: RoomHands) -> None:
    await hands.menu("Take a new order in")
    await hands.sees("A new repair order", "Brand")
    await hands.tap("right")
    await hands.tap("escape")
    await hands.sees("Leave, and forget what was typed?")
    await hands.tap("n")
    await hands.until(lambda: isinstance(hands.app.screen, NewOrderScreen))
    await hands.tap("escape")
    await hands.sees("Leave, and forget what was typed?")
    await hands.tap("enter")
    await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
    assert len(hands.bench.journal.orders()) == 8


async def an_import_is_shown_row_by_row_before_anything_is_taken_in(hands: RoomHands) -> None:
    file = hands.bench.folder.path / "counter.csv"
    file.write_text(FILE, "utf-8")
    await hands.menu("Import orders from a file")
    await hands.sees("The file of orders")
    await hands.fills(str(hands.bench.folder.path / "none.csv"), "", "", "")
    await hands.sees("NOT POSSIBLE", "none.csv")
    await hands.menu("Choose a file of orders")
    await hands.sees("The file of orders")
    await hands.types(str(file))
    await hands.tap("enter", "right", "right", "enter", "enter", "enter")
    await hands.sees("counter.csv", "1 good rows, 1 bad", "There is already an order D-101", "Tissot PRX")
    assert len(hands.bench.journal.orders()) == 8
    await hands.tap("enter")
    await hands.sees("Import 1 orders, and leave 1 bad rows out?")
    await hands.tap("escape")
    await hands.until(lambda: isinstance(hands.app.screen, ImportScreen))
    assert len(hands.bench.journal.orders()) == 8
    await hands.tap("enter")
    await hands.sees("Import 1 orders")
    await hands.tap("enter")
    await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
    await hands.sees("under way 9", "Tissot PRX")


def test_the_orders_of_a_day(tmp_path: Path) -> None:
    chapters(
        tmp_path,
        both_ends_of_the_filters_are_seen_at_every_size,
        each_filter_says_how_many_orders_it_lets_through,
        a_decided_alert_waits_for_nobody_any_more,
        a_new_order_gets_its_number_from_the_program,
        a_half_typed_order_is_left_only_after_a_question,
        an_import_is_shown_row_by_row_before_anything_is_taken_in,
    )
