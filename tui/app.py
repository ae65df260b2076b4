"""The Textual application: paints first, opens the workshop behind it, leads from sign-in to the finished sheet.

Everything that touches the record runs in one thread, the bench's, one call at a time; only stopping an instrument
goes past it. Nothing heavy is imported before the first picture stands.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from bench.errors import EtabliError
from bench.language import N_, _, use
from tui import preferences, terminal
from tui.drafts import Drafts
from tui.endurance import Tidying
from tui.guiding import GuidedApp
from tui.hands import Label
from tui.leaving import Leaving
from tui.opened import Workshop
from tui.preferences import STEADY, Preferences
from tui.scanning import Scanning
from tui.screens.opening import OpeningScreen
from tui.sounds import Sound
from tui.survival import HardyApp

if TYPE_CHECKING:
    from bench.desk import Desk
    from bench.pool import LinkEvent
    from bench.quantities import Quantity
    from bench.work import Work
    from tui.first_start import FirstStart
    from tui.hearing import Hearing

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("etabli.tui")

SETTLE_SECONDS = 20.0
_BEHIND_THE_PICTURE = (
    "tui.hearing",
    "tui.screens.sign_in",
    "tui.screens.orders",
    "tui.screens.bench",
    "tui.screens.summary",
)


class LinkChanged(Message):
    """The link of an instrument changed its state."""

    def __init__(self, event: LinkEvent) -> None:
        super().__init__()
        self.event = event


class ReadingAsked(Message):
    """A reading is to be keyed in from a display."""

    def __init__(self, asked: Quantity, label: str) -> None:
        super().__init__()
        self.asked = asked
        self.label = label


class EtabliApp(HardyApp, GuidedApp):
    """The bench on the screen. `opener` is called in the bench's thread, after the first picture."""

    CSS_PATH = "etabli.tcss"
    TITLE = "Établi"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "stop", N_("Stop"), priority=True, id="stop"),
        Binding("f1", "help", N_("Help"), priority=True, id="help"),
        Binding("question_mark", "help", N_("Help"), show=False, id="help-sign"),
        Binding("f2", "language", N_("English / français"), show=False, priority=True, id="language"),
        Binding("f4", "change_operator", N_("Change operator"), show=False, id="operator"),
        Binding("f7", "jump", N_("Jump to a field"), show=False, priority=True, id="jump"),
        Binding("f8", "settings", N_("Settings"), show=False, priority=True, id="settings"),
        Binding("f9,ctrl+p", "command_palette", N_("All commands"), show=False, priority=True, id="palette"),
        Binding("f12", "quit", N_("Quit"), priority=True, id="quit"),
        Binding("ctrl+q", "quit", N_("Quit"), show=False, priority=True, id="quit-anywhere"),
    ]

    def __init__(
        self,
        opener: Callable[[], Workshop],
        *,
        language: str,
        demo: bool = False,
        order: str | None = None,
        liked: Preferences = STEADY,
        kept_in: Path | None = None,
        notices: Sequence[EtabliError] = (),
        first: FirstStart | None = None,
    ) -> None:
        """`liked` are this person's preferences, `kept_in` their file (None: for this run only)."""
        use(language)
        super().__init__()
        self.begin_with(liked, kept_in)
        self._first = first
        self._notices = notices
        self._scanning = Scanning(self)
        self._opener = opener
        self._wanted = order
        self._bench = ThreadPoolExecutor(1, thread_name_prefix="bench")
        self._unsubscribe: Callable[[], None] | None = None
        self._hearing: Hearing | None = None
        self._asking: Future[str | None] | None = None
        self._leaving = Leaving(self, self._settle)
        self._tidying: Tidying | None = None
        self.drafts = Drafts()
        """What was typed at the bench and is not confirmed yet."""
        self._opened: Workshop | None = None
        self.simulated = demo

    @property
    def workshop(self) -> Workshop:
        """The opened workshop; no screen that asks for it is shown before it is open."""
        assert self._opened is not None
        return self._opened

    @property
    def desk(self) -> Desk:
        return self.workshop.desk

    @property
    def training(self) -> bool:
        """Whether the workshop is one for training: everything in it is marked."""
        return self._opened is not None and self._opened.desk.house.training

    # -- opening

    def get_default_screen(self) -> Screen[Any]:
        return OpeningScreen()

    def on_mount(self) -> None:
        self._leaving.catch_signals()
        self.call_after_refresh(self.open_workshop)

    def open_workshop(self) -> None:
        """Load the rest and open the workshop, behind the picture."""
        self.run_worker(self._open(), exit_on_error=False)

    async def _open(self) -> None:
        if self._first is not None and self._first.needed:
            module = await self.at_bench(importlib.import_module, "tui.screens.first_start")
            await self.push_screen(module.FirstStartScreen(self._first))
            return
        try:
            opened = await self.at_bench(self._load)
        except EtabliError as error:
            self._say_not_open(error)
            return
        except Exception as error:  # said on the screen, with the log's reference; never a traceback
            self._say_not_open(self.mishap(error))
            return
        from tui.hearing import Hearing  # it brings the journal's room with it

        self._opened = opened
        opened.asker = self.ask_reading
        self.simulated = self.simulated or any(record.simulated for record in opened.records)
        loop = asyncio.get_running_loop()

        def heard(event: LinkEvent) -> None:
            loop.call_soon_threadsafe(self.post_message, LinkChanged(event))

        self._unsubscribe = opened.desk.pool.subscribe(heard)
        self._hearing = Hearing(opened.desk.journal.path, lambda: self.call_later(self.journal_grew))
        self.logbook.folder = opened.logs
        self.lock_after = opened.lock_after
        if opened.backups is not None:
            opened.backups.on_problem = lambda problem: self.call_later(self._warn, problem)
        for notice in (*self._notices, *opened.notices):
            self._warn(notice)
        self.change_operator()

    def _warn(self, notice: EtabliError) -> None:
        self.notify(str(notice), severity="warning", markup=False, timeout=15)

    def start_over(self, opener: Callable[[], Workshop] | None = None) -> None:
        """Open the workshop that the first start has made, or the demonstration instead."""
        self._first = None
        self._opener = opener or self._opener
        self.pop_screen()
        self.open_workshop()

    def _load(self) -> Workshop:
        workshop = self._opener()
        for name in _BEHIND_THE_PICTURE:
            importlib.import_module(name)
        if not self.is_headless:  # in tests programs come and go
            self._tidying = Tidying()
        return workshop

    def _say_not_open(self, error: EtabliError) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, OpeningScreen):
                screen.failed(error)

    def look(self) -> None:
        super().look()
        if self._tidying is not None:
            self._tidying.look(self.touched)

    # -- from room to room

    async def entered(self) -> None:
        from tui.screens.orders import OrdersScreen

        await self.push_screen(OrdersScreen())
        if self._wanted:
            await self.put_on_bench(self._wanted)

    def open_order(self, number: str) -> None:
        """Put an order on the bench."""
        self.attempt(self.put_on_bench, number)

    def journal_grew(self) -> None:
        """Let the screen in front take in what was journaled, here or elsewhere."""
        grew = getattr(self.screen, "journal_grew", None)
        if grew is not None:
            grew()

    async def put_on_bench(self, number: str) -> None:
        from tui.screens.bench import BenchScreen
        from tui.screens.summary import SummaryScreen

        def take_up() -> Work:
            self.workshop.on_order(number)
            return self.workshop.desk.work(number)

        work = await self.at_bench(take_up)
        await self.push_screen(SummaryScreen(work) if work.closed else BenchScreen(work))

    def finished(self, work: Work) -> None:
        """Show the end of an order that has just been closed."""
        from tui.screens.summary import SummaryScreen

        if not self.locked:  # the bench looks again when it is uncovered
            self.switch_screen(SummaryScreen(work))

    def attempt(self, act: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run an act that changes the room; what goes wrong is said in the room one stands in."""

        async def attempted() -> None:
            try:
                await act(*args, **kwargs)
            except EtabliError as error:
                self.say(error)
            except Exception as error:  # as everywhere: said, logged, survived
                self.say(self.mishap(error))

        self.run_worker(attempted(), exit_on_error=False)

    def say(self, error: EtabliError) -> None:
        """Show an error in the panel of the current screen, or as a note where it has none."""
        from tui.widgets.panel import Panel

        panels = self.screen.query(Panel)
        if panels:
            panels.first().say_error(error)
        else:
            self.notify(str(error), severity="error", markup=False)

    def mishap(self, error: Exception) -> EtabliError:
        """Log a mistake of the program and return what to tell the person."""
        return self.logbook.write(error)

    # -- the bench's thread

    async def at_bench(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` in the bench's thread, after what already waits there; once that has ended, end like it."""
        loop = asyncio.get_running_loop()
        try:
            asked = loop.run_in_executor(self._bench, lambda: call(*args, **kwargs))
        except RuntimeError as error:  # the bench is closed: a worker that was still to ask it has nothing to say
            raise asyncio.CancelledError from error
        return await asked

    @property
    def measuring(self) -> bool:
        """Whether an instrument runs a program now."""
        return any(getattr(screen, "running", None) is not None for screen in self.screen_stack)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop":
            return self.measuring or any(getattr(screen, "counting", False) for screen in self.screen_stack)
        return not self.closed(action)

    def action_stop(self) -> None:
        """Space, whatever stands on the screen and wherever the keyboard is."""
        for screen in self.screen_stack:
            wait = getattr(screen, "wait", None)
            if wait is not None:
                wait()
        self.stop_instruments()

    def stop_instruments(self) -> None:
        """Stop what runs, safely; the measurement under way then ends as interrupted."""
        from tui.screens.dialogs import Keying

        if isinstance(self.screen, Keying):
            self.screen.dismiss(None)
        if self._opened is not None:
            self.run_worker(asyncio.to_thread(self._opened.desk.stop), exit_on_error=False)

    def ask_reading(self, asked: Quantity, label: str) -> str:
        """Ask the person for what a display says; called in the bench's thread, returns what was typed.

        Raises Stopped when the question is answered with Esc.
        """
        from bench.instrument import Stopped

        self._asking = answer = Future[str | None]()
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.post_message, ReadingAsked(asked, label))
        typed = answer.result()
        if typed is None:
            raise Stopped(str(asked.name))
        return typed

    def on_reading_asked(self, message: ReadingAsked) -> None:
        from tui.screens.dialogs import Keying

        self.push_screen(Keying(message.asked, message.label), self._answer_asked)

    def _answer_asked(self, typed: str | None) -> None:
        if self._asking is not None and not self._asking.done():
            self._asking.set_result(typed)

    def on_unmount(self) -> None:
        self._hear_no_more()
        self._answer_asked(None)

    def _hear_no_more(self) -> None:
        if self._hearing is not None:
            self._hearing.end()

    def on_link_changed(self, message: LinkChanged) -> None:
        from bench.instrument import LinkState

        event = message.event
        for screen in self.screen_stack:
            changed = getattr(screen, "link_changed", None)
            if changed is not None:
                changed(event.instrument, event.state)
        if event.state is LinkState.LOST:
            self.ring(Sound.LOST)

    # -- leaving

    async def leave(self) -> None:
        """Stop what runs, close the workshop, end the program."""
        await self._leaving.leave()

    def _settle(self) -> None:
        """Stop the instruments safely, then close the workshop in the bench's thread, after what still runs there."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._hear_no_more()
        self._answer_asked(None)
        try:
            if self._opened is not None:
                self._opened.desk.stop()
                self._bench.submit(self._opened.close).result(SETTLE_SECONDS)
        except Exception as error:  # leaving goes on, whatever an instrument does
            log.error("closing", exc_info=error)
        self._bench.shutdown(wait=False, cancel_futures=True)

    async def action_quit(self) -> None:
        from tui.screens.dialogs import Confirm

        if self.measuring:
            if isinstance(self.screen, Confirm) or self.locked:
                return

            def answered(yes: bool | None) -> None:
                if yes:
                    self.run_worker(self.leave(), exit_on_error=False)

            question = Confirm(lambda: _("A measurement is running. Stop it safely and quit?"))
            self.push_screen(question, answered)
            return
        self.run_worker(self.leave(), exit_on_error=False)

    def action_help_quit(self) -> None:
        self.notify(_("F12 or Ctrl+Q quits."), markup=False)

    async def scanned(self, label: Label) -> None:
        """Go where one of our labels leads."""
        await self._scanning.scanned(label)


def run(
    opener: Callable[[], Workshop],
    *,
    language: str,
    demo: bool = False,
    order: str | None = None,
    first: FirstStart | None = None,
) -> int:
    """Run the bench in this terminal and return the exit status. Without a terminal: a message and USAGE."""
    use(language)
    if not terminal.here():
        return terminal.no_terminal()
    file = preferences.file()
    liked, notices = preferences.load(file)
    asked = os.environ.get("ETABLI_LANG") or any(word.startswith("--lang") for word in sys.argv)
    language = language if asked else liked.language or language
    use(language)
    app = EtabliApp(
        opener, language=language, demo=demo, order=order, liked=liked, kept_in=file, notices=notices, first=first
    )
    app.run()
    return app.return_code or 0
