"""The table of what a step has measured, the value before beside the value now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from bench.conformity import State
from bench.judging import Judged
from bench.language import _, number
from tui.widgets.picklist import _cell as cell
from tui.widgets.readout import STATE_STYLES
from tui.widgets.verdict import is_information


class Results(Widget):
    """One line a figure: quantity, place, before, now, ±U, limit, verdict; the last lines where room is short."""

    def __init__(self) -> None:
        super().__init__()
        self.judged: Sequence[Judged] = ()
        self.before: Mapping[tuple[str, str], Judged] = {}

    def show(self, judged: Sequence[Judged], before: Mapping[tuple[str, str], Judged]) -> None:
        """Draw these figures; `before` holds earlier ones by (quantity id, label)."""
        self.judged, self.before = judged, before
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.judged) + 1

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.size.width, self.size.height))

    def lines(self, width: int, height: int) -> list[Content]:
        """Return the table for this many cells; figures with a verdict first where not all fit."""
        if not self.judged or height < 2:
            return []
        wide = width >= 100
        judged = list(self.judged)
        if len(judged) > height - 1:
            judged = [entry for entry in judged if not is_information(entry)] or judged
        judged = judged[-(height - 1) :]
        compared = any((j.measurement.quantity.id, j.measurement.label) in self.before for j in judged)
        rest = 8 + 12 + (12 if compared else 0) + 7 + 21 + (32 if wide else 2)
        name = max(14, min(34, width - rest))
        titles = cell(_("quantity"), name) + cell(_("where"), 8)
        titles += (
            (cell(_("before"), 12) if compared else "") + cell(_("now"), 12) + cell("± U", 7) + cell(_("limit"), 21)
        )
        lines = [Content.assemble((cell(titles, width), "$text-muted underline"))]
        return lines + [self._line(entry, name, compared, wide) for entry in judged]

    def _line(self, entry: Judged, name: int, compared: bool, wide: bool) -> Content:
        m, verdict = entry.measurement, entry.verdict
        earlier = self.before.get((m.quantity.id, m.label))
        doubt = number(m.uncertainty.expanded, max(m.quantity.decimals, 1)) if m.uncertainty else "–"
        information = is_information(entry)
        colour = "" if information else STATE_STYLES[verdict.state]
        parts: list[str | tuple[str, str]] = [cell(str(m.quantity.name), name), cell(m.label, 8)]
        if compared:
            parts.append((cell(earlier.measurement.value.show() if earlier else "", 12), "$text-muted"))
        parts.append((cell(m.value.show(), 12), f"bold {colour}".strip()))
        parts.append(cell(doubt, 7))
        parts.append(cell(str(verdict.limit) if verdict.limit else "–", 21))
        if information:
            parts.append(("i", "$text-muted"))
        else:
            word = f" {verdict.state}" if wide and verdict.state is not State.REFUSED else ""
            parts.append((f"{verdict.state.symbol}{word}", f"bold {colour}"))
        return Content.assemble(*parts)
