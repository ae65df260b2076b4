"""Pictures of the program for the README and the docs: `python -m docs.pictures` writes docs/pictures/*.svg.

The demonstration workshop runs behind them, with its simulated instruments on their real protocols; what must have
happened before a picture is done without a screen first.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import chdir
from pathlib import Path

from textual import events

from bench.language import use
from tui import demo
from tui.answers import Answers
from tui.app import EtabliApp
from tui.folder import Folder
from tui.follow_app import FollowApp
from tui.following import FollowedWorkshop
from tui.headless import HeadlessRun, SafeEnd
from tui.screens.bench import BenchScreen
from tui.screens.dialogs import PinDialog
from tui.screens.errands import ROOMS
from tui.screens.orders import OrdersScreen
from tui.widgets.form import ChoiceField, Field, TickField

HERE = Path(__file__).absolute().parent / "pictures"
SIZE = (130, 42)
BEFOREHAND, AT_WORK = 400.0, 25.0
"""How fast device time runs: for what is done before, and for what is seen live."""
PIN = "0000"
# The order that is worked on, the one in the leak tester, the one that is finished; and where they are led to.
ORDER, LEAKING, FINISHED = "D-102", "D-104", "D-101"
LED = {ORDER: "inspect", LEAKING: "dry-test", FINISHED: ""}
ANSWERS = {"moisture_visible": "no", "way": "regulate"}
# What a French reader is shown too; the other pictures have few words.
FRENCH = ("bench", "form", "leak", "orders", "refusal", "strip")
# A picture asks no server for its letters.
FONTS = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->", re.DOTALL)


class Led(HeadlessRun):
    """Brings an order to a step, or to its end."""

    def lead(self, number: str, step: str) -> None:
        work = self._desk.work(number)
        while not work.closed and (work.step is None or work.step.id != step):
            self._step(work)


def prepare(place: Folder) -> None:
    """Do without a screen what the pictures begin with."""
    with demo.open_workshop(place, None, BEFOREHAND) as workshop, SafeEnd(workshop.desk.stop) as end:
        for number, step in LED.items():
            row = workshop.journal.order(number)
            assert row is not None
            workshop.on_order(number)
            answers = Answers.load(demo.HERE / "answers" / f"{row.procedure}.toml")
            led = Led(
                workshop.desk,
                workshop.settings,
                answers,
                end,
                photos=place.photos,
                say=lambda _sentence: None,
                show=lambda _judged: None,
            )
            led.lead(number, step)


class Photographer:
    """Works by keys and takes a picture of what stands there."""

    def __init__(self, app: EtabliApp, language: str) -> None:
        self.app, self.language = app, language
        self.taken: list[Path] = []

    async def until(self, condition: Callable[[], object]) -> None:
        while not condition():
            await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Wait until no worker runs and the last picture stands."""
        await asyncio.sleep(0.1)
        await self.until(lambda: all(worker.is_finished for worker in self.app.workers))
        await asyncio.sleep(0.1)

    async def tap(self, *keys: str) -> None:
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await asyncio.sleep(0.05)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.tap(key)
            await self.settle()

    async def sign_in(self) -> None:
        """Sign in as the first of the list, with the demonstration's PIN."""
        await self.until(lambda: len(self.app.screen_stack) > 1)
        await self.settle()
        self.picture("sign-in")
        await self.tap("enter")
        await self.until(lambda: isinstance(self.app.screen, PinDialog) and self.app.focused is not None)
        await self.tap(*PIN, "enter")
        await self.until(lambda: isinstance(self.app.screen, OrdersScreen))
        await self.settle()

    async def open(self, number: str) -> BenchScreen:
        """Put an order on the bench, from the list."""
        self.app.open_order(number)
        await self.until(lambda: isinstance(self.app.screen, BenchScreen) and self.app.screen.now is not None)
        await self.settle()
        screen = self.app.screen
        assert isinstance(screen, BenchScreen)
        return screen

    async def fill_in(self) -> None:
        """Answer the field under the keyboard."""
        assert self.app.focused is not None
        field = next(node for node in self.app.focused.ancestors_with_self if isinstance(node, Field))
        wanted = ANSWERS.get(field.spec.id)
        if isinstance(field, ChoiceField):
            options = [option for option, _words in field.options()]
            await self.press(*["right"] * (options.index(wanted) + 1 if wanted in options else 1))
        elif not isinstance(field, TickField):
            await self.press(*"4711")
        await self.press("enter")

    async def go_to(self, bench: BenchScreen, step: str, *, begun: bool = False) -> None:
        """Work on until this step stands there, or is `begun`."""
        while bench.now is None or bench.now.step is None or bench.now.step.id != step or (begun > bench.now.started):
            await (self.fill_in() if self.app.focused is not None else self.press("enter"))

    async def live(self, bench: BenchScreen, name: str, enough: Callable[[], bool], *, more: float = 0.0) -> None:
        """Start what is to be measured and take the picture while it runs, `more` seconds later; then let it end."""
        await self.tap("enter")
        await self.until(lambda: bench.running is not None)
        await self.until(lambda: enough() or bench.running is None)
        await asyncio.sleep(more)
        self.picture(name)
        await self.until(lambda: bench.running is None)
        await self.settle()

    def picture(self, name: str) -> None:
        if self.language != "en" and name not in FRENCH:
            return
        suffix = "" if self.language == "en" else f".{self.language}"
        path = HERE / f"{name}{suffix}.svg"
        svg = FONTS.sub("", self.app.export_screenshot(title="etabli", simplify=True))
        path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
        self.taken.append(path)


async def at_the_bench(place: Folder, language: str) -> list[Path]:
    """Take the pictures of the bench and of the rooms beside it."""
    app = EtabliApp(lambda: demo.open_workshop(place, None, AT_WORK), language=language, demo=True)
    at_work = Photographer(app, language)
    async with app.run_test(size=SIZE):
        await at_work.sign_in()

        bench = await at_work.open(ORDER)
        await at_work.go_to(bench, "inspect", begun=True)
        for _field in range(2):
            await at_work.fill_in()
        at_work.picture("form")
        await at_work.go_to(bench, "timing-before", begun=True)
        await at_work.live(bench, "strip", lambda: len(bench.pictures.strip.beats) > 260)
        while bench.now is not None and bench.now.outcome is None:
            await at_work.press("enter")
        at_work.picture("bench")
        await at_work.go_to(bench, "decide", begun=True)
        at_work.picture("diagnosis")
        await at_work.fill_in()
        at_work.picture("refusal")
        await at_work.press("escape")

        bench = await at_work.open(LEAKING)
        await at_work.go_to(bench, "dry-test", begun=True)
        await at_work.live(bench, "leak", lambda: bench.live.newest.get("test_pressure", 0.0) > 0, more=1.2)
        await at_work.press("escape")

        at_work.picture("orders")
        app.open_order(FINISHED)
        await at_work.until(lambda: not isinstance(app.screen, OrdersScreen))
        await at_work.settle()
        at_work.picture("summary")
        await at_work.press("enter", "f8")
        at_work.picture("settings")
        await at_work.press("escape")
        for _word, module, name in ROOMS:
            room = getattr(importlib.import_module(module), name)()
            await app.push_screen(room)
            await at_work.settle()
            at_work.picture(module.rpartition(".")[2])
            await app.pop_screen()
        await at_work.press("ctrl+q")
    return at_work.taken


async def at_a_window(place: Folder, language: str) -> list[Path]:
    """Take the picture of an order that is followed in a browser."""
    app = FollowApp(lambda: FollowedWorkshop(place), language=language, simulated=True)
    looking = Photographer(app, language)
    async with app.run_test(size=SIZE):
        await looking.until(lambda: len(app.screen_stack) > 1)
        await looking.settle()
        await looking.tap("enter")
        await looking.until(lambda: isinstance(app.screen, PinDialog) and app.focused is not None)
        await looking.tap(*PIN, "enter")
        await looking.until(lambda: isinstance(app.screen, OrdersScreen))
        app.open_order(ORDER)
        await looking.until(lambda: not isinstance(app.screen, OrdersScreen))
        await looking.settle()
        looking.picture("follow")
        await looking.press("ctrl+q")
    return looking.taken


def main(languages: Sequence[str] = ("en", "fr")) -> int:
    HERE.mkdir(exist_ok=True)
    for language in languages:
        use(language)
        # A path of its own, so that no picture shows where it was taken.
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            place = Folder(Path("demonstration"))
            prepare(place)
            taken = asyncio.run(at_the_bench(place, language))
            if language == "en":
                taken += asyncio.run(at_a_window(place, language))
        for path in taken:
            print(path.relative_to(HERE.parents[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
