"""A working day opens a hundred screens: none leaves anything behind, and each is styled and painted once."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from screen_pilot import Hands, at_the_bench
from textual.app import App
from textual.dom import DOMNode

from tui import endurance
from tui.screens.bench import BenchScreen
from tui.screens.orders import OrdersScreen
from tui.screens.room import Room

# What else the tidying asks of Python's collector: nothing of it in the tests' own process.
STILL = {"freeze": lambda: None, "set_threshold": lambda *_counts: None}


def run(folder: Path, work: Callable[[Hands], Awaitable[None]], **options: object) -> None:
    async def session() -> None:
        async with at_the_bench(folder, **options) as hands:  # type: ignore[arg-type]
            await hands.press("enter")
            await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
            await work(hands)

    asyncio.run(session())


async def open_and_close(hands: Hands) -> list[weakref.ref[object]]:
    """Open the first order and go back; return its screen, its widgets, and what these have painted."""
    await hands.press("enter")
    await hands.sees("Step 1 of")
    assert isinstance(hands.app.screen, BenchScreen)
    widgets = (hands.app.screen, *hands.app.screen.query("*"))
    seen = [weakref.ref(each) for widget in widgets for each in (widget, widget._styles_cache)]
    await hands.press("escape")
    await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
    return seen


def test_nothing_is_kept_of_a_screen_that_is_closed_nor_of_what_it_has_painted(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        first = await open_and_close(hands)
        await open_and_close(hands)

        def forgotten() -> bool:
            gc.collect()
            return all(each() is None for each in first)

        await hands.until(forgotten)

    run(tmp_path, work)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_a_room_is_not_styled_again_once_it_is_furnished(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: list[int] = []
    update = App.update_styles

    def counted(self: App[None], node: DOMNode, animate: bool = True) -> None:
        if isinstance(node, Room):
            styled.append(len(node.children))
        update(self, node, animate)

    async def work(hands: Hands) -> None:
        monkeypatch.setattr(App, "update_styles", counted)
        await hands.press("enter")
        await hands.sees("Tissot")
        await hands.until(lambda: hands.app.screen.has_class("-wide" if size[0] >= 120 else "-narrow"))
        assert not any(styled)

    run(tmp_path, work, size=size)


def test_garbage_is_looked_for_in_a_pause_and_once_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    looked: list[float] = []
    monkeypatch.setattr(endurance, "monotonic", lambda: clock[0])
    monkeypatch.setattr(endurance, "gc", SimpleNamespace(collect=lambda: looked.append(clock[0]), **STILL))
    tidying = endurance.Tidying()
    looked.clear()

    def second(touched: float) -> None:
        clock[0] += 1.0
        tidying.look(touched)

    for _second in range(10):
        second(clock[0])  # somebody types
    assert looked == []
    last = clock[0]
    for _second in range(10):
        second(last)
    assert looked == [last + endurance.CALM_SECONDS]
    again = clock[0]
    for _second in range(10):
        second(again)
    assert looked[1:] == [again + endurance.CALM_SECONDS]
