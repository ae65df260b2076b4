"""Random walks through every procedure: states that must not be reached are looked for after each move.

`ETABLI_WALK_STEPS` sets how many moves are made (default 2,000; `make walk` makes 100,000). The seed is printed on
failure and can be set with `ETABLI_WALK_SEED`.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import date

import pytest
from scripted import CONTROLLER, TECHNICIAN, ScriptedPool, Truth, a_desk, an_order, later

from bench.conformity import State
from bench.errors import Refused, UsageError
from bench.events import Event, EventKind
from bench.instrument import InstrumentError, LinkLost, NoReply
from bench.metrology import CalibrationState
from bench.procedure.model import Step, StepKind
from bench.procedure.fold import apply, fold
from bench.procedure.state import OrderState
from bench.work import Work

STEPS = int(os.environ.get("ETABLI_WALK_STEPS", "2000"))
SEED = int(os.environ.get("ETABLI_WALK_SEED", str(random.SystemRandom().randrange(2**32))))
PROCEDURES = ("controle-mecanique", "changement-de-pile", "etancheite-et-joints")


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


def answers(step: Step, dice: random.Random) -> dict[str, str]:
    """Answers as a hurried person might give them: mostly right, sometimes wrong, sometimes none."""
    found = {}
    for field in step.fields:
        match field.kind:
            case "tick":
                found[field.id] = "yes"
            case "yesno":
                good = "no" if field.id.startswith(("moisture", "fog", "bubbles", "follows")) else "yes"
                bad = "yes" if good == "no" else "no"
                found[field.id] = good if dice.random() < 0.85 else bad
            case "choice":
                found[field.id] = dice.choice(field.choices).id
            case "number":
                found[field.id] = dice.choice(["1 bar", "3 bar", "10 bar"])
            case _:
                found[field.id] = "vu"
        if dice.random() < 0.02:
            del found[field.id]
    return found


def move(work: Work, dice: random.Random) -> None:
    """Do something at random at the bench; refusals and interruptions are part of the day."""
    step = work.step
    assert step is not None
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    chance = dice.random()
    if chance < 0.1:
        work.desk.sign_in(dice.choice([TECHNICIAN, CONTROLLER]))
    elif chance < 0.13:
        later(work.desk, hours=dice.choice([1, 30]))
    elif chance < 0.16:
        pool.fail_next = dice.choice([LinkLost("x"), NoReply("x")])
    elif not work.state.started:
        work.start()
    elif step.kind is not StepKind.MEASUREMENT:
        work.answer(answers(step, dice))
    elif (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task)
    elif dice.random() < 0.2:
        work.repeat(dice.choice(["", "mal posée"]))
    else:
        work.confirm(dice.choice(["", "accepté"]))


def forbidden(before: OrderState, event: Event, work: Work) -> str | None:
    """Name the promise that this event breaks in the state before it, None where it breaks none."""
    payload = event.payload
    if event.kind is EventKind.STEP_ANSWERED:
        step = work.procedure.get(payload["step"])
        assert step is not None
        if "G-12" in step.guards:
            dry = before.dry
            if dry is None or not dry.passed or dry.closure != before.closure:
                return "a wet test without a dry pass on this closure"
        if step.intervention and before.order.quote is None:
            return "an intervention without a signed quote"
        if step.id == "regulate" and before.magnetised is not False:
            return "regulation of a watch that is, or may be, magnetised"
    if event.kind is EventKind.MEASURED:
        for entry in payload["judged"]:
            stated = entry["verdict"]["state"] != State.REFUSED.value
            if stated and not CalibrationState(entry["measurement"]["instrument"]["calibration"]).proves:
                return "a verdict by an instrument that is not valid"
        if payload["dry_test"] and (before.case_open or before.facts.get("moisture_visible") == "yes"):
            return "pressure on an open or wet case"
    if event.kind is EventKind.ORDER_CLOSED:
        if not before.signed:
            return "a closed sheet without final control"
        if before.case_open or before.magnetised:
            return "a closed sheet with gaps"
    if event.kind is EventKind.SIGNED and event.operator != CONTROLLER.id:
        return "a final control by the wrong person"
    if event.operator is None and event.kind is not EventKind.REFUSED:
        return "a step by nobody"
    return None


def walk(procedure: str, dice: random.Random, moves: int) -> tuple[int, str | None]:
    """Walk one order for at most `moves`; return how many were made and the promise that was broken."""
    issued = dice.choice([date(2026, 8, 14), date(2026, 8, 14), date(2024, 1, 1)])
    desk = a_desk(some_watch(dice), issued=issued)
    changes = {"quote": None} if dice.random() < 0.2 else {}
    desk.open_order(an_order(procedure, **changes))
    work = desk.work("2026-0001")
    seen = list(desk.journal.events(order=work.number))
    state = fold(seen)
    for made in range(1, moves + 1):
        with suppress(Refused, UsageError, InstrumentError):
            move(work, dice)
        for event in desk.journal.events(order=work.number, after=seen[-1].seq):
            broken = forbidden(state, event, work)
            if broken:
                return made, broken
            state = apply(state, event)
            seen.append(event)
        if state != work.state:
            return made, "a state that is not the fold of its events"
        if work.closed or work.step is None:
            return made, None if work.closed else "the end without a closed sheet"
    return moves, None


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("procedure", PROCEDURES)
def test_no_walk_reaches_a_forbidden_state(procedure: str) -> None:
    dice = random.Random(f"{SEED}{procedure}")
    left, closed = STEPS // len(PROCEDURES), 0
    while left > 0:
        made, broken = walk(procedure, dice, min(left, 400))
        assert broken is None, f"{broken} (ETABLI_WALK_SEED={SEED})"
        left -= made
        closed += made < 400
    assert closed, "no walk came to its end: the walk tests nothing"
