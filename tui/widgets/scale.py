"""A limit as a bar: where the acceptance zone, the guard bands and the value with its uncertainty lie."""

from __future__ import annotations

from itertools import groupby

from textual.content import Content

from bench.conformity import Limit
from bench.language import number

ACCEPTED, GUARDED, OUTSIDE = "━", "▒", "·"
_STYLES = {ACCEPTED: "$success", GUARDED: "$warning", OUTSIDE: "$error", "┃": "bold $foreground"}


def span(limit: Limit) -> tuple[float, float]:
    """Return the ends of the bar for this limit: the tolerance with room on both sides of it."""
    low, high = limit.low, limit.high
    if low is not None and high is not None:
        room = 0.4 * (high - low)
        return low - room, high + room
    side = low if low is not None else high
    assert side is not None
    reach = abs(side) or 1.0
    if low is not None:
        return side - 0.5 * reach, side + reach
    return (0.0, 1.8 * side) if side > 0 else (side - reach, side + reach)


def place(x: float, ends: tuple[float, float], width: int) -> int:
    """Return the cell that holds `x` on a bar of `width` cells, clamped to its ends."""
    low, high = ends
    return max(0, min(width - 1, int((x - low) / (high - low) * width)))


def zones(limit: Limit, guard: float, width: int) -> str:
    """Return the bar itself, one character a cell: accepted, guarded, outside, and the limits."""
    ends = span(limit)
    low, high = limit.low, limit.high
    cells = []
    for cell in range(width):
        x = ends[0] + (cell + 0.5) / width * (ends[1] - ends[0])
        if (low is not None and x < low) or (high is not None and x > high):
            cells.append(OUTSIDE)
        elif (low is not None and x < low + guard) or (high is not None and x > high - guard):
            cells.append(GUARDED)
        else:
            cells.append(ACCEPTED)
    for side in (low, high):
        if side is not None:
            cells[place(side, ends, width)] = "┃"
    return "".join(cells)


def needle(value: float, expanded: float | None, limit: Limit, width: int) -> str:
    """Return the line over the bar: the value as ▼ with ±U as whiskers, ◀ or ▶ where it lies beyond the bar."""
    ends = span(limit)
    cells = [" "] * width
    if expanded:
        first, last = place(value - expanded, ends, width), place(value + expanded, ends, width)
        for cell in range(first, last + 1):
            cells[cell] = "─"
        cells[first], cells[last] = "├", "┤"
    mark = "◀" if value < ends[0] else "▶" if value > ends[1] else "▼"
    cells[place(value, ends, width)] = mark
    return "".join(cells)


def figures(limit: Limit, width: int) -> str:
    """Return the line under the bar: each limit's figure under its place."""
    ends = span(limit)
    cells = [" "] * width
    for side in (limit.low, limit.high):
        if side is not None:
            written = number(side, limit.quantity.decimals, sign=limit.quantity.signed)
            first = max(0, min(width - len(written), place(side, ends, width) - len(written) // 2))
            cells[first : first + len(written)] = written
    return "".join(cells)


def bar(value: float | None, expanded: float | None, limit: Limit, guard: float, width: int) -> list[Content]:
    """Return the three lines of the picture: needle, bar, figures."""
    above = needle(value, expanded, limit, width) if value is not None else ""
    runs = [("".join(run), _STYLES[kind]) for kind, run in groupby(zones(limit, guard, width))]
    return [
        Content.assemble((above.ljust(width), "bold $foreground")),
        Content.assemble(*runs),
        Content.assemble((figures(limit, width), "$text-muted")),
    ]
