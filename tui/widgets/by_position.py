"""The rate in each position: a table with bars, and where there is room a polar picture with the crown's direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.conformity import State
from bench.language import _, number
from bench.limit import Limit
from bench.quantities import quantity, unit_text
from tui.widgets.charset import Charset
from tui.widgets.gauges import STATE_LOOKS, Gauge, bar, ends_of
from tui.widgets.picture import Picture, Row, beside, fitted
from tui.widgets.position import CROWN, arrow
from tui.widgets.raster import Raster

# The polar picture needs this much beside the table.
TABLE, ROUND = 62, 11


@dataclass(frozen=True)
class Spot:
    """One position: its figures in canonical units, None where not measured; `before` is the rate to compare with."""

    position: str
    rate: float | None = None
    amplitude: float | None = None
    beat_error: float | None = None
    before: float | None = None
    state: State | None = None


def polar(
    spots: Sequence[Spot], limit: Limit | None, width: int, height: int, signs: Charset
) -> tuple[list[Row], tuple[float, float]]:
    """Return the polar picture, and the rates at its centre and at its rim.

    An upright position lies where its crown points; flat ones are not on it. The limits are rings.
    """
    shown = [spot for spot in spots if spot.position in CROWN]
    low, high = ends_of([Gauge(quantity("rate"), s.rate, limit=limit, earlier=s.before) for s in spots])
    rings, before, now = (Raster(width, height, signs) for _layer in range(3))
    x, y = (rings.width - 1) / 2, (rings.height - 1) / 2
    size = min(x, y)

    def far(rate: float) -> float:
        return size * min(1.0, max(0.0, (rate - low) / (high - low)))

    for side in (limit.low, limit.high) if limit is not None else ():
        if side is not None:
            rings.ring(x, y, far(side), far(side), gap=3)
    rings.dot(round(x), round(y))
    for raster, rates in ((before, [(s, s.before) for s in shown]), (now, [(s, s.rate) for s in shown])):
        known = sorted((CROWN[s.position], rate) for s, rate in rates if rate is not None)
        dots = [
            (x + far(rate) * math.cos(turn * math.pi / 2), y + far(rate) * math.sin(turn * math.pi / 2))
            for turn, rate in known
        ]
        for one, other in pairwise([*dots, *dots[:1]] if len(dots) > 2 else dots):
            raster.line(*one, *other)
        for dot in dots:
            raster.disc(*dot, 1.0, 1.0)
    return _layered([(rings, "limit"), (before, "faint"), (now, "main")]), (low, high)


def _layered(layers: Sequence[tuple[Raster, str]]) -> list[Row]:
    """Return rasters as one picture: each cell in the look of the last that has a dot there."""
    rows: list[Row] = []
    for line in zip(*(raster.cells for raster, _look in layers), strict=True):
        looks = ["plain"] * len(line[0])
        merged = bytearray(len(line[0]))
        for cells, (_raster, look) in zip(line, layers, strict=True):
            for place, code in enumerate(cells):
                if code:
                    merged[place] |= code
                    looks[place] = look
        rows.append(list(zip(layers[0][0].signs.decode(merged), looks, strict=True)))
    return rows


class ByPosition(Picture):
    """Draws a sequence of positions; `here` is the one that is measured now or next."""

    def __init__(self) -> None:
        super().__init__()
        self.spots: tuple[Spot, ...] = ()
        self.limit: Limit | None = None
        self.here = ""

    def show(self, spots: Sequence[Spot], limit: Limit | None, here: str = "") -> None:
        """Draw these positions against the limit of the rate."""
        if (tuple(spots), limit, here) != (self.spots, self.limit, self.here):
            self.spots, self.limit, self.here = tuple(spots), limit, here
            self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> Sequence[Row]:
        if not self.spots or width < 8:
            return []
        high = min(height, (width - TABLE) // 2 - 2)
        if width >= TABLE + 2 * ROUND and high >= ROUND and any(spot.position in CROWN for spot in self.spots):
            table = self._table(TABLE - 4, height, signs)
            return beside(table, self._round(high, signs), TABLE, signs)
        return self._table(width, height, signs)

    def _table(self, width: int, height: int, signs: Charset) -> list[Row]:
        two = any(spot.before is not None for spot in self.spots)
        head = _("position").ljust(10) + _("rate").ljust(9) + _("amplitude").ljust(11) + _("beat error")
        if two:
            head += f"   {signs.before} " + _("before") + f" {signs.now} " + _("now")
        room = height - 1
        if room < 1:
            return []
        ends = ends_of([self._gauge(spot) for spot in self.spots])
        rows: list[Row] = [[(head, "faint")]]
        for spot in self.spots[-room:]:
            look = STATE_LOOKS[spot.state] if spot.state is not None else "strong"
            mark = signs.more if spot.position == self.here else " "
            figures = [
                (f"{mark} {spot.position.ljust(4)}{arrow(spot.position, signs)}   ", "strong"),
                (_figure(spot.rate, "rate", 9, signs), look),
                (_figure(spot.amplitude, "amplitude", 11, signs), "plain"),
                (_figure(spot.beat_error, "beat_error", 9, signs), "plain"),
            ]
            left = width - 40
            row = fitted(figures, min(width, 39), signs)
            rows.append([*row, (" ", "plain"), *bar(self._gauge(spot), ends, left, signs)] if left >= 8 else row)
        if room > len(self.spots) and width >= 60 and self.limit is not None:
            rows.append([(f"{self.limit.quantity.name}: {self.limit}".rjust(width), "faint")])
        return rows

    def _gauge(self, spot: Spot) -> Gauge:
        return Gauge(quantity("rate"), spot.rate, "", self.limit, spot.before, spot.state)

    def _round(self, height: int, signs: Charset) -> list[Row]:
        names = {CROWN[spot.position]: spot.position for spot in self.spots if spot.position in CROWN}
        drawn, (low, high) = polar(self.spots, self.limit, (height - 3) * 2, height - 3, signs)
        middle = (height - 3) // 2
        rows: list[Row] = [
            [(f"{names.get(2, '') if n == middle else '':>4} ", "strong"), *row, (names.get(0, ""), "strong")]
            if n == middle
            else [(" " * 5, "plain"), *row]
            for n, row in enumerate(drawn)
        ]
        across = (height - 3) * 2
        top, foot = (" " * 5 + names.get(turn, "").center(across) for turn in (3, 1))
        scale = _("centre {low}, rim {high} {unit}").format(
            low=number(low, 0, sign=True), high=number(high, 0, sign=True), unit=unit_text("s/d")
        )
        return [[(top, "strong")], *rows, [(foot, "strong")], [(scale, "faint")]][:height]


def _figure(value: float | None, key: str, width: int, signs: Charset) -> str:
    q = quantity(key)
    if value is None:
        return signs.write("–").ljust(width)
    unit = "°" if key == "amplitude" else " ms" if key == "beat_error" else ""
    return signs.write(number(value, q.decimals, sign=q.signed) + unit).ljust(width)
