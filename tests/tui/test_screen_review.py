"""What becomes of a watch whose verdicts do not stand: decided in the inbox, in the review, by command; then told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import here
from found_out import INSTRUMENT, opens_the_review
from room_pilot import RoomHands, work

from bench.journal import LogFilter
from bench.journal.rows import LogKind
from bench.reviews import Outcome, Reviews
from tui import demo
from tui.folder import Folder
from tui.screens.inbox import InboxScreen
from tui.screens.review import ReviewScreen
from tui.widgets.picklist import PickList
from tui.workshop import Workshop


def outcome(hands: RoomHands, order: str) -> Outcome | None:
    review = Reviews().catch_up(hands.bench.journal).of(order, INSTRUMENT)
    assert review is not None
    return review.outcome


def waiting(hands: RoomHands) -> list[str]:
    return [entry.order for entry in hands.app.screen.query_one(PickList).rows if entry.subject == INSTRUMENT]


async def gives_reason_and_pin(hands: RoomHands, reason: str) -> None:
    await hands.sees("It stands on the sheet")
    await hands.types(reason)
    await hands.tap("enter")
    await hands.sees("0000")
    await hands.types("0000")
    await hands.tap("enter")


def test_a_review_is_closed_in_the_inbox_and_beside_its_verdicts(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        opens_the_review(hands.bench.journal, "D-101", "D-102")
        hands.app.push_screen(InboxScreen())
        await hands.until(lambda: waiting(hands) == ["D-101", "D-102"])
        await hands.sees("Verdicts in doubt", "leak-tester n° SIM-LT-1 was found out", "Decide")
        await hands.tap("enter")
        await hands.sees("Recall the watch, with a reason", "Accept the watch as it is")
        await hands.tap("enter")
        await gives_reason_and_pin(hands, "le client la rapporte")
        await hands.until(lambda: waiting(hands) == ["D-102"])
        assert outcome(hands, "D-101") is Outcome.RECALLED
        await hands.until(lambda: not hands.app.screen.busy)
        await hands.tap("enter")
        await hands.sees("See the verdicts in doubt")
        await hands.tap("down", "down", "down", "enter")
        await hands.until(lambda: isinstance(hands.app.screen, ReviewScreen))
        await hands.sees("to decide", "the manager says what becomes of the watch")
        await hands.menu("Accept the watch as it is, with a reason")
        await gives_reason_and_pin(hands, "encore bonne")
        await hands.sees("accepted as it is", "encore bonne")
        assert outcome(hands, "D-102") is Outcome.ACCEPTED
        await hands.tap("escape")
        await hands.until(lambda: isinstance(hands.app.screen, InboxScreen) and waiting(hands) == [])
        rows = list(hands.bench.journal.log(LogFilter(kinds=(LogKind.REVIEW,))))
        assert [(row.order, row.state, row.operator) for row in rows] == [
            ("D-101", "recalled", "anne"),
            ("D-102", "accepted-as-is", "anne"),
        ]

    work(tmp_path, does, pins=True)


def test_a_technician_sees_the_verdicts_in_doubt_and_decides_nothing(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        found = opens_the_review(hands.bench.journal, "D-101")
        room = ReviewScreen(found)
        hands.app.push_screen(room)
        await hands.until(lambda: hands.app.screen is room and room.reviews.of("D-101", INSTRUMENT) is not None)
        await hands.sees("1 of 2 verdicts change", "to decide")
        assert [errand.word for errand in room.errands()] == ["Open the order"]

    work(tmp_path, does, who="claire")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = Folder(tmp_path)
    demo.prepare(place)
    place.file.write_text(place.file.read_text("utf-8").replace("[house]", "[house]\npins = false"), "utf-8")
    with Workshop.open(place, instruments=False) as workshop:
        demo.take_in(workshop, demo.samples("mechanical-healthy"))
        opens_the_review(workshop.journal, "D-101")
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    return tmp_path


def test_a_review_is_closed_by_command(home: Path, capsys) -> None:
    def waits() -> list[str]:
        entries = json.loads(here(capsys, "inbox", "--format", "json").out)
        return [entry["order"] for entry in entries if entry["sort"] == "review"]

    assert waits() == ["D-101"]
    assert "to decide" in here(capsys, "instruments", "impact", INSTRUMENT).out
    incomplete = here(capsys, "inbox", "close", "D-101", INSTRUMENT, "--by", "anne")
    assert (incomplete.code, "--outcome recalled" in incomplete.err) == (2, True)
    words = ("--outcome", "retested", "--reason", "refaite: 12 µg/min")
    refused = here(capsys, "inbox", "close", "D-101", INSTRUMENT, *words, "--by", "claire")
    assert refused.code != 0 and "manager" in refused.err
    assert waits() == ["D-101"]
    done = here(capsys, "inbox", "close", "D-101", INSTRUMENT, *words, "--by", "anne")
    assert (done.code, done.out) == (0, f"D-101 {INSTRUMENT}: tested again\n")
    assert waits() == []
    again = here(capsys, "inbox", "close", "D-101", INSTRUMENT, *words, "--by", "anne")
    assert (again.code, "no open review" in again.err) == (2, True)
    assert "refaite" in here(capsys, "log", "kind:review").out
    assert "tested again" in here(capsys, "instruments", "impact", INSTRUMENT).out
