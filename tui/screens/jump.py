"""Jump mode: a letter stands on everything that can take the keyboard; pressing it goes there."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from bench.language import N_
from tui.survival import Hardy


def targets(screen: Screen[Any]) -> list[Widget]:
    """Return what can be jumped to and is in sight, from the top; fewer than there are letters."""
    seen = screen.region
    found = [widget for widget in screen.focus_chain if isinstance(widget, Widget) and _sight(widget, seen)]
    return sorted(found, key=lambda widget: (widget.region.y, widget.region.x))[: len(ascii_lowercase)]


def _sight(widget: Widget, screen: Region) -> bool:
    return bool(widget.region.area) and screen.contains_region(Region(*widget.region.offset, 1, 1))


class Letter(Widget):
    """One letter, on the corner of what it leads to."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.letter = letter

    def render(self) -> Content:
        return Content.assemble((f" {self.letter} ", "bold $background on $primary"))


class JumpScreen(Hardy, ModalScreen[Widget | None]):
    """Lies over the screen until a letter is pressed; Esc leaves everything as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f7", "dismiss(None)", N_("Back"), id="back")]

    def __init__(self, to: Sequence[Widget]) -> None:
        super().__init__()
        self.to = dict(zip(ascii_lowercase, to, strict=False))

    def compose(self) -> ComposeResult:
        for letter, widget in self.to.items():
            mark = Letter(letter.upper())
            mark.styles.offset = widget.region.offset
            yield mark

    def on_key(self, event: events.Key) -> None:
        if event.character and event.is_printable:
            event.stop()
            self.dismiss(self.to.get(event.character.lower()))


def arrive(widget: Widget | None) -> None:
    """Put the keyboard there."""
    if widget is not None and widget.is_attached:
        widget.focus()
        if isinstance(widget, Input):
            widget.cursor_position = len(widget.value)
