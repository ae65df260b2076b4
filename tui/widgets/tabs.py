"""A line of filters: each with how many it lets through, one taken; ← → and clicks take another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from bench.language import _

_ARROWS = " ← → "


class Tabs(Widget):
    """Draws its tabs (id, words in English); `counts` are shown beside them."""

    class Taken(Message):
        """Another tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: Sequence[tuple[str, str]], taken: str, word: Callable[[str], str] = _) -> None:
        super().__init__()
        self.tabs = tabs
        self.taken = taken
        self.counts: Mapping[str, int] = {}
        self._word = word

    def take(self, by: int) -> str:
        """Take the tab `by` places further, round and round, and return it."""
        names = [name for name, _words in self.tabs]
        self.taken = names[(names.index(self.taken) + by) % len(names)]
        self.refresh()
        return self.taken

    def _drawn(self) -> tuple[str, list[tuple[str, str]]]:
        """Return what stands before the tabs, and (id, cells) of each; shorter words where the line is narrow."""
        before, drawn = _ARROWS, self._words(1000)
        for before, letters in ((_ARROWS, 1000), (" ", 1000), (" ", 12), (" ", 8), (" ", 5)):
            drawn = self._words(letters)
            if cell_len(before) + sum(cell_len(words) for _name, words in drawn) <= self.size.width:
                break
        return before, drawn

    def _words(self, letters: int) -> list[tuple[str, str]]:
        drawn = []
        for name, said in self.tabs:
            words = self._word(said)
            if len(words) > letters and name != self.taken:
                words = words[: letters - 1] + "…"
            drawn.append((name, f" {words} {self.counts[name]} " if name in self.counts else f" {words} "))
        return drawn

    def render(self) -> Content:
        before, drawn = self._drawn()
        parts: list[str | tuple[str, str]] = [before]
        for name, words in drawn:
            parts.append((words, "bold $background on $primary" if name == self.taken else "$text-muted"))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        before, drawn = self._drawn()
        at = cell_len(before)
        for name, words in drawn:
            if at <= event.x < at + cell_len(words):
                self.taken = name
                self.refresh()
                self.post_message(self.Taken(name))
            at += cell_len(words)
