"""The watch as it is to be laid on the microphone: dial up or down, or upright with its crown to one side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from bench.language import _
from bench.procedure.tasks import POSITIONS
from tui.widgets.charset import Charset
from tui.widgets.picture import Picture, Row, beside, centred
from tui.widgets.raster import Raster

# Where the crown points, in quarter turns clockwise from the right; the mark at 12 is a quarter turn before it.
CROWN = {"12H": 0, "9H": 1, "6H": 2, "3H": 3}
FLAT = {"CH": True, "CB": False}
SMALLEST = (12, 4)


def arrow(position: str, signs: Charset) -> str:
    """Return an arrow to where the crown points, a blank for a flat position."""
    turn = CROWN.get(position)
    return signs.arrows[(2, 3, 0, 1)[turn]] if turn is not None else " "


def drawing(position: str, height: int, signs: Charset) -> list[Row]:
    """Return the watch in this position, `height` rows high and about twice as many cells wide."""
    if position in FLAT:
        return _lying(height, signs, up=FLAT[position])
    return _upright(CROWN[position], height, signs) if position in CROWN else []


def _upright(turn: int, height: int, signs: Charset) -> list[Row]:
    """From the front: the case, the hands at ten past ten, the crown, and the twelve."""
    width = height * 2 + 2
    raster, crown = Raster(width, height, signs), Raster(width, height, signs)
    x, y = (raster.width - 1) / 2, (raster.height - 1) / 2
    stem = max(2.0, raster.height * 0.12)
    size = min(x, y) - stem
    raster.ring(x, y, size, size)  # dots are square in every charset
    angle = turn * math.pi / 2
    cos, sin = round(math.cos(angle)), round(math.sin(angle))
    half = max(1.0, size * 0.22)
    ends = sorted((x + (size + 1) * cos - half * sin, x + (size + 1 + stem) * cos + half * sin))
    heights = sorted((y + (size + 1) * sin - half * cos, y + (size + 1 + stem) * sin + half * cos))
    for column in range(round(ends[0]), round(ends[1]) + 1):  # the crown, standing on the case
        crown.upright(column, round(heights[0]), round(heights[1]))
    for hour, length in ((10, 0.42), (2, 0.6)):
        at = angle + (hour - 3) * math.pi / 6
        raster.line(x, y, x + length * size * math.cos(at), y + length * size * math.sin(at))
    rows = _layered(raster, crown)
    twelve = angle - math.pi / 2
    column = round((x + 0.74 * size * math.cos(twelve)) / signs.across)
    row = round((y + 0.74 * size * math.sin(twelve)) / signs.down - 0.2)
    return _written(rows, "12", column, row)


def _lying(height: int, signs: Charset, *, up: bool) -> list[Row]:
    """From the side: the case on the microphone's table, the domed glass above or below, the crown at the right."""
    width = height * 2 + 2
    raster, crown = Raster(width, height, signs), Raster(width, height, signs)
    x = (raster.width - 1) / 2
    half, thick = raster.width * 0.34, max(2.0, raster.height * 0.2)
    middle = raster.height * 0.5
    for edge in (middle - thick / 2, middle + thick / 2):
        raster.line(x - half, edge, x + half, edge)
    for side in (-half, half):
        raster.line(x + side, middle - thick / 2, x + side, middle + thick / 2)
    dome = max(2.0, raster.height * 0.22)
    top, sign = (middle - thick / 2, -1) if up else (middle + thick / 2, 1)
    arc = [math.pi * step / 24 for step in range(25)]
    bow = [(x - half * 0.85 * math.cos(a), top + sign * dome * math.sin(a)) for a in arc]
    for one, other in pairwise(bow):
        raster.line(*one, *other)
    for row in range(round(middle - thick / 4), round(middle + thick / 4) + 1):
        crown.line(x + half + 1, row, x + half + 1 + max(1.0, raster.width * 0.05), row)
    rows = _layered(raster, crown)
    word = _("dial")
    line = round((middle + (-thick / 2 - dome * 0.5 if up else thick / 2 + dome * 0.5)) / signs.down - 0.5)
    return _written(rows, word, round(x / signs.across), max(0, min(height - 1, line)))


def _layered(below: Raster, above: Raster) -> list[Row]:
    """Return two rasters as one: cells of the upper one in its own look."""
    rows: list[Row] = []
    for one, other in zip(below.cells, above.cells, strict=True):
        text = below.signs.decode(bytes(a | b for a, b in zip(one, other, strict=True)))
        rows.append([(cell, "main" if b else "plain") for cell, b in zip(text, other, strict=True)])
    return rows


def _written(rows: list[Row], word: str, column: int, row: int) -> list[Row]:
    """Write a word over the picture, its middle at (column, row)."""
    if not rows or not 0 <= row < len(rows):
        return rows
    cells = list(rows[row])
    first = max(0, min(len(cells) - len(word), column - len(word) // 2))
    for place, letter in enumerate(word[: len(cells)]):
        cells[first + place] = (letter, "strong")
    return [*rows[:row], cells, *rows[row + 1 :]]


class WatchPosition(Picture):
    """The position to turn the watch to: its drawing, its code, and what it means."""

    def __init__(self) -> None:
        super().__init__()
        self.position = ""

    def show(self, position: str) -> None:
        """Draw this position; "" draws nothing."""
        if position != self.position:
            self.position = position
            self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> Sequence[Row]:
        if self.position not in POSITIONS:
            return []
        words: list[Row] = [[(self.position, "strong")], [(str(POSITIONS[self.position]), "plain")]]
        room = min(height, 14, (width - 4) // 2)
        if room < SMALLEST[1] or width < SMALLEST[0]:
            return [[(self.position, "strong"), ("  " + str(POSITIONS[self.position]), "plain")]]
        drawn = drawing(self.position, room, signs)
        if width - (room * 2 + 4) >= 24:
            return beside(drawn, centred(words, room), room * 2 + 4, signs)
        small = drawing(self.position, max(SMALLEST[1], room - 1), signs)
        said = f"{self.position}  {POSITIONS[self.position]}"
        return [*small, [((said if len(said) <= width else self.position).center(room * 2), "strong")]]
