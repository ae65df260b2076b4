"""The first and the last line of every screen: who works where, and which key does what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.widget import Widget

from bench.language import _, current
from tui.keys import Hint, fitting, hints

if TYPE_CHECKING:
    from tui.app import EtabliApp


class TopBar(Widget):
    """The first line: the program, the operator with the role, simulation and training, the language."""

    app: EtabliApp

    def render(self) -> Content:
        left = Content.assemble((" ÉTABLI ", "bold $background on $primary"))
        if self.app.simulated:
            left = Content.assemble(left, " ", (" " + _("SIMULATION") + " ", "bold $background on $warning"))
        if self.app.training:
            left = Content.assemble(left, " ", (" " + _("TRAINING MODE") + " ", "bold $background on $error"))
        if getattr(self.app, "read_only", False):
            left = Content.assemble(left, " ", (" " + _("READ ONLY") + " ", "bold $background on $secondary"))
        room = self.size.width - left.cell_length - 1
        ways = [Content(f"{who}{current().upper()} ") for who in self._who()]
        right = next((way for way in ways if way.cell_length <= room), ways[-1])
        gap = max(1, self.size.width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)

    def _who(self) -> list[str]:
        """Return who works here, in full and then ever shorter, nobody last: what stands on the left is never cut."""
        operator, role = self.app.operator, self.app.role
        if operator is None or role is None:
            return [""]
        first, _space, last = operator.name.partition(" ")
        short = f"{first[0]}. {last}" if last else operator.name
        return [f"{operator.name} · {role} · ", f"{short} · {role} · ", f"{operator.name} · ", f"{short} · ", ""]


class KeyBar(Widget):
    """The last line: the keys that do something now, at most six, the main one first."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def shown(self) -> list[tuple[int, int, Hint]]:
        """Return (first cell, last cell, hint) of each hint on the line."""
        places = []
        at = 0
        for hint in fitting(hints(self.screen), self.size.width):
            places.append((at, at + hint.width - 1, hint))
            at += hint.width
        return places

    def render(self) -> Content:
        parts: list[Content | str | tuple[str, str]] = []
        for place, hint in enumerate(fitting(hints(self.screen), self.size.width)):
            parts.append((f" {hint.key} ", "bold $background on $primary" if place == 0 else "bold $primary on $panel"))
            parts.append((f"{hint.word} ", "bold" if place == 0 else ""))
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        for first, last, hint in self.shown():
            if first <= event.x <= last:
                await self.app.run_action(hint.action, hint.node or self.screen)


class TooSmall(Widget):
    """What stands on a terminal smaller than the bench needs."""

    def render(self) -> Content:
        size = self.app.size
        return Content(
            _("The bench needs a terminal of at least 80 × 24; this one has {width} × {height}. Enlarge it.").format(
                width=size.width, height=size.height
            )
        )
