"""The first screen: painted at once, while the workshop opens behind it; says why when it cannot."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from bench.errors import EtabliError
from bench.language import N_, _
from tui.screens.room import Room
from tui.widgets.panel import Panel


class Opening(Widget):
    """The words that stand while the workshop opens."""

    def render(self) -> Content:
        return Content.assemble((_("The bench opens …"), "$primary"))


class OpeningScreen(Room):
    """Paints before anything heavy is loaded."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "main", N_("Try again"), id="main")]

    def furnish(self) -> ComposeResult:
        yield Opening()
        yield Panel()

    def main_word(self) -> str:
        return _("Try again") if self.query_one(Panel).shown else ""

    def failed(self, error: EtabliError) -> None:
        """Show why the workshop could not be opened."""
        self.query_one(Opening).display = False
        self.query_one(Panel).say_error(error)
        self.refresh_bindings()

    def action_main(self) -> None:
        self.query_one(Panel).clear()
        self.query_one(Opening).display = True
        self.refresh_bindings()
        self.app.open_workshop()
