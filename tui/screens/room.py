"""What all screens share: first and last line, layouts by size, and the notice on a terminal that is too small."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from tui.survival import Hardy
from tui.widgets.bars import KeyBar, TooSmall, TopBar

if TYPE_CHECKING:
    from tui.app import EtabliApp

SMALLEST = (80, 24)


@dataclass(frozen=True)
class Errand:
    """Something that can be done in a room beside its keys: its words now, and the act."""

    word: str
    act: Callable[[], Awaitable[None]]


class Room(Hardy, Screen[None]):
    """A screen of the bench. `main_word` names what Enter does now."""

    app: EtabliApp
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (SMALLEST[0], "-narrow"), (120, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (SMALLEST[1], "-low"), (40, "-tall")]
        self.came_back = False
        """Whether this is not the first time that the room is entered; true once that is done."""

    def compose(self) -> ComposeResult:
        self._fit_at_once()
        yield TopBar()
        with Container(id="room"):
            yield from self.furnish()
        yield KeyBar()
        yield TooSmall()

    def _fit_at_once(self) -> None:
        """Take the layout for this size before anything is styled: Textual takes it after the first picture, and then
        styles and paints everything once more.
        """
        width, height = self.app.size
        for cells, steps in ((width, self.HORIZONTAL_BREAKPOINTS), (height, self.VERTICAL_BREAKPOINTS)):
            self.add_class(max(step for step in steps or () if step[0] <= cells)[1])

    @on(events.ScreenResume)
    def _styled_already(self, event: events.ScreenResume) -> None:
        """Spare a room that has just been furnished what only one that comes back may need: other styles."""
        event.refresh_styles = event.refresh_styles and self.came_back
        self.came_back = True

    @on(events.ScreenResume)
    def enlarge(self) -> None:
        """Let the reading have the room, where big digits are wanted."""
        big = self.app.preferences.big_digits
        self.set_class(big, "-big")
        self.query("Readout").set_class(big, "-big")

    def furnish(self) -> ComposeResult:
        """Compose what stands between the first and the last line."""
        yield from ()

    def main_word(self) -> str:
        """Return the word for what Enter does now, "" where it does nothing."""
        return ""

    def errands(self) -> Sequence[Errand]:
        """Return what can be done here now that has no key of its own: for the menu and the palette."""
        return ()

    def action_main(self) -> None:
        """Do the main thing of this screen."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "main" and not self.main_word():
            return False
        size = self.app.size
        cramped = size.width < SMALLEST[0] or size.height < SMALLEST[1]
        return not cramped

    def retranslate(self) -> None:
        """Draw every word again, in the language in force."""
        self.enlarge()
        for widget in self.query("*"):
            widget.refresh(layout=True)
        self.refresh_bindings()
        self.refresh(layout=True)
