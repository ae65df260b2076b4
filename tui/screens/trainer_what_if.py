"""What a session would have said otherwise, beside what it said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from textual.app import ComposeResult
from textual.content import Content

from bench.judging import Judged
from bench.language import N_, _
from bench.recording.heard import Heard, same
from tui import lines
from tui.screens.errands import ErrandRoom
from tui.widgets.page import Page, prose, table
from tui.widgets.panel import Panel


class WhatIfScreen(ErrandRoom):
    """A table under `words`: each figure as it was and, under `now`, as it would be. No record is touched."""

    def __init__(self, tasks: Sequence[Heard], words: Callable[[], str], now: str = N_("what if")) -> None:
        super().__init__()
        self.tasks = tasks
        self.words = words
        self.now = now

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()

    def _write(self, width: int) -> list[Content]:
        rows, styles = [], []
        for task in self.tasks:
            for name, old, new in _figures(task):
                changed = old is None or new is None or not same(new, old)
                if not changed and not any(each.verdict.limit for each in (old, new) if each is not None):
                    continue
                rows.append([task.task.step, name, *_cells(old), *_cells(new), "≠" if changed else ""])
                styles.append("bold $warning" if changed else "")
        heads = [_("step"), _("quantity"), _("value"), _("verdict"), _(self.now), _("verdict"), ""]
        failed = [line for task in self.tasks for line in _failed(task, width)]
        return [*prose(self.words(), width, "bold"), Content(""), *table(heads, rows, width, styles), *failed]


def _figures(task: Heard) -> Iterator[tuple[str, Judged | None, Judged | None]]:
    for new, old in task.pairs():
        yield lines.named(new.measurement.quantity, new.measurement.label), old, new
    for old in task.missing():
        yield lines.named(old.measurement.quantity, old.measurement.label), old, None


def _cells(judged: Judged | None) -> list[str]:
    return ["–", "–"] if judged is None else [str(judged.measurement.value), lines.outcome(judged.verdict)]


def _failed(task: Heard, width: int) -> list[Content]:
    """Say of a task that was measured why it does not come to its end this time."""
    if task.error is None or task.cut_off or task.agrees:
        return []
    where = f"{task.task.step} {task.task.label}".strip()
    said = _("{step}: today it does not replay: {error}").format(step=where, error=task.error)
    return prose(said, width, "$warning")
