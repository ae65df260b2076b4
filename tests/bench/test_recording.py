"""A session's recording: what is heard is on the disk, and a crash costs at most what had not been written."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcap.reader import make_reader

from bench.errors import UsageError
from bench.recording import Recorder, Recording, RecordingFailed, WireFrame
from bench.recording import writer as writing
from bench.recording.container import Container

METADATA = {"etabli": "0.1.0", "station": "bench-1", "order": "2026-0042", "profiles": {"calibre": "eta-2824-2"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recordings" / "2026-11-22-a.mcap"


@pytest.fixture
def recorder(path: Path) -> Iterator[Recorder]:
    recorder = Recorder(path, METADATA)
    yield recorder
    recorder.close()


def exchange(recorder: Recorder, instrument: str, turns: int, seed: int = 1, start: float = 0.0) -> list[WireFrame]:
    """Send `turns` questions and answers through the recorder; return them as they must come back."""
    chance = random.Random(seed)
    tap = recorder.tap(instrument)
    frames = []
    for turn in range(turns):
        monotonic, wall = 1000.0 + start + turn / 8, 1_790_000_000.0 + start + turn / 8
        frames.append(WireFrame("tx", b"MEAS?\r", monotonic, wall))
        frames.append(WireFrame("rx", chance.randbytes(chance.randint(1, 40)), monotonic + 1 / 16, wall + 1 / 16))
    for frame in frames:
        tap(*frame)
    return frames


def test_a_segment_comes_back_with_its_frames_times_header_and_outcome(recorder: Recorder, path: Path) -> None:
    segment = recorder.begin("timer-1", {"order": "2026-0042", "label": "CH"})
    frames = exchange(recorder, "timer-1", 30)
    recorder.end(segment or "", {"verdict": "conforme"})
    recorder.close()

    recording = Recording.open(path)
    assert recording.metadata == METADATA
    assert not recording.truncated
    assert recording.damaged == 0
    (read,) = recording.segments()
    assert (read.id, read.instrument) == ("2026-11-22-a#1", "timer-1")
    assert (read.header, read.outcome) == ({"order": "2026-0042", "label": "CH"}, {"verdict": "conforme"})
    assert read.frames == frames
    assert not read.damaged


def test_instruments_that_talk_at_the_same_time_are_kept_apart(recorder: Recorder, path: Path) -> None:
    first = recorder.begin("timer-1", {})
    before = exchange(recorder, "timer-1", 3, seed=1)
    second = recorder.begin("meter-1", {})
    meter = exchange(recorder, "meter-1", 4, seed=2)
    after = exchange(recorder, "timer-1", 2, seed=3)
    recorder.end(second or "", {})
    recorder.end(first or "", {})
    between = exchange(recorder, "meter-1", 1, seed=4)
    recorder.close()

    recording = Recording.open(path)
    timer_segment, meter_segment = recording.segments()
    assert timer_segment.frames == before + after
    assert meter_segment.frames == meter
    assert recording.instruments() == ["timer-1", "meter-1"]
    assert recording.frames("meter-1") == meter + between
    assert recording.frames("nobody") == []


def test_ending_a_segment_puts_it_on_the_disk_before_the_session_ends(recorder: Recorder, path: Path) -> None:
    segment = recorder.begin("timer-1", {})
    frames = exchange(recorder, "timer-1", 10)
    recorder.end(segment or "", {"verdict": "conforme"})

    recording = Recording.open(path)
    assert recording.truncated, "the session is still open"
    assert recording.segments()[0].frames == frames
    assert recording.segments()[0].outcome == {"verdict": "conforme"}


def test_what_is_heard_reaches_the_file_by_itself(recorder: Recorder, path: Path) -> None:
    frames = exchange(recorder, "timer-1", 5)
    wait_until(lambda: Recording.open(path).frames("timer-1") == frames)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_any_mcap_reader_reads_it(recorder: Recorder, path: Path) -> None:
    segment = recorder.begin("timer-1", {})
    frames = exchange(recorder, "timer-1", 20)
    recorder.end(segment or "", {})
    more = exchange(recorder, "timer-1", 20, seed=9, start=60.0)
    recorder.close()

    with path.open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        assert summary.statistics.message_count == len(frames) + len(more) + 2
        assert {schema.encoding for schema in summary.schemas.values()} == {"ros1msg", "jsonschema"}
        heard = [message for _, _, message in reader.iter_messages(topics=["timer-1/rx"])]
        late = [
            message for _, _, message in reader.iter_messages(topics=["timer-1/rx"], starting_at=int(1_790_000_001e9))
        ]
        (metadata,) = reader.iter_metadata()
    assert [message.data[12:] for message in heard] == [f.data for f in frames + more if f.direction == "rx"]
    assert heard[0].log_time == 1_790_000_000_062_500_000
    assert 0 < len(late) < len(heard)
    assert metadata.metadata["station"] == '"bench-1"'


def test_a_file_cut_anywhere_reads_up_to_the_cut(recorder: Recorder, path: Path, tmp_path: Path) -> None:
    frames: list[WireFrame] = []
    for turn in range(4):
        segment = recorder.begin("timer-1", {"turn": turn})
        frames += exchange(recorder, "timer-1", 25, seed=turn)
        recorder.end(segment or "", {"turn": turn})
    recorder.close()
    whole = path.read_bytes()
    cut = tmp_path / "cut.mcap"
    counts = []
    for size in [*range(1, len(whole), 97), len(whole) - 1]:
        cut.write_bytes(whole[:size])
        recording = Recording.open(cut)
        assert recording.truncated
        assert recording.damaged == 0
        read = recording.frames("timer-1")
        assert read == frames[: len(read)]
        for turn, segment_read in enumerate(recording.segments()):
            assert segment_read.header == {"turn": turn}
            assert segment_read.outcome in (None, {"turn": turn})
            if segment_read.outcome is not None:
                assert segment_read.frames == frames[50 * turn : 50 * turn + 50]
        counts.append(len(read))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == len(frames)
    assert len(set(counts)) > 50, "each cut keeps all that stands before it, not only whole chunks"


def test_a_damaged_stretch_is_left_out_and_said(recorder: Recorder, path: Path) -> None:
    for turn in range(3):
        segment = recorder.begin("timer-1", {"turn": turn})
        exchange(recorder, "timer-1", 20, seed=turn)
        middle = path.stat().st_size if turn == 1 else 0
        recorder.end(segment or "", {"turn": turn})
        if turn == 1:
            damage = (middle + path.stat().st_size) // 2
    recorder.close()
    data = bytearray(path.read_bytes())
    data[damage] ^= 0x10
    path.write_bytes(data)

    recording = Recording.open(path)
    assert recording.damaged == 1
    assert not recording.truncated
    complete = [segment for segment in recording.segments() if segment.outcome and not segment.damaged]
    assert [segment.header["turn"] for segment in complete] == [0, 2]
    assert [len(segment.frames) for segment in complete] == [40, 40]


def test_no_damage_at_all_can_break_the_reader(recorder: Recorder, path: Path) -> None:
    segment = recorder.begin("timer-1", {})
    exchange(recorder, "timer-1", 20)
    recorder.end(segment or "", {})
    recorder.close()
    whole = path.read_bytes()
    chance = random.Random(20261122)
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 8))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            recording = Recording.open(path)
        except UsageError:
            continue
        for read in recording.segments():
            assert isinstance(read.frames, list)


def test_zeros_that_a_power_cut_left_at_the_end_are_a_cut(recorder: Recorder, path: Path) -> None:
    segment = recorder.begin("timer-1", {})
    frames = exchange(recorder, "timer-1", 5)
    recorder.end(segment or "", {})
    path.write_bytes(path.read_bytes() + bytes(4096))
    recording = Recording.open(path)
    assert recording.truncated
    assert recording.segments()[0].frames == frames


def test_a_killed_program_leaves_what_it_had_confirmed(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bench.recording import Recorder\n"
        "recorder = Recorder(Path(sys.argv[1]), {'station': 'bench-1'})\n"
        "tap = recorder.tap('timer-1'); turn = 0\n"
        "while True:\n"
        "    segment = recorder.begin('timer-1', {})\n"
        "    for n in range(50): tap('rx', b'%06d' % turn, turn * 1.0, turn * 1.0); turn += 1\n"
        "    recorder.end(segment, {'turn': turn})\n"
        "    print(turn, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(5):
            confirmed = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    recording = Recording.open(path)
    assert recording.truncated
    data = [frame.data for frame in recording.frames("timer-1")]
    assert len(data) >= confirmed
    assert data == [b"%06d" % turn for turn in range(len(data))]
    assert [segment.outcome for segment in recording.segments()[:5]] == [{"turn": 50 * n} for n in range(1, 6)]


def test_a_recording_is_never_overwritten(recorder: Recorder, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(RecordingFailed, match="never overwritten") as refused:
        Recorder(path, {})
    assert "Give the session another name." in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "The disk is full."), (errno.EROFS, "may not be written"), (errno.EIO, "The disk reports")],
)
def test_a_file_that_cannot_be_made_says_why(path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str) -> None:
    def broken(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Container, "_write", broken)
    with pytest.raises(RecordingFailed, match=said):
        Recorder(path, {})


def test_a_folder_that_is_a_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("in the way")
    with pytest.raises(RecordingFailed, match="cannot be recorded in"):
        Recorder(tmp_path / "recordings" / "a.mcap", {})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_disk_that_fills_up_ends_the_recording_and_not_the_measurement(path: Path) -> None:
    told: list[RecordingFailed] = []
    recorder = Recorder(path, {}, on_problem=told.append)
    tap = recorder.tap("timer-1")
    segment = recorder.begin("timer-1", {})
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, recorder._container._file.fileno())
    os.close(full)

    tap("rx", b"+001", 1.0, 1.0)
    recorder.end(segment or "", {})
    tap("rx", b"+002", 2.0, 2.0)
    assert recorder.begin("timer-1", {}) is None
    recorder.end(segment or "", {})
    recorder.close()

    assert recorder.problem is not None
    assert "The disk is full." in str(recorder.problem)
    assert told == [recorder.problem], "said once"


class StuckDisk:
    """Holds every write until the test lets it go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self.reached = threading.Event()
        write = Container.write_chunk

        def wait(container: Container, records: Any) -> None:
            self.reached.set()
            assert self.let_go.wait(30.0)
            write(container, records)

        monkeypatch.setattr(Container, "write_chunk", wait)


def test_a_stuck_disk_costs_frames_and_says_so_but_never_memory_or_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LIMIT", 100_000)
    monkeypatch.setattr(writing, "HASTE", 50_000)
    disk = StuckDisk(monkeypatch)
    recorder = Recorder(path, {})
    tap = recorder.tap("timer-1")
    segment = recorder.begin("timer-1", {})
    assert disk.reached.wait(10.0)
    for turn in range(1000):
        tap("rx", b"x" * 1000, turn / 10, turn / 10)
    assert sum(len(packed[2]) for _, packed in recorder._queue) < 110_000
    assert recorder.dropped > 800
    disk.let_go.set()
    recorder.end(segment or "", {})
    recorder.close()

    (read,) = Recording.open(path).segments()
    assert read.damaged, "a segment that lacks frames must not look whole"
    assert len(read.frames) == 1000 - recorder.dropped


def test_taps_of_many_threads_lose_nothing(recorder: Recorder, path: Path) -> None:
    taps = {f"timer-{n}": recorder.tap(f"timer-{n}") for n in range(4)}

    def talk(name: str) -> None:
        for turn in range(3000):
            taps[name]("rx", b"%d" % turn, turn / 10, turn / 10)

    threads = [threading.Thread(target=talk, args=(name,)) for name in taps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    recording = Recording.open(path)
    for name in taps:
        assert [frame.data for frame in recording.frames(name)] == [b"%d" % turn for turn in range(3000)]


def test_after_closing_nothing_is_recorded_and_nothing_breaks(recorder: Recorder, path: Path) -> None:
    tap = recorder.tap("timer-1")
    recorder.close()
    size = path.stat().st_size
    tap("rx", b"late", 1.0, 1.0)
    assert recorder.begin("timer-1", {}) is None
    recorder.end("2026-11-22-a#1", {})
    recorder.close()
    assert path.stat().st_size == size
    assert not Recording.open(path).truncated


@pytest.mark.parametrize("content", [b"", b"not a recording at all", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_a_file_that_is_no_recording_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as a recording") as refused:
        Recording.open(path)
    assert refused.value.why is not None
    assert "Name a recording of Établi" in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.mcap", tmp_path):
        with pytest.raises(UsageError, match="cannot be read as a recording"):
            Recording.open(path)


def test_an_mcap_file_of_another_program_is_refused(tmp_path: Path) -> None:
    from mcap.writer import Writer

    path = tmp_path / "robot.mcap"
    with path.open("wb") as stream:
        other = Writer(stream)
        other.start(profile="ros1", library="a robot")
        other.finish()
    with pytest.raises(UsageError, match="of another program"):
        Recording.open(path)
