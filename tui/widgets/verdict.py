"""The verdict as word, symbol and colour, with the rule and the uncertainty that it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from bench.judging import Judged
from bench.language import N_, _, number
from bench.quantities import unit_text
from bench.training.blind import RULE
from tui.widgets.readout import STATE_STYLES

OUTCOMES = {
    "pass": ("✔", N_("STEP PASSED"), "$success"),
    "conditional": ("≈", N_("STEP PASSED WITH RESERVE"), "$warning"),
    "fail": ("✘", N_("STEP NOT PASSED"), "$error"),
    "no-limit": ("i", N_("STEP MEASURED, NO LIMIT KNOWN"), "$secondary"),
    "no-verdict": ("—", N_("NO VERDICT FOR THIS STEP"), "$secondary"),
    RULE: ("—", N_("STEP MEASURED, VERDICT HIDDEN UNTIL THE REVEAL"), "$secondary"),
}


def ranked(judged: Sequence[Judged]) -> list[Judged]:
    """Return the figures that a verdict was asked for: worst first, derived before single, nearest its limit first."""
    asked = [entry for entry in judged if not is_information(entry)]
    return sorted(asked, key=lambda e: (-e.verdict.state.severity, not e.measurement.derived_from, _room(e)))


def _room(entry: Judged) -> float:
    """Return how far a value lies inside its limit, as a share of the limit: small is near."""
    limit, y = entry.verdict.limit, entry.measurement.value.magnitude
    if limit is None:
        return 1.0
    low, high = limit.low, limit.high
    whole = high - low if low is not None and high is not None else abs(high or low or 1.0)
    return min(y - low if low is not None else whole, high - y if high is not None else whole) / whole


def is_information(entry: Judged) -> bool:
    """Whether a figure is kept without a verdict having been asked, or without a limit to judge it by."""
    refusal = entry.verdict.refusal
    return refusal is not None and refusal.rule in ("information", "no-limit", RULE)


def is_hidden(entry: Judged) -> bool:
    """Whether a blind exercise keeps the verdict back."""
    return entry.verdict.refusal is not None and entry.verdict.refusal.rule == RULE


def hidden_first(judged: Sequence[Judged]) -> list[Judged]:
    """Return figures without a verdict, those first whose verdict is hidden, derived before single ones."""

    def place(entry: Judged) -> int:
        return 2 if not is_hidden(entry) else 0 if entry.measurement.derived_from else 1

    return sorted(judged, key=place)


class VerdictBand(Widget):
    """Shows the worst verdict of a finished run, or of the whole step; `live`: it has just been recorded."""

    def __init__(self, *, live: bool = True) -> None:
        super().__init__()
        self.judged: tuple[Judged, ...] = ()
        self.live = live

    def show(self, judged: tuple[Judged, ...]) -> None:
        """State these measurements."""
        self.judged = judged
        self.display = bool(judged)
        self.refresh(layout=True)

    def render(self) -> Content:
        entry = next(iter(ranked(self.judged)), None)
        if any(is_hidden(each) for each in self.judged):
            symbol, word, colour = "—", _("VERDICT HIDDEN UNTIL THE REVEAL"), "$secondary"
        elif entry is None:
            symbol, word, colour = "i", _("KEPT AS INFORMATION"), "$secondary"
        else:
            state = entry.verdict.state
            symbol, word, colour = state.symbol, str(state), STATE_STYLES[state]
        width = self.size.width or self.app.size.width
        tall = self.app.size.height >= 40
        spaced = " ".join(word) if tall else word
        lines = [Content.assemble((f" {symbol}  {spaced} ".center(width), f"bold $background on {colour}"))]
        if tall:
            blank = Content.assemble((" " * width, f"on {colour}"))
            lines = [blank, *lines, blank]
        lines.append(self._grounds(entry or next(iter(hidden_first(self.judged)), None)))
        return Content("\n").join(lines)

    def _grounds(self, entry: Judged | None) -> Content:
        parts: list[str | tuple[str, str]] = []
        if entry is not None and entry.verdict.refusal is not None and not is_information(entry):
            refusal = entry.verdict.refusal
            parts.append(f"{refusal.rule} · {refusal.reason}")
        elif entry is not None:
            m = entry.measurement
            what = f"{m.quantity.name} {m.label}".strip()
            parts.append(f"{what} {m.value.show()}")
            if m.uncertainty is not None:
                decimals = max(m.quantity.decimals, 1)
                parts.append(f" ± {number(m.uncertainty.expanded, decimals)} {unit_text(m.quantity.unit)} (k = 2)")
            if entry.verdict.rule is not None:
                parts.append(f" · {entry.verdict.rule}")
        if self.live:
            parts.append(("  " + _("saved"), "$text-muted"))
        return Content.assemble(*parts)
