"""Judging a recording again: the same driver over the recorded bytes, the same judgement, compared with the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench.errors import EtabliError
from bench.instrument import Capability, InstrumentKind
from bench.judging import Judged, MeasureTask, RunFacts, evaluate
from bench.measurement import InstrumentSnapshot, Provenance, Sample
from bench.metrology import InstrumentRecord
from bench.recording import Recording, Segment
from bench.recording.heard import Depth, Heard, with_derived
from bench.recording.reader import newer
from drivers.link.replay import ReplayLink
from drivers.registry import build

Pace = Callable[[float], None]
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, IndexError)


def replay(recording: Recording, speed: float | None = None, depth: Depth = Depth.WHOLE) -> Iterator[Heard]:
    """Judge every task of a recording again, in its order; `speed` paces it by the recorded clock.

    Raises UsageError where a task says what this version does not know.
    """
    pace: Pace | None = None if speed is None else lambda seconds: time.sleep(seconds / speed)
    yield from with_derived(hear(laid_out, pace, depth) for laid_out in outlines(recording))


def hear_all(recording: Recording, depth: Depth = Depth.WHOLE) -> list[Heard]:
    """Judge every task of a recording again, at once."""
    return list(replay(recording, depth=depth))


def outlines(recording: Recording) -> list[Heard]:
    """Return the tasks of a recording as they lie in time, nothing of them heard yet; in their order."""
    try:
        return [outline(segment) for segment in recording.segments() if "task" in segment.header]
    except (*_BROKEN, EtabliError) as error:
        raise newer(recording) from error


def outline(segment: Segment) -> Heard:
    """Lay out one task: what was asked and recorded, from when to when."""
    outcome = segment.outcome or {}
    began, ended = segment.span
    _record(segment.header)
    return Heard(
        segment,
        MeasureTask.from_json(segment.header["task"]),
        (),
        tuple(Judged.from_json(entry) for entry in outcome.get("judged", ())),
        recorded_error="error" in outcome,
        began=began,
        ended=ended,
        wall=segment.began,
        depth=Depth.OUTLINE,
    )


def hear(laid_out: Heard, pace: Pace | None = None, depth: Depth = Depth.WHOLE) -> Heard:
    """Run one task's program again over its recorded bytes and judge it as its header says.

    To its verdicts it costs a tenth: the figures that form on the way are left out. They change no verdict.
    """
    segment, task = laid_out.segment, laid_out.task
    header = segment.header
    link = ReplayLink(segment.instrument, segment.frames, pace, (laid_out.began, laid_out.wall))
    samples: list[Sample] = []
    try:
        record = _record(header)
        instrument = build(record, link, Provenance.REPLAYED)
        instrument.resume(header.get("driver") or {})
        result = instrument.run(task.program, samples.append if depth is Depth.WHOLE else None)
    except EtabliError as error:
        return replace(laid_out, error=error, samples=tuple(samples), depth=depth)
    facts = RunFacts(
        instrument=InstrumentSnapshot.from_json(header["instrument"]),
        capabilities=record.capabilities,
        provenance=Provenance.REPLAYED,
        started=_iso(laid_out.wall),
        ended=_iso(link.clock.wall()),
        duration=link.clock.monotonic() - laid_out.began,
        recording=segment.id,
    )
    judged = evaluate(task, result, facts)
    return replace(laid_out, judged=judged, samples=tuple(samples), result=result, facts=facts, depth=depth)


def with_samples(judged: Heard, pace: Pace | None = None) -> Heard:
    """Hear a judged task once more for the samples on the way; its verdicts stay."""
    return replace(judged, samples=hear(judged, pace).samples, depth=Depth.WHOLE)


def _record(header: Mapping[str, Any]) -> InstrumentRecord:
    snapshot = InstrumentSnapshot.from_json(header["instrument"])
    return InstrumentRecord(
        id=snapshot.id,
        kind=InstrumentKind(snapshot.kind),
        model=snapshot.model,
        serial=snapshot.serial,
        dialect=snapshot.dialect,
        connection="replay",
        simulated=header["provenance"] == Provenance.SIMULATED.value,
        options=header.get("options", {}),
        capabilities=tuple(Capability.from_json(entry) for entry in header["capabilities"]),
    )


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).astimezone().isoformat(timespec="milliseconds")
