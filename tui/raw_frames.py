"""The raw frames behind a measurement, as they crossed the wire: time, direction, bytes in hexadecimal and as text."""

from __future__ import annotations

from pathlib import Path

from bench.errors import UsageError
from bench.language import _, msg
from bench.recording import Recording

PER_LINE = 16
ARROWS = {"rx": "←", "tx": "→"}


def frames(recordings: Path, segment: str, per_line: int = PER_LINE) -> list[str]:
    """Return the frames of a segment ("2026-11-22-105817#2") as lines. Raises UsageError where there are none."""
    session, _sign, _number = segment.partition("#")
    if not session:
        raise UsageError(
            msg("There is no recording of this."), remedy=msg("Only what an instrument measured by its link has one.")
        )
    recording = Recording.open(recordings / f"{session}.mcap")
    found = next((each for each in recording.segments() if each.id == segment), None)
    if found is None:
        raise UsageError(
            msg("The recording {name} does not hold {segment}.", name=recording.path.name, segment=segment),
            remedy=msg("It may have been cut off before, or be another copy."),
        )
    said = []
    if found.damaged:
        said.append(_("Frames are missing here: the recording is damaged."))
    if recording.truncated and found.outcome is None:
        said.append(_("The recording ends before the task did."))
    begin = found.frames[0].monotonic if found.frames else 0.0
    for frame in found.frames:
        at = f"{frame.monotonic - begin:9.3f} s {ARROWS.get(frame.direction, frame.direction)}"
        said += [f"{at if start == 0 else ' ' * len(at)}  {row}" for start, row in dumped(frame.data, per_line)]
    return said or [_("Nothing crossed the wire.")]


def dumped(data: bytes, per_line: int = PER_LINE) -> list[tuple[int, str]]:
    """Return (offset, line) for each `per_line` bytes: hexadecimal, and the signs that they are in ASCII."""
    rows = []
    for start in range(0, len(data), per_line):
        part = data[start : start + per_line]
        signs = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        rows.append((start, f"{part.hex(' '):<{per_line * 3 - 1}}  {signs}"))
    return rows or [(0, "")]
