"""Random walks through the five trees: what must never happen is looked for after each move.

A hypothesis state machine. Each walk begins somewhere in a tree, where careful people have brought the order; from
there anybody does anything: hurried answers, skips, repeats, decisions, corrections, broken links, days that pass.
`ETABLI_WALK_STEPS` sets how many moves are made in all (default 2,000; `make walk` makes 100,000).
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from scripted import CONTROLLER, TECHNICIAN, ScriptedPool, Truth, later
from tree_walk import MANAGER, RECEPTION, do_step, sign_in, usual, usual_answers, work_on

from bench import hierarchy
from bench.conformity import State
from bench.errors import EtabliError
from bench.events import Event, EventKind
from bench.instrument import InstrumentError, LinkLost, NoReply
from bench.metrology import CalibrationState
from bench.people import Role
from bench.procedure.fold import apply, fold
from bench.procedure.guards import acts_of
from bench.procedure.model import Act, FormField, StepKind
from bench.procedure.state import OrderState
from bench.quantities import Value
from bench.work import Work

STEPS = int(os.environ.get("ETABLI_WALK_STEPS", "2000"))
MOVES = 60
PROCEDURES = (
    "controle-mecanique",
    "revision-complete",
    "changement-de-pile",
    "echange-mouvement-quartz",
    "etancheite-et-joints",
    "diagnostic-seul",
)
PEOPLE = (TECHNICIAN, TECHNICIAN, TECHNICIAN, CONTROLLER, MANAGER, RECEPTION)
SEEDS = st.integers(0, 2**32 - 1)


def some_watch(dice: random.Random) -> Truth:
    return Truth(
        rate=dice.choice([3.0, 6.5, 7.2, 25.0]),
        amplitude=dice.choice([285.0, 202.0, 180.0]),
        residual=dice.choice([0.0, 0.0, 0.098, 1.5]),
        leak=dice.choice([10.0, 47.0, 52.0, 120.0]),
        big_leak=dice.random() < 0.1,
        battery=dice.choice([1.56, 1.49, 1.2]),
        consumption=dice.choice([0.8, 3.0]),
        signal=dice.choice([0.98, 0.98, 0.05]),
        mends=dice.random() < 0.8,
    )


def hurried(work: Work, dice: random.Random) -> dict[str, Any]:
    """Answers as a hurried person might give them: mostly as usual, sometimes another way, sometimes none."""
    found = usual_answers(work, {})
    for entry in work.fields():
        if entry.id in found and dice.random() < 0.15:
            found[entry.id] = _otherwise(entry, dice)
        if dice.random() < 0.01:
            found.pop(entry.id, None)
    return found


def _otherwise(entry: FormField, dice: random.Random) -> Any:
    match entry.kind:
        case "yesno":
            return dice.choice(["yes", "no"])
        case "choice":
            return dice.choice(entry.choices).id
        case "several":
            return [choice.id for choice in entry.choices if dice.random() < 0.4]
        case "number":
            return dice.choice([0, 1, 3, 10])
        case "lines":
            return []
        case _:
            return usual(entry)


def forbidden(before: OrderState, event: Event, work: Work) -> str | None:
    """Name the promise that this event breaks in the state before it, None where it breaks none."""
    payload = event.payload
    step = work.procedure.get(str(payload.get("step", "")))
    acts = acts_of(step) if step is not None else frozenset()
    if event.kind in (EventKind.STEP_ANSWERED, EventKind.MEASURED) and step is not None:
        dry = before.dry
        if Act.IMMERSE in acts and (dry is None or not dry.passed or dry.closure != before.closure):
            return "a wet test after a dry failure, or on another closure"
        if step.intervention and before.order.quote is None:
            return "an intervention without a signed quote"
        if Act.REGULATE in acts and before.magnetised is not False:
            return "regulation of a watch that is, or may be, magnetised"
        if Act.HAND_OVER in acts and _worked_on(before, work) and not _signed(before, Act.FINAL_CONTROL):
            return "a hand-over without final control"
    if event.kind is EventKind.MEASURED:
        for entry in payload["judged"]:
            stated = entry["verdict"]["state"] != State.REFUSED.value
            if stated and not CalibrationState(entry["measurement"]["instrument"]["calibration"]).proves:
                return "a verdict by an instrument that is not valid"
        if payload["dry_test"] and (before.case_open or before.facts.get("moisture_visible") == "yes"):
            return "pressure on an open or wet case"
    if event.kind is EventKind.PROMISE_MOVED and event.operator != MANAGER.id:
        return "a promised date moved by a technician"
    if event.kind is EventKind.LIFTED and event.operator != MANAGER.id:
        return "a rule lifted by a technician"
    if event.kind is EventKind.ORDER_CLOSED:
        if before.case_open or before.magnetised or not before.signatures:
            return "a closed sheet with gaps"
        if any(each.void for each in before.signatures) or any(alert.holds_up for alert in before.alerts):
            return "a closed sheet with a void signature or an open alert"
    if event.kind is EventKind.SIGNED:
        signer = {Role.CONTROLLER.value: CONTROLLER.id, Role.MANAGER.value: MANAGER.id}.get(payload["role"])
        if signer is not None and event.operator != signer:
            return "a signature by the wrong person"
    if event.operator is None and event.kind is not EventKind.REFUSED:
        return "a step by nobody"
    return None


def _worked_on(state: OrderState, work: Work) -> bool:
    done = {end.step for end in state.ends if end.visit > 0 and end.outcome != "back"}
    return any(step.intervention and step.id in done and _in_scope(step.id, state) for step in work.procedure.steps)


def _in_scope(step: str, state: OrderState) -> bool:
    return state.last_end(step) is not None


def _signed(state: OrderState, act: Act) -> bool:
    return any(act.value in each.acts and not each.void for each in state.signatures)


class Workshop(RuleBasedStateMachine):
    """One order, and people who do anything with it."""

    @initialize(procedure=st.sampled_from(PROCEDURES), seed=SEEDS)
    def opened(self, procedure: str, seed: int) -> None:
        dice = random.Random(seed)
        issued = dice.choice([date(2026, 8, 14)] * 4 + [date(2024, 1, 1)])
        changes = {"quote": None} if dice.random() < 0.3 else {}
        self.work = work_on(some_watch(dice), procedure, issued=issued, **changes)
        journal = self.work.desk.journal
        self.seen = list(journal.events(order=self.work.number))
        self.state = fold(self.seen)
        ahead = dice.randrange(len(self.work.procedure.steps))
        for _step in range(ahead):
            if self.over:
                return
            with suppress(EtabliError):
                do_step(self.work)
            self._look()

    @property
    def over(self) -> bool:
        return self.work.closed or self.work.step is None

    def _look(self) -> None:
        """Look at what has been journaled since, and name the promise that it breaks."""
        desk = self.work.desk
        for event in desk.journal.events(order=self.work.number, after=self.seen[-1].seq):
            broken = forbidden(self.state, event, self.work)
            assert broken is None, f"{broken}: {event.kind.value} {dict(event.payload)}"
            self.state = apply(self.state, event)
            self.seen.append(event)
        assert self.state == self.work.state, "a state that is not the fold of its events"

    def _try(self, act: Any, *args: Any, **kwargs: Any) -> None:
        if not self.over:
            with suppress(EtabliError):
                act(*args, **kwargs)
            self._look()

    @rule()
    def a_careful_step(self) -> None:
        self._try(do_step, self.work)

    @rule(seed=SEEDS)
    def a_hurried_step(self, seed: int) -> None:
        self._try(self._hurry, random.Random(seed))

    @rule(seed=SEEDS)
    def another_hurried_step(self, seed: int) -> None:
        self._try(self._hurry, random.Random(seed))

    def _hurry(self, dice: random.Random) -> None:
        work, step = self.work, self.work.step
        assert step is not None
        if not work.state.started:
            work.start()
        elif step.kind is not StepKind.MEASUREMENT:
            work.answer(hurried(work, dice), dice.choice(["", "dit comme le client"]))
        elif (task := work.next_task()) is not None:
            work.prepare(task)
            work.measure(task)
        elif dice.random() < 0.2:
            work.repeat(dice.choice(["", "mal posée"]))
        else:
            work.confirm(dice.choice(["", "accepté"]))

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_signs_in(self, person: Any) -> None:
        self._try(sign_in, self.work, person)

    @rule(hours=st.sampled_from([1, 30, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        self._try(later, self.work.desk, hours=hours)

    @rule(error=st.sampled_from([LinkLost("x"), NoReply("x")]))
    def the_next_run_breaks_off(self, error: InstrumentError) -> None:
        pool = self.work.desk.pool
        assert isinstance(pool, ScriptedPool)
        pool.fail_next = error

    @rule(seed=SEEDS)
    def a_way_beside_the_step(self, seed: int) -> None:
        dice, work, step = random.Random(seed), self.work, self.work.step
        if step is None:
            return
        ways = [lambda: work.skip(dice.choice(step.skip).id if step.skip else "any")]
        ways.append(lambda: work.go_back(dice.choice(step.back) if step.back else step.id, "à refaire"))
        ways.append(lambda: work.give_up("ne se mesure pas"))
        ways.append(lambda: hierarchy.take_over(work, "repris en l’état"))
        self._try(dice.choice(ways))

    @rule(seed=SEEDS)
    def the_hierarchy_is_asked_or_decides(self, seed: int) -> None:
        dice, work = random.Random(seed), self.work
        open_alerts = [alert for alert in work.state.alerts if alert.open]
        ways: list[Any] = [
            lambda: hierarchy.incident(work, dice.randrange(4), "rayure constatée"),
            lambda: hierarchy.move_promise(work, "2027-12-24", reason="pièce", told="téléphone"),
            lambda: hierarchy.lift(work, "vu"),
        ]
        if open_alerts:
            accept = dice.random() < 0.8
            ways += [lambda: hierarchy.decide(work, dice.choice(open_alerts).id, accept=accept, reason="vu")] * 3
        self._try(dice.choice(ways))

    @rule(seed=SEEDS)
    def an_answer_is_corrected_or_signed_again(self, seed: int) -> None:
        dice, work = random.Random(seed), self.work
        answered = [event for event in self.seen if event.kind is EventKind.STEP_ANSWERED and event.payload["answers"]]
        void = [each.step for each in work.state.signatures if each.void]
        if void and dice.random() < 0.7:
            self._try(work.sign_again, void[0])
        elif answered and dice.random() < 0.2:
            event = dice.choice(answered)
            field = dice.choice(sorted(event.payload["answers"]))
            answer = event.payload["answers"][field]
            read = Value.from_json(answer) if isinstance(answer, dict) else answer
            self._try(work.correct, event.seq, {field: read}, "mal lu")

    def teardown(self) -> None:
        if hasattr(self, "work") and self.work.step is None and not self.work.closed:
            gaps = [event for event in self.seen if event.kind is EventKind.REFUSED]
            assert gaps, "the end without a closed sheet, and nothing says why"


@pytest.mark.timeout(3600)
def test_no_walk_reaches_what_must_never_happen() -> None:
    run_state_machine_as_test(
        Workshop,
        settings=settings(
            max_examples=max(1, STEPS // MOVES),
            stateful_step_count=MOVES,
            deadline=None,
            derandomize=False,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
