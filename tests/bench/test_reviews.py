"""An impact review stays open, order by order, until a manager says what becomes of the watch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from scripted import TECHNICIAN, Truth, a_desk, an_order
from test_procedure_walk import walk

from bench import reviews
from bench.desk import Desk
from bench.errors import Refused, UsageError
from bench.events import EventKind
from bench.impact import review_drafts
from bench.inbox import Sort, inbox
from bench.journal import Journal, LogFilter
from bench.journal.rows import LogKind
from bench.language import speaking
from bench.metrology import Certificate
from bench.people import Operator, Role
from bench.registration import Registrar
from bench.reviews import Outcome, Reviews
from bench.sheet import content
from bench.sheet.model import Sheet

MANAGER = Operator("m1", "Jeanne Roy", frozenset({Role.MANAGER}))
TIMEGRAPHER = "timegrapher"
NUMBERS = ("2026-0001", "2026-0002")


@pytest.fixture
def desk(tmp_path: Path):
    """Two closed orders, timed by an instrument that a laboratory then finds out."""
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        desk = a_desk(Truth(rate=3.0), journal=journal)
        desk.clock.time = datetime.now().astimezone()  # type: ignore[attr-defined]
        for number in NUMBERS:
            desk.sign_in(TECHNICIAN)
            desk.open_order(an_order("controle-mecanique", number))
            walk(desk.work(number), "leave")
            assert desk.work(number).closed
        finds(desk)
        desk.sign_in(MANAGER)
        yield desk


def finds(desk: Desk) -> None:
    """A laboratory finds the timegrapher a minute a day out."""
    today = datetime.now().astimezone()
    desk.clock.time = today  # type: ignore[attr-defined]
    errors, tolerance = {"rate": 60.0}, {"rate": 1.0}
    bad = Certificate("C-2", "Labo", today.date(), 365, "S-timegrapher", {"rate": 0.1}, "", errors, {}, tolerance)
    Registrar(desk.journal, desk.pool.records(), desk.clock).accept(TIMEGRAPHER, [bad], MANAGER)


def waiting(desk: Desk) -> list[tuple[str, str]]:
    entries = inbox(desk.journal, desk.procedures, None, (), desk.clock.now().date())
    return [(entry.order, entry.subject) for entry in entries if entry.sort is Sort.REVIEW]


def test_each_order_waits_in_the_inbox_until_it_is_closed(desk: Desk) -> None:
    assert waiting(desk) == [(number, TIMEGRAPHER) for number in NUMBERS]
    reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, "le client rapporte la montre")
    assert waiting(desk) == [("2026-0002", TIMEGRAPHER)]
    reviews.close(desk, "2026-0002", TIMEGRAPHER, Outcome.ACCEPTED, "encore dans les tolérances du client")
    assert waiting(desk) == []
    said = Reviews().catch_up(desk.journal).of("2026-0001", TIMEGRAPHER)
    assert said is not None
    assert (said.outcome, said.reason, said.decided_by) == (
        Outcome.RECALLED,
        "le client rapporte la montre",
        "Jeanne Roy",
    )


def test_what_waits_says_what_is_in_doubt(desk: Desk) -> None:
    entries = inbox(desk.journal, desk.procedures, None, (), desk.clock.now().date())
    entry = next(entry for entry in entries if entry.sort is Sort.REVIEW)
    with speaking("en"):
        assert "timegrapher n° S-timegrapher" in str(entry.text)
    assert (entry.waits_for, entry.by, entry.blocking) == (Role.MANAGER, MANAGER.id, False)


def test_the_decision_is_a_row_of_the_log_with_its_instrument(desk: Desk) -> None:
    reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RETESTED, "refaite le 23: +4 s/j")
    (row,) = desk.journal.log(LogFilter(kinds=(LogKind.REVIEW,), instrument=TIMEGRAPHER, text="refaite"))
    assert (row.order, row.operator, row.state, row.serial) == ("2026-0001", "m1", "retested", "S-timegrapher")
    assert desk.journal.verify().ok
    desk.journal.rebuild()
    assert [each.seq for each in desk.journal.log(LogFilter(kinds=(LogKind.REVIEW,)))] == [row.seq]


def test_the_closed_sheet_gets_an_addendum_and_nothing_else_changes(desk: Desk) -> None:
    def sheet() -> dict[str, object]:
        events = list(desk.journal.events(order="2026-0001"))
        printed = content(events, "en", printed="2026-11-23T09:00:00+01:00", head=(1, "0" * 64))
        made = TypeAdapter(Sheet).validate_python(printed)
        return {name: getattr(made, name) for name in ("measurements", "outcome", "signatures", "incidents")}

    before, events = sheet(), list(desk.journal.events(order="2026-0001"))
    reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, "le client rapporte la montre")
    after = sheet()
    assert list(desk.journal.events(order="2026-0001"))[: len(events)] == events
    assert {name: after[name] for name in before if name != "incidents"} == {
        name: before[name] for name in before if name != "incidents"
    }
    (added,) = [each for each in after["incidents"] if each not in before["incidents"]]  # type: ignore[attr-defined]
    assert added.kind_shown == "Addendum"
    assert added.text == "timegrapher n° S-timegrapher was found out: recalled."
    assert (added.remedy, added.by.split(" (")[0]) == ("le client rapporte la montre", "Jeanne Roy")


def test_only_the_manager_decides_with_a_reason_and_once(desk: Desk) -> None:
    with pytest.raises(UsageError, match="reason"), speaking("en"):
        reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, " ")
    with pytest.raises(UsageError, match="no open review"), speaking("en"):
        reviews.close(desk, "2026-0001", "leak-tester", Outcome.RECALLED, "x")
    desk.sign_in(TECHNICIAN)
    with pytest.raises(Refused):
        reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, "x")
    desk.operator = None
    with pytest.raises(Refused):
        reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, "x")
    desk.sign_in(MANAGER)
    reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, "x")
    with pytest.raises(UsageError):
        reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.ACCEPTED, "y")
    closed = [e for e in desk.journal.events(order="2026-0001") if e.kind is EventKind.IMPACT_REVIEW_CLOSED]
    assert len(closed) == 1


def finds_again(desk: Desk) -> None:
    """Another finding puts the same verdicts in doubt: a second check that fails, on the same day."""
    found = reviews.last_finding(desk.journal, TIMEGRAPHER)
    assert found is not None and {entry.order for entry in found.changed} == set(NUMBERS)
    desk.journal.append([replace(draft, operator=MANAGER.id) for draft in review_drafts(found)])


def opened(desk: Desk) -> list[int]:
    events = desk.journal.events(order="2026-0001")
    return [event.seq for event in events if event.kind is EventKind.IMPACT_REVIEW_OPENED]


def test_a_second_finding_of_the_same_instrument_is_closed_with_the_first(desk: Desk) -> None:
    finds_again(desk)
    assert len(opened(desk)) == 2
    assert waiting(desk) == [(number, TIMEGRAPHER) for number in NUMBERS]
    reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.RECALLED, "x")
    last = list(desk.journal.events(order="2026-0001"))[-1]
    assert last.payload["reviews"] == opened(desk)
    assert waiting(desk) == [("2026-0002", TIMEGRAPHER)]


def test_a_finding_after_the_decision_opens_the_review_again(desk: Desk) -> None:
    reviews.close(desk, "2026-0001", TIMEGRAPHER, Outcome.ACCEPTED, "x")
    book = Reviews().catch_up(desk.journal)
    assert waiting(desk) == [("2026-0002", TIMEGRAPHER)]
    finds_again(desk)
    assert waiting(desk) == [("2026-0002", TIMEGRAPHER), ("2026-0001", TIMEGRAPHER)]
    for _time in range(2):  # each event is taken once
        book.catch_up(desk.journal)
    review = book.of("2026-0001", TIMEGRAPHER)
    assert review is not None and review.open
    assert review.seqs == (opened(desk)[-1],)
