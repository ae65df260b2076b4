"""The Textual application: paints first, opens the workshop behind it, leads from sign-in to the finished sheet.

Everything that touches the record runs in one thread, the bench's, one call at a time; only stopping an instrument
goes past it. Nothing heavy is imported before the first picture stands.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, TypeVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme

from bench.errors import EtabliError, ExitCode
from bench.language import N_, _, current, msg, use
from tui.keys import hints
from tui.screens.opening import OpeningScreen
from tui.screens.room import Room

if TYPE_CHECKING:
    from bench.desk import Desk
    from bench.metrology import InstrumentRecord
    from bench.people import Operator, Role
    from bench.pool import LinkEvent
    from bench.quantities import Quantity
    from bench.work import Work

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("etabli.tui")

SETTLE_SECONDS = 20.0
# How long the terminal may take to be restored after a signal; a hang-up leaves nothing to restore.
LAST_SECONDS = 2.0
_BEHIND_THE_PICTURE = ("tui.screens.sign_in", "tui.screens.orders", "tui.screens.bench", "tui.screens.summary")

# Enamel, brass and ink. The verdict's colours differ in lightness too, and never stand without a word and a sign.
LACQUER = Theme(
    name="etabli",
    primary="#e0ac4f",
    secondary="#7fb7e0",
    warning="#f0c94a",
    error="#ff8066",
    success="#56cfa1",
    accent="#7fb7e0",
    foreground="#dde3ea",
    background="#10151c",
    surface="#151b24",
    panel="#222c39",
    boost="#2b3746",
    dark=True,
    variables={"text-muted": "#93a1b3", "input-cursor-background": "#e0ac4f", "scrollbar": "#2b3746"},
)


class Workshop(Protocol):
    """An opened workshop, as the application uses it."""

    desk: Desk
    operators: Sequence[Operator]
    records: Sequence[InstrumentRecord]
    notices: Sequence[EtabliError]
    asker: Callable[[Quantity, str], str] | None
    """Whom to ask for readings that are keyed in; the application puts itself here."""

    def sheet(self, order_number: str, fmt: str) -> Path:
        """Write the order's sheet and return where it is."""
        ...

    def on_order(self, number: str) -> None:
        """Say which order lies on the bench (the simulated bench puts its watch there)."""
        ...

    def close(self) -> None: ...


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


class EtabliApp(App[int]):
    """The bench on the screen. `opener` is called in the bench's thread, after the first picture."""

    CSS_PATH = "etabli.tcss"
    TITLE = "Établi"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "stop", N_("Stop"), priority=True),
        Binding("f1", "help", N_("Help"), priority=True),
        Binding("question_mark", "help", N_("Help"), show=False),
        Binding("f2", "language", N_("English / français"), show=False, priority=True),
        Binding("ctrl+p", "command_palette", N_("All commands"), show=False, priority=True),
        Binding("ctrl+q", "quit", N_("Quit"), priority=True),
    ]

    def __init__(
        self, opener: Callable[[], Workshop], *, language: str, demo: bool = False, order: str | None = None
    ) -> None:
        use(language)
        super().__init__()
        self.register_theme(LACQUER)
        self.theme = "etabli"
        self._opener = opener
        self._wanted = order
        self._bench = ThreadPoolExecutor(1, thread_name_prefix="bench")
        self._unsubscribe: Callable[[], None] | None = None
        self._asking: Future[str | None] | None = None
        self._leaving = False
        self._opened: Workshop | None = None
        self.simulated = demo
        self.operator: Operator | None = None
        self.role: Role | None = None

    @property
    def workshop(self) -> Workshop:
        """The opened workshop; no screen that asks for it is shown before it is open."""
        assert self._opened is not None
        return self._opened

    # -- opening

    def get_default_screen(self) -> Screen[Any]:
        return OpeningScreen()

    def on_mount(self) -> None:
        self._catch_signals()
        self.call_after_refresh(self.open_workshop)

    def open_workshop(self) -> None:
        """Load the rest and open the workshop, behind the picture."""
        self.run_worker(self._open(), exit_on_error=False)

    async def _open(self) -> None:
        try:
            opened = await self.at_bench(self._load)
        except EtabliError as error:
            self._say_not_open(error)
            return
        except Exception as error:  # said on the screen, with the log's reference; never a traceback
            self._say_not_open(self.mishap(error))
            return
        self._opened = opened
        opened.asker = self.ask_reading
        self.simulated = self.simulated or any(record.simulated for record in opened.records)
        loop = asyncio.get_running_loop()

        def heard(event: LinkEvent) -> None:
            loop.call_soon_threadsafe(self.post_message, LinkChanged(event))

        self._unsubscribe = opened.desk.pool.subscribe(heard)
        for notice in opened.notices:
            self.notify(str(notice), severity="warning", markup=False, timeout=15)
        self.change_operator()

    def _load(self) -> Workshop:
        workshop = self._opener()
        for name in _BEHIND_THE_PICTURE:
            importlib.import_module(name)
        return workshop

    def _say_not_open(self, error: EtabliError) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, OpeningScreen):
                screen.failed(error)

    # -- from room to room

    def change_operator(self) -> None:
        """Ask who works here."""
        from tui.screens.sign_in import SignInScreen

        self.push_screen(SignInScreen())

    def signed_in(self, operator: Operator, role: Role) -> None:
        """Journal who works here from now on, and go on to the orders (or back to the order in hand)."""

        async def sign_in() -> None:
            from tui.screens.orders import OrdersScreen

            await self.at_bench(self.workshop.desk.sign_in, operator, role)
            first = self.operator is None
            self.operator, self.role = operator, role
            await self.screen.dismiss()
            if first:
                await self.push_screen(OrdersScreen())
                if self._wanted:
                    await self._open_order(self._wanted)
            else:
                self.retranslate()

        self._attempt(sign_in)

    def open_order(self, number: str) -> None:
        """Put an order on the bench."""
        self._attempt(self._open_order, number)

    async def _open_order(self, number: str) -> None:
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

        self.switch_screen(SummaryScreen(work))

    def _attempt(self, act: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
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
        log.error("unexpected", exc_info=error)
        return EtabliError(
            msg("The program made a mistake: {kind}.", kind=type(error).__name__),
            msg("{error}", error=str(error)),
            msg("What was saved is safe. Try again; if it happens again, tell the developers."),
        )

    # -- the bench's thread

    async def at_bench(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` in the bench's thread, after what already waits there."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._bench, lambda: call(*args, **kwargs))

    @property
    def measuring(self) -> bool:
        """Whether an instrument runs a program now."""
        return any(getattr(screen, "running", None) is not None for screen in self.screen_stack)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.measuring if action == "stop" else True

    def action_stop(self) -> None:
        """Space, whatever stands on the screen and wherever the keyboard is."""
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
        self._answer_asked(None)

    def on_link_changed(self, message: LinkChanged) -> None:
        from bench.instrument import LinkState
        from tui.screens.bench import BenchScreen

        event = message.event
        for screen in self.screen_stack:
            if isinstance(screen, BenchScreen):
                screen.link_changed(event.instrument, event.state)
        if event.state is LinkState.LOST:
            self.bell()

    # -- leaving

    def _catch_signals(self) -> None:
        """SIGTERM and SIGHUP stop the instruments, close the workshop and restore the terminal."""
        if sys.platform == "win32":
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            try:
                loop.add_signal_handler(number, self._leave_by_signal, 128 + int(number))
            except (RuntimeError, ValueError):  # not in the main thread: a test or an embedding
                return

    def _leave_by_signal(self, code: int) -> None:
        """Leave from a thread of its own: after a hang-up the terminal may hold up the loop for ever."""
        if not self._leaving:
            self._leaving = True
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._leave_behind, args=(loop, code), daemon=True).start()

    def _leave_behind(self, loop: asyncio.AbstractEventLoop, code: int) -> None:
        self._settle()
        last = threading.Timer(LAST_SECONDS, os._exit, (code,))
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(lambda: self.exit(code, return_code=code))

    async def leave(self) -> None:
        """Stop what runs, close the workshop, end the program."""
        if not self._leaving:
            self._leaving = True
            await asyncio.to_thread(self._settle)
            self.exit(0)

    def _settle(self) -> None:
        """Stop the instruments safely, then close the workshop in the bench's thread, after what still runs there."""
        if self._unsubscribe is not None:
            self._unsubscribe()
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
            if isinstance(self.screen, Confirm):
                return

            def answered(yes: bool | None) -> None:
                if yes:
                    self.run_worker(self.leave(), exit_on_error=False)

            question = Confirm(lambda: _("A measurement is running. Stop it safely and quit?"))
            self.push_screen(question, answered)
            return
        self.run_worker(self.leave(), exit_on_error=False)

    def action_help_quit(self) -> None:
        self.notify(_("Ctrl+Q quits."), markup=False)

    # -- language, help, palette

    def action_language(self) -> None:
        """Go over to the other language, at once and everywhere."""
        use("en" if current() == "fr" else "fr")
        self.retranslate()

    def retranslate(self) -> None:
        """Draw every word again."""
        for screen in self.screen_stack:
            if isinstance(screen, Room):
                screen.retranslate()
            else:
                for widget in screen.query("*"):
                    widget.refresh(layout=True)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(hints(self.screen, hidden=True)))

    def action_command_palette(self) -> None:
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=_("Search a command …"), id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        other = "English" if current() == "fr" else "Français"
        yield SystemCommand(
            _("Language: {language}").format(language=other), _("Change the language"), self.action_language
        )
        yield SystemCommand(_("Help"), _("List the keys of this screen"), self.action_help)
        if self.operator is not None and not self.measuring:
            yield SystemCommand(_("Change operator"), _("Sign in as somebody else"), self.change_operator)
        yield SystemCommand(_("Quit"), _("Leave the bench"), self.action_quit)


def run(opener: Callable[[], Workshop], *, language: str, demo: bool = False, order: str | None = None) -> int:
    """Run the bench in this terminal and return the exit status. Without a terminal: a message and USAGE."""
    use(language)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(
            _("The bench needs a terminal; here there is none. “etabli --help” lists what runs without."),
            file=sys.stderr,
        )
        return int(ExitCode.USAGE)
    app = EtabliApp(opener, language=language, demo=demo, order=order)
    app.run()
    return app.return_code or 0
