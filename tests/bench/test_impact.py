"""When an instrument is found out: every verdict since its last good check is recomputed, what changes is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from daily_checks import LEAK_TESTER, a_checked_desk
from pydantic import TypeAdapter
from scripted import TECHNICIAN, Truth, a_desk, an_order, later
from test_procedure_walk import measure_step, walk
from tree_walk import sign_in, walk_tree

from bench.checking import check
from bench.conformity import State
from bench.desk import Desk
from bench.events import EventKind
from bench.impact import Affected, Review, impact, review
from bench.instrument import InstrumentKind
from bench.journal import Journal
from bench.metrology import Certificate
from bench.people import Operator, Role
from bench.registration import Registrar
from bench.sheet import content
from bench.sheet.model import Sheet

MANAGER = Operator("m1", "Jeanne Roy", frozenset({Role.MANAGER}))


def measured(desk: Desk, number: str) -> None:
    """Take an order in and bring it past its dry test."""
    desk.open_order(an_order("etancheite-et-joints", number))
    work = desk.work(number)
    walk_tree(work, until="dry-test")
    sign_in(work, TECHNICIAN)
    measure_step(work)
    work.confirm("accepté")


def found_out(truth: Truth, desk: Desk, reads: float) -> Review:
    """Put the reference leak of 48 µg/min on the tester, which reads something else."""
    truth.leak = reads
    done = check(desk, LEAK_TESTER)
    assert done.review is not None
    return done.review


def checked_then_measured(leak: float) -> tuple[Truth, Desk]:
    truth = Truth(leak=48.0)
    desk = a_checked_desk(truth)
    assert check(desk, LEAK_TESTER).result == "pass"
    truth.leak = leak
    measured(desk, "2026-0001")
    return truth, desk


def final(found: Review) -> Affected:
    """The leak at the highest pressure, the one the 50 µg/min limit is for."""
    return next(entry for entry in reversed(found.verdicts) if entry.quantity == "leak_rate")


def test_a_tester_that_reads_too_little_turns_a_pass_around() -> None:
    truth, desk = checked_then_measured(38.0)
    found = found_out(truth, desk, 28.0)
    entry = final(found)
    assert found.errors["leak_rate"] == pytest.approx(-20.0)
    assert (entry.order, entry.value, entry.before) == ("2026-0001", 38.0, State.CONFORMING)
    assert entry.corrected == pytest.approx(58.0)
    assert entry.after is State.NONCONFORMING
    assert entry.changes
    assert entry in found.changed


def test_a_small_error_far_from_the_limit_changes_nothing_and_is_listed_all_the_same() -> None:
    truth, desk = checked_then_measured(8.0)
    found = found_out(truth, desk, 45.0)
    assert final(found).corrected == pytest.approx(11.0)
    assert found.verdicts
    assert found.changed == ()


def test_only_the_verdicts_since_the_last_good_check_are_in_doubt() -> None:
    truth, desk = checked_then_measured(38.0)
    later(desk, days=1)
    truth.leak = 48.0
    assert check(desk, LEAK_TESTER).result == "pass"
    truth.leak = 39.0
    measured(desk, "2026-0002")
    found = found_out(truth, desk, 28.0)
    assert {entry.order for entry in found.verdicts} == {"2026-0002"}


def test_a_check_that_failed_is_not_a_good_one() -> None:
    truth, desk = checked_then_measured(38.0)
    first = found_out(truth, desk, 28.0)
    second = found_out(truth, desk, 29.0)
    assert {entry.measurement for entry in second.verdicts} == {entry.measurement for entry in first.verdicts}


def test_the_review_is_opened_whole_and_once_for_each_order_that_changes() -> None:
    truth, desk = checked_then_measured(38.0)
    truth.leak = 8.0
    measured(desk, "2026-0002")
    found = found_out(truth, desk, 28.0)
    opened = [event for event in desk.journal.events() if event.kind is EventKind.IMPACT_REVIEW_OPENED]
    assert [event.order for event in opened] == ["register/instruments", "2026-0001"]
    assert Review.from_json(opened[0].payload) == found
    assert {entry["order"] for entry in opened[1].payload["verdicts"]} == {"2026-0001"}
    assert {entry.order for entry in found.verdicts} == {"2026-0001", "2026-0002"}


def test_values_without_a_verdict_are_not_in_the_list() -> None:
    truth = Truth(leak=38.0)
    desk = a_checked_desk(truth)
    desk.open_order(an_order("etancheite-et-joints"))
    work = desk.work("2026-0001")
    walk_tree(work, until="dry-test")
    sign_in(work, TECHNICIAN)
    work.start()
    task = work.next_task()
    assert task is not None
    work.prepare(task)
    work.measure(task, indication=True)
    assert found_out(truth, desk, 28.0).verdicts == ()


def timed() -> Desk:
    desk = a_desk(Truth(rate=3.0, spread=4.0))
    desk.open_order(an_order("controle-mecanique"))
    work = desk.work("2026-0001")
    walk(work, until="timing-before")
    measure_step(work)
    return desk


def test_derived_figures_follow_their_parts_and_a_spread_does_not_feel_a_constant_error() -> None:
    desk = timed()
    timegrapher = desk.pool.choose(InstrumentKind.TIMEGRAPHER)
    assert timegrapher is not None
    found = review(desk.journal, timegrapher, {"rate": 60.0}, cause="check")
    by_key = {entry.quantity: entry for entry in found.verdicts}
    mean, spread = by_key["mean_rate"], by_key["rate_spread"]
    assert mean.corrected == pytest.approx(mean.value - 60.0)
    assert (mean.before, mean.after) == (State.CONFORMING, State.NONCONFORMING)
    assert spread.corrected == pytest.approx(spread.value)
    assert not spread.changes
    assert "amplitude" not in by_key, "an error of the rate is none of the amplitude"


def test_an_error_of_the_field_meter_cancels_in_the_residual_field() -> None:
    desk = timed()
    meter = desk.pool.choose(InstrumentKind.FIELD_METER)
    assert meter is not None
    found = review(desk.journal, meter, {"background_field": 0.5}, cause="check")
    assert found.errors == {"background_field": 0.5, "watch_field": 0.5}
    residual = next(entry for entry in found.verdicts if entry.quantity == "residual_field")
    assert residual.corrected == pytest.approx(residual.value)
    assert not residual.changes


def test_another_instrument_under_the_same_name_is_not_blamed() -> None:
    desk = timed()
    timegrapher = desk.pool.choose(InstrumentKind.TIMEGRAPHER)
    assert timegrapher is not None
    replaced = replace(timegrapher, serial="the one before")
    assert review(desk.journal, replaced, {"rate": 60.0}, cause="check").verdicts == ()


def test_a_figure_whose_parts_were_measured_before_the_last_good_check_cannot_be_told() -> None:
    desk = timed()
    timegrapher = desk.pool.choose(InstrumentKind.TIMEGRAPHER)
    assert timegrapher is not None
    events = [event for event in desk.journal.events() if event.kind is EventKind.MEASURED]
    last = [event for event in events if event.payload["step"] == "timing-before"][-1]
    only_the_last = impact([last], timegrapher, {"rate": 60.0}, {"rate": 0})
    mean = next(entry for entry in only_the_last if entry.quantity == "mean_rate")
    assert (mean.corrected, mean.after) == (None, None)
    assert mean.changes


def test_a_certificate_doubts_what_was_measured_before_it_was_issued() -> None:
    desk = timed()
    later(desk, days=10)
    registrar = Registrar(desk.journal, desk.pool.records(), desk.clock)
    serial = registrar.record("timegrapher").serial
    early, late = (
        Certificate(
            f"C-{day}", "Labo", date(2026, 11, day), 365, serial, {"rate": 0.1}, "", {"rate": 60.0}, {}, {"rate": 1.0}
        )
        for day in (21, 25)
    )
    (before,) = registrar.accept("timegrapher", [early], MANAGER)
    assert before.verdicts == (), "nothing had been measured on 21 November"
    (after,) = registrar.accept("timegrapher", [late], MANAGER)
    assert any(entry.quantity == "mean_rate" and entry.changes for entry in after.verdicts)
    assert (after.cause, after.certificate) == ("certificate", "C-25")


def test_a_closed_sheet_gets_an_addendum_and_nothing_else_of_it_changes() -> None:
    desk = a_desk(Truth(rate=3.0))
    desk.open_order(an_order("controle-mecanique"))
    work = desk.work("2026-0001")
    walk(work, "leave")
    assert work.closed
    before = list(desk.journal.events(order="2026-0001"))
    registrar = Registrar(desk.journal, desk.pool.records(), desk.clock)
    record = registrar.record("timegrapher")
    bad = Certificate(
        "C-2", "Labo", date(2026, 11, 22), 365, record.serial, {"rate": 0.1}, "", {"rate": 60.0}, {}, {"rate": 1.0}
    )
    (found,) = registrar.accept("timegrapher", [bad], MANAGER)
    assert all(entry.closed for entry in found.verdicts)
    after = list(desk.journal.events(order="2026-0001"))
    assert after[: len(before)] == before
    assert desk.work("2026-0001").closed

    def sheet(events: list[object]) -> Sheet:
        made = content(events, "en", printed="2026-11-23T09:00:00+01:00", head=(1, "0" * 64))  # type: ignore[arg-type]
        return TypeAdapter(Sheet).validate_python(made)

    old, new = sheet(list(before)), sheet(list(after))
    assert new.measurements == old.measurements
    assert new.outcome == old.outcome
    added = [incident for incident in new.incidents if incident not in old.incidents]
    assert [incident.kind_shown for incident in added] == ["Addendum"]
    assert "timegrapher n° S-timegrapher was found out." in added[0].text
    assert "mean rate X" in added[0].text
    assert "CONFORMING; corrected" in added[0].text


def test_on_the_disk_the_orders_and_the_log_stay_as_they_were(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        desk = a_desk(Truth(rate=3.0), journal=journal)
        # The journal stamps its events with the real clock.
        desk.clock.time = datetime.now().astimezone()  # type: ignore[attr-defined]
        desk.open_order(an_order("controle-mecanique"))
        walk(desk.work("2026-0001"), "leave")
        row, log = journal.order("2026-0001"), list(journal.log())
        assert row is not None
        registrar = Registrar(journal, desk.pool.records(), desk.clock)
        # The finding is of today.
        today = datetime.now().astimezone()
        desk.clock.time = today  # type: ignore[attr-defined]
        errors, tolerance = {"rate": 60.0}, {"rate": 1.0}
        bad = Certificate("C-2", "Labo", today.date(), 365, "S-timegrapher", {"rate": 0.1}, "", errors, {}, tolerance)
        (found,) = registrar.accept("timegrapher", [bad], MANAGER)
        assert found.changed
        after = journal.order("2026-0001")
        assert after is not None
        assert (after.status, after.flags, after.step) == (row.status, row.flags, row.step)
        assert list(journal.log()) == log
        assert journal.verify().ok


def test_on_the_disk_only_the_orders_that_the_instrument_measured_are_read(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        desk = a_desk(Truth(rate=3.0), journal=journal)
        desk.clock.time = datetime.now().astimezone()  # type: ignore[attr-defined]
        measured(desk, "2026-0001")
        for number in ("2026-0002", "2026-0003"):
            desk.sign_in(TECHNICIAN)
            desk.open_order(an_order("controle-mecanique", number))
            walk(desk.work(number), "leave")
        timegrapher = desk.pool.choose(InstrumentKind.TIMEGRAPHER)
        assert timegrapher is not None
        every = list(journal.events(kinds=(EventKind.MEASURED, EventKind.ORDER_CLOSED)))
        first = next(event.seq for event in journal.events() if event.order == "2026-0003")
        for since in (0, first):
            read = list(journal.measured_with(timegrapher.id, timegrapher.serial, {"rate"}, after=since))
            assert {event.order for event in read} == {"2026-0003"} | ({"2026-0002"} if not since else set())
            assert read == [event for event in every if event.seq > since and event.order != "2026-0001"]
            doubt = (timegrapher, {"rate": 60.0}, {"rate": since})
            assert impact(read, *doubt) == impact((e for e in every if e.seq > since), *doubt)
        assert list(journal.measured_with(timegrapher.id, "the one before", {"rate"}, after=0)) == []
        assert list(journal.measured_with(timegrapher.id, timegrapher.serial, {"rate"}, after=every[-1].seq)) == []
