"""The shape of a figure that a workshop is run by: what it says, its definition, and where the rows behind it are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from bench.errors import UsageError
from bench.journal.rows import LogFilter
from bench.language import Message, Text, _, msg, number
from bench.quantities import Quantity

Cell = float | int | str | None


@dataclass(frozen=True)
class Period:
    """Whole days, the first and the last of them counted, in the zone of this machine. Raises UsageError."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise UsageError(
                msg(
                    "The period ends on {last}, before it begins on {first}.",
                    first=str(self.first),
                    last=str(self.last),
                ),
                remedy=msg("Give the earlier day first."),
            )

    @cached_property
    def since(self) -> datetime:
        return datetime.combine(self.first, time()).astimezone()

    @cached_property
    def until(self) -> datetime:
        """The first moment after the period."""
        return datetime.combine(self.last + timedelta(days=1), time()).astimezone()

    def holds(self, at: str) -> bool:
        """Whether an ISO time with offset lies in it."""
        return self.since <= datetime.fromisoformat(at) < self.until

    def __str__(self) -> str:
        return f"{self.first.isoformat()} … {self.last.isoformat()}"


@dataclass(frozen=True)
class Column:
    """A column of figures: what heads it (English msgid), its unit ("%", "d", "h" or "") and its decimals."""

    title: str
    unit: str = ""
    decimals: int = 0

    def heading(self) -> str:
        """Return the heading with its unit, in the language in force."""
        return f"{_(self.title)} ({unit_shown(self.unit)})" if self.unit else _(self.title)

    def show(self, cell: Cell) -> str:
        """Write a cell as the language in force does; "—" where there is nothing to say."""
        if cell is None:
            return "—"
        return cell if isinstance(cell, str) else number(float(cell), self.decimals)


def unit_shown(unit: str) -> str:
    """Return a unit as people write it: days are “j” in French."""
    from bench.quantities import unit_text

    return unit_text(unit)


@dataclass(frozen=True)
class Line:
    """One line of a figure: what it is about, its cells, and the rows of the log that it was counted from."""

    label: Message | Text | str
    cells: tuple[Cell, ...]
    behind: LogFilter | None = None


@dataclass(frozen=True)
class Curve:
    """A value over days: of one instrument's daily check, with the limits that it must keep (canonical unit)."""

    name: str
    quantity: Quantity
    points: tuple[tuple[str, float], ...]
    low: float | None
    high: float | None
    reference: float


@dataclass(frozen=True)
class Figure:
    """One figure over a period. `whole` is the line over everything, None where no sum makes sense; `bar` is the place
    of the column that a picture shows.
    """

    id: str
    title: Message
    definition: Message
    about: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    whole: Line | None = None
    bar: int = 0
    curves: tuple[Curve, ...] = ()
    more: int = 0
    """How many lines were left out at the end."""

    def to_json(self) -> dict[str, Any]:
        """Return it for programs: words in the language in force, figures as numbers with their units apart."""
        return {
            "id": self.id,
            "title": str(self.title),
            "definition": str(self.definition),
            "columns": [{"title": _(column.title), "unit": column.unit} for column in self.columns],
            "lines": [_line(line) for line in self.lines],
            "whole": _line(self.whole) if self.whole else None,
            "left_out": self.more,
            "curves": [
                {
                    "name": curve.name,
                    "quantity": curve.quantity.id,
                    "unit": curve.quantity.unit,
                    "low": curve.low,
                    "high": curve.high,
                    "reference": curve.reference,
                    "points": [list(point) for point in curve.points],
                }
                for curve in self.curves
            ],
        }


def _line(line: Line) -> dict[str, Any]:
    return {"label": str(line.label), "cells": list(line.cells)}


@dataclass(frozen=True)
class Report:
    """The figures of one workshop over one period. `mark` says that they are of simulated work or of an exercise, ""
    where they are real; `left_out` counts the orders that were left out because they hold simulated or replayed values.
    """

    workshop: str
    period: Period
    figures: tuple[Figure, ...]
    mark: str = ""
    left_out: int = 0
    made: str = ""
    head: tuple[int, str] = (0, "")

    def notes(self) -> Sequence[str]:
        """Return what must be said beside the figures, in the language in force."""
        if self.mark:
            return [_(self.mark)]
        if self.left_out:
            return [_("{n} orders with simulated or replayed values are left out.").format(n=self.left_out)]
        return [_("Simulated, replayed and training values are left out; there were none.")]

    def to_json(self) -> dict[str, Any]:
        return {
            "workshop": self.workshop,
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "made": self.made,
            "journal": {"seq": self.head[0], "hash": self.head[1]},
            "simulated": bool(self.mark),
            "orders_left_out": self.left_out,
            "notes": list(self.notes()),
            "figures": [figure.to_json() for figure in self.figures],
        }
