"""The repair orders: due soonest first, found by typing, opened with Enter; what each waits for, and since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from bench.journal.rows import OrderRow
from bench.language import N_, Text, _, current
from bench.procedure.model import END
from bench.training.blind import hidden_orders, unflagged
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.waiting import Standings, Wait
from tui.widgets.order_header import days_left, show_date
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList
from tui.widgets.tabs import Tabs

_FLAGS = {
    "no-quote": N_("quote not signed"),
    "refused": N_("refused"),
    "interrupted": N_("interrupted"),
    "nonconforming": N_("nonconforming"),
    "alert": N_("alert"),
}
FILTERS = (
    ("open", N_("under way")),
    ("hierarchy", N_("for the hierarchy")),
    ("mine", N_("mine")),
    ("late", N_("late")),
    ("closed", N_("closed ones")),
    ("all", N_("all")),
)


@dataclass(frozen=True)
class Line:
    """One order in the list: its promise as it stands now, who has the watch, whether somebody above must decide.

    `step` is where it stands, entered or to come next; `wait` what it waits for; `text` what typed words are looked
    for in, case-folded.
    """

    row: OrderRow
    promised: str
    holder: str = ""
    holder_name: str = ""
    hierarchy: bool = False
    step: Text | None = None
    wait: Wait | None = None
    text: str = ""

    @property
    def flags(self) -> list[str]:
        """The flags that want somebody's eye; an alert is none any more once it is decided."""
        return [f for f in self.row.flags if f in _FLAGS and (f != "alert" or self.hierarchy)]


def filtered(lines: Sequence[Line], operator: str, today: str) -> dict[str, list[Line]]:
    """Return the lines that each filter lets through, for an operator on an ISO day."""
    found: dict[str, list[Line]] = {name: [] for name, _words in FILTERS}
    for line in lines:
        if line.row.closed:
            found["closed"].append(line)
            continue
        found["open"].append(line)
        if line.hierarchy:
            found["hierarchy"].append(line)
        if line.holder == operator:
            found["mine"].append(line)
        if line.promised and line.promised[:10] < today:
            found["late"].append(line)
    return found | {"all": list(lines)}


def standing(line: Line) -> str:
    """Return where an order stands, in words: its step and what is wrong, or that it is closed."""
    row = line.row
    title = line.wait.title if line.wait is not None else None
    words = [str(title)] if title is not None else []
    words += [_(_FLAGS[flag]) for flag in line.flags if flag != "alert" or title is None]
    if row.closed:
        step = _("closed")
    elif row.step_title is not None:
        step = str(row.step_title)
    elif row.step == END:
        step = _("to be closed")
    elif row.step:
        step = _("next: {step}").format(step=line.step) if line.step is not None else _("between two steps")
    else:
        step = _("not begun")
    sign = "✔ " if row.closed else "⚠ " if words else ""
    return sign + " · ".join([*words, step])


def since(iso: str) -> str:
    """Write since when: the hour today, the day before, with how many days that is."""
    at = datetime.fromisoformat(iso).astimezone()
    days = (date.today() - at.date()).days
    if days <= 0:
        return f"{at:%H:%M}"
    return f"{show_date(at.date().isoformat())} ({_('{days} d').format(days=days)})"


def _standing_style(line: Line) -> str:
    return "$success" if line.row.closed else "$warning" if line.flags or line.hierarchy else ""


def _promised(line: Line) -> str:
    if not line.promised:
        return ""
    day = show_date(line.promised)
    return day if line.row.closed else f"{day} {days_left(line.promised, date.today())}"


def _waited(line: Line) -> str:
    return age(line.wait.since) if line.wait is not None else ""


def age(iso: str) -> str:
    """Write how many days something has lasted, "" for less than one."""
    days = (date.today() - datetime.fromisoformat(iso).astimezone().date()).days
    return _("{days} d").format(days=days) if days > 0 else ""


def _due_style(line: Line) -> str:
    late = line.promised and not line.row.closed and line.promised[:10] < date.today().isoformat()
    return "$error" if late else ""


class OrderLine(Widget):
    """Two lines under the list: the order under the cursor in full, and what it waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.line: Line | None = None
        self.wait: Wait | None = None

    def show(self, line: Line | None, wait: Wait | None) -> None:
        """Draw this order."""
        self.line, self.wait = line, wait
        self.refresh()

    def render(self) -> Content:
        if self.line is None or self.wait is None:
            return Content("")
        row, wait = self.line.row, self.wait
        watch = " · ".join(part for part in (row.watch, row.calibre, str(row.procedure_title)) if part)
        room = max(10, self.size.width - 2)
        words = (
            _("Closed, {when}").format(when=since(row.last_at))
            if row.closed
            else _("Waits for {what}, since {when}").format(what=wait.what, when=since(wait.since))
        )
        style = "bold $warning" if wait.hierarchy else "bold"
        first = Content.assemble((f" {row.number} ", "bold $primary"), watch)
        return Content("\n").join(
            [first.truncate(room, ellipsis=True), Content.styled(f" {words}", style).truncate(room, ellipsis=True)]
        )


class OrdersScreen(ErrandRoom):
    """The list that a working day starts from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Clear the search"), show=False, id="back"),
        Binding("f4", "sign_in", N_("Change operator"), id="operator"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[Line] = ()
        self._standings = Standings()
        self._found: dict[str, list[Line]] = {}
        self._read: tuple[int, str, date, str] | None = None

    def furnish(self) -> ComposeResult:
        yield Tabs(FILTERS, "open")
        yield PickList[Line](
            [
                Column(N_("order"), 13, lambda line: line.row.number),
                Column(N_("watch"), 0, lambda line: line.row.watch),
                Column(N_("calibre"), 20, lambda line: line.row.calibre, wide_only=True),
                Column(N_("procedure"), 24, lambda line: str(line.row.procedure_title), wide_only=True, room=150),
                Column(N_("promised"), 20, _promised, style=_due_style),
                Column(N_("with"), 16, lambda line: line.holder_name, wide_only=True),
                Column(N_("since"), 6, _waited, wide_only=True, room=150),
                Column(N_("where it stands"), 0, standing, style=_standing_style),
            ],
            nothing=N_("No order here."),
            text=lambda line: line.text,
        )
        yield OrderLine()
        yield Panel()

    def on_screen_resume(self) -> None:
        if self.app.training:
            self.query_one(PickList).nothing = N_("No order here. The exercises: Tab, then Enter.")
        self.query_one(PickList).focus()
        self.look(self.reload)

    def journal_grew(self) -> None:
        """Read the orders again: something was journaled, here or by another program."""
        if self.app.screen is self and not self.busy:
            self.look(self.reload)

    async def reload(self) -> None:
        """Read the orders again: due soonest first; nothing is read where nothing has happened."""
        operator = self.app.operator.id if self.app.operator else ""
        today = date.today()

        def read() -> tuple[Sequence[Line], dict[str, list[Line]]] | None:
            desk = self.app.workshop.desk
            now = (desk.journal.head()[0], operator, today, current())
            if now == self._read:
                return None
            self._read = now
            self._standings.catch_up(desk.journal)
            hidden = hidden_orders(desk.journal, desk.house)
            lines = [self._line(unflagged(row, hidden)) for row in desk.orders()]
            lines.sort(key=lambda line: (line.row.closed, line.promised or "9999", line.row.number))
            return lines, filtered(lines, operator, today.isoformat())

        found = await self.app.at_bench(read)
        if found is not None:
            self.query_one(Panel).clear()
            self.lines, self._found = found
            self.refill()
        self.refresh_bindings()

    def _line(self, row: OrderRow) -> Line:
        known = self._standings.of(row.number)
        line = Line(row, known.promised or row.promised, known.holder, known.holder_name, bool(known.alerts))
        if not row.closed:
            line = replace(line, step=self._standings.step(row), wait=self._standings.wait(row))
        words = (
            row.number, row.watch, row.calibre, row.case_number, row.customer, standing(line), line.holder_name
        )  # fmt: skip
        return replace(line, text=" ".join(words).casefold())

    def refill(self) -> None:
        tabs = self.query_one(Tabs)
        counts: Mapping[str, int] = {name: len(lines) for name, lines in self._found.items()}
        tabs.counts = counts
        tabs.refresh()
        self.query_one(PickList).fill(self._found.get(tabs.taken, []))

    def show_order(self, number: str) -> None:
        """Put the cursor on an order, among those that are open."""
        self.query_one(PickList).clear_search()
        self.query_one(Tabs).taken = "open"
        self.refill()
        for line in self.lines:
            if line.row.number == number:
                self.query_one(PickList).put_cursor(line)

    def main_word(self) -> str:
        return _("Open")

    def errands(self) -> Sequence[Errand]:
        return [
            Errand(_("Take a new order in"), self._new),
            Errand(_("Import orders from a file"), self._import),
            Errand(_("Orders of one technician"), self._technician),
        ]

    async def _technician(self) -> None:
        """Keep the open orders that somebody has in hand: the name is typed for the person."""
        counts = Counter(line.holder_name for line in self.lines if not line.row.closed and line.holder_name)
        if not counts:
            self.app.notify(_("Nobody has taken a watch yet."), markup=False)
            return
        options = [(name, f"{name} ({count})") for name, count in sorted(counts.items())]
        name = await self.app.push_screen_wait(PickDialog(_("Whose orders?"), options, searchable=False))
        if name is not None:
            self.query_one(Tabs).taken = "open"
            self.refill()
            self.query_one(PickList).seek(name)

    async def _new(self) -> None:
        from tui.screens.new_order import NewOrderScreen

        room = NewOrderScreen()
        await self.app.push_screen_wait(room)
        if room.number:
            await self.reload()
            self.show_order(room.number)

    async def _import(self) -> None:
        from tui.screens.import_orders import ImportScreen

        await self.app.push_screen(ImportScreen())

    def on_pick_list_moved(self) -> None:
        line = self.query_one(PickList).picked
        self.query_one(OrderLine).show(line, self._standings.wait(line.row) if isinstance(line, Line) else None)

    def leave(self) -> None:
        """There is nowhere to go back to from here."""

    def action_sign_in(self) -> None:
        self.app.change_operator()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        line = event.row
        assert isinstance(line, Line)
        self.app.open_order(line.row.number)
