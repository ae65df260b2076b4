"""Tree v, diagnosis only, walked to its closed sheet or on to another procedure of the same order, on each branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from scripted import PROCEDURES, TECHNICIAN, Truth
from tree_walk import (
    MANAGER,
    PEOPLE,
    branches,
    do_step,
    give_up,
    limited,
    possible,
    refusing,
    sign_in,
    usual_answers,
    walk_tree,
    work_on,
)

from bench import hierarchy
from bench.errors import Refused
from bench.events import Draft, EventKind
from bench.order import Family, Watch
from bench.work import Work

TREE = "diagnostic-seul"
PROCEDURE = PROCEDURES.get(TREE)
QUARTZ = Watch(
    "Test",
    "Quartz",
    case_number="1",
    family=Family.QUARTZ,
    calibre="ronda-505",
    case="case-3-bar",
    water_resistance="30 m",
)
BACK = {"decision": "refused"}


@dataclass(frozen=True)
class Way:
    """One way through the tree: the branches it must take, what is answered otherwise than usual, the watch."""

    takes: tuple[tuple[str, str], ...]
    answers: dict[str, Any] = field(default_factory=dict)
    watch: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)


def demagnetised_at_last(work: Work) -> None:
    """Look for the magnet near the bench, take it away, and demagnetise again."""
    work.desk.pool.truth.mends = True  # type: ignore[attr-defined]
    work.start()
    work.answer({"way": "again"})


def part_replaced(work: Work) -> None:
    """Look for the part that stays magnetised: it comes out of the watch."""
    work.desk.pool.truth.residual = 0.0  # type: ignore[attr-defined]
    work.start()
    work.answer({"way": "cause"})


def quartz(takes: tuple[tuple[str, str], ...], answers: dict[str, Any] | None = None, **watch: Any) -> Way:
    return Way(takes, {**BACK, **(answers or {})}, watch, {"watch": QUARTZ})


def worked_on_before(work: Work) -> None:
    """Come from a procedure of the same order that has already done something to the watch."""
    step = work.step
    assert step is not None
    done = {"step": "earlier", "visit": 1, "outcome": "done", "next": step.id, "reason": "", "intervention": True}
    work.record([Draft(EventKind.STEP_DONE, done)])
    do_step(work)


CONTROLLED = {**BACK, "greeting": worked_on_before}


def refused_by_control(cause: str) -> Way:
    answers = {**CONTROLLED, "control-sign": [{"result": cause}, {}]}
    return Way((("control-sign", cause), ("control-sign", "done")), answers)


WAYS: dict[str, Way] = {
    "worked on before": Way((("control-sign", "done"),), CONTROLLED),
    **{
        f"worked on before, refused for {cause}": refused_by_control(cause)
        for cause in ("timing", "water", "functions")
    },
    **{f"worked on before, refused for {cause}": refused_by_control(cause) for cause in ("looks", "sheet")},
    "sound, and back": Way((("decision", "refused"), ("opening", "yes")), BACK),
    "the maker is proposed": Way((("decision", "external"),), {"decision": "external"}),
    "on to the full service": Way((("decision", "service"),), {"decision": "service"}),
    "on to the gaskets": Way((("decision", "gaskets"),), {"decision": "gaskets"}),
    "on to the exchange of the movement": Way(
        (("decision", "exchange"),), {"decision": "exchange"}, order={"watch": QUARTZ}
    ),
    "not opened": Way((("opening", "no"),), {**BACK, "opening": "no"}),
    "the price is refused": Way((("opening", "refused"),), {"opening": "refused"}),
    "the manager sends the pre-quote back": Way(
        (("pre-quote-validation", "refused"),), {**BACK, "pre-quote-validation": [{"agreed": "no"}, {}]}
    ),
    "something is missing from the file": Way(
        (("review-complete", "asked"),), {**BACK, "review-complete": [{"complete": "asked"}, {}]}
    ),
    "out of tolerance, closed and bare": Way((("timing", "fail"), ("timing-bare", "fail")), BACK, {"rate": 60.0}),
    "no timing machine": Way(
        (("timing", "not-measured"), ("timing-bare", "not-measured")),
        {**BACK, "timing": give_up, "timing-bare": give_up},
    ),
    "magnetised": Way((("magnetism-field", "fail"),), BACK, {"residual": 1.5}),
    "no field meter": Way((("magnetism-field", "not-measured"),), {**BACK, "magnetism-field": give_up}),
    "no field meter, and the needle follows": Way(
        (("demagnetise-field", "not-measured"),),
        {
            **BACK,
            "magnetism-field": give_up,
            "magnetism-compass": {"follows": "yes"},
            "demagnetise-field": give_up,
        },
    ),
    "magnetised, and stays so for a while": Way(
        (("demagnetise-field", "fail"), ("demagnetise-still", "again")),
        {**BACK, "demagnetise-still": demagnetised_at_last},
        {"residual": 1.5, "mends": False},
    ),
    "a part stays magnetised": Way(
        (("demagnetise-still", "cause"),),
        {**BACK, "demagnetise-still": part_replaced},
        {"residual": 1.5, "mends": False},
    ),
    "it leaks": Way((("dry-test", "fail"),), BACK, {"leak": 120.0}),
    "the tester breaks off": Way((("dry-test", "not-measured"),), {**BACK, "dry-test": give_up}),
    "not testable at the counter": Way(
        (("condition-inspect", "not-testable"),), {**BACK, "condition-inspect": {"glass_sound": "no"}}
    ),
    "not testable at the bench": Way(
        (("prepare-inspect", "not-testable"),), {**BACK, "prepare-inspect": {"moisture_visible": "yes"}}
    ),
    "opened by the glass": Way((("open-type", "monobloc"),), {**BACK, "open-type": {"case_type": "monobloc"}}),
    "the manager asks for other tests": Way(
        (("validation", "refused"),), {**BACK, "validation": [{"agreed": "no"}, {}]}
    ),
    "a quartz watch": quartz((("decision", "refused"),)),
    "a quartz out of tolerance": quartz((("rate", "fail"), ("rate-bare", "fail")), quartz_rate=9.0),
    "a quartz that draws too much": quartz((("consumption", "fail"),), consumption=9.0),
    "no quartz tester": quartz(
        (("rate", "not-measured"), ("consumption", "not-measured"), ("rate-bare", "not-measured")),
        {"rate": give_up, "consumption": give_up, "rate-bare": give_up},
    ),
    "the manager asks for better words": Way((("close", "refused"),), {**BACK, "close": [{"sheet": "incident"}, {}]}),
    "the customer does not come": Way(
        (("hand-over-call", "absent"), ("uncollected", "waits")),
        {**BACK, "hand-over-call": [{"customer": "absent"}, {}], "uncollected": [{"next": "year"}, {}]},
    ),
    "a complaint": Way(
        (("complaint-agreement", "refused"),),
        {**BACK, "complaint-agreement": [{"agreed": "no"}, {}], "complaint-complexity": {"complexity": "injury"}},
        order={"complaint_of": "2026-0000"},
    ),
}


@cache
def walked(name: str) -> Work:
    """Walk to the closed sheet, or to where the order goes on with another procedure."""
    way = WAYS[name]
    work = work_on(Truth(**way.watch), TREE, **{"quote": None, **way.order})
    while work.step is not None and work.procedure.id == TREE:
        do_step(work, way.answers)
    return work


@pytest.mark.parametrize("name", WAYS)
def test_every_way_ends_with_a_closed_sheet_or_goes_on(name: str) -> None:
    work = walked(name)
    assert work.closed or name.startswith("on to ")
    assert set(WAYS[name].takes) <= branches(work)


def test_every_branch_of_the_data_is_walked() -> None:
    taken = {branch for name in WAYS for branch in branches(walked(name))}
    assert possible(PROCEDURE) <= taken


@pytest.mark.parametrize(
    ("name", "procedure"),
    [
        ("on to the full service", "revision-complete"),
        ("on to the gaskets", "etancheite-et-joints"),
        ("on to the exchange of the movement", "echange-mouvement-quartz"),
    ],
)
def test_what_was_diagnosed_is_not_done_again_on_the_same_order(name: str, procedure: str) -> None:
    work = walked(name)
    assert work.procedure.id == procedure and not work.closed
    assert work.state.visits["condition-case"] == 1
    assert "REC-05" in work.state.carried and "DIA-07" in work.state.carried
    assert work.step is not None and not work.step.module.startswith(("REC-0", "CUS-", "DIA-"))


def test_without_consent_the_watch_stays_closed() -> None:
    work = walked("not opened")
    assert work.state.closure == 1
    assert not any(work.state.visits.get(step) for step in ("open-open", "bare", "timing-bare", "observation-look"))
    assert work.state.visits["timing"] == 1


def test_a_watch_that_was_opened_goes_back_with_a_reservation_and_no_water_resistance() -> None:
    work = walked("sound, and back")
    assert work.state.closure == 2
    assert work.state.facts["water_resistance"] == "reserved" and work.state.facts["waiver_reference"]


def test_a_magnetised_watch_is_timed_as_found_labelled_so_and_does_not_leave_magnetised() -> None:
    work = walked("magnetised")
    as_found = [entry for task in work.state.tasks if task.step == "timing" for entry in task.judged]
    assert {entry.measurement.conditions["tag"]["en"] for entry in as_found} == {"before demagnetisation"}
    assert work.state.visits["demagnetise-coil"] == 1 and work.state.magnetised is False


def test_a_diagnosis_that_was_sent_back_is_not_opened_twice() -> None:
    work = walked("the manager asks for other tests")
    assert work.state.visits["plan"] == 2 and work.state.visits["validation"] == 2
    assert work.state.visits["open-open"] == 1


def test_water_inside_calls_the_customer() -> None:
    work = work_on(Truth(), TREE, quote=None)
    walk_tree(work, {**BACK, "open-marks": {"inside": "water"}, "observation-look": {"oxidation": "active"}})
    assert work.closed and "urgent" in work.state.alert_kinds


# -- what the data refuses, what is queried --------------------------------------------------------------------------


def probe(work: Work, tried: set[tuple[str, str]]) -> None:
    """Answer the current step as its data refuses, and see it stay where it is."""
    step = work.step
    assert step is not None
    for rule in step.outcome:
        if rule.refuse is None:
            continue
        sign_in(work, PEOPLE[step.role])
        work.start()
        with pytest.raises(Refused) as refusal:
            work.answer({**usual_answers(work, {rule.field: rule.equals}), rule.field: rule.equals})
        assert refusal.value.refusal.rule == step.id
        assert work.step == step
        tried.add((step.id, rule.field))


def test_every_answer_that_the_data_refuses_is_refused_and_the_step_stays() -> None:
    tried: set[tuple[str, str]] = set()
    work = work_on(Truth(), TREE, quote=None)
    while work.step is not None:
        probe(work, tried)
        do_step(work, BACK)
    assert work.closed and tried == refusing(PROCEDURE)


def until(step: str, answers: dict[str, Any] | None = None, **order: Any) -> Work:
    work = work_on(Truth(), TREE, **{"quote": None, **order})
    walk_tree(work, answers or {}, until=step)
    assert work.step is not None
    sign_in(work, PEOPLE[work.step.role])
    return work


def refusal_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.refusal.rule


def test_words_that_say_nothing_are_queried_and_stay_with_a_reason() -> None:
    work = until("review-request")
    work.start()
    answers = usual_answers(work, {"request": "marche pas"})
    assert refusal_of(lambda: work.answer(answers)) == "vocabulary"
    work.answer(answers, "ce sont les mots du client")
    assert work.step is not None and work.step.id == "review-complete"


def test_g02_an_incomplete_order_does_not_leave_the_counter() -> None:
    work = work_on(Truth(), TREE, quote=None, request="")
    walk_tree(work, until="request")
    assert work.order.request == ""
    walk_tree(work, until="slip")
    assert work.order.request  # asked for at the counter, and filled in
    work.state = _without_promise(work)
    assert refusal_of(work.start) == "G-02"


def _without_promise(work: Work) -> Any:
    from dataclasses import replace

    return replace(work.state, order=replace(work.order, promised=""))


def test_g03_no_custody_of_a_watch_whose_map_has_a_gap() -> None:
    from dataclasses import replace

    work = until("custody")
    facts = {name: value for name, value in work.state.facts.items() if name != "zone.hands"}
    work.state = replace(work.state, facts=facts)
    assert refusal_of(work.start) == "G-03"


def test_a_zone_that_is_not_in_order_needs_its_note() -> None:
    from bench.errors import UsageError

    work = until("condition-case")
    work.start()
    answers = usual_answers(work, {"glass": "scratched"})
    assert answers["glass_note"]
    with pytest.raises(UsageError, match="not complete"):
        work.answer({name: value for name, value in answers.items() if name != "glass_note"})
    work.answer(answers)
    assert work.state.facts["zone.glass"] == "scratched"


def test_g39_the_diagnosis_waits_for_the_manager_in_person() -> None:
    work = until("validation")
    sign_in(work, TECHNICIAN)
    assert refusal_of(work.start) == "G-39"


def test_g24_an_additional_quote_does_not_move_the_promised_date() -> None:
    work = until("decision")
    promised = work.order.promised
    walk_tree(work, {"decision": "gaskets", "continued-found": {}}, until="continued-consent")
    assert work.order.promised == promised


# -- loops ------------------------------------------------------------------------------------------------------------

CIRCLES: dict[str, Way] = {
    "review-complete": Way((), {"review-complete": {"complete": "asked"}}),
    "demagnetise-coil": Way((), {**BACK, "demagnetise-still": "again"}, {"residual": 1.5, "mends": False}),
    "complaint-agreement": Way((), {"complaint-agreement": {"agreed": "no"}}, order={"complaint_of": "2026-0000"}),
}


@pytest.mark.parametrize("step", CIRCLES)
def test_work_that_turns_in_a_circle_goes_to_the_manager(step: str) -> None:
    way = CIRCLES[step]
    work = work_on(Truth(**way.watch), TREE, **{"quote": None, **way.order})
    with pytest.raises(Refused) as refusal:
        walk_tree(work, way.answers)
    assert refusal.value.refusal.rule == "loop"
    visits = work.state.visits[step]
    sign_in(work, MANAGER)
    hierarchy.lift_rule(work, "loop", f"{step}:{visits}", "encore une fois")
    while work.state.visits[step] == visits:
        do_step(work, way.answers)
    assert work.state.visits[step] == visits + 1


def test_each_step_with_a_limit_has_a_circle_above() -> None:
    assert limited(PROCEDURE) == set(CIRCLES)


def test_the_record_taken_up_again_stands_where_it_was_left_at_every_step() -> None:
    work = work_on(Truth(rate=60.0, leak=120.0), TREE, quote=None)
    while work.step is not None:
        again = work.desk.work(work.number)
        assert again.state == work.state and again.step == work.step
        do_step(again, BACK)
        work = again
    assert work.closed
