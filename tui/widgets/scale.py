"""A limit as a bar: where the acceptance zone, the guard bands and the value with its uncertainty lie."""

from __future__ import annotations

from itertools import groupby

from textual.content import Content

from bench.language import number
from bench.limit import Limit
from tui.widgets.charset import Charset, current

Ends = tuple[float, float]


def span(limit: Limit) -> Ends:
    """Return the ends of the bar for this limit: the tolerance with room on both sides of it."""
    low, high = limit.low, limit.high
    if low is not None and high is not None:
        room = 0.4 * (high - low) or 0.4 * abs(high) or 1.0
        return low - room, high + room
    side = low if low is not None else high
    assert side is not None
    reach = abs(side) or 1.0
    if low is not None:
        return side - 0.5 * reach, side + reach
    return (0.0, 1.8 * side) if side > 0 else (side - reach, side + reach)


def place(x: float, ends: Ends, width: int) -> int:
    """Return the cell that holds `x` on a bar of `width` cells, clamped to its ends."""
    low, high = ends
    share = (min(max(x, low), high) - low) / ((high - low) or 1.0)
    return max(0, min(width - 1, int(share * width)))


def zones(limit: Limit, guard: float, width: int, *, ends: Ends | None = None, signs: Charset | None = None) -> str:
    """Return the bar itself, one character a cell: accepted, guarded, outside, and the limits."""
    ends, signs = ends or span(limit), signs or current()
    low, high = limit.low, limit.high
    cells = []
    for cell in range(width):
        x = ends[0] + (cell + 0.5) / width * (ends[1] - ends[0])
        if (low is not None and x < low) or (high is not None and x > high):
            cells.append(signs.outside)
        elif (low is not None and x < low + guard) or (high is not None and x > high - guard):
            cells.append(signs.guarded)
        else:
            cells.append(signs.accepted)
    for side in (low, high):
        if side is not None and width:
            cells[place(side, ends, width)] = signs.limit
    return "".join(cells)


def needle(value: float, expanded: float | None, limit: Limit, width: int, *, signs: Charset | None = None) -> str:
    """Return the line over the bar: the value as a needle with ±U as whiskers, an arrow where it lies beyond."""
    ends, signs = span(limit), signs or current()
    cells = [" "] * width
    if expanded:
        first, last = place(value - expanded, ends, width), place(value + expanded, ends, width)
        for cell in range(first, last + 1):
            cells[cell] = signs.whiskers[1]
        cells[first], cells[last] = signs.whiskers[0], signs.whiskers[2]
    mark = signs.less if value < ends[0] else signs.more if value > ends[1] else signs.needle
    cells[place(value, ends, width)] = mark
    return "".join(cells)


def figures(limit: Limit, width: int, *, ends: Ends | None = None) -> str:
    """Return the line under the bar: each limit's figure under its place."""
    ends = ends or span(limit)
    cells = [" "] * width
    for side in (limit.low, limit.high):
        if side is not None:
            written = number(side, limit.quantity.decimals, sign=limit.quantity.signed)
            first = max(0, min(width - len(written), place(side, ends, width) - len(written) // 2))
            cells[first : first + len(written)] = written
    return "".join(cells)


def bar(value: float | None, expanded: float | None, limit: Limit, guard: float, width: int) -> list[Content]:
    """Return the three lines of the picture: needle, bar, figures."""
    signs = current()
    styles = {signs.accepted: "$success", signs.guarded: "$warning", signs.outside: "$error"}
    above = needle(value, expanded, limit, width) if value is not None else ""
    runs = [("".join(run), styles.get(kind, "bold $foreground")) for kind, run in groupby(zones(limit, guard, width))]
    return [
        Content.assemble((above.ljust(width), "bold $foreground")),
        Content.assemble(*runs),
        Content.assemble((signs.write(figures(limit, width)), "$text-muted")),
    ]
