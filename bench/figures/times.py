"""How long things take: turnaround against promise, slips, and what was waited for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from statistics import fmean, median

from bench.alerts import kind_of
from bench.figures.material import Material, Row, hours, rank
from bench.figures.model import Cell, Column, Figure, Line
from bench.figures.quality import groups, most, of_orders, share
from bench.journal.rows import LogFilter, LogKind
from bench.language import N_, Message, msg

DAY = 24.0


def turnaround(material: Material) -> Figure:
    lines = [
        Line(name, _turned(material, rows), of_orders((r.order for r in rows), LogKind.OPENED, LogKind.CLOSED))
        for name, rows in groups(material.closed, lambda row: row.procedure).items()
    ]
    whole = Line(msg("all"), _turned(material, material.closed), material.filter(LogKind.CLOSED))
    return Figure(
        "turnaround",
        msg("Turnaround against promise"),
        msg(
            "For the orders closed in the period, the days from opening to closing: the middle one, and the one that "
            "nine of ten do not exceed. On time: closed by the day promised last; as first promised: by the day named "
            "at the opening. Orders without a promised day are left out of both."
        ),
        "procedure",
        (
            Column(N_("orders closed")),
            Column(N_("median"), "d", 1),
            Column(N_("nine of ten"), "d", 1),
            Column(N_("on time"), "%", 1),
            Column(N_("as first promised"), "%", 1),
        ),
        **most(lines),
        whole=whole,
        bar=1,
    )


def _turned(material: Material, rows: Sequence[Row]) -> tuple[Cell, ...]:
    days, kept, first = [], [], []
    for row in rows:
        opened, promised = material.openings.get(row.order, ("", ""))
        if opened:
            days.append(hours(opened, row.at) / DAY)
        day = datetime.fromisoformat(row.at).date().isoformat()
        if row.label:
            kept.append(day <= row.label[:10])
        if promised:
            first.append(day <= promised[:10])
    return (
        len(rows),
        median(days) if days else None,
        rank(days, 0.9),
        share(sum(kept), len(kept)),
        share(sum(first), len(first)),
    )


def slips(material: Material) -> Figure:
    rows = material.rows(LogKind.PROMISE)
    moved = {event.seq: event.payload for event in material.events(row.seq for row in rows)}
    lines = []
    for reason, some in groups(rows, lambda row: str(moved[row.seq]["reason"]).strip()).items():
        days = [_days(moved[row.seq]) for row in some]
        known = [each for each in days if each is not None]
        behind = of_orders((row.order for row in some), LogKind.PROMISE)
        lines.append(Line(reason, (len(some), len({r.order for r in some}), fmean(known) if known else None), behind))
    every = [each for each in map(_days, moved.values()) if each is not None]
    orders = len({row.order for row in rows})
    return Figure(
        "slips",
        msg("Slips of the promised day"),
        msg(
            "How often a promised day was moved in the period, by the reason given, of how many orders, and by how "
            "many days on average."
        ),
        "reason",
        (Column(N_("slips")), Column(N_("orders")), Column(N_("moved by"), "d", 1)),
        **most(lines),
        whole=Line(msg("all"), (len(rows), orders, fmean(every) if every else None), material.filter(LogKind.PROMISE)),
    )


def _days(payload: object) -> int | None:
    assert isinstance(payload, dict)
    try:
        return (date.fromisoformat(payload["to"][:10]) - date.fromisoformat(payload["from"][:10])).days
    except (KeyError, TypeError, ValueError):
        return None


def waiting(material: Material) -> Figure:
    """Waiting time by cause: from an alert to its decision, from the opening to the customer's signature."""
    waited: dict[str, list[tuple[str, float, bool]]] = {}
    decided = _decisions(material)
    for row in material.rows(LogKind.ALERT, reach=True):
        end = decided.get((row.order, row.label)) or (_signed(material, row) if row.alert == "validation" else None)
        if end is not None and material.period.holds(end):
            waited.setdefault(row.alert, []).append((row.order, hours(row.at, end), row.state == "blocking"))
    lines = [_waited(material, kind_of(kind).title, found, alert=kind) for kind, found in waited.items()]
    consents = _consents(material)
    if consents:
        lines.append(_waited(material, msg("The customer signs the quote"), consents, alert=None))
    every = [entry for found in waited.values() for entry in found] + consents
    return Figure(
        "waiting",
        msg("Waiting time by cause"),
        msg(
            "From an alert to its decision, for what was decided in the period; from the opening of an order to its "
            "first signed quote, for quotes signed in the period. Hours of the clock, nights and Sundays included."
        ),
        "cause",
        (
            Column(N_("times")),
            Column(N_("held work up")),
            Column(N_("median"), "h", 1),
            Column(N_("in all"), "h", 0),
        ),
        lines=tuple(sorted(lines, key=lambda line: -float(line.cells[3] or 0))),
        whole=_waited(material, msg("all"), every, alert=None) if every else None,
        bar=3,
    )


def _waited(material: Material, label: Message, found: Sequence[tuple[str, float, bool]], *, alert: str | None) -> Line:
    spans = [span for _order, span, _blocking in found]
    cells = (len(found), sum(blocking for *_rest, blocking in found), median(spans), sum(spans))
    orders = (order for order, *_rest in found)
    if alert is None:
        return Line(label, cells, of_orders(orders, LogKind.OPENED, LogKind.QUOTE, LogKind.ALERT, LogKind.DECISION))
    return Line(label, cells, of_orders(orders, LogKind.ALERT, LogKind.DECISION, alert=alert))


def _decisions(material: Material) -> dict[tuple[str, str], str]:
    """Return when each alert was decided first; one that was only acknowledged is not."""
    found: dict[tuple[str, str], str] = {}
    for row in material.rows(LogKind.DECISION, reach=True, state=("accepted", "refused")):
        found.setdefault((row.order, row.label), row.at)
    return found


def _signed(material: Material, alert: Row) -> str | None:
    """Return when the step was signed that a validation was awaited for: the signature decides that alert."""
    wanted = LogFilter(order=alert.order, kinds=(LogKind.SIGNATURE,))
    signed = material.journal.log_tuples(wanted, ("seq", "at", "step"))
    return next((at for seq, at, step in signed if seq > alert.seq and step == alert.step), None)


def _consents(material: Material) -> list[tuple[str, float, bool]]:
    first: dict[str, str] = {}
    for row in material.rows(LogKind.QUOTE, reach=True):
        first.setdefault(row.order, row.at)
    return [
        (order, hours(material.openings[order][0], at), True)
        for order, at in first.items()
        if material.period.holds(at) and order in material.openings
    ]
