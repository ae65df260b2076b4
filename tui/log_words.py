"""A row of the log in words: what it is about, and how it ended."""

from __future__ import annotations

from bench.alerts import kind_of
from bench.journal.rows import LogKind, LogRow
from bench.journal.titles import StepTitles
from bench.language import _
from bench.quantities import QUANTITIES
from tui import lines
from tui.log_query import OUTCOMES

_CLEARLY = ("information", "no-limit")
_LABELLED = (LogKind.PROMISE, LogKind.QUOTE, LogKind.CUSTODY, LogKind.HANDLING, LogKind.PHOTO, LogKind.PROCEDURE)


def step_title(row: LogRow, titles: StepTitles) -> str:
    """Write the title of a row's step; its id where the record holds none, "" where the row is of no step."""
    title = titles.of(row.order, row.procedure, row.step) if row.step else None
    return str(title) if title is not None else row.step


def about(row: LogRow, titles: StepTitles) -> str:
    """Write what a row is about: the quantity with its place and instrument, or the step and what was said."""
    if row.kind == LogKind.MEASUREMENT:
        named = lines.named(QUANTITIES[row.quantity], row.label) if row.quantity in QUANTITIES else row.quantity
        origin = "" if row.provenance == "real" else f" [{lines.provenance(row.provenance)}]"
        return f"{named} · {row.model} n° {row.serial}{origin}"
    said = " ".join(row.show_text().split())
    label = row.label if row.kind in _LABELLED else ""
    return " · ".join(part for part in (step_title(row, titles), label, said) if part)


def outcome(row: LogRow, titles: StepTitles) -> str:
    """Write how it ended: the verdict, the outcome of a step or what was chosen there, the rule that refused."""
    if row.kind == LogKind.MEASUREMENT:
        if row.refusal in _CLEARLY:
            return _("information")
        refused = f" ({row.refusal})" if row.refusal else ""
        return f"{row.verdict.symbol} {row.verdict}{refused}"
    state = "" if row.state in ("done", "corrected") else _state(row, titles)
    return " · ".join(part for part in (row.refusal, row.alert and str(kind_of(row.alert).title), state) if part)


def _state(row: LogRow, titles: StepTitles) -> str:
    chosen = titles.choice(row.procedure, row.step, row.state) if row.kind == LogKind.STEP else None
    if chosen is not None and row.state not in OUTCOMES:
        return str(chosen)
    return _(OUTCOMES[row.state]) if row.state in OUTCOMES else row.state
