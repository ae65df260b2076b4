"""Small SVG plots for the sheet: rate by position, timing traces, leak rate by stage, consumption. Plain strings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bench.language import _, number
from bench.quantities import unit_text

_BEFORE, _AFTER, _INK, _GRID, _ZONE = "#8a8f98", "#12508c", "#222222", "#c9ccd1", "#e7f0e4"
_WIDEST = 600.0
_FONT = "Libertinus Serif, Georgia, serif"


def of(content: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the plots of each group of measurements: {group title: [{svg, alt, caption}]}.

    `content["language"]` must be the language in force.
    """
    found: dict[str, list[dict[str, str]]] = {}
    for group in content["measurements"]:
        plots = []
        if group["key"] == "timing":
            for circumstance in _circumstances(group, "rate"):
                caption = _with(_("Rate by position"), circumstance)
                plots.append(_by_label(group, ("rate",), caption, circumstance))
                plots.append(_traces(group, circumstance))
        if group["key"] == "water-resistance":
            plots.append(_by_label(group, ("leak_rate",), _("Leak rate by stage")))
        if group["key"] == "quartz":
            plots.append(_by_label(group, ("consumption", "consumption_stem_pulled"), _("Consumption and its limit")))
        found[group["title"]] = [plot for plot in plots if plot]
    return found


def _circumstances(group: Mapping[str, Any], quantity: str) -> list[str]:
    """Return in what circumstances (wind, bare movement) a quantity was measured: each has a plot of its own."""
    return list(dict.fromkeys(row["circumstance"] for row in group["rows"] if row["quantity"] == quantity))


def _with(caption: str, circumstance: str) -> str:
    return f"{caption} ({circumstance})" if circumstance else caption


@dataclass(frozen=True)
class _Axis:
    """A vertical axis from `low` to `high` over the pixels `top` … `bottom`, ticks at 1-2-5 steps."""

    low: float
    high: float
    top: float
    bottom: float
    step: float

    @classmethod
    def around(cls, values: Sequence[float], top: float, bottom: float) -> _Axis:
        low, high = min(values), max(values)
        spread = (high - low) or abs(high) or 1.0
        raw = spread / 4
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
        fine = step / 4
        return cls(math.floor(low / fine) * fine, math.ceil(high / fine) * fine, top, bottom, step)

    def at(self, value: float) -> float:
        return round(self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top), 2)

    def ticks(self) -> list[float]:
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [i * self.step for i in range(first, last + 1)]

    def decimals(self) -> int:
        return max(0, -math.floor(math.log10(self.step)))


def _svg(width: float, height: float, parts: Sequence[str], alt: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(alt)}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, *, anchor: str = "middle", size: float = 8, colour: str = _INK) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="{_FONT}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 0.6, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def _scale(axis: _Axis, left: float, right: float, unit: str) -> list[str]:
    parts = []
    for tick in axis.ticks():
        y = axis.at(tick)
        parts.append(_line(left, y, right, y, _GRID, width=0.8 if tick == 0 else 0.3))
        parts.append(_text(left - 4, y + 2.6, number(tick, axis.decimals()), anchor="end", size=7.5))
    parts.append(_text(left - 4, axis.top - 6, unit, anchor="end", size=7.5))
    return parts


def _mark(x: float, y: float, phase: str) -> str:
    """Before is an open circle, after a filled square, anything else a diamond: told apart without colour."""
    if phase == "before":
        return f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="white" stroke="{_BEFORE}" stroke-width="1.4"/>'
    if phase == "after":
        return f'<rect x="{x - 3:g}" y="{y - 3:g}" width="6" height="6" fill="{_AFTER}"/>'
    return f'<path d="M{x:g} {y - 3.6:g}l3.6 3.6l-3.6 3.6l-3.6 -3.6z" fill="{_INK}"/>'


def _legend(x: float, y: float, phases: Sequence[tuple[str, str]]) -> list[str]:
    parts = []
    for key, title in phases:
        parts += [_mark(x, y - 2.6, key), _text(x + 7, y, title, anchor="start", size=7.5)]
        x += 20 + 4.4 * len(title)
    return parts


def _by_label(
    group: Mapping[str, Any], quantities: Sequence[str], caption: str, circumstance: str | None = None
) -> dict[str, str] | None:
    """One column a label, the value of each phase as a mark with its ±U, the tolerance as a band.

    Only what was measured in `circumstance`, where one is given; several quantities stand by their names.
    """
    rows = [
        {**row, "label_shown": (row["place"] if circumstance is not None else row["label_shown"]) or row["name"]}
        for row in group["rows"]
        if row["quantity"] in quantities and any(row["cells"]) and circumstance in (None, row["circumstance"])
    ]
    if not rows:
        return None
    left, top, bottom = 44.0, 22.0, 132.0
    longest = max(len(row["label_shown"]) for row in rows)
    right = left + min(max(62, 4.6 * longest) * max(len(rows), 2), _WIDEST)
    limits = [cell["limit"] for row in rows for cell in row["cells"] if cell and cell["limit"]]
    sides = [side for limit in limits for side in (limit["low"], limit["high"]) if side is not None]
    reach = [
        cell["value"] + sign * (cell["uncertainty"] or 0)
        for row in rows
        for cell in row["cells"]
        if cell
        for sign in (-1, 1)
    ]
    axis = _Axis.around([*reach, *sides, 0.0], top, bottom)
    unit = unit_text(next(cell["unit"] for cell in rows[0]["cells"] if cell))
    parts: list[str] = []
    shown, told = [], []
    for index, row in enumerate(rows):
        centre = left + (index + 0.5) * (right - left) / len(rows)
        half = (right - left) / len(rows) / 2
        limit = next((cell["limit"] for cell in reversed(row["cells"]) if cell and cell["limit"]), None)
        if limit:
            high = axis.at(limit["high"]) if limit["high"] is not None else top
            low = axis.at(limit["low"]) if limit["low"] is not None else bottom
            box = f'x="{centre - half:g}" y="{high:g}" width="{2 * half:g}" height="{low - high:g}"'
            parts.append(f'<rect {box} fill="{_ZONE}"/>')
            shown += [
                _line(centre - half, axis.at(side), centre + half, axis.at(side), "#4d7c40", width=0.9, dash="4 2")
                for side in (limit["low"], limit["high"])
                if side is not None
            ]
        present = [(phase, cell) for phase, cell in zip(group["phases"], row["cells"], strict=True) if cell]
        for place, (phase, cell) in enumerate(present):
            x = centre + (place - (len(present) - 1) / 2) * 14
            if cell["uncertainty"]:
                ends = (axis.at(cell["value"] - cell["uncertainty"]), axis.at(cell["value"] + cell["uncertainty"]))
                shown.append(_line(x, ends[0], x, ends[1], _INK, width=0.8))
            shown.append(_mark(x, axis.at(cell["value"]), phase["key"]))
            told.append(f"{row['label_shown']} {phase['title'].lower()} {cell['shown']}")
        shown.append(_text(centre, bottom + 11, row["label_shown"]))
    parts = [*parts, *_scale(axis, left, right, unit), *shown]
    parts += _legend(left + 4, bottom + 24, _present(group, rows))
    alt = f"{caption}: {'; '.join(told)}"
    return {"svg": _svg(right + 6, bottom + 30, parts, alt), "alt": alt, "caption": caption}


def _present(group: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the phases that any of the rows has a value in."""
    return [
        (phase["key"], phase["title"])
        for place, phase in enumerate(group["phases"])
        if any(row["cells"][place] for row in rows)
    ]


def _traces(group: Mapping[str, Any], circumstance: str) -> dict[str, str] | None:
    """The paper strip of each position, before and after in one frame: one dot a beat, rising for a gain.

    The points come as lateness (ms); a strip shows the time gained, so it is drawn with the sign turned.
    """
    curves = [c for c in group["curves"] if c["quantity"] == "rate" and c["circumstance"] == circumstance]
    if not curves:
        return None
    labels = list(dict.fromkeys(curve["label"] for curve in curves))
    gap, left, top, bottom = 10.0, 40.0, 22.0, 132.0
    width = min(92.0, _WIDEST / len(labels) - gap)
    axis = _Axis.around([-y for curve in curves for _x, y in curve["points"]] + [0.0], top, bottom)
    right = left + len(labels) * (width + gap) - gap
    parts = _scale(axis, left, right, curves[0]["y"])
    end = max(x for curve in curves for x, _y in curve["points"]) or 1.0
    for index, label in enumerate(labels):
        start = left + index * (width + gap)
        box = f'x="{start:g}" y="{top:g}" width="{width:g}" height="{bottom - top:g}"'
        parts.append(f'<rect {box} fill="none" stroke="{_GRID}" stroke-width="0.6"/>')
        parts.append(_text(start + width / 2, top - 5, label))
        for curve in curves:
            if curve["label"] == label:
                places = [(start + x / end * width, axis.at(-y)) for x, y in curve["points"]]
                parts.append(_beats(places, curve["phase"]))
        parts.append(_text(start, bottom + 10, "0", size=7.5))
        parts.append(_text(start + width, bottom + 10, f"{number(end, 0)} {curves[0]['x']}", anchor="end", size=7.5))
    x = left
    for key, title in dict.fromkeys((curve["phase"], curve["phase_title"]) for curve in curves):
        parts.append(_beats([(x + 4 * i, bottom + 21.4) for i in range(4)], key))
        parts.append(_text(x + 18, bottom + 24, title, anchor="start", size=7.5))
        x += 34 + 4.4 * len(title)
    caption = _with(_("Timing trace: time gained or lost, beat by beat"), circumstance)
    alt = f"{caption}: {', '.join(labels)}"
    return {"svg": _svg(right + 6, bottom + 30, parts, alt), "alt": alt, "caption": caption}


def _beats(places: Sequence[tuple[float, float]], phase: str) -> str:
    """Draw beats: thin upright ticks before, round dots after, told apart without colour."""
    if phase == "before":
        path = "".join(f"M{x:.1f} {y - 1.3:.1f}v2.6" for x, y in places)
        return f'<path d="{path}" fill="none" stroke="{_BEFORE}" stroke-width="0.5"/>'
    path = "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in places)
    return f'<path d="{path}" fill="none" stroke="{_AFTER}" stroke-width="1.3" stroke-linecap="round"/>'
