"""Importing the counter's orders: the file is checked row by row and shown; nothing is taken in before Enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.language import N_, _
from tui.screens.asked import asked, nothing_to_pick
from tui.screens.dialogs import Confirm
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import FormDialog
from tui.widgets.page import prose
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

if TYPE_CHECKING:
    from bench.desk import Desk
    from bench.import_orders import Bad, Good, ImportPlan


@dataclass(frozen=True)
class Row:
    """One line of the dry run: a good row, or one problem of a bad one."""

    line: int
    number: str
    watch: str
    column: str
    good: bool
    said: object = ""

    @property
    def result(self) -> str:
        """What would be done with it, in words."""
        return f"{'✔' if self.good else '✘'} {self.said}".rstrip()


class _Missing:
    """What an order still lacks, in the language of the moment."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __str__(self) -> str:
        missing = ", ".join(_(name) for name in self._names)
        return _("still missing: {missing}").format(missing=missing) if missing else ""


def rows(made: ImportPlan) -> list[Row]:
    """Return what the plan would do, in the order of the file's lines."""
    found = [_good(each) for each in made.good] + [row for each in made.bad for row in _bad(each)]
    return sorted(found, key=lambda row: row.line)


def _good(row: Good) -> Row:
    watch = " ".join(word for word in (row.order.watch.brand, row.order.watch.model) if word)
    lacking = [name for name in row.order.missing() if not (row.person and name == "customer reference")]
    return Row(row.line, row.order.number, watch, "", True, _Missing(lacking))


def _bad(row: Bad) -> list[Row]:
    return [Row(row.line, row.number, "", each.column, False, each.reason) for each in row.problems]


class _Head(Widget):
    """What was read: the file, how it is written, how many rows are good."""

    made: ImportPlan | None = None
    path = ""
    reading = False

    def render(self) -> Content:
        made = self.made
        if made is None:
            words = _("Reading {file} …") if self.reading else _("{file}: nothing is read.")
            words = words.format(file=self.path) if self.path else _("No file is chosen yet.")
            return Content.styled(f" {words}", "$text-muted")
        counts = _("{encoding}, {form}: {good} good rows, {bad} bad.").format(
            encoding=made.encoding, form=made.form, good=len(made.good), bad=len(made.bad)
        )
        lines = [Content.assemble(" ", (self.path, "bold"), "  ", counts)]
        if made.columns.left_out:
            left = _("Columns left out: {names}.").format(names=", ".join(f"“{n}”" for n in made.columns.left_out))
            lines.append(Content.styled(f" {left}", "$warning"))
        return Content("\n").join(lines)


class _Why(Widget):
    """The row under the cursor in full."""

    row: Row | None = None

    def render(self) -> Content:
        if self.row is None:
            return Content("")
        lines = prose(f"{self.row.column}  {self.row.result}".strip(), self.size.width - 1, indent=" ")
        return Content("\n").join(lines[:2])


def written_path(written: str) -> Path:
    """Return a path as people write or drop it: in quotes, with a tilde."""
    return Path(written.strip().strip("'\"")).expanduser()


def _planned(desk: Desk, path: Path, answers: Mapping[str, Any]) -> ImportPlan:
    from bench.import_orders import OwnNames, plan

    own = OwnNames.load(written_path(answers["mapping"])) if answers.get("mapping") else OwnNames()
    if answers.get("procedure"):
        own = own.model_copy(update={"defaults": {"procedure": answers["procedure"], **own.defaults}})
    return plan(desk, path, own, people=answers["people"] == "yes")


class ImportScreen(ErrandRoom):
    """Asks for a file, shows what an import would do, and does it with Enter."""

    def __init__(self) -> None:
        super().__init__()
        self.made: ImportPlan | None = None
        self._people = False
        self._asked: Mapping[str, Any] = {}

    def furnish(self) -> ComposeResult:
        yield _Head()
        yield Panel()
        yield PickList[Row](
            [
                Column(N_("line"), 6, lambda row: str(row.line)),
                Column(N_("order"), 14, lambda row: row.number),
                Column(N_("watch"), 0, lambda row: row.watch),
                Column(N_("column"), 0, lambda row: row.column),
                Column(N_("result"), 0, lambda row: row.result, style=lambda r: "$success" if r.good else "$error"),
            ],
            nothing=N_("Menu: choose a file of orders."),
        )
        yield _Why()

    def on_pick_list_moved(self) -> None:
        why = self.query_one(_Why)
        why.row = self.query_one(PickList).picked
        why.refresh()

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.do(self._ask)

    def main_word(self) -> str:
        return _("Import") if self.made is not None and self.made.good else ""

    def errands(self) -> Sequence[Errand]:
        found = [Errand(_("Choose a file of orders"), self._ask)]
        if self.made is not None and self.made.good:
            found.insert(0, Errand(_("Import the good rows"), self._import))
        return found

    async def _ask(self) -> None:
        procedures = await self.app.at_bench(self.app.workshop.desk.procedures.all)
        fields = (
            asked("file", "text", N_("The file of orders (CSV or JSON)")),
            asked(
                "procedure",
                "choice",
                N_("Procedure where the file names none"),
                [(each.id, each.title) for each in procedures],
                required=False,
            ),
            asked("people", "yesno", N_("It holds names or addresses, for the customers' file")),
            asked("mapping", "text", N_("A mapping file of its columns (TOML)"), required=False),
        )
        dialog = FormDialog(_("Import orders from a file"), fields, {"people": "no", **self._asked}, nothing_to_pick)
        answers = await self.app.push_screen_wait(dialog)
        if answers is not None:
            self._asked = answers
            await self._plan(answers)

    async def _plan(self, answers: Mapping[str, Any]) -> None:
        path = written_path(answers["file"])
        self._people = answers["people"] == "yes"
        head = self.query_one(_Head)
        head.path, head.made, self.made, head.reading = path.name, None, None, True
        self.query_one(PickList).fill([])
        head.refresh(layout=True)
        self.busy = True
        try:
            self.made = await self.app.at_bench(lambda: _planned(self.app.workshop.desk, path, answers))
        finally:
            self.busy = head.reading = False
            head.made = self.made
            head.refresh(layout=True)
        self.query_one(PickList).fill(rows(self.made))
        self.query_one(PickList).focus()
        self.refresh_bindings()

    def on_pick_list_picked(self) -> None:
        self.do(self._import)

    async def _import(self) -> None:
        from bench.import_orders import take_in

        made, app = self.made, self.app
        if made is None or not made.good or self.busy:
            return
        good, bad = len(made.good), len(made.bad)

        def question() -> str:
            if bad:
                return _("Import {good} orders, and leave {bad} bad rows out?").format(good=good, bad=bad)
            return _("Import {good} orders?").format(good=good)

        if not await app.push_screen_wait(Confirm(question)):
            return

        def taken_in() -> int:
            if not self._people:
                return len(take_in(app.workshop.desk, made))
            from bench.customers import Customers

            assert app.operator is not None
            with app.workshop.folder.customer_store() as store:
                return len(take_in(app.workshop.desk, made, Customers(store, app.workshop.desk.journal, app.operator)))

        self.busy = True
        try:
            taken = await app.at_bench(taken_in)
        finally:
            self.busy = False
        app.notify(_("{count} orders imported.").format(count=taken), markup=False)
        self.made = None
        self.dismiss()
