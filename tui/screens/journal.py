"""The journal's health: the whole chain checked with its progress, counts, sizes, room on the disk, the last copy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.language import _, byte_size, number
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.widgets.order_header import show_date
from tui.widgets.page import Page, facts, heading, prose
from tui.widgets.panel import Panel

if TYPE_CHECKING:
    from bench.journal import VerifyReport
    from tui.record_health import Health, Store

REPAINTS = 10


class _Cancelled(Exception):
    """The person does not want to wait for the end of the check."""


class _Progress(Widget):
    """How far the check of the chain is; how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.checked = 0
        self.all = 0
        self.running = False
        self.report: VerifyReport | None = None
        self.cancelled = False

    def render(self) -> Content:
        if self.running:
            width = max(10, min(40, self.size.width - 44))
            done = round(width * min(1.0, self.checked / self.all)) if self.all else width
            said = _("{done} of {all} events checked").format(done=number(self.checked, 0), all=number(self.all, 0))
            return Content.assemble(" ", ("█" * done, "$primary"), ("░" * (width - done), "$text-muted"), f" {said}")
        if self.cancelled:
            return Content.styled(" " + _("The check was cancelled; nothing is known of the chain."), "$warning")
        report = self.report
        if report is None:
            return Content.styled(" " + _("The chain has not been checked since this room was opened."), "$text-muted")
        if report.ok:
            words = _("{count} events, all as they were written.").format(count=number(report.count, 0))
            return Content.styled(f" ✔ {words}", "bold $success")
        first = _("first bad event: {seq}").format(seq=report.first_bad_seq)
        keep = _("Keep the file as it is, and restore the last backup in another folder.")
        lines = [
            Content.styled(f" ✘ {first}", "bold $error"),
            Content.styled(f"   {report.reason}", "$error"),
            Content.styled(f"   {keep}", ""),
        ]
        return Content("\n").join(lines)


class JournalScreen(ErrandRoom):
    """Enter checks the chain, Esc cancels a check that runs, else leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.health: Health | None = None
        self._cancel = threading.Event()
        self._checked = 0
        self._checking = False

    def furnish(self) -> ComposeResult:
        yield _Progress()
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()
        self.set_interval(1 / REPAINTS, self._repaint)
        self.look(self.reload)

    def on_unmount(self, _event: events.Unmount) -> None:
        self._cancel.set()

    async def reload(self) -> None:
        """Look at folder and journal again."""
        from tui.record_health import look

        workshop = self.app.workshop
        self.health = await self.app.at_bench(look, workshop.folder, workshop.desk.journal, workshop.backups)
        self.query_one(Page).rewrite()
        self.refresh_bindings()

    def main_word(self) -> str:
        return "" if self._checking else _("Check the chain")

    def action_main(self) -> None:
        if not self._checking:
            self.do(self._verify)

    def errands(self) -> Sequence[Errand]:
        if self._checking:
            return [Errand(_("Cancel the check"), self._give_up)]
        backups = self.app.workshop.backups
        now = [] if backups is None else [Errand(_("Back up now"), self._back_up)]
        return [Errand(_("Check the chain"), self._verify), *now, Errand(_("Look again"), self.reload)]

    async def _back_up(self) -> None:
        backups = self.app.workshop.backups
        assert backups is not None
        self.app.notify(_("A backup is being made; the bench may be used meanwhile."))
        try:
            await asyncio.to_thread(backups.make)
        finally:
            await self.reload()

    async def _give_up(self) -> None:
        self._cancel.set()

    async def _verify(self) -> None:
        journal, progress = self.app.workshop.desk.journal, self.query_one(_Progress)
        self._cancel.clear()
        self._checked = 0
        self._checking = True
        progress.report, progress.cancelled, progress.running = None, False, True
        progress.checked, progress.all = 0, (await self.app.at_bench(journal.head))[0]
        self.refresh_bindings()
        try:
            # Beside the bench's thread: it only reads, in a connection of its own, and a long journal takes a while.
            progress.report = await asyncio.to_thread(journal.verify, None, self._told)
        except _Cancelled:
            progress.cancelled = True
        finally:
            self._checking = progress.running = False
            if self.is_running:
                progress.refresh(layout=True)
                self.refresh_bindings()

    def _told(self, checked: int) -> None:
        """Note how far the check is; called in its thread."""
        self._checked = checked
        if self._cancel.is_set():
            raise _Cancelled

    def _repaint(self) -> None:
        progress = self.query_one(_Progress)
        if progress.running and progress.checked != self._checked:
            progress.checked = self._checked
            progress.refresh()

    def action_back(self) -> None:
        if self._checking:
            self._cancel.set()
        else:
            self.dismiss()

    def _write(self, width: int) -> list[Content]:
        health = self.health
        if health is None:
            return prose(_("Looking …"), width, "$text-muted", "  ")
        kinds = health.kinds
        counts = [
            (_("Events"), number(health.events, 0)),
            (_("Orders"), _("{all}, {closed} closed").format(all=number(health.orders, 0), closed=health.closed)),
            (_("Measurements"), number(kinds["measured"], 0)),
            (_("Interrupted"), number(kinds["measurement-interrupted"], 0)),
            (_("Refused"), number(kinds["refused"], 0)),
            (_("Corrected"), number(kinds["corrected"], 0)),
            (_("Head"), health.head),
        ]
        backups = self.app.workshop.backups
        late = health.copy is None if backups is None else backups.problem is not None or backups.overdue()
        copy = _("none: “etabli journal backup”, or [backup] in workshop.toml, makes them")
        if health.copy is not None:
            copy = f"{health.copy.path.name}, {_stored(health.copy)}"
        if backups is not None and backups.problem:
            copy += f" · {backups.problem.why}"
        stores = [
            (_("Journal"), _stored(health.journal)),
            (_("Last backup"), copy),
            (_("Recordings"), _stored(health.recordings)),
            (_("Sheets"), _stored(health.sheets)),
            (_("Photos"), _stored(health.photos)),
            (_("Certificates"), _stored(health.certificates)),
        ]
        room = _("{free} free of {disk}").format(free=byte_size(health.free), disk=byte_size(health.disk))
        lines = heading(_("What the journal holds"))[1:] + facts(counts, width)
        stores += [(_("Folder"), str(health.journal.path.parent)), (_("Disk"), room)]
        styles = ["", "$warning" if late else "", *[""] * 5, "bold $error" if health.little else ""]
        lines += heading(_("Files")) + facts(stores, width, styles)
        if health.little:
            lines += prose(_("The disk is nearly full: free some room before the next measurement."), width, "$error")
        return lines


def _stored(store: Store) -> str:
    if not store.files:
        return "—"
    words = (
        byte_size(store.size)
        if store.files == 1
        else f"{_('{count} files').format(count=store.files)}, {byte_size(store.size)}"
    )
    return words if store.last is None else f"{words}, {_when(store.last)}"


def _when(at: datetime) -> str:
    return f"{show_date(at.date().isoformat())} {at:%H:%M}"
