"""The 97 criteria of a run: what the program observed, and boxes and remarks for what only the trainer sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content

from bench.language import N_, _, current
from bench.people import Role
from bench.training.evidence import Evidence, evidence
from bench.training.runs import BOXES, Run, Training, box_shown
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.widgets.page import Page, prose
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList
from tui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from bench.events import Event

FILTERS = (("BC1", "BC1"), ("BC2", "BC2"), ("BC3", "BC3"), ("BC4", "BC4"))


class EvidenceScreen(ErrandRoom):
    """A line a criterion, by blocks; Enter ticks a box. The program never scores: it says what happened."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.found: list[Evidence] = []

    def furnish(self) -> ComposeResult:
        yield Tabs(FILTERS, self.run.frame or "BC2")
        yield PickList[Evidence](
            [
                Column(N_("criterion"), 10, lambda each: each.criterion.id),
                Column(N_("what it says"), 0, lambda each: str(each.criterion.text)),
                Column(N_("program"), 18, _program),
                Column(N_("trainer"), 15, _trainer, style=lambda each: "$primary" if each.observation else ""),
                Column(N_("remark"), 30, _remark, wide_only=True),
            ],
            nothing=N_("Nothing here."),
        )
        yield Page(self._write)
        yield Panel()

    def on_mount(self) -> None:
        page = self.query_one(Page)
        page.styles.height = 7
        page.can_focus = False

    def on_screen_resume(self) -> None:
        self.query_one(PickList).focus()
        self.app.attempt(self.reload)

    @property
    def _observes(self) -> bool:
        operator = self.app.operator
        return operator is not None and operator.may_act_as(Role.TRAINER)

    def main_word(self) -> str:
        return _("Tick a box") if self._observes else ""

    async def reload(self) -> None:
        """Read the run and what was done in its order again."""
        self.run, self.found = await self.app.at_bench(self._read)
        self.refill()

    def _read(self) -> tuple[Run, list[Evidence]]:
        run = Training(self.app.desk).run(self.run.id)
        return run, evidence(self._events(run), run.observations, run.ends)

    def _events(self, run: Run) -> list[Event]:
        from bench.sheet import events_of

        return events_of(self.app.desk.journal, run.order) if run.order else []

    def refill(self) -> None:
        tabs = self.query_one(Tabs)
        tabs.counts = {
            block: sum(each.criterion.block == block and not each.open for each in self.found) for block, _w in FILTERS
        }
        tabs.refresh()
        self.query_one(PickList).fill([each for each in self.found if each.criterion.block == tabs.taken])
        self.query_one(Page).rewrite()

    def on_pick_list_moved(self) -> None:
        self.query_one(Page).rewrite()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        entry = event.row
        assert isinstance(entry, Evidence)
        if self._observes:
            self.do(lambda: self._tick(entry))

    async def _tick(self, entry: Evidence) -> None:
        code = entry.criterion.id
        options = [(box, box_shown(box)) for box in BOXES]
        box = await self.app.push_screen_wait(PickDialog(f"{code}  {entry.criterion.text}", options, searchable=False))
        if box is not None:
            before = entry.observation.remark if entry.observation else ""
            await self._observe(code, box, before)

    async def _remark(self) -> None:
        entry = self.query_one(PickList).picked
        if not isinstance(entry, Evidence):
            return
        code = entry.criterion.id
        remark = await self.app.push_screen_wait(Reason(lambda: _("Remark on {criterion}").format(criterion=code)))
        if remark is not None:
            await self._observe(code, entry.observation.box if entry.observation else "", remark)

    async def _observe(self, code: str, box: str, remark: str) -> None:
        operator = self.app.operator
        assert operator is not None
        await self.app.at_bench(lambda: Training(self.app.desk).observe(self.run, code, box, remark, operator))
        await self.reload()

    def errands(self) -> list[Errand]:
        remark = [Errand(_("Write a remark"), self._remark)] if self._observes else []
        return [*remark, Errand(_("Grid as PDF"), self._pdf)]

    async def _pdf(self) -> None:
        path = await self.app.at_bench(self._written)
        self.notify(str(path), markup=False, timeout=10)

    def _written(self) -> Path:
        from bench.training.grid import grid_pdf, now
        from tui import sheets

        desk, run = self.app.desk, self.run
        pdf = grid_pdf(
            run,
            self.found,
            current(),
            workshop=desk.house.name,
            printed=now(),
            head=desk.journal.head(),
            events=self._events(run),
        )
        folder = self.app.workshop.logs.parent / "sheets"
        return sheets.write(folder / f"{run.id}-evidence-{current()}.pdf", pdf, force=True)

    def _write(self, width: int) -> list[Content]:
        entry = self.query_one(PickList).picked if self.is_mounted else None
        if not isinstance(entry, Evidence):
            return [Content("")]
        lines = prose(f"{entry.criterion.id}  {entry.criterion.text}", width, "bold")
        for step in entry.seen:
            lines += prose(step.shown(), width, indent="  ")
        if not entry.seen:
            said = (
                _("nothing: its steps were not done") if entry.planned else _("nothing: no step of this work shows it")
            )
            lines += prose(said, width, "$text-muted", "  ")
        if entry.observation is not None and entry.observation.remark:
            lines += prose(f"☞ {entry.observation.remark}", width, "$primary", "  ")
        return lines


def _program(entry: Evidence) -> str:
    steps, minutes = len(entry.seen), round(sum(step.minutes for step in entry.seen))
    if not steps:
        return "—"
    said = _("1 step · {minutes} min") if steps == 1 else _("{steps} steps · {minutes} min")
    return said.format(steps=steps, minutes=minutes)


def _trainer(entry: Evidence) -> str:
    return box_shown(entry.observation.box) or "☐" if entry.observation else "☐"


def _remark(entry: Evidence) -> str:
    return entry.observation.remark if entry.observation else ""
