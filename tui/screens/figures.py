"""The figures that a workshop is run by: one at a time with its definition, as a picture, with a way to its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from bench.dates import read_day
from bench.errors import EtabliError
from bench.figures import KINDS, SIMULATION, TRAINING, Figure, Line, Period
from bench.figures.material import Material
from bench.figures.naming import Naming, called, for_people, naming
from bench.figures.report import ABOUT, share_of, shown
from bench.language import N_, _, current
from bench.quantities import unit_text
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.widgets.curve import Curve
from tui.widgets.page import NARROW, prose
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

BAR = 16
# Figures with so many columns have no room for long headings and bars on a narrow terminal.
MANY = 4


def months(today: date) -> list[tuple[str, Period]]:
    """Return the periods that are asked for most, with their words."""
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return [
        (_("this month"), Period(first, today)),
        (_("last month"), Period(before, first - timedelta(days=1))),
        (_("this quarter"), Period(quarter, today)),
        (_("this year"), Period(today.replace(month=1, day=1), today)),
        (_("the last twelve months"), Period(today - timedelta(days=365), today)),
    ]


class _Heading(Widget):
    """Which figure, which of how many, over which period; its definition; the mark of made-up values."""

    def __init__(self) -> None:
        super().__init__()
        self.title_now = ""
        self.place = ""
        self.period = ""
        self.definition = ""
        self.note = ""
        self.marked = False

    def render(self) -> Content:
        width = max(20, self.size.width - 2)
        head = Content.assemble(
            (f" {self.title_now} ", "bold $primary"), (f" {self.place}  ", "$text-muted"), (self.period, "bold")
        )
        note = Content.styled(f" {self.note}", "bold $warning" if self.marked else "$text-muted")
        lines = [head, *prose(self.definition, width, "$text-muted", " ")]
        return Content("\n").join([line.truncate(width + 1, ellipsis=True) for line in [*lines, note]])


class _Facts(Widget):
    """The line under the cursor with its headings in full: a narrow table has no room for them."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    def show(self, words: str) -> None:
        """Draw these words."""
        self.words = words
        self.refresh(layout=True)

    def render(self) -> Content:
        width = max(20, self.size.width - 2)
        return Content("\n").join(prose(self.words, width, "", " ")[:3]) if self.words else Content("")


class FiguresScreen(ErrandRoom):
    """← → go from figure to figure, Enter opens the rows behind a line, the menu changes the period and prints."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "turn(1)", N_("Next figure"), id="next"),
        Binding("left", "turn(-1)", N_("Figure before"), id="previous"),
    ]

    def __init__(self, period: Period | None = None) -> None:
        super().__init__()
        today = date.today()
        self.period = period or Period(today.replace(day=1), today)
        self.at = 0
        self._made: dict[str, Figure] = {}
        self._material: Material | None = None
        self._turn = asyncio.Lock()

    def furnish(self) -> ComposeResult:
        yield _Heading()
        yield Panel()
        yield PickList[Line]([Column("", 0, lambda line: str(line.label))], searchable=False)
        yield Curve()
        yield _Facts()

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.query_one(Curve).display = False
        self._show()

    @property
    def name_now(self) -> str:
        """The id of the figure that stands here."""
        return list(KINDS)[self.at]

    @property
    def figure(self) -> Figure | None:
        """The figure that stands here, None while it is counted."""
        return self._made.get(self.name_now)

    @property
    def mark(self) -> str:
        """What says that everything here is made up, "" in a real workshop."""
        simulated = getattr(self.app.workshop, "simulated", False)
        return TRAINING if self.app.desk.house.training else SIMULATION if simulated else ""

    # -- counting

    def _show(self) -> None:
        self._draw()
        if self.figure is None:
            self.run_worker(self._count(self.name_now), group="count", exit_on_error=False)

    async def _count(self, name: str) -> None:
        """Count a figure beside the bench's thread: it only reads."""
        async with self._turn:
            if name in self._made or name != self.name_now:
                return
            period = self.period
            if self._material is None:
                self._material = Material(self.app.desk.journal, period, made_up=bool(self.mark))
            material = self._material
            try:
                made = await asyncio.to_thread(
                    lambda: (called(KINDS[name](material), self._names()), material.left_out_here)
                )
            except EtabliError as error:
                self.query_one(Panel).say_error(error)
                return
            if period == self.period:
                self._made[name] = made[0]
        if self.is_running:
            self._draw()

    def retranslate(self) -> None:
        self._draw()
        super().retranslate()

    def _draw(self) -> None:
        figure, head = self.figure, self.query_one(_Heading)
        head.place = f"{self.at + 1}/{len(KINDS)}"
        head.period = shown(self.period)
        head.marked = bool(self.mark)
        head.title_now = _title(self.name_now)
        head.definition = str(figure.definition) if figure else ""
        head.note = self._note(figure)
        head.refresh(layout=True)
        lines = self.query_one(PickList)
        lines.columns = self._columns(figure)
        lines.nothing = N_("Nothing in this period.") if figure else N_("Counting …")
        lines.fill([*figure.lines, *([figure.whole] if figure.whole and figure.lines else [])] if figure else [])
        lines.refresh(layout=True)
        self._draw_curve()
        self.query_one(_Facts).show(self._facts())
        self.refresh_bindings()

    def _note(self, figure: Figure | None) -> str:
        if self.mark:
            note = _(self.mark)
        elif self._material is not None and figure is not None and self._material.left_out_here:
            note = _("{n} orders with simulated or replayed values are left out.").format(
                n=self._material.left_out_here
            )
        else:
            note = _("Simulated, replayed and training values are left out.")
        if figure is not None and figure.more:
            note += " " + _("{n} more lines are not shown.").format(n=figure.more)
        return note

    def _columns(self, figure: Figure | None) -> list[Column[Line]]:
        if figure is None:
            return [Column("", 0, lambda line: str(line.label))]
        columns = [Column[Line](ABOUT[figure.about], 0, lambda line: str(line.label), style=self._strong)]
        columns += [
            Column(column.heading(), self._width(figure, place), self._cell(figure, place), style=self._strong)
            for place, column in enumerate(figure.columns)
        ]
        room = self._room_for_bars(figure)
        if room:
            columns.append(Column("", room, self._bar(figure, room), style=lambda _line: "$primary"))
        return columns

    def _room_for_bars(self, figure: Figure) -> int:
        """Return how many cells a bar has: none beside curves, fewer beside many columns on a narrow terminal."""
        if figure.curves or not figure.lines:
            return 0
        left = self.app.size.width - self._needs(figure) - 2
        if self.app.size.width >= NARROW or len(figure.columns) < MANY or left >= BAR:
            return BAR
        if left >= BAR // 2:
            return left
        return BAR // 2 if len(figure.columns) == MANY else 0

    def _strong(self, line: Line) -> str:
        return "bold" if self.figure is not None and line is self.figure.whole else ""

    def _width(self, figure: Figure, place: int) -> int:
        whole = max(8, len(figure.columns[place].heading()))
        if self.app.size.width >= NARROW or self._needs(figure) <= self.app.size.width:
            return whole
        return min(whole, 8 if len(figure.columns) >= MANY else 12)

    def _needs(self, figure: Figure) -> int:
        """Return the cells of the whole table with its headings in full and without bars."""
        labels = [len(str(line.label)) for line in figure.lines]
        headings = [max(8, len(column.heading())) for column in figure.columns]
        return 4 + max(labels, default=0) + 2 + sum(headings) + 2 * len(headings)

    def _cell(self, figure: Figure, place: int) -> Callable[[Line], str]:
        column, width = figure.columns[place], self._width(figure, place)
        return lambda line: column.show(line.cells[place]).rjust(width)

    def _bar(self, figure: Figure, room: int) -> Callable[[Line], str]:
        def bar(line: Line) -> str:
            share = None if line is figure.whole else share_of(figure, line)
            return "█" * max(1, round(share / 100 * room)) if share else ""

        return bar

    def _draw_curve(self) -> None:
        """Draw the drift of the instrument under the cursor."""
        figure, picture = self.figure, self.query_one(Curve)
        place = self.query_one(PickList).cursor
        here = figure.curves[place] if figure is not None and place < len(figure.curves) else None
        picture.display = here is not None and len(here.points) > 1
        if here is None:
            return
        start = datetime.fromisoformat(here.points[0][0]).timestamp()
        points = [((datetime.fromisoformat(at).timestamp() - start) / 86400, value) for at, value in here.points]
        levels = [level for level in (here.low, here.high) if level is not None]
        picture.show(points, x=unit_text("d"), y=unit_text(here.quantity.unit), levels=levels, name=here.name)

    def on_pick_list_moved(self) -> None:
        self._draw_curve()
        self.query_one(_Facts).show(self._facts())

    def on_resize(self) -> None:
        if self.is_mounted and self.query(PickList):
            self._draw()

    def _facts(self) -> str:
        figure, line = self.figure, self.query_one(PickList).picked
        if figure is None or not isinstance(line, Line):
            return ""
        cells = zip(figure.columns, line.cells, strict=True)
        return f"{line.label}: " + " · ".join(f"{column.heading()} {column.show(cell)}" for column, cell in cells)

    # -- what can be done

    def action_turn(self, by: int) -> None:
        """Go to another figure, round and round."""
        self.at = (self.at + by) % len(KINDS)
        self._show()

    def main_word(self) -> str:
        line = self.query_one(PickList).picked
        return _("The rows behind") if isinstance(line, Line) and line.behind is not None else ""

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        line = event.row
        if isinstance(line, Line) and line.behind is not None and self.figure is not None:
            from tui.screens.log import LogScreen

            self.app.push_screen(LogScreen("", line.behind, f"{self.figure.title} · {line.label}"))

    def errands(self) -> Sequence[Errand]:
        return [
            Errand(_("Another figure"), self._choose_figure),
            Errand(_("Another period"), self._choose_period),
            Errand(_("Print the report of this period (PDF)"), self._print),
        ]

    async def _choose_figure(self) -> None:
        options = [(name, _title(name)) for name in KINDS]
        name = await self.app.push_screen_wait(PickDialog(_("Which figure?"), options))
        if name is not None:
            self.at = list(KINDS).index(name)
            self._show()

    async def _choose_period(self) -> None:
        usual = months(date.today())
        options = [(str(n), f"{words}  {shown(period)}") for n, (words, period) in enumerate(usual)]
        options.append(("own", _("from a day to a day")))
        picked = await self.app.push_screen_wait(PickDialog(_("Over which period?"), options, searchable=False))
        if picked == "own":
            first = await self._day(lambda: _("The first day (24.12.2026)"))
            last = await self._day(lambda: _("The last day (24.12.2026)")) if first is not None else None
            if first is None or last is None:
                return
            self._over(Period(first, last))
        elif picked is not None:
            self._over(usual[int(picked)][1])

    async def _day(self, question: Callable[[], str]) -> date | None:
        written = await self.app.push_screen_wait(Reason(question))
        return None if written is None else read_day(written)

    def _over(self, period: Period) -> None:
        self.period = period
        self._material = None
        self._made.clear()
        self._show()

    def _names(self) -> Naming:
        desk = self.app.workshop.desk
        return naming(self.app.workshop.operators, desk.profiles, desk.journal)

    async def _print(self) -> None:
        workshop, period, mark = self.app.workshop, self.period, self.mark

        def printed() -> str:
            from bench.exports import whole_file
            from bench.figures import figures
            from bench.figures.report import to_pdf

            made = datetime.now().astimezone().isoformat(timespec="seconds")
            report = figures(workshop.desk.journal, period, workshop=workshop.desk.house.name, made=made, mark=mark)
            name = f"figures-{period.first:%Y%m%d}-{period.last:%Y%m%d}-{report.head[0]}-{current()}.pdf"
            path = workshop.folder.sheets / name
            with whole_file(path, force=True) as half:
                half.write_bytes(to_pdf(for_people(report, self._names()), current()))
            return str(path)

        path = await asyncio.to_thread(printed)
        self.app.notify(_("Written: {path}").format(path=path), markup=False, timeout=15)


def _title(name: str) -> str:
    return _(TITLES[name])


TITLES = {
    "first-pass": N_("First-pass yield"),
    "repeats-by-technician": N_("Repeats and corrections by technician"),
    "repeats-by-calibre": N_("Repeats and corrections by calibre"),
    "turnaround": N_("Turnaround against promise"),
    "slips": N_("Slips of the promised day"),
    "waiting": N_("Waiting time by cause"),
    "defects": N_("Defects found most"),
    "parts": N_("Parts fitted most"),
    "leaks": N_("Water-resistance failures by cause"),
    "complaints": N_("Complaints within warranty"),
    "drift": N_("Instrument drift"),
    "reserve": N_("Verdicts under reserve"),
}
"""What each figure is called before it is counted."""
