"""The state of one order: a fold of its events, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bench.conformity import State
from bench.events import Event, EventKind
from bench.house import House
from bench.judging import Judged
from bench.order import Quote, RepairOrder

LEAK_RATE = "leak_rate"
RESIDUAL_FIELD = "residual_field"


@dataclass(frozen=True)
class Task:
    """A measured task of the record: which visit of which step, its label, what was judged."""

    step: str
    visit: int
    phase: str
    label: str
    judged: tuple[Judged, ...]
    closure: int
    aborted: bool


@dataclass(frozen=True)
class DryTest:
    """The last dry water-resistance test: on which closure, its highest pressure in bar, when, and how it ended."""

    closure: int
    passed: bool
    pressure: float
    at: str


@dataclass(frozen=True)
class StepEnd:
    """How one visit of a step ended."""

    step: str
    visit: int
    outcome: str
    next: str


@dataclass(frozen=True)
class OrderState:
    """Where an order stands. `current` is "" before the first step and "end" after the last.

    `started` says whether the current step has been entered; `facts` are the answers that guards read; `magnetised`
    is None before any check; `interrupted` is the step and visit whose measurement broke off last; `closure` counts how
    often the case has been closed, `case_open` whether it is now open.
    """

    order: RepairOrder
    house: House
    procedure: Mapping[str, Any]
    profiles: Mapping[str, Any]
    current: str = ""
    started: bool = False
    answered: bool = False
    visits: Mapping[str, int] = field(default_factory=dict)
    ends: tuple[StepEnd, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    interruptions: int = 0
    interrupted: tuple[str, int] | None = None
    magnetised: bool | None = None
    closure: int = 1
    case_open: bool = False
    dry: DryTest | None = None
    watch_on: str = ""
    signed: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    closed: bool = False

    @property
    def visit(self) -> int:
        """Which visit of the current step this is, counted from 1."""
        return self.visits.get(self.current, 0)

    def tasks_of(self, step: str, visit: int) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if (task.step, task.visit) == (step, visit))

    def last_end(self, step: str) -> StepEnd | None:
        return next((end for end in reversed(self.ends) if end.step == step), None)


def fold(events: Iterable[Event]) -> OrderState:
    """Return the state after `events`, which are one order's, in their sequence, its opening first."""
    stream = iter(events)
    state = _opened(next(stream).payload)
    for event in stream:
        state = apply(state, event)
    return state


def apply(state: OrderState, event: Event) -> OrderState:
    """Return the state after one more event. Pure; an event that changes nothing here leaves the state as it is."""
    change = _CHANGES.get(event.kind)
    return change(state, event) if change else state


def _opened(payload: Mapping[str, Any]) -> OrderState:
    return OrderState(
        order=RepairOrder.from_json(payload["order"]),
        house=House.from_json(payload["house"]),
        procedure=payload["procedure"],
        profiles=payload["profiles"],
        current=payload["procedure"]["first"],
    )


def _quote_signed(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    quote = Quote(p["reference"], p["how"], p["signed_at"])
    return replace(state, order=replace(state.order, quote=quote))


def _started(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    visits = {**state.visits, p["step"]: p["visit"]}
    return replace(state, current=p["step"], started=True, answered=False, visits=visits)


def _answered(state: OrderState, event: Event) -> OrderState:
    facts = event.payload["facts"]
    if "magnetised" in facts:
        state = replace(state, magnetised=facts["magnetised"] == "yes")
    return replace(state, answered=True, facts={**state.facts, **facts})


def _handled(state: OrderState, event: Event) -> OrderState:
    act, detail = event.payload["act"], event.payload["detail"]
    state = replace(state, closure=event.payload["closure"])
    match act:
        case "open":
            return replace(state, case_open=True)
        case "close":
            return replace(state, case_open=False)
        case "place":
            return replace(state, watch_on=detail)
        case _:
            return state


def _measured(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    judged = tuple(Judged.from_json(entry) for entry in p["judged"])
    task = Task(p["step"], p["visit"], p["phase"], p["label"], judged, p["closure"], p["aborted"] is not None)
    state = replace(state, tasks=(*state.tasks, task))
    for entry in judged:
        if entry.measurement.quantity.id == RESIDUAL_FIELD:
            state = replace(state, magnetised=_counts_as_magnetised(entry))
    if p["dry_test"]:
        state = replace(state, dry=_dry_test(task, event.at))
    return state


def _counts_as_magnetised(entry: Judged) -> bool | None:
    """Anything but a clear "conforming" counts as magnetised; without a verdict the check says nothing."""
    if entry.verdict.state is State.REFUSED:
        return None
    return entry.verdict.state is not State.CONFORMING


def _dry_test(task: Task, at: str) -> DryTest:
    leaks = [entry for entry in task.judged if entry.measurement.quantity.id == LEAK_RATE]
    passed = bool(leaks) and not task.aborted and all(entry.verdict.state is State.CONFORMING for entry in leaks)
    pressures = [e.measurement.value.magnitude for e in task.judged if e.measurement.quantity.id == "test_pressure"]
    return DryTest(task.closure, passed, max(pressures, default=0.0), at)


def _interrupted(state: OrderState, event: Event) -> OrderState:
    where = (event.payload["step"], event.payload["visit"])
    return replace(state, interruptions=state.interruptions + 1, interrupted=where)


def _done(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    end = StepEnd(p["step"], p["visit"], p["outcome"], p["next"])
    return replace(state, current=p["next"], started=False, answered=False, ends=(*state.ends, end))


def _signed(state: OrderState, event: Event) -> OrderState:
    return replace(state, signed=(*state.signed, event.payload["step"]))


def _alert(state: OrderState, event: Event) -> OrderState:
    return replace(state, alerts=(*state.alerts, event.payload["alert"]))


def _corrected(state: OrderState, event: Event) -> OrderState:
    return replace(state, facts={**state.facts, **event.payload["facts"]})


def _closed(state: OrderState, event: Event) -> OrderState:
    return replace(state, closed=True)


_CHANGES = {
    EventKind.QUOTE_SIGNED: _quote_signed,
    EventKind.STEP_STARTED: _started,
    EventKind.STEP_ANSWERED: _answered,
    EventKind.HANDLED: _handled,
    EventKind.MEASURED: _measured,
    EventKind.MEASUREMENT_INTERRUPTED: _interrupted,
    EventKind.STEP_DONE: _done,
    EventKind.SIGNED: _signed,
    EventKind.ALERT_RAISED: _alert,
    EventKind.CORRECTED: _corrected,
    EventKind.ORDER_CLOSED: _closed,
}
