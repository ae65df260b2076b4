"""Small questions over a screen: a reason to type, a yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from bench.errors import EtabliError
from bench.language import N_, _
from tui.keys import hints
from tui.widgets.pin_entry import PinEntry

if TYPE_CHECKING:
    from bench.quantities import Quantity


class Words(Widget):
    """A sentence that is translated whenever it is drawn."""

    def __init__(self, words: Callable[[], str], *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self.words = words

    def render(self) -> Content:
        return Content(self.words())


class DialogKeys(Widget):
    """The keys of the dialog, under its question; a click does what the key does."""

    def render(self) -> Content:
        parts: list[str | tuple[str, str]] = []
        for hint in hints(self.screen):
            parts += [(f" {hint.key} ", "bold $primary on $panel"), f" {hint.word}  "]
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        at = 0
        for hint in hints(self.screen):
            at += len(hint.key) + len(hint.word) + 5
            if event.y == 0 and event.x < at:
                await self.app.run_action(hint.action, hint.node or self.screen)
                return


class _Asking(ModalScreen[str | None]):
    """A question with a line to type in; nothing but an answer or Esc ends it."""

    def __init__(self, question: Callable[[], str]) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self.question, classes="question")
            line = Input(compact=True)
            line.cursor_blink = False
            yield line
            yield DialogKeys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())
        else:
            self.app.bell()


class Reason(_Asking):
    """Asks for a reason in words; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "confirm", N_("Confirm"), id="main"),
        Binding("escape", "dismiss(None)", N_("Cancel"), id="back"),
    ]


class Keying(_Asking):
    """Asks for a reading that a person takes from a display; Esc gives None: the measurement is stopped."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "confirm", N_("Confirm"), id="main"),
        Binding("escape", "dismiss(None)", N_("Stop"), id="back"),
    ]

    def __init__(self, asked: Quantity, label: str) -> None:
        super().__init__(self._question)
        self.asked = asked
        self.label = label

    def _question(self) -> str:
        from bench.quantities import unit_text

        unit = unit_text(self.asked.unit)
        return _("Read the display: {quantity} {label} in {unit}").format(
            quantity=self.asked.name, label=self.label, unit=unit
        )


class Confirm(ModalScreen[bool]):
    """Asks yes or no: Enter, y or o confirm; Esc or n cancel."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)", N_("Yes"), id="main"),
        Binding("y,o", "dismiss(True)", N_("Yes"), show=False, id="yes"),
        Binding("escape", "dismiss(False)", N_("No"), id="back"),
        Binding("n", "dismiss(False)", N_("No"), show=False, id="no"),
    ]

    def __init__(self, question: Callable[[], str]) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self.question, classes="question")
            yield DialogKeys()


class PinDialog(ModalScreen[str | None]):
    """Asks for a PIN: to sign in, and to prove who signs; gives the digits, None on Esc. It checks nothing itself.

    `purpose` says what it is for; `refused` is what was wrong with the PIN before, and how long to wait.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Cancel"), id="back")]

    def __init__(self, purpose: str | Callable[[], str], *, hint: str = "", refused: EtabliError | None = None) -> None:
        super().__init__()
        self.purpose = purpose
        self.hint = hint
        self.refused = refused

    def compose(self) -> ComposeResult:
        purpose = self.purpose
        with Vertical(classes="dialog"):
            yield Words((lambda: purpose) if isinstance(purpose, str) else purpose, classes="question")
            if self.hint:
                yield Words(lambda: self.hint, classes="hint")
            yield PinEntry(self.refused)
            yield DialogKeys()

    def on_pin_entry_typed(self, event: PinEntry.Typed) -> None:
        self.dismiss(event.pin)
