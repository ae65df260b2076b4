"""A list to pick from with the arrows, Enter and a few letters; draws only the rows that are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from bench.language import N_, _, current

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its title, the cells it wants, what it shows of a row; width 0 takes what is left.

    `wide_only` leaves the column out where the list has less than `room` cells, `narrow_only` where it has that many;
    `style` colours a row's cell.
    """

    title: str
    width: int
    cell: Callable[[Row], str]
    wide_only: bool = False
    style: Callable[[Row], str] = lambda _row: ""
    room: int = 116
    narrow_only: bool = False

    def shown(self, width: int) -> bool:
        """Whether it stands in a list of so many cells."""
        return not (self.wide_only and width < self.room) and not (self.narrow_only and width >= self.room)


class PickList(Widget, Generic[Row], can_focus=True):
    """Rows with one under the cursor; typing letters keeps the rows that hold all typed words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", N_("Row above"), show=False, id="up"),
        Binding("down", "move(1)", N_("Row below"), show=False, id="down"),
        Binding("pageup", "move(-10)", N_("Ten rows up"), show=False, id="page-up"),
        Binding("pagedown", "move(10)", N_("Ten rows down"), show=False, id="page-down"),
        Binding("home", "move(-1000000)", N_("First row"), show=False, id="first"),
        Binding("end", "move(1000000)", N_("Last row"), show=False, id="last"),
        Binding("enter", "main", N_("Choose"), id="main"),
    ]

    class Picked(Message):
        """Enter was pressed on a row."""

        def __init__(self, row: object) -> None:
            super().__init__()
            self.row = row

    class Moved(Message):
        """Another row is under the cursor now."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        searchable: bool = True,
        nothing: str = "",
        text: Callable[[Row], str] | None = None,
    ) -> None:
        """`text` gives what typed words are looked for in, case-folded; the columns' cells where it is left out."""
        super().__init__()
        self.columns = columns
        self._text = text or self._cells
        self._texts: tuple[str, list[str]] = ("", [])
        self.searchable = searchable
        self.nothing = nothing
        self.rows: list[Row] = []
        self.found: list[Row] = []
        self.sought = ""
        self.cursor = 0

    def fill(self, rows: Sequence[Row]) -> None:
        """Show these rows, keeping what is typed; the cursor stays on its row where that is still there."""
        here = self.picked
        self.rows = list(rows)
        self._texts = ("", [])
        self._search()
        if here is not None and here in self.found:
            self.cursor = self.found.index(here)
        self.refresh()
        self.post_message(self.Moved())

    def put_cursor(self, row: Row) -> None:
        """Put the cursor on a row, where it is shown."""
        if row in self.found:
            self.action_move(self.found.index(row) - self.cursor)

    @property
    def picked(self) -> Row | None:
        """The row under the cursor, None in an empty list."""
        return self.found[self.cursor] if self.cursor < len(self.found) else None

    def clear_search(self) -> bool:
        """Forget the typed letters; False when there were none."""
        had = bool(self.sought)
        self.seek("")
        return had

    def seek(self, words: str) -> None:
        """Keep the rows that hold these words, as if they were typed."""
        self.sought = words
        self._search()
        self.refresh()
        self.post_message(self.Moved())

    def _search(self) -> None:
        words = self.sought.casefold().split()
        self.found = self.rows
        if words:
            texts, first = self._searched(), words[0]
            found = [place for place, text in enumerate(texts) if first in text]
            for word in words[1:]:
                found = [place for place in found if word in texts[place]]
            self.found = [self.rows[place] for place in found]
        self.cursor = max(0, min(self.cursor, len(self.found) - 1))

    def _searched(self) -> list[str]:
        """Return what is searched of each row; written once for these rows in this language."""
        if self._texts[0] != current():
            self._texts = (current(), [self._text(row) for row in self.rows])
        return self._texts[1]

    def _cells(self, row: Row) -> str:
        return " ".join(column.cell(row) for column in self.columns).casefold()

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(self.found) - 1))
        self.refresh()
        self.post_message(self.Moved())

    def action_main(self) -> None:
        if self.picked is not None:
            self.post_message(self.Picked(self.picked))

    def on_key(self, event: events.Key) -> None:
        if not self.searchable:
            return
        if event.key == "backspace" and self.sought:
            self.sought = self.sought[:-1]
        elif event.character and self._seeks(event):
            self.sought += event.character
        else:
            return
        event.stop()
        event.prevent_default()
        self.cursor = 0
        self._search()
        self.refresh()
        self.post_message(self.Moved())

    def _seeks(self, event: events.Key) -> bool:
        """Whether a key is a sign of what is sought; the question mark is help, as everywhere else."""
        searched = self.searchable and event.is_printable and event.key != "question_mark"
        return searched and (event.character != " " or bool(self.sought))

    def undo_of(self, event: events.Key) -> Callable[[], object] | None:
        """Return what forgets a letter that is going to be typed, None where it is no letter to search for."""
        if not self._seeks(event) or self.message_queue_size:
            return None
        sought, cursor = self.sought, self.cursor

        def put_back() -> None:
            self.sought, self.cursor = sought, cursor
            self._search()
            self.refresh()
            self.post_message(self.Moved())

        return lambda: self.call_later(put_back)

    def on_click(self, event: events.Click) -> None:
        row = self._top() + event.y - 2
        if event.y >= 2 and row < len(self.found):
            again = row == self.cursor
            self.action_move(row - self.cursor)
            if again:
                self.action_main()

    def on_mouse_scroll_down(self) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-1)

    def _top(self) -> int:
        room = max(1, self.size.height - 2)
        return max(0, min(self.cursor - room // 2, len(self.found) - room))

    def render(self) -> Content:
        width, room = self.size.width, max(1, self.size.height - 2)
        columns = [column for column in self.columns if column.shown(width)]
        top = self._top()
        seen = self.found[top : top + room]
        widths = self._widths(columns, seen, width - 4)
        lines: list[Content] = [self._search_line()]
        titles = "  ".join(cell(_(column.title), cells) for column, cells in zip(columns, widths, strict=True))
        lines.append(Content.assemble(("  " + titles, "$text-muted")))
        if not self.found:
            lines.append(Content.assemble(("  " + (_(self.nothing) if not self.sought else _("Nothing found.")), "")))
        for place, row in enumerate(seen, top):
            here = place == self.cursor
            base = "bold on $panel" if here else ""
            parts: list[tuple[str, str]] = [("▶ " if here else "  ", f"$primary {base}" if here else "")]
            for column, cells in zip(columns, widths, strict=True):
                parts.append((cell(column.cell(row), cells) + "  ", f"{column.style(row)} {base}".strip()))
            lines.append(Content.assemble(*parts))
        return Content("\n").join(lines)

    def _widths(self, columns: Sequence[Column[Row]], seen: Sequence[Row], width: int) -> list[int]:
        """Return the cells of each column: what its rows in sight need, the last one what is left."""
        needs = [max([cell_len(_(c.title)), *(cell_len(c.cell(row)) for row in seen)]) for c in columns]
        widths = [min(need, column.width or need) for need, column in zip(needs, columns, strict=True)]
        over = sum(widths) + 2 * len(widths) - width
        for place in sorted(range(len(columns)), key=lambda n: -widths[n]):
            if over > 0 and not columns[place].width:
                cut = min(over, widths[place] - min(24, widths[place]))
                widths[place] -= cut
                over -= cut
        widths[-1] = max(8, widths[-1] - over)
        while sum(widths) + 2 * len(widths) > width + 2 and max(widths) > 4:
            widths[widths.index(max(widths))] -= 1  # a row is one line, however narrow
        return widths

    def _search_line(self) -> Content:
        if not self.searchable:
            return Content("")
        if not self.sought:
            return Content.assemble(("  " + _("Type to search"), "$text-muted"))
        count = _("{found} of {all}").format(found=len(self.found), all=len(self.rows))
        return Content.assemble("  ", (f" {self.sought}▏", "bold on $panel"), (f"  {count}", "$text-muted"))


def cell(text: str, cells: int) -> str:
    """Write `text` on exactly `cells` cells, cut with an ellipsis where it is longer."""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(text, max(0, cells - 1)) + "…"
