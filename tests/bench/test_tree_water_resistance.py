"""Tree iv, water resistance and gaskets, walked to its closed sheet: the plain way and each of its branches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from scripted import PROCEDURES, TECHNICIAN, Truth, later
from tree_walk import (
    MANAGER,
    PEOPLE,
    branches,
    do_step,
    give_up,
    limited,
    measure,
    possible,
    refusing,
    sign_in,
    usual_answers,
    walk_tree,
    work_on,
)

from bench import hierarchy
from bench.conformity import State
from bench.errors import Refused
from bench.order import Family, Watch
from bench.quantities import Value
from bench.work import Work

TREE = "etancheite-et-joints"
PROCEDURE = PROCEDURES.get(TREE)
QUARTZ = Watch("Test", "Quartz", case_number="1", family=Family.QUARTZ, calibre="ronda-505", case="case-3-bar")
NO_PROFILE = Watch("Test", "Sans profil", case_number="1", family=Family.QUARTZ, calibre="ronda-505")
LEAKS = {"leak": 120.0}
NOT_RESISTANT = {"reception-watch": {"engraved": "rien"}}


@dataclass(frozen=True)
class Way:
    """One way through the tree: the watch, what is answered otherwise than usual, and the branches it must take."""

    takes: tuple[tuple[str, str], ...]
    answers: dict[str, Any] = field(default_factory=dict)
    watch: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)


def untestable(step: str) -> dict[str, Any]:
    return {step: [{"crown_present": "no"}, {}]}


def refused(cause: str) -> list[dict[str, str]]:
    return [{"result": cause}, {}]


def mended_on_the_second_gasket(work: Work) -> None:
    """Fit the gaskets; the first time they do not help."""
    truth = work.desk.pool.truth  # type: ignore[attr-defined]
    truth.mends = work.state.visits.get("joints", 0) > 0
    work.start()
    work.answer(usual_answers(work, {}))


def rate_recovers(work: Work) -> None:
    work.desk.pool.truth.rate = 3.0  # type: ignore[attr-defined]
    work.start()
    work.answer({"way": "again"})


WAYS: dict[str, Way] = {
    "tight and left closed": Way((("decide-gaskets", "leave"), ("decide-wet", "no"), ("risk", "accepted"))),
    "gaskets by age, then water": Way(
        (("decide-gaskets", "gaskets"), ("decide-wet", "wet")), {"decide-gaskets": "gaskets", "decide-wet": "wet"}
    ),
    "a leak found on the empty case": Way((("dry-test", "fail"), ("decide-leak", "repair")), watch=LEAKS),
    "a large leak": Way((("dry-test", "fail"),), watch={"big_leak": True}),
    "gaskets that do not help at first": Way(
        (("dry-test-after", "fail"),), {"joints": mended_on_the_second_gasket}, LEAKS
    ),
    "a leak, and the watch goes back": Way((("decide-leak", "return"),), {"decide-leak": "return"}, LEAKS),
    "a tester that breaks off": Way(
        (("dry-test", "not-measured"), ("decide-leak", "return")), {"dry-test": give_up, "decide-leak": "return"}
    ),
    "a tester that breaks off on the new closure": Way(
        (("dry-test-after", "not-measured"),),
        {"decide-gaskets": "gaskets", "dry-test-after": [give_up, {}], "decide-leak": "repair"},
    ),
    "put right at the counter": Way(
        (("condition-inspect", "not-testable"), ("repair-first", "lifted")), untestable("condition-inspect")
    ),
    "repaired before any test": Way(
        (("repair-first", "quote"), ("repair-quote-answer", "other")),
        {**untestable("condition-inspect"), "repair-first": "quote", "repair-quote-answer": [{"answer": "other"}, {}]},
    ),
    "repair refused": Way(
        (("repair-quote-answer", "refused"),),
        {**untestable("condition-inspect"), "repair-first": "quote", "repair-quote-answer": {"answer": "refused"}},
    ),
    "not testable, and back": Way(
        (("repair-first", "return"),), {**untestable("condition-inspect"), "repair-first": "return"}
    ),
    "the test is refused": Way((("risk", "refused"),), {"risk": "refused"}),
    "nothing engraved, lowest profile": Way((("not-resistant", "lowest"),), NOT_RESISTANT),
    "nothing engraved, and back": Way((("not-resistant", "return"),), {**NOT_RESISTANT, "not-resistant": "return"}),
    "the tester is outside its limits": Way((("tester", "outside"),), {"tester": [{"result": "outside"}, {}]}),
    "a fault seen at the bench": Way(
        (("prepare-inspect", "not-testable"),), {**untestable("prepare-inspect"), "decide-leak": "repair"}
    ),
    "a fault seen on the new closure": Way(
        (("prepare-after-inspect", "not-testable"),),
        {"decide-gaskets": "gaskets", **untestable("prepare-after-inspect"), "decide-leak": "repair"},
    ),
    "a case opened by the glass": Way((("open-type", "monobloc"),), {"open-type": {"case_type": "monobloc"}}, LEAKS),
    "a movement that is taken out afterwards": Way(
        (("dry-test", "fail"),), {"open-open": {"movement_out": "no"}}, LEAKS
    ),
    "dust under the glass": Way((("dust", "dust"),), {"dust": [{"seen": "dust", "pieces": 2}, {}]}, LEAKS),
    "beyond the quote, and refused": Way(
        (("more-answer", "refused"),), {"scope": {"within": "beyond"}, "more-answer": {"answer": "refused"}}, LEAKS
    ),
    "beyond the quote, and signed": Way((("dry-test", "fail"),), {"scope": {"within": "beyond"}}, LEAKS),
    "fog before the water": Way((("fog-before", "fog"),), {"decide-wet": ["wet", "no"], "fog-before": {"fog": "yes"}}),
    "bubbles": Way(
        (("wet", "bubbles"),), {"decide-wet": ["wet", "no"], "wet": {"bubbles": "stream"}, "fog-before": {"fog": "no"}}
    ),
    "fog after the water": Way(
        (("fog-after", "fog"),), {"decide-wet": ["wet", "no"], "fog-after": {"fog": "yes"}, "fog-before": {"fog": "no"}}
    ),
    "the rate has suffered": Way(
        (("function-timing", "fail"), ("decide-function", "told")), {"decide-function": "told"}, {"rate": 60.0}
    ),
    "the rate, looked at again": Way(
        (("decide-function", "again"),), {"decide-function": rate_recovers}, {"rate": 60.0}
    ),
    "no timing machine": Way(
        (("function-timing", "not-measured"),), {"function-timing": give_up, "decide-function": "told"}
    ),
    "a quartz watch": Way((("risk", "accepted"),), order={"watch": QUARTZ}),
    "a quartz out of tolerance": Way(
        (("function-rate", "fail"),), {"decide-function": "told"}, {"quartz_rate": 9.0}, {"watch": QUARTZ}
    ),
    "no quartz tester": Way(
        (("function-rate", "not-measured"),),
        {"function-rate": give_up, "decide-function": "told"},
        order={"watch": QUARTZ},
    ),
    "a function fails": Way(
        (("functions", "defect"),), {"functions": [{"all": "defect"}, {}], "decide-function": "again"}
    ),
    "on to a diagnosis": Way(
        (("decide-function", "diagnosis"),),
        {"functions": {"all": "defect"}, "decide-function": "diagnosis", "decision": "refused"},
    ),
    **{
        f"the controller refuses: {cause}": Way((("control-sign", cause),), {"control-sign": refused(cause)})
        for cause in ("timing", "water", "functions", "looks", "sheet")
    },
    **{
        f"the controller refuses a return: {cause}": Way(
            (("return-control-sign", cause),),
            {
                "scope": {"within": "beyond"},
                "more-answer": {"answer": "refused"},
                "return-control-sign": refused(cause),
            },
            LEAKS,
        )
        for cause in ("timing", "water", "functions", "looks", "sheet")
    },
    "the manager asks for the control again": Way(
        (("close", "refused"), ("mend", "control")), {"close": [{"sheet": "unclear"}, {}]}
    ),
    "the manager asks for better words": Way(
        (("close", "refused"), ("mend", "mended")), {"close": [{"sheet": "unclear"}, {}], "mend": "mended"}
    ),
    "the customer does not come": Way(
        (("hand-over-call", "absent"), ("uncollected", "waits")),
        {"hand-over-call": [{"customer": "absent"}, {}], "uncollected": [{"next": "waits"}, {"next": "year"}, {}]},
    ),
    "a complaint": Way(
        (("complaint-agreement", "refused"),),
        {"complaint-agreement": [{"agreed": "no"}, {}], "complaint-complexity": [{}, {"complexity": "repeat"}]},
        order={"complaint_of": "2026-0000"},
    ),
    "no profile, and back": Way((("no-profile", "return"),), {"no-profile": "return"}, order={"watch": NO_PROFILE}),
}


@cache
def walked(name: str) -> Work:
    way = WAYS[name]
    work = work_on(Truth(**way.watch), TREE, **{"quote": None, **way.order})
    walk_tree(work, way.answers)
    return work


@pytest.mark.parametrize("name", WAYS)
def test_every_way_ends_with_a_closed_sheet(name: str) -> None:
    work = walked(name)
    assert work.closed
    assert set(WAYS[name].takes) <= branches(work)


def test_every_branch_of_the_data_is_walked() -> None:
    taken = {branch for name in WAYS for branch in branches(walked(name))}
    # Walked below: a profile given while the order waits, and an order that comes from a diagnosis.
    assert possible(PROCEDURE) - taken == {("no-profile", "given"), ("continued-answer", "refused")}


def test_a_new_closure_proves_itself_and_the_old_verdict_is_gone() -> None:
    work = walked("a leak found on the empty case")
    assert work.state.closure == 2
    assert work.state.dry is not None and work.state.dry.passed and work.state.dry.closure == 2
    before, after = (
        {task.closure for task in work.state.tasks if task.step == s} for s in ("dry-test", "dry-test-after")
    )
    assert (before, after) == ({1}, {2})


def test_a_watch_that_goes_back_untested_promises_nothing() -> None:
    for name in ("the test is refused", "a leak, and the watch goes back", "no profile, and back"):
        work = walked(name)
        assert work.state.facts["water_resistance"] == "reserved"
        assert "reservation" in work.state.alert_kinds
    assert walked("the test is refused").state.dry is None


def test_nothing_is_opened_where_the_customer_has_not_agreed() -> None:
    work = walked("the test is refused")
    assert not any(step.startswith(("open-", "dry-test")) for step, _ in branches(work) if work.state.visits.get(step))
    assert work.state.closure == 1


# -- what the data refuses ----------------------------------------------------------------------------------------

WRONG = {"yes": "no", "no": "yes"}


def probe(work: Work, tried: set[tuple[str, str]]) -> None:
    """Answer the current step as its data refuses, and see it stay where it is."""
    step = work.step
    assert step is not None
    for rule in step.outcome:
        if rule.refuse is None:
            continue
        sign_in(work, PEOPLE[step.role])
        if step.machine:
            work.desk.acknowledge_card(step.machine)
        work.start()
        answers = {**usual_answers(work, {rule.field: rule.equals}), rule.field: rule.equals}
        with pytest.raises(Refused) as refusal:
            work.answer(answers)
        assert refusal.value.refusal.rule == step.id
        assert work.step == step
        tried.add((step.id, rule.field))


def test_every_answer_that_the_data_refuses_is_refused_and_the_step_stays() -> None:
    tried: set[tuple[str, str]] = set()
    for name in (
        "a movement that is taken out afterwards",
        "bubbles",
        "beyond the quote, and refused",
    ):
        way = WAYS[name]
        work = work_on(Truth(**way.watch), TREE, quote=None)
        while work.step is not None:
            probe(work, tried)
            do_step(work, way.answers)
    assert tried == refusing(PROCEDURE)


# -- loops ----------------------------------------------------------------------------------------------------------

CIRCLES: dict[str, Way] = {
    "open-type": Way((), {"decide-leak": "repair"}, {"leak": 120.0, "mends": False}),
    "tester": Way((), {"tester": {"result": "outside"}}),
    "dust": Way((), {"dust": {"seen": "dust", "pieces": 1}}, LEAKS),
    "urgent": Way((), {"decide-wet": "wet", "fog-before": {"fog": "yes"}}),
    "repair-quote-answer": Way(
        (),
        {
            "condition-inspect": {"glass_sound": "no"},
            "repair-first": "quote",
            "repair-quote-answer": {"answer": "other"},
        },
    ),
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
    of_one_module = {"open-design", "open-open", "open-marks"}
    assert limited(PROCEDURE) == set(CIRCLES) | of_one_module


# -- guards on this tree ---------------------------------------------------------------------------------------------


def until(step: str, answers: dict[str, Any] | None = None, **truth: Any) -> Work:
    work = work_on(Truth(**truth), TREE, quote=None)
    walk_tree(work, answers or {}, until=step)
    return work


def refusal_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.refusal.rule


def test_g10_the_thermal_rest_is_not_cut_short() -> None:
    work = until("prepare-rest")
    work.start()
    assert refusal_of(lambda: work.answer({})) == "G-10"
    later(work.desk, minutes=31)
    work.answer({})
    assert work.step is not None and work.step.id == "prepare-temperatures"


def test_g10_watch_and_chamber_have_the_same_temperature() -> None:
    work = until("dry-test", {"prepare-temperatures": {"watch_temperature": 24, "chamber_temperature": 21}})
    sign_in(work, TECHNICIAN)
    assert refusal_of(work.start) == "G-10"


def test_g12_the_wet_test_wants_a_dry_pass_of_today_at_its_pressure() -> None:
    work = until("wet", {"decide-wet": "wet"})
    work.start()
    assert refusal_of(lambda: work.answer(usual_answers(work, {"pressure": 5}))) == "G-15"
    later(work.desk, hours=25)
    assert refusal_of(lambda: work.answer(usual_answers(work, {"pressure": "3 bar"}))) == "G-12"


def test_g13_an_unclear_dry_test_leads_back_from_the_water() -> None:
    """Within the uncertainty of the tester the customer may have the watch as it is; into water it does not go."""
    work = until("wet", {"decide-gaskets": "leave", "decide-wet": "wet"}, leak=49.5)
    assert ("dry-test", "conditional") in branches(work)
    sign_in(work, TECHNICIAN)
    assert refusal_of(work.start) == "G-13"
    work.go_back("decide-wet", "résultat dans l’incertitude")
    walk_tree(work)
    assert work.closed


def test_g13_only_the_empty_case_goes_into_water_after_a_failure() -> None:
    work = until("leak-bare", leak=120.0)
    assert "wet" not in {choice.id for choice in PROCEDURE.get("decide-leak").fields[0].choices}  # type: ignore[union-attr]
    do_step(work)
    assert work.state.facts["movement_out"] == "yes" and work.state.photos
    do_step(work)
    assert work.state.visits["leak-search"] == 1


def test_g15_a_stage_above_the_case_maximum_is_refused() -> None:
    work = until("dry-test")
    sign_in(work, TECHNICIAN)
    case = work.watch.case
    assert case is not None
    work.watch = replace(work.watch, case=replace(case, max_pressure=Value.of("test_pressure", 2.0)))
    assert refusal_of(work.start) == "G-15"


def test_a_large_leak_aborts_the_test_and_counts_as_failed() -> None:
    work = until("dry-test", big_leak=True)
    sign_in(work, TECHNICIAN)
    assert measure(work) == "fail"
    assert work.state.dry is not None and not work.state.dry.passed


def test_g22_a_crown_that_was_not_quoted_waits_for_the_customer() -> None:
    only_gaskets = {
        "consent": {"operations": ["gaskets", "water-resistance"]},
        "scope": {"crown": "yes", "glass": "no"},
    }
    work = until("crown", only_gaskets, leak=120.0)
    sign_in(work, TECHNICIAN)
    assert refusal_of(work.start) == "G-22"
    work.go_back("scope", "la couronne n’est pas au devis")
    walk_tree(work, {"scope": {"within": "beyond", "crown": "yes", "glass": "no"}})
    assert work.closed
    assert ("more-consent", "done") in branches(work)


def test_g26_a_gasket_that_is_not_listed_waits_for_the_manager() -> None:
    work = until("joints", leak=120.0)
    work.start()
    answers = usual_answers(work, {"equivalence": "not-listed"})
    assert refusal_of(lambda: work.answer(answers)) == "G-26"
    sign_in(work, MANAGER)
    hierarchy.decide(work, work.state.alerts[-1].id, accept=True, reason="même joint, autre marque")
    sign_in(work, TECHNICIAN)
    work.answer(answers)
    assert work.step is not None and work.step.id != "joints"


def test_g27_a_lost_screw_is_not_closed_in() -> None:
    work = until("case-up", {"open-open": {"back_screws": 4}}, leak=120.0)
    work.start()
    assert refusal_of(lambda: work.answer(usual_answers(work, {"back_screws": 3}))) == "G-27"
    work.answer(usual_answers(work, {"back_screws": 4}))
    assert work.state.closure == 2


def test_the_reservation_of_a_returned_watch_lets_the_controller_sign() -> None:
    work = walked("beyond the quote, and refused")
    assert work.state.closure == 2 and (work.state.dry is None or work.state.dry.closure == 1)
    assert "return-control-sign" in work.state.signed


def test_a_profile_given_while_the_order_waits() -> None:
    work = work_on(Truth(), TREE, quote=None, watch=NO_PROFILE)
    walk_tree(work, until="no-profile")
    do_step(work, {"no-profile": "given"})
    assert work.step is not None and work.step.id == "prepare-inspect"


def test_an_order_that_comes_from_a_diagnosis_starts_with_an_additional_quote() -> None:
    work = work_on(Truth(), "diagnostic-seul", quote=None)
    walk_tree(work, {"decision": "gaskets"}, until="continued-answer")
    assert work.procedure.id == TREE
    assert work.state.visits["custody"] == 1
    walk_tree(work, {"continued-answer": {"answer": "refused"}})
    assert work.closed and work.state.facts["water_resistance"] == "reserved"


def test_the_record_taken_up_again_stands_where_it_was_left_at_every_step() -> None:
    way = WAYS["a leak found on the empty case"]
    work = work_on(Truth(**way.watch), TREE, quote=None)
    while work.step is not None:
        again = work.desk.work(work.number)
        assert again.state == work.state and again.step == work.step
        do_step(again, way.answers)
        work = again
    assert work.closed


def test_the_dry_verdicts_are_before_and_after() -> None:
    work = walked("a leak found on the empty case")
    verdicts = {
        task.phase: {entry.verdict.state for entry in task.judged if entry.measurement.quantity.id == "leak_rate"}
        for task in work.state.tasks
        if task.step.startswith("dry-test")
    }
    assert State.NONCONFORMING in verdicts["before"] and verdicts["after"] == {State.CONFORMING}
