"""One task on one instrument, recorded: what the bench's orders and the instruments' daily checks have in common."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.errors import Refusal, Refused
from bench.instrument import Capability, InstrumentError, OnSample, RunResult
from bench.judging import Judged, MeasureTask, RunFacts
from bench.language import msg
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from bench.pool import InstrumentPool
from bench.uncertainty import certified


class Clock:
    """The wall clock with its offset, and the monotonic one that durations come from, in seconds."""

    def now(self) -> datetime:
        return datetime.now().astimezone()

    def monotonic(self) -> float:
        return time.monotonic()


class Interrupted(Exception):
    """The instrument did not come to an end: `error` says why, `segment` where its frames are recorded."""

    def __init__(self, error: InstrumentError, segment: str | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.segment = segment


@dataclass(frozen=True)
class Ran:
    """A finished run. `end` closes its segment of the recording: the frames are on disk when it returns."""

    pool: InstrumentPool
    result: RunResult
    facts: RunFacts

    def end(self, judged: Sequence[Judged]) -> None:
        """Write what was judged into the recording, for a replay to compare with."""
        if self.facts.recording is not None:
            self.pool.end_segment(self.facts.recording, {"judged": [entry.to_json() for entry in judged]})


def run_task(
    pool: InstrumentPool,
    clock: Clock,
    record: InstrumentRecord,
    task: MeasureTask,
    about: Mapping[str, Any],
    on_sample: OnSample | None = None,
    *,
    capabilities: tuple[Capability, ...] | None = None,
) -> Ran:
    """Run the task's program on `record` and return its result with everything that the judgement needs.

    `about` joins the header of the recording's segment; `capabilities` stand in place of the instrument's own with its
    certificate's uncertainties. Raises Interrupted, and Refused (G-40) for an instrument that is a replay: what is
    replayed was measured on another day, and never becomes a measurement of this order.
    """
    if pool.provenance(record.id) is Provenance.REPLAYED:
        raise Refused(
            Refusal(
                "G-40",
                msg("{instrument} is a replay: what it says was measured on another day.", instrument=record.id),
                msg("Connect the instrument itself; a session is looked at with “etabli replay”."),
                msg("nobody"),
            )
        )
    snapshot = record.snapshot(clock.now().date())
    if capabilities is None:
        stated = record.certificate.expanded if record.certificate else {}
        capabilities = certified(pool.capabilities(record.id), stated)
    header = {
        **about,
        "task": task.to_json(),
        "instrument": snapshot.to_json(),
        "capabilities": [entry.to_json() for entry in capabilities],
        "provenance": pool.provenance(record.id).value,
        "options": dict(record.options),
    }
    segment = pool.begin_segment(record.id, header)
    started, t0 = clock.now(), clock.monotonic()
    try:
        result = pool.run(record.id, task.program, on_sample)
    except InstrumentError as error:
        if segment is not None:
            pool.end_segment(segment, {"error": error.to_json()})
        raise Interrupted(error, segment) from error
    facts = RunFacts(
        instrument=snapshot,
        capabilities=capabilities,
        provenance=pool.provenance(record.id),
        started=started.isoformat(timespec="milliseconds"),
        ended=clock.now().isoformat(timespec="milliseconds"),
        duration=clock.monotonic() - t0,
        recording=segment,
    )
    return Ran(pool, result, facts)
