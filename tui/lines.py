"""A measurement as one line of text, and tables: what the command line prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from bench.conformity import RULES, State, Verdict
from bench.judging import Judged
from bench.language import _, current, number
from bench.measurement import Measurement, Provenance
from bench.quantities import Quantity, unit_text


def measurement_line(judged: Judged) -> str:
    """Write quantity, value with unit, uncertainty, limit, rule, verdict and instrument in one line."""
    measurement, verdict = judged.measurement, judged.verdict
    parts = [
        padded(named(measurement.quantity, measurement.label), 34),
        padded(str(measurement.value), 14),
        padded(uncertainty(measurement), 16),
        padded(str(verdict.limit) if verdict.limit else _("no limit"), 24),
        padded(rule(verdict), 24),
        padded(outcome(verdict), 30),
        instrument(measurement),
    ]
    return "  ".join(parts).rstrip()


def blind_line(judged: Judged) -> str:
    """Write quantity, value with unit and uncertainty; that limit and verdict are hidden in an exercise."""
    m = judged.measurement
    parts = [padded(named(m.quantity, m.label), 34), padded(str(m.value), 14), padded(uncertainty(m), 16), hidden()]
    return "  ".join(parts)


def hidden() -> str:
    """Write what stands in the place of a verdict or limit in a blind exercise."""
    return _("—, hidden until the reveal")


def named(quantity: Quantity, label: str) -> str:
    """Write a quantity and where it was taken (position, stage); a run's own name ("stem pulled") adds nothing."""
    if not label or (label.islower() and label.replace(" ", "").isalpha()):
        return str(quantity)
    return f"{quantity} {place(label)}"


def place(label: str) -> str:
    """Write a position or a stage as the language does: “−0,5 bar”."""
    shown = label.replace("-", "−")
    return shown.replace(".", ",") if current() == "fr" else shown


def uncertainty(measurement: Measurement) -> str:
    """Write "U = ±1.2 s/d" with two significant digits, or that it is unknown."""
    if measurement.uncertainty is None:
        return _("U unknown")
    unit = unit_text(measurement.value.unit)
    return f"U = ±{significant(measurement.uncertainty.expanded)}" + (f"\u00a0{unit}" if unit != "1" else "")


def significant(value: float) -> str:
    """Write a number with two significant digits."""
    rounded = float(f"{value:.2g}")
    return number(rounded, max(0, 1 - _exponent(rounded)))


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2]) if value else 0


def rule(verdict: Verdict) -> str:
    return str(verdict.rule) if verdict.rule and verdict.limit else "—"


def outcome(verdict: Verdict) -> str:
    """Write the verdict: sign and word; for a refusal, the rule that refused."""
    if verdict.refusal is not None and verdict.refusal.rule in ("information", "no-limit"):
        return _("information")
    words = f"{verdict.state.symbol} {verdict.state}"
    return f"{words} ({verdict.refusal.rule})" if verdict.refusal is not None else words


def instrument(measurement: Measurement) -> str:
    """Write the instrument, its serial number, and where the value comes from where that is not the plain case."""
    device = measurement.instrument
    words = f"{device.model} n° {device.serial}" if device.serial else device.model
    origin = provenance(measurement.provenance.value)
    return f"{words} [{origin}]" if measurement.provenance is not Provenance.REAL else words


def provenance(word: str) -> str:
    """Return the word for where a value comes from, in the language in force."""
    return {
        "real": _("measured"),
        "simulated": _("simulated"),
        "replayed": _("replayed"),
        "manual": _("keyed in"),
    }.get(word, word)


def state(word: str) -> str:
    """Return the word for a verdict's state, in the language in force."""
    return str(State(word))


def rule_name(rule_id: str) -> str:
    return str(RULES[rule_id].name) if rule_id in RULES else rule_id


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out in columns under their headings; the last column is as long as it is."""
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(width(line[n]) for line in lines) for n in range(len(headings))]
    lines.insert(1, ["─" * min(size, 60) for size in widths])
    laid = ["  ".join(padded(cell, size) for cell, size in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(line.rstrip() for line in laid)


def padded(text: str, to: int) -> str:
    return text + " " * max(0, to - width(text))


def width(text: str) -> int:
    """Return how many cells of a terminal the text takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )
