"""Hands for the screen's tests: press keys, wait until everything has settled, read what is on the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from screen_bench import SteppedPool, Workbench
from textual import events
from textual.css.query import NoMatches
from textual.pilot import Pilot

from bench import language
from tui.app import EtabliApp
from tui.preferences import STEADY, Preferences
from tui.screens.summary import SummaryScreen
from tui.widgets.form_fields import ChoiceField, Field, TickField
from tui.widgets.steps import StepsMap

CHARACTERS = {"space": " ", "plus": "+", "comma": ","}
SMALL, LARGE = (80, 24), (160, 50)
PATIENCE_SECONDS = 20.0


class Hands:
    """Works at the bench by keys alone."""

    def __init__(self, app: EtabliApp, pilot: Pilot[int], bench: Workbench) -> None:
        self.app, self.pilot, self.bench = app, pilot, bench
        self.may_crash = False

    @property
    def screen(self) -> str:
        """The whole screen as text, line by line."""
        rows = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in row).rstrip() for row in rows)

    @property
    def last_line(self) -> str:
        return self.screen.splitlines()[-1]

    async def settle(self) -> None:
        """Wait until no worker runs."""
        await self.until(lambda: all(worker.is_finished for worker in self.app.workers))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition; fails after many turns of the loop, and long enough for a busy machine, not hangs."""
        turns, given_up = 0, time.monotonic() + PATIENCE_SECONDS
        while turns < 400 or time.monotonic() < given_up:
            # A screen that has just been opened has none of its widgets yet.
            with suppress(NoMatches):
                if condition():
                    return
            turns += 1
            # The pilot paints by itself: a widget that crashes would crash the test, not the program.
            await (asyncio.sleep(0.02) if self.may_crash else self.pilot.pause(0.005))
        raise AssertionError(f"it never came true; on the screen:\n{self.screen}")

    async def sees(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        await self.until(lambda: all(word in self.screen for word in words))

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each when the one before has had its effect."""
        for key in keys:
            await self.tap(key)
            await self.settle()

    async def tap(self, *keys: str) -> None:
        """Press keys without waiting for what they set going."""
        for key in keys:
            character = CHARACTERS.get(key, key if len(key) == 1 else None)
            self.app.post_message(events.Key(key, character))
            await self.pilot.pause()

    async def answer(self, answers: Mapping[str, str]) -> None:
        """Fill in the field under the keyboard: as `answers` says by field id, else "yes", the first choice, "A1"."""
        field = next(f for f in self.app.focused.ancestors_with_self if isinstance(f, Field))  # type: ignore[union-attr]
        wanted = answers.get(field.spec.id, "")
        if isinstance(field, ChoiceField):
            options = [option for option, _words in field.options()]
            times = options.index(wanted) + 1 if wanted else 1
            await self.press(*["right"] * times)
        elif not isinstance(field, TickField):
            await self.press(*(wanted or ("21" if field.spec.kind == "number" else "A1")))
        await self.press("enter")

    async def work_through(self, answers: Mapping[str, str]) -> None:
        """Go on with Enter and the arrows until the summary stands there."""
        for _step in range(120):
            if isinstance(self.app.screen, SummaryScreen):
                return
            if self.app.focused is not None:
                await self.answer(answers)
            else:
                await self.until(lambda: bool(self.app.screen.main_word()))  # a wait lasts its time
                await self.press("enter")
        raise AssertionError(f"the order does not end; on the screen:\n{self.screen}")

    async def sign_in_and_open(self) -> None:
        """Sign in as the first operator, put the first order on the bench, begin its step."""
        await self.press("enter", "enter", "enter")

    async def sign_in_and_begin(self) -> None:
        """Sign in as the first operator where an order was named, and begin its step."""
        await self.press("enter")
        await self.until(lambda: self.app.screen.query(StepsMap) and self.app.screen.now is not None)
        await self.press("enter")


@asynccontextmanager
async def at_the_bench(
    folder: Path,
    *,
    size: tuple[int, int] = SMALL,
    lang: str = "en",
    pool: SteppedPool | None = None,
    order: str | None = None,
    step: str = "",
    self_check: bool = True,
    pins: Mapping[str, str] | None = None,
    procedure: str = "controle-mecanique",
    wait_scale: float = 1e9,
    liked: Preferences = STEADY,
    kept_in: Path | None = None,
    may_crash: bool = False,
) -> AsyncIterator[Hands]:
    """Open the real application over a stepped bench; closes both. A crash that is survived fails the test."""
    before = language.current()
    bench: list[Workbench] = []

    def opener() -> Workbench:
        bench.append(
            Workbench(folder, pool, self_check=self_check, pins=pins, procedure=procedure, wait_scale=wait_scale)
        )
        if step and order:
            bench[0].lead_to(order, step)
        return bench[0]

    app = EtabliApp(opener, language=lang, order=order, liked=liked, kept_in=kept_in)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            for _turn in range(400):
                await pilot.pause(0.005)
                if app.operator is not None or (bench and all(w.is_finished for w in app.workers)):
                    break
            hands = Hands(app, pilot, bench[0])
            hands.may_crash = may_crash
            yield hands
            if app.crashes and not may_crash:
                raise app.crashes[0]
    finally:
        app._bench.shutdown(wait=False)  # its thread would keep the whole program alive to the end of the tests
        language.use(before)
