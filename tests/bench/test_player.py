"""A session is played on a virtual clock: any moment is the same, however one comes there."""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_session import Session, recorded

from bench.conformity import RULES
from bench.errors import UsageError
from bench.events import EventKind
from bench.judging import Judged
from bench.recording import Recording
from bench.recording.heard import Depth, Heard
from bench.recording.player import Bookmark, Moment, Player
from bench.recording.what_if import WhatIf, what_if
from profiles.library import Library
from tui.replay import replay, with_samples
from tui.training.reading import Cancelled, Reading


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return recorded(tmp_path_factory.mktemp("player"), "mechanical-magnetised", "controle-mecanique")


@pytest.fixture(scope="module")
def player(session: Session) -> Player:
    return session.player()


def values(judged: tuple[Judged, ...]) -> list[tuple[str, str, float]]:
    return [(j.measurement.quantity.id, j.measurement.label, j.measurement.value.magnitude) for j in judged]


def test_replaying_gives_what_was_recorded(player: Player) -> None:
    assert len(player.tasks) == 12
    assert not player.differences()
    assert player.cut_off is None


def test_a_moment_shows_what_the_bench_showed(player: Player) -> None:
    number = next(n for n in range(12) if player.task(n).task.step == "timing-after")
    begin, end = player.span(number)
    moment = player.seek((begin + end) / 2)
    assert (moment.step, moment.task, moment.done) == ("timing-after", number, number)
    assert moment.latest["rate"].magnitude == pytest.approx(4.1, abs=1.0)
    assert 0 < moment.heard < len(player.task(number).samples)
    assert all(sample.monotonic >= player.task(number).began for sample in player.samples(moment))
    assert not any(label == "CH" and q == "rate" and v < 50 for q, label, v in values(moment.judged))
    after = player.seek(end)
    assert ("rate", "CH") in [(q, label) for q, label, v in values(after.judged) if v < 50]


def fold(player: Player, until: float) -> tuple[int, int, int, list[tuple[str, str, float]], dict[str, float]]:
    """The state as the bench built it up: every happening in its order, one after the other."""
    happenings: list[tuple[float, int, str, int]] = []
    for number in range(len(player.tasks)):
        begin, end = player.span(number)
        heard = player.task(number)
        shift = begin - heard.began
        happenings.append((begin, 1, "begin", number))
        happenings += [(min(max(s.monotonic + shift, begin), end), 2, "sample", n) for n, s in enumerate(heard.samples)]
        happenings.append((end, 3, "end", number))
    running, count, done, judged, latest = -1, 0, 0, [], {}
    for at, _rank, what, n in sorted(happenings, key=lambda h: h[0]):
        if at > until:
            break
        if what == "begin":
            running, count, latest = n, 0, {}
        elif what == "sample":
            sample = player.task(running).samples[n]
            count += 1
            latest[f"{sample.quantity.id} {sample.label}".strip()] = sample.magnitude
        else:
            judged += values(player.task(n).judged)
            running, count, latest, done = -1, 0, {}, done + 1
    return running, count, done, judged, latest


def told(moment: Moment) -> tuple[int, int, int, list[tuple[str, str, float]], dict[str, float]]:
    running = -1 if moment.task is None else moment.task
    latest = {key: sample.magnitude for key, sample in moment.latest.items()}
    return running, moment.heard, moment.done, values(moment.judged), latest


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0, 1), elsewhere=st.floats(0, 1))
def test_seeking_gives_the_same_state_as_playing_up_to_it(player: Player, share: float, elsewhere: float) -> None:
    until = share * player.duration
    player.seek(elsewhere * player.duration)
    sought = player.seek(until)
    assert told(sought) == fold(player, until)
    player.seek(0.0)
    *_, played = [player.state, *player.play(until)]
    assert played == sought


def test_a_session_that_is_heard_meanwhile_ends_as_one_that_was_heard_before(session: Session, player: Player) -> None:
    reading = Reading(Recording.open(session.path))
    growing = Player(reading.outlines, session.events)
    assert [growing.span(n) for n in range(12)] == [player.span(n) for n in range(12)]
    assert (growing.origin, growing.duration) == (player.origin, player.duration)
    assert growing.known(0.0) is Depth.WHOLE
    assert growing.known(growing.duration) is Depth.OUTLINE
    assert not growing.differences()
    reading.judge(growing.put)
    assert growing.known(growing.duration) is Depth.WHOLE, "no task runs there: its verdicts are all there is to know"
    assert growing.known(growing.span(3)[1] - 0.1) is Depth.JUDGED
    assert growing.moments("frame") == player.moments("frame")
    reading.wanted = growing.task(3).segment.id
    whole: list[Heard] = []
    reading.sample(whole.append)
    assert whole[0].segment.id == growing.task(3).segment.id, "what is looked at comes first"
    for heard in whole:
        growing.put(heard)
    assert reading.share == 1.0
    for share in range(101):
        at = growing.duration * share / 100
        assert told(growing.at(at)) == told(player.at(at))


def test_a_step_by_sample_waits_where_the_samples_are_not_known_yet(session: Session) -> None:
    reading = Reading(Recording.open(session.path))
    growing = Player(reading.outlines, session.events)
    begins = [growing.span(n)[0] for n in range(len(growing.tasks))]
    assert growing.step("sample").at == begins[0]
    assert growing.step("sample").at == begins[0]
    reading.judge(growing.put)
    growing.put(with_samples(growing.task(0)))
    assert growing.step("sample").heard > 0
    growing.seek(growing.span(0)[1])
    assert growing.step("sample").at == begins[1]


def test_a_reading_that_nobody_wants_any_more_ends(session: Session) -> None:
    reading = Reading(Recording.open(session.path))

    def enough(heard: Heard) -> None:
        if heard.segment.id == reading.outlines[2].segment.id:
            reading.cancel()

    with pytest.raises(Cancelled):
        reading.judge(enough)
    assert 0.0 < reading.share < 0.1


def test_the_questions_of_a_stretch_are_found(player: Player) -> None:
    player.bookmarks[:] = [Bookmark(10.0, "seen"), Bookmark(20.0, "", "Why?"), Bookmark(30.0, "", "And now?")]
    assert player.questions_between(0.0, 19.9) == []
    assert player.questions_between(0.0, 20.0) == [player.bookmarks[1]]
    assert player.questions_between(20.0, 40.0) == player.bookmarks[1:]
    assert player.questions_between(30.1, 1e9) == []
    player.bookmarks.clear()


def test_stepping_ends_where_playing_ends(player: Player) -> None:
    player.seek(0.0)
    before, steps = -1.0, []
    while player.position > before:
        before = player.position
        steps.append(player.step("step").step)
    assert steps[-1] == steps[-2]
    samples = len(player.moments("sample"))
    player.seek(0.0)
    passed = [player.step("sample").at for _ in range(50)]
    assert passed == sorted(set(player.moments("sample")))[:50]
    assert samples == sum(len(heard.samples) for heard in player.tasks)
    here = player.position
    player.step("sample")
    assert player.step("sample", back=True).at == pytest.approx(here)


def test_the_steps_are_those_of_the_journal(player: Player, session: Session) -> None:
    started = [event for event in session.events if event.kind is EventKind.STEP_STARTED]
    assert len(player.moments("step")) == len(started)
    player.seek(player.moments("step")[-1])
    assert player.state.step == started[-1].payload["step"]
    assert str(player.state.title) in (started[-1].payload["title"]["en"], started[-1].payload["title"]["fr"])


def test_it_plays_at_a_quarter_to_a_hundred_times_the_pace(player: Player) -> None:
    for speed in (0.25, 1.0, 100.0):
        waited: list[float] = []
        player.seek(10.0)
        last = list(player.play(40.0, speed, waited.append))[-1]
        assert last.at == 40.0
        assert sum(waited) == pytest.approx(30.0 / speed)
    with pytest.raises(UsageError, match="100"):
        next(player.play(50.0, 101.0))


def test_bookmarks_are_found_again(player: Player) -> None:
    player.seek(30.0)
    player.bookmark("amplitude", "Why so low?")
    player.seek(5.0)
    assert player.step("bookmark").at == 30.0
    assert player.bookmarks[0].question == "Why so low?"
    player.bookmarks.clear()


def test_a_recording_that_was_cut_plays_up_to_the_cut(session: Session, tmp_path: Path) -> None:
    data = session.path.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: len(data) // 2])
    recording = Recording.open(tmp_path / "cut.mcap")
    cut = Player(list(replay(recording)), session.events, truncated=recording.truncated)
    assert cut.cut_off is not None
    at = cut.seek(cut.cut_off)
    assert at.done == len(cut.tasks)
    assert 0 < len(cut.tasks) <= 12
    assert not cut.differences()


def test_what_the_record_says_otherwise_is_listed(session: Session) -> None:
    heard = list(replay(Recording.open(session.path)))
    first = next(n for n, each in enumerate(heard) if each.task.step == "timing-before")
    judged = heard[first].judged[0]
    value = changed(judged.measurement.value, magnitude=judged.measurement.value.magnitude + 0.1)
    other = changed(judged, measurement=changed(judged.measurement, value=value))
    heard[first] = changed(heard[first], judged=(other, *heard[first].judged[1:]))
    assert Player(heard).differences() == [heard[first]]


def pairs(heard: list[Heard] | tuple[Heard, ...], quantity: str) -> list[tuple[Judged, Judged]]:
    found = [(new, old) for each in heard for new, old in each.pairs() if old is not None]
    return [(new, old) for new, old in found if new.measurement.quantity.id == quantity]


def test_at_another_lift_angle_the_amplitude_is_another(player: Player) -> None:
    other = what_if(player.tasks, WhatIf(lift_angle=52.0))
    for new, old in pairs(other, "amplitude"):
        assert new.measurement.value.magnitude == pytest.approx(old.measurement.value.magnitude * 52 / 50)
        assert new.verdict.refusal is None or new.verdict.refusal.rule != "G-20"
    assert all(new.measurement.value == old.measurement.value for new, old in pairs(other, "rate"))
    assert pairs(other, "min_amplitude")
    assert all(new.measurement.value.magnitude > old.measurement.value.magnitude
               for new, old in pairs(other, "min_amplitude"))  # fmt: skip


def test_under_another_rule_the_values_stay_and_the_rule_is_named(player: Player) -> None:
    other = what_if(player.tasks, WhatIf(rule=RULES["simple"]))
    ruled = [(new, old) for each in other for new, old in each.pairs() if old is not None and new.verdict.limit]
    assert ruled
    assert all(new.verdict.rule == RULES["simple"] for new, _old in ruled)
    assert all(new.measurement.value == old.measurement.value for new, old in ruled)


def test_under_another_profile_the_limits_are_its_own(player: Player) -> None:
    library = Library()
    other = what_if(player.tasks, WhatIf(calibre=library.calibre("eta-2892-a2"), grade="chronometer"))
    new, old = pairs(other, "mean_rate")[-1]
    assert new.verdict.limit != old.verdict.limit
    amplitude, before = pairs(other, "amplitude")[0]
    ratio = library.calibre("eta-2892-a2").fact("lift_angle").magnitude / 50.0  # type: ignore[union-attr]
    assert amplitude.measurement.value.magnitude == pytest.approx(before.measurement.value.magnitude * ratio)


def test_nothing_recorded_is_nothing_to_play() -> None:
    with pytest.raises(UsageError, match="nothing to play"):
        Player([])
