"""The strip of instruments: each with the state of its link and of its calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from textual.content import Content
from textual.widget import Widget

from bench.instrument import InstrumentKind, LinkState
from bench.language import N_, _
from bench.metrology import CalibrationState, InstrumentRecord
from tui.widgets.order_header import show_date

SHORT = {
    InstrumentKind.TIMEGRAPHER: N_("timing"),
    InstrumentKind.WATER_RESISTANCE: N_("leak"),
    InstrumentKind.DEMAGNETISER: N_("demag"),
    InstrumentKind.FIELD_METER: N_("field"),
    InstrumentKind.QUARTZ_TESTER: N_("quartz"),
}
LINKS = {
    LinkState.CLOSED: ("○", "$text-muted"),
    LinkState.OPENING: ("◌", "$warning"),
    LinkState.READY: ("●", "$success"),
    LinkState.SUSPECT: ("◐", "$warning"),
    LinkState.LOST: ("✘", "bold $error"),
}


class InstrumentStrip(Widget):
    """One line; where there is room the states stand in words too."""

    def __init__(self, records: Sequence[InstrumentRecord], state: Callable[[str], LinkState], today: date) -> None:
        super().__init__()
        self.records = records
        self.states = {record.id: state(record.id) for record in records}
        self.today = today

    def changed(self, instrument: str, state: LinkState) -> None:
        """Show the new state of one link."""
        self.states[instrument] = state
        self.refresh()

    def render(self) -> Content:
        """Draw the states in words where there is room for all of them, else ever shorter, signs alone at last."""
        ways = (
            self._drawn(wide=True),
            self._drawn(wide=True, until="{date}"),
            self._drawn(wide=False),
            self._drawn(wide=False, lost=False),
        )
        return next((way for way in ways if way.cell_length <= self.size.width), ways[-1])

    def _drawn(self, *, wide: bool, lost: bool = True, until: str = "") -> Content:
        parts: list[str | tuple[str, str]] = []
        for record in self.records:
            state = self.states[record.id]
            symbol, style = LINKS[state]
            calibration = record.calibration(self.today)
            parts.append((f" {symbol} ", style))
            parts.append((_(SHORT[record.kind]), "bold" if state is LinkState.READY else ""))
            if record.dialect == "manual":
                parts.append((" " + _("by hand"), "$text-muted"))
            if (lost and state is LinkState.LOST) or (wide and state is not LinkState.READY):
                parts.append((f" {state}", style))
            due = record.certificate.due.isoformat() if record.certificate else ""
            parts += [_calibration(calibration, due, until or _("until {date}"), wide=wide), "  "]
        return Content.assemble(*parts)


def _calibration(state: CalibrationState, due: str, until: str, *, wide: bool) -> tuple[str, str]:
    symbol, style = ("✔", "$success") if state is CalibrationState.VALID else ("!", "bold $warning")
    if not state.proves:
        symbol, style = "✘", "bold $error"
    if not wide:
        return f" {symbol}", style
    return f" {symbol} {until.format(date=show_date(due)) if state is CalibrationState.VALID else state}", style
