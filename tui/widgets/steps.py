"""The map of an order: the stages of its procedure, the steps of the one that one is at, what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from bench.language import Text, _

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
MOST_SYMBOLS = 9
"""As many steps of a stage stand as symbols on the line of a small terminal."""


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
    here = next((n for n, mark in enumerate(marks) if mark.status in _HERE), len(marks))
    # What lies behind and was never come by stands on another branch.
    marks = [replace(m, status="skipped") if n < here and m.status == "ahead" else m for n, m in enumerate(marks)]
    if not stages:
        return [Group(None, tuple(marks))]
    groups = [Group(stage.title, tuple(mark for mark in marks if mark.stage == stage.id)) for stage in stages]
    return [group for group in groups if group.marks]


def cut(words: str, cells: int) -> str:
    """Return words on at most `cells` cells."""
    return words if cell_len(words) <= cells else words[: max(0, cells - 1)] + "…"


def around(marks: Sequence[StepMark], at: int) -> list[StepMark]:
    """Return the steps next to that at `at`, those passed over left out where nobody chose to."""
    told = [n for n, mark in enumerate(marks) if mark.status != "skipped" or mark.reason is not None]
    place = told.index(at)
    first = max(0, min(place - MOST_SYMBOLS // 2, len(told) - MOST_SYMBOLS))
    return [marks[n] for n in told[first : first + MOST_SYMBOLS]]


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
        symbols = [mark_of(mark.status, mark.outcome or "") for mark in around(group.marks, at)]
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
        lines: list[Content] = []
        centre = 0
        for n, group in enumerate(self.groups):
            status = group.status
            inside = status in _HERE
            if group.title is not None:
                symbol, style = MARKS["current"] if inside else mark_of(status, group.outcome)
                words = "bold" if inside else "" if status == "done" else "$text-muted"
                head = Content.assemble((f" {symbol} ", style), (f"{n + 1:>2} ", "$text-muted"))
                lines += self._folded(head, str(group.title), words)
            for mark in group.marks if inside or group.title is None else _told(group):
                if mark.status in _HERE:
                    centre = len(lines)
                lines += self._step(mark, 4 if group.title is not None else 0)
        room = self.size.height
        if self._here == len(self.groups):
            centre = len(lines)
        first = max(0, min(centre - room // 2, len(lines) - room))
        return Content("\n").join(lines[first : first + room])

    def _step(self, mark: StepMark, indent: int) -> list[Content]:
        symbol, style = mark_of(mark.status, mark.outcome or "")
        words = "bold" if mark.status in _HERE else "" if mark.status == "done" else "$text-muted"
        lines = self._folded(Content.assemble(" " * indent, (f" {symbol} ", style)), str(mark.title), words)
        if mark.status == "skipped" and mark.reason is not None:
            lines += self._folded(Content(" " * (indent + 5)), str(mark.reason), "$text-muted")
        return lines

    def _folded(self, head: Content, words: str, style: str) -> list[Content]:
        """Return words after a head, folded under one another."""
        first, *rest = wrap(words, self.size.width - head.cell_length - 1) or [""]
        hang = " " * head.cell_length
        return [Content.assemble(head, (first, style)), *(Content.assemble(hang, (each, style)) for each in rest)]


def _told(group: Group) -> list[StepMark]:
    """Return the steps of a stage left behind that somebody chose to leave out."""
    return [mark for mark in group.marks if mark.status == "skipped" and isinstance(mark.reason, Text)]
