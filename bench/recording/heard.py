"""One task of a recording, heard again: what came out this time, beside what was recorded on the day."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from bench.errors import EtabliError
from bench.events import Event, EventKind
from bench.instrument import LinkLost, PortUnavailable, RunResult, Stopped
from bench.judging import Judged, MeasureTask, RunFacts
from bench.measurement import Sample
from bench.procedure.derived import derive_all
from bench.recording.model import Segment

# A person or a plug ended these: a replay finds only the silence that followed.
_FROM_OUTSIDE = ("", *(kind.headline for kind in (Stopped, LinkLost, PortUnavailable)))
SAME = 1e-9
"""Two runs of the same arithmetic agree to this part; what differs more was computed otherwise."""


class Depth(IntEnum):
    """How far a task has been heard again: only where it lies in time, to its verdicts, with every sample."""

    OUTLINE = 0
    JUDGED = 1
    WHOLE = 2


@dataclass(frozen=True)
class Heard:
    """One task, replayed. `judged` is today's, `before` the record's; `error` is what stopped it this time.

    `began` and `ended` are seconds of the recorded monotonic clock, when the driver began and at the last chunk, `wall`
    the time of day at `began`: they are the recording's, however far the task has been heard. `result` and `facts` are
    what a judgement under other rules needs; None where the replay broke off.
    """

    segment: Segment
    task: MeasureTask
    judged: tuple[Judged, ...]
    before: tuple[Judged, ...]
    error: EtabliError | None = None
    recorded_error: bool = False
    samples: tuple[Sample, ...] = ()
    began: float = 0.0
    ended: float = 0.0
    wall: float = 0.0
    result: RunResult | None = None
    facts: RunFacts | None = None
    depth: Depth = Depth.WHOLE

    @property
    def order(self) -> str:
        return str(self.segment.header.get("order", ""))

    @property
    def visit(self) -> int:
        return int(self.segment.header.get("visit", 0))

    def pairs(self) -> Iterator[tuple[Judged, Judged | None]]:
        """Give each measurement with the recorded one of the same quantity and label, None where there is none."""
        old = {key(entry): entry for entry in self.before}
        for entry in self.judged:
            yield entry, old.get(key(entry))

    def missing(self) -> list[Judged]:
        """Return what was recorded and does not come out again."""
        new = {key(entry) for entry in self.judged}
        return [entry for entry in self.before if key(entry) not in new]

    @property
    def cut_off(self) -> bool:
        """Whether the recording ends before this task did."""
        return self.segment.outcome is None

    @property
    def agrees(self) -> bool:
        """Whether the replay says what the record says: the same values and verdicts, or an interruption again.

        A task of which only the outline is known contradicts nothing.
        """
        if self.cut_off or self.depth is Depth.OUTLINE:
            return True
        if self.recorded_error:
            return self._fails_alike()
        if self.error is not None or self.missing():
            return False
        return all(old is not None and same(new, old) for new, old in self.pairs())

    def _fails_alike(self) -> bool:
        """Tell whether it breaks off again, and for a like reason where the reason is in the recorded bytes."""
        recorded = (self.segment.outcome or {}).get("error", {}).get("what", {}).get("msgid", "")
        return self.error is not None and (self.error.what.msgid == recorded or recorded in _FROM_OUTSIDE)


def segments_of(event: Event) -> Iterator[str]:
    """Give the segments that an entry of the journal was measured in."""
    if event.kind is EventKind.MEASUREMENT_INTERRUPTED and event.payload.get("recording"):
        yield str(event.payload["recording"])
    for judged in event.payload.get("judged", ()) if event.kind is EventKind.MEASURED else ():
        if judged["measurement"].get("recording"):
            yield str(judged["measurement"]["recording"])


def with_derived(tasks: Iterable[Heard]) -> Iterator[Heard]:
    """Add the figures that follow from several tasks, with the task that they were recorded with; in time order."""
    so_far: dict[tuple[str, str, int], list[Judged]] = {}
    orders: dict[str, list[Judged]] = {}
    for heard in tasks:
        earlier = so_far.setdefault((heard.order, heard.task.step, heard.visit), [])
        if heard.error is None:
            wanted = heard.segment.header.get("derive", ())
            if any(entry.measurement.quantity.id in wanted for entry in heard.before):
                whole = [entry for entry in orders.get(heard.order, ()) if entry not in earlier]
                more = derive_all(heard.task, wanted, [*earlier, *heard.judged], whole)
                heard = replace(heard, judged=heard.judged + more)
            earlier += heard.judged
            orders.setdefault(heard.order, []).extend(heard.judged)
        yield heard


def same(new: Judged, old: Judged) -> bool:
    """Tell whether two judged measurements state the same value and the same verdict."""
    a, b = new.verdict, old.verdict
    rules = [v.refusal.rule if v.refusal else "" for v in (a, b)]
    close = math.isclose(new.measurement.value.magnitude, old.measurement.value.magnitude, rel_tol=SAME, abs_tol=SAME)
    return a.state is b.state and rules[0] == rules[1] and close


def key(judged: Judged) -> tuple[str, str]:
    """Return what tells a measurement of one task from its others: quantity and label."""
    return judged.measurement.quantity.id, judged.measurement.label
