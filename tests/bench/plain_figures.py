"""The twelve figures by plain SQL and loops over flat tables, from their written definitions."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from statistics import fmean, median
from typing import Any

from plain_workshop import Plain, microseconds

from bench.alerts import ALERTS
from bench.defects import defects
from bench.figures import Period
from bench.quantities import QUANTITIES

MADE_UP = ("simulated", "replayed")
BAD = ("nonconforming", "conditionally-nonconforming")
RESERVED = ("conditionally-conforming", "conditionally-nonconforming")
DAY, HOUR = 86_400e6, 3_600e6


@dataclass(frozen=True)
class Expected:
    """A line as it must be: its cells; the orders that its way must lead to, or how many rows."""

    cells: tuple[Any, ...]
    orders: frozenset[str] | None = None
    rows: int | None = None


Lines = dict[str, Expected]
"""By label in English; the sum under ""."""


class Count:
    """Counts one period; with `everything`, simulated and replayed values too."""

    def __init__(self, plain: Plain, period: Period, *, everything: bool = False) -> None:
        self.plain, self.everything = plain, everything
        self.span = (microseconds(period.since), microseconds(period.until))
        self.out = frozenset[str]() if everything else plain.made_up

    def rows(self, kind: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of the rows of a kind in the period, the order first."""
        named = ", ".join(f'"{name}"' for name in ("order", *columns))
        found = self.plain.all(f"SELECT {named} FROM line WHERE us >= ? AND us < ? AND kind = ?", *self.span, kind)
        return [row for row in found if row[0] not in self.out]

    def of_order(self, order: str, kind: str, *columns: str) -> list[tuple[Any, ...]]:
        named = ", ".join(f'"{name}"' for name in columns)
        return self.plain.all(f'SELECT {named} FROM line WHERE "order" = ? AND kind = ? ORDER BY n', order, kind)

    @cached_property
    def closed(self) -> list[tuple[Any, ...]]:
        return self.rows("closed", "us", "at", "calibre", "procedure", "label")

    @cached_property
    def opened(self) -> dict[str, tuple[int, str]]:
        return {number: (us, day) for number, us, day in self.plain.all("SELECT number, us, promised FROM opened")}

    @cached_property
    def fields(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]], set[tuple[str, str]], dict[str, str]]:
        """Return the (step, field) pairs of defects, of parts and of leak zones, and what choices read as."""
        codes, parts, zones, labels = set(), set(), set(), {}
        for (content,) in self.plain.all("SELECT content FROM procedure"):
            for step in json.loads(content)["step"]:
                for field in step.get("fields", ()):
                    place, columns = (step["id"], field["id"]), field.get("columns") or ()
                    if field.get("into") == "defects" and "defect" in [column["kind"] for column in columns]:
                        codes.add(place)
                    if "fit-part" in step.get("acts", ()) and "reference" in [field["id"], *(c["id"] for c in columns)]:
                        parts.add(place)
                    if field.get("fact") == "leak_zone":
                        zones.add(place)
                    if field.get("fact") == "leak_zone" or field.get("order") == "origin":
                        labels |= {choice["id"]: choice["label"]["en"] for choice in field["choices"]}
        return codes, parts, zones, labels

    def answers(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return the answers of the period as they stand by now: order, step, answers."""
        found = self.plain.all("SELECT number, step, answers FROM answer WHERE us >= ? AND us < ?", *self.span)
        return [(number, step, json.loads(said)) for number, step, said in found if number not in self.out]


def share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def first_pass(count: Count) -> Lines:
    by_calibre: dict[str, set[str]] = defaultdict(set)
    failed = set()
    for order, _us, _at, calibre, _procedure, _label in count.closed:
        by_calibre[calibre or "no calibre named"].add(order)
        values = count.of_order(order, "measurement", "phase", "state", "provenance")
        bad = any(phase != "before" and state in BAD for phase, state, _provenance in values)
        if bad or any(state in ("repeat", "back") for (state,) in count.of_order(order, "step", "state")):
            failed.add(order)
    every = set().union(*by_calibre.values()) if by_calibre else set()

    def line(orders: set[str]) -> Expected:
        good = len(orders - failed)
        return Expected((len(orders), good, share(good, len(orders))), frozenset(orders & failed))

    return {calibre: line(orders) for calibre, orders in by_calibre.items()} | {"": line(every)}


def repeats(count: Count, column: str, nameless: str) -> Lines:
    steps, again, corrected = Counter[str](), Counter[str](), Counter[str]()
    for _order, who, outcome in count.rows("step", column, "state"):
        steps[who] += 1
        again[who] += outcome in ("repeat", "back")
    for _order, who in count.rows("correction", column):
        corrected[who] += 1

    def line(who: Iterable[str]) -> Expected:
        names = list(who)
        a, b, c = (sum(counted[name] for name in names) for counted in (steps, again, corrected))
        return Expected((a, b, c, share(b + c, a)), rows=b + c)

    every = {*steps, *corrected}
    return {who or nameless: line([who]) for who in every} | {"": line(every)}


def turnaround(count: Count) -> Lines:
    by_procedure: dict[str, list[tuple[str, float, bool, bool]]] = defaultdict(list)
    for order, us, at, _calibre, procedure, promised in count.closed:
        day, (opened, first) = at[:10], count.opened[order]
        by_procedure[procedure].append((order, (us - opened) / DAY, day <= promised, day <= first))

    def line(found: list[tuple[str, float, bool, bool]]) -> Expected:
        if not found:
            return Expected((0, None, None, None, None))
        days = sorted(each[1] for each in found)
        cells = (len(days), median(days), days[(9 * len(days) + 9) // 10 - 1])
        kept = (100 * fmean(each[place] for each in found) for place in (2, 3))
        return Expected((*cells, *kept), frozenset(each[0] for each in found))

    every = [each for found in by_procedure.values() for each in found]
    return {procedure: line(found) for procedure, found in by_procedure.items()} | {"": line(every)}


def slips(count: Count) -> Lines:
    query = "SELECT number, before, after, reason FROM moved WHERE us >= ? AND us < ?"
    by_reason: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for order, before, after, reason in count.plain.all(query, *count.span):
        if order not in count.out:
            by_reason[reason].append((order, (date.fromisoformat(after) - date.fromisoformat(before)).days))

    def line(found: list[tuple[str, int]]) -> Expected:
        orders = frozenset(order for order, _days in found)
        mean = fmean(days for _order, days in found) if found else None
        return Expected((len(found), len(orders), mean), orders)

    every = [each for found in by_reason.values() for each in found]
    return {reason: line(found) for reason, found in by_reason.items()} | {"": line(every)}


def waiting(count: Count) -> Lines:
    since, until = count.span
    waits: dict[str, list[tuple[str, float, bool]]] = defaultdict(list)
    decisions = """
        SELECT a."order", a.alert, a.state, a.us, min(d.us) FROM line d JOIN line a
        ON a."order" = d."order" AND a.label = d.label AND a.kind = 'alert'
        WHERE d.kind = 'decision' AND d.state IN ('accepted', 'refused') AND d.us >= ? AND d.us < ? GROUP BY a.n"""
    signatures = """
        SELECT a."order", a.alert, a.state, a.us, (SELECT min(s.us) FROM line s WHERE s."order" = a."order"
            AND s.kind = 'signature' AND s.step = a.step AND s.seq > a.seq) AS signed
        FROM line a WHERE a.kind = 'alert' AND a.alert = 'validation' AND signed >= ? AND signed < ?
        AND NOT EXISTS (SELECT 1 FROM line d WHERE d."order" = a."order" AND d.label = a.label AND d.kind = 'decision'
            AND d.state IN ('accepted', 'refused') AND d.us < ?)"""
    found = [*count.plain.all(decisions, *count.span), *count.plain.all(signatures, since, until, until)]
    for order, alert, state, raised, ended in found:
        if order not in count.out:
            waits[str(ALERTS[alert].title)].append((order, (ended - raised) / HOUR, state == "blocking"))
    firsts = (
        'SELECT "order", min(us) FROM line WHERE kind = \'quote\' GROUP BY "order" HAVING min(us) >= ? AND min(us) < ?'
    )
    for order, signed in count.plain.all(firsts, *count.span):
        if order not in count.out:
            wait = (signed - count.opened[order][0]) / HOUR
            waits["The customer signs the quote"].append((order, wait, True))

    def line(found: list[tuple[str, float, bool]]) -> Expected:
        spans = [span for _order, span, _held in found]
        cells = (len(found), sum(held for *_rest, held in found), median(spans), sum(spans))
        return Expected(cells, frozenset(order for order, *_rest in found))

    every = [each for some in waits.values() for each in some]
    return {label: line(some) for label, some in waits.items()} | ({"": line(every)} if every else {})


def _codes(count: Count, step: str, answers: dict[str, Any]) -> set[str]:
    places = {field for at, field in count.fields[0] if at == step}
    return {line["code"] for field in places for line in answers.get(field) or () if line.get("code")}


def _defect(code: str) -> str:
    return f"{code} {defects()[code].label.en}"


def top_defects(count: Count) -> Lines:
    found: dict[str, set[str]] = defaultdict(set)
    for order, step, answers in count.answers():
        for code in _codes(count, step, answers):
            found[_defect(code)].add(order)
    every = set().union(*found.values()) if found else set()
    lines = {
        code: Expected((len(orders), share(len(orders), len(every))), frozenset(orders))
        for code, orders in found.items()
    }
    return lines | {"": Expected((len(every), share(len(every), len(every))))}


def top_parts(count: Count) -> Lines:
    pieces, orders = Counter[str](), defaultdict[str, set[str]](set)
    for order, step, answers in count.answers():
        for at, field in count.fields[1]:
            said = answers.get(field) if at == step else None
            for reference in [line.get("reference") for line in said] if isinstance(said, list) else [said]:
                if reference:
                    pieces[reference] += 1
                    orders[reference].add(order)
    every = set().union(*orders.values()) if orders else set()
    lines = {name: Expected((pieces[name], len(orders[name])), frozenset(orders[name])) for name in pieces}
    return lines | {"": Expected((pieces.total(), len(every)))}


def leaks(count: Count) -> Lines:
    failed = Counter(
        order
        for order, quantity, state, provenance in count.rows("measurement", "quantity", "state", "provenance")
        if quantity == "leak_rate" and state in BAD and (count.everything or provenance not in MADE_UP)
    )
    by_cause: dict[str, set[str]] = defaultdict(set)
    for order in failed:
        by_cause[_leak(count, order)].add(order)

    def line(orders: Iterable[str]) -> tuple[int, int, float | None]:
        some = set(orders)
        return len(some), sum(failed[order] for order in some), share(len(some), len(failed))

    lines = {cause: Expected(line(orders), frozenset(orders)) for cause, orders in by_cause.items()}
    return lines | {"": Expected(line(failed), frozenset(failed), failed.total())}


def _leak(count: Count, order: str) -> str:
    """Where an order leaks: the zone that was found last, else the defect of the zone of water entered last."""
    zone = code = ""
    for step, said in count.plain.all("SELECT step, answers FROM answer WHERE number = ? ORDER BY seq", order):
        answers = json.loads(said)
        for at, field in count.fields[2]:
            if at == step and answers.get(field) not in (None, "", "none"):
                zone = count.fields[3][answers[field]]
        water = sorted(each for each in _codes(count, step, answers) if each.startswith("ETA"))
        code = _defect(water[0]) if water else code
    return zone or code or "not looked for, or not found"


def complaints(count: Count) -> Lines:
    query = "SELECT number, at, complaint FROM opened WHERE us >= ? AND us < ? AND complaint != ''"
    by_origin: dict[str, list[tuple[str, bool | None]]] = defaultdict(list)
    for number, at, earlier in count.plain.all(query, *count.span):
        if number not in count.out:
            until = _filled(count, earlier, "warranty")
            origin = count.fields[3].get(_filled(count, number, "origin"), "not said yet")
            by_origin[origin].append((number, at[:10] <= until if until else None))

    def line(found: list[tuple[str, bool | None]]) -> Expected:
        within = [inside for _number, inside in found]
        cells = (len(found), within.count(True), within.count(False), share(len(found), len(count.closed)))
        return Expected(cells, frozenset(number for number, _inside in found))

    every = [each for found in by_origin.values() for each in found]
    return {origin: line(found) for origin, found in by_origin.items()} | {"": line(every)}


def _filled(count: Count, number: str, path: str) -> str:
    """Return what was filled into an order last, "" for nothing."""
    query = "SELECT value FROM filled WHERE number = ? AND path = ? ORDER BY seq DESC LIMIT 1"
    found = count.plain.all(query, number, path)
    return found[0][0] if found else ""


def drift(count: Count) -> Lines:
    query = "SELECT at, instrument, serial, quantity, value, result, reference, provenance FROM checked"
    found: dict[tuple[str, str, str], list[tuple[float, float, bool, float]]] = defaultdict(list)
    for at, instrument, serial, quantity, value, result, reference, provenance in count.plain.all(
        f"{query} WHERE us >= ? AND us < ? ORDER BY us", *count.span
    ):
        if count.everything or provenance not in MADE_UP:
            day = datetime.fromisoformat(at).timestamp() / 86400
            found[instrument, serial, quantity].append((day, value, result == "fail", reference))
    lines = {}
    for (instrument, serial, quantity), checks in found.items():
        days, values = [day for day, *_rest in checks], [check[1] for check in checks]
        mean, slope = fmean(values), None
        if len(checks) >= 3 and max(days) - min(days) >= 1:
            x, xx = sum(days) / len(days), sum((day - fmean(days)) ** 2 for day in days)
            slope = 30 * sum((day - x) * value for day, value in zip(days, values, strict=True)) / xx
        failed = sum(check[2] for check in checks)
        cells = (len(checks), failed, mean - checks[-1][3], slope, QUANTITIES[quantity].unit)
        lines[f"{instrument} n° {serial}"] = Expected(cells)
    return lines


def reserve(count: Count) -> Lines:
    given, reserved = Counter[str](), Counter[str]()
    for _order, quantity, state, provenance in count.rows("measurement", "quantity", "state", "provenance"):
        if state != "refused" and (count.everything or provenance not in MADE_UP):
            given[quantity] += 1
            reserved[quantity] += state in RESERVED

    def line(a: int, b: int) -> Expected:
        return Expected((a, b, share(b, a)), rows=b)

    lines = {str(QUANTITIES[name].name): line(given[name], reserved[name]) for name in given}
    return lines | {"": line(given.total(), reserved.total())}


EVERY: dict[str, Callable[[Count], Lines]] = {
    "first-pass": first_pass,
    "repeats-by-technician": lambda count: repeats(count, "operator", "nobody named"),
    "repeats-by-calibre": lambda count: repeats(count, "calibre", "no calibre named"),
    "turnaround": turnaround,
    "slips": slips,
    "waiting": waiting,
    "defects": top_defects,
    "parts": top_parts,
    "leaks": leaks,
    "complaints": complaints,
    "drift": drift,
    "reserve": reserve,
}
