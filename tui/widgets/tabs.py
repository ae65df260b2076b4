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

    def _drawn(self) -> list[tuple[str, str]]:
        return [
            (name, f" {self._word(words)} {self.counts[name]} " if name in self.counts else f" {self._word(words)} ")
            for name, words in self.tabs
        ]

    def render(self) -> Content:
        parts: list[str | tuple[str, str]] = [_ARROWS]
        for name, words in self._drawn():
            parts.append((words, "bold $background on $primary" if name == self.taken else "$text-muted"))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        at = cell_len(_ARROWS)
        for name, words in self._drawn():
            if at <= event.x < at + cell_len(words):
                self.taken = name
                self.refresh()
                self.post_message(self.Taken(name))
            at += cell_len(words)
