"""A figure over time as a line, with its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bench.language import number
from tui.widgets.charset import Charset
from tui.widgets.picture import Picture, Row
from tui.widgets.raster import Raster, columns

AXIS = 8
Points = Sequence[tuple[float, float]]
# A limit so many times farther away than the curve is high would flatten the curve: it is left out.
FARTHEST = 6.0
# No figure of a bench is so large: not a number, infinite or garbage.
BEYOND = 1e15


def reach(points: Points, levels: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and highest y to draw, with a little room, for these points and level lines."""
    every = [y for _x, y in points] + list(levels)
    low, high = min(every), max(every)
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    return low - room, high + room


def trace(points: Points, ends: tuple[float, float], width: int, height: int, signs: Charset) -> list[str]:
    """Return `height` rows of `width` cells with a line from each point to the next; x fills the whole width."""
    raster = Raster(width, height, signs)
    if not points:
        return raster.rows()
    across = points[-1][0] - points[0][0]
    if len(points) > raster.width:
        tops, bottoms = columns(points, ends, across, raster.width, raster.height)
        before: tuple[int, int] | None = None
        for x, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
            if top < 0:
                continue
            if before is not None:  # close the gap to the column before
                top, bottom = min(top, before[1]), max(bottom, before[0])
            before = tops[x], bottoms[x]
            raster.upright(x, top, bottom)
        return raster.rows()
    scale, rise = (raster.width - 1) / (across or 1.0), (raster.height - 1) / ((ends[1] - ends[0]) or 1.0)
    dots = [((x - points[0][0]) * scale, raster.height - 1 - (y - ends[0]) * rise) for x, y in points]
    for one, other in zip(dots, dots[1:] or dots, strict=False):
        raster.line(*one, *other)
    return raster.rows()


class Curve(Picture):
    """Points over x, with the limits as lines."""

    def __init__(self) -> None:
        super().__init__()
        self.points: Points = ()
        self.levels: Sequence[float] = ()
        self.caption = ("", "")
        self.name_of_y = ""

    def show(self, points: Points, *, x: str, y: str, levels: Sequence[float] = (), name: str = "") -> None:
        """Draw these points; `x` and `y` are the units of the axes, `levels` the limits, `name` what is drawn."""
        self.points = sorted(point for point in points if abs(point[0]) < BEYOND and abs(point[1]) < BEYOND)
        self.levels, self.caption, self.name_of_y = tuple(levels), (x, y), name
        self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> list[Row]:
        if len(self.points) < 2 or height < 3 or width < AXIS + 10:
            return []
        ys = [y for _x, y in self.points]
        spread = max(ys) - min(ys)
        near = [y for y in self.levels if not spread or abs(y - ys[-1]) < FARTHEST * spread]
        ends = reach(self.points, near)
        body = height - 1
        drawn = trace(self.points, ends, width - AXIS, body, signs)
        step = (ends[1] - ends[0]) / body
        rows: list[Row] = []
        for place, line in enumerate(drawn):
            top, bottom = ends[1] - place * step, ends[1] - (place + 1) * step
            level = next((y for y in near if bottom < y <= top), None)
            edge = top if place == 0 else bottom if place == body - 1 else None
            figure = level if level is not None else edge
            written = number(figure, 1) if figure is not None else ""
            axis = f"{written.rjust(AXIS - 2)[-(AXIS - 2) :]} {signs.axis}"
            if level is None:
                rows.append([(axis, "faint"), (line, "other")])
            else:
                rows.append([(axis, "limit"), *_levelled(line, signs.level)])
        x, y = self.caption
        seconds = f"{number(self.points[-1][0] - self.points[0][0], 0)} {x}"
        foot = f"{y.rjust(AXIS - 2)}  {self.name_of_y}"
        rows.append([(foot.ljust(width - len(seconds)) + seconds, "faint")])
        return rows


def _levelled(line: str, level: str) -> Iterator[tuple[str, str]]:
    """Yield a row through which a limit runs: the curve over the limit's line."""
    for blank, cells in groupby(line, lambda cell: cell == " "):
        run = "".join(cells)
        yield (level * len(run), "limit") if blank else (run, "other")
