"""Tree iii, quartz movement exchange, walked to its closed sheet: the plain way and each of its branches."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from scripted import PROCEDURES, TECHNICIAN, Truth, later
from tree_walk import MANAGER, branches, do_step, give_up, limited, measure, sign_in, walk_tree, work_on
from tree_ways import Way, mending, travelled, truth_of, untravelled

from bench import hierarchy
from bench.conformity import State
from bench.errors import Refused
from bench.judging import Judged
from bench.order import Family, Watch
from bench.work import Work

TREE = "echange-mouvement-quartz"
PROCEDURE = PROCEDURES.get(TREE)
WATCH = Watch(
    "Test",
    "Modèle",
    case_number="12345",
    family=Family.QUARTZ,
    calibre="eta-255-111",
    case="case-3-bar",
    water_resistance="30 m",
)
NO_PROFILE = Watch(
    "Test", "Modèle", case_number="1", family=Family.QUARTZ, calibre="eta-255-111", water_resistance="30 m"
)
CELL = {"reference": "371", "voltage": "1.57 V"}
OUT = {"movement_out": "yes", "clamps": 2, "casing_screws": 2}
ALL_IN = {"clamps": 2, "casing_screws": 2, "back_screws": 4}
BACK_IN = {"movement_out": "no", "rings": 1, "clamps": 2, "casing_screws": 2}
USUAL: dict[str, Any] = {
    "cell": CELL,
    "consent": {"ceiling": 500},
    "supplement-consent": {"ceiling": 900},
    "cause": "coil",
    "open-open": {**OUT, "back_screws": 4},
    "old-out": {"when": "before", "rings": 1},
    "out-again": {**OUT, "rings": 1},
    "hands-off": {"hands": 3, "dial_screws": 2},
    "hands-off-again": {"hands": 3, "dial_screws": 2},
    "hands-off-claim": {"hands": 3, "dial_screws": 2},
    "hands-fit": {"marks": "no"},
    "hands-count": {"hands": 3, "dial_screws": 2},
    "old-back": {"hands": 3, "dial_screws": 2, "rings": 1},
    "case-up": BACK_IN,
    "close": {"back_screws": 4},
    "reopen": {"back_screws": 4},
    "return-reassemble": {**ALL_IN, "movement_out": "no"},
    "return-begun-reassemble": {**ALL_IN, "movement_out": "no"},
}

BROKEN_COIL: dict[str, Any] = {"coil": 900.0, "consumption": 0.4, "supplied": 0.8}
LEAKS: dict[str, Any] = {**BROKEN_COIL, "leak": 120.0, "mends": False}
BAD_SUPPLY: dict[str, Any] = {**BROKEN_COIL, "supplied": 3.0}


def gasket_helps(answers: Any) -> Any:
    return mending(answers, mends=True)


WAYS: dict[str, Way] = {
    "a broken coil": Way(
        {("coil", "fail"), ("cause", "coil"), ("new-movement", "pass"), ("dry-test", "pass")}, watch=BROKEN_COIL
    ),
    "a coil that cannot be measured": Way({("coil", "not-measured")}, {"coil": give_up}),
    "a blocked train": Way(
        {("motor-train", "blocked"), ("cause", "train")}, {"motor-train": {"train": "blocked"}, "cause": "train"}
    ),
    "a motor that stops too early": Way({("motor-motor", "fail")}, {"cause": "circuit"}, {"lower_voltage": 1.45}),
    "no tester for the motor": Way(
        {("motor-motor", "not-measured"), ("cause", "circuit")}, {"motor-motor": give_up, "cause": "circuit"}
    ),
    "a back that was loose at the counter": Way(
        {("map-inspect", "not-testable")}, {"map-inspect": {"back_tight": "no"}}, BROKEN_COIL
    ),
    "something missing in the file": Way(
        {("file-complete", "asked")}, {"file-complete": [{"complete": "asked"}, {}]}, BROKEN_COIL
    ),
    "a dead watch": Way({("rate-before", "not-measured")}, {"rate-before": give_up}, BROKEN_COIL),
    "a rate out of tolerance": Way({("rate-before", "fail")}, {"cause": "circuit"}, {"quartz_rate": 9.0}),
    "tested before it is opened": Way(
        {("test-before", "yes"), ("dry-test-before", "pass")}, {"test-before": "yes"}, BROKEN_COIL
    ),
    "leaking before it is opened": Way(
        {("dry-test-before", "fail")}, {"test-before": "yes"}, {**BROKEN_COIL, "leak": 120.0}
    ),
    "no tester before it is opened": Way(
        {("dry-test-before", "not-measured")}, {"test-before": "yes", "dry-test-before": give_up}, BROKEN_COIL
    ),
    "not testable before it is opened": Way(
        {("prepare-before-inspect", "not-testable")},
        {"test-before": "yes", "prepare-before-inspect": {"back_tight": "no"}},
        BROKEN_COIL,
    ),
    "a one-piece case": Way({("one-piece", "go-on")}, {"open-type": {"case_type": "monobloc"}}, BROKEN_COIL),
    "a one-piece case, advice asked for": Way(
        {("one-piece", "help")}, {"open-type": {"case_type": "monobloc"}, "one-piece": "help"}, BROKEN_COIL
    ),
    "a one-piece case goes home": Way(
        {("one-piece", "home")}, {"open-type": {"case_type": "monobloc"}, "one-piece": "home"}
    ),
    "the opening is refused": Way({("opening-agreed", "refused")}, {"opening-agreed": "refused"}),
    "the pre-quote is sent back": Way({("pre-quote", "refused")}, {"pre-quote": [{"agreed": "no"}, {}]}, BROKEN_COIL),
    "a flat battery": Way({("old-battery", "fail")}, watch={**BROKEN_COIL, "battery": 1.2}),
    "no tester for the old battery": Way({("old-battery", "not-measured")}, {"old-battery": give_up}, BROKEN_COIL),
    "too much drain": Way({("drain-before", "fail")}, {"cause": "circuit"}, {"consumption": 3.0}),
    "no tester for the drain": Way({("drain-before", "not-measured")}, {"drain-before": give_up}, BROKEN_COIL),
    "dirty contacts: a battery is enough": Way(
        {("cause", "contacts"), ("drain-retest", "pass"), ("sound", "battery")},
        {"cause": mending("contacts", consumption=0.8), "sound": "battery", "close": {**ALL_IN, "movement_out": "no"}},
        {"consumption": 3.0},
    ),
    "dirty contacts, and home": Way(
        {("sound", "back")}, {"cause": mending("contacts", consumption=0.8), "sound": "back"}, {"consumption": 3.0}
    ),
    "clean contacts, the fault comes back": Way(
        {("sound", "still")}, {"cause": mending("contacts", consumption=0.8), "sound": "still"}, {"consumption": 3.0}
    ),
    "clean contacts do not help": Way({("drain-retest", "fail")}, {"cause": "contacts"}, {"consumption": 3.0}),
    "no tester after cleaning": Way({("drain-retest", "not-measured")}, {"cause": "contacts", "drain-retest": give_up}),
    "a repair above the workshop": Way(
        {("exchange", "repair"), ("actors", "done")}, {"exchange": "repair", "actors": {"answer": "takes"}}, BROKEN_COIL
    ),
    "to the maker": Way({("exchange", "maker")}, {"exchange": "maker", "actors": {"answer": "nobody"}}, BROKEN_COIL),
    "advice from outside": Way(
        {("actors", "here")}, {"exchange": "repair", "actors": {"answer": "advice"}}, BROKEN_COIL
    ),
    "the diagnosis is sent back": Way({("diagnosis", "refused")}, {"diagnosis": [{"agreed": "no"}, {}]}, BROKEN_COIL),
    "a size that differs": Way({("equivalence", "other")}, {"equivalence": [{"fits": "other"}, {}]}, BROKEN_COIL),
    "no movement fits": Way(
        {("equivalence", "none")}, {"equivalence": {"fits": "none"}, "actors": {"answer": "nobody"}}, BROKEN_COIL
    ),
    "the quote is refused": Way({("quote-answer", "refused")}, {"quote-answer": {"answer": "refused"}}, BROKEN_COIL),
    "another quote is asked for": Way(
        {("quote-answer", "other")}, {"quote-answer": [{"answer": "other"}, {}]}, BROKEN_COIL
    ),
    "the plan is sent back": Way(
        {("review-validate", "refused")}, {"review-validate": [{"agreed": "no"}, {}]}, BROKEN_COIL
    ),
    "parts are ordered": Way(
        {("parts-received", "wrong")},
        {"parts-parts": [{"supplies": "ordered"}, {}], "parts-received": [{"conforming": "no"}, {}]},
        BROKEN_COIL,
    ),
    "another movement than ordered": Way(
        {("receive-movement", "wrong")}, {"receive-movement": [{"as_ordered": "no"}, {}]}, BROKEN_COIL
    ),
    "a new movement that draws too much": Way(
        {("new-movement", "fail")}, {"claim": mending({}, supplied=0.8)}, BAD_SUPPLY
    ),
    "a new movement that cannot be measured": Way(
        {("new-movement", "not-measured")}, {"new-movement": [give_up, {}]}, BROKEN_COIL
    ),
    "a new movement with a bad stem": Way(
        {("new-functions", "bad")}, {"new-functions": [{"stem": "no"}, {"date": "no"}, {}]}, BROKEN_COIL
    ),
    "a new movement with a mark": Way(
        {("claim", "other")}, {"new-functions": [{"clean": "no"}, {}], "claim": {"follows": "other"}}, BROKEN_COIL
    ),
    "no other calibre fits": Way(
        {("equivalence-again", "none")},
        {
            "new-functions": {"clean": "no"},
            "claim": {"follows": "other"},
            "equivalence-again": {"fits": "no"},
            "actors": {"answer": "nobody"},
        },
        BROKEN_COIL,
    ),
    "the movement is not to be had": Way(
        {("claim", "none")},
        {"new-functions": {"clean": "no"}, "claim": {"follows": "none"}, "actors": {"answer": "nobody"}},
        BROKEN_COIL,
    ),
    "the movement was left in at the opening": Way(
        {("old-out", "done")},
        {
            "open-open": {"movement_out": "no", "back_screws": 4},
            "old-out": {"when": "now", "clamps": 2, "casing_screws": 2, "rings": 1},
        },
        BROKEN_COIL,
    ),
    "a stem too long, then too short": Way(
        {("stem", "long"), ("stem", "short")}, {"stem": [{"fit": "long"}, {"fit": "short"}, {}]}, BROKEN_COIL
    ),
    "hands that touch": Way({("hands-fit", "redo")}, {"hands-fit": [{"parallel": "no"}, {"marks": "no"}]}, BROKEN_COIL),
    "hands out of index": Way({("hands-index", "off")}, {"hands-index": [{"within": "no"}, {}]}, BROKEN_COIL),
    "a hand that rubs": Way(
        {("bare-check", "fail"), ("decide-bare", "again"), ("decide-bare", "hands")},
        {
            "hands-index": [mending({}, consumption=3.0), {}],
            "decide-bare": ["again", mending("hands", consumption=0.8)],
        },
        BROKEN_COIL,
    ),
    "no tester before casing": Way(
        {("bare-check", "not-measured")}, {"bare-check": [give_up, {}], "decide-bare": "again"}, BROKEN_COIL
    ),
    "a bad movement found late": Way(
        {("decide-bare", "claim"), ("measure-again", "fail")},
        {
            "hands-index": [mending({}, consumption=3.0, supplied=3.0), {}],
            "decide-bare": "claim",
            "claim-fitted": [{}, mending({}, supplied=0.8)],
        },
        BROKEN_COIL,
    ),
    "the old movement goes back in": Way(
        {("claim-fitted", "none"), ("measure-again", "not-measured")},
        {
            "hands-index": mending({}, consumption=3.0),
            "decide-bare": "claim",
            "measure-again": give_up,
            "claim-fitted": [{}, {"follows": "none"}],
            "old-movement": {"old": "back-in"},
        },
        BROKEN_COIL,
    ),
    "dust under the glass": Way({("dust", "dust")}, {"dust": [{"seen": "dust", "pieces": 2}, {}]}, BROKEN_COIL),
    "too much drain once cased": Way(
        {("drain-after", "fail"), ("decide-after", "again"), ("decide-after", "out")},
        {
            "case-up": [mending(BACK_IN, consumption=3.0), {**BACK_IN}],
            "decide-after": ["again", mending("out", consumption=0.8)],
        },
        BROKEN_COIL,
    ),
    "no tester once cased": Way(
        {("drain-after", "not-measured")}, {"drain-after": [give_up, {}], "decide-after": "again"}, BROKEN_COIL
    ),
    "a rate out of tolerance once closed": Way(
        {("rate-after", "fail"), ("decide-closed", "again"), ("decide-closed", "open"), ("reopened", "out")},
        {
            "close": [mending({"back_screws": 4}, quartz_rate=9.0), {"back_screws": 4}],
            "decide-closed": ["again", "open"],
            "reopened": mending("out", quartz_rate=0.1),
        },
        BROKEN_COIL,
    ),
    "no tester once closed": Way(
        {("rate-after", "not-measured"), ("decide-closed", "told")},
        {"rate-after": give_up, "decide-closed": "told"},
        BROKEN_COIL,
    ),
    "nothing engraved": Way({("not-promised", "done")}, {"identify-watch": {"engraved": "rien"}}, BROKEN_COIL),
    "a case without a profile": Way({("no-profile", "done")}, watch=BROKEN_COIL, order={"watch": NO_PROFILE}),
    "a crown that is missing": Way(
        {("prepare-dry-inspect", "not-testable")}, {"prepare-dry-inspect": {"crown_present": "no"}}, BROKEN_COIL
    ),
    "a leak, handed back with the waiver": Way(
        {("dry-test", "fail"), ("decide-leak", "reserved")}, {"decide-leak": "reserved"}, LEAKS
    ),
    "a leak, tested again": Way({("decide-leak", "again")}, {"decide-leak": mending("again", leak=8.0)}, LEAKS),
    "no tester for the closure": Way(
        {("dry-test", "not-measured")}, {"dry-test": give_up, "decide-leak": "reserved"}, BROKEN_COIL
    ),
    "a leak, the gasket redone": Way(
        {("decide-leak", "open"), ("reopened", "gasket")}, {"reopened": gasket_helps("gasket")}, LEAKS
    ),
    "a leak, crown by an additional quote": Way(
        {("reopened", "quote"), ("reopened", "crown")}, {"reopened": ["quote", gasket_helps("crown")]}, LEAKS
    ),
    "a leak, the additional quote refused": Way(
        {("supplement-answer", "refused")},
        {"reopened": "quote", "supplement-answer": {"answer": "refused"}, "decide-leak": ["open", "reserved"]},
        LEAKS,
    ),
    "a leak, the battery once more": Way({("reopened", "battery")}, {"reopened": gasket_helps("battery")}, LEAKS),
    "the functional check fails": Way(
        {("check", "defect"), ("rework", "again")}, {"check": [{"all": "defect"}, {}], "rework": "again"}, BROKEN_COIL
    ),
    "off after a day": Way(
        {("observe-read", "out"), ("rework", "open")},
        {"observe-read": [{"within": "no"}, {}], "rework": "open", "reopened": "battery"},
        BROKEN_COIL,
    ),
    "off after a day, the customer knows": Way(
        {("rework", "told")}, {"observe-read": {"date": "no"}, "rework": "told"}, BROKEN_COIL
    ),
    **{
        f"the controller refuses: {cause}": Way(
            {("final-control-sign", cause)},
            {"final-control-sign": [{"result": cause}, {}], "rework": "put-right", "reopened": "gasket"},
            BROKEN_COIL,
        )
        for cause in ("timing", "water", "functions", "looks", "sheet")
    },
    "the look is refused": Way(
        {("look-final-sign", "looks"), ("rework", "put-right")},
        {"look-final-sign": [{"result": "looks"}, {}], "rework": "put-right"},
        BROKEN_COIL,
    ),
    "the manager asks for better words": Way(
        {("validate", "refused"), ("mend", "mended")},
        {"validate": [{"sheet": "unclear"}, {}], "mend": "mended"},
        BROKEN_COIL,
    ),
    "the manager asks for the control again": Way(
        {("mend", "control")}, {"validate": [{"sheet": "unclear"}, {}], "mend": "control"}, BROKEN_COIL
    ),
    "the customer does not come": Way(
        {("hand-over-call", "absent"), ("reminder", "waits")},
        {"hand-over-call": [{"customer": "absent"}, {}], "reminder": [{"next": "waits"}, {}]},
        BROKEN_COIL,
    ),
    "a complaint": Way(
        {("complaint-agreement", "refused")},
        {"complaint-agreement": [{"agreed": "no"}, {}], "complaint-complexity": [{}, {"complexity": "repeat"}]},
        BROKEN_COIL,
        {"complaint_of": "2026-0000"},
    ),
}


@cache
def gone(name: str) -> Work:
    return travelled(WAYS[name], TREE, USUAL, quote=None, watch=WAYS[name].order.get("watch", WATCH))


@pytest.mark.parametrize("name", WAYS)
def test_every_way_ends_with_a_closed_sheet(name: str) -> None:
    work = gone(name)
    assert work.closed
    assert WAYS[name].takes <= branches(work)


def test_every_branch_of_the_data_is_walked() -> None:
    assert untravelled(PROCEDURE, [gone(name) for name in WAYS]) == set()


def at(step: str, answers: dict[str, Any] | None = None, watch: dict[str, Any] | None = None, **order: Any) -> Work:
    """An order that stands before `step`, everything before it done."""
    truth = Truth(**(BROKEN_COIL if watch is None else watch))
    work = work_on(truth, TREE, **{"quote": None, "watch": WATCH, **order})
    walk_tree(work, {**USUAL, **(answers or {})}, until=step)
    return work


def refusal_of(work: Work, **answers: Any) -> str:
    """Answer the current step, and return the rule that refuses it."""
    with pytest.raises(Refused) as refused:
        do_step(work, {work.step.id: answers} if work.step is not None else None)
    return refused.value.refusal.rule


def the_manager_accepts(work: Work) -> None:
    """Accept what a refusal brought before the hierarchy: that lifts it."""
    sign_in(work, MANAGER)
    for alert in work.state.alerts:
        if alert.open:
            hierarchy.decide(work, alert.id, accept=True, reason="vu à l’établi")


def judged(work: Work, step: str, quantity: str) -> list[Judged]:
    found = (entry for task in work.state.tasks if task.step == step for entry in task.judged)
    return [entry for entry in found if entry.measurement.quantity.id == quantity]


def test_the_tree_has_the_fourteen_stages_of_the_trade_in_order() -> None:
    assert [stage.id for stage in PROCEDURE.stage] == [f"iii-{n:02}" for n in range(1, 15)]
    steps = [PROCEDURE.get(end.step) for end in gone("a broken coil").state.ends if end.visit]
    stages = [step.stage for step in steps if step is not None]
    assert stages == sorted(stages)
    assert len(set(stages)) == 14


def test_no_movement_is_exchanged_before_the_customer_has_signed() -> None:
    steps = [end.step for end in gone("the quote is refused").state.ends if end.visit]
    assert "hands-off" not in steps
    assert steps.index("return-reassemble") < steps.index("hand-over-hand-over")
    without = next(step for step in PROCEDURE.steps if step.intervention)
    assert without.id == "hands-off"
    assert PROCEDURE.get("hands-off") is not None


def test_a_coil_in_range_and_a_free_train_lead_to_the_contacts_first() -> None:
    work = gone("dirty contacts, and home")
    before = judged(work, "drain-before", "consumption")
    after = judged(work, "drain-retest", "consumption")
    assert before[0].verdict.state is State.NONCONFORMING
    assert after[0].verdict.state is State.CONFORMING
    assert not any(act == "new-movement" for act, _detail in truth_of(work).handled)


@pytest.mark.parametrize(("supplied", "outcome"), [(1.1, "pass"), (1.21, "conditional"), (3.0, "fail")])
def test_a_delivered_movement_is_refused_only_beyond_limit_and_guard_band(supplied: float, outcome: str) -> None:
    work = at("new-movement", watch={**BROKEN_COIL, "supplied": supplied})
    assert measure(work) == outcome
    verdict = judged(work, "new-movement", "consumption")[-1].verdict
    assert verdict.rule is not None and verdict.rule.id == "guarded-rejection"


def test_a_refused_delivery_leaves_a_claim_with_its_values_and_another_one_is_received() -> None:
    work = gone("a new movement that draws too much")
    assert [entry.verdict.state for entry in judged(work, "new-movement", "consumption")] == [
        State.NONCONFORMING,
        State.CONFORMING,
    ]
    claim = PROCEDURE.get("claim")
    assert claim is not None and claim.report == "claim-file"
    assert work.state.sum_of("cost") == 100


def test_a_movement_that_is_on_no_list_waits_for_the_manager() -> None:
    work = at("equivalence")
    assert refusal_of(work, equivalence="not-listed") == "G-26"
    the_manager_accepts(work)
    do_step(work, {"equivalence": {"equivalence": "not-listed"}})
    assert work.step is not None and work.step.id == "quote-quote"


def test_work_beyond_the_workshop_is_paused_until_the_hierarchy_decides() -> None:
    work = at("exchange")
    do_step(work, {"exchange": "maker"})
    assert [(alert.kind, alert.holds_up) for alert in work.state.alerts if alert.step == "exchange"] == [
        ("level", True)
    ]
    sign_in(work, TECHNICIAN)
    with pytest.raises(Refused) as refused:
        work.start()
    assert refused.value.refusal.rule == "alert"
    the_manager_accepts(work)
    do_step(work)
    assert work.step is not None and work.step.id == "diagnosis"


def test_a_technician_of_a_lower_level_does_not_exchange_the_movement() -> None:
    work = at("hands-off")
    beginner = replace(TECHNICIAN, level=1)
    work.desk.sign_in(beginner)
    with pytest.raises(Refused) as refused:
        work.start()
    assert refused.value.refusal.rule == "G-25"


def test_what_costs_more_than_was_signed_stops_the_exchange() -> None:
    work = at("hands-off", {"new-functions": {"cost": 900}})
    assert refusal_of(work, hands=3, dial_screws=2) == "G-23"
    the_manager_accepts(work)
    do_step(work, USUAL)
    assert work.step is not None and work.step.id == "old-out"


def test_the_old_movement_must_be_out_before_the_new_one_is_dressed() -> None:
    assert refusal_of(at("old-out"), movement_out="no", rings=1) == "old-out"


@pytest.mark.parametrize("lost", ["rings", "clamps", "casing_screws"])
def test_what_came_out_goes_back_in_or_the_manager_decides(lost: str) -> None:
    work = at("case-up")
    assert refusal_of(work, **{**BACK_IN, lost: 0}) == "G-27"


def test_a_movement_that_draws_too_much_is_not_cased() -> None:
    step = PROCEDURE.get("bare-check")
    assert step is not None
    assert step.next["fail"] == step.next["not-measured"] == "decide-bare"
    ways = PROCEDURE.get("decide-bare")
    assert ways is not None and "dust" not in ways.next.values()


def test_the_second_case_opening_gets_a_third_closure_and_its_own_dry_test() -> None:
    work = gone("a rate out of tolerance once closed")
    assert work.state.closure == 3
    assert work.state.dry is not None and work.state.dry.closure == 3


def test_the_watch_is_observed_for_a_day_before_the_final_control() -> None:
    work = at("observe-day")
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer({})
    assert refused.value.refusal.rule == "wait"
    later(work.desk, hours=24, minutes=1)
    work.answer({})
    assert work.step is not None and work.step.id == "observe-read"


def test_an_old_movement_put_back_goes_through_the_final_control() -> None:
    work = gone("the old movement goes back in")
    assert ("final-control-sign", "done") in branches(work)
    assert work.state.facts["water_resistance"] == "reserved"
    assert work.state.closure == 2


def test_an_order_taken_up_again_stands_exactly_where_it_was_left_at_every_step() -> None:
    work = work_on(Truth(**LEAKS), TREE, quote=None, watch=WATCH)
    answers = {**USUAL, "reopened": gasket_helps("gasket")}
    while not work.closed:
        again = work.desk.work(work.number)
        assert (again.state, again.step) == (work.state, work.step)
        do_step(again, answers)
        work = again


def test_loops_end_with_the_manager() -> None:
    assert limited(PROCEDURE) >= {"equivalence", "receive-movement", "stem", "dust", "decide-bare", "reopen", "rework"}
