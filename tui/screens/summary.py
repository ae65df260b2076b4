"""The end of an order: its verdicts, and where the sheet is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from bench.errors import EtabliError
from bench.judging import Judged
from bench.language import N_, _
from bench.training.blind import HIDDEN, OPEN, veil_of
from tui.screens.glance import Key, heading
from tui.screens.room import Room
from tui.widgets.order_header import OrderHeader
from tui.widgets.panel import Panel
from tui.widgets.readout import STATE_STYLES
from tui.widgets.results import Results
from tui.widgets.verdict import is_information

if TYPE_CHECKING:
    from bench.procedure.state import OrderState
    from bench.work import Work


class Ending(Widget):
    """The sentence at the top: the order is closed, with which verdicts, and the sheet's path."""

    def __init__(self, state: OrderState) -> None:
        super().__init__()
        self.state = state
        self.veil = OPEN
        self.path: Path | None = None

    def render(self) -> Content:
        last = self.veil.judged(last_figures(self.state).values())
        judged = [entry for entry in last if not is_information(entry)]
        counts: dict[str, int] = {}
        styles: dict[str, str] = {}
        for entry in judged:
            words = f"{entry.verdict.state.symbol} {entry.verdict.state}"
            counts[words] = counts.get(words, 0) + 1
            styles[words] = STATE_STYLES[entry.verdict.state]
        lines = [Content.assemble((_("The order is closed."), "bold $success"))]
        parts = [(f"{count} × {words}   ", f"bold {styles[words]}") for words, count in counts.items()]
        lines.append(Content.assemble(*parts))
        if self.veil:
            return Content("\n").join([*lines, Content(str(HIDDEN.reason))])
        where = str(self.path) if self.path else _("being written …")
        lines.append(Content.assemble((_("Sheet:") + " ", "bold"), where))
        return Content("\n").join(lines)


def last_figures(state: OrderState) -> dict[Key, Judged]:
    """Return each figure of the order as it was measured last, by (quantity id, label)."""
    return {(j.measurement.quantity.id, j.measurement.label): j for task in state.tasks for j in task.judged}


def first_figures(state: OrderState) -> dict[Key, Judged]:
    """Return each figure of the order as it was found."""
    backwards = reversed(state.tasks)
    return {(j.measurement.quantity.id, j.measurement.label): j for task in backwards for j in task.judged}


class SummaryScreen(Room):
    """Shown when an order closes, and when a closed one is opened again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("Orders"), id="main"),
        Binding("escape", "main", N_("Orders"), show=False, id="back"),
        Binding("s", "sheet", N_("Sheet"), id="sheet"),
    ]

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.state = work.state

    def furnish(self) -> ComposeResult:
        yield OrderHeader()
        yield Ending(self.state)
        yield Panel()
        yield Results()

    def on_mount(self) -> None:
        self.query_one(OrderHeader).show(heading(self.state))
        self.run_worker(self._look(), exit_on_error=False)

    async def _look(self) -> None:
        desk = self.work.desk
        veil = await self.app.at_bench(veil_of, desk.journal, self.work.number, desk.house)
        ending = self.query_one(Ending)
        ending.veil = veil
        ending.refresh(layout=True)
        last, first = last_figures(self.state), first_figures(self.state)
        changed = [key for key, entry in first.items() if entry is not last[key]]
        earlier = dict(zip(changed, veil.judged(first[key] for key in changed), strict=True))
        self.query_one(Results).show(veil.judged(last.values()), earlier)
        self.refresh_bindings()
        if not veil:
            self.action_sheet()

    def main_word(self) -> str:
        return _("Orders")

    def action_main(self) -> None:
        self.dismiss()

    def action_sheet(self) -> None:
        self.run_worker(self._write(), exit_on_error=False, exclusive=True)

    async def _write(self) -> None:
        try:
            path = await self.app.at_bench(self.app.workshop.sheet, self.work.number, "pdf")
        except EtabliError as error:
            self.query_one(Panel).say_error(error)
            return
        except Exception as error:  # as on the bench: said, logged, survived
            self.query_one(Panel).say_error(self.app.mishap(error))
            return
        ending = self.query_one(Ending)
        ending.path = path
        ending.refresh(layout=True)
