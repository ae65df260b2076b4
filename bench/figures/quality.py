"""How well the work goes: first-pass yield, repeats and corrections, verdicts under reserve."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict

from bench.figures.material import AGES, REACH, Material, Row
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
    numbers = {row.order for row in closed}
    failed = _failed(material) & numbers
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


def _failed(material: Material) -> set[str]:
    """Return the orders of which something speaks against a first pass: a value out of limit after the work, a step
    repeated; among others all of those that were closed in the period.
    """
    columns = ("order", "phase")
    found: set[str] = set()
    spells: list[dict[str, Any]] = [{"reach": REACH}]
    spells += [{"reach": AGES, "order": material.old[n : n + 500]} for n in range(0, len(material.old), 500)]
    for spell in spells:
        values = material.tuples(columns, LogKind.MEASUREMENT, state=BAD, provenance=material.provenance, **spell)
        found |= {order for order, phase in values if phase != "before"}
        found |= {order for order, _phase in material.tuples(columns, LogKind.STEP, state=AGAIN, **spell)}
    return found


def _failures(orders: Sequence[str]) -> LogFilter | None:
    return of_orders(orders, LogKind.MEASUREMENT, LogKind.STEP, state=(*BAD, *AGAIN))


def of_orders(orders: Iterable[str], *kinds: LogKind, **narrow: Any) -> LogFilter | None:
    """Return the filter of these orders; None for no order, and for more than a filter can name."""
    named = tuple(dict.fromkeys(orders))
    return LogFilter(order=named, kinds=kinds, **narrow) if 0 < len(named) <= _NAMED else None


def repeats(material: Material, by: str) -> Figure:
    """Repeats and corrections by "operator" or by "calibre"."""
    place = 0 if by == "operator" else 1
    ended: Counter[str] = Counter()
    again: Counter[str] = Counter()
    for key, count in material.steps.items():
        ended[key[place]] += count
        again[key[place]] += count if key[2] in AGAIN else 0
    corrected = Counter(who for who, _order in material.tuples((by, "order"), LogKind.CORRECTION))
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
            Column(N_("how often"), "%", 1),
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
    doubted = material.journal.log_tuples(_verdicts(material, RESERVED), ("quantity",))
    reserves = Counter(quantity for (quantity,) in doubted)
    found: dict[str, tuple[int, int]] = {}
    for name in material.journal.log_choices("quantity"):
        given = material.journal.log_count(_verdicts(material, GIVEN, name))
        if given:
            found[name] = (given, reserves[name])
    lines = [_reserved(material, name, *counts) for name, counts in found.items()]
    lines.sort(key=lambda line: -float(line.cells[1] or 0))
    given, reserved = (sum(counts[place] for counts in found.values()) for place in (0, 1))
    whole = (given, reserved, share(reserved, given))
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


def _reserved(material: Material, name: str, given: int, reserved: int) -> Line:
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
