"""An exercise on the screen: begun, worked, answered, diagnosed and revealed by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from school_pilot import a_school, answer, by_keys, choose_line, in_the_library, pick, typed
from screen_pilot import LARGE

from bench.journal import Journal
from bench.training.runs import KINDS, runs
from tui.folder import Folder
from tui.screens.trainer_exercise import ExerciseScreen
from tui.screens.trainer_player import PlayerScreen


@pytest.fixture
def school(tmp_path: Path) -> Folder:
    return a_school(tmp_path / "school")


@by_keys
async def test_a_replayed_exercise_by_keys_alone(school: Folder) -> None:
    """Begun, played blind to its questions, answered, diagnosed with what was measured, revealed."""
    async with in_the_library(school, size=LARGE) as hands:
        await choose_line(hands, "r-01")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, ExerciseScreen))
        screen = hands.app.screen
        assert isinstance(screen, ExerciseScreen)
        await hands.sees("All within limits, and yet", "Begin")
        await hands.tap("enter")
        await hands.sees("EX-0001", "Play the session")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PlayerScreen))
        player = hands.app.screen
        assert isinstance(player, PlayerScreen)
        assert [stop.note for stop in player.player.bookmarks if stop.question] == ["q1", "q2", "q3"]
        await hands.until(lambda: player.opened.reading.judged)
        await hands.tap("end")
        await hands.sees("VERDICTS HIDDEN", "221")
        assert "CONFORMING" not in hands.screen
        assert "≥ 200" not in hands.screen
        await hands.tap("h")
        await hands.settle()
        assert "CONFORMING" not in hands.screen, "nothing shows them before the answer"
        await hands.tap("escape")
        await hands.until(lambda: hands.app.screen is screen)
        await answer(hands, screen, "q2", "30 a 40")
        await hands.sees("30 a 40")
        hands.app.attempt(screen._diagnose)
        await pick(hands, "horizontal")
        await hands.until(lambda: "MEC-PLP" in hands.screen and type(hands.app.screen).__name__ == "PickDialog")
        await hands.tap("escape")
        await hands.sees("Which measurement shows it?")
        await pick(hands, "amplitude drop")
        await hands.sees("amplitude_drop")
        await hands.tap("escape")
        await typed(hands, "pivots")
        await hands.until(lambda: screen.run is not None and screen.run.diagnosis is not None)
        await hands.sees("Show the answer")
        await hands.tap("enter")
        await hands.until(lambda: screen.run is not None and bool(screen.run.revealed))
        await hands.until(lambda: "Evidence" in hands.last_line)
    with Journal.open(school.journal, station="x", writable=False) as journal:
        (run,) = runs(journal.events(kinds=KINDS))
    assert run.diagnosis is not None
    assert run.diagnosis.defects == ("MEC-PLP",)
    assert [(cited.figure, round(cited.value.magnitude)) for cited in run.diagnosis.cites] == [("amplitude_drop", 68)]
    told = run.answer("q2")
    assert told is not None
    assert told.text == "30 a 40"
