"""Dots on a grid of cells: lines, circles and filled shapes, in whichever charset."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tui.widgets.charset import Charset


class Raster:
    """`width` × `height` cells of dots; (0, 0) is the dot at the top left. Dots outside are left out."""

    def __init__(self, width: int, height: int, signs: Charset) -> None:
        self.signs = signs
        self.width, self.height = width * signs.across, height * signs.down
        self.cells = [bytearray(width) for _row in range(height)]

    def dot(self, x: int, y: int) -> None:
        """Set one dot."""
        if 0 <= x < self.width and 0 <= y < self.height:
            across, down = self.signs.across, self.signs.down
            self.cells[y // down][x // across] |= 1 << (y % down * across + x % across)

    def upright(self, x: int, y0: int, y1: int) -> None:
        """Set the dots of a column from y0 to y1, ends included, in either order."""
        if not 0 <= x < self.width:
            return
        if y0 > y1:
            y0, y1 = y1, y0
        across, down, cells = self.signs.across, self.signs.down, self.cells
        column, bit = x // across, 1 << x % across
        for y in range(max(0, y0), min(self.height - 1, y1) + 1):
            cells[y // down][column] |= bit << (y % down * across)

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Set the dots of a straight line."""
        steps = math.ceil(max(abs(x1 - x0), abs(y1 - y0), 1))
        for step in range(steps + 1):
            self.dot(round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps))

    def ring(self, x: float, y: float, wide: float, high: float, *, gap: int = 1) -> None:
        """Set the dots of an ellipse; every `gap`-th only where it is to look faint."""
        steps = math.ceil(2 * math.pi * max(wide, high, 1.0))
        for step in range(0, steps, gap):
            turn = 2 * math.pi * step / steps
            self.dot(round(x + wide * math.cos(turn)), round(y + high * math.sin(turn)))

    def disc(self, x: float, y: float, wide: float, high: float) -> None:
        """Fill an ellipse."""
        for row in range(math.floor(y - high), math.ceil(y + high) + 1):
            inside = 1 - ((row - y) / max(high, 0.5)) ** 2
            if inside >= 0:
                half = wide * math.sqrt(inside)
                for column in range(math.ceil(x - half), math.floor(x + half) + 1):
                    self.dot(column, row)

    def rows(self) -> list[str]:
        """Return the picture, a line of text for each row of cells."""
        return [self.signs.decode(row) for row in self.cells]


def columns(
    points: Sequence[tuple[float, float]], ends: tuple[float, float], across: float, width: int, height: int
) -> tuple[list[int], list[int]]:
    """Return for each of `width` dot columns the highest and the lowest dot row that its points reach, -1 where none.

    x is spread from the first point over `across` to the last column; y from ends[0] (bottom) to ends[1] (top).
    """
    tops, bottoms = [-1] * width, [-1] * width
    first, last = points[0][0], width - 1
    scale, foot, rise = last / (across or 1.0), height - 1, (height - 1) / ((ends[1] - ends[0]) or 1.0)
    base = ends[0]
    for x, y in points:
        column = int((x - first) * scale + 0.5)
        if not 0 <= column <= last:
            continue
        row = foot - int((y - base) * rise + 0.5)
        top = tops[column]
        if top < 0:
            tops[column] = bottoms[column] = max(0, min(foot, row))
        elif row < top:
            tops[column] = max(0, row)
        elif row > bottoms[column]:
            bottoms[column] = min(foot, row)
    return tops, bottoms
