"""Figures on scales with their limits, the earlier figure beside the present one: a line or two for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.conformity import State
from bench.language import _, number
from bench.limit import Limit
from bench.quantities import Quantity, unit_text
from tui.lines import hidden
from tui.widgets import scale
from tui.widgets.charset import Charset
from tui.widgets.picture import Picture, Row, fitted

STATE_LOOKS = {
    State.CONFORMING: "good",
    State.CONDITIONALLY_CONFORMING: "warn",
    State.CONDITIONALLY_NONCONFORMING: "warn",
    State.NONCONFORMING: "bad",
    State.REFUSED: "other",
}
NAME, FIGURE = 30, 14


@dataclass(frozen=True)
class Gauge:
    """One figure in its canonical unit. `earlier` is what it compares with: before the intervention, without load;
    `hidden` that a blind exercise does not tell its limit.
    """

    quantity: Quantity
    value: float | None
    label: str = ""
    limit: Limit | None = None
    earlier: float | None = None
    state: State | None = None
    hidden: bool = False

    @property
    def title(self) -> str:
        return f"{self.quantity.name} {self.label}".strip()

    @property
    def scale(self) -> str:
        """What shares a scale: a battery without load and loaded, a consumption with the stem in and pulled."""
        return self.quantity.id.removesuffix("_loaded").removesuffix("_stem_pulled")

    @property
    def values(self) -> list[float]:
        return [value for value in (self.value, self.earlier) if value is not None]


def ends_of(gauges: Sequence[Gauge]) -> tuple[float, float]:
    """Return the ends of a scale on which all these figures and their limits can be told apart."""
    spans = [scale.span(gauge.limit) for gauge in gauges if gauge.limit is not None]
    values = [value for gauge in gauges for value in gauge.values]
    edges = [edge for span in spans for edge in span]
    reach = max(edges) - min(edges) if edges else 0.0
    for value in values:  # a figure far outside is shown by an arrow rather than flatten the scale
        if not reach or min(edges) - 2 * reach <= value <= max(edges) + 2 * reach:
            edges.append(value)
    if not edges:
        return 0.0, 1.0
    low, high = min(edges), max(edges)
    if not spans:
        room = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
        low, high = low - room, high + room
    elif values and (low in values or high in values):
        room = 0.04 * (high - low)
        low, high = low - room * (low in values), high + room * (high in values)
    return low, high


def bar(gauge: Gauge, ends: tuple[float, float], width: int, signs: Charset) -> Row:
    """Return the scale: inside and outside of the limit, the earlier figure, the way to the present one."""
    if width < 1:
        return []
    if gauge.limit is not None:
        cells = list(scale.zones(gauge.limit, 0.0, width, ends=ends, signs=signs))
        looks = ["good" if cell == signs.accepted else "limit" if cell == signs.limit else "bad" for cell in cells]
    else:
        cells, looks = [signs.outside] * width, ["faint"] * width
    places = [scale.place(value, ends, width) for value in gauge.values]
    if len(places) == 2:
        for cell in range(min(places), max(places)):
            if cells[cell] != signs.limit:
                cells[cell], looks[cell] = signs.path, "strong"
    if gauge.earlier is not None:
        cells[places[-1]], looks[places[-1]] = signs.before, "strong"
    if gauge.value is not None:
        look = STATE_LOOKS[gauge.state] if gauge.state is not None else "main"
        mark = signs.less if gauge.value < ends[0] else signs.more if gauge.value > ends[1] else signs.now
        cells[places[0]], looks[places[0]] = mark, look
    pairs = zip(cells, looks, strict=True)
    return [("".join(cell for cell, _look in run), look) for look, run in groupby(pairs, lambda pair: pair[1])]


class Gauges(Picture):
    """Draws gauges under each other; those of one quantity share a scale. `words` name the two marks."""

    def __init__(self) -> None:
        super().__init__()
        self.gauges: tuple[Gauge, ...] = ()
        self.words: tuple[str, str] = ("", "")

    def show(self, gauges: Sequence[Gauge], words: tuple[str, str] = ("", "")) -> None:
        """Draw these."""
        if (tuple(gauges), words) != (self.gauges, self.words):
            self.gauges, self.words = tuple(gauges), words
            self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> list[Row]:
        if not self.gauges or width < 8:
            return []
        two = any(gauge.earlier is not None for gauge in self.gauges) and all(self.words) and height > 1
        room = height - two
        kept = self.gauges[-room:] if room < len(self.gauges) else self.gauges
        tall = 3 if room >= 4 * len(kept) - 1 else 1
        rows: list[Row] = []
        for gauge in kept:
            ends = ends_of([other for other in self.gauges if other.scale == gauge.scale])
            if tall > 1:
                rows += [] if not rows else [[]]
                rows += self._tall(gauge, ends, width, signs)
            else:
                rows.append(self._low(gauge, ends, width, signs))
        if two:
            rows.append([(f"{signs.before} {self.words[0]}   {signs.now} {self.words[1]}", "faint")])
        return rows

    def _tall(self, gauge: Gauge, ends: tuple[float, float], width: int, signs: Charset) -> list[Row]:
        head: Row = [(gauge.title.ljust(NAME), "strong"), *self._figures(gauge, signs, limit=True)]
        under = scale.figures(gauge.limit, width, ends=ends) if gauge.limit is not None else ""
        return [head, bar(gauge, ends, width, signs), [(under, "faint")]]

    def _low(self, gauge: Gauge, ends: tuple[float, float], width: int, signs: Charset) -> Row:
        name = min(NAME, max(6, width // 3))
        figures = list(self._figures(gauge, signs, limit=False))
        figure = fitted(figures, FIGURE + 6 if width >= 60 else FIGURE, signs)
        left = width - name - 2 - (FIGURE + 6 if width >= 60 else FIGURE)
        drawn = bar(gauge, ends, left - 1, signs) if left >= 8 else []
        return [*fitted([(gauge.title, "plain")], name, signs), (" ", "plain"), *drawn, (" ", "plain"), *figure]

    def _figures(self, gauge: Gauge, signs: Charset, *, limit: bool) -> Row:
        q = gauge.quantity
        unit = unit_text(q.unit)
        look = STATE_LOOKS[gauge.state] if gauge.state is not None else "strong"
        written = number(gauge.value, q.decimals, sign=q.signed) if gauge.value is not None else "–"
        parts = [(f"{written} {unit}", look)]
        if gauge.state is not None:
            parts.append((f" {gauge.state.symbol}", look))
        if limit and gauge.earlier is not None:
            earlier = number(gauge.earlier, q.decimals, sign=q.signed)
            parts.append((f"   {signs.before} {earlier}", "faint"))
        if limit:
            unknown = hidden() if gauge.hidden else _("no limit known")
            parts.append((f"   {gauge.limit}" if gauge.limit is not None else f"   {unknown}", "faint"))
        return parts
