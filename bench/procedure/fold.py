"""From events to the state of an order: a pure fold, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bench.alerts import Alert, settled_by_signature
from bench.conformity import State
from bench.events import Event, EventKind
from bench.house import House
from bench.judging import Judged
from bench.order import Quote, RepairOrder
from bench.procedure.state import (
    LEAK_RATE,
    RESIDUAL_FIELD,
    DryTest,
    Given,
    OrderState,
    Signature,
    StepEnd,
    Task,
    items_from_json,
)


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
    order = RepairOrder.from_json(payload["order"])
    return OrderState(
        order=order,
        operations=order.quote.operations if order.quote else (),
        house=House.from_json(payload["house"]),
        procedure=payload["procedure"],
        profiles=payload["profiles"],
        current=payload["procedure"]["first"],
    )


def _quote_signed(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    known = {name: p[name] for name in Quote.__dataclass_fields__ if p.get(name) is not None}
    quote = Quote(**{**known, "operations": tuple(p.get("operations", ()))})
    operations = (*state.operations, *(each for each in quote.operations if each not in state.operations))
    return replace(state, order=replace(state.order, quote=quote), operations=operations)


def _started(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    return replace(
        state,
        current=p["step"],
        started=True,
        answered=False,
        visits={**state.visits, p["step"]: p["visit"]},
        started_at={**state.started_at, p["step"]: event.at},
    )


def _answered(state: OrderState, event: Event) -> OrderState:
    state = _told(state, event.payload, event.seq)
    facts = event.payload["facts"]
    stamps = {**state.fact_closure, **dict.fromkeys(facts, state.closure)}
    return replace(state, answered=True, fact_closure=stamps)


def _told(state: OrderState, p: Mapping[str, Any], seq: int) -> OrderState:
    """Take in what an answer, or its correction, says: facts, the order's fields, lists, counts, sums."""
    facts = p.get("facts", {})
    if "magnetised" in facts:
        state = replace(state, magnetised=facts["magnetised"] == "yes")
    if p.get("order"):
        state = replace(state, order=state.order.with_answers(p["order"]))
    if any(p.get(name) for name in ("lists", "counts", "adds")):
        counts = p.get("counts", {})
        before = state.given.get(seq, Given(str(p["step"])))
        given = replace(
            before,
            lists={**before.lists, **items_from_json(p.get("lists", {}))},
            counts_out={**before.counts_out, **counts.get("out", {})},
            counts_in={**before.counts_in, **counts.get("in", {})},
            adds={**before.adds, **p.get("adds", {})},
        )
        state = replace(state, given={**state.given, seq: given})
    return replace(state, facts={**state.facts, **facts})


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
    end = StepEnd(p["step"], p["visit"], p["outcome"], p["next"], p.get("code", ""))
    workers = state.workers | {event.operator} if p.get("worked") and event.operator else state.workers
    return replace(
        state,
        current=p["next"],
        started=False,
        answered=False,
        ends=(*state.ends, end),
        ended_at={**state.ended_at, p["step"]: event.at},
        workers=workers,
        touched=state.touched or bool(p.get("intervention")),
        begun=state.begun | {p["step"]},
    )


def _signed(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    signature = Signature(p["step"], tuple(p.get("acts", ())), p["role"], event.operator or "", event.seq)
    earlier = tuple(each for each in state.signatures if each.step != signature.step)
    awaited = {"decision": "accepted", "decided_by": p["name"], "decided_at": event.at}
    alerts = tuple(
        replace(each, **awaited) if each.open and settled_by_signature(each.kind, each.step, signature.step) else each
        for each in state.alerts
    )
    return replace(state, signatures=(*earlier, signature), alerts=alerts)


def _lifted(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    return replace(state, liftings=state.liftings | {(p["rule"], p["scope"])})


def _alert(state: OrderState, event: Event) -> OrderState:
    alert = Alert.raised(event.payload, seq=event.seq, by=event.operator or "", at=event.at)
    return replace(state, alerts=(*state.alerts, alert))


def _acknowledged(state: OrderState, event: Event) -> OrderState:
    return _with_alert(state, event.payload["id"], acknowledged=event.at)


def _decided(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    change: dict[str, Any] = {
        "decision": p["decision"],
        "reason": p["reason"],
        "decided_by": p["name"],
        "decided_at": event.at,
    }
    return _with_alert(state, p["id"], **change)


def _with_alert(state: OrderState, alert_id: str, **change: Any) -> OrderState:
    return replace(state, alerts=tuple(replace(a, **change) if a.id == alert_id else a for a in state.alerts))


def _promise_moved(state: OrderState, event: Event) -> OrderState:
    return replace(state, order=replace(state.order, promised=event.payload["to"]))


def _custody(state: OrderState, event: Event) -> OrderState:
    return replace(state, holder=event.payload["holder"], holder_name=event.payload.get("name", ""))


def _photo(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    return replace(
        state,
        photos=state.photos | {p["photo"]["sha256"]},
        photo_kinds=state.photo_kinds | {p["kind"]},
        photo_steps=state.photo_steps | {p.get("step", "")},
    )


def _procedure_changed(state: OrderState, event: Event) -> OrderState:
    p = event.payload
    return replace(
        state,
        procedure=p["procedure"],
        current=p["procedure"]["first"],
        started=False,
        answered=False,
        carried=frozenset(p["carried"]),
        begun=frozenset(),
    )


def _corrected(state: OrderState, event: Event) -> OrderState:
    state = _told(state, event.payload, event.payload["seq"])
    return replace(state, signatures=tuple(replace(each, void=True) for each in state.signatures))


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
    EventKind.LIFTED: _lifted,
    EventKind.ALERT_RAISED: _alert,
    EventKind.ALERT_ACKNOWLEDGED: _acknowledged,
    EventKind.ALERT_DECIDED: _decided,
    EventKind.PROMISE_MOVED: _promise_moved,
    EventKind.CUSTODY_TAKEN: _custody,
    EventKind.PHOTO_ATTACHED: _photo,
    EventKind.PROCEDURE_CHANGED: _procedure_changed,
    EventKind.CORRECTED: _corrected,
    EventKind.ORDER_CLOSED: _closed,
}
