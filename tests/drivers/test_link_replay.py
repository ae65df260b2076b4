"""A replayed link says the same bytes at the same moments, and refuses to answer another question."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bench.recording import Recorder, Recording, WireFrame
from drivers.link.replay import ReplayDiverged, ReplayLink, VirtualClock
from drivers.link.serial_link import SerialLink

START, WALL = 5000.0, 1_790_000_000.0


def heard(at: float, data: bytes) -> WireFrame:
    return WireFrame("rx", data, START + at, WALL + at)


def asked(at: float, data: bytes) -> WireFrame:
    return WireFrame("tx", data, START + at, WALL + at)


SESSION = [
    asked(0.0, b"MEAS?\r"),
    heard(0.2, b"+0012"),
    heard(0.3, b"3.4\r"),
    asked(1.0, b"MEAS?\r"),
    heard(9.0, b"+00124.0\r"),
]


def test_the_same_chunks_come_at_the_same_moments() -> None:
    link = ReplayLink("meter-1", SESSION)
    assert link.clock.monotonic() == START
    link.write(b"MEAS?\r")
    assert (link.read(START + 2.0), link.clock.monotonic()) == (b"+0012", START + 0.2)
    assert (link.read(START + 2.0), link.clock.monotonic()) == (b"3.4\r", START + 0.3)
    assert link.clock.wall() == WALL + 0.3


def test_a_chunk_that_came_after_the_deadline_is_not_there_yet() -> None:
    link = ReplayLink("meter-1", SESSION[3:])
    link.write(b"MEAS?\r")
    assert link.read(START + 3.0) == b""
    assert link.clock.monotonic() == START + 3.0
    assert link.read(START + 8.999) == b""
    assert link.read(START + 10.0) == b"+00124.0\r"
    assert link.clock.monotonic() == START + 9.0


def test_after_the_end_there_is_silence_until_each_deadline() -> None:
    link = ReplayLink("meter-1", SESSION[:1])
    link.write(b"MEAS?\r")
    assert link.finished
    assert link.read(START + 100.0) == b""
    assert link.clock.monotonic() == START + 100.0
    assert link.drain(quiet=1.0, limit=5.0) == b""


def test_an_answer_waits_for_its_question() -> None:
    link = ReplayLink("meter-1", SESSION)
    assert link.read(START + 0.5) == b""
    assert link.clock.monotonic() == START + 0.5
    link.write(b"MEAS?\r")
    assert link.read(START + 0.5) == b"+0012", "it came at 0.2 s, which has passed"
    assert link.clock.monotonic() == START + 0.5, "time never goes back"


def test_what_had_come_before_a_question_never_answers_it() -> None:
    """Recorded bytes before a question had been read before it, if only to be thrown away."""
    link = ReplayLink("meter-1", SESSION)
    passing: list[bytes] = []
    link.tap = lambda _direction, data, _monotonic, _wall: passing.append(data)
    link.write(b"MEAS?\r")
    link.write(b"MEAS?\r")
    assert link.read(START + 10.0) == b"+00124.0\r"
    assert link.finished
    assert passing == [frame.data for frame in SESSION], "a viewer sees all of it"


def test_another_question_is_refused_with_both_questions() -> None:
    link = ReplayLink("meter-1", SESSION)
    with pytest.raises(ReplayDiverged) as diverged:
        link.write(b"ID?\r")
    assert "ID?" in str(diverged.value)
    assert "MEAS?" in str(diverged.value)
    assert diverged.value.evidence()["request"] == b"ID?\r".hex()


def test_a_question_after_the_end_is_refused() -> None:
    link = ReplayLink("meter-1", SESSION[:3])
    link.write(b"MEAS?\r")
    with pytest.raises(ReplayDiverged, match="after the end"):
        link.write(b"STOP\r")


def test_sleeping_takes_no_time_but_passes_it() -> None:
    link = ReplayLink("meter-1", SESSION)
    link.clock.sleep(3600.0)
    assert link.clock.monotonic() == START + 3600.0
    assert link.clock.wall() == WALL + 3600.0


def test_a_viewer_hears_how_much_time_to_let_pass() -> None:
    passed: list[float] = []
    link = ReplayLink("meter-1", SESSION, pace=passed.append)
    link.write(b"MEAS?\r")
    link.read(START + 2.0)
    link.read(START + 2.0)
    link.clock.sleep(0.7)
    assert passed == pytest.approx([0.2, 0.1, 0.7])


def test_a_wall_clock_that_was_set_during_the_session_is_followed() -> None:
    link = ReplayLink("meter-1", [heard(0.0, b"a"), WireFrame("rx", b"b", START + 1.0, WALL + 3601.0)])
    link.read(START + 5.0)
    link.read(START + 5.0)
    assert (link.clock.monotonic(), link.clock.wall()) == (START + 1.0, WALL + 3601.0)


def test_an_empty_recording_is_silence() -> None:
    link = ReplayLink("meter-1", [])
    assert link.read(1.0) == b""
    assert link.finished


def test_the_clock_never_goes_back() -> None:
    clock = VirtualClock(10.0)
    clock.advance(5.0)
    clock.sleep(-1.0)
    assert clock.monotonic() == 10.0


def converse(link: SerialLink | ReplayLink, turns: int) -> list[bytes]:
    """A small driver: ask, collect until the end of the line, drop what comes after it."""
    lines = []
    for turn in range(turns):
        link.write(b"MEAS %d?\r" % turn)
        deadline = link.clock.monotonic() + 10.0
        line = b""
        while not line.endswith(b"\r"):
            chunk = link.read(deadline)
            assert chunk
            line += chunk
        lines.append(line)
    return lines


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are a POSIX matter")
def test_a_session_recorded_on_a_pseudo_terminal_replays_the_same_every_time(tmp_path: Path) -> None:
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    turns = 40

    def device() -> None:
        for turn in range(turns):
            question = b""
            while not question.endswith(b"\r"):
                question += os.read(master, 100)
            for piece in (b"+%05d" % turn, b".%d\r" % (turn % 10)):
                os.write(master, piece)

    thread = threading.Thread(target=device)
    thread.start()
    recorder = Recorder(tmp_path / "session.mcap", {})
    segment = recorder.begin("meter-1", {})
    try:
        with SerialLink("meter-1", os.ttyname(slave)) as link:
            link.tap = recorder.tap("meter-1")
            live = converse(link, turns)
    finally:
        thread.join(10.0)
        os.close(master)
        os.close(slave)
    recorder.end(segment or "", {})
    recorder.close()

    (recorded,) = Recording.open(tmp_path / "session.mcap").segments()
    assert recorded.frames[0].direction == "tx"
    for _ in range(3):
        again: list[WireFrame] = []
        replay = ReplayLink("meter-1", recorded.frames)
        replay.tap = lambda *chunk, again=again: again.append(WireFrame(*chunk))  # type: ignore[misc]
        assert converse(replay, turns) == live
        assert replay.finished
        assert again == recorded.frames
