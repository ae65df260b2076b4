"""Whatever crashes, the bench goes on: it is written down with a reference, said, and the order is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from screen_pilot import Hands, at_the_bench
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.screens.orders import OrdersScreen
from tui.screens.room import Room
from tui.survival import Logbook
from tui.widgets.verdict import VerdictBand


def run(folder: Path, work: Callable[[Hands], Awaitable[None]], **options: object) -> None:
    async def session() -> None:
        async with at_the_bench(folder, may_crash=True, **options) as hands:  # type: ignore[arg-type]
            await work(hands)

    asyncio.run(session())


class Broken(Widget):
    """Cannot be drawn."""

    def render(self) -> Content:
        raise ZeroDivisionError("a broken picture")


class Deaf(Widget, can_focus=True):
    """Cannot hear a key."""

    def on_key(self) -> None:
        raise KeyError("a broken key")


class Bad(Message):
    """Whoever handles it crashes."""


class BrokenRoom(Room):
    """Cannot be furnished."""

    def on_mount(self) -> None:
        raise ValueError("a broken room")


def written(hands: Hands) -> str:
    return (hands.bench.logs / "errors.log").read_text("utf-8")


async def goes_on(hands: Hands) -> None:
    """The bench still opens an order and begins its step."""
    await hands.press("enter", "enter", "enter")
    await hands.sees("Step 1 of")


@pytest.mark.parametrize("kind", [Broken, Deaf])
def test_a_widget_that_crashes_is_said_with_its_reference(tmp_path: Path, kind: type[Widget]) -> None:
    async def work(hands: Hands) -> None:
        await hands.app.screen.mount(widget := kind())
        if kind is Deaf:
            widget.focus()
            await hands.press("x")
        await hands.sees("The program made a mistake", "Reference")
        reference = written(hands).split()[1]
        assert reference in hands.screen and "a broken" in written(hands)
        widget.remove()
        await hands.press("escape")
        hands.app.screen.query_one("PickList").focus()
        await goes_on(hands)

    run(tmp_path, work)


def test_a_worker_that_crashes_ends_nothing(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        async def crash() -> None:
            raise RuntimeError("a broken worker")

        hands.app.run_worker(crash())
        await hands.sees("The program made a mistake", "a broken worker")
        await goes_on(hands)

    run(tmp_path, work)


def test_a_timer_that_crashes_ends_nothing(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        def crash() -> None:
            raise RuntimeError("a broken timer")

        hands.app.set_timer(0.001, crash)
        await hands.sees("a broken timer")
        await goes_on(hands)

    run(tmp_path, work)


def test_a_handler_of_the_application_that_crashes_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hands: Hands) -> None:
        def crash(_message: Message) -> None:
            raise RuntimeError("a broken handler")

        monkeypatch.setattr(type(hands.app), "on_bad", crash, raising=False)
        hands.app.post_message(Bad())
        await hands.sees("a broken handler")
        await goes_on(hands)

    run(tmp_path, work)


def test_a_room_that_cannot_be_furnished_leads_back(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        hands.app.push_screen(BrokenRoom())
        while not hands.app.crashes or not isinstance(hands.app.screen, OrdersScreen):
            await asyncio.sleep(0.005)  # the pilot would wait for the dead room
        await hands.sees("a broken room", "OR-1001")

    run(tmp_path, work)


def test_an_order_stays_safe_when_its_verdict_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hands: Hands) -> None:
        def crash(_self: Widget) -> Content:
            raise RuntimeError("a broken verdict")

        monkeypatch.setattr(VerdictBand, "render", crash)
        await hands.press("enter")
        for _turn in range(12):
            await hands.press("enter")
            if hands.app.crashes:
                break
        await hands.sees("a broken verdict")
        work = hands.bench.desk.work("OR-1001")
        assert work.judged() or work.state.tasks
        await hands.press("escape")
        await hands.sees("OR-1002")

    run(tmp_path, work, order="OR-1001", step="magnetism")


def test_a_disk_that_refuses_the_log_makes_nothing_worse(tmp_path: Path) -> None:
    book = Logbook()
    book.folder = tmp_path / "file" / "logs"
    (tmp_path / "file").write_text("no folder")
    crash = book.write(RuntimeError("what happened"))
    assert crash.reference in str(crash) and "what happened" in str(crash)
