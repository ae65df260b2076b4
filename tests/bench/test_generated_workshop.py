"""Every filter, figure and export of a generated workshop, each beside an independent computation.

Run on a small workshop here; on 200,000 orders and 5,000,000 measurements by `make check-workshop`
(ETABLI_WORKSHOP_ORDERS, ETABLI_BENCH_FOLDER).
"""

from __future__ import annotations

import csv
import json
import os
import random
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from plain_figures import EVERY, Count
from plain_workshop import COLUMNS, Plain

from bench.conformity import State
from bench.exports import COLUMNS as EXPORTED
from bench.exports import rows, write_csv, write_jsonl, write_xlsx
from bench.figures import KINDS, SIMULATION, Figure, Line, Period, figures
from bench.impact import review
from bench.instrument import InstrumentKind
from bench.journal import Journal, LogFilter
from bench.journal.log import CHOICES
from bench.journal.rows import LogKind
from bench.language import speaking
from bench.metrology import InstrumentRecord
from benchmarks.mix import Mix
from benchmarks.workshop_of import workshop
from tui.log_query import parse

ORDERS = int(os.environ.get("ETABLI_WORKSHOP_ORDERS") or 260)
FULL = ORDERS >= 10_000
pytestmark = pytest.mark.timeout(7200 if FULL else 120)
FOLDER = Path(os.environ.get("ETABLI_BENCH_FOLDER") or Path(tempfile.gettempdir()) / "etabli-benchmarks")
# Few orders hold little of what is rare, unless there is more of it.
RICH = Mix(made_up=0.04, changed=0.5, complaints=0.12, interrupted=0.4, lifted=0.6, corrections=0.3, alerts=0.5)
VALUES, COMBINED = (3, 40) if FULL else (12, 90)
# How many rows are compared one by one.
MOST = 150_000
EVERY_ROW = LogFilter(kinds=None)
WORDS = (
    "spiral", "POUSSIÈRE", "poussiere spiral", "joint ecras", "magnetis", "CH", "0,3", "3 bar", "sn-ti", "012",
    "dry-test", "l’angle", "rotor boite", "tissot touche", "1", "nirgends",
)  # fmt: skip
WATCHES = ("rolex", "lip him", "oméga", "OMEGA sea", "prx", "1", "100.1", "herbelin newport", "inconnue")
BOUNDS = (
    "rate>5s/d", "rate>=5s/d", "rate<-3s/d", "rate<=-3s/d", "rate>14.9s/d", "rate>5s/d rate<=6.5s/d", "rate>60s/d",
    "amplitude<250°", "leak_rate>50µg/min", "leak_rate>=0.05mg/min", "consumption<0.8µA by:t1", "consumption>1500nA",
    "battery_voltage<1520mV", "quartz_rate>0.7s/d verdict:nonconforming", "rate>500s/month",
    "rate>10s/d calibre:eta-2824-2 verdict:conforming", "test_pressure<3bar", "residual_field>=0.1mT tissot",
)  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if FULL:
        return workshop(FOLDER, ORDERS, ORDERS / 40_000)
    return workshop(tmp_path_factory.mktemp("workshop"), ORDERS, 1, RICH)


@pytest.fixture(scope="module")
def journal(path: Path) -> Iterator[Journal]:
    with Journal.open(path, station="office", writable=False) as journal:
        yield journal


@pytest.fixture(scope="module")
def plain(path: Path) -> Plain:
    return Plain.of(path, path.with_suffix(".plain") if FULL else None)


# -- the workshop


def test_every_row_of_the_log_is_what_its_event_says(path: Path, plain: Plain) -> None:
    stored = sqlite3.connect(path).execute("SELECT * FROM log ORDER BY n")
    for row, expected in zip(stored, plain.rows(EVERY_ROW), strict=True):
        assert row[:-1] == expected


def test_nothing_that_is_looked_for_is_missing_in_it(plain: Plain) -> None:
    # An impact review is opened by hand.
    assert {*plain.values("kind")} >= {*LogKind} - {"review"}
    assert {*plain.values("state")} >= {*State, "repeat", "back", "skipped", "complaint", "self-check", "reserved"}
    assert plain.values("provenance") == ["manual", "real", "replayed", "simulated"]
    measured = plain.one("SELECT count(*) FROM line WHERE kind = 'measurement'") / ORDERS
    assert 20 < measured < 27 if not FULL else 24 < measured < 27
    assert plain.one("SELECT count(*) FROM checked WHERE result = 'fail'") > 0


# -- filters


def same(journal: Journal, plain: Plain, wanted: LogFilter) -> int:
    """Hold a filter's rows, their count, their order and their pages against plain SQL; return how many there are."""
    expected = plain.numbers(wanted)
    assert journal.log_count(wanted) == len(expected), wanted
    if len(expected) <= MOST:
        assert [n for (n,) in journal.log_tuples(wanted, ("n",))] == expected, wanted
    first = journal.log_page(wanted)
    assert [tuple(vars(row).values()) for row in first] == plain.numbered(expected[-50:])
    for start in {0, len(expected) // 2, max(len(expected) - 120, 0)}:
        paged(journal, wanted, expected[: len(expected) - start])
    return len(expected)


def paged(journal: Journal, wanted: LogFilter, expected: list[int], most: int = 20) -> None:
    """Turn the pages from some row on: nothing twice, nothing left out, up to the end where that is near."""
    before = expected[-1] + 1 if expected else None
    found: list[int] = []
    for _page in range(most):
        page = journal.log_page(wanted, limit=50, before=before)
        found += [row.n for row in page]
        if len(page) < 50:
            break
        before = page[-1].n
    assert found == expected[::-1][: len(found)]
    assert len(found) == min(len(expected), 50 * most)


@pytest.mark.parametrize("field", sorted(CHOICES))
def test_a_field_finds_the_rows_of_each_of_its_values(journal: Journal, plain: Plain, field: str) -> None:
    values = plain.values(CHOICES[field])
    assert len(values) > 1
    if field != "order":
        assert journal.log_choices(field) == values
    some = values if len(values) <= VALUES else random.Random(field).sample(values, VALUES)
    for value in some:
        put: dict[str, Any] = {"kinds": None, field: (value,) if field == "kinds" else value}
        assert same(journal, plain, LogFilter(**put)) > 0
    several: dict[str, Any] = {"kinds": None, field: (*some[:2], "no such value")}
    same(journal, plain, LogFilter(**several))
    put = {"kinds": None, field: ("no such value",)}
    assert same(journal, plain, LogFilter(**put)) == 0


def test_words_find_what_they_begin(journal: Journal, plain: Plain) -> None:
    number = plain.one('SELECT "order" FROM line ORDER BY n DESC LIMIT 1')
    for text in (*WORDS[: 6 if FULL else None], number, number[:9], f"{number[:8]} rotor"):
        found = same(journal, plain, LogFilter(kinds=None, text=text))
        assert found > 0 or FULL or text in ("nirgends", "tissot touche", "1", f"{number[:8]} rotor")
    for watch in WATCHES[: 4 if FULL else None]:
        found = same(journal, plain, LogFilter(kinds=None, watch=watch))
        assert found > 0 or watch in ("inconnue", "100.1")


def test_a_time_counts_from_its_moment_on_and_up_to_it(journal: Journal, plain: Plain) -> None:
    middle = plain.one("SELECT at FROM line WHERE n = (SELECT max(n) / 2 FROM line)")
    moment = datetime.fromisoformat(middle)
    hair = timedelta(microseconds=1)
    before, after = LogFilter(kinds=None, until=moment), LogFilter(kinds=None, since=moment)
    assert same(journal, plain, before) + same(journal, plain, after) == plain.one("SELECT count(*) FROM line")
    assert same(journal, plain, replace(after, until=moment + hair)) > 0
    assert same(journal, plain, replace(after, since=moment + hair, until=moment + hair)) == 0
    elsewhere = moment.astimezone(tz=None) - timedelta(days=9)
    assert same(journal, plain, LogFilter(since=elsewhere, until=elsewhere + timedelta(days=4, hours=7))) > 0


def test_filters_combine_at_random(journal: Journal, plain: Plain) -> None:
    dice = random.Random(7)
    values = {field: plain.values(column) for field, column in CHOICES.items() if field != "order"}
    values["order"] = dice.sample(plain.values("order"), 40)
    first, last = (datetime.fromisoformat(plain.one(f"SELECT {which}(at) FROM line")) for which in ("min", "max"))
    hits = 0
    for _ in range(COMBINED):
        put: dict[str, Any] = {"kinds": dice.choice((None, ("measurement",)))}
        for field in dice.sample(sorted(values), dice.randrange(1, 4)):
            put[field] = tuple(dice.sample(values[field], min(len(values[field]), dice.choice((1, 1, 2, 4)))))
        if dice.random() < 0.5:
            put["since"] = first + (last - first) * dice.random()
            put["until"] = put["since"] + timedelta(days=dice.choice((1, 7, 31, 365)))
        if dice.random() < 0.3:
            put["text"] = dice.choice(WORDS)
        if dice.random() < 0.2:
            put["watch"] = dice.choice(WATCHES)
        hits += same(journal, plain, LogFilter(**put)) > 0
    assert hits > COMBINED / 8


@pytest.mark.parametrize("line", BOUNDS)
def test_a_bound_lets_through_the_values_on_its_side(journal: Journal, plain: Plain, line: str) -> None:
    wanted = parse(line)
    assert wanted.between is not None
    found = [row[COLUMNS.index("seq")] for row in plain.rows(wanted.filter, bounded(line))]
    place = list(EXPORTED).index("seq")
    assert [row[place] for row in rows(journal, wanted.filter, wanted.between)] == found
    page = journal.log_page(wanted.filter, only=lambda value, unit, _order: wanted.between.holds(value, unit))
    assert [row.seq for row in page] == found[:-51:-1]
    assert found or not FULL or line == "rate>60s/d"


def bounded(line: str) -> str:
    """Write the bounds of a line as SQL, in the unit that its quantity is stored in."""
    in_unit = {"mg/min": 1000.0, "nA": 0.001, "mV": 0.001, "s/month": 12 / 365.25}
    said = ""
    for term in line.split():
        for sign in (">=", "<=", ">", "<"):
            quantity, found, bound = term.partition(sign)
            if found:
                unit = bound.lstrip("-0123456789.")
                limit = float(bound.removesuffix(unit)) * in_unit.get(unit, 1.0)
                said += f" AND quantity = '{quantity}' AND value {sign} {limit!r}"
                break
    return said


# -- figures


def periods(plain: Plain) -> dict[str, Period]:
    """Return a day, a month, a quarter and a year; a small workshop has half a year."""
    end = datetime.fromisoformat(plain.one("SELECT max(at) FROM line")).date() - timedelta(days=40)
    days = {"day": 1, "month": 31, "quarter": 91, "year": 365}
    return {name: Period(end - timedelta(days=count - 1), end) for name, count in days.items()}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("length", ["day", "month", "quarter", "year"])
def test_a_figure_is_what_its_definition_says(journal: Journal, plain: Plain, length: str, name: str) -> None:
    period = periods(plain)[length]
    for mark in ("", SIMULATION) if length == "month" else ("",):
        with speaking("en"):
            report = figures(journal, period, workshop="", made="2026-11-22", mark=mark, only=[name])
            expected = EVERY[name](Count(plain, period, everything=bool(mark)))
        compare(journal, plain, report.figures[0], expected)
        assert length in ("day", "month") or any(report.figures[0].lines)


def compare(journal: Journal, plain: Plain, figure: Figure, expected: dict[str, Any]) -> None:
    whole = expected.pop("", None)
    assert len(figure.lines) + figure.more == len(expected)
    assert len(figure.lines) == min(len(expected), len(figure.lines) if not figure.more else 15)
    with speaking("en"):
        found = {str(line.label): line for line in figure.lines}
    assert len(found) == len(figure.lines)
    if figure.more:  # those that are left out are the smallest
        place = {"repeats-by-calibre": slice(1, 3), "repeats-by-technician": slice(1, 3), "reserve": slice(1, 2)}
        size = place.get(figure.id, slice(0, 1))
        left_out = [sum(line.cells[size]) for label, line in expected.items() if label not in found]
        assert max(left_out) <= min(sum(line.cells[size]) for line in figure.lines)
    for label, line in found.items():
        assert line.cells == pytest.approx(expected[label].cells, nan_ok=True), (figure.id, label)
        behind(journal, plain, line, expected[label])
    if whole is not None and figure.whole is not None:
        assert figure.whole.cells == pytest.approx(whole.cells), figure.id
        behind(journal, plain, figure.whole, whole)


def behind(journal: Journal, plain: Plain, line: Line, expected: Any) -> None:
    """Go the way to the rows behind a line."""
    if line.behind is None:
        assert not expected.rows
        assert expected.orders is None or not expected.orders or len(expected.orders) > 10_000
        return
    assert journal.log_count(line.behind) == len(plain.numbers(line.behind))
    if expected.rows is not None:
        assert journal.log_count(line.behind) == expected.rows
    if expected.orders is not None:
        assert {order for (order,) in journal.log_tuples(line.behind, ("order",))} == expected.orders


def test_a_report_says_how_many_orders_it_leaves_out(journal: Journal, plain: Plain) -> None:
    period = periods(plain)["quarter"]
    count = Count(plain, period)
    here = plain.all('SELECT DISTINCT "order" FROM line WHERE us >= ? AND us < ?', *count.span)
    left_out = {order for (order,) in here} & count.out
    report = figures(journal, period, workshop="", made="2026-11-22", only=["slips"])
    assert report.left_out == len(left_out) > 0


# -- exports


def wanted_for(form: str, plain: Plain) -> LogFilter:
    """Everything of a small workshop; of the large one a spell, shorter where the form is slow to read back."""
    if not FULL and form != "xlsx":
        return EVERY_ROW
    middle = datetime.fromisoformat(plain.one("SELECT at FROM line WHERE n = (SELECT max(n) / 2 FROM line)"))
    days = 60 if form != "xlsx" or not FULL else 4
    return LogFilter(kinds=None, since=middle, until=middle + timedelta(days=days))


@pytest.mark.parametrize(
    ("form", "language"), [("csv", "en"), ("csv", "fr"), ("comma", "fr"), ("jsonl", "en"), ("xlsx", "fr")]
)
def test_an_export_holds_the_rows_of_its_filter(
    journal: Journal, plain: Plain, tmp_path: Path, form: str, language: str
) -> None:
    wanted = wanted_for(form, plain)
    path = tmp_path / "log"
    with speaking(language):
        found = rows(journal, wanted)
        if form == "xlsx":
            write_xlsx(path, list(EXPORTED), found, title="log")
        else:
            with path.open("w", encoding="utf-8", newline="") as stream:
                if form == "jsonl":
                    write_jsonl(stream, list(EXPORTED), found)
                else:
                    write_csv(stream, list(EXPORTED), found, comma=form == "comma")
    read = {"csv": read_csv, "comma": read_comma, "jsonl": read_jsonl, "xlsx": read_xlsx}[form](path)
    count = 0
    titles = {
        (procedure["id"], step["id"]): step["title"][language]
        for (content,) in plain.all("SELECT content FROM procedure")
        for procedure in [json.loads(content)]
        for step in procedure["step"]
    }
    for stored, row in zip(read, plain.rows(wanted), strict=True):
        assert stored == exported(row, language, titles)
        count += 1
    assert count > 1000


def exported(row: tuple[Any, ...], language: str, titles: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Return a plain row as a file holds it: numbers and text; nothing is ""."""
    cells = dict(zip(COLUMNS, row, strict=True))
    cells["tag"] = cells[f"tag_{language}"]
    cells["step_title"] = titles.get((cells["procedure"], cells["step"]), "")
    cells["text"] = told(cells["text"], language)
    return {name: "" if cells[name] is None else cells[name] for name in EXPORTED}


# The only sentence of the program in a generated workshop; the others are of data files, in both languages.
FRENCH = {"The link to {instrument} is lost.": "{instrument}\u00a0: liaison perdue."}


def told(kept: str, language: str) -> str:
    if not kept.startswith("{"):
        return kept
    said = json.loads(kept)
    if "msgid" not in said:
        return str(said[language])
    sentence = FRENCH.get(said["msgid"], said["msgid"]) if language == "fr" else said["msgid"]
    return str(sentence.format(**said["parameters"]))


NUMBERS = ("visit", "attempt", "value", "expanded", "limit_low", "limit_high", "seq", "position")


def read_csv(path: Path, delimiter: str = ",", point: str = ".") -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter=delimiter):
            assert list(row) == list(EXPORTED)
            yield {k: float(v.replace(point, ".")) if k in NUMBERS and v else v for k, v in row.items()}


def read_comma(path: Path) -> Iterator[dict[str, Any]]:
    return read_csv(path, ";", ",")


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield {name: "" if cell is None else cell for name, cell in json.loads(line).items()}


def read_xlsx(path: Path) -> Iterator[dict[str, Any]]:
    """Read a sheet as Excel stores it: numbers as numbers, text in its cell."""
    ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        for _event, row in ElementTree.iterparse(sheet):
            if row.tag == f"{ns}row" and row.get("r") != "1":
                cells: dict[str, Any] = dict.fromkeys(EXPORTED, "")
                for cell in row.iter(f"{ns}c"):
                    text, value = cell.find(f"{ns}is/{ns}t"), cell.find(f"{ns}v")
                    name = list(EXPORTED)[place_of(cell.get("r") or "")]
                    assert cell.find(f"{ns}f") is None, "a formula"
                    cells[name] = (
                        text.text if text is not None else float(value.text or "") if value is not None else ""
                    )
                yield cells
                row.clear()


def place_of(reference: str) -> int:
    place = 0
    for sign in reference.rstrip("0123456789"):
        place = place * 26 + ord(sign) - 64
    return place - 1


# -- reverse traceability


@pytest.mark.parametrize(
    ("instrument", "errors"),
    [
        ("timegrapher-1", {"rate": 4.0, "amplitude": 30.0}),
        ("water-resistance-2", {"leak_rate": -12.0}),
        ("field-meter-1", {"watch_field": 0.03}),
        ("quartz-tester-2", {"consumption": 0.2, "quartz_rate": 0.3}),
    ],
)
def test_verdicts_in_doubt_are_those_since_the_last_good_check(
    journal: Journal, plain: Plain, path: Path, instrument: str, errors: dict[str, float]
) -> None:
    kind, unit = instrument.rsplit("-", 1)
    serial = f"SN-{kind[:2].upper()}-01{unit}"
    record = InstrumentRecord(instrument, InstrumentKind(kind), "Studio", serial, "studio", "")
    last = "SELECT max(at) FROM line WHERE instrument = ? AND quantity = ?"
    until = datetime.fromisoformat(plain.db.execute(last, (instrument, next(iter(errors)))).fetchone()[0]).date()
    found = review(journal, record, errors, cause="certificate", until=until)
    told = {
        (each.seq, each.measurement): (each.before.value, each.after and each.after.value) for each in found.verdicts
    }
    assert told == doubted(path, instrument, serial, errors, until)
    assert told
    changed = {key for key, (before, after) in told.items() if before != after}
    assert {(each.seq, each.measurement) for each in found.changed} == changed
    ended = {order for (order,) in plain.all("SELECT \"order\" FROM line WHERE kind = 'closed'")}
    assert all(each.closed == (each.order in ended) for each in found.verdicts)


SCALE = ("background_field", "watch_field")


def doubted(
    path: Path, instrument: str, serial: str, errors: dict[str, float], until: date
) -> dict[tuple[int, str], tuple[str, str]]:
    """Judge again what an instrument measured since it was last shown to be good, event by event."""
    if "watch_field" in errors:  # one scale: what is wrong for one is wrong for the other
        errors = dict.fromkeys(SCALE, errors["watch_field"])
    events = sqlite3.connect(path)
    since, calibrated = dict.fromkeys(errors, 0), 0
    query = "SELECT seq, kind, at, payload FROM event WHERE order_number = 'register/instruments' ORDER BY seq"
    for seq, kind, at, text in events.execute(query):
        p = json.loads(text)
        if at[:10] >= f"{until}":
            continue
        if kind == "certificate-accepted" and (p["instrument"], p["certificate"]["serial"]) == (instrument, serial):
            calibrated = seq
        if kind == "instrument-checked" and p["instrument"]["id"] == instrument and p["result"] == "pass":
            of = p["judged"]["measurement"]["quantity"]
            since |= dict.fromkeys(SCALE if of in SCALE else (of,), seq)
    since = {name: max(since.get(name, 0), calibrated) for name in errors}
    told: dict[tuple[int, str], tuple[str, str]] = {}
    values: dict[str, float] = {}
    first = min(since.values())
    for seq, at, text in events.execute(
        "SELECT seq, at, payload FROM event WHERE seq > ? AND kind = 'measured'", (first,)
    ):
        if at[:10] > f"{until}":
            continue
        for judged in json.loads(text)["judged"]:
            m, v = judged["measurement"], judged["verdict"]
            values[m["id"]] = now = m["value"]
            if m["instrument"]["id"] != instrument:
                continue
            if m["quantity"] in errors and seq > since[m["quantity"]]:
                values[m["id"]] = now = m["value"] - errors[m["quantity"]]
            elif m["quantity"] == "residual_field" and "watch_field" in errors:
                background, watch = m["derived_from"]
                now = abs(values[watch] - values[background])
            else:
                continue
            if v["state"] != "refused":
                told[seq, m["id"]] = (v["state"], judge(now, m["uncertainty"]["U"], v["limit"]))
    return told


def judge(y: float, expanded: float, limit: dict[str, Any]) -> str:
    """ISO 14253-1:2017: inside the limits less w = 0.83 U, inside them, inside them and w, beyond."""
    low = float("-inf") if limit["low"] is None else limit["low"]
    high = float("inf") if limit["high"] is None else limit["high"]
    w = 0.83 * expanded
    if low + w <= y <= high - w:
        return "conforming"
    if low <= y <= high:
        return "conditionally-conforming"
    return "conditionally-nonconforming" if low - w <= y <= high + w else "nonconforming"
