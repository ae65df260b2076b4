"""Which decision rule counts: the step's, else the profile's, else the house's; it is printed with the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scripted import HOUSE, Truth
from test_procedure_walk import measure_step, walk, work_on

from bench.conformity import GUARD_BAND_U, GUARDED_REJECTION, ISO_14253_1, SIMPLE, DecisionRule, State
from bench.house import House
from bench.work import Work


def mean_rate(work: Work) -> tuple[State, DecisionRule | None]:
    walk(work, until="timing-before")
    measure_step(work)
    found = next(e for e in work.judged() if e.measurement.quantity.id == "mean_rate")
    return found.verdict.state, found.verdict.rule


def test_where_nobody_says_otherwise_iso_14253_1_decides() -> None:
    assert mean_rate(work_on(Truth(rate=6.8), "controle-mecanique")) == (State.CONDITIONALLY_CONFORMING, ISO_14253_1)


@pytest.mark.parametrize(
    ("rule", "state"), [(SIMPLE, State.CONFORMING), (GUARD_BAND_U, State.CONDITIONALLY_CONFORMING)]
)
def test_the_house_chooses_for_profiles_that_state_none(rule: DecisionRule, state: State) -> None:
    assert mean_rate(work_on(Truth(rate=6.8), "controle-mecanique", house=replace(HOUSE, rule=rule))) == (state, rule)


def test_a_profile_that_states_a_rule_is_obeyed() -> None:
    work = work_on(Truth(rate=6.8), "controle-mecanique", house=replace(HOUSE, rule=SIMPLE))
    assert work.watch.calibre is not None
    work.watch = replace(work.watch, calibre=replace(work.watch.calibre, rule=GUARD_BAND_U))
    assert mean_rate(work)[1] == GUARD_BAND_U


def test_a_step_for_a_supplier_claim_states_guarded_rejection_itself() -> None:
    work = work_on(Truth(rate=7.2), "controle-mecanique")
    walk(work, until="timing-before")
    step = work.step
    assert step is not None and step.measure is not None
    claim = step.model_copy(update={"measure": step.measure.model_copy(update={"rule": GUARDED_REJECTION.id})})
    steps = tuple(claim if s.id == step.id else s for s in work.procedure.step)
    work.procedure = work.procedure.model_copy(update={"step": steps})
    assert mean_rate(work) == (State.CONDITIONALLY_CONFORMING, GUARDED_REJECTION)


def test_the_house_rule_survives_the_record() -> None:
    house = House("Maison", HOUSE.residual_field_max, rule=GUARD_BAND_U)
    assert House.from_json(house.to_json()) == house
