"""Where a PIN is typed: digits that are not shown, and what was wrong with the last ones."""

from __future__ import annotations

from math import ceil
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from bench.errors import EtabliError, Refused
from bench.language import N_, _

SHORTEST, LONGEST = 4, 12


class PinEntry(Widget, can_focus=True):
    """Takes digits and Enter. What is typed goes nowhere but into `Typed`: not to the screen, not to a clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("Confirm"), id="main"),
        Binding("backspace", "rub_out", N_("Delete the last digit"), show=False, id="rub-out"),
    ]

    class Typed(Message):
        """Enter was pressed on enough digits."""

        def __init__(self, pin: str) -> None:
            super().__init__()
            self.pin = pin

    def __init__(self, error: EtabliError | None = None) -> None:
        super().__init__()
        self._digits = ""
        self._error: EtabliError | None = None
        self._until = 0.0
        self._refuse(error)

    @property
    def waiting(self) -> int:
        """The whole seconds before another PIN is looked at."""
        return max(0, ceil(self._until - monotonic()))

    def refuse(self, error: EtabliError) -> None:
        """Say why the last PIN was not taken, and wait as long as it says."""
        self._refuse(error)
        self.refresh(layout=True)

    def _refuse(self, error: EtabliError | None) -> None:
        from bench.pins import WrongPin  # the keys' room is not needed for the first picture

        self._digits = ""
        self._error = error
        self._until = monotonic() + error.wait if isinstance(error, WrongPin) and error.wait else 0.0

    def on_mount(self) -> None:
        self.set_interval(0.5, self._count_down)

    def _count_down(self) -> None:
        if self._until:
            if not self.waiting:
                self._until = 0.0
            self.refresh(layout=True)

    def on_key(self, event: events.Key) -> None:
        if not (event.is_printable and event.character):
            return
        event.stop()
        event.prevent_default()
        self.take(event.character)

    def take(self, typed: str) -> None:
        """Add digits to what is typed; anything else is not taken."""
        for sign in typed:
            if sign in "0123456789" and len(self._digits) < LONGEST:
                self._digits += sign
            else:
                self.app.bell()
        self.refresh()

    def action_rub_out(self) -> None:
        self._digits = self._digits[:-1]
        self.refresh()

    def action_main(self) -> None:
        if len(self._digits) < SHORTEST or self.waiting:
            self.app.bell()
            return
        typed, self._digits = self._digits, ""
        self.refresh()
        self.post_message(self.Typed(typed))

    def render(self) -> Content:
        parts: list[str | tuple[str, str]] = [
            _("PIN"),
            "  ",
            (f" {'● ' * len(self._digits)}▏ ".ljust(2 * LONGEST + 3), "bold $primary on $background"),
        ]
        if said := self._said():
            parts += ["\n\n", (said, "$error")]
        return Content.assemble(*parts)

    def _said(self) -> str:
        error = self._error
        if error is None:
            return ""
        reason = error.refusal.reason if isinstance(error, Refused) else error.what
        from bench.pins import WrongPin

        if not isinstance(error, WrongPin):
            return f"{reason} {error.remedy or ''}".rstrip()
        if self.waiting:
            return f"{reason} " + _("Wait: {time}").format(time=f"{self.waiting // 60}:{self.waiting % 60:02}")
        return f"{reason} " + _("Type it again.")
