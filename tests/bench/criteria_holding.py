"""Tries at each step whether what supports a criterion really holds: the wrong answer is given to a copy of the order.

`tried()` walks a full service and a diagnosis of a complaint, and says for each criterion what held and what did not.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from full_service_walks import USUAL
from scripted import TECHNICIAN, MemoryJournal, ScriptedPool, Truth, a_desk
from tree_walk import PEOPLE, do_step, settle_alerts, sign_in, usual_answers, work_on

from bench.criteria import CriterionKind, criteria
from bench.criteria.support import Support, SupportKind, supports
from bench.errors import EtabliError, Refused, UsageError
from bench.people import Role
from bench.procedure.model import Procedure, Rule, Step, StepKind
from bench.work import Work

BEGINNER = replace(TECHNICIAN, level=1)
BROKEN = Truth(
    rate=90.0, amplitude=150.0, beat_error=3.0, residual=2.0, leak=500.0, battery=0.9, consumption=9.0, quartz_rate=9.0
)
# The wrong kind of person for a sign-off, by whom it asks for.
OTHER = {Role.MANAGER: Role.TECHNICIAN, Role.CONTROLLER: Role.TECHNICIAN, Role.RECEPTION: Role.TECHNICIAN}
_PINNED: dict[str, Procedure] = {}

# Each attempt returns whether there was something to try; an AssertionError says that it did not hold.
Attempt = Callable[[Work, Step, Support, Mapping[str, Any]], bool]


@dataclass
class Tried:
    """What held for each criterion ("step: what"), what did not though the data says so; the orders at their end."""

    held: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    orders: tuple[Work, ...] = ()


def walks() -> tuple[Work, ...]:
    """Return the two orders at their end: a full service, a diagnosis of a watch that is complained of."""
    return tried().orders


def _orders() -> Iterator[tuple[Work, Mapping[str, Any]]]:
    for tree, answers, order in (
        ("revision-complete", USUAL, {"quote": None}),
        (
            "diagnostic-seul",
            {"decision": "refused", "return-reassemble": {"movement_out": "no"}},
            {"quote": None, "complaint_of": "2026-0000"},
        ),
    ):
        work = work_on(Truth(), tree, **order)
        work.desk._pinned = _PINNED
        yield work, answers


@cache
def tried() -> Tried:
    """Walk the orders and try every support that has not held yet, one of each kind for each criterion."""
    found = Tried()
    done: set[tuple[str, SupportKind]] = set()
    for work, answers in _orders():
        while work.step is not None:
            sign_in(work, PEOPLE[work.step.role])
            settle_alerts(work, PEOPLE)
            sign_in(work, PEOPLE[work.step.role])
            _try_all(work, answers, found, done)
            do_step(work, answers)
        found.orders += (work,)
    return found


def _try_all(work: Work, answers: Mapping[str, Any], found: Tried, done: set[tuple[str, SupportKind]]) -> None:
    step = work.step
    assert step is not None
    usual = answers.get(step.id, {})
    for code in sorted(step.all_criteria()):
        for support in supports(work.procedure, step, code):
            attempt = _attempt(code, support.kind)
            if attempt is None or (code, support.kind) in done:
                continue
            said = f"{work.procedure.id} {step.id}: {support.kind} {support.what}"
            try:
                tried_it = attempt(begun(fork(work)), step, support, usual)
            except AssertionError as wrong:
                found.failed[code].append(f"{said}: {wrong}")
                continue
            if tried_it:
                done.add((code, support.kind))
                found.held[code].append(said)


def _attempt(code: str, kind: SupportKind) -> Attempt | None:
    """Return how this kind of support is tried for this criterion, None where it is not what the criterion rests on."""
    match criteria()[code].kind:
        case CriterionKind.CHECK:
            return above_the_level if kind is SupportKind.FIELD else ATTEMPTS.get(kind)
        case CriterionKind.ALERT:
            return alerted if kind in (SupportKind.ALERT, SupportKind.STOP) else None
        case CriterionKind.FIELD:
            fields = (SupportKind.FIELD, SupportKind.TICK, SupportKind.COUNT, SupportKind.EACH)
            return left_out if kind in fields else None
        case _:
            return signed_by_another if kind is SupportKind.SIGNOFF else None


def fork(work: Work) -> Work:
    """The same order on another bench, from its record alone."""
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    desk = a_desk(copy.deepcopy(pool.truth), house=work.desk.house)
    desk._pinned = _PINNED
    journal = work.desk.journal
    assert isinstance(journal, MemoryJournal) and isinstance(desk.journal, MemoryJournal)
    desk.clock.time = journal.clock.time  # type: ignore[attr-defined]
    desk.journal.record = list(journal.record)
    return desk.work(work.number)


def begun(work: Work) -> Work:
    assert work.step is not None
    sign_in(work, PEOPLE[work.step.role])
    if work.step.machine:
        work.desk.acknowledge_card(work.step.machine)
    return work


def refused(work: Work, answers: Mapping[str, Any]) -> EtabliError | None:
    """Return what the answers are refused with, None where they are taken."""
    try:
        work.answer(answers, "mesuré deux fois")
    except (Refused, UsageError) as error:
        return error
    return None


def left_out(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """A field that is asked and left empty: the step is not left."""
    work.start()
    full = usual_answers(work, usual)
    wanted = [
        entry
        for entry in work.fields()
        if entry.required
        and entry.id in full
        and (entry.id == support.what or support.what in (_each(step, entry.id), entry.count_in, entry.count_out))
        and (entry.least or entry.kind not in ("lines", "several"))
    ]
    if not wanted:
        return False
    error = refused(work, {name: value for name, value in full.items() if name != wanted[0].id})
    assert isinstance(error, UsageError), "left empty, and the step was left"
    assert str(wanted[0].label) in str(error.what)
    assert work.step == step
    return True


def _each(step: Step, name: str) -> str:
    origin = step.field(name.partition(".")[0])
    return origin.each if origin is not None and "." in name else ""


def refused_answer(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    rule = next(each for each in step.outcome if each.field == support.what and each.refuse)
    work.start()
    error = refused(work, usual_answers(work, {**usual, rule.field: _value(step, rule)}))
    assert isinstance(error, Refused), "the answer was taken"
    assert work.step == step
    return True


def branch(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """Another answer leads another way than the usual one."""
    work.start()
    if step.kind is StepKind.DECISION:
        choice = step.fields[0].choices[-1].id
        work.answer({step.fields[0].id: choice}, "vu")
        assert work.state.ends[-1].outcome == choice
        return True
    rule = next((each for each in step.outcome if each.field == support.what and each.result), None)
    if rule is None:
        return False
    error = refused(work, usual_answers(work, {**usual, rule.field: _value(step, rule)}))
    assert error is None, str(error)
    assert work.state.ends[-1].outcome == rule.result
    return True


def _value(step: Step, rule: Rule) -> str:
    """Return an answer that the rule is about."""
    if not rule.equals.startswith("!"):
        return rule.equals.split("|")[0]
    entry = step.field(rule.field)
    assert entry is not None
    others = rule.equals[1:].split("|")
    return next(each for each in ([c.id for c in entry.choices] or ["yes", "no"]) if each not in others)


def alerted(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """The choice tells the hierarchy: who, what, at which step; a blocking one holds the order up until decided."""
    entry, choice = next(
        ((entry, choice) for entry in step.fields for choice in entry.choices if choice.alert == support.what),
        (None, None),
    )
    if entry is None or choice is None or entry.each:
        return False
    work.start()
    given = [choice.id] if entry.kind == "several" else choice.id
    before = len(work.state.alerts)
    error = refused(work, usual_answers(work, {**usual, entry.id: given}))
    assert error is None, str(error)
    raised = [each for each in work.state.alerts[before:] if each.kind == support.what]
    assert raised, "no alert"
    assert (raised[0].step, bool(raised[0].by), bool(raised[0].at)) == (step.id, True, True)
    if choice.blocking and work.step is not None and work.step.kind is not StepKind.SIGNOFF:
        assert work.refusal() is not None, "the order goes on"
    return True


def counted(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """One piece more or less than came out is not closed in."""
    entry = next((each for each in step.fields if each.count_in == support.what), None)
    if entry is None:
        return left_out(work, step, support, usual)
    work.start()
    full = usual_answers(work, usual)
    if entry.id not in full:
        return False
    error = refused(work, {**full, entry.id: int(full[entry.id]) + 1})
    assert isinstance(error, Refused) and error.refusal.rule == "G-27", "one piece too many went in"
    return True


def failed_verdict(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """A value out of tolerance leads where the data says for a failure, never on as if it had passed."""
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    pool.truth = copy.deepcopy(BROKEN)
    work.start()
    while (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task)
    assert work.outcome() == "fail", f"the outcome is {work.outcome()}"
    work.confirm("")
    assert work.step is not None and work.step.id == step.next["fail"]
    return True


def signed_by_another(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """Who has another role does not sign."""
    sign_in(work, PEOPLE[OTHER[step.role]])
    refusal = work.refusal()
    assert refusal is not None, "anybody may sign"
    return True


def guarded(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """A choice that a guard stands before is refused by that guard."""
    found = [
        (entry, choice)
        for entry in step.fields
        for choice in entry.choices
        if choice.guard == support.what and not entry.each
    ]
    if not found:
        return False
    entry, choice = found[0]
    work.start()
    error = refused(work, usual_answers(work, {**usual, entry.id: choice.id}))
    assert isinstance(error, Refused) and error.refusal.rule == support.what, "the choice was taken"
    return True


def above_the_level(work: Work, step: Step, support: Support, usual: Mapping[str, Any]) -> bool:
    """Work of a higher level than the technician's waits for the hierarchy (G-25)."""
    entry = step.field(support.what)
    if entry is None or entry.fact != "level_needed":
        return False
    work.start()
    work.answer(usual_answers(work, {**usual, entry.id: "4"}))
    work.desk.sign_in(BEGINNER)
    refusal = work.refusal()
    assert refusal is not None and refusal.rule == "G-25", "a beginner goes on"
    return True


ATTEMPTS: dict[SupportKind, Attempt] = {
    SupportKind.TICK: left_out,
    SupportKind.EACH: left_out,
    SupportKind.REFUSAL: refused_answer,
    SupportKind.BRANCH: branch,
    SupportKind.STOP: alerted,
    SupportKind.ALERT: alerted,
    SupportKind.COUNT: counted,
    SupportKind.VERDICT: failed_verdict,
    SupportKind.SIGNOFF: signed_by_another,
    SupportKind.GUARD: guarded,
}
