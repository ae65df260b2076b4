"""Judging a recording again: the same driver over the recorded bytes, the same judgement, compared with the record."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.errors import EtabliError, UsageError
from bench.instrument import Capability, InstrumentKind
from bench.judging import Judged, MeasureTask, RunFacts, evaluate
from bench.language import msg
from bench.measurement import InstrumentSnapshot, Provenance
from bench.metrology import InstrumentRecord
from bench.procedure.derived import derive_all
from bench.recording import Recording, Segment
from drivers.link.replay import ReplayLink
from drivers.registry import build
from tui.folder import Folder

# Two runs of the same arithmetic agree to this part; what differs more was computed otherwise.
SAME = 1e-9


@dataclass(frozen=True)
class Replayed:
    """One task of the recording, judged again. `error` is what stopped it this time, `before` what was recorded."""

    segment: Segment
    order: str
    judged: tuple[Judged, ...]
    before: tuple[Judged, ...]
    error: EtabliError | None = None
    recorded_error: bool = False

    def pairs(self) -> Iterator[tuple[Judged, Judged | None]]:
        """Give each measurement with the recorded one of the same quantity and label, None where there is none."""
        old = {_key(entry): entry for entry in self.before}
        for entry in self.judged:
            yield entry, old.get(_key(entry))

    def missing(self) -> list[Judged]:
        """Return what was recorded and does not come out again."""
        new = {_key(entry) for entry in self.judged}
        return [entry for entry in self.before if _key(entry) not in new]

    @property
    def agrees(self) -> bool:
        """Whether the replay says what the record says: the same values and verdicts, or an interruption again."""
        if self.recorded_error or self.segment.outcome is None:
            return True
        if self.error is not None or self.missing():
            return False
        return all(old is not None and same(new, old) for new, old in self.pairs())


def same(new: Judged, old: Judged) -> bool:
    """Tell whether two judged measurements state the same value and the same verdict."""
    a, b = new.verdict, old.verdict
    rules = [v.refusal.rule if v.refusal else "" for v in (a, b)]
    close = math.isclose(new.measurement.value.magnitude, old.measurement.value.magnitude, rel_tol=SAME, abs_tol=SAME)
    return a.state is b.state and rules[0] == rules[1] and close


def open_session(session: str, folder: Folder) -> Recording:
    """Open a recording by its path or by its name in the workshop. Raises UsageError."""
    path = Path(session)
    if not path.exists():
        named = folder.recordings / (session.partition("#")[0].removesuffix(".mcap") + ".mcap")
        if not named.exists():
            known = ", ".join(sorted((p.stem for p in folder.recordings.glob("*.mcap")), reverse=True)[:5])
            raise UsageError(
                msg("There is no recording “{session}”.", session=session),
                remedy=msg("Known recordings: {known}.", known=known or "—"),
            )
        path = named
    return Recording.open(path)


def replay(recording: Recording, speed: float | None = None) -> Iterator[Replayed]:
    """Judge every task of a recording again, in its order; `speed` paces it by the recorded clock."""
    pace: Callable[[float], None] | None = None if speed is None else lambda seconds: time.sleep(seconds / speed)
    so_far: dict[tuple[str, str, int], list[Judged]] = {}
    orders: dict[str, list[Judged]] = {}
    for segment in recording.segments():
        header = segment.header
        if "task" not in header:
            continue
        task = MeasureTask.from_json(header["task"])
        order = str(header.get("order", ""))
        earlier = so_far.setdefault((order, task.step, int(header.get("visit", 0))), [])
        outcome = segment.outcome or {}
        before = tuple(Judged.from_json(entry) for entry in outcome.get("judged", ()))
        try:
            judged = _judge(segment, task, pace)
        except EtabliError as error:
            yield Replayed(segment, order, (), before, error, recorded_error="error" in outcome)
            continue
        # The derived figures came with the last task of the step: where the record has them, they are derived again.
        derived = [key for key in header.get("derive", ()) if any(b.measurement.quantity.id == key for b in before)]
        if derived:
            whole = [entry for entry in orders.get(order, ()) if entry not in earlier]
            judged += derive_all(task, header["derive"], [*earlier, *judged], whole)
        earlier += judged
        orders.setdefault(order, []).extend(judged)
        yield Replayed(segment, order, judged, before, None, recorded_error="error" in outcome)


def _judge(segment: Segment, task: MeasureTask, pace: Callable[[float], None] | None) -> tuple[Judged, ...]:
    header = segment.header
    snapshot = InstrumentSnapshot.from_json(header["instrument"])
    link = ReplayLink(segment.instrument, segment.frames, pace)
    instrument = build(_record(snapshot, header), link, Provenance.REPLAYED)
    begun_wall, begun = link.clock.wall(), link.clock.monotonic()
    instrument.resume(header.get("driver") or {})
    result = instrument.run(task.program)
    facts = RunFacts(
        instrument=snapshot,
        capabilities=tuple(Capability.from_json(entry) for entry in header["capabilities"]),
        provenance=Provenance.REPLAYED,
        started=_iso(begun_wall),
        ended=_iso(link.clock.wall()),
        duration=link.clock.monotonic() - begun,
        recording=segment.id,
    )
    return evaluate(task, result, facts)


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


def _key(judged: Judged) -> tuple[str, str]:
    return judged.measurement.quantity.id, judged.measurement.label
