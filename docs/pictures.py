"""Pictures of the bench for the README and the docs: `python -m docs.pictures` writes docs/pictures/*.svg.

The demonstration workshop runs behind it, with its simulated instruments on their real protocols.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual import events

from bench.language import use
from tui import demo
from tui.app import EtabliApp
from tui.folder import Folder
from tui.screens.bench import BenchScreen
from tui.screens.dialogs import PinDialog
from tui.widgets.form import ChoiceField, Field, TickField

HERE = Path(__file__).parent / "pictures"
SIZE = (130, 42)
SPEED = 40.0
PIN = "0000"
# A picture asks no server for its letters.
FONTS = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->", re.DOTALL)
ANSWERS = {"moisture_visible": "no", "way": "regulate"}


class Photographer:
    """Works through one order by keys and takes a picture where a step has been measured."""

    def __init__(self, app: EtabliApp, suffix: str) -> None:
        self.app, self.suffix = app, suffix

    async def settle(self) -> None:
        """Wait until no worker runs and the last picture stands."""
        await asyncio.sleep(0.1)
        while not all(worker.is_finished for worker in self.app.workers):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await self.settle()

    async def sign_in(self) -> None:
        """Sign in as the first of the list, with the demonstration's PIN."""
        for keys, then in ((["enter"], PinDialog), ([*PIN, "enter"], BenchScreen)):
            for key in keys:
                self.app.post_message(events.Key(key, key if len(key) == 1 else None))
            while not isinstance(self.app.screen, then) or (then is PinDialog and self.app.focused is None):
                await asyncio.sleep(0.05)

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

    async def go_to(self, step: str, *, measured: bool) -> None:
        """Work on until this step stands there, all its runs done where `measured`."""
        while True:
            screen = self.app.screen
            assert isinstance(screen, BenchScreen) and screen.now is not None and screen.now.step is not None
            if screen.now.step.id == step and (screen.now.outcome is not None or not measured):
                return
            await (self.fill_in() if self.app.focused is not None else self.press("enter"))

    def picture(self, name: str) -> Path:
        path = HERE / f"{name}{self.suffix}.svg"
        svg = FONTS.sub("", self.app.export_screenshot(title="etabli", simplify=True))
        path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
        return path


async def take(language: str) -> list[Path]:
    """Take every picture in one language."""
    with tempfile.TemporaryDirectory() as folder:
        place = Folder(Path(folder))
        app = EtabliApp(lambda: demo.open_workshop(place, None, SPEED), language=language, demo=True, order="D-102")
        async with app.run_test(size=SIZE):
            while len(app.screen_stack) < 2:
                await asyncio.sleep(0.05)
            at_work = Photographer(app, "" if language == "en" else f".{language}")
            await at_work.sign_in()
            while not isinstance(app.screen, BenchScreen) or app.screen.now is None:
                await asyncio.sleep(0.05)
            await at_work.go_to("timing-before", measured=True)
            taken = [at_work.picture("bench")]
            await at_work.go_to("decide", measured=False)
            await at_work.fill_in()
            taken.append(at_work.picture("refusal"))
            await at_work.press("escape")
            assert not isinstance(app.screen, BenchScreen)
            taken.append(at_work.picture("orders"))
            await at_work.press("ctrl+q")
    return taken


def main(languages: Sequence[str] = ("en", "fr")) -> int:
    HERE.mkdir(exist_ok=True)
    for language in languages:
        use(language)
        for path in asyncio.run(take(language)):
            print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
