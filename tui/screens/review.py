"""What rests on an instrument: its verdicts since its last good check, and which of them a found error changes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.impact import Affected, Review
from bench.language import N_, _
from bench.quantities import QUANTITIES, Value
from tui import lines
from tui.screens.errands import ErrandRoom
from tui.widgets.order_header import show_date
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList


class _Finding(Widget):
    """Which instrument, which error was found, how many verdicts change."""

    def __init__(self, found: Review) -> None:
        super().__init__()
        self.found = found

    def render(self) -> Content:
        found = self.found
        errors = [
            _("error of {quantity}: {error}").format(quantity=QUANTITIES[key], error=Value(QUANTITIES[key], error))
            for key, error in found.errors.items()
            if error
        ]
        counts = _("{changed} of {all} verdicts change.").format(changed=len(found.changed), all=len(found.verdicts))
        words = [_("Since the last good check of {instrument}:").format(instrument=found.instrument), *errors]
        style = "bold $error" if found.changed else "bold"
        return Content("\n").join([Content(" " + "  ".join(words)), Content.styled(" " + counts, style)])


def _value(entry: Affected) -> str:
    return str(Value(QUANTITIES[entry.quantity], entry.value))


def _corrected(entry: Affected) -> str:
    return "—" if entry.corrected is None else str(Value(QUANTITIES[entry.quantity], entry.corrected))


def _after(entry: Affected) -> str:
    return "—" if entry.after is None else f"{entry.after.symbol} {entry.after}"


class ReviewScreen(ErrandRoom):
    """The verdicts in doubt; Enter opens the order."""

    def __init__(self, found: Review) -> None:
        super().__init__()
        self.found = found

    def furnish(self) -> ComposeResult:
        yield _Finding(self.found)
        yield Panel()
        yield PickList[Affected](
            [
                Column("", 1, lambda entry: "!" if entry.changes else "", style=lambda _entry: "bold $error"),
                Column(N_("order"), 13, lambda entry: entry.order),
                Column(N_("date"), 10, lambda entry: show_date(entry.at)),
                Column(N_("quantity"), 0, lambda entry: lines.named(QUANTITIES[entry.quantity], entry.label)),
                Column(N_("value"), 0, _value),
                Column(N_("corrected"), 0, _corrected),
                Column(N_("verdict"), 0, lambda entry: f"{entry.before.symbol} {entry.before}", wide_only=True),
                Column(N_("verdict then"), 0, _after),
            ],
            nothing=N_("No verdict rests on it since its last good check."),
        )

    def on_mount(self) -> None:
        found = self.query_one(PickList)
        found.fill(sorted(self.found.verdicts, key=lambda entry: (not entry.changes, entry.at)))
        found.focus()

    def main_word(self) -> str:
        return _("Open the order") if self.found.verdicts else ""

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        entry = event.row
        assert isinstance(entry, Affected)
        self.app.open_order(entry.order)
