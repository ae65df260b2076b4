"""The trainer's rooms by keys alone: library, a session that is played, an exercise, the grid of evidence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from school_pilot import a_school, by_keys, choose_line, in_the_library, typed
from screen_pilot import LARGE, Hands

from bench.journal import Journal
from bench.training import Exercises
from bench.training.runs import KINDS, runs
from tui.folder import Folder
from tui.screens.trainer_evidence import EvidenceScreen
from tui.screens.trainer_exercise import ExerciseScreen
from tui.screens.trainer_player import PlayerScreen
from tui.training.sessions import SessionLibrary, card_of
from tui.widgets.session_line import moment

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from virtual_session import recorded

from bench.errors import UsageError
from bench.recording import Recording
from bench.sheet import events_of
from bench.training.bundle import ENDING, pack
from bench.training.sessions import bundle


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A magnetised watch, measured, demagnetised and measured again."""
    folder = tmp_path_factory.mktemp("made")
    session = recorded(folder, "mechanical-magnetised", "controle-mecanique", until="timing-after")
    events = events_of(session.desk.journal, session.number)  # type: ignore[arg-type]
    return pack(bundle([events], [Recording.open(session.path)], card_of("Aimantée", 2, ["C.2.2"], 10)))


@pytest.fixture
def school(tmp_path: Path, packed: bytes) -> Folder:
    """A training workshop with one imported session."""
    folder = a_school(tmp_path / "school")
    (tmp_path / f"aimantee{ENDING}").write_bytes(packed)
    SessionLibrary(folder).take_in(tmp_path / f"aimantee{ENDING}")
    return folder


async def open_session(hands: Hands) -> PlayerScreen:
    await hands.press("right")
    await hands.sees("aimantee")
    await hands.press("enter")
    await hands.until(lambda: isinstance(hands.app.screen, PlayerScreen))
    await hands.settle()
    assert isinstance(hands.app.screen, PlayerScreen)
    return hands.app.screen


@by_keys
async def test_the_library_is_one_of_the_rooms(school: Folder) -> None:
    async with in_the_library(school) as hands:
        await hands.sees("TRAINING MODE", f"exercises {len(Exercises().all())}", "sessions")
        from tui.screens.errands import ROOMS

        assert ("tui.screens.trainer_library", "LibraryScreen") in [room[1:] for room in ROOMS]


@by_keys
async def test_a_session_is_stepped_played_and_marked(school: Folder) -> None:
    async with in_the_library(school) as hands:
        screen = await open_session(hands)
        for word in ("REPLAY", "TRAINING MODE", "Aimantée", "‖ ×1"):
            assert word in hands.screen
        player = screen.player
        await hands.press("down", "down")
        assert player.position == player.moments("step")[1] or player.position in player.moments("step")
        timing = next(n for n, heard in enumerate(player.tasks) if heard.task.step == "timing-before")
        player.seek(player.span(timing)[0])
        await hands.press(*["right"] * 12)
        assert "sample" in hands.screen
        assert player.state.heard >= 12
        await hands.press("f")
        before = player.position
        await hands.press("d")
        assert player.position < before
        await hands.press("w", "w", "w")
        assert "×10" in hands.screen
        await hands.tap("enter")
        await hands.until(lambda: player.position > before + 0.5)
        await hands.press("enter")
        assert "‖" in hands.screen
        await hands.press("end")
        assert player.position == player.duration
        await hands.sees("✘")


@by_keys
async def test_verdicts_can_be_hidden_and_asked_what_if(school: Folder) -> None:
    async with in_the_library(school, size=LARGE) as hands:
        screen = await open_session(hands)
        await hands.press("end")
        await hands.sees("✔ CONFORMING", "C O N F", "≤ 0.1")
        await hands.press("h")
        await hands.sees("VERDICTS HIDDEN")
        assert "CONFORMING" not in hands.screen
        assert "C O N F" not in hands.screen
        assert "≤" not in hands.screen
        await hands.press("h")
        await hands.sees("✔ CONFORMING")
        await hands.tap("tab")
        await hands.sees("What if: another lift angle", "another calibre", "another decision rule")
        await hands.tap("enter")
        await typed(hands, "52")
        await hands.sees("What if: lift angle 52°", "≠", "Timing before")
        await hands.press("escape")
        assert hands.app.screen is screen


@by_keys
async def test_a_bookmark_with_its_note_is_kept_and_found_again(school: Folder) -> None:
    async with in_the_library(school) as hands:
        screen = await open_session(hands)
        await hands.tap("g")
        await hands.until(lambda: hands.app.screen is not screen)
        for key in "30":
            await hands.tap(key)
        await hands.tap("enter")
        await hands.until(lambda: screen.player.position == 30.0)
        await hands.tap("b")
        await hands.until(lambda: hands.app.screen is not screen)
        for key in "amplitude":
            await hands.tap(key)
        await hands.tap("enter")
        await hands.until(lambda: [b.note for b in SessionLibrary(school).bookmarks("aimantee")] == ["amplitude"])
        await hands.settle()
        await hands.press("home", "pagedown")
        assert screen.player.position == 30.0
        await hands.sees("★ amplitude")


@by_keys
async def test_a_trainee_begins_answers_and_sees_the_answer(school: Folder) -> None:
    async with in_the_library(school) as hands:
        await choose_line(hands, "m-01")
        await hands.press("enter")
        await hands.until(lambda: isinstance(hands.app.screen, ExerciseScreen))
        screen = hands.app.screen
        assert isinstance(screen, ExerciseScreen)
        assert "1.6" not in hands.screen
        assert "MEC-REP" not in hands.screen
        await hands.press("enter")
        await hands.sees("EX-0001", "min left")
        await hands.tap("tab")
        await hands.sees("Give the diagnosis")
        await hands.press("escape")
        hands.app.attempt(screen._keep, "diagnosis", "Hors repère", ["MEC-REP"], [])
        await hands.until(lambda: screen.run is not None and screen.run.diagnosis is not None)
        await hands.sees("Show the answer")
        await hands.press("enter")
        await hands.until(lambda: screen.run is not None and bool(screen.run.revealed))
        await hands.settle()
        await hands.press("home")
        await hands.sees("named by both", "MEC-REP")
        assert "Evidence" in hands.last_line
    with Journal.open(school.journal, station="x", writable=False) as journal:
        (run,) = runs(journal.events(kinds=KINDS))
    assert run.diagnosis is not None
    assert run.revealed


@by_keys
async def test_the_trainer_ticks_boxes_and_prints_the_grid(school: Folder) -> None:
    async with in_the_library(school) as hands:
        await choose_line(hands, "m-01")
        await hands.press("enter", "enter")
        await hands.sees("EX-0001")
    async with in_the_library(school, who=1, size=LARGE) as hands:
        await hands.press("left")
        await hands.sees("Léa Petit · m-01 · under way")
        await hands.press("enter")
        screen = hands.app.screen
        assert isinstance(screen, ExerciseScreen)
        hands.app.attempt(screen._evidence)
        await hands.until(lambda: isinstance(hands.app.screen, EvidenceScreen))
        await hands.sees("C.2.1-a", "☐")
        await hands.tap("enter")
        await hands.sees("seen in part")
        await hands.tap("down")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, EvidenceScreen))
        await hands.sees("seen in part", "C.2.1-a")
        evidence = hands.app.screen
        assert isinstance(evidence, EvidenceScreen)
        hands.app.attempt(evidence._pdf)
        await hands.until(lambda: bool(list((school.path / "sheets").glob("EX-0001-evidence-*.pdf"))))
        await hands.settle()


def test_a_time_is_written_as_on_a_clock() -> None:
    assert [moment(each) for each in ("90", "1:30", "1:02:03", "12,5")] == [90.0, 90.0, 3723.0, 12.5]
    for wrong in ("", "later", "-3", "1:2:3:4"):
        with pytest.raises(UsageError, match="no time in a session"):
            moment(wrong)
