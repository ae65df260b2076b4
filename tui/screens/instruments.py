"""The instruments of this bench: link, calibration, when it is due, the daily check; opened with Enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual.app import ComposeResult

from bench.instrument import LinkState
from bench.language import N_, _
from bench.metrology import CalibrationState, InstrumentRecord
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.widgets.instruments import LINKS
from tui.widgets.order_header import show_date
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList


@dataclass(frozen=True)
class Line:
    """One instrument of the register now; `link` is None where its port is only opened at the next start."""

    record: InstrumentRecord
    link: LinkState | None
    by_hand: bool
    today: date

    @property
    def calibration(self) -> CalibrationState:
        return self.record.calibration(self.today)


def link_words(line: Line) -> str:
    """Return the state of the link as symbol and word."""
    if line.link is None:
        return "○ " + _("from the next start")
    if line.by_hand:
        return "● " + _("by hand")
    return f"{LINKS[line.link][0]} {line.link}"


def calibration_words(line: Line) -> str:
    """Return the calibration state as symbol and words."""
    state = line.calibration
    return f"{'✔' if state is CalibrationState.VALID else '!' if state.proves else '✘'} {state}"


def check_words(line: Line) -> str:
    """Return how it stands with today's check against the reference."""
    record = line.record
    if record.daily_check is None:
        return "—"
    if record.check_failed:
        return "✘ " + _("failed")
    return "✔ " + _("done") if record.checked == line.today else "✘ " + _("to do")


def calibration_style(line: Line) -> str:
    """Return the colour of the calibration state."""
    state = line.calibration
    return "$success" if state is CalibrationState.VALID else "$warning" if state.proves else "$error"


def _check_style(line: Line) -> str:
    words = check_words(line)
    return "$success" if words.startswith("✔") else "$error" if words.startswith("✘") else ""


def _due(line: Line) -> str:
    certificate = line.record.certificate
    return show_date(certificate.due.isoformat()) if certificate else "—"


def _where(line: Line) -> str:
    return _("simulated") if line.record.simulated else line.record.connection


class InstrumentsScreen(ErrandRoom):
    """The register today, one instrument a line."""

    def furnish(self) -> ComposeResult:
        yield PickList[Line](
            [
                Column(N_("instrument"), 0, lambda line: line.record.id),
                Column(N_("kind"), 22, lambda line: str(line.record.kind), wide_only=True),
                Column(N_("model"), 22, lambda line: line.record.model, wide_only=True),
                Column(N_("serial number"), 14, lambda line: line.record.serial, wide_only=True),
                Column(N_("link"), 0, link_words, style=lambda line: LINKS[line.link][1] if line.link else ""),
                Column(N_("calibration"), 0, calibration_words, style=calibration_style),
                Column(N_("due"), 10, _due),
                Column(N_("port"), 14, _where, wide_only=True),
                Column(N_("daily check"), 0, check_words, style=_check_style),
            ],
            nothing=N_("No instrument is registered yet. Menu: look who is plugged in."),
        )
        yield Panel()

    def on_screen_resume(self) -> None:
        self.query_one(PickList).focus()
        self.look(self.reload)

    async def reload(self) -> None:
        """Read the register again."""
        self.query_one(PickList).fill(await self.app.at_bench(self._read))
        self.refresh_bindings()

    def _read(self) -> list[Line]:
        from drivers.registry import is_manual

        desk = self.app.workshop.desk
        pool, today = desk.pool, desk.clock.now().date()
        here = {record.id for record in pool.records()}
        return [
            Line(record, pool.state(record.id) if record.id in here else None, is_manual(record), today)
            for record in desk.register.records(pool.records())
        ]

    def link_changed(self, _instrument: str, _state: LinkState) -> None:
        """A cable came out or is back."""
        self.look(self.reload)

    def main_word(self) -> str:
        return _("Open")

    def errands(self) -> Sequence[Errand]:
        return [
            Errand(_("Look who is plugged in"), self._probe),
            Errand(_("Register an instrument"), self._register),
        ]

    async def _probe(self) -> None:
        from tui.screens.probe import ProbeScreen

        await self.app.push_screen(ProbeScreen())

    async def _register(self) -> None:
        from bench.registration import must_manage
        from tui.screens.register import RegisterScreen

        assert self.app.operator is not None
        must_manage(self.app.operator)
        await self.app.push_screen(RegisterScreen())

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        from tui.screens.instrument import InstrumentScreen

        line = event.row
        assert isinstance(line, Line)
        self.app.push_screen(InstrumentScreen(line.record.id))
