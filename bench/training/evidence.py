"""What a trainee's run shows of each of the 97 criteria: what the program observed, and what the trainer did.

The program counts and times; it never judges how somebody welcomes a customer or holds a tweezer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.criteria import Criterion, criteria, evidence_steps
from bench.events import Event, EventKind, pin
from bench.language import Text, _, number
from bench.procedure.model import Procedure
from bench.training.runs import Observation


@dataclass(frozen=True)
class StepSeen:
    """One step as it was done: how often, how long (minutes), what was measured, repeated, refused, told, corrected."""

    step: str
    title: Text
    visits: int
    started: str
    minutes: float
    measurements: int
    attempts: int
    interrupted: int
    refusals: tuple[str, ...]
    alerts: tuple[str, ...]
    corrections: int
    outcome: str
    late: int = 0
    """Visits that ended after the run's time was over."""

    def shown(self) -> str:
        """Write it in one line, in the language in force."""
        said = [str(self.title)]
        if self.visits > 1:
            said.append(_("{count} visits").format(count=self.visits))
        said.append(_("{minutes} min").format(minutes=number(self.minutes, 1)))
        if self.measurements:
            said.append(_("{count} measured").format(count=self.measurements))
        if self.attempts > 1:
            said.append(_("{count} attempts").format(count=self.attempts))
        if self.interrupted:
            said.append(_("{count} interrupted").format(count=self.interrupted))
        if self.refusals:
            said.append(_("refused: {rules}").format(rules=", ".join(self.refusals)))
        if self.alerts:
            said.append(_("alert: {kinds}").format(kinds=", ".join(self.alerts)))
        if self.corrections:
            said.append(_("{count} corrected").format(count=self.corrections))
        if self.late:
            said.append(_("after the time limit"))
        return " · ".join(said)


@dataclass(frozen=True)
class Evidence:
    """One criterion: the steps in which it was shown, those that would have shown it, what the trainer says."""

    criterion: Criterion
    seen: tuple[StepSeen, ...]
    planned: tuple[Text, ...]
    observation: Observation | None

    @property
    def open(self) -> bool:
        """Whether neither the program nor the trainer saw anything of it."""
        return not self.seen and self.observation is None


def evidence(
    events: Sequence[Event], observations: Mapping[str, Observation], ends: datetime | None = None
) -> list[Evidence]:
    """Return the 97 criteria in their order. `events` are those of the run's order, as a sheet takes them.

    `ends` is when the run's time was over: what was done later is told as late, and counts all the same.
    Without any events (the interview, a replayed session) only the trainer's observations stand there.
    """
    opened = next((event for event in events if event.kind is EventKind.ORDER_OPENED), None)
    mine = [event for event in events if opened is not None and event.order == opened.order]
    seen = _steps_seen(mine, ends)
    shows: dict[str, dict[str, Text]] = {}
    for procedure in _procedures(events, mine):
        for code, steps in evidence_steps(procedure).items():
            shows.setdefault(code, {}).update({step.id: step.title for step in steps})
    found = []
    for code, criterion in criteria().items():
        titles = shows.get(code, {})
        done = tuple(seen[step] for step in titles if step in seen)
        planned = tuple(title for step, title in titles.items() if step not in seen)
        found.append(Evidence(criterion, done, planned, observations.get(code)))
    return found


def _procedures(events: Sequence[Event], mine: Sequence[Event]) -> list[Procedure]:
    wanted = {
        pin(event.payload["procedure"]["sha256"])
        for event in mine
        if event.kind in (EventKind.ORDER_OPENED, EventKind.PROCEDURE_CHANGED)
    }
    return [
        Procedure.model_validate(event.payload["content"])
        for event in events
        if event.kind is EventKind.PROCEDURE_PINNED and event.order in wanted
    ]


def _steps_seen(events: Sequence[Event], ends: datetime | None) -> dict[str, StepSeen]:
    of_step: dict[str, list[Event]] = {}
    current = ""
    for event in events:
        if event.kind is EventKind.STEP_STARTED:
            current = str(event.payload["step"])
        step = str(event.payload.get("step") or current)
        if step:
            of_step.setdefault(step, []).append(event)
    found = {}
    for step, told in of_step.items():
        begun = [event for event in told if event.kind is EventKind.STEP_STARTED]
        if begun:
            found[step] = _seen(step, begun, told, ends)
    return found


def _seen(step: str, begun: Sequence[Event], told: Sequence[Event], limit: datetime | None) -> StepSeen:
    ends = [event for event in told if event.kind is EventKind.STEP_DONE and event.payload["visit"]]
    minutes = 0.0
    for start in begun:
        end = next((event for event in ends if event.payload["visit"] == start.payload["visit"]), None)
        minutes += _minutes(start, end) if end is not None else 0.0
    measured = [event for event in told if event.kind is EventKind.MEASURED]
    attempts = {event.payload["attempt"] for event in measured}
    return StepSeen(
        step=step,
        title=Text.from_json(begun[0].payload["title"]),
        visits=len(begun),
        started=begun[0].at,
        minutes=minutes,
        measurements=len(measured),
        attempts=len(attempts),
        interrupted=sum(event.kind is EventKind.MEASUREMENT_INTERRUPTED for event in told),
        refusals=_once(str(e.payload["refusal"]["rule"]) for e in told if e.kind is EventKind.REFUSED),
        alerts=_once(str(e.payload["alert"]) for e in told if e.kind is EventKind.ALERT_RAISED),
        corrections=sum(event.kind is EventKind.CORRECTED for event in told),
        outcome=str(ends[-1].payload["outcome"]) if ends else "",
        late=sum(limit is not None and datetime.fromisoformat(end.at) > limit for end in ends),
    )


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _minutes(start: Event, end: Event) -> float:
    """Return the minutes between two events: by the monotonic clock within one start of the machine."""
    if start.boot == end.boot and end.monotonic_ns > start.monotonic_ns:
        return (end.monotonic_ns - start.monotonic_ns) / 60e9
    between = datetime.fromisoformat(end.at) - datetime.fromisoformat(start.at)
    return max(between.total_seconds(), 0.0) / 60.0
