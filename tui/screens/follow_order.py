"""One order as it is seen from a second screen: its steps, its readings and verdicts, its alerts, as journaled."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content

from bench.alerts import Alert, kind_of
from bench.language import N_, _
from tui.screens.glance import heading as header_of
from tui.screens.orders import since
from tui.screens.room import Room
from tui.widgets import page
from tui.widgets.live import traced
from tui.widgets.order_header import OrderHeader
from tui.widgets.page import Page, prose
from tui.widgets.panel import Panel
from tui.widgets.readout import Readout
from tui.widgets.results import Results
from tui.widgets.steps import StepsMap, mark_of
from tui.widgets.verdict import VerdictBand, is_information

if TYPE_CHECKING:
    from tui.follow_app import FollowApp
    from tui.following import FollowedOrder, Look

ROOMY = 40


class FollowOrderScreen(Room):
    """Shows an order while its bench works on it; its keys scroll, hand out the sheet and lead back."""

    app: FollowApp
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sheet", N_("Sheet"), id="sheet"),
        Binding("f4", "sign_in", N_("Change operator"), show=False, id="operator"),
        Binding("escape", "back", N_("Orders"), id="back"),
    ]

    def __init__(self, order: FollowedOrder) -> None:
        super().__init__()
        self.order = order
        self.now: Look | None = None

    def furnish(self) -> ComposeResult:
        yield OrderHeader()
        with Container(id="middle"):
            yield StepsMap()
            with Vertical(id="work"):
                yield Panel()
                yield Readout()
                yield VerdictBand()
                yield Page(self._lines)

    async def on_mount(self) -> None:
        self._show(await self.app.at_bench(self.order.look))
        self.query_one(Page).focus()

    async def look_again(self) -> None:
        """Show what was journaled meanwhile. Raises EtabliError."""

        def read() -> Look | None:
            return self.order.look() if self.order.catch_up() else None

        now = await self.app.at_bench(read)
        if now is not None and self.is_attached:
            self._show(now)

    def _show(self, now: Look) -> None:
        self.now = now
        state = now.state
        self.query_one(OrderHeader).show(header_of(state, self.app.desk.operator))
        self.query_one(StepsMap).show(now.marks, now.procedure.stage)
        self.query_one(VerdictBand).show(now.last)
        readout = self.query_one(Readout)
        readout.display = bool(now.last) and self.app.size.height >= ROOMY
        if now.last:
            readout.show(*traced(now.last))
        self.query_one(Page).rewrite()

    def on_resize(self) -> None:
        if self.now is not None:
            self._show(self.now)

    # -- what is written on the page

    def _lines(self, width: int) -> list[Content]:
        now = self.now
        if now is None:
            return []
        lines = [*self._here(now, width), *self._alerts(now, width), *self._measured(now, width)]
        if not self.has_class("-wide"):
            lines += self._steps(now)
        return lines[1:] if lines and not lines[0].plain else lines

    def _here(self, now: Look, width: int) -> list[Content]:
        state, step = now.state, now.step
        lines = page.heading(_("Now"))
        if state.closed:
            lines.append(Content.assemble(("✔ ", "bold $success"), (_("The order is closed."), "bold")))
        elif step is None:
            lines.append(Content(_("All steps are done.")))
        else:
            begun = state.started_at.get(step.id, "") if state.started else ""
            words = _("under way since {time}").format(time=since(begun)) if begun else _("not begun")
            lines.append(Content.assemble(("▶ ", "bold $primary"), (str(step.title), "bold"), f" · {words}"))
            lines += prose(str(step.instruction), width, "$text-muted", "  ")
        last = _("last entry {time}").format(time=_clock(now.seen_at))
        lines.append(Content.styled("  " + " · ".join(part for part in (last, self._called(now.by)) if part), ""))
        if now.refusal is not None:
            refused = now.refusal
            lines.append(Content.assemble((f"✘ {_('REFUSED')} {refused.rule}", "bold $error")))
            lines += prose(f"{refused.reason} {refused.remedy}", width, indent="  ")
        elif now.broken is not None:
            lines.append(Content.assemble((f"✘ {_('INTERRUPTED')}", "bold $error")))
            lines += prose(str(now.broken), width, indent="  ")
        return lines

    def _alerts(self, now: Look, width: int) -> list[Content]:
        if not now.alerts:
            return []
        lines = page.heading(_("Alerts"))
        for alert in now.alerts:
            lines += self._alert(alert, width)
        return lines

    def _alert(self, alert: Alert, width: int) -> list[Content]:
        told = f"{alert.text} ({_clock(alert.at)}{_with(self._called(alert.by))})"
        if alert.decision:
            word = _("accepted") if alert.decision == "accepted" else _("refused")
            sign, style = ("✔", "$success") if alert.decision == "accepted" else ("✘", "$error")
            after = f"{word}: {alert.decided_by}{_with(alert.reason)}"
        elif alert.open:
            sign, style = "⚠", "bold $error" if alert.blocking else "$warning"
            after = _("waits for: {role}").format(role=kind_of(alert.kind).decided_by)
        else:
            sign, style, after = "i", "$secondary", ""
        lines = prose(f"{sign} {told}", width, style)
        return [*lines, *prose(after, width, indent="  ")] if after else lines

    def _measured(self, now: Look, width: int) -> list[Content]:
        if not now.figures:
            return []
        asked = [entry for entry in now.figures if not is_information(entry)] or now.figures
        table = Results()
        table.judged, table.before = asked, now.first
        return [*page.heading(_("Measured")), *table.lines(width, len(asked) + 1)]

    def _steps(self, now: Look) -> list[Content]:
        lines = page.heading(_("Steps"))
        for mark in now.marks:
            sign, style = mark_of(mark.status, mark.outcome)
            words = f"{mark.title}" + (f" ({mark.reason})" if mark.reason is not None else "")
            lines.append(Content.assemble((f"{sign} ", style), (words, "bold" if mark.status == "current" else "")))
        return lines

    def _called(self, operator_id: str) -> str:
        people = {each.id: each.name for each in self.app.workshop.operators}
        return people.get(operator_id, operator_id)

    # -- keys

    def action_sheet(self) -> None:
        self.app.give_sheet(self.order.number)

    def action_sign_in(self) -> None:
        self.app.change_operator()

    def action_back(self) -> None:
        self.dismiss()


def _clock(iso: str) -> str:
    """Write when something was journaled: the second of today, else the day."""
    at = datetime.fromisoformat(iso).astimezone()
    return f"{at:%H:%M:%S}" if at.date() == datetime.now().astimezone().date() else since(iso)


def _with(words: str) -> str:
    return f" · {words}" if words else ""
