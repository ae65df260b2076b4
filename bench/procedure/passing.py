"""Ways past a step other than answering it: left out with a coded reason, passed over, gone back from, waited for."""

from __future__ import annotations

from datetime import datetime, timedelta

from bench.errors import Refused
from bench.events import Draft, EventKind
from bench.procedure import guards
from bench.procedure.answers import fits
from bench.procedure.engine import done, handled
from bench.procedure.guards import Question
from bench.procedure.model import SKIPPED, Act, Procedure, Step
from bench.procedure.state import OrderState


def skipped(ask: Question, procedure: Procedure, code: str, note: str = "") -> list[Draft]:
    """Leave the current step out for one of its coded reasons. Raises Refused where its data allows none."""
    step, state = ask.step, ask.state
    reason = next((each for each in step.skip if each.id == code), None)
    if reason is None:
        raise Refused(guards.no_skip(step))
    target = step.next.get(SKIPPED) or procedure.following(step.id)
    said = f"{reason.label} · {note}" if note.strip() else str(reason.label)
    visit = state.visit if state.started else 0
    payload = {"step": step.id, "visit": visit, "outcome": SKIPPED, "next": target, "reason": said, "code": code}
    return [Draft(EventKind.STEP_DONE, payload)]


def gone_back(ask: Question, target: str, reason: str) -> list[Draft]:
    """Repeat the work from an earlier step, as far as the data allows it, with a reason. Raises Refused."""
    if target not in ask.step.back or not reason.strip():
        raise Refused(guards.no_way_back(ask.step))
    return [done(ask.state, ask.step, "back", target, reason)]


def time_left(step: Step, state: OrderState, now: datetime) -> timedelta:
    """Return how long a wait step still lasts; zero or less when it is over."""
    assert step.wait is not None
    since = state.ended_at.get(step.wait.since) if step.wait.since else state.started_at.get(step.id)
    if since is None:
        since = state.started_at.get(step.id, now.isoformat())
    minutes = step.wait.minutes / state.house.wait_scale
    return datetime.fromisoformat(since) + timedelta(minutes=minutes) - now


def waited(procedure: Procedure, ask: Question) -> list[Draft]:
    """End a wait step. Raises Refused while its time is not over."""
    step, state = ask.step, ask.state
    left = time_left(step, state, ask.now)
    if left > timedelta(0):
        raise Refused(guards.still_waiting(step, left))
    facts = {"thermal_rest": "done"} if step.wait and step.wait.purpose == "thermal-rest" else {}
    payload = {
        "step": step.id,
        "visit": state.visit,
        "answers": {},
        "labels": {},
        "shown": {},
        "facts": facts,
        "note": "",
    }
    target = procedure.target(step, "done")
    assert target is not None
    return [Draft(EventKind.STEP_ANSWERED, payload), *handled(state, step.handlings), done(state, step, "done", target)]


def passed_over(procedure: Procedure, ask: Question) -> list[Draft]:
    """Pass over the current step where its data says that it is not for this watch, or where an earlier procedure of
    this order has already done it.
    """
    step, state = ask.step, ask.state
    if state.started:
        return []
    done_before = {step.module, f"{step.module}/{step.phase}"} & state.carried if step.module else set()
    carried = bool(done_before) and step.id not in state.begun
    if not carried and all(fits(fact(ask, name), wanted) for name, wanted in step.when.items()):
        return []
    target = step.next.get(SKIPPED) or step.next.get("*") or procedure.following(step.id)
    payload = {"step": step.id, "visit": 0, "outcome": SKIPPED, "next": target, "reason": ""}
    return [Draft(EventKind.STEP_DONE, {**payload, **({"code": "carried"} if carried else {})})]


# What another procedure of the same order need not do again: reception, custody, diagnosis.
_CARRIED = ("REC-", "PDV-", "CUS-", "DIA-")


def carried_on(procedure: Procedure, state: OrderState, now: datetime) -> list[str]:
    """Return the modules that this procedure has done and the next one need not: "DIA-06", and "TIM-02/before" for
    what was measured as found. A diagnosis stands for the house's number of days; what was tested under pressure, for
    its closure.
    """
    found = set()
    for step in procedure.steps:
        end, at = state.last_end(step.id), state.ended_at.get(step.id)
        if not step.module or end is None or end.visit == 0 or at is None:
            continue
        if now - datetime.fromisoformat(at) > timedelta(days=state.house.diagnosis_days):
            continue
        if step.module.startswith(_CARRIED):
            found.add(step.module)
        elif step.phase == "before" and (Act.PRESSURISE not in guards.acts_of(step) or _on_this_closure(state)):
            found.add(f"{step.module}/{step.phase}")
    return sorted(found)


def _on_this_closure(state: OrderState) -> bool:
    return state.dry is not None and state.dry.closure == state.closure


def fact(ask: Question, name: str) -> str:
    """Return a fact as `when` names it: an answer, or what the order and the watch are."""
    state = ask.state
    watch = state.order.watch
    yes = {True: "yes", False: "no"}
    match name:
        case "magnetised":
            return "unknown" if state.magnetised is None else yes[state.magnetised]
        case "case_open":
            return yes[state.case_open]
        case "case_testable":
            return yes[not guards.case_faults(state)]
        case "quote":
            return "signed" if state.order.quote else "none"
        case "family":
            return watch.family.value
        case "case_profile":
            return yes[ask.case is not None]
        case "calibre_profile":
            return yes[ask.calibre is not None]
        case "warranty":
            return yes[bool(state.order.warranty)]
        case "complaint":
            return yes[bool(state.order.complaint_of)]
        case "water_resistant":
            return yes[watch.promises_water_resistance]
        case "closure_tested":
            return yes[state.dry is not None and state.dry.passed and state.dry.closure == state.closure]
        case "touched":
            return yes[state.touched]
        case "level_ok":
            return yes[guards.GUARDS["G-25"](ask) is None]
        case _ if name.startswith("list."):
            return str(len(state.items(name.removeprefix("list."))))
        case _:
            return state.facts.get(name, "unknown")
