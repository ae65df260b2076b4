"""The intervention log at the screen: found as one types, followed live, opened row by row down to the raw frames."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from bench.errors import EtabliError
from bench.journal.rows import LogFilter, LogRow
from bench.journal.titles import StepTitles
from bench.language import N_, _
from bench.training.blind import hidden_orders
from tui.log_query import KINDS, Query, parse, shown
from tui.log_words import about, outcome
from tui.saved_filters import SavedFilters
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.log_lines import SearchLine, Under, style_of, time_of
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

if TYPE_CHECKING:
    from bench.journal import Journal

PAGE = 200
# How long the fingers rest before the log is asked.
TYPING_SECONDS = 0.08
# So near the end of the rows the next page is read.
NEAR = 40
# What the menu narrows by: the words for it, the key of the line, and where its values come from.
NARROWED = (
    (N_("technician"), "by", "operator"),
    (N_("calibre"), "calibre", "calibre"),
    (N_("instrument"), "instrument", "instrument"),
    (N_("quantity"), "quantity", "quantity"),
    (N_("verdict or outcome"), "verdict", "state"),
    (N_("rule"), "rule", "guard"),
    (N_("alert"), "alert", "alert"),
    (N_("procedure"), "procedure", "procedure"),
    (N_("origin"), "origin", "provenance"),
    (N_("kind of row"), "kind", "kinds"),
)


class LogScreen(ErrandRoom):
    """Letters narrow the rows, Enter opens one, Esc forgets the words. `line` is what is typed at first; `wanted` are
    rows behind a figure, narrowed further by what is typed.
    """

    def __init__(self, line: str = "", wanted: LogFilter | None = None, title: str = "") -> None:
        super().__init__()
        self.line = line
        self.wanted = wanted
        self.title_words = title
        self.query_now = Query(LogFilter(kinds=None))
        self._head = -1  # nothing has been read yet
        self._asked = 0
        self._more = False
        self._titles: StepTitles | None = None

    def furnish(self) -> ComposeResult:
        line = SearchLine(self.line, compact=True, placeholder=self._placeholder())
        line.cursor_blink = False
        yield line
        yield Under()
        yield Panel()
        yield PickList[LogRow](
            [
                Column(N_("time"), 16, time_of),
                Column(N_("order"), 13, lambda row: row.order),
                Column(N_("by"), 8, lambda row: row.operator, wide_only=True),
                Column(N_("what"), 15, lambda row: _(KINDS.get(row.kind, row.kind))),
                Column(N_("value"), 14, LogRow.show_value, wide_only=True),
                Column(N_("outcome"), 20, self._outcome, style=style_of),
                Column(N_("about"), 0, self._about, wide_only=True),
                Column(N_("about"), 0, self._valued, narrow_only=True),
            ],
            searchable=False,
            nothing=N_("Nothing found."),
        )

    def _about(self, row: LogRow) -> str:
        return about(row, self._titles) if self._titles is not None else ""

    def _outcome(self, row: LogRow) -> str:
        return outcome(row, self._titles) if self._titles is not None else ""

    def _valued(self, row: LogRow) -> str:
        """Write the value before what it is of, where it has no column."""
        return " ".join(part for part in (row.show_value(), self._about(row)) if part)

    def _placeholder(self) -> str:
        return self.title_words or _("words, by:…, calibre:…, verdict:…, since:…, rate>10s/d")

    def on_mount(self) -> None:
        self.query_one(PickList).can_focus = False
        self._ask()

    def on_screen_resume(self) -> None:
        self.query_one(SearchLine).focus()
        self.journal_grew()

    def main_word(self) -> str:
        return _("Open") if self.picked is not None else ""

    @property
    def picked(self) -> LogRow | None:
        """The row under the cursor."""
        row = self.query_one(PickList).picked
        return row if isinstance(row, LogRow) else None

    # -- finding

    def on_input_changed(self) -> None:
        self._asked += 1
        asked = self._asked
        self.set_timer(TYPING_SECONDS, lambda: self._ask() if asked == self._asked else None)

    def _ask(self) -> None:
        """Read what is typed, and the first rows of it; a mistake is said, and the rows stay."""
        under = self.query_one(Under)
        try:
            read = parse(self.query_one(SearchLine).value)
        except EtabliError as error:
            under.error = error
            under.refresh()
            return
        under.error = None
        self.query_now = self._within(read)
        self.run_worker(self._first_page(), exclusive=True, group="page", exit_on_error=False)

    def _within(self, read: Query) -> Query:
        """Narrow the rows behind a figure further; what is typed does not widen them."""
        if self.wanted is None:
            return read
        fields = {name: value for name, value in vars(read.filter).items() if value is not None}
        given = {name: value for name, value in vars(self.wanted).items() if value is not None}
        return Query(LogFilter(**{"kinds": None, **fields, **given}), read.between, read.line)

    async def _first_page(self) -> None:
        query = self.query_now
        self._head, rows = await self._read(lambda: (self._journal.log_head(), self._page(query, None)))
        if query is not self.query_now:
            return
        self._more = len(rows) >= PAGE
        shown = self.query_one(PickList)
        shown.fill(rows)
        if rows:
            shown.put_cursor(rows[0])
        under = self.query_one(Under)
        under.count, under.news = None, 0
        self._moved()
        count = await self._read(lambda: self._count(query))
        if query is self.query_now:
            under.count = count
            under.refresh()
            self.journal_grew()

    @property
    def _journal(self) -> Journal:
        return self.app.desk.journal

    async def _read(self, read: Callable[[], Any]) -> Any:
        """Ask the journal beside the bench's thread: it only reads, and a measurement may hold that thread."""
        try:
            return await asyncio.to_thread(read)
        except EtabliError as error:
            self.query_one(Panel).say_error(error)
            raise asyncio.CancelledError from error

    def _page(self, query: Query, before: int | None) -> list[LogRow]:
        """Return a page of rows, newest first, with the titles of their steps at hand."""
        found = self._found(query, before)
        self._entitle(found)
        return found

    def _entitle(self, rows: Sequence[LogRow]) -> None:
        """Look up now, beside the screen, what it will want to draw."""
        if self._titles is None:
            self._titles = StepTitles(self._journal)
        else:
            self._titles.catch_up()
        for row in rows:
            about(row, self._titles)

    def _found(self, query: Query, before: int | None) -> list[LogRow]:
        """Return a page; what is outside the bounds of a value or of a blind exercise is not in it."""
        hidden, between = hidden_orders(self._journal, self.app.desk.house), query.between
        if between is None and not hidden:
            return list(self._journal.log_page(query.filter, limit=PAGE, before=before))

        def shown(value: float | None, unit: str, order: str) -> bool:
            return order not in hidden and (between is None or between.holds(value, unit))

        return list(self._journal.log_page(query.filter, limit=PAGE, before=before, only=shown))

    def _count(self, query: Query) -> int:
        hidden = hidden_orders(self._journal, self.app.desk.house)
        if query.between is None and not hidden:
            return int(self._journal.log_count(query.filter))
        held = self._journal.log_tuples(query.filter, ("value", "unit", "order"))
        between = query.between
        return sum(
            order not in hidden and (between is None or between.holds(value, unit)) for value, unit, order in held
        )

    async def _next_page(self) -> None:
        query, rows = self.query_now, self.query_one(PickList).rows
        if not rows:
            return
        self._more = False
        more = await self._read(lambda: self._page(query, rows[-1].n))
        if query is self.query_now:
            self._more = len(more) >= PAGE
            self.query_one(PickList).fill([*rows, *more])

    # -- what comes

    def journal_grew(self) -> None:
        """Take in what was journaled, here or by another program; the first page of other words does it by itself."""
        if self.app.screen is self and self._head >= 0 and self.query_one(Under).error is None:
            self.run_worker(self._look(), exclusive=True, group="tail", exit_on_error=False)

    async def _look(self) -> None:
        while await self._took_news():
            pass

    async def _took_news(self) -> bool:
        """Take in the rows since, where the cursor is at the newest one; else say that there are more. False: none."""
        query, known = self.query_now, self._head
        head = await self._read(self._journal.log_head)
        if head <= known or query is not self.query_now:
            return False
        news = await self._read(lambda: self._since(query, known))
        if query is not self.query_now:
            return False
        if self._head != known:
            return True
        self._head = head
        shown, under = self.query_one(PickList), self.query_one(Under)
        under.count = under.count + len(news) if under.count is not None else None
        if news:
            following = shown.cursor == 0
            shown.fill([*reversed(news), *shown.rows][: max(PAGE * 5, len(shown.rows))])
            if following:
                shown.put_cursor(shown.rows[0])
            else:
                under.news += len(news)
        self._moved()
        return True

    def _since(self, query: Query, known: int) -> list[LogRow]:
        hidden = hidden_orders(self._journal, self.app.desk.house)
        news = [row for row in self._journal.log(query.filter, after=known) if _shows(query, hidden, row)]
        self._entitle(news)
        return news

    # -- moving

    def action_move(self, by: int) -> None:
        """Move in the rows, from the line where one types."""
        self.query_one(PickList).action_move(by)

    def on_pick_list_moved(self) -> None:
        self._moved()

    def _moved(self) -> None:
        shown, under = self.query_one(PickList), self.query_one(Under)
        under.row = self.picked
        under.about = self._about(under.row) if under.row is not None else ""
        under.outcome = self._outcome(under.row) if under.row is not None else ""
        if shown.cursor == 0:
            under.news = 0
        under.refresh()
        self.refresh_bindings()
        if self._more and shown.cursor > len(shown.rows) - NEAR:
            self.run_worker(self._next_page(), exclusive=True, group="page", exit_on_error=False)

    # -- what can be done

    def action_main(self) -> None:
        if self.picked is not None:
            self.app.attempt(self._open_row)

    def on_pick_list_picked(self) -> None:
        self.action_main()

    async def _open_row(self) -> None:
        from tui.screens.log_row import LogRowScreen

        if self.picked is not None:
            await self.app.push_screen(LogRowScreen(self.picked))

    def action_back(self) -> None:
        line = self.query_one(SearchLine)
        if line.value:
            line.value = ""
        else:
            self.dismiss()

    def errands(self) -> Sequence[Errand]:
        found = [Errand(_("Narrow by …"), self._narrow), Errand(_("Saved filters"), self._saved)]
        if self.query_one(SearchLine).value.strip():
            found.append(Errand(_("Save these words as a filter"), self._save))
        found += [
            Errand(_("Forget a saved filter"), self._forget),
            Errand(_("Write these rows to a file"), self._export),
        ]
        if self.picked is not None and self.picked.order:
            found.insert(0, Errand(_("Open the order"), self._open_order))
        return found

    async def _open_order(self) -> None:
        if self.picked is not None:
            self.app.open_order(self.picked.order)

    async def _narrow(self) -> None:
        field = await self._pick(_("Narrow by what?"), [(str(n), _(words)) for n, (words, *_k) in enumerate(NARROWED)])
        if field is None:
            return
        _words, key, choices = NARROWED[int(field)]
        values = await self._read(lambda: self._journal.log_choices(choices))
        value = await self._pick(_("Which one?"), [(each, self._read_as(choices, each)) for each in values])
        if value is not None:
            line = self.query_one(SearchLine)
            quoted = f'"{value}"' if " " in value else value
            line.value = " ".join(part for part in (line.value.strip(), f"{key}:{quoted}") if part)
            line.cursor_position = len(line.value)

    def _read_as(self, field: str, value: str) -> str:
        """Write a value of a filter as people know it beside the word that is typed for it."""
        words = shown(field, value)
        if field == "operator":
            words = next((each.name for each in self.app.workshop.operators if each.id == value), value)
        elif field == "procedure" and self._titles is not None:
            words = str(self._titles.procedure(value) or value)
        return value if words == value else f"{words}  ({value})"

    async def _pick(self, question: str, options: Sequence[tuple[str, str]]) -> str | None:
        return await self.app.push_screen_wait(PickDialog(question, options))

    @property
    def _filters(self) -> SavedFilters:
        return SavedFilters(self.app.workshop.folder.path)

    async def _saved(self) -> None:
        name = await self._choose_saved()
        if name is not None:
            self.query_one(SearchLine).value = self._filters.line(name)

    async def _choose_saved(self) -> str | None:
        kept = await asyncio.to_thread(self._filters.all)
        if not kept:
            self.app.notify(_("No filter is saved yet."), markup=False)
            return None
        return await self._pick(_("Which filter?"), [(name, f"{name}: {line}") for name, line in kept.items()])

    async def _save(self) -> None:
        line = self.query_one(SearchLine).value
        name = await self.app.push_screen_wait(Reason(lambda: _("A name for this filter")))
        if name is not None:
            await asyncio.to_thread(self._filters.save, name, line)
            self.app.notify(_("Saved: {name}").format(name=name), markup=False)

    async def _forget(self) -> None:
        name = await self._choose_saved()
        if name is not None:
            await asyncio.to_thread(self._filters.forget, name)

    async def _export(self) -> None:
        formats = [("xlsx", "XLSX"), ("csv", "CSV"), ("comma", _("CSV with decimal comma")), ("jsonl", "JSON Lines")]
        form = await self.app.push_screen_wait(PickDialog(_("In which form?"), formats, searchable=False))
        if form is not None:
            from tui.log_files import export

            folder = self.app.workshop.folder.path / "exports"
            house = self.app.desk.house
            path = await asyncio.to_thread(export, self._journal, self.query_now, form, folder, house)
            self.app.notify(_("Written: {path}").format(path=path), markup=False, timeout=15)


def _shows(query: Query, hidden: Collection[str], row: LogRow) -> bool:
    """Whether a row is shown: inside the bounds of a value, and of no blind exercise before its reveal."""
    inside = query.between is None or query.between.holds(row.value, row.unit)
    return inside and row.order not in hidden
