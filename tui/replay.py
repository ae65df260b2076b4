"""Judging a recording again: the same driver over the recorded bytes, the same judgement, compared with the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bench.errors import EtabliError
from bench.instrument import Capability, InstrumentKind
from bench.judging import Judged, MeasureTask, RunFacts, evaluate
from bench.measurement import InstrumentSnapshot, Provenance, Sample
from bench.metrology import InstrumentRecord
from bench.recording import Recording, Segment
from bench.recording.heard import Heard, with_derived
from drivers.link.replay import ReplayLink
from drivers.registry import build

Pace = Callable[[float], None]


def replay(recording: Recording, speed: float | None = None) -> Iterator[Heard]:
    """Judge every task of a recording again, in its order; `speed` paces it by the recorded clock."""
    pace: Pace | None = None if speed is None else lambda seconds: time.sleep(seconds / speed)
    yield from with_derived(hear(segment, pace) for segment in recording.segments() if "task" in segment.header)


def hear_all(recording: Recording) -> list[Heard]:
    """Judge every task of a recording again, at once."""
    return list(replay(recording))


def hear(segment: Segment, pace: Pace | None = None) -> Heard:
    """Run one task's program again over its recorded bytes and judge it as its header says."""
    header = segment.header
    task = MeasureTask.from_json(header["task"])
    outcome = segment.outcome or {}
    before = tuple(Judged.from_json(entry) for entry in outcome.get("judged", ()))
    snapshot = InstrumentSnapshot.from_json(header["instrument"])
    link = ReplayLink(segment.instrument, segment.frames, pace)
    wall, began = link.clock.wall(), link.clock.monotonic()
    samples: list[Sample] = []
    heard = Heard(segment, task, (), before, recorded_error="error" in outcome, began=began, ended=began, wall=wall)
    try:
        instrument = build(_record(snapshot, header), link, Provenance.REPLAYED)
        instrument.resume(header.get("driver") or {})
        result = instrument.run(task.program, samples.append)
    except EtabliError as error:
        last = segment.frames[-1].monotonic if segment.frames else began
        return replace(heard, error=error, samples=tuple(samples), ended=max(last, began))
    facts = RunFacts(
        instrument=snapshot,
        capabilities=tuple(Capability.from_json(entry) for entry in header["capabilities"]),
        provenance=Provenance.REPLAYED,
        started=_iso(wall),
        ended=_iso(link.clock.wall()),
        duration=link.clock.monotonic() - began,
        recording=segment.id,
    )
    return replace(
        heard,
        judged=evaluate(task, result, facts),
        samples=tuple(samples),
        ended=link.clock.monotonic(),
        result=result,
        facts=facts,
    )


def _record(snapshot: InstrumentSnapshot, header: object) -> InstrumentRecord:
    assert isinstance(header, dict)
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
