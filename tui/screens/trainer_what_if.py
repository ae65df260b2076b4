"""What a session would have said otherwise, beside what it said."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content

from bench.language import _
from bench.recording.heard import Heard, same
from tui import lines
from tui.screens.errands import ErrandRoom
from tui.widgets.page import Page, prose, table
from tui.widgets.panel import Panel


class WhatIfScreen(ErrandRoom):
    """A table: each figure with a limit as it was and as it would be. Nothing of it goes into a record."""

    def __init__(self, tasks: Sequence[Heard], words: str) -> None:
        super().__init__()
        self.tasks = tasks
        self.words = words

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()

    def _write(self, width: int) -> list[Content]:
        rows, styles = [], []
        for task in self.tasks:
            for new, old in task.pairs():
                if old is None or (old.verdict.limit is None and new.verdict.limit is None):
                    continue
                changed = not same(new, old)
                name = lines.named(new.measurement.quantity, new.measurement.label)
                was = [str(old.measurement.value), lines.outcome(old.verdict)]
                now = [str(new.measurement.value), lines.outcome(new.verdict), "≠" if changed else ""]
                rows.append([task.task.step, name, *was, *now])
                styles.append("bold $warning" if changed else "")
        heads = [_("step"), _("quantity"), _("value"), _("verdict"), _("what if"), _("verdict"), ""]
        said = _("What if: {words}. Nothing of it goes into a record.").format(words=self.words)
        return [*prose(said, width, "bold"), Content(""), *table(heads, rows, width, styles)]
