"""A training workshop under the keyboard: signed in as the trainee or the trainer, in the trainer's library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from screen_pilot import SMALL, Hands
from textual.widgets import Input

from bench import language
from tui.app import EtabliApp
from tui.folder import Folder
from tui.screens.trainer_exercise import ExerciseScreen
from tui.screens.trainer_library import LibraryScreen
from tui.training.workshop import found
from tui.widgets.picklist import PickList
from tui.workshop import Workshop


def a_school(path: Path, *, pins: bool = False) -> Folder:
    """Return a training workshop with Léa, who learns, and Paul, who teaches."""
    folder = Folder(path)
    found(folder, "École", ["lea=Léa Petit"], ["paul=Paul Roy"])
    if not pins:
        file = folder.file
        file.write_text(file.read_text("utf-8").replace("training = true", "training = true\npins = false"), "utf-8")
    return folder


def by_keys(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test that presses keys to its end."""

    @wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return run


@asynccontextmanager
async def in_the_library(
    school: Folder, *, who: int = 0, size: tuple[int, int] = SMALL, lang: str = "en"
) -> AsyncIterator[Hands]:
    """Sign in as the line `who` of the list says, and go to the library."""
    before = language.current()
    opened: list[Workshop] = []

    def opener() -> Workshop:
        opened.append(Workshop.open(school))
        return opened[0]

    app = EtabliApp(opener, language=lang)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            hands = Hands(app, pilot, None)  # type: ignore[arg-type]
            await hands.until(lambda: type(app.screen).__name__ == "SignInScreen")
            await hands.settle()
            await hands.press(*["down"] * who)
            await hands.tap("enter")
            await hands.until(lambda: type(app.screen).__name__ in ("OrdersScreen", "PinDialog"))
            if type(app.screen).__name__ == "PinDialog":
                await hands.tap(*"0000", "enter")
            await hands.until(lambda: type(app.screen).__name__ == "OrdersScreen")
            await hands.settle()
            await app.push_screen(LibraryScreen())
            await hands.settle()
            await hands.sees("m-01")
            yield hands
            if app.crashes:
                raise app.crashes[0]
    finally:
        app._bench.shutdown(wait=False)  # its thread would keep the whole program alive to the end of the tests
        for workshop in opened:
            workshop.close()
        language.use(before)


async def choose_line(hands: Hands, name: str) -> None:
    """Put the library's cursor on the line of this name."""
    lines = hands.app.screen.query_one(PickList)
    await hands.until(lambda: any(line.name == name for line in lines.found))
    while lines.picked is None or lines.picked.name != name:
        before = lines.cursor
        await hands.tap("down")
        await hands.until(lambda before=before: lines.cursor != before)


async def answer(hands: Hands, screen: ExerciseScreen, question: str, text: str) -> None:
    hands.app.attempt(screen._answering(question))
    await typed(hands, text)
    await hands.until(lambda: screen.run is not None and screen.run.answer(question) is not None)


async def typed(hands: Hands, text: str) -> None:
    """Type into the dialog that asks for words, and confirm."""
    await hands.until(lambda: type(hands.app.screen).__name__ == "Reason")
    await hands.until(lambda: isinstance(hands.app.focused, Input))
    hands.app.focused.value = text
    await hands.tap("enter")
    await hands.until(lambda: type(hands.app.screen).__name__ != "Reason")


async def pick(hands: Hands, words: str) -> None:
    """Search the list of a dialog for `words` and take what is found first."""
    await hands.until(
        lambda: type(hands.app.screen).__name__ == "PickDialog" and bool(hands.app.screen.query(PickList))
    )
    dialog = hands.app.screen
    await hands.until(lambda: dialog.query_one(PickList).has_focus)
    for key in words:
        await hands.tap("space" if key == " " else key)
    await hands.until(lambda: dialog.query_one(PickList).sought == words)
    await hands.tap("enter")
    await hands.until(lambda: hands.app.screen is not dialog)
