"""How long things take: turnaround against promise, slips, and what was waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from statistics import fmean, median

from bench.alerts import kind_of
from bench.figures.material import AGES, FAR, NOW, REACH, Material, Row, hours, rank
from bench.figures.model import Cell, Column, Figure, Line
from bench.figures.quality import groups, most, of_orders, share
from bench.journal.rows import LogKind
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
    for row, end in (*_decided(material), *_validated(material)):
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


def _decided(material: Material) -> Iterator[tuple[Row, str]]:
    """Give each alert that was decided in the period, and when; one that was only acknowledged is not."""
    ends: dict[tuple[str, str], str] = {}
    for row in material.rows(LogKind.DECISION, state=("accepted", "refused")):
        ends.setdefault((row.order, row.label), row.at)
    for row in material.rows(LogKind.ALERT, reach=REACH):
        end = ends.pop((row.order, row.label), None)
        if end is not None:
            yield row, end
    for (order, alert), end in ends.items():  # raised long ago
        for row in material.rows(LogKind.ALERT, reach=AGES, order=order):
            if row.label == alert:
                yield row, end


def _validated(material: Material) -> Iterator[tuple[Row, str]]:
    """Give each alert that awaited a signature which was given in the period: the signature decides it."""
    awaited = material.rows(LogKind.ALERT, reach=FAR, alert="validation")
    if not awaited:
        return
    told = material.rows(LogKind.DECISION, reach=FAR, alert="validation", state=("accepted", "refused"))
    decided = {(row.order, row.label) for row in told}
    signed: dict[tuple[str, str], list[tuple[int, str]]] = {}
    orders = tuple({row.order: None for row in awaited})
    columns = ("order", "step", "seq", "at")
    first = datetime.fromisoformat(awaited[0].at)
    reach = max(material.period.since - first, NOW)
    for order, step, seq, at in material.tuples(columns, LogKind.SIGNATURE, reach=reach, order=orders):
        signed.setdefault((order, step), []).append((seq, at))
    for row in awaited:
        given = next((at for seq, at in signed.get((row.order, row.step), ()) if seq > row.seq), None)
        if given is not None and (row.order, row.label) not in decided and material.period.holds(given):
            yield row, given


def _consents(material: Material) -> list[tuple[str, float, bool]]:
    """Return how long each order waited for its first signed quote, of those signed in the period."""
    signed: dict[str, str] = {}
    for order, at in material.tuples(("order", "at"), LogKind.QUOTE, reach=REACH):
        signed.setdefault(order, at)
    return [
        (order, hours(material.openings[order][0], at), True)
        for order, at in signed.items()
        if order in material.openings and material.period.holds(at)
    ]
