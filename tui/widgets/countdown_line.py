"""The line that says why the bench is about to go on by itself, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from bench.language import _

if TYPE_CHECKING:
    from tui.advance import Scatter


class CountdownLine(Widget):
    """Hidden but after a run that passed. `left` seconds until the bench goes on, 0 when it waits for a key."""

    def __init__(self) -> None:
        super().__init__()
        self.scatter: Scatter | None = None
        self.to = ""
        self.left = 0
        self.display = False

    def begin(self, scatter: Scatter, seconds: int, to: str) -> None:
        """Show the criterion, and count from `seconds`; `to` is the next position, "" the next step."""
        self.scatter, self.left, self.to = scatter, seconds, to
        self.display = True
        self.refresh()

    def count(self) -> int:
        """Count one second down and return what is left."""
        self.left = max(0, self.left - 1)
        self.refresh()
        return self.left

    def stop(self) -> None:
        """Count no longer."""
        self.left = 0
        self.display = False

    def render(self) -> Content:
        if self.scatter is None:
            return Content("")
        if not self.left:
            return Content.assemble((str(self.scatter), "$text-muted"))
        if self.to:
            words = _("{position}: measuring in {seconds} s, Space waits")
        else:
            words = _("Next step in {seconds} s, Space waits")
        return Content.assemble(
            ("➤ " + words.format(position=self.to, seconds=self.left), "bold $secondary"),
            (f" · {self.scatter}", "$text-muted"),
        )
