"""The repair orders: due soonest first, found by typing, opened with Enter."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from bench.journal.rows import OrderRow
from bench.language import N_, _
from tui.screens.room import Room
from tui.widgets.order_header import days_left, show_date
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

_FLAGS = {
    "no-quote": N_("quote not signed"),
    "refused": N_("refused"),
    "interrupted": N_("interrupted"),
    "nonconforming": N_("nonconforming"),
    "alert": N_("alert"),
}


def standing(row: OrderRow) -> str:
    """Return where an order stands, in words: its step and what is wrong, or that it is closed."""
    words = [_(_FLAGS[flag]) for flag in row.flags if flag in _FLAGS]
    step = _("closed") if row.closed else str(row.step_title) if row.step_title else _("not begun")
    sign = "✔ " if row.closed else "⚠ " if words else ""
    return sign + " · ".join([*words, step])


def _standing_style(row: OrderRow) -> str:
    if row.closed:
        return "$success"
    return "$warning" if any(flag in _FLAGS for flag in row.flags) else ""


def _promised(row: OrderRow) -> str:
    if not row.promised:
        return ""
    return (
        show_date(row.promised) if row.closed else f"{show_date(row.promised)} {days_left(row.promised, date.today())}"
    )


def _due_style(row: OrderRow) -> str:
    return "$error" if row.promised and not row.closed and row.promised[:10] < date.today().isoformat() else ""


class OrdersScreen(Room):
    """The list that a working day starts from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Clear the search"), show=False, id="back"),
        Binding("f4", "sign_in", N_("Change operator"), id="operator"),
    ]

    def furnish(self) -> ComposeResult:
        yield PickList[OrderRow](
            [
                Column(N_("order"), 13, lambda row: row.number),
                Column(N_("watch"), 0, lambda row: row.watch),
                Column(N_("calibre"), 20, lambda row: row.calibre, wide_only=True),
                Column(N_("procedure"), 24, lambda row: str(row.procedure_title), wide_only=True),
                Column(N_("promised"), 18, _promised, style=_due_style),
                Column(N_("where it stands"), 0, standing, style=_standing_style),
            ],
            nothing=N_("No repair order yet."),
        )
        yield Panel()

    async def on_screen_resume(self) -> None:
        await self.reload()

    async def reload(self) -> None:
        """Read the orders again: open ones first, due soonest first."""
        self.query_one(Panel).clear()
        rows = await self.app.at_bench(self.app.workshop.desk.orders)
        people = self.query_one(PickList)
        people.fill(sorted(rows, key=lambda row: (row.closed, row.promised or "9999", row.number)))
        people.focus()
        self.refresh_bindings()

    def main_word(self) -> str:
        return _("Open")

    def action_back(self) -> None:
        self.query_one(PickList).clear_search()

    def action_sign_in(self) -> None:
        self.app.change_operator()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        self.app.open_order(event.row.number)  # type: ignore[attr-defined]
