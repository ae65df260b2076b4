"""An exercise on the screen: begun, worked, answered, diagnosed and revealed by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from school_pilot import a_school, answer, by_keys, choose_line, in_the_library, pick, typed
from screen_pilot import LARGE, Hands

from bench.journal import Journal
from bench.training import Exercises
from bench.training.library import SHIPPED
from bench.training.runs import KINDS, runs
from tui.folder import Folder
from tui.follow_app import FollowApp
from tui.following import FollowedOrder, FollowedWorkshop
from tui.screens.bench import BenchScreen
from tui.screens.follow import FollowListScreen
from tui.screens.follow_order import FollowOrderScreen
from tui.screens.trainer_exercise import ExerciseScreen
from tui.screens.trainer_player import PlayerScreen
from tui.training.workshop import begin
from tui.workshop import Workshop


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


@by_keys
async def test_a_blind_run_at_the_live_bench_shows_values_and_no_verdict(school: Folder) -> None:
    """The magnetised watch: its field is measured and shown, and nothing says that it is too high."""
    file = school.file
    file.write_text(file.read_text("utf-8").replace("speed = 5.0", "speed = 300.0"), "utf-8")
    own = school.path / "exercises" / "mag.toml"
    shipped = (SHIPPED / "m-03.toml").read_text("utf-8")
    own.write_text(
        shipped.replace('id = "m-03"', 'id = "mag"').replace("diagnostic-seul", "controle-mecanique"), "utf-8"
    )
    async with in_the_library(school, size=LARGE) as hands:
        await choose_line(hands, "mag")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, ExerciseScreen))
        screen = hands.app.screen
        assert isinstance(screen, ExerciseScreen)
        await hands.sees("Begin")
        hands.app.attempt(screen._begin_blind)
        await hands.sees("EX-0001", "To the bench")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen))
        bench = hands.app.screen
        assert isinstance(bench, BenchScreen)
        await go_to(hands, bench, "magnetism")
        while bench.now is None or bench.now.task is not None:
            await hands.until(lambda: bench.idle)
            await hands.press("enter")
        await hands.sees("V E R D I C T   H I D D E N", "residual field")
        assert "hidden until the reveal" in hands.screen
        for told in ("NONCONFORMING", "N O N C O N", "≤", "✘", "NOT PASSED"):
            assert told not in hands.screen, told
        assert bench.work.outcome() == "fail", "the engine has judged"
        hands.app.attempt(screen._keep, "diagnosis", "Aimantée", ["MEC-MAG"])
        await hands.until(lambda: screen.run is not None and screen.run.diagnosis is not None)
        hands.app.attempt(screen._reveal)
        await hands.until(lambda: screen.run is not None and bool(screen.run.revealed))
        await hands.settle()
        await bench._look()
        await hands.sees("≤ 0.100", "STEP NOT PASSED")


async def go_to(hands: Hands, bench: BenchScreen, step: str) -> None:
    """Begin and answer the steps before this one."""
    answers = {"case_number": "118204", "moisture_visible": "no"}
    while bench.work.step is None or bench.work.step.id != step or not bench.work.state.started:
        await hands.until(lambda: bench.now is not None and bench.idle)
        if hands.app.focused is not None:
            await hands.answer(answers)
        else:
            await hands.press("enter")


@by_keys
async def test_an_exercise_is_begun_in_another_setting_from_its_page(school: Folder) -> None:
    async with in_the_library(school, size=LARGE) as hands:
        await choose_line(hands, "q-02")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, ExerciseScreen))
        screen = hands.app.screen
        assert isinstance(screen, ExerciseScreen)
        await hands.until(lambda: screen._settings == ["BC1", "BC2", "BC3", "BC4"])
        hands.app.attempt(screen._begin_elsewhere)
        await hands.sees("In which setting", "BC1 · Simulated interview", "30 min to prepare", "480 min")
        await hands.tap("down", "down", "down", "enter")
        await hands.sees("EX-0001", "BC4 · The work itself", "479 min left")
        assert screen.run is not None
        assert (screen.run.frame, screen.run.limit) == ("BC4", 480)


@by_keys
async def test_a_trainee_does_not_see_the_answer_before_a_diagnosis(tmp_path: Path) -> None:
    """Not on their own; a trainer who is signed in shows it, with their PIN."""
    school = a_school(tmp_path / "pins")
    async with in_the_library(school) as hands:
        await hands.press("enter")
        await hands.until(lambda: isinstance(hands.app.screen, ExerciseScreen))
        screen = hands.app.screen
        assert isinstance(screen, ExerciseScreen)
        await hands.press("enter")
        await hands.until(lambda: screen.run is not None)
        hands.app.attempt(screen._reveal)
        await hands.sees("The answer is shown after a diagnosis was given.", "a trainer signs in")
        assert screen.run is not None
        assert not screen.run.revealed


@by_keys
async def test_a_window_that_only_looks_says_training_and_keeps_what_is_hidden(school: Folder) -> None:
    """What `etabli serve` shows in a browser, of a blind run whose field has been measured."""
    exercises = Exercises()
    with Workshop.open(school, speed=300.0) as workshop:
        lea = workshop.operator("lea")
        workshop.desk.sign_in(lea)
        own = exercises.get("m-06")
        run = begin(workshop.desk, exercises, own.id, lea, blind=True)
        workshop.on_order(run.order)
        work = workshop.desk.work(run.order)
        while work.step is not None and work.step.id != "timing-before":
            work.start()
            while (task := work.next_task()) is not None:
                work.prepare(task)
                work.measure(task)
            if work.tasks():
                work.confirm()
            else:
                sound = {"label": "yes", "case_number": "118204", "calibre_seen": "yes", "moisture_visible": "no"}
                work.answer({entry.id: sound.get(entry.id, "yes") for entry in work.fields()})
        assert [entry.verdict.state.value for task in work.state.tasks for entry in task.judged if entry.verdict.limit]
    app = FollowApp(lambda: FollowedWorkshop(school), language="en", simulated=True)
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        hands = Hands(app, pilot, None)  # type: ignore[arg-type]
        await hands.until(lambda: type(app.screen).__name__ == "FollowSignInScreen")
        await hands.settle()
        app.signed_in(lea, lea.usual_role())
        await hands.until(lambda: isinstance(app.screen, FollowListScreen))
        await hands.sees("TRAINING MODE", "EX-0001")
        order = FollowOrderScreen(FollowedOrder(app.desk, "EX-0001"))
        app.push_screen(order)
        await hands.until(lambda: order.now is not None)
        await hands.sees("TRAINING MODE", "residual field", "hidden until the reveal")
        assert "CONFORMING" not in hands.screen
        assert "≤" not in hands.screen
