"""The keys of the screen underneath, listed from its bindings."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from bench.language import N_, _
from tui.keys import Hint


class KeyTable(Widget):
    """Every key with the word for what it does."""

    def __init__(self, keys: list[Hint]) -> None:
        super().__init__()
        self.keys = keys

    def render(self) -> Content:
        width = max((len(hint.key) for hint in self.keys), default=0) + 2
        lines = [Content.assemble((_("What the keys do here"), "bold $primary")), Content("")]
        lines += [Content.assemble((hint.key.ljust(width), "bold"), hint.word) for hint in self.keys]
        lines += [Content(""), Content.assemble((_("To copy: hold Shift and drag with the mouse."), "$text-muted"))]
        return Content("\n").join(lines)


class HelpScreen(ModalScreen[None]):
    """Closes with Esc, Enter or F1."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f1,question_mark", "dismiss", N_("Close"), id="back"),
    ]

    def __init__(self, keys: list[Hint]) -> None:
        super().__init__()
        self.keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            yield KeyTable(self.keys)
