"""The figures of a period as a PDF: each with its definition, its lines, and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

from bench.figures.model import Curve, Figure, Line, Period, Report
from bench.language import N_, _, current, number, speaking
from bench.quantities import unit_text
from bench.sheet import layout, words

ABOUT = {
    "calibre": N_("calibre"),
    "technician": N_("technician"),
    "procedure": N_("procedure"),
    "reason": N_("reason"),
    "cause": N_("cause"),
    "defect": N_("defect"),
    "part": N_("part"),
    "origin": N_("origin"),
    "instrument": N_("instrument"),
    "quantity": N_("quantity"),
}
"""What the lines of a figure are about (`Figure.about`), in English."""
_WIDTH, _HEIGHT, _LEFT, _FOOT = 640.0, 130.0, 58.0, 16.0


def to_pdf(report: Report, language: str) -> bytes:
    """Return the report as PDF/A-2a, tagged for PDF/UA-1, in one language."""
    with speaking(language):
        data = _data(report, language)
    return layout.typeset([layout.COMMON, Path(__file__).with_name("report.typ")], data, report.made)


def _data(report: Report, language: str) -> dict[str, Any]:
    notes = list(report.notes())
    mark = {"word": _("SIMULATION"), "note": notes[0]} if report.mark else None
    sheet = {
        "title": _("Workshop figures"),
        "subject": shown(report.period),
        "number": "",
        "workshop": report.workshop,
        "language": language,
        "watermark": mark,
        "draft": None,
        "integrity": {
            "head_seq": report.head[0],
            "head_hash": report.head[1],
            "printed_shown": words.moment(report.made),
        },
    }
    return {
        "sheet": sheet,
        "words": words.headings(),
        "notes": notes,
        "nothing": _("Nothing in this period."),
        "figures": [_figure(figure) for figure in report.figures],
    }


def shown(period: Period) -> str:
    """Write a period as people do, in the language in force."""
    return _("from {first} to {last}").format(first=_day(period.first), last=_day(period.last))


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}" if current() == "fr" else f"{day:%Y-%m-%d}"


def _figure(figure: Figure) -> dict[str, Any]:
    lines = [_line(figure, line, whole=False) for line in figure.lines]
    if figure.whole is not None and figure.lines:
        lines.append(_line(figure, figure.whole, whole=True))
    return {
        "title": str(figure.title),
        "definition": str(figure.definition),
        "about": _(ABOUT[figure.about]),
        "columns": [column.heading() for column in figure.columns],
        "lines": lines,
        "more": _("{n} more lines are not shown.").format(n=figure.more) if figure.more else "",
        "curves": [{"caption": _caption(curve), "svg": svg(curve)} for curve in figure.curves],
    }


def _line(figure: Figure, line: Line, *, whole: bool) -> dict[str, Any]:
    cells = [column.show(cell) for column, cell in zip(figure.columns, line.cells, strict=True)]
    return {
        "label": str(line.label),
        "cells": cells,
        "whole": whole,
        "bar": None if whole or figure.curves else share_of(figure, line),
    }


def share_of(figure: Figure, line: Line) -> float | None:
    """Return how long a line's bar is, in per cent: a share as it is, a count beside the largest of the figure."""
    cell = line.cells[figure.bar]
    if not isinstance(cell, float | int):
        return None
    if figure.columns[figure.bar].unit == "%":
        return min(100.0, max(0.0, float(cell)))
    cells = [each.cells[figure.bar] for each in figure.lines]
    largest = max((float(each) for each in cells if isinstance(each, float | int)), default=0.0)
    return 100.0 * max(0.0, float(cell)) / largest if largest > 0 else 0.0


def _caption(curve: Curve) -> str:
    limits = [side for side in (curve.low, curve.high) if side is not None]
    within = " … ".join(number(side, curve.quantity.decimals + 1) for side in limits)
    return f"{curve.name} · {curve.quantity.name} ({unit_text(curve.quantity.unit)}) · {_('limits')} {within or '—'}"


def svg(curve: Curve) -> str:
    """Draw a curve with its limits (dashed) and its reference (dotted); plain SVG."""
    times = [datetime.fromisoformat(at).timestamp() for at, _value in curve.points]
    levels = [side for side in (curve.low, curve.high) if side is not None]
    values = [value for _at, value in curve.points] + levels + [curve.reference]
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room

    def x(time: float) -> float:
        span = times[-1] - times[0] or 1.0
        return round(_LEFT + (time - times[0]) / span * (_WIDTH - _LEFT - 8), 1)

    def y(value: float) -> float:
        return round((_HEIGHT - _FOOT) * (1 - (value - low) / (high - low)), 1)

    def level(value: float, style: Mapping[str, str]) -> str:
        drawn = " ".join(f'{name}="{what}"' for name, what in style.items())
        written = escape(number(value, curve.quantity.decimals + 1))
        text = f'<text x="{_LEFT - 5}" y="{y(value) + 3}" text-anchor="end" {_FONT}>{written}</text>'
        return f'<line x1="{_LEFT}" y1="{y(value)}" x2="{_WIDTH - 8}" y2="{y(value)}" {drawn}/>{text}'

    parts = [level(side, {"stroke": "#a31515", "stroke-dasharray": "6 3"}) for side in levels]
    parts.append(level(curve.reference, {"stroke": "#5c626b", "stroke-dasharray": "1 3"}))
    dots = [(x(time), y(value)) for time, (_at, value) in zip(times, curve.points, strict=True)]
    parts.append(
        f'<polyline points="{" ".join(f"{a},{b}" for a, b in dots)}" fill="none" stroke="#12508c" stroke-width="1.3"/>'
    )
    if len(dots) <= 100:
        parts += [f'<circle cx="{a}" cy="{b}" r="2" fill="#12508c"/>' for a, b in dots]
    for place, anchor in ((0, "start"), (-1, "end")):
        day = escape(_day(datetime.fromisoformat(curve.points[place][0]).date()))
        parts.append(f'<text x="{dots[place][0]}" y="{_HEIGHT - 3}" text-anchor="{anchor}" {_FONT}>{day}</text>')
    body = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}">{body}</svg>'


_FONT = 'font-family="Libertinus Serif, serif" font-size="10" fill="#1a1a1a"'
