"""The reading as it comes: one figure large, its limit as a bar, the other quantities beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from bench.conformity import State
from bench.language import _, number
from bench.limit import Limit
from bench.quantities import Quantity, unit_text
from tui.lines import hidden
from tui.widgets import digits, scale

STATE_STYLES = {
    State.CONFORMING: "$success",
    State.CONDITIONALLY_CONFORMING: "$warning",
    State.CONDITIONALLY_NONCONFORMING: "$warning",
    State.NONCONFORMING: "$error",
    State.REFUSED: "$secondary",
}


@dataclass(frozen=True)
class Shown:
    """One quantity on the readout; `state` is None while nothing is stated yet. Figures in the canonical unit.

    `asked` says whether a verdict is asked of it at all, `hidden` that a blind exercise does not tell it.
    """

    quantity: Quantity
    value: float | None
    limit: Limit | None = None
    expanded: float | None = None
    guard: float = 0.0
    state: State | None = None
    asked: bool = True
    hidden: bool = False

    @property
    def borrowed(self) -> bool:
        """Whether the limit is that of a figure which will be derived from this one."""
        return self.limit is not None and self.limit.quantity != self.quantity

    @property
    def figure(self) -> str:
        if self.value is None:
            return "– –"
        return number(self.value, self.quantity.decimals, sign=self.quantity.signed)

    @property
    def style(self) -> str:
        """The colour of the figure: its verdict's, or where it stands to the bare limit while it is still moving."""
        if self.state is not None:
            return STATE_STYLES[self.state]
        if self.value is None or self.limit is None or self.borrowed:
            return "$foreground"
        low, high = self.limit.low, self.limit.high
        outside = (low is not None and self.value < low) or (high is not None and self.value > high)
        return "$error" if outside else "$foreground"


class Readout(Widget):
    """Draws `Shown` quantities, the first of them large."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: tuple[Shown, ...] = ()
        self.label = ""

    def show(self, shown: Sequence[Shown], label: str = "") -> None:
        """Draw these quantities; repaints only on a change."""
        if (tuple(shown), label) != (self.shown, self.label):
            self.shown, self.label = tuple(shown), label
            self.refresh()

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.size.width, self.size.height))

    def lines(self, width: int, height: int) -> list[Content]:
        """Return the picture for this many cells."""
        if not self.shown:
            return []
        main, *others = self.shown
        large = (width >= 96 or self.has_class("-big")) and height >= 12
        head = Content.assemble((str(main.quantity.name), "bold"), f"  {self.label}")
        figure = digits.draw(main.figure, large=large)
        left = max(len(figure[0]) + 10, width // 2)
        alone = large and width < 96
        right = [] if alone else self._beside(others, width - left, large=large)
        lines = [_joined(head, left, right, 0)]
        unit = unit_text(main.quantity.unit)
        for row, blocks in enumerate(figure):
            last = row == len(figure) - (1 if large else 2)
            line = Content.assemble(("  " + blocks + (f" {unit}" if last else ""), f"bold {main.style}"))
            lines.append(_joined(line, left, right, row + 1))
        if main.limit is not None:
            lines += [Content(""), *self._bar(main, width)] if large else self._bar(main, width)
            if main.borrowed:
                of = _("limit of: {quantity}").format(quantity=main.limit.quantity.name)
                lines.append(Content.assemble((of, "$text-muted")))
        elif main.hidden:
            lines.append(Content.assemble((hidden(), "$text-muted")))
        elif main.asked:
            lines.append(Content.assemble((_("No limit is known for this quantity."), "$text-muted")))
        return lines

    def _bar(self, main: Shown, width: int) -> list[Content]:
        assert main.limit is not None
        return scale.bar(main.value, main.expanded, main.limit, main.guard, max(10, width - 2))

    def _beside(self, others: Sequence[Shown], width: int, *, large: bool) -> list[Content]:
        """Return the other quantities: in figures of four rows where the room is large, else a line each."""
        if not large:
            return [Content(""), *(_line(other, width) for other in others)]
        columns: list[Content] = []
        for other in others[:2]:
            if other is not others[0]:
                columns = _beside_each_other(columns, self._block(other, width - width // 2), width // 2)
            else:
                columns = self._block(other, width // 2 - 1)
        return columns

    def _block(self, shown: Shown, width: int) -> list[Content]:
        unit = unit_text(shown.quantity.unit)
        rows = digits.draw(shown.figure)
        style = f"bold {shown.style}"
        lines = [Content.assemble((str(shown.quantity.name), "bold")), Content("")]
        lines += [Content.assemble((row + (f" {unit}" if n == 2 else ""), style)) for n, row in enumerate(rows)]
        verdict = f"{shown.state.symbol} {shown.state}" if shown.state is not None else ""
        lines.append(Content.assemble((verdict, style)))
        lines.append(Content.assemble((str(shown.limit) if shown.limit is not None else "", "$text-muted")))
        return [line.truncate(width, ellipsis=True) for line in lines]


def _line(shown: Shown, width: int) -> Content:
    unit = unit_text(shown.quantity.unit)
    sign = f"{shown.state.symbol} " if shown.state is not None else "  "
    value = f"{sign}{shown.figure}" + (f" {unit}" if unit != "1" else "")
    name = str(shown.quantity.name)
    limit = f"  ({shown.limit})" if shown.limit is not None else ""
    if len(name) + len(limit) > width - 16:
        limit = ""
    style = f"bold {shown.style}"
    return Content.assemble((value.ljust(14), style), " ", name[: max(0, width - 16)], (limit, "$text-muted"))


def _joined(line: Content, left: int, right: Sequence[Content], row: int) -> Content:
    """Put a row of the right column beside a line, from the cell `left` on."""
    if row >= len(right):
        return line
    return Content.assemble(line, " " * max(1, left - line.cell_length), right[row])


def _beside_each_other(one: Sequence[Content], other: Sequence[Content], left: int) -> list[Content]:
    blank = Content("")
    rows = [*one, *[blank] * (len(other) - len(one))]
    return [_joined(line, left, other, row) for row, line in enumerate(rows)]
