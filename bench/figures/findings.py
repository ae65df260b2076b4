"""What was found: defects, parts fitted, water that came in and where, complaints within the warranty."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.defects import defects as known_defects
from bench.events import EventKind
from bench.figures.material import FAR, Answer, Material, Row
from bench.figures.model import Column, Figure, Line
from bench.figures.quality import BAD, most, of_orders, share
from bench.journal.rows import LogFilter, LogKind
from bench.language import N_, Message, Text, msg

WATER = "ETA"
"""The zone of the defect codes that are about water."""


def top_defects(material: Material) -> Figure:
    found: dict[str, set[str]] = defaultdict(set)
    for row, answers in material.answers(material.answered, material.told.defects.keys()):
        for code in _codes(material, row, answers):
            found[code].add(row.order)
    every = set().union(*found.values()) if found else set()
    lines = [
        Line(_defect(code), (len(orders), share(len(orders), len(every))), _said(orders))
        for code, orders in found.items()
    ]
    return Figure(
        "defects",
        msg("Defects found most"),
        msg(
            "The orders in whose diagnosis a defect was entered in the period, by its code; the share is of the orders "
            "with any defect. One order may have several."
        ),
        "defect",
        (Column(N_("orders")), Column(N_("share"), "%", 1)),
        **most(lines),
        whole=Line(msg("orders with a defect"), (len(every), share(len(every), len(every))), None),
    )


def _codes(material: Material, row: Answer, answers: dict[str, Any]) -> set[str]:
    lines = (line for name in material.told.defects.get(row.step, ()) for line in answers.get(name) or ())
    return {str(line["code"]) for line in lines if isinstance(line, dict) and line.get("code")}


def _defect(code: str) -> Text | str:
    known = known_defects().get(code)
    return Text(f"{code} {known.label.fr}", f"{code} {known.label.en}") if known else code


def _said(orders: Iterable[str]) -> LogFilter | None:
    return of_orders(sorted(orders), LogKind.ANSWER)


def top_parts(material: Material) -> Figure:
    fitted: Counter[str] = Counter()
    orders: dict[str, set[str]] = defaultdict(set)
    for row, answers in material.answers(material.answered, material.told.parts.keys()):
        for reference in _references(material, row, answers):
            fitted[reference] += 1
            orders[reference].add(row.order)
    lines = [Line(name, (count, len(orders[name])), _said(orders[name])) for name, count in fitted.items()]
    every = set().union(*orders.values()) if orders else set()
    return Figure(
        "parts",
        msg("Parts fitted most"),
        msg(
            "The parts that were entered as fitted in the period, by their reference; each line or entry is one piece."
        ),
        "part",
        (Column(N_("pieces")), Column(N_("orders"))),
        **most(lines),
        whole=Line(msg("all"), (fitted.total(), len(every)), None),
    )


def _references(material: Material, row: Answer, answers: dict[str, Any]) -> list[str]:
    found = []
    for name in material.told.parts.get(row.step, ()):
        answer = answers.get(name)
        entries = answer if isinstance(answer, list) else [{"reference": answer}]
        found += [str(e["reference"]).strip() for e in entries if isinstance(e, dict) and e.get("reference")]
    return [reference for reference in found if reference]


def leaks(material: Material) -> Figure:
    """Water-resistance failures by cause."""
    failed = material.rows(LogKind.MEASUREMENT, quantity="leak_rate", state=BAD, provenance=material.provenance)
    tests = Counter(row.order for row in failed)
    cause = _causes(material, tests)
    by_cause: dict[str, list[str]] = defaultdict(list)
    for order in tests:
        by_cause[cause.get(order, "")].append(order)
    lines = []
    for key, orders in by_cause.items():
        label: Message | Text | str = _cause(material, key)
        behind = of_orders(orders, LogKind.MEASUREMENT, LogKind.ANSWER)
        lines.append(Line(label, (len(orders), sum(tests[o] for o in orders), share(len(orders), len(tests))), behind))
    return Figure(
        "leaks",
        msg("Water-resistance failures by cause"),
        msg(
            "The orders in which a dry test failed in the period, by where the leak was found since: the zone of the "
            "leak search, else the defect of the water-resistance zone that was entered."
        ),
        "cause",
        (Column(N_("orders")), Column(N_("values out of limit")), Column(N_("share"), "%", 1)),
        **most(lines),
        whole=Line(
            msg("all"),
            (len(tests), tests.total(), share(len(tests), len(tests))),
            material.filter(LogKind.MEASUREMENT, quantity="leak_rate", state=BAD, provenance=material.provenance),
        ),
    )


def _causes(material: Material, orders: Iterable[str]) -> dict[str, str]:
    """Return where each order leaks, as it was said last: "zone:…" of the search, else a defect's code."""
    named = tuple(orders)
    told = material.told
    steps = told.zones.keys() | told.defects.keys()
    rows: list[Answer] = []
    for some in range(0, len(named), 500):
        chosen, since = named[some : some + 500], material.period.since - FAR
        wanted = LogFilter(order=chosen, kinds=(LogKind.ANSWER,), since=since)
        rows += [Answer(*found) for found in material.journal.log_tuples(wanted, Answer._fields)]
    zones: dict[str, str] = {}
    codes: dict[str, str] = {}
    for row, answers in material.answers(rows, steps, named):
        zone = answers.get(told.zones.get(row.step, ""))
        if zone and zone != "none":
            zones[row.order] = f"zone:{zone}"
        water = sorted(code for code in _codes(material, row, answers) if code.startswith(WATER))
        if water:
            codes[row.order] = water[0]
    return {**codes, **zones}


def _cause(material: Material, key: str) -> Message | Text | str:
    if not key:
        return msg("not looked for, or not found")
    kind, _colon, zone = key.partition(":")
    return material.told.labels.get(("leak_zone", zone), zone) if kind == "zone" else _defect(key)


@dataclass(frozen=True)
class Complaint:
    """A complaint: its order, where its cause was found to be, and whether the earlier work was under warranty."""

    order: str
    origin: str
    within: bool | None


def complaints(material: Material) -> Figure:
    """Complaints within the warranty, by where their cause was."""
    rows = material.rows(LogKind.OPENED, state="complaint")
    said = _last_words(material, [row.order for row in rows])
    earlier = _last_words(material, [str(said[row.order].get("complaint_of") or "") for row in rows])
    found = [_complaint(row, said[row.order], earlier) for row in rows]
    by_origin: dict[str, list[Complaint]] = defaultdict(list)
    for each in found:
        by_origin[each.origin].append(each)
    lines = []
    for origin, some in by_origin.items():
        label = material.told.labels.get(("origin", origin)) or (origin or msg("not said yet"))
        orders = of_orders((c.order for c in some), LogKind.OPENED, LogKind.ANSWER, LogKind.CLOSED)
        lines.append(Line(label, _counted(some, len(material.closed)), orders))
    return Figure(
        "complaints",
        msg("Complaints within warranty"),
        msg(
            "The orders opened in the period that complain of an earlier one, by their origin; within warranty: opened "
            "by the day until which the earlier repair is guaranteed, or found so at the counter. The rate is of the "
            "orders closed in the period."
        ),
        "origin",
        (
            Column(N_("complaints")),
            Column(N_("within warranty")),
            Column(N_("out of warranty")),
            Column(N_("how often"), "%", 1),
        ),
        **most(lines),
        whole=Line(
            msg("all"), _counted(found, len(material.closed)), material.filter(LogKind.OPENED, state="complaint")
        ),
    )


def _counted(found: list[Complaint], closed: int) -> tuple[int, int, int, float | None]:
    within = sum(each.within is True for each in found)
    return len(found), within, sum(each.within is False for each in found), share(len(found), closed)


def _complaint(row: Row, own: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> Complaint:
    earlier = others.get(str(own.get("complaint_of") or ""), {})
    until = str(earlier.get("warranty") or "")
    if until:
        within: bool | None = datetime.fromisoformat(row.at).date().isoformat() <= until[:10]
    else:
        within = {"in": True, "out": False}.get(str(own.get("checked")))
    return Complaint(row.order, str(own.get("origin") or ""), within)


def _last_words(material: Material, orders: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what each order says of complaint, origin and warranty after all its answers and corrections."""
    said: dict[str, dict[str, Any]] = defaultdict(dict)
    kinds = (LogKind.OPENED, LogKind.ANSWER, LogKind.CORRECTION)
    wanted = LogFilter(order=tuple({order: None for order in orders if order}), kinds=kinds)
    found = material.journal.log_tuples(wanted, ("seq",)) if wanted.order else ()
    for event in material.events(seq for (seq,) in found):
        words = said[event.order or ""]
        if event.kind is EventKind.ORDER_OPENED:
            words.update({name: event.payload["order"].get(name) for name in ("complaint_of", "origin", "warranty")})
            continue
        words.update(event.payload.get("order") or {})
        checked = (event.payload.get("answers") or {}).get("warranty")
        if checked in ("in", "out"):
            words["checked"] = checked
    return said
