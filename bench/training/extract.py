"""Some orders' tasks out of recordings, in a recording of their own under other order numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.recording import Recorder, Recording, Segment


def extract(sources: Iterable[Recording], numbers: Mapping[str, str], path: Path) -> dict[str, str]:
    """Write the tasks of the orders in `numbers` (old number: new one) to a new recording at `path`.

    Every chunk keeps its bytes and its times; what crossed a wire between two tasks, and the tasks of other orders,
    stay behind. Returns {old segment id: new one}. Raises RecordingFailed.
    """
    chosen = [segment for source in sources for segment in source.segments() if segment.header.get("order") in numbers]
    chosen.sort(key=lambda segment: segment.began)
    recorder = Recorder(path, {"extract": True})
    try:
        names = {segment.id: _copy(recorder, segment, numbers) for segment in chosen}
    finally:
        recorder.close()
    if recorder.problem is not None:
        raise recorder.problem
    return names


def _copy(recorder: Recorder, segment: Segment, numbers: Mapping[str, str]) -> str:
    header = {**segment.header, "order": numbers[str(segment.header["order"])]}
    ended = segment.frames[-1].wall if segment.frames else segment.marked
    tap = recorder.tap(segment.instrument)
    name = recorder.begin(segment.instrument, header, segment.began)
    for frame in segment.frames:
        tap(frame.direction, frame.data, frame.monotonic, frame.wall)
    if name is not None and segment.outcome is not None:
        recorder.end(name, segment.outcome, ended)
    return name or segment.id
