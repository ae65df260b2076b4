"""A page to read and scroll: lines that are written anew for the width, the language and what is known now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

Write = Callable[[int], Sequence[Content]]
"""Gives the lines of a page for a width in cells; none may be longer."""

NARROW = 116
_GAP = 2


class Page(VerticalScroll, can_focus=True):
    """Scrolls with the arrows and the wheel. `write` gives its lines."""

    def __init__(self, write: Write, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._write = write

    def compose(self) -> ComposeResult:
        yield _Written(self._write)

    def rewrite(self) -> None:
        """Write the lines again: something they say has changed."""
        self.query_one(_Written).refresh(layout=True)


class _Written(Widget):
    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._write(width)))

    def render(self) -> Content:
        return Content("\n").join(self._write(self.size.width))


def heading(words: str) -> list[Content]:
    """Return the lines that begin a part of a page."""
    return [Content(""), Content.styled(words, "bold $primary")]


def prose(words: str, width: int, style: str = "", indent: str = "") -> list[Content]:
    """Return a text folded to `width`, each of its own lines on a line of its own."""
    room = max(10, width - len(indent))
    return [Content.styled(indent + line, style) for part in words.splitlines() or [""] for line in _folded(part, room)]


def facts(pairs: Sequence[tuple[str, str]], width: int, styles: Sequence[str] = ()) -> list[Content]:
    """Return captions with what they caption beside them, folded; pairs without a text are left out."""
    shown = [(pair, styles[n] if n < len(styles) else "") for n, pair in enumerate(pairs) if pair[1]]
    left = min(max((cell_len(caption) for (caption, _said), _style in shown), default=0), width // 2) + _GAP
    lines = []
    for (caption, said), style in shown:
        for row, line in enumerate(_folded(said, max(10, width - left - 2))):
            start = caption + " " * max(1, left - cell_len(caption)) if row == 0 else " " * left
            lines.append(Content.assemble("  ", (start, "$text-muted"), (line, style)))
    return lines


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, styles: Sequence[str] = ()
) -> list[Content]:
    """Return a table that fits `width`: the widest columns are folded. `styles` has a style for each row."""
    if not rows:
        return []
    columns = [max(cell_len(words) for words in column) for column in zip(headings, *rows, strict=True)]
    room = width - 2 - _GAP * (len(columns) - 1)
    while sum(columns) > room and max(columns) > 8:
        columns[columns.index(max(columns))] -= 1
    lines = [Content.styled(_row([[words] for words in headings], columns)[0], "$text-muted")]
    for n, row in enumerate(rows):
        cells = [_folded(words, cells) for words, cells in zip(row, columns, strict=True)]
        lines += [Content.styled(line, styles[n] if n < len(styles) else "") for line in _row(cells, columns)]
    return lines


def _row(cells: Sequence[Sequence[str]], columns: Sequence[int]) -> list[str]:
    height = max(len(cell) for cell in cells)
    lines = []
    for row in range(height):
        parts = []
        for cell, width in zip(cells, columns, strict=True):
            words = cell[row] if row < len(cell) else ""
            parts.append(words + " " * (width - cell_len(words)))
        lines.append(("  " + (" " * _GAP).join(parts)).rstrip())
    return lines


def _folded(words: str, width: int) -> list[str]:
    return [line for part in words.splitlines() for line in wrap(part, width)] or [""]
