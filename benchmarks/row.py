"""One line of the benchmarks' table: a figure of ours beside another's, and the ratio that is required."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A comparison: two figures in `unit`, their ratio, and the ratio that is required (None: for information)."""

    name: str
    ours: float
    other: float
    ratio: float
    required: float | None
    ok: bool
    unit: str = ""

    @property
    def bound(self) -> str:
        """The requirement in words: at least where more is better, at most where less is."""
        if self.required is None:
            return "–"
        return f"{'≥' if self.ok == (self.ratio >= self.required) else '≤'} {self.required:g}"


def compare(
    name: str, ours: float, other: float, unit: str, required: float | None = None, *, at_most: bool = False
) -> Row:
    """Return the row whose ratio is ours to the other's; `required` is the least, or with `at_most` the most."""
    ratio = ours / other
    ok = required is None or (ratio <= required if at_most else ratio >= required)
    return Row(name, ours, other, ratio, required, ok, unit)
