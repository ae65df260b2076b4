"""The lines around the rows of the log: where the words are typed, what they find, the row under the cursor."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from bench.errors import EtabliError
from bench.journal.rows import LogKind, LogRow
from bench.language import N_, _, number
from tui.widgets.order_header import show_date
from tui.widgets.page import prose
from tui.widgets.readout import STATE_STYLES


class SearchLine(Input):
    """Where the words are typed; the arrows move in the rows below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", N_("Row above"), show=False, id="up"),
        Binding("down", "screen.move(1)", N_("Row below"), show=False, id="down"),
        Binding("pageup", "screen.move(-10)", N_("Ten rows up"), show=False, id="page-up"),
        Binding("pagedown", "screen.move(10)", N_("Ten rows down"), show=False, id="page-down"),
        Binding("enter", "main", N_("Open"), id="main"),
    ]

    def action_main(self) -> None:
        self.screen.action_main()  # type: ignore[attr-defined]


class Under(Widget):
    """What is wrong with the words, or how many rows they find; and the row under the cursor in full."""

    def __init__(self) -> None:
        super().__init__()
        self.error: EtabliError | None = None
        self.count: int | None = None
        self.news = 0
        self.row: LogRow | None = None
        self.about = self.outcome = ""

    def render(self) -> Content:
        width = max(20, self.size.width - 2)
        if self.error is not None:
            return Content("\n").join(prose(str(self.error), width, "$error", " ")[:4])
        found = _("{n} rows").format(n=number(self.count, 0)) if self.count is not None else _("counting …")
        news = _("{n} new above").format(n=number(self.news, 0)) if self.news else _("live")
        first = Content.styled(f" {found} · {news}", "$text-muted")
        lines = [first]
        if self.row is not None:
            row = self.row
            at = f"{datetime.fromisoformat(row.at):%Y-%m-%d %H:%M:%S}"
            head = " · ".join(part for part in (at, row.order, row.watch, row.calibre, row.operator) if part)
            value = " ".join(part for part in (row.show_value(), row.show_expanded(), str(row.limit or "")) if part)
            lines.append(Content.styled(f" {head}", "bold"))
            lines += prose(" · ".join(part for part in (self.about, value, self.outcome) if part), width, indent=" ")[
                :2
            ]
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])


def time_of(row: LogRow) -> str:
    """Write when: the time today, day and time before."""
    at = datetime.fromisoformat(row.at).astimezone()
    return f"{at:%H:%M:%S}" if at.date() == date.today() else f"{show_date(at.date().isoformat())} {at:%H:%M}"


def style_of(row: LogRow) -> str:
    """Return the colour of what a row came to."""
    if row.kind == LogKind.MEASUREMENT:
        return "" if row.refusal in ("information", "no-limit") else STATE_STYLES[row.verdict]
    return "$warning" if row.refusal or row.state in ("fail", "blocking", "refused") else ""
