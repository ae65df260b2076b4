"""One row of the log, opened: all it says, the event behind it, and the raw frames of its recording."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from textual.app import ComposeResult
from textual.content import Content

from bench.errors import EtabliError
from bench.events import Event
from bench.journal.rows import LogKind, LogRow
from bench.journal.titles import StepTitles
from bench.language import _
from tui import lines
from tui.log_query import KINDS
from tui.log_words import about, outcome, step_title
from tui.raw_frames import frames
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.widgets.page import Page, facts, heading, prose
from tui.widgets.panel import Panel

# From so many cells on, sixteen bytes and their signs fit a line.
WIDE = 86


class LogRowScreen(ErrandRoom):
    """Enter opens the order; the page goes from the row to its event and down to the bytes."""

    def __init__(self, row: LogRow) -> None:
        super().__init__()
        self.row = row
        self.event: Event | None = None
        self.titles: StepTitles | None = None
        self.frames: list[str] = []
        self.wire_error: EtabliError | None = None

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()
        self.do(self._load)

    async def _load(self) -> None:
        workshop, row = self.app.workshop, self.row
        per_line = 16 if self.app.size.width >= WIDE else 12

        def read() -> tuple[Event | None, list[str], EtabliError | None]:
            event = workshop.desk.journal.event(row.seq)
            self.titles = StepTitles(workshop.desk.journal)
            if not row.recording:
                return event, [], None
            try:
                return event, frames(workshop.folder.recordings, row.recording, per_line), None
            except EtabliError as error:
                return event, [], error

        self.event, self.frames, self.wire_error = await self.app.at_bench(read)
        self.query_one(Page).rewrite()

    def main_word(self) -> str:
        return _("Open the order") if self.row.order else ""

    def action_main(self) -> None:
        if self.row.order:
            self.app.open_order(self.row.order)

    def errands(self) -> Sequence[Errand]:
        found = [Errand(_("Open the order"), self._open)] if self.row.order else []
        return [*found, Errand(_("All that this order's step says"), self._step)]

    async def _open(self) -> None:
        self.app.open_order(self.row.order)

    async def _step(self) -> None:
        from tui.screens.log import LogScreen

        await self.app.push_screen(LogScreen(f"order:{self.row.order} {self.row.step}".strip()))

    def _procedure(self) -> str:
        title = self.titles.procedure(self.row.procedure) if self.titles is not None else None
        return str(title) if title is not None else self.row.procedure

    def _step_words(self) -> str:
        """Write the step's title, with the id that the log is searched by."""
        row = self.row
        title = step_title(row, self.titles) if self.titles is not None else row.step
        return f"{title} ({row.step})" if title != row.step else title

    def _write(self, width: int) -> list[Content]:
        row = self.row
        at = datetime.fromisoformat(row.at)
        pairs = [
            (_("What"), _(KINDS.get(row.kind, row.kind))),
            (_("Time"), f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f" {at:%z}"),
            (_("Order"), " · ".join(part for part in (row.order, row.watch, row.calibre, self._procedure()) if part)),
            (_("Operator"), row.operator),
            (_("Step"), " · ".join(part for part in (self._step_words(), _visit(row), _phase(row)) if part)),
            (_("About"), about(row, self.titles) if self.titles is not None else ""),
            (_("Value"), " ".join(part for part in (row.show_value(), row.show_expanded()) if part)),
            (_("Limit"), f"{row.limit} · {row.limit_source}" if row.limit else ""),
            (_("Decision rule"), lines.rule_name(row.rule) if row.limit else ""),
            (_("Outcome"), outcome(row, self.titles) if self.titles is not None else ""),
            (_("Remark"), str(row.tag or "")),
            (_("Text"), row.show_text() if row.kind == LogKind.MEASUREMENT else ""),
            (_("Event"), f"{row.seq}" + (f" · {self.event.hash}" if self.event else "")),
            (_("Recording"), row.recording),
        ]
        written = heading(_("The row"))[1:] + facts(pairs, width)
        if row.recording:
            written += heading(_("What crossed the wire"))
            if self.wire_error is not None:
                written += prose(str(self.wire_error), width, "$warning", "  ")
            written += [Content(f"  {line}"[:width]) for line in self.frames]
        if self.event is not None:
            written += heading(_("The event in the journal"))
            payload = json.dumps(self.event.payload, ensure_ascii=False, indent=2, default=dict)
            for line in payload.splitlines():
                indent = " " * (2 + len(line) - len(line.lstrip()))
                written += prose(line.strip(), width, "", indent[: width // 2])
        return written


def _visit(row: LogRow) -> str:
    return _("attempt {n}").format(n=row.attempt) if row.attempt > 1 else ""


def _phase(row: LogRow) -> str:
    return {"before": _("before"), "after": _("after")}.get(row.phase, row.phase)
