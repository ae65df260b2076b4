"""Orders walked through whole trees: what a careful workshop answers, with a table for what is otherwise.

    steps = walk_tree(work, {"decide-leak": "repair", "dust": [{"seen": "dust", "pieces": 2}, {}]})

`answers` holds, by step id: the fields that are not as usual; a word, for the one choice of a decision; a list of
these, one for each visit (the last for those after); or a function that does the step itself. Everything else is
answered as `usual` says. People sign in as each step wants; waits are waited for, cards read, blocking alerts accepted
by the manager.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from scripted import CONTROLLER, TECHNICIAN, FixedClock, Truth, a_desk, an_order, later

from bench import hierarchy
from bench.events import Draft, EventKind
from bench.instrument import LinkLost
from bench.people import Operator, Role
from bench.procedure.model import FormField, Procedure, StepKind
from bench.work import Work

RECEPTION = Operator("r1", "Sylvie Monnin", frozenset({Role.RECEPTION}))
MANAGER = Operator("m1", "Anne Perrenoud", frozenset({Role.MANAGER}))
PEOPLE: Mapping[Role, Operator] = {
    Role.RECEPTION: RECEPTION,
    Role.TECHNICIAN: TECHNICIAN,
    Role.CONTROLLER: CONTROLLER,
    Role.MANAGER: MANAGER,
}
Answers = Mapping[str, "str | Mapping[str, Any] | Sequence[Any] | Callable[[Work], None]"]

# What is not simply the first choice, "yes", or a number of its quantity.
USUAL: dict[str, Any] = {
    "moisture_visible": "no",
    "customer": "C-000123",
    "case_number": "118204",
    "engraved": "30 m",
    "equivalence": "original",
    "follows": "no",
    "fog": "no",
    "reference": "D-1",
    "battery_reference": "371",
    "customer_signature": "ticket 12",
    "all": "ok",
}
WORDS = "joint de fond et couronne contrôlés"
NUMBERS = {"temperature": "21.5", "humidity": 45, "test_pressure": "3 bar", "pieces": 0, "leak_rate": 20, "price": 100}
LONGEST = 400


def work_on(truth: Truth, procedure: str, **changes: Any) -> Work:
    """An order opened at a desk with scripted instruments, nothing done yet; the order complained of before it."""
    desk = a_desk(truth, **{k: changes.pop(k) for k in ("house", "issued") if k in changes})
    if changes.get("complaint_of"):
        desk.open_order(an_order(procedure, changes["complaint_of"]))
    desk.open_order(an_order(procedure, **changes))
    return desk.work("2026-0001")


def walk_tree(
    work: Work, answers: Answers | None = None, people: Mapping[Role, Operator] = PEOPLE, *, until: str = ""
) -> list[str]:
    """Go on to the end (or to the step `until`); return the ids of the steps done."""
    steps: list[str] = []
    while work.step is not None and work.step.id != until:
        steps.append(work.step.id)
        assert len(steps) < LONGEST, f"walking in a circle: {steps[-12:]}"
        do_step(work, answers, people)
    assert not until or work.step is not None, f"never came to {until}: {steps}"
    return steps


def do_step(work: Work, answers: Answers | None = None, people: Mapping[Role, Operator] = PEOPLE) -> None:
    """Do the current step as `answers` say, the rest as usual."""
    step = work.step
    assert step is not None
    said = _said(answers or {}, step.id, work.state.visits.get(step.id, 0))
    sign_in(work, people[step.role])
    settle_alerts(work, people)
    sign_in(work, people[step.role])
    if step.machine:
        work.desk.acknowledge_card(step.machine)
    if callable(said):
        said(work)
        return
    if step.kind is StepKind.MEASUREMENT:
        measure(work)
        work.confirm("vu et accepté" if work.outcome() in ("conditional", "no-verdict") else "")
        return
    work.start()
    left = work.waiting()
    if left is not None:
        wait_out(work, left)
        work.answer({})
        return
    given = {step.fields[0].id: said} if isinstance(said, str) else dict(said)
    work.answer(usual_answers(work, given))


def wait_out(work: Work, left: timedelta) -> None:
    """Let the time pass: at once at a desk whose clock stands, really elsewhere."""
    if isinstance(work.desk.clock, FixedClock):
        later(work.desk, seconds=max(left.total_seconds(), 0.0) + 1)
    else:
        time.sleep(max(left.total_seconds(), 0.0) + 0.001)


def _said(answers: Answers, step: str, visit: int) -> Any:
    said: Any = answers.get(step, {})
    if isinstance(said, (list, tuple)):
        return said[min(visit, len(said) - 1)]
    return said


def sign_in(work: Work, operator: Operator) -> None:
    if work.desk.operator != operator:
        work.desk.sign_in(operator)


def settle_alerts(work: Work, people: Mapping[Role, Operator]) -> None:
    """The manager accepts every alert that holds the order up."""
    for alert in work.state.alerts:
        if alert.holds_up:
            sign_in(work, people[Role.MANAGER])
            hierarchy.decide(work, alert.id, accept=True, reason="vu avec le client")


def measure(work: Work) -> str:
    """Measure every task of the current step and return its outcome."""
    work.start()
    while (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task)
    outcome = work.outcome()
    assert outcome is not None
    return outcome


def give_up(work: Work) -> None:
    """Leave the current measurement unmeasured: the link breaks off, and a reason is given."""
    work.start()
    task = work.next_task()
    assert task is not None
    work.desk.pool.fail_next = LinkLost(task.kind.value)  # type: ignore[attr-defined]
    try:
        work.measure(task)
    except LinkLost:
        work.give_up("appareil en panne")


def usual_answers(work: Work, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what a careful person would say where `given` says nothing."""
    found: dict[str, Any] = {}
    for entry in work.fields():
        if entry.id in given:
            found[entry.id] = given[entry.id]
        elif entry.required and _asked(entry, found):
            found[entry.id] = attach_photo(work, entry) if entry.kind == "photo" else usual(entry)
    return {**found, **{name: value for name, value in given.items() if name not in found}}


def _asked(entry: FormField, found: Mapping[str, Any]) -> bool:
    from bench.procedure.answers import is_asked

    return is_asked(entry, found)


def usual(entry: FormField) -> Any:
    """What is answered where nothing else is said: the first choice, yes, a plausible number."""
    if entry.id in USUAL and entry.kind not in ("choice", "number"):
        return USUAL[entry.id]
    match entry.kind:
        case "tick" | "yesno":
            return "yes"
        case "choice":
            wanted = USUAL.get(entry.id.partition(".")[0])
            return wanted if wanted in {choice.id for choice in entry.choices} else entry.choices[0].id
        case "several":
            return [choice.id for choice in entry.choices] if entry.quote else [entry.choices[0].id]
        case "number":
            return NUMBERS.get(entry.quantity, 1)
        case "lines":
            return [{column.id: usual(column) for column in entry.columns if column.required}] * max(entry.least, 1)
        case "date":
            return "2026-12-01"
        case "defect":
            return "ETA-JFO"
        case _:
            return WORDS


def attach_photo(work: Work, entry: FormField) -> str:
    """Attach a photo to the order, as the counter or the bench would, and return its hash."""
    sha256 = f"{len(work.state.photos) + 1:064x}"
    kind = "movement-out" if entry.fact == "movement_photo" else "condition"
    photo = {"sha256": sha256, "name": f"{sha256}.jpg", "width": 100, "height": 80}
    step = work.step.id if work.step else ""
    work.record([Draft(EventKind.PHOTO_ATTACHED, {"photo": photo, "kind": kind, "step": step, "note": ""})])
    return sha256


def branches(work: Work) -> set[tuple[str, str]]:
    """Return every (step, outcome) that the order has taken; a step left out with its coded reason as "skip code"."""
    codes = {
        (event.payload["step"], f"skip {event.payload['code']}")
        for event in work.desk.journal.events(order=work.number)
        if event.kind is EventKind.STEP_DONE and event.payload.get("code")
    }
    return {(end.step, end.outcome) for end in work.state.ends} | codes


def possible(procedure: Procedure) -> set[tuple[str, str]]:
    """Return every (step, outcome) that the data names: of decisions, rules, measurements, coded reasons to skip."""
    found = set()
    for step in procedure.steps:
        if step.kind is StepKind.DECISION:
            found |= {(step.id, choice.id) for choice in step.fields[0].choices}
        found |= {(step.id, rule.result) for rule in step.outcome if rule.result}
        if step.measure is not None:
            found |= {(step.id, outcome) for outcome in step.next if outcome in ("fail", "not-measured")}
        found |= {(step.id, f"skip {reason.id}") for reason in step.skip}
    return found


def refusing(procedure: Procedure) -> set[tuple[str, str]]:
    """Return every (step, field) of which an answer is refused by the data."""
    return {(step.id, rule.field) for step in procedure.steps for rule in step.outcome if rule.refuse is not None}


def limited(procedure: Procedure) -> set[str]:
    """Return the steps that go to the manager when they are entered too often."""
    return {step.id for step in procedure.steps if step.max_visits}
