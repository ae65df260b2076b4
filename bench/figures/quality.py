"""How well the work goes: first-pass yield, repeats and corrections, verdicts under reserve."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from bench.figures.material import Material, Row
from bench.figures.model import Column, Figure, Line
from bench.journal.rows import LogFilter, LogKind
from bench.language import N_, msg
from bench.quantities import QUANTITIES

MOST = 15
"""How many lines a figure has at most; how many were left out is said."""
_NAMED = 10_000
AGAIN = ("repeat", "back")
BAD = ("nonconforming", "conditionally-nonconforming")
RESERVED = ("conditionally-conforming", "conditionally-nonconforming")
GIVEN = ("conforming", *RESERVED, "nonconforming")
NOBODY = msg("nobody named")
NO_CALIBRE = msg("no calibre named")


def share(part: float, whole: float) -> float | None:
    """Return a part in per cent, None of nothing."""
    return 100.0 * part / whole if whole else None


def first_pass(material: Material) -> Figure:
    closed = material.closed
    since = min((material.openings[row.order][0] for row in closed if row.order in material.openings), default="")
    numbers = {row.order for row in closed}
    failed = {row.order for row in _bad(material, since)} & numbers
    lines = []
    for calibre, rows in groups(closed, lambda row: row.calibre).items():
        mine = {row.order for row in rows}
        cells = (len(mine), len(mine - failed), share(len(mine - failed), len(mine)))
        lines.append(Line(calibre or NO_CALIBRE, cells, _failures(sorted(mine & failed))))
    whole = (len(numbers), len(numbers - failed), share(len(numbers - failed), len(numbers)))
    return Figure(
        "first-pass",
        msg("First-pass yield"),
        msg(
            "Of the orders closed in the period, the share in which no value measured after the work was out of its "
            "limit and no step was repeated or gone back from."
        ),
        "calibre",
        (Column(N_("orders closed")), Column(N_("at the first go")), Column(N_("yield"), "%", 1)),
        **most(lines),
        whole=Line(msg("all"), whole, _failures(sorted(failed))),
        bar=2,
    )


def _bad(material: Material, since: str) -> list[Row]:
    """Return what speaks against a first pass: values out of limit after the work, steps repeated, since a time."""
    if not since:
        return []
    reach = {"reach": True}
    values = material.rows(LogKind.MEASUREMENT, state=BAD, provenance=material.provenance, **reach)
    again = material.rows(LogKind.STEP, state=AGAIN, **reach)
    return [row for row in values if row.phase != "before"] + again


def _failures(orders: Sequence[str]) -> LogFilter | None:
    return of_orders(orders, LogKind.MEASUREMENT, LogKind.STEP, state=(*BAD, *AGAIN))


def of_orders(orders: Iterable[str], *kinds: LogKind, **narrow: Any) -> LogFilter | None:
    """Return the filter of these orders; None for no order, and for more than a filter can name."""
    named = tuple(dict.fromkeys(orders))
    return LogFilter(order=named, kinds=kinds, **narrow) if 0 < len(named) <= _NAMED else None


def repeats(material: Material, by: str) -> Figure:
    """Repeats and corrections by "operator" or by "calibre"."""
    key: Callable[[Row], str] = (lambda row: row.operator) if by == "operator" else (lambda row: row.calibre)
    ended, again = Counter(map(key, material.steps)), Counter(key(r) for r in material.steps if r.state in AGAIN)
    corrected = Counter(map(key, material.corrections))
    nameless = NOBODY if by == "operator" else NO_CALIBRE
    lines = []
    for who in sorted({*ended, *corrected}, key=lambda who: (-again[who] - corrected[who], who)):
        cells = (ended[who], again[who], corrected[who], share(again[who] + corrected[who], ended[who]))
        lines.append(Line(who or nameless, cells, _redone(material, **{by: who})))
    sums = (sum(ended.values()), sum(again.values()), sum(corrected.values()))
    title = (
        msg("Repeats and corrections by technician") if by == "operator" else msg("Repeats and corrections by calibre")
    )
    return Figure(
        f"repeats-by-{'technician' if by == 'operator' else by}",
        title,
        msg(
            "Of the steps that ended in the period, those that were measured again or gone back from, and the answers "
            "that were corrected; the rate is both together for each 100 steps."
        ),
        "technician" if by == "operator" else by,
        (
            Column(N_("steps")),
            Column(N_("repeats")),
            Column(N_("corrections")),
            Column(N_("rate"), "%", 1),
        ),
        **most(lines, sort=False),
        whole=Line(msg("all"), (*sums, share(sums[1] + sums[2], sums[0])), _redone(material)),
        bar=3,
    )


def _redone(material: Material, **narrow: str) -> LogFilter:
    kinds = (LogKind.STEP, LogKind.CORRECTION)
    return material.filter(*kinds, state=(*AGAIN, "corrected"), **{name: who for name, who in narrow.items() if who})


def reserve(material: Material) -> Figure:
    """Verdicts under reserve, by quantity."""
    found: dict[str, Counter[str]] = {}
    for name in material.journal.log_choices("quantity"):
        counts = Counter({state: material.journal.log_count(_verdicts(material, (state,), name)) for state in GIVEN})
        if counts.total():
            found[name] = counts
    lines = [_reserved(material, name, counts) for name, counts in found.items()]
    lines.sort(key=lambda line: -float(line.cells[1] or 0))
    every = sum(found.values(), Counter[str]())
    reserved = sum(every[state] for state in RESERVED)
    whole = (every.total(), reserved, share(reserved, every.total()))
    return Figure(
        "reserve",
        msg("Verdicts under reserve"),
        msg(
            "Of the verdicts given in the period, those whose value lies nearer to its limit than the guard band: "
            "conditionally conforming or nonconforming. Refused verdicts are not counted."
        ),
        "quantity",
        (Column(N_("verdicts")), Column(N_("under reserve")), Column(N_("share"), "%", 1)),
        **most(lines, sort=False),
        whole=Line(msg("all"), whole, _verdicts(material, RESERVED)),
        bar=2,
    )


def _verdicts(material: Material, states: tuple[str, ...], quantity: str | None = None) -> LogFilter:
    return material.filter(LogKind.MEASUREMENT, state=states, quantity=quantity, provenance=material.provenance)


def _reserved(material: Material, name: str, counts: Mapping[str, int]) -> Line:
    given, reserved = sum(counts.values()), sum(counts[state] for state in RESERVED)
    label = QUANTITIES[name].name if name in QUANTITIES else name
    return Line(label, (given, reserved, share(reserved, given)), _verdicts(material, RESERVED, name))


def groups(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Return rows by what `key` says of them."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


class Most(TypedDict):
    """The lines of a figure, and how many there is no room for."""

    lines: tuple[Line, ...]
    more: int


def most(lines: list[Line], *, sort: bool = True) -> Most:
    """Return the first lines, by their first cell where they are not sorted yet."""
    if sort:
        lines = sorted(lines, key=lambda line: (-float(line.cells[0] or 0), str(line.label)))
    return {"lines": tuple(lines[:MOST]), "more": max(0, len(lines) - MOST)}
