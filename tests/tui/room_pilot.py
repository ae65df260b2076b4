"""The real application over a real demonstration workshop, for the rooms beside the bench."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from screen_pilot import CHARACTERS, LARGE, SMALL, Hands
from textual import events
from textual.widgets import Input

from bench import language
from bench.people import Role
from tui import demo
from tui.app import EtabliApp
from tui.folder import Folder
from tui.screens.errands import ErrandRoom
from tui.screens.orders import OrdersScreen
from tui.screens.rows import Options
from tui.workshop import Workshop

SPEED = 2.0


class RoomHands(Hands):
    """Works in the rooms by keys; dialogs keep their worker waiting, so every step waits for what is seen."""

    bench: Workshop  # type: ignore[assignment]

    async def tap(self, *keys: str) -> None:
        """Press keys; a simulated bench never lets the program be idle, so a moment must do."""
        for key in keys:
            self.app.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
            await self.pilot.pause(0.01)

    async def menu(self, errand: str) -> None:
        """Open the menu and take what reads so."""
        await self.until(lambda: isinstance(self.app.screen, ErrandRoom))
        await self.tap("tab")
        await self.until(lambda: bool(self.app.screen.query(Options)))
        words = [words for _place, words in self.app.screen.query_one(Options).options]
        await self.tap(*["down"] * words.index(errand), "enter")
        await self.until(lambda: not self.app.screen.query(Options))

    async def types(self, text: str) -> None:
        """Type a text into what has the keyboard, in place of what stands in a line to type in."""
        if isinstance(self.app.focused, Input):
            self.app.focused.value = text
        else:
            for sign in text:
                self.app.post_message(events.Key("space" if sign == " " else sign, sign))
        await self.pilot.pause(0.01)

    async def fills(self, *answers: str) -> None:
        """Fill in one typed field after the other; "" leaves one as it is."""
        for answer in answers:
            if answer:
                await self.types(answer)
            here = self.app.focused
            await self.tap("enter")
            for _turn in range(20):  # the last field of a form keeps the keyboard
                if self.app.focused is not here:
                    break
                await self.pilot.pause(0.01)

    async def home(self) -> None:
        """Go back to the orders."""
        for _turn in range(12):
            if isinstance(self.app.screen, OrdersScreen):
                return
            await self.tap("escape")
        raise AssertionError(f"there is no way back\n{self.screen}")


@asynccontextmanager
async def in_the_workshop(
    folder: Path, *, who: str = "anne", size: tuple[int, int] = SMALL, lang: str = "en", pins: bool = False
) -> AsyncIterator[RoomHands]:
    """Open the demonstration as one of its people, at the orders; closes it all. A crash fails the test."""
    before = language.current()
    place = Folder(folder)
    demo.prepare(place)
    if not pins:
        text = place.file.read_text("utf-8")
        place.file.write_text(text.replace("[house]", "[house]\npins = false"), "utf-8")
    opened: list[Workshop] = []

    def opener() -> Workshop:
        opened.append(demo.open_workshop(place, None, SPEED))
        return opened[-1]

    app = EtabliApp(opener, language=lang)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            hands = RoomHands(app, pilot, None)  # type: ignore[arg-type]
            await hands.until(lambda: app._opened is not None)
            hands.bench = opened[0]
            operator = opened[0].operator(who)
            app.signed_in(operator, Role.MANAGER if operator.may_act_as(Role.MANAGER) else operator.usual_role())
            if pins:
                await hands.sees("0000")
                await hands.types("0000")
                await hands.tap("enter")
            await hands.until(lambda: isinstance(app.screen, OrdersScreen) and "D-101" in hands.screen)
            yield hands
            if app.crashes:
                raise app.crashes[0]
    finally:
        app._bench.shutdown(wait=False)  # its thread would keep the whole program alive to the end of the tests
        for workshop in opened:
            workshop.close()
        language.use(before)


async def at_every_size(hands: RoomHands, look: Callable[[], Awaitable[None]]) -> None:
    """Look at the room in both languages at both sizes; ends as it began."""
    for size in (LARGE, SMALL):
        await hands.pilot.resize_terminal(*size)
        for _language in range(2):
            await hands.tap("f2")
            await hands.pilot.pause(0.05)
            await look()


def chapters(folder: Path, *tell: Callable[[RoomHands], Awaitable[None]], **options: object) -> None:
    """Tell several stories in one opened workshop, each from the orders on; what one has done, the next finds."""

    async def all_of_them(hands: RoomHands) -> None:
        for story in tell:
            await story(hands)
            await hands.home()

    work(folder, all_of_them, **options)


def work(folder: Path, does: Callable[[RoomHands], Awaitable[None]], **options: object) -> None:
    """Do one piece of work in the opened workshop."""

    async def session() -> None:
        async with in_the_workshop(folder, **options) as hands:  # type: ignore[arg-type]
            await does(hands)

    asyncio.run(session())


__all__ = ["RoomHands", "at_every_size", "chapters", "in_the_workshop", "work"]
