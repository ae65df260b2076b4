"""A crash of a widget or a worker ends nothing: it is written down with a reference, said, and the bench goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import traceback
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from bench.errors import EtabliError
from bench.language import msg
from tui.endurance import keep_no_pictures

if TYPE_CHECKING:
    _Pump = MessagePump
else:
    _Pump = object

log = logging.getLogger("etabli.tui")
# So many crashes and the terminal would only be repainted over and over: then the program does end.
TOO_MANY = 50
KEPT_BYTES = 2_000_000


class Crash(EtabliError):
    """A mistake of the program, written down under `reference`."""

    def __init__(self, error: BaseException, reference: str, file: Path | None) -> None:
        super().__init__(
            msg("The program made a mistake: {kind}.", kind=type(error).__name__),
            msg("{error} Reference {reference}.", error=_sentence(error), reference=reference),
            msg("What was saved is safe. Go on; if it happens again, tell the developers: {file}", file=str(file))
            if file is not None
            else msg("What was saved is safe. Go on; if it happens again, tell the developers."),
        )
        self.reference = reference


def _sentence(error: BaseException) -> str:
    said = str(error).strip() or type(error).__name__
    return said if said.endswith((".", "!", "?", "…")) else said + "."


class Logbook:
    """Where crashes are written: errors.log in the workshop's folder of logs, one older file beside it."""

    def __init__(self) -> None:
        self.folder: Path | None = None

    def write(self, error: BaseException) -> Crash:
        """Write a crash down; return what to tell the person. A disk that refuses makes nothing worse."""
        reference = secrets.token_hex(3).upper()
        log.error("%s", reference, exc_info=error)
        at = datetime.now().astimezone().isoformat(timespec="seconds")
        lines = "".join(traceback.format_exception(error))
        file = None
        if self.folder is not None:
            with contextlib.suppress(OSError):
                file = self.folder / "errors.log"
                self.folder.mkdir(parents=True, exist_ok=True)
                if file.exists() and file.stat().st_size > KEPT_BYTES:
                    file.replace(file.with_suffix(".1.log"))
                with file.open("a", encoding="utf-8") as book:
                    book.write(f"{at} {reference}\n{lines}\n")
        return Crash(error, reference, file)


class Hardy(_Pump):
    """An application or a screen whose message loop goes on after a handler has crashed."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if isinstance(message, events.Compose | events.Mount):
                raise
            self.app._handle_exception(error)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that crashed beside everything else is said too."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and isinstance(error, Exception) and not event.worker.exit_on_error:
            self.app._handle_exception(error)


class HardyApp(Hardy, App[int]):
    """Survives what Textual would end the program for. `crashes` are those of this run, oldest first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        keep_no_pictures()
        self.logbook = Logbook()
        self.crashes: list[Exception] = []

    def say(self, error: EtabliError) -> None:
        """Show an error in the current room."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        """Textual calls this where it would end the program."""
        self.crashes.append(error)
        crash = self.logbook.write(error)
        if not self.screen_stack or not self.is_running or len(self.crashes) > TOO_MANY:
            super()._handle_exception(error)
            return
        culprit = drawn_last(error.__traceback__)
        if culprit is not None:
            culprit.display = False  # it would crash again at the next picture
        focused = self.focused
        if focused is not None and not focused.is_running:
            self.screen.set_focus(None)  # keys must not go to a widget that hears nothing any more
        self.call_later(self._leave_a_dead_room, self.screen)
        self.call_later(self.say, crash)

    def _leave_a_dead_room(self, screen: Screen[Any]) -> None:
        """Go back from a screen that could not be furnished."""
        if screen is self.screen and not screen._running and len(self.screen_stack) > 1:
            self.pop_screen()


def drawn_last(where: TracebackType | None) -> Widget | None:
    """Return the widget whose drawing or measuring crashed, None where something else did."""
    found = None
    while where is not None:
        frame = where.tb_frame
        owner = frame.f_locals.get("self")
        drawing = frame.f_code.co_name in ("render", "render_line", "render_lines", "get_content_height", "_render")
        if drawing and isinstance(owner, Widget) and not isinstance(owner, Screen):
            found = owner
        where = where.tb_next
    return found
