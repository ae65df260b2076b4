"""The locked bench: nothing of the order is seen until the same person, or somebody else, proves to be here."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from bench.errors import EtabliError
from bench.language import N_, _
from tui.screens.dialogs import Words
from tui.screens.room import Room
from tui.widgets.pin_entry import PinEntry


class LockScreen(Room):
    """Lies over every other screen. What an instrument measures goes on, and Space stops it as ever."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "switch", N_("Change operator"), id="operator")]

    def furnish(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._who, classes="question")
            yield Words(self._what_runs)
            keys = self.app.workshop.desk.keys
            if keys is not None and keys.preset:
                preset = keys.preset
                yield Words(lambda: _("Demonstration: everybody's PIN is {pin}.").format(pin=preset), classes="hint")
            yield PinEntry()

    def main_word(self) -> str:
        return _("Unlock")

    def _who(self) -> str:
        operator = self.app.operator
        return _("The bench is locked. {name} goes on with their PIN.").format(name=operator.name if operator else "")

    def _what_runs(self) -> str:
        if self.app.measuring:
            return _("A measurement is running and goes on; Space stops it. Somebody else signs in after it.")
        return _("Somebody else signs in with F4; the order stays where it is.")

    def on_mount(self) -> None:
        self.query_one(PinEntry).focus()
        self.set_interval(1.0, self._look)

    def _look(self) -> None:
        """A measurement may have ended meanwhile."""
        for words in self.query(Words):
            words.refresh(layout=True)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "switch" and self.app.measuring:
            return False
        return super().check_action(action, parameters)

    def action_switch(self) -> None:
        self.app.change_operator()

    def take_badge(self, badge: str) -> None:
        """A badge that is scanned here is that of somebody who takes over."""
        if not self.app.measuring:
            self.app.change_operator(badge)

    def on_pin_entry_typed(self, event: PinEntry.Typed) -> None:
        self.run_worker(self._unlock(event.pin), exit_on_error=False)

    async def _unlock(self, pin: str) -> None:
        """Ask beside the bench's thread, which a running measurement may hold for minutes."""
        try:
            await asyncio.to_thread(self.app.workshop.desk.unlock, pin)
        except EtabliError as error:
            self.query_one(PinEntry).refuse(error)
            self.app.bell()
        except Exception as error:  # as everywhere: said, logged, survived; and locked
            self.query_one(PinEntry).refuse(self.app.mishap(error))
        else:
            self.app.uncover()

    def on_screen_resume(self) -> None:
        if not self.app.locked:
            self.dismiss()

    def on_screen_suspend(self) -> None:
        self.call_later(self.app.cover)
