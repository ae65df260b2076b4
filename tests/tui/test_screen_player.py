"""A session on the screen: heard again while it is played, stopped at its questions, refused where it is not whole."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from school_pilot import a_school, by_keys, choose_line, in_the_library, typed
from screen_pilot import LARGE, Hands

from bench.language import Text
from bench.recording import Recorder, Recording
from bench.recording.heard import Depth
from bench.recording.player import Bookmark
from bench.sheet import events_of
from bench.training import bundle as files
from bench.training.bundle import ENDING, Bundle, pack
from bench.training.sessions import bundle, with_bookmarks
from tui import replay as replaying
from tui.folder import Folder
from tui.screens.trainer_exercise import ExerciseScreen
from tui.screens.trainer_player import PlayerScreen
from tui.screens.trainer_what_if import WhatIfScreen
from tui.training.sessions import SessionLibrary, card_of
from tui.widgets.panel import Panel

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from virtual_session import recorded


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A magnetised watch, measured, demagnetised and measured again."""
    session = recorded(tmp_path_factory.mktemp("made"), "mechanical-magnetised", "controle-mecanique", until="dry-test")
    events = events_of(session.desk.journal, session.number)  # type: ignore[arg-type]
    return bundle([events], [Recording.open(session.path)], card_of("Aimantée", 2, ["C.2.2"], 10))


@pytest.fixture
def school(tmp_path: Path) -> Folder:
    return a_school(tmp_path / "school")


def shelve(school: Folder, name: str, data: bytes) -> None:
    """Put a file among the imported sessions, as it is."""
    shelf = school.path / "sessions"
    shelf.mkdir(exist_ok=True)
    (shelf / f"{name}{ENDING}").write_bytes(data)


async def open_session(hands: Hands, name: str) -> PlayerScreen:
    await hands.press("right")
    await choose_line(hands, name)
    await hands.tap("enter")
    await hands.until(lambda: isinstance(hands.app.screen, PlayerScreen))
    screen = hands.app.screen
    assert isinstance(screen, PlayerScreen)
    await hands.until(lambda: screen.is_mounted and bool(screen.query(Panel)))
    return screen


# -- questions -----------------------------------------------------------------------------------------------------


@by_keys
async def test_playing_stops_at_a_question_and_goes_on_after_the_answer(school: Folder, made: Bundle) -> None:
    marks = [Bookmark(20.0, "seen"), Bookmark(40.0, "", "Why does it gain so much?"), Bookmark(900.0, "", "And now?")]
    shelve(school, "asks", pack(with_bookmarks(made, marks)))
    async with in_the_library(school) as hands:
        screen = await open_session(hands, "asks")
        await hands.settle()
        await hands.tap("w", "w")
        assert screen.speed == 5.0
        screen.player.seek(39.0)
        await hands.tap("enter")
        await hands.sees("Why does it gain so much?", "Cancel")
        assert screen.player.position == 40.0, "never past a question"
        assert not screen.playing
        await hands.tap("escape")
        await hands.until(lambda: hands.app.screen is screen)
        assert screen.player.position == 40.0
        await hands.tap("enter")
        await hands.sees("Why does it gain so much?", "Cancel")
        await typed(hands, "aimantée")
        await hands.until(lambda: screen.playing and screen.player.position > 40.0)
        await hands.tap("enter")
        await hands.until(lambda: not screen.playing)
        screen.player.seek(899.0)
        await hands.tap("enter")
        await hands.sees("And now?", "Cancel")
        assert screen.player.position == 900.0
        await typed(hands, "non")
        await hands.until(lambda: screen.playing and screen.player.position > 900.0)
        await hands.tap("enter")
        await hands.until(lambda: not screen.playing)
        screen.player.seek(39.0)
        await hands.tap("pagedown")
        await hands.sees("? Why does it gain so much?", "→ aimantée")
        await hands.tap("enter")
        await hands.until(lambda: screen.player.position > 41.0)
        assert screen.playing, "what has been answered is not asked again"


@by_keys
async def test_a_note_that_asks_becomes_a_question_and_can_be_taken_away(school: Folder, made: Bundle) -> None:
    shelve(school, "plain", pack(made))
    async with in_the_library(school) as hands:
        screen = await open_session(hands, "plain")
        await hands.settle()
        screen.player.seek(30.0)
        await hands.tap("b")
        await typed(hands, "Pourquoi ?")
        await hands.sees("? Pourquoi ?")
        library = SessionLibrary(school)
        await hands.until(lambda: library.bookmarks("plain") == [Bookmark(30.0, "", "Pourquoi ?")])
        await hands.tap("delete")
        await hands.until(lambda: library.bookmarks("plain") == [])
        await hands.tap("delete")
        await hands.sees("No bookmark of yours")


@by_keys
async def test_the_questions_of_an_exercise_are_never_kept_as_ones_own(school: Folder, made: Bundle) -> None:
    asked: list[str] = []

    async def ask() -> bool:
        asked.append("q1")
        return True

    shelve(school, "plain", pack(made))
    library = SessionLibrary(school)
    stop, old = Bookmark(12.0, "q1", "Which position?"), Bookmark(14.0, "q2", "Answered before?")
    async with in_the_library(school) as hands:
        opened = library.open("plain")
        screen = PlayerScreen(library, opened, locked=True, questions={stop: ask}, answered=[old])
        await hands.app.push_screen(screen)
        await hands.settle()
        await hands.tap(*["w"] * 6, "enter")
        await hands.until(lambda: screen.player.position > 20.0)
        assert asked == ["q1"]
        await hands.tap("b")
        await typed(hands, "mine")
        await hands.until(lambda: [each.note for each in library.bookmarks("plain")] == ["mine"])
        screen.player.seek(12.0)
        await hands.tap("delete")
        await hands.sees("No bookmark of yours")


@by_keys
async def test_an_exercise_that_is_replayed_asks_its_questions_and_keeps_the_answers(school: Folder) -> None:
    async with in_the_library(school) as hands:
        await choose_line(hands, "r-01")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, ExerciseScreen))
        exercise = hands.app.screen
        assert isinstance(exercise, ExerciseScreen)
        await hands.sees("Begin")
        await hands.tap("enter")
        await hands.sees("Play the session")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PlayerScreen))
        player = hands.app.screen
        assert isinstance(player, PlayerScreen)
        await hands.until(lambda: player.opened.reading.share == 1.0)
        first, second, *_rest = [each for each in player.player.bookmarks if each.question]
        player.player.seek(first.at - 1.0)
        await hands.tap("enter")
        await hands.until(lambda: type(hands.app.screen).__name__ == "Reason")
        assert player.player.position == first.at
        await typed(hands, "elle tombe")
        await hands.until(lambda: exercise.run is not None and exercise.run.answer(first.note) is not None)
        await hands.until(lambda: player.playing)
        assert first.at < second.at
        await hands.tap("enter", "escape")
        await hands.until(lambda: hands.app.screen is exercise)
        await hands.sees("elle tombe")


# -- heard again meanwhile -----------------------------------------------------------------------------------------


class Gate:
    """Holds the hearing of tasks back until it is opened."""

    def __init__(self, patch: pytest.MonkeyPatch, depth: Depth) -> None:
        self.open = threading.Event()
        hear = replaying.hear

        def held(laid_out: Any, pace: Any = None, wanted: Depth = Depth.WHOLE) -> Any:
            if wanted is depth:
                while not self.open.wait(0.01):
                    if pace is not None:
                        pace(0.0)
            return hear(laid_out, pace, wanted)

        patch.setattr(replaying, "hear", held)
        patch.setattr("tui.training.reading.hear", held)


@by_keys
async def test_a_session_stands_there_before_it_has_been_heard(
    school: Folder, made: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(school, "long", pack(made))
    gate = Gate(monkeypatch, Depth.JUDGED)
    async with in_the_library(school) as hands:
        screen = await open_session(hands, "long")
        await hands.sees("Reading … 0 %", "0:00 /")
        player = screen.player
        await hands.tap("end")
        assert player.state.judged == ()
        assert player.known() is Depth.OUTLINE
        await hands.tap("enter")
        assert player.position < 1.0, "nothing passes that cannot be shown"
        gate.open.set()
        await hands.settle()
        assert "Reading" not in hands.screen
        assert player.known(player.duration) is Depth.WHOLE


@by_keys
async def test_verdicts_stand_there_before_the_samples(
    school: Folder, made: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(school, "long", pack(made))
    gate = Gate(monkeypatch, Depth.WHOLE)
    async with in_the_library(school) as hands:
        screen = await open_session(hands, "long")
        await hands.sees("Reading … 10 %")
        player = screen.player
        last = len(player.tasks) - 1
        await hands.tap("end")
        await hands.sees("✘")
        begin, end = player.span(last)
        player.seek((begin + end) / 2)
        await hands.until(lambda: screen.opened.reading.wanted == player.task(last).segment.id)
        gate.open.set()
        await hands.until(lambda: player.state.heard > 0)
        await hands.settle()
        assert "Reading" not in hands.screen


@by_keys
async def test_leaving_ends_the_hearing(school: Folder, made: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    shelve(school, "long", pack(made))
    Gate(monkeypatch, Depth.JUDGED)
    async with in_the_library(school) as hands:
        screen = await open_session(hands, "long")
        await hands.sees("Reading … 0 %")
        await hands.tap("escape")
        await hands.until(lambda: not isinstance(hands.app.screen, PlayerScreen))
        assert screen.opened.reading._cancelled.is_set()
        await hands.settle()


@by_keys
async def test_what_todays_program_says_otherwise_is_said_and_listed(
    school: Folder, made: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench import judging
    from bench.conformity import State

    judge = judging.judge

    def milder(*asked: Any) -> Any:
        said = judge(*asked)
        return replace(said, state=State.CONFORMING) if said.state is State.NONCONFORMING else said

    shelve(school, "other", pack(made))
    monkeypatch.setattr(judging, "judge", milder)
    async with in_the_library(school, size=LARGE) as hands:
        screen = await open_session(hands, "other")
        await hands.sees("says something")
        await hands.settle()
        words = [errand.word for errand in screen.errands()]
        assert "What today’s program says otherwise" in words
        hands.app.attempt(screen.errands()[words.index("What today’s program says otherwise")].act)
        await hands.until(lambda: isinstance(hands.app.screen, WhatIfScreen))
        await hands.sees("today", "≠", "NONCONFORMING")


def cut_in_a_task(made: Bundle) -> bytes:
    """The begin of the recording, up to somewhere in the middle of a measurement that then has no result."""
    size = len(made.recording)
    cuts = (made.recording[: size * share // 100] for share in range(50, 100))
    return next(cut for cut in cuts if replaying.hear_all(Recording.of(cut, Path("cut")))[-1].error is not None)


# -- what is not whole ---------------------------------------------------------------------------------------------


@by_keys
async def test_a_recording_that_was_cut_is_played_up_to_there(school: Folder, made: Bundle) -> None:
    school.recordings.mkdir(exist_ok=True)
    (school.recordings / "cut.mcap").write_bytes(cut_in_a_task(made))
    async with in_the_library(school, size=LARGE) as hands:
        screen = await open_session(hands, "cut")
        await hands.sees("breaks off after")
        await hands.settle()
        assert screen.player.cut_off is not None
        await hands.tap("end")
        assert screen.player.position == screen.player.duration
        assert screen.player.state.done == len(screen.player.tasks)


@by_keys
async def test_a_profile_that_is_not_here_is_named(school: Folder, made: Bundle) -> None:
    card = replace(made.card, profiles={"calibre-9999": "0" * 64})
    shelve(school, "foreign", pack(replace(made, card=card)))
    async with in_the_library(school, size=LARGE) as hands:
        screen = await open_session(hands, "foreign")
        await hands.sees("calibre-9999", "not here")
        await hands.settle()
        assert screen.player.tasks, "it plays all the same"


def tampered(made: Bundle) -> bytes:
    data = bytearray(pack(made))
    data[len(data) // 2] ^= 1
    return bytes(data)


def of_a_newer_version(made: Bundle) -> bytes:
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(files, "FORMAT", files.FORMAT + 1)
        return pack(made)


def with_a_newer_recording(made: Bundle) -> bytes:
    """A session whole in itself, of which the recording says that it is of another format."""
    said = b"\x06\x00\x00\x00format\x01\x00\x00\x001"
    assert said in made.recording
    return pack(replace(made, recording=made.recording.replace(said, said[:-1] + b"9", 1)))


def without_a_task(made: Bundle) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "empty.mcap"
        Recorder(path, {}).close()
        return pack(replace(made, recording=path.read_bytes()))


BAD: dict[str, tuple[Callable[[Bundle], bytes], tuple[str, ...]]] = {
    "tampered": (tampered, ("is refused", "checksum does not match")),
    "newer": (of_a_newer_version, ("newer version", "Update Établi")),
    "inside-newer": (with_a_newer_recording, ("newer version", "Update Établi")),
    "no-session": (lambda _made: b"\x89PNG and so on", ("not a session of Établi",)),
    "nothing": (lambda _made: b"", ("not a session of Établi",)),
    "half": (lambda made: pack(made)[:3000], ("is refused",)),
    "empty": (without_a_task, ("holds no measurement",)),
}


@by_keys
async def test_what_is_no_whole_session_is_refused_with_the_reason(school: Folder, made: Bundle) -> None:
    for name, (build, _words) in BAD.items():
        shelve(school, name, build(made))
    async with in_the_library(school, size=LARGE) as hands:
        await hands.press("right")
        panel = hands.app.screen.query_one(Panel)
        for name, (_build, words) in sorted(BAD.items()):
            await choose_line(hands, name)
            panel.clear()
            await hands.tap("enter")
            await hands.until(lambda words=words: panel.display and all(w in read(hands) for w in words))
            assert not isinstance(hands.app.screen, PlayerScreen)


def read(hands: Hands) -> str:
    """The screen without its line breaks."""
    return " ".join(hands.screen.split())


@pytest.mark.parametrize("what", BAD)
def test_the_command_refuses_it_too(
    school: Folder, made: Bundle, what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui.main import main

    build, words = BAD[what]
    shelve(school, what, build(made))
    monkeypatch.setenv("ETABLI_HOME", str(school.path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    for session in (what, str(school.path / "sessions" / f"{what}{ENDING}")):
        assert main(["replay", session]) != 0
        said = capsys.readouterr().err
        assert all(word in " ".join(said.split()) for word in words), said
        assert "Traceback" not in said


def test_the_command_plays_a_cut_recording_up_to_there_and_names_what_is_missing(
    school: Folder, made: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui.main import main

    monkeypatch.setenv("ETABLI_HOME", str(school.path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    cut = school.path / "cut.mcap"
    cut.write_bytes(cut_in_a_task(made))
    assert main(["replay", str(cut)]) == 0
    said = capsys.readouterr()
    assert "what stands before it is replayed" in said.err
    assert "breaks off in this measurement" in said.out
    card = replace(made.card, profiles={"calibre-9999": "0" * 64}, title=Text("Étrangère", "Foreign"))
    shelve(school, "foreign", pack(replace(made, card=card)))
    assert main(["replay", "foreign"]) == 0
    assert "calibre-9999 is not here" in capsys.readouterr().err


@by_keys
async def test_a_measurement_that_broke_off_says_why_beside_what_was_measured_before(
    school: Folder, tmp_path: Path
) -> None:
    session = recorded(tmp_path, "case-leaking", "diagnostic-seul", until="decision")  # there is no watch in the case
    events = events_of(session.desk.journal, session.number)  # type: ignore[arg-type]
    shelve(school, "leaking", pack(bundle([events], [Recording.open(session.path)], card_of("Fuite", 1, [], 5))))
    async with in_the_library(school, size=LARGE) as hands:
        screen = await open_session(hands, "leaking")
        await hands.settle()
        await hands.tap("end")
        await hands.sees("hears no watch", "leak rate", "NONCONFORMING")
        assert not screen.player.differences(), "it broke off on the day, too"
