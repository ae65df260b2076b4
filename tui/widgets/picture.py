"""What all pictures share: rows of coloured text drawn once, kept as strips, and only changed rows painted again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets import charset
from tui.widgets.charset import Charset

# One row of a picture: text and the name of its look, from left to right.
Row = Sequence[tuple[str, str]]
LOOKS = {
    "plain": "$foreground",
    "strong": "bold $foreground",
    "faint": "$text-muted",
    "main": "$primary",
    "other": "$secondary",
    "both": "$foreground",
    "limit": "$warning",
    "good": "$success",
    "warn": "bold $warning",
    "bad": "bold $error",
}


class Picture(Widget):
    """A picture of so many cells. A subclass gives `rows`, and calls `changed` when it would draw something else."""

    DEFAULT_CSS = "Picture { height: 1fr; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._drawn: list[Row] = []
        self._strips: list[Strip | None] = []
        self._looks: dict[str, Style] = {}
        self._key: tuple[object, ...] = ()
        self._stale = True

    def rows(self, width: int, height: int, signs: Charset) -> Sequence[Row]:
        """Return the picture for this many cells."""
        raise NotImplementedError

    def text(self, width: int, height: int, name: str = "") -> list[str]:
        """Return the picture as plain text, `height` lines of `width` cells."""
        signs = charset.named(name) if name else charset.current()
        return ["".join(part for part, _look in row) for row in self._fitted(width, height, signs)]

    def changed(self) -> None:
        """Draw again, and have only the rows painted that look different."""
        if not self.is_attached or not self.size or self._stale or self._key != self._now():
            self._stale = True
            if self.is_attached:
                self.refresh()
            return
        before = self._drawn
        self._drawn = self._fitted(self.size.width, self.size.height, charset.current())
        self.repaint(y for y, (old, new) in enumerate(zip(before, self._drawn, strict=True)) if old != new)

    def repaint(self, rows: Iterator[int]) -> None:
        """Have these rows painted again, neighbours in one piece."""
        regions = []
        for _offset, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0]):
            ys = [y for _n, y in run]
            for y in ys:
                self._strips[y] = None
            regions.append(Region(0, ys[0], self.size.width, len(ys)))
        if regions:
            self.refresh(*regions)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = [None] * len(self._strips)
        self._looks = {}

    def render_line(self, y: int) -> Strip:
        if self._stale or self._key != self._now():
            self._key, self._stale = self._now(), False
            self._drawn = self._fitted(self.size.width, self.size.height, charset.current())
            self._strips = [None] * len(self._drawn)
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self.rich_style)
        strip = self._strips[y]
        if strip is None:
            looks = self._looks or self._mixed()
            segments = [Segment(text, looks[look]) for text, look in self.row(y)]
            strip = self._strips[y] = Strip(segments, self.size.width)
        return strip

    def _mixed(self) -> dict[str, Style]:
        """Return the style of each look on this widget's ground, kept until a theme or a class changes it."""
        # No component classes: each would be a node of its own, restyled with every picture whenever a screen opens.
        parse = self.app.stylesheet.parse_style
        self._looks = {look: (self.visual_style + parse(style)).rich_style for look, style in LOOKS.items()}
        return self._looks

    def row(self, y: int) -> Row:
        """Return one row as it is drawn now."""
        return self._drawn[y]

    def retranslate(self) -> None:
        """Draw every word again, in the language in force."""
        self._stale = True
        self.refresh()

    def _now(self) -> tuple[object, ...]:
        from bench.language import current

        return (self.size, charset.current(), current())

    def _fitted(self, width: int, height: int, signs: Charset) -> list[Row]:
        rows = list(self.rows(width, height, signs))[:height] if width > 0 and height > 0 else []
        return [fitted(row, width, signs) for row in rows] + [[(" " * width, "plain")]] * (height - len(rows))


def fitted(row: Row, width: int, signs: Charset) -> Row:
    """Return the row in the charset's own characters, cut or filled to `width` cells."""
    kept, left = [], width
    for text, look in row:
        written = signs.write(text)
        wide = len(written) if written.isascii() else cell_len(written)
        if wide > left:
            written, wide = set_cell_size(written, left), left
        if wide:
            kept.append((written, look))
        left -= wide
    if left:
        kept.append((" " * left, "plain"))
    return kept


def beside(left: Sequence[Row], right: Sequence[Row], at: int, signs: Charset) -> list[Row]:
    """Return two pictures as one: the right one begins at the cell `at`."""
    count = max(len(left), len(right))
    one = [*left, *[[("", "plain")]] * (count - len(left))]
    other = [*right, *[[("", "plain")]] * (count - len(right))]
    return [[*fitted(a, at, signs), *b] for a, b in zip(one, other, strict=True)]


def centred(rows: Sequence[Row], height: int) -> list[Row]:
    """Return rows with room above, so that they stand in the middle of `height`."""
    return [*[[("", "plain")]] * max(0, (height - len(rows)) // 2), *rows]
