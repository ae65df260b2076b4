"""The table of what has been measured, the value before beside the value now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from bench.judging import Judged
from bench.language import _, number
from tui.lines import hidden, place
from tui.widgets.picklist import cell
from tui.widgets.readout import STATE_STYLES
from tui.widgets.verdict import is_hidden, is_information

Row = list[tuple[str, str]]
# So many lines are asked for even where fewer figures have a verdict; the rest is the pictures'.
FEWEST = 6
NARROWEST = (10, 5, 9, 9, 4, 12, 1)


class Results(Widget):
    """One line a figure: quantity, where, before, now, ±U, limit, verdict; the last lines where room is short."""

    def __init__(self) -> None:
        super().__init__()
        self.judged: Sequence[Judged] = ()
        self.before: Mapping[tuple[str, str], Judged] = {}

    def show(self, judged: Sequence[Judged], before: Mapping[tuple[str, str], Judged]) -> None:
        """Draw these figures; `before` holds earlier ones by (quantity id, label)."""
        self.judged, self.before = judged, before
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        asked = sum(not is_information(entry) for entry in self.judged)
        return min(len(self.judged), max(asked, FEWEST)) + 1

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.size.width, self.size.height))

    def lines(self, width: int, height: int) -> list[Content]:
        """Return the table for this many cells; figures with a verdict first where not all fit."""
        if not self.judged or height < 2:
            return []
        judged = list(self.judged)
        if len(judged) > height - 1:
            judged = [entry for entry in judged if not is_information(entry)] or judged
        judged = judged[-(height - 1) :]
        head = [_("quantity"), _("where"), _("before"), _("now"), "± U", _("limit"), ""]
        rows: list[Row] = [[(title, "$text-muted underline") for title in head]]
        rows += [self._row(entry, words=width >= 100) for entry in judged]
        widths = _widths(rows, width)
        return [
            Content.assemble(
                *((cell(text, room), style) for (text, style), room in zip(row, widths, strict=True) if room)
            )
            for row in rows
        ]

    def _row(self, entry: Judged, *, words: bool) -> Row:
        m, verdict = entry.measurement, entry.verdict
        earlier = self.before.get((m.quantity.id, m.label))
        information = is_information(entry)
        colour = "" if information else STATE_STYLES[verdict.state]
        doubt = number(m.uncertainty.expanded, max(m.quantity.decimals, 1)) if m.uncertainty else "–"
        sign = "i" if information else verdict.state.symbol
        statement = f"{sign} {verdict.state}" if words and not information else sign
        if is_hidden(entry):
            statement = hidden() if words else "—"
        return [
            (str(m.quantity.name), ""),
            (place(m.label), ""),
            (_earlier(earlier) if earlier is not None else "", "$text-muted"),
            (m.value.show(), f"bold {colour}".strip()),
            (doubt, ""),
            (str(verdict.limit) if verdict.limit else "–", ""),
            (statement, f"bold {colour}".strip() if colour else "$text-muted"),
        ]


def _earlier(entry: Judged) -> str:
    sign = "" if is_information(entry) else f" {entry.verdict.state.symbol}"
    return f"{entry.measurement.value.show()}{sign}"


def _widths(rows: Sequence[Row], width: int) -> list[int]:
    """Return the cells of each column: what it needs and a gap; too wide a table is cut where it hurts least."""
    bodies = [[cell_len(row[n][0]) for row in rows[1:]] for n in range(len(NARROWEST))]
    needs = [max(cell_len(rows[0][n][0]), *body) if any(body) else 0 for n, body in enumerate(bodies)]
    columns = sum(1 for need in needs if need)
    gap = 3 if sum(needs) + 3 * columns <= width else 2 if sum(needs) + 2 * columns <= width else 1
    needs = [need + gap if need else 0 for need in needs]
    for column in (0, 5, 1, 2, 3):
        over = sum(needs) - width
        if over > 0:
            needs[column] -= min(over, max(0, needs[column] - NARROWEST[column] - gap))
    return needs
