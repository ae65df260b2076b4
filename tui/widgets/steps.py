"""The map of an order: the stages of its procedure, the steps of the one that one is at, what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from bench.language import Message, Text, _

if TYPE_CHECKING:
    from bench.procedure.model import Stage
    from bench.work import StepMark

MARKS = {
    "done": ("✔", "$success"),
    "current": ("▶", "bold $primary"),
    "ahead": ("·", "$text-muted"),
    "blocked": ("✘", "bold $error"),
    "skipped": ("–", "$text-muted"),
}
_BAD = {"fail": ("✘", "$error"), "conditional": ("≈", "$warning"), "no-verdict": ("—", "$secondary")}
_HERE = ("current", "blocked")


def mark_of(status: str, outcome: str) -> tuple[str, str]:
    """Return the symbol and the style of a step in this status, ended with this outcome."""
    if status == "done" and outcome in _BAD:
        return _BAD[outcome]
    return MARKS.get(status, MARKS["ahead"])


@dataclass(frozen=True)
class Group:
    """A stage and its steps; a procedure without stages is one group without a title."""

    title: Text | None
    marks: tuple[StepMark, ...]

    @property
    def status(self) -> str:
        """Return where the stage stands: as its steps do, "ahead" and "done" where some of them are skipped."""
        found = {mark.status for mark in self.marks}
        for status in (*_HERE, "ahead", "done"):
            if status in found:
                return status
        return "skipped"

    @property
    def outcome(self) -> str:
        """Return the worst of how its steps ended."""
        return next((bad for bad in _BAD if any(mark.outcome == bad for mark in self.marks)), "")

    @property
    def passed(self) -> bool:
        return self.status in ("done", "skipped")


def grouped(marks: Sequence[StepMark], stages: Sequence[Stage]) -> list[Group]:
    """Return the stages with their steps, those without a step left out."""
    if not stages:
        return [Group(None, tuple(marks))]
    groups = [Group(stage.title, tuple(mark for mark in marks if mark.stage == stage.id)) for stage in stages]
    return [group for group in groups if group.marks]


def cut(words: str, cells: int) -> str:
    """Return words on at most `cells` cells."""
    return words if cell_len(words) <= cells else words[: max(0, cells - 1)] + "…"


class StepsMap(Widget):
    """One line on a small terminal, a list beside the work on a large one."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[Group] = []

    def show(self, marks: Sequence[StepMark], stages: Sequence[Stage] = ()) -> None:
        """Draw these steps."""
        self.groups = grouped(marks, stages) if marks else []
        self.refresh()

    def render(self) -> Content:
        if not self.groups:
            return Content("")
        return self._line() if self.size.height == 1 else self._list()

    @property
    def _here(self) -> int:
        """The stage one stands in, the number of stages after the last."""
        return next((n for n, group in enumerate(self.groups) if group.status in _HERE), len(self.groups))

    def _line(self) -> Content:
        here = self._here
        if here == len(self.groups):
            return Content.assemble((f" {_('all steps done')}", "bold"))
        group = self.groups[here]
        at = next(n for n, mark in enumerate(group.marks) if mark.status in _HERE)
        symbols = [mark_of(mark.status, mark.outcome or "") for mark in group.marks]
        step = str(group.marks[at].title)
        if group.title is None:
            head = _("Step {number} of {count}").format(number=at + 1, count=len(group.marks))
        else:
            head = _("Stage {number} of {count}").format(number=here + 1, count=len(self.groups))
        room = self.size.width - len(head) - len(symbols) - 6
        title = str(group.title) if group.title is not None and str(group.title) != step else ""
        over = max(8, room - cell_len(step) - 3)
        if title:
            title = f"{cut(title, over)} · " if room - cell_len(step) - 3 >= 8 else ""
        left = Content.assemble((f" {head}  ", "$text-muted"), title, (cut(step, room - cell_len(title)), "bold"))
        gap = max(1, self.size.width - left.cell_length - len(symbols) - 1)
        return Content.assemble(left, " " * gap, *symbols)

    def _list(self) -> Content:
        width = self.size.width
        lines: list[Content] = []
        centre = 0
        for n, group in enumerate(self.groups):
            status = group.status
            inside = status in _HERE
            if group.title is not None:
                symbol, style = MARKS["current"] if inside else mark_of(status, group.outcome)
                words = "bold" if inside else "" if status == "done" else "$text-muted"
                number = f"{n + 1:>2} "
                title = cut(str(group.title), width - len(number) - 4)
                lines.append(Content.assemble((f" {symbol} ", style), (number, "$text-muted"), (title, words)))
            for mark in group.marks if inside or group.title is None else self._told(group):
                if mark.status in _HERE:
                    centre = len(lines)
                lines += self._step(mark, width, 4 if group.title is not None else 0)
        room = self.size.height
        if centre == 0 and self._here == len(self.groups):
            centre = len(lines)
        first = max(0, min(centre - room // 2, len(lines) - room))
        return Content("\n").join(lines[first : first + room])

    def _told(self, group: Group) -> list[StepMark]:
        """Return the steps of a stage left behind that somebody chose to leave out."""
        return [mark for mark in group.marks if mark.reason is not None and not isinstance(mark.reason, Message)]

    def _step(self, mark: StepMark, width: int, indent: int) -> list[Content]:
        symbol, style = mark_of(mark.status, mark.outcome or "")
        words = "bold" if mark.status in _HERE else "" if mark.status == "done" else "$text-muted"
        title = cut(str(mark.title), width - indent - 4)
        lines = [Content.assemble(" " * indent, (f" {symbol} ", style), (title, words))]
        if mark.status == "skipped" and mark.reason is not None:
            lines.append(Content.styled(" " * (indent + 5) + cut(str(mark.reason), width - indent - 6), "$text-muted"))
        return lines
