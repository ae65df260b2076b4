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

_SECTIONS = {
    "field": N_("Where the keyboard is"),
    "screen": N_("On this screen"),
    "everywhere": N_("Everywhere"),
}


class KeyTable(Widget):
    """Every key with the word for what it does."""

    def __init__(self, keys: list[Hint]) -> None:
        super().__init__()
        self.keys = keys

    def render(self) -> Content:
        width = max((len(hint.key) for hint in self.keys), default=0) + 2
        lines = [Content.assemble((_("What the keys do here"), "bold $primary"))]
        for where, title in _SECTIONS.items():
            keys = [hint for hint in self.keys if hint.where == where]
            if keys:
                lines += [Content(""), Content.assemble((_(title), "$text-muted"))]
                lines += [Content.assemble((hint.key.ljust(width), "bold"), hint.word) for hint in keys]
        copying = _("To copy: drag with the mouse, then Ctrl+C; or hold Shift and drag.")
        return Content("\n").join([*lines, Content(""), Content.assemble((copying, "$text-muted"))])


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
