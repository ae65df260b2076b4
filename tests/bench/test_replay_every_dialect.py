"""Every dialect: what its driver measured over the wire comes out of the recording again, the same to the last digit.

A person who types readings has no wire: nothing of it is in a recording, and the journal alone tells it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from dialect_sessions import PRINTERS, TALKS, own_dialects, recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import judging
from bench.conformity import State, Verdict
from bench.instrument import InstrumentKind
from bench.judging import Judged
from bench.quantities import Value
from bench.recording import Recording
from bench.recording.heard import Heard
from bench.recording.player import STRIDES, Moment, Player
from drivers import dialects
from drivers.dialects import Frame
from drivers.dialects.library import use_workshop
from drivers.exchange import Exchange
from drivers.trials import TRIALS
from tui import replay as replaying
from tui.replay import hear_all, replay

# A demagnetiser's figures are what it was told to do: no number that it says is among them.
TOLD = ("2g600",)
DIALECTS = sorted({*TRIALS, *TALKS})


@pytest.fixture(autouse=True)
def own_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The workshop's own printing instruments."""
    folder = tmp_path_factory.mktemp("own")
    own_dialects(folder)
    use_workshop(folder)
    yield
    use_workshop(None)


@pytest.fixture(scope="session")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dialects")


@cache
def session(folder: Path, dialect: str, fault: str = "") -> Recording:
    return Recording.open(recorded(folder, dialect, fault=fault))


@cache
def player(folder: Path, dialect: str) -> Player:
    return Player(hear_all(session(folder, dialect)))


def stated(judged: tuple[Judged, ...]) -> list[tuple[Any, ...]]:
    """What a measurement says, but for its number and for where it came from."""
    return [
        (m.value, m.label, m.n, m.stdev, m.uncertainty, m.conditions, m.trace, entry.verdict)
        for entry in judged
        for m in (entry.measurement,)
    ]


def test_every_dialect_is_here() -> None:
    assert set(dialects.available()) == set(DIALECTS)
    assert {dialects.load(name).kind for name in DIALECTS} == set(InstrumentKind)
    assert all(dialects.load(name).kind.value == kind for name, (kind, *_) in PRINTERS.items())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_recorded_comes_out_again(sessions: Path, dialect: str) -> None:
    heard = player(sessions, dialect).tasks
    assert heard
    for task in heard:
        assert task.error is None
        assert task.judged, "a measurement"
        assert any(entry.verdict.state is not State.REFUSED for entry in task.judged), "with a verdict"
        assert stated(task.judged) == stated(task.before)
        assert task.agrees
    assert not player(sessions, dialect).differences()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("speed", [1.0, 100.0])
def test_at_any_pace_the_verdicts_are_the_same(
    sessions: Path, dialect: str, speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(replaying.time, "sleep", slept.append)
    paced = list(replay(session(sessions, dialect), speed))
    assert [stated(task.judged) for task in paced] == [stated(task.before) for task in paced]
    lasts = sum(task.facts.duration for task in paced if task.facts is not None)
    assert sum(slept) == pytest.approx(lasts / speed)


def seen(moment: Moment) -> tuple[Any, ...]:
    latest = {key: sample.magnitude for key, sample in moment.latest.items()}
    return moment.task, moment.heard, moment.frames, moment.done, latest, stated(moment.judged)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("stride", STRIDES[:3])
def test_stepping_through_a_session_shows_all_of_it(sessions: Path, dialect: str, stride: Any) -> None:
    stepped = player(sessions, dialect)
    stepped.seek(0.0)
    passed, before = [stepped.position], -1.0
    while stepped.position > before:
        before = stepped.position
        passed.append(stepped.step(stride).at)
    assert passed[-1] == passed[-2]
    assert set(stepped.moments(stride)) - {0.0} == set(passed) - {0.0}
    end = stepped.seek(stepped.duration)
    assert stated(end.judged) == [each for task in stepped.tasks for each in stated(task.before)]


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=10, deadline=None)
@given(share=st.floats(0, 1), elsewhere=st.floats(0, 1), speed=st.sampled_from([1.0, 100.0]))
def test_seeking_gives_the_same_state_as_playing_up_to_it(
    sessions: Path, dialect: str, share: float, elsewhere: float, speed: float
) -> None:
    played = player(sessions, dialect)
    until = share * played.duration
    played.seek(elsewhere * played.duration)
    sought = played.seek(until)
    played.seek(0.0)
    waited: list[float] = []
    *_, last = [played.state, *played.play(until, speed, waited.append)]
    assert seen(last) == seen(sought) == built_up(played, until)
    assert sum(waited) == pytest.approx(until / speed, abs=1e-6)


def built_up(played: Player, until: float) -> tuple[Any, ...]:
    """The state as the bench built it up: task after task, sample after sample, chunk after chunk."""
    running, heard, frames, done, latest, judged = None, 0, 0, 0, {}, []
    for number, task in enumerate(played.tasks):
        begin, end = played.span(number)
        if begin > until:
            break
        running, heard, frames, latest = number, 0, 0, {}
        shift = begin - task.began
        for sample in task.samples:
            if min(sample.monotonic + shift, end) <= until:
                heard += 1
                latest[f"{sample.quantity.id} {sample.label}".strip()] = sample.magnitude
        frames = sum(min(max(frame.monotonic + shift, begin), end) <= until for frame in task.segment.frames)
        if end <= until:
            running, heard, frames, latest = None, 0, 0, {}
            done += 1
            judged += stated(task.judged)
    return running, heard, frames, done, latest, judged


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["silent", "partial", "garbage-after", "late"])
def test_what_went_wrong_goes_wrong_again_and_what_came_after_it_is_right(
    sessions: Path, dialect: str, fault: str
) -> None:
    heard = hear_all(session(sessions, dialect, fault))
    assert heard
    for task in heard:
        assert task.recorded_error == (task.error is not None), str(task.error)
        assert stated(task.judged) == stated(task.before)
        assert task.agrees
    if dialect in TRIALS:
        assert not heard[-1].recorded_error, "the fault is over"
    if fault == "silent":
        assert heard[0].recorded_error
    assert Player(heard).duration < 3600.0, "also where no byte ever came, its time is known"


# -- nothing comes out otherwise in silence ------------------------------------------------------------------------


def larger(value: Any) -> Any:
    """A number as a decoder with another scale reads it."""
    if isinstance(value, Value):
        return replace(value, magnitude=value.magnitude * 1.01)
    if isinstance(value, bytes):  # registers of 16 bits
        words = (int.from_bytes(value[n : n + 2], "big") for n in range(0, len(value), 2))
        return b"".join(min(larger(word), 0xFFFF).to_bytes(2, "big") for word in words)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return type(value)(round(value * 1.01)) if isinstance(value, int) else value * 1.01


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_decoder_that_reads_otherwise_is_listed(
    sessions: Path, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = session(sessions, dialect)
    heard_by = Exchange._next

    def reads_larger(exchange: Exchange, deadline: float) -> Any:
        item = heard_by(exchange, deadline)
        if isinstance(item, Frame):
            return Frame(item.name, {name: larger(value) for name, value in item.fields.items()}, item.raw)
        return item

    monkeypatch.setattr(Exchange, "_next", reads_larger)
    today = Player(hear_all(kept))
    listed = today.differences()
    assert bool(listed) == (dialect not in TOLD)
    for task in today.tasks:
        unlike = task.error is not None or stated(task.judged) != stated(task.before)
        assert unlike == (task in listed), "what differs is listed, and nothing else"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_rule_that_judges_otherwise_is_listed(sessions: Path, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = session(sessions, dialect)
    judge = judging.judge

    def stricter(*asked: Any) -> Verdict:
        said = judge(*asked)
        return replace(said, state=State.NONCONFORMING) if said.state is State.CONFORMING else said

    monkeypatch.setattr(judging, "judge", stricter)
    today = Player(hear_all(kept))
    conforming = [task for task in today.tasks if any(old.verdict.state is State.CONFORMING for old in task.before)]
    assert today.differences() == conforming


def test_an_interruption_that_measures_today_is_listed(sessions: Path) -> None:
    silent = hear_all(session(sessions, "alphalab-gm2", "silent"))[0]
    measured = hear_all(session(sessions, "alphalab-gm2"))[0]
    today = replace(silent, error=None, judged=measured.judged)
    assert isinstance(today, Heard)
    assert Player([today]).differences() == [today]
