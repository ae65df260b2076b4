"""The paper strip: each beat a mark, tic and toc in their own colour and shape, the newest at the right."""

from __future__ import annotations

import codecs
import math
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from bench.language import _, number
from tui.widgets.charset import Charset, current
from tui.widgets.picture import Picture, Row, fitted

# What the strip is high in milliseconds, from the widest to the finest: as on a timegrapher's screen, a step at a time.
HEIGHTS = (50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
USUAL = HEIGHTS.index(10.0)
# Two lines 0.5 ms apart (a beat error of 0.25 ms) are to stand in rows of their own.
FINE = 0.25
KEPT = 6000
SIDES = ("tic", "toc")
# No watch beats faster: 72,000 A/h are 50 ms.
SHORTEST = 0.04


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat: `second` of the program, how `late` it is in ms against the beat rate, 0 for a tic, 1 for a toc."""

    second: float
    late: float
    side: int


def beats_of(points: Iterable[tuple[float, float]], beat_rate: float) -> list[Beat]:
    """Return the beats of a kept trace (s, ms), each on the side that its number gives it."""
    interval = 3600.0 / beat_rate
    return [Beat(x, y, round((x - y / 1000.0) / interval) % 2) for x, y in points]


class PaperStrip(Picture):
    """A column for each oscillation, so that tic and toc stand under each other. A watch that gains rises.

    Live, a new beat repaints its own row alone; when the paper is full it moves on by a column, and rows that look
    the same afterwards are not repainted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.beats: deque[Beat] = deque(maxlen=KEPT)
        self.whole = False
        self.zoom: int | None = None
        self._interval = math.inf
        self._cells: list[bytearray] = []
        self._signs = current()
        self._first = 0
        self._pace = 1
        self._head: Row = ()

    @property
    def window(self) -> float:
        """The strip's height in ms: what was chosen, else what lets the room tell a good watch's two lines apart."""
        return HEIGHTS[self._chosen]

    @property
    def _chosen(self) -> int:
        if self.zoom is not None:
            return self.zoom
        places = len(self._cells) * self._signs.down
        fine = (n for n, height in enumerate(HEIGHTS) if height <= FINE * places)
        return max(USUAL, next(fine, len(HEIGHTS) - 1))

    def begin(self) -> None:
        """Put in new paper."""
        self.beats.clear()
        self._interval, self.whole = math.inf, False
        self.changed()

    def show(self, beats: Sequence[Beat]) -> None:
        """Draw a finished trace, all of it, over the whole width."""
        self.beats.clear()
        self._interval, self.whole = math.inf, True
        for beat in beats:
            self._take(beat)
        self.changed()

    def hear(self, beats: Iterable[Beat]) -> None:
        """Draw beats that have just come."""
        known = self._interval
        new = [beat for beat in beats if math.isfinite(beat.second) and math.isfinite(beat.late)]
        for beat in new:
            self._take(beat)
        if known != self._interval or self.whole or not self._cells or self._stale:
            self.changed()
            return
        dirty: set[int] = set()
        for beat in new:
            dirty |= self._mark(beat)
        if new and self._heading() != self._head:
            dirty.add(0)
        self.repaint(iter(sorted(dirty)))

    def closer(self) -> None:
        """Zoom in by a step; from the finest back to the widest."""
        self.zoom_to((self._chosen + 1) % len(HEIGHTS))

    def zoom_to(self, zoom: int | None) -> None:
        """Zoom to one of the heights, None for what fits the beats."""
        self.zoom = zoom
        self.changed()

    def rows(self, width: int, height: int, signs: Charset) -> Sequence[Row]:
        self._lay_out(width, height, signs)
        return [self._made(y) for y in range(height)] if self._cells else []

    def row(self, y: int) -> Row:
        if not self._cells:
            return super().row(y)
        made = self._made(y)
        return made if y and made else fitted(made, self.size.width, self._signs)

    # -- inside

    def _take(self, beat: Beat) -> None:
        if self.beats:
            gap = (beat.second - self.beats[-1].second) - (beat.late - self.beats[-1].late) / 1000.0
            if SHORTEST < gap < 0.9 * self._interval:
                self._interval = gap
        self.beats.append(beat)

    def _number(self, beat: Beat) -> int:
        """Return the number of the beat's oscillation."""
        if not math.isfinite(self._interval):
            return 0
        due = beat.second - self.beats[0].second - (beat.late - self.beats[0].late) / 1000.0
        return (round(due / self._interval) + (self.beats[0].side == 1)) // 2

    def _lay_out(self, width: int, height: int, signs: Charset) -> None:
        """Draw all beats anew: after a change of size, zoom or charset."""
        self._signs = signs
        body = height - 1
        self._cells = [bytearray(width) for _row in range(body)] if body > 0 and width > 0 else []
        if not self.beats or not self._cells:
            return
        last = self._number(self.beats[-1])
        self._pace = last // width + 1 if self.whole else 1
        self._first = 0 if self.whole else max(0, last - width + 1)
        for beat in self.beats:
            self._mark(beat)

    def _mark(self, beat: Beat) -> set[int]:
        """Put a beat on the paper and return the rows of the picture that it changed."""
        if not self._cells:
            return set()
        body, width = len(self._cells), len(self._cells[0])
        number_ = self._number(beat)
        column = (number_ - self._first) // self._pace
        if column < 0:
            return set()
        changed: set[int] = set()
        if column >= width:
            changed = self._feed(column - width + 1)
            column = width - 1
        down = self._signs.down
        high = body * down
        place = min(high - 1, int((0.5 + beat.late / self.window) % 1.0 * high))
        row = place // down
        self._cells[row][column] |= 1 << (place % down + 4 * beat.side)
        changed.add(row + 1)
        return changed

    def _feed(self, count: int) -> set[int]:
        """Move the paper on and return the rows that look different now."""
        changed = set()
        self._first += count
        for y, row in enumerate(self._cells):
            if any(row):
                before = bytes(row)
                del row[:count]
                row.extend(bytes(len(before) - len(row)))
                if row != before:
                    changed.add(y + 1)
        return changed

    def _made(self, y: int) -> Row:
        if y == 0:
            self._head = self._heading()
            return self._head
        cells = self._cells[y - 1]
        if not any(cells):
            return []
        text = codecs.charmap_decode(cells, "strict", ink(self._signs))[0]
        sides = cells.translate(_SIDES_IN)
        return [(text[run.start() : run.end()], _LOOKS[run[0].strip()[:1]]) for run in _RUNS.finditer(sides)]

    def _heading(self) -> Row:
        signs = self._signs
        seconds = self.beats[-1].second - (0.0 if not self.whole else self.beats[0].second) if self.beats else 0.0
        middle = signs.down // 2
        return [
            (f"{signs.tic[middle] * 3} tic  ", "main"),
            (f"{signs.toc[middle] * 3} toc  ", "other"),
            (
                _("up: it gains · height {height} ms · {seconds} s").format(
                    height=number(self.window, 0), seconds=number(seconds, 0)
                ),
                "faint",
            ),
        ]


# A cell's code holds the marks of the tics in its low four bits, those of the tocs in its high four.
_SIDES_IN = bytes(b" tob"[(1 if code & 0x0F else 0) + (2 if code >> 4 else 0)] for code in range(256))
_LOOKS = {b"": "plain", b"t": "main", b"o": "other", b"b": "both"}
# Marks of one look with the empty cells around them: a blank has no colour, and fewer pieces are painted faster.
_RUNS = re.compile(rb" *t[ t]*| *o[ o]*| *b[ b]*| +")


@lru_cache
def ink(signs: Charset) -> str:
    """Return the sign for each of the 256 codes of a cell."""
    return "".join(_sign(code & 0x0F, code >> 4, signs) for code in range(256))


def _sign(tic: int, toc: int, signs: Charset) -> str:
    if not tic and not toc:
        return " "
    if signs.down == 4:  # braille: the marks add up
        marks = [signs.tic[n] for n in range(4) if tic >> n & 1] + [signs.toc[n] for n in range(4) if toc >> n & 1]
        return chr(reduce(or_, map(ord, marks)))
    if tic and toc:
        return signs.both
    row = (tic or toc).bit_length() - 1
    return (signs.tic if tic else signs.toc)[min(row, len(signs.tic) - 1)]
