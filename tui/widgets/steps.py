"""The map of an order's steps: what is done and how it ended, where one stands, what lies ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from bench.language import _

if TYPE_CHECKING:
    from bench.work import StepMark

MARKS = {
    "done": ("✔", "$success"),
    "current": ("▶", "bold $primary"),
    "ahead": ("·", "$text-muted"),
    "blocked": ("✘", "bold $error"),
    "skipped": ("–", "$text-muted"),
}
_BAD = {"fail": ("✘", "$error"), "conditional": ("≈", "$warning"), "no-verdict": ("—", "$secondary")}


def mark_of(status: str, outcome: str) -> tuple[str, str]:
    """Return the symbol and the style of a step in this status, ended with this outcome."""
    if status == "done" and outcome in _BAD:
        return _BAD[outcome]
    return MARKS.get(status, MARKS["ahead"])


class StepsMap(Widget):
    """One line on a small terminal, a list beside the work on a large one."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: Sequence[StepMark] = ()

    def show(self, marks: Sequence[StepMark]) -> None:
        """Draw these steps."""
        self.marks = marks
        self.refresh()

    def render(self) -> Content:
        if not self.marks:
            return Content("")
        return self._line() if self.size.height == 1 else self._list()

    @property
    def _here(self) -> int:
        return next((n for n, mark in enumerate(self.marks) if mark.status in ("current", "blocked")), len(self.marks))

    def _line(self) -> Content:
        here = self._here
        count = len(self.marks)
        title = str(self.marks[here].title) if here < count else _("all steps done")
        head = _("Step {number} of {count}").format(number=min(here + 1, count), count=count)
        symbols = [mark_of(mark.status, mark.outcome or "") for mark in self.marks]
        room = self.size.width - len(head) - count - 6
        if len(title) > room:
            title = title[: max(0, room - 1)] + "…"
        left = Content.assemble((f" {head}  ", "$text-muted"), (title, "bold"))
        gap = max(1, self.size.width - left.cell_length - count - 1)
        return Content.assemble(left, " " * gap, *symbols)

    def _list(self) -> Content:
        room = self.size.height
        first = max(0, min(self._here - room // 2, len(self.marks) - room))
        lines = []
        for mark in self.marks[first : first + room]:
            symbol, style = mark_of(mark.status, mark.outcome or "")
            title = str(mark.title)
            width = self.size.width - 5
            if len(title) > width:
                title = title[: width - 1] + "…"
            words = "bold" if mark.status == "current" else "" if mark.status == "done" else "$text-muted"
            lines.append(Content.assemble((f" {symbol} ", style), (title, words)))
        return Content("\n").join(lines)
