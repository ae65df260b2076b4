"""The figures of a workshop: each beside what a plain loop over the events gives, and its way to the rows."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean, median

import pytest
from managed_workshop import START, Told, lines_of
from pdf_text import pages, squeezed

from bench.alerts import ALERTS
from bench.errors import UsageError
from bench.events import Event, EventKind
from bench.figures import KINDS, SIMULATION, Figure, Line, Period, figures
from bench.figures.report import to_pdf
from bench.journal import Journal
from bench.language import speaking
from benchmarks.workshop_of import workshop

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def one(journal: Journal, name: str, period: Period = OCTOBER, mark: str = "") -> Figure:
    return figures(journal, period, workshop="Essai", made="2026-11-01T08:00:00+01:00", mark=mark, only=[name]).figures[
        0
    ]


def cells(figure: Figure) -> dict[str, tuple[object, ...]]:
    """{label in English: cells}, the sum under "all"."""
    with speaking("en"):
        return {str(line.label): line.cells for line in (*figure.lines, *([figure.whole] if figure.whole else []))}


def line_of(figure: Figure, label: str) -> Line:
    with speaking("en"):
        return next(line for line in figure.lines if str(line.label) == label)


# -- against loops over the events of a generated workshop -----------------------------------------------------


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory):
    path = workshop(tmp_path_factory.mktemp("workshop"), 240, years=0.5)
    with Journal.open(path, station="office", writable=False) as journal:
        yield journal


@pytest.fixture(scope="module")
def events(generated: Journal) -> list[Event]:
    return list(generated.events())


@pytest.fixture(scope="module")
def period(events: list[Event]) -> Period:
    """A month in the middle."""
    middle = datetime.fromisoformat(events[len(events) // 2].at).date()
    return Period(middle - timedelta(days=20), middle + timedelta(days=20))


def of(events: list[Event], period: Period, *kinds: EventKind) -> list[Event]:
    return [event for event in events if event.kind in kinds and period.holds(event.at)]


def test_first_pass_yield_counts_orders_without_a_failure_after_the_work(generated, events, period) -> None:
    closed = {event.order for event in of(events, period, EventKind.ORDER_CLOSED)}
    failed = set()
    for event in events:
        if event.kind is EventKind.STEP_DONE and event.payload["outcome"] in ("repeat", "back"):
            failed.add(event.order)
        if event.kind is EventKind.MEASURED and event.payload["phase"] != "before":
            states = {judged["verdict"]["state"] for judged in event.payload["judged"]}
            if states & {"nonconforming", "conditionally-nonconforming"}:
                failed.add(event.order)
    figure = one(generated, "first-pass", period)
    good = len(closed - failed)
    assert 0 < good < len(closed)
    assert figure.whole is not None
    assert figure.whole.cells == (len(closed), good, pytest.approx(100 * good / len(closed)))
    assert figure.whole.behind is not None
    assert {row.order for row in generated.log(figure.whole.behind)} == closed & failed
    counted = sum(int(str(line.cells[0])) for line in figure.lines)
    assert counted == len(closed) or figure.more


def test_repeats_and_corrections_are_counted_by_who_did_them(generated, events, period) -> None:
    steps_done = of(events, period, EventKind.STEP_DONE)
    ended = Counter(event.operator for event in steps_done)
    again = Counter(event.operator for event in steps_done if event.payload["outcome"] in ("repeat", "back"))
    corrected = Counter(event.operator for event in of(events, period, EventKind.CORRECTED))
    found = cells(one(generated, "repeats-by-technician", period))
    for who, steps in ended.items():
        assert found[who][:3] == (steps, again[who], corrected[who])
        assert found[who][3] == pytest.approx(100 * (again[who] + corrected[who]) / steps)
    assert found["all"][:3] == (ended.total(), again.total(), corrected.total())


def test_turnaround_is_measured_against_both_promises(generated, events, period) -> None:
    opened = {e.order: e for e in events if e.kind is EventKind.ORDER_OPENED}
    promised = {number: e.payload["order"]["promised"] for number, e in opened.items()}
    first = dict(promised)
    days, kept, kept_first = [], [], []
    for event in events:
        if event.kind is EventKind.PROMISE_MOVED:
            promised[event.order] = event.payload["to"]
        if event.kind is EventKind.ORDER_CLOSED and period.holds(event.at):
            at = datetime.fromisoformat(event.at)
            days.append((at - datetime.fromisoformat(opened[event.order].at)).total_seconds() / 86400)
            kept.append(at.date().isoformat() <= promised[event.order])
            kept_first.append(at.date().isoformat() <= first[event.order])
    whole = cells(one(generated, "turnaround", period))["all"]
    ordered = sorted(days)
    assert whole[0] == len(days) > 20
    assert whole[1] == pytest.approx(median(days))
    # A hair's breadth beside it, because hours and seconds round apart.
    assert sum(day <= whole[2] + 1e-9 for day in ordered) >= 0.9 * len(ordered)
    assert sum(day < whole[2] - 1e-9 for day in ordered) < 0.9 * len(ordered)
    assert whole[3] == pytest.approx(100 * fmean(kept))
    assert whole[4] == pytest.approx(100 * fmean(kept_first))


def test_slips_are_counted_by_their_reason(generated, events, period) -> None:
    moved = of(events, period, EventKind.PROMISE_MOVED)
    found = cells(one(generated, "slips", period))
    by_reason = Counter(event.payload["reason"] for event in moved)
    assert {name: line[0] for name, line in found.items() if name != "all"} == dict(by_reason)
    days = [(date.fromisoformat(e.payload["to"]) - date.fromisoformat(e.payload["from"])).days for e in moved]
    assert found["all"] == (len(moved), len({e.order for e in moved}), pytest.approx(fmean(days)) if days else None)


def test_verdicts_under_reserve_are_a_share_of_those_given(generated, events, period) -> None:
    given: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for event in of(events, period, EventKind.MEASURED):
        for judged in event.payload["judged"]:
            state = judged["verdict"]["state"]
            if state != "refused":
                given[judged["measurement"]["quantity"]] += 1
                reserved[judged["measurement"]["quantity"]] += state.startswith("conditionally")
    figure = one(generated, "reserve", period)
    assert cells(figure)["all"] == (
        given.total(),
        reserved.total(),
        pytest.approx(100 * reserved.total() / given.total()),
    )
    assert cells(figure)["rate"][:2] == (given["rate"], reserved["rate"])
    assert generated.log_count(line_of(figure, "rate").behind) == reserved["rate"]


def test_waiting_is_the_time_from_an_alert_to_its_decision(generated, events, period) -> None:
    raised = {(e.order, e.payload["id"]): e for e in events if e.kind is EventKind.ALERT_RAISED}
    spans: dict[str, list[float]] = {}
    for event in of(events, period, EventKind.ALERT_DECIDED):
        alert = raised[event.order, event.payload["id"]]
        span = datetime.fromisoformat(event.at) - datetime.fromisoformat(alert.at)
        spans.setdefault(alert.payload["alert"], []).append(span.total_seconds() / 3600)
    figure = one(generated, "waiting", period)
    found = cells(figure)
    assert len(spans) > 2
    for kind, some in spans.items():
        times, _held, middle, whole = found[ALERTS[kind].title.msgid]
        assert times == len(some)
        assert (middle, whole) == (pytest.approx(median(some)), pytest.approx(sum(some)))


# -- on a workshop told event by event -------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path: Path):
    told = Told(tmp_path)
    with told.journal:
        yield told


def test_defects_are_counted_once_an_order_and_as_corrected(told: Told) -> None:
    for number, codes in (("A", ["ETA-JFO", "ETA-JCO"]), ("B", ["ETA-JFO"]), ("C", ["EXT-VER-RAY"])):
        told.opened(number)
        seq = told.answered(number, "diagnosis", {"defects": lines_of(codes, "code")})
        told.answered(number, "diagnosis", {"defects": lines_of(codes, "code")})  # said again on a second visit
    told.corrected("C", seq + 1, "diagnosis", {"defects": lines_of(["ETA-JFO"], "code")})
    told.corrected("C", seq, "diagnosis", {"defects": lines_of(["ETA-JFO"], "code")})
    figure = one(told.journal, "defects")
    found = cells(figure)
    assert found["ETA-JFO Case back gasket defective"] == (3, 100.0)
    assert [name.split()[0] for name in found if name.startswith(("ETA", "EXT"))] == ["ETA-JFO", "ETA-JCO"]
    assert {row.order for row in told.journal.log(figure.lines[0].behind)} == {"A", "B", "C"}


def test_parts_are_counted_by_the_piece_of_what_was_fitted(told: Told) -> None:
    told.opened("A")
    told.answered("A", "fit", {"parts": lines_of(["J-1", "J-1", "K-2"], "reference"), "reference": "V-9"})
    told.answered("A", "other", {"parts": lines_of(["J-1"], "reference")})  # prepared, not fitted
    found = cells(one(told.journal, "parts"))
    assert found == {"J-1": (2, 1), "K-2": (1, 1), "V-9": (1, 1), "all": (4, 1)}


def test_a_leak_has_the_cause_that_was_found_for_it(told: Told) -> None:
    for number in "ABCD":
        told.opened(number)
        told.measured(number, "leak_rate", 80.0, "nonconforming", phase="before")
    told.measured("A", "leak_rate", 90.0, "nonconforming")
    told.answered("A", "search", {"zone": "crown"})
    told.answered("B", "diagnosis", {"defects": lines_of(["EXT-VER-RAY", "ETA-JVE"], "code")})
    told.answered("C", "search", {"zone": "none"})
    told.later(days=40).answered("D", "search", {"zone": "crown"})  # found after the period
    found = cells(one(told.journal, "leaks"))
    assert found["Crown"] == (2, 3, 50.0)
    assert found["ETA-JVE Crystal gasket defective"] == (1, 1, 25.0)
    assert found["not looked for, or not found"] == (1, 1, 25.0)
    assert found["all"] == (4, 5, 100.0)


def test_a_complaint_is_within_the_warranty_of_the_work_it_complains_of(told: Told) -> None:
    told.opened("A")
    told.answered("A", "final", {}, order={"warranty": "2026-10-10"})
    told.closed("A")
    told.later(days=9).opened("B", complaint_of="A")
    told.answered("B", "origin", {"origin": "work"}, order={"origin": "work"})
    told.later(days=1).opened("C", complaint_of="A")
    told.opened("D", complaint_of="unknown")
    found = cells(one(told.journal, "complaints"))
    assert START.date() + timedelta(days=9) == date(2026, 10, 10)
    assert found["Our work"] == (1, 1, 0, 100.0)
    assert found["not said yet"] == (2, 0, 1, 200.0)  # of D nothing is known
    assert found["all"] == (3, 1, 1, 300.0)


def test_a_validation_waits_until_its_step_is_signed(told: Told) -> None:
    told.opened("A")
    told.later(hours=2).quote("A")
    told.alert("A", "v1", "validation", step="final")
    told.alert("A", "s1", "supply", blocking=True)
    told.later(hours=5).signed("A", "final")
    told.later(hours=43).decided("A", "s1", "refused")
    told.alert("A", "s2", "supply")  # still open: no waiting time yet
    found = cells(one(told.journal, "waiting"))
    assert found["A validation is awaited"] == (1, 0, 5.0, 5.0)
    assert found["Supplies are needed"] == (1, 1, 48.0, 48.0)
    assert found["The customer signs the quote"] == (1, 1, 2.0, 2.0)
    assert found["all"] == (3, 2, 5.0, 55.0)


def test_drift_shows_every_check_against_its_limits(told: Told) -> None:
    for value in (20.0, 21.0, 22.0, 23.0):
        told.checked(value)
        told.later(days=1)
    told.checked(26.0, "fail")
    figure = one(told.journal, "drift")
    (curve,) = figure.curves
    assert [value for _at, value in curve.points] == [20.0, 21.0, 22.0, 23.0, 26.0]
    assert (curve.low, curve.high, curve.reference) == (15.0, 25.0, 20.0)
    checks, failed, error, change, unit = figure.lines[0].cells
    assert (checks, failed, unit) == (5, 1, "µg/min")
    assert error == pytest.approx(2.4)
    # By hand: days 0 … 4, slope Σ(d−2)(v−22.4)/10 = (4.8+1.4+0+0.6+7.2)/10 = 1.4 a day.
    assert change == pytest.approx(30 * 1.4)


def test_made_up_values_are_left_out_and_that_is_said(told: Told) -> None:
    for number, provenance in (("A", "real"), ("B", "simulated"), ("C", "replayed"), ("D", "manual")):
        told.opened(number)
        told.measured(number, "rate", 60.0, "nonconforming", provenance=provenance)
        told.done(number, "measure", "fail")
        told.closed(number)
    told.checked(20.0, provenance="simulated")
    real = figures(told.journal, OCTOBER, workshop="Essai", made=START.isoformat())
    assert real.left_out == 2
    with speaking("en"):
        assert real.notes() == ["2 orders with simulated or replayed values are left out."]
    by_id = {figure.id: figure for figure in real.figures}
    assert cells(by_id["first-pass"])["all"][0] == 2
    assert cells(by_id["turnaround"])["all"][0] == 2
    assert cells(by_id["repeats-by-technician"])["all"][0] == 2
    assert cells(by_id["reserve"])["all"][0] == 2
    assert by_id["drift"].lines == ()
    behind = by_id["turnaround"].whole
    assert behind is not None and behind.behind is not None
    assert {row.order for row in told.journal.log(behind.behind)} == {"A", "D"}
    marked = figures(told.journal, OCTOBER, workshop="Essai", made=START.isoformat(), mark=SIMULATION)
    assert cells(marked.figures[0])["all"][0] == 4
    assert marked.to_json()["simulated"] is True
    assert "SIMULATION" in marked.notes()[0]


def test_the_report_prints_every_figure_with_its_definition_and_its_mark(told: Told) -> None:
    told.opened("A")
    told.measured("A", "leak_rate", 80.0, "nonconforming")
    told.closed("A")
    for value in (20.0, 22.0, 21.0):
        told.checked(value)
        told.later(days=1)
    report = figures(told.journal, OCTOBER, workshop="Essai", made=START.isoformat(), mark=SIMULATION)
    for language in ("en", "fr"):
        printed = "".join(pages(to_pdf(report, language)))
        with speaking(language):
            for figure in report.figures:
                assert squeezed(str(figure.title)) in printed
                assert squeezed(str(figure.definition)) in printed
            assert squeezed(report.notes()[0]) in printed
        assert printed.count("SIMULATION") > 2


def test_an_empty_workshop_has_no_figures_and_no_faults(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", station="x") as journal:
        report = figures(journal, OCTOBER, workshop="Essai", made=START.isoformat())
        assert [figure.id for figure in report.figures] == list(KINDS)
        assert all(not figure.lines for figure in report.figures)
        assert to_pdf(report, "fr").startswith(b"%PDF")


def test_a_period_or_a_figure_that_does_not_exist_is_said() -> None:
    with pytest.raises(UsageError, match="ends on"):
        Period(date(2026, 2, 1), date(2026, 1, 1))
    with pytest.raises(UsageError, match="no figure"):
        figures(None, OCTOBER, workshop="", made="", only=["profit"])  # type: ignore[arg-type]
