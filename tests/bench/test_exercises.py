"""Twelve exercises come with the program, and each of them says what measuring its watch really shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.criteria import evidence_steps
from bench.errors import DataFileError, UsageError
from bench.judging import Judged
from bench.order import Family
from bench.procedure.library import ProcedureLibrary
from bench.training import Exercises, frames
from bench.training import bundle as files
from bench.training.library import PROCEDURES as TRAINING
from bench.training.library import SHIPPED, load
from profiles.library import Library
from tui.training import replayed
from tui.training.exercises import check, ordered, watch_of
from tui.training.looking import look
from tui.training.recording import SOURCES, record

EXERCISES = Exercises()
PROFILES, PROCEDURES = Library(), ProcedureLibrary(more=[TRAINING])
EVERY = EXERCISES.all()
WATCHES = [exercise for exercise in EVERY if not exercise.replayed]
REPLAYED = [exercise for exercise in EVERY if exercise.replayed]


def test_at_least_six_mechanical_four_quartz_and_two_of_water_resistance() -> None:
    assert not EXERCISES.problems
    kinds = Counter(
        "water" if exercise.procedure == "etancheite-et-joints" else str(ordered(exercise).family.value)
        for exercise in WATCHES
    )
    assert kinds["mechanical"] + kinds["automatic"] >= 6
    assert kinds["quartz"] >= 4
    assert kinds["water"] >= 2


def test_nothing_of_the_fault_is_in_the_name_that_a_trainee_sees() -> None:
    for exercise in EVERY:
        assert exercise.id[1:].strip("-0123456789") == ""
    for exercise in WATCHES:
        assert watch_of(exercise, EXERCISES.path(exercise.id)).id == f"exercise/{exercise.id}"


@pytest.mark.parametrize("exercise", EVERY, ids=lambda each: each.id)
def test_what_an_exercise_expects_is_what_the_instruments_show(exercise) -> None:  # type: ignore[no-untyped-def]
    assert check(exercise, EXERCISES.path(exercise.id), PROFILES, PROCEDURES) == []
    assert str(exercise.answer.text)
    assert exercise.expected or exercise.frame in ("BC1", "BC3"), "nothing is measured at the counter"
    assert exercise.question


@pytest.mark.parametrize("exercise", REPLAYED, ids=lambda each: each.id)
def test_a_replayed_exercise_brings_its_session_and_asks_at_its_moments(exercise) -> None:  # type: ignore[no-untyped-def]
    session = Path(EXERCISES.session(exercise.id))
    assert session.stat().st_size < 300_000
    card = files.read(session).card
    assert exercise.hides("verdicts")
    assert exercise.hides("limits")
    assert str(exercise.answer.text) not in str(card.title)
    player = replayed.player(str(session))
    assert not player.differences(), "today's program says what the recording says"
    stops = replayed.stops(exercise)
    assert [stop.question for stop in stops] == [str(each.text) for each in exercise.question]
    player.bookmarks = stops
    met = [player.step("bookmark").at for _question in exercise.question]
    assert met == [each.at for each in exercise.question]


def test_a_shipped_session_is_what_its_source_records_again(tmp_path: Path) -> None:
    """`python -m tui.training.recording` makes them: the same watch, the same values, the same verdicts."""
    for exercise in REPLAYED:
        shipped = replayed.player(EXERCISES.session(exercise.id))
        again = tmp_path / f"{exercise.id}{files.ENDING}"
        again.write_bytes(files.pack(record(SOURCES / f"{exercise.id}.toml")))
        made = replayed.player(str(again))
        assert [said(entry) for entry in replayed.judged(made.tasks)] == [
            said(entry) for entry in replayed.judged(shipped.tasks)
        ]


def said(entry: Judged) -> tuple[str, str, str, str]:
    m = entry.measurement
    return m.quantity.id, m.label, str(m.value), entry.verdict.state.value


def test_a_replay_whose_session_is_missing_or_too_short_is_told(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    source = (SHIPPED / "r-02.toml").read_text("utf-8").replace('id = "r-02"', 'id = "own"')
    own.write_text(source, "utf-8")
    with pytest.raises(UsageError, match="no session “r-02”"):
        checked(own)
    beside = tmp_path / f"r-02{files.ENDING}"
    beside.write_bytes((SHIPPED / f"r-02{files.ENDING}").read_bytes())
    assert checked(own) == []
    own.write_text(source.replace("at = 143.0", "at = 500"), "utf-8")
    assert "asked after 500 s, and the session ends after 143.3 s" in checked(own)[0]
    own.write_text(source.replace('high = "35 µg/min"', 'high = "12 µg/min"'), "utf-8")
    assert "expected was" in checked(own)[0]
    beside.write_bytes(beside.read_bytes()[:-200])
    with pytest.raises(files.BundleRefused, match="r-02"):
        checked(own)


def test_the_four_settings_of_the_evaluation() -> None:
    assert {f.id: (f.prepare, f.minutes) for f in frames().values()} == {
        "BC1": (30, 60),
        "BC2": (0, 60),
        "BC3": (0, 60),
        "BC4": (0, 480),
    }
    assert sum(len(frame.competences()) for frame in frames().values()) == 19
    known = {procedure.id for procedure in PROCEDURES.all()}
    assert all(set(frame.procedures) <= known for frame in frames().values())
    assert {exercise.frame for exercise in EVERY} == set(frames()), "something ships for each of them"


def test_the_settings_own_procedures_are_for_training_only() -> None:
    own = {each.id for each in PROCEDURES.all()} - {each.id for each in ProcedureLibrary().all()}
    assert own == {"entretien-client", "preparation-intervention"}
    assert not PROCEDURES.problems
    for frame, procedure in (("BC1", "entretien-client"), ("BC3", "preparation-intervention")):
        assert frames()[frame].procedures[0] == procedure
        shown = evidence_steps(PROCEDURES.get(procedure))
        competences = {code.rpartition("-")[0] for code in shown}
        assert competences <= set(frames()[frame].competences()), "each criterion that it shows is of its block"
        assert len(shown) >= 10


WATCH = (SHIPPED / "m-05.toml").read_text("utf-8")


def written(tmp_path: Path, old: str = "", new: str = "", *, more: str = "") -> Path:
    """A trainer's own exercise: m-05 with something changed."""
    assert old in WATCH
    path = tmp_path / "own.toml"
    path.write_text(WATCH.replace('id = "m-05"', 'id = "own"').replace(old, new, 1) + more, "utf-8")
    return path


def checked(path: Path) -> list[str]:
    return [str(each) for each in check(load(path), path, PROFILES, PROCEDURES)]


def test_a_trainer_adds_one_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert checked(path) == []
    both = Exercises(tmp_path)
    assert both.get("own").answer == EXERCISES.get("m-05").answer
    (tmp_path / "again.toml").write_text(WATCH, "utf-8")
    assert [str(problem) for problem in Exercises(tmp_path).problems] == [
        "again.toml: there is already an exercise called “m-05”. Give yours another id."
    ]
    with pytest.raises(UsageError, match="m-05"):
        both.get("m-5")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("CH = 338", "CH = 361", "less than 360"),
        ("CH = 338", "CH = 350", "knocks before"),
        ("beat_rate = 28800", "beat_rate = 21600", "every ETA 2824-2 has 28,800"),
        ("lift_angle = 50", "lift_angle = 52", "every ETA 2824-2 has 50"),
        ("beat_rate = 28800", "beat_rate = 288000", "72000"),
        ("CB = 336, ", "", "amplitude lacks CB"),
        ('family = "automatic"', 'family = "quartz"', "the order says quartz"),
        ("regulates_to", "regulate_to", "regulate_to"),
    ],
)
def test_an_impossible_watch_is_refused_in_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(DataFileError) as refused:
        checked(written(tmp_path, old, new))
    assert said in str(refused.value).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('low = "330 °"', 'low = "341 °"', "measuring gives 338"),
        ('rules = ["D-02"]', 'rules = ["D-09"]', "The rule D-09 finds nothing on this watch; these do: D-02"),
        ('verdict = "nonconforming"', 'verdict = "conforming"', "the verdict is “nonconforming”"),
        ('cites = ["amplitude_highest"', 'cites = ["leak_vacuum", "consumption"', "cites consumption"),
        ('frame = "BC2"', 'frame = "BC3"', "The setting BC3 works with"),
    ],
)
def test_what_measuring_does_not_show_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = " ".join(checked(written(tmp_path, old, new))).replace("\u00a0", " ")
    assert said in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('competences = ["C.2.2"', 'competences = ["C.9.9"', "no such competence: C.9.9"),
        ('defects = ["MEC-AMP-H"]', 'defects = ["MEC-NIX"]', "no such defect code: MEC-NIX"),
        ('figure = "amplitude_highest"', 'figure = "amplitud"', "no figure called"),
        ('low = "330 °"', 'low = "330 s/d"', "330 s/d"),
        ('low = "330 °"\nhigh = "345 °"', 'low = "345 °"\nhigh = "330 °"', "low is above high"),
        ("[order]", "[ordre]", "ordre"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(DataFileError) as refused:
        load(written(tmp_path, old, new))
    assert said in str(refused.value)
    assert "own.toml" in str(refused.value)


def test_an_exercise_is_about_one_thing(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="one of case"):
        load(written(tmp_path, 'rules = ["D-02"]', 'rules = ["D-02"]\ncase = "mechanical-healthy"'))


def test_a_watch_is_measured_in_no_time_by_every_instrument_of_its_family() -> None:
    exercise = EXERCISES.get("m-03")
    looked = look(watch_of(exercise, EXERCISES.path("m-03")), ordered(exercise), PROFILES)
    kinds = {entry.measurement.instrument.kind for entry in looked.judged}
    assert kinds == {"field-meter", "timegrapher", "water-resistance"}
    assert ordered(exercise).family is Family.AUTOMATIC


def test_the_exercise_of_the_how_to_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "train-with-etabli.md").read_text("utf-8")
    own = tmp_path / "mine.toml"
    own.write_text(page.partition("```toml\n")[2].partition("```")[0], "utf-8")
    assert checked(own) == []
    assert load(own).id == "mine"
