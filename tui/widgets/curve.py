"""A curve drawn in braille dots: the trace of a measurement, or the reading as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from textual.content import Content
from textual.widget import Widget

from bench.language import number

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
AXIS = 8
Points = Sequence[tuple[float, float]]


def reach(points: Points, lines: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and highest y to draw, with a little room, for these points and level lines."""
    levels = [y for _x, y in points] + list(lines)
    low, high = min(levels), max(levels)
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    return low - room, high + room


def braille(points: Points, ends: tuple[float, float], width: int, height: int, *, joined: bool = False) -> list[str]:
    """Return `height` rows of `width` cells with a dot for each point; x is spread over the whole width.

    `joined` draws a line from each point to the next.
    """
    cells = [bytearray(width) for _row in range(height)]
    if points:
        first, last = points[0][0], points[-1][0]
        across = (width * 2 - 1) / ((last - first) or 1.0)
        up = (height * 4 - 1) / (ends[1] - ends[0])
        dots = [(int((x - first) * across), height * 4 - 1 - int((y - ends[0]) * up)) for x, y in points]
        for column, row in _joined(dots) if joined else dots:
            if 0 <= column < width * 2 and 0 <= row < height * 4:
                cells[row // 4][column // 2] |= _DOTS[row % 4][column % 2]
    return ["".join(chr(0x2800 + dots) if dots else " " for dots in row) for row in cells]


def _joined(dots: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for (x0, y0), (x1, y1) in pairwise(dots):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            yield x0 + round((x1 - x0) * step / steps), y0 + round((y1 - y0) * step / steps)


class Curve(Widget):
    """Points over x, with the limits as lines."""

    def __init__(self) -> None:
        super().__init__()
        self.points: Points = ()
        self.levels: Sequence[float] = ()
        self.caption = ("", "")
        self.joined = False

    def show(self, points: Points, *, x: str, y: str, levels: Sequence[float] = (), joined: bool = False) -> None:
        """Draw these points; `x` and `y` are the units of the axes, `levels` the limits to draw."""
        self.points, self.levels, self.caption, self.joined = points, levels, (x, y), joined
        self.refresh()

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.size.width, self.size.height))

    def lines(self, width: int, height: int) -> list[Content]:
        """Return the picture for this many cells."""
        if len(self.points) < 2 or height < 4 or width < AXIS + 10:
            return []
        high_enough = [y for _x, y in self.points]
        spread = max(high_enough) - min(high_enough)
        near = [y for y in self.levels if not spread or abs(y - high_enough[-1]) < 6 * spread]
        ends = reach(self.points, near)
        rows = braille(self.points, ends, width - AXIS, height - 1, joined=self.joined)
        lines = []
        for place, row in enumerate(rows):
            top = ends[1] - place / (height - 1) * (ends[1] - ends[0])
            bottom = ends[1] - (place + 1) / (height - 1) * (ends[1] - ends[0])
            level = next((y for y in near if bottom < y <= top), None)
            figure = level if level is not None else top if place == 0 else bottom if place == height - 2 else None
            axis = (
                number(figure, 1).rjust(AXIS - 2)[-(AXIS - 2) :] + " ▏"
                if figure is not None
                else " " * (AXIS - 1) + "▏"
            )
            if level is not None:
                drawn = "".join(cell if cell != " " else "┄" for cell in row)
                lines.append(Content.assemble((axis, "$warning"), (drawn, "$warning")))
            else:
                lines.append(Content.assemble((axis, "$text-muted"), (row, "$secondary")))
        x, y = self.caption
        seconds = number(self.points[-1][0] - self.points[0][0], 0)
        foot = f"{y.rjust(AXIS - 2)} ".ljust(AXIS) + f"{seconds} {x}".rjust(width - AXIS)
        lines.append(Content.assemble((foot, "$text-muted")))
        return lines
