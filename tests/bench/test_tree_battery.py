"""Tree ii, battery change and check, walked to its closed sheet: the plain way and each of its branches."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from scripted import PROCEDURES, TECHNICIAN, Truth, later
from tree_walk import (
    MANAGER,
    branches,
    do_step,
    give_up,
    limited,
    refusing,
    sign_in,
    walk_tree,
    work_on,
)
from tree_ways import Way, mending, travelled, truth_of, untravelled

from bench import hierarchy
from bench.conformity import State
from bench.errors import Refused, UsageError
from bench.order import Family, Quote, Watch
from bench.procedure.model import Act
from bench.work import Work

TREE = "changement-de-pile"
PROCEDURE = PROCEDURES.get(TREE)
CELL = {"reference": "371", "voltage": "1.57 V"}
USUAL: dict[str, Any] = {"cell": CELL}
FLAT: dict[str, Any] = {"battery": 1.30}
LEAKS: dict[str, Any] = {"leak": 120.0, "mends": False}
THIRSTY: dict[str, Any] = {**FLAT, "consumption": 3.0}
NO_PROFILE = Watch(
    "Test", "Sans profil", case_number="1", family=Family.QUARTZ, calibre="ronda-505", water_resistance="30 m"
)
NOTHING_ENGRAVED = {"receive-watch": {"engraved": "rien"}}
WET = {"map-inspect": {"moisture_visible": "yes"}}
NO_CROWN = {"prepare-dry-inspect": {"crown_present": "no"}}
CROWN_OUT = {"receive-checks": {"crown": "out"}}
GOOD_BATTERY = ("old-battery", "pass")


def gasket_helps(step_answers: Any) -> Any:
    """From this answer on a new gasket holds."""
    return mending(step_answers, mends=True)


def tight(answers: Any) -> Any:
    return mending(answers, leak=8.0)


WAYS: dict[str, Way] = {
    "a flat battery": Way({("old-battery", "fail"), ("dry-test", "pass")}, watch=FLAT),
    "a price of the counter software": Way(
        {("quick-service", "skipped")}, watch=FLAT, order={"quote": Quote("D-1", "signature", "2026-11-21")}
    ),
    "a price that is refused": Way({("quick-service", "refused")}, {"quick-service": "refused"}),
    "the crown was out, and it runs": Way(
        {("crown", "runs"), ("crown-was-it", "home")}, {**CROWN_OUT, "crown-was-it": "home"}
    ),
    "the crown was out, and it is checked": Way({("crown-was-it", "check")}, CROWN_OUT, FLAT),
    "the crown was out, and it stands": Way({("crown", "done")}, {**CROWN_OUT, "crown": {"runs": "no"}}, FLAT),
    "water inside, and home": Way({("water", "home")}, {**WET, "water": "home"}),
    "water inside, on to a diagnosis": Way(
        {("water", "diagnosis")}, {**WET, "water": "diagnosis", "opening": "refused"}
    ),
    "no pulse at all": Way({("pulse-before", "not-measured")}, {"pulse-before": give_up}, FLAT),
    "a rate out of tolerance as found": Way(
        {("pulse-before", "fail"), ("rate-after", "fail"), ("decide-after", "told")},
        {"decide-after": "told"},
        {**FLAT, "quartz_rate": 9.0},
    ),
    "tested before it is opened": Way(
        {("test-before", "yes"), ("dry-test-before", "pass")}, {"test-before": "yes"}, FLAT
    ),
    "leaking before it is opened": Way({("dry-test-before", "fail")}, {"test-before": "yes"}, {**FLAT, "leak": 120.0}),
    "no tester before it is opened": Way(
        {("dry-test-before", "not-measured")}, {"test-before": "yes", "dry-test-before": give_up}, FLAT
    ),
    "not testable before it is opened": Way(
        {("prepare-before-inspect", "not-testable")},
        {"test-before": "yes", "prepare-before-inspect": {"back_tight": "no"}},
        FLAT,
    ),
    "a one-piece case": Way(
        {("open-type", "monobloc"), ("one-piece", "go-on")}, {"open-type": {"case_type": "monobloc"}}, FLAT
    ),
    "a one-piece case, advice asked for": Way(
        {("one-piece", "help")}, {"open-type": {"case_type": "monobloc"}, "one-piece": "help"}, FLAT
    ),
    "a one-piece case goes home": Way(
        {("one-piece", "home")}, {"open-type": {"case_type": "monobloc"}, "one-piece": "home"}, FLAT
    ),
    "a good battery is measured on": Way({GOOD_BATTERY, ("battery-good", "measure")}),
    "a good battery, changed as asked": Way({GOOD_BATTERY, ("battery-good", "change")}, {"battery-good": "change"}),
    "a good battery, the fault is elsewhere": Way(
        {("battery-good", "elsewhere"), ("proposal", "back")}, {"battery-good": "elsewhere", "proposal": "back"}
    ),
    "no tester for the old battery": Way({("old-battery", "not-measured")}, {"old-battery": give_up}, FLAT),
    "too much drain, mended by clean contacts": Way(
        {("drain-before", "fail"), ("decide-drain", "again")},
        {"decide-drain": mending("again", consumption=0.8)},
        THIRSTY,
    ),
    "too much drain, a battery all the same": Way(
        {("decide-drain", "battery"), ("drain-after", "fail"), ("decide-after", "again")},
        {"decide-drain": "battery", "decide-after": mending("again", consumption=0.8)},
        THIRSTY,
    ),
    "too much drain, and back": Way(
        {("decide-drain", "elsewhere"), ("proposal", "back")},
        {"decide-drain": "elsewhere", "proposal": "back"},
        THIRSTY,
    ),
    "no tester for the drain": Way(
        {("drain-before", "not-measured")}, {"drain-before": give_up, "decide-drain": "battery"}, FLAT
    ),
    "too much drain, on to a diagnosis": Way(
        {("proposal", "diagnosis")},
        {"decide-drain": "elsewhere", "proposal": "diagnosis", "decision": "refused"},
        THIRSTY,
    ),
    "too much drain, on to a movement exchange": Way(
        {("proposal", "movement"), ("bare-check", "pass")},
        {"decide-drain": "elsewhere", "proposal": "movement", "cause": "circuit", "hands-fit": {"marks": "no"}},
        THIRSTY,
    ),
    "a new battery that is none": Way(
        {("battery-after", "fail")}, {"cell": [CELL, mending(CELL, mends=True)]}, {**FLAT, "mends": False}
    ),
    "no tester for the new battery": Way({("battery-after", "not-measured")}, {"battery-after": give_up}, FLAT),
    "no tester for the new drain": Way(
        {("drain-after", "not-measured")}, {"drain-after": [give_up, {}], "decide-after": "again"}, FLAT
    ),
    "no tester for the new rate": Way(
        {("rate-after", "not-measured")}, {"rate-after": give_up, "decide-after": "told"}, FLAT
    ),
    "out of tolerance after the battery, and back": Way(
        {("decide-after", "elsewhere")}, {"decide-after": "elsewhere", "proposal": "back"}, {**FLAT, "quartz_rate": 9.0}
    ),
    "a function fails, then not": Way(
        {("functions", "defect"), ("decide-functions", "again")},
        {"functions": [{"functions": "no"}, {}], "decide-functions": "again"},
        FLAT,
    ),
    "a function fails, the customer knows": Way(
        {("decide-functions", "told")}, {"functions": {"functions": "no"}, "decide-functions": "told"}, FLAT
    ),
    "a function fails, and back": Way(
        {("decide-functions", "elsewhere")},
        {"functions": {"functions": "no"}, "decide-functions": "elsewhere", "proposal": "back"},
        FLAT,
    ),
    "the old gasket is kept": Way({("gasket", "kept"), ("kept", "done")}, {"gasket": "kept"}, FLAT),
    "nothing engraved": Way({("not-promised", "done")}, NOTHING_ENGRAVED, FLAT),
    "a case without a profile": Way({("no-profile", "done")}, watch=FLAT, order={"watch": NO_PROFILE}),
    "a crown that is missing": Way({("prepare-dry-inspect", "not-testable")}, NO_CROWN, FLAT),
    "a leak, handed back with the waiver": Way(
        {("dry-test", "fail"), ("decide-leak", "reserved")}, {"decide-leak": "reserved"}, LEAKS
    ),
    "a leak, tested again": Way({("decide-leak", "again")}, {"decide-leak": tight("again")}, LEAKS),
    "no tester for the closure": Way(
        {("dry-test", "not-measured")}, {"dry-test": give_up, "decide-leak": "reserved"}, FLAT
    ),
    "a leak, the gasket redone": Way(
        {("decide-leak", "gasket"), ("reopened", "gasket")}, {"reopened": gasket_helps("gasket")}, LEAKS
    ),
    "a leak at the crown": Way(
        {("reopened", "crown"), ("supplement-consent", "done")}, {"reopened": ["quote", gasket_helps("crown")]}, LEAKS
    ),
    "a leak at the glass": Way(
        {("reopened", "glass"), ("reopened", "quote")}, {"reopened": ["quote", gasket_helps("glass")]}, LEAKS
    ),
    "a leak, the additional quote refused": Way(
        {("supplement-answer", "refused")},
        {"reopened": "quote", "supplement-answer": {"answer": "refused"}, "decide-leak": ["gasket", "reserved"]},
        LEAKS,
    ),
    "battery and measurements once more": Way({("reopened", "battery")}, {"reopened": gasket_helps("battery")}, LEAKS),
    "the functional check fails, set again": Way(
        {("check", "defect"), ("rework", "again")}, {"check": [{"all": "defect"}, {}], "rework": "again"}, FLAT
    ),
    "the functional check fails, opened": Way(
        {("rework", "open")}, {"check": [{"all": "defect"}, {}], "rework": "open", "reopened": "battery"}, FLAT
    ),
    "an offset that nobody explains": Way(
        {("state", "out"), ("rework", "told")}, {"state": {"runs": "no"}, "rework": "told"}, FLAT
    ),
    **{
        f"the controller refuses: {cause}": Way(
            {("final-control-sign", cause)},
            {"final-control-sign": [{"result": cause}, {}], "rework": "put-right"},
            FLAT,
        )
        for cause in ("timing", "water", "functions", "looks", "sheet")
    },
    "the manager asks for better words": Way(
        {("validate", "refused"), ("mend", "mended")}, {"validate": [{"sheet": "unclear"}, {}], "mend": "mended"}, FLAT
    ),
    "the manager asks for the control again": Way(
        {("mend", "control")}, {"validate": [{"sheet": "unclear"}, {}], "mend": "control"}, FLAT
    ),
    "the customer does not come": Way(
        {("hand-over-call", "absent"), ("reminder", "waits")},
        {"hand-over-call": [{"customer": "absent"}, {}], "reminder": [{"next": "waits"}, {}]},
        FLAT,
    ),
    "a complaint": Way(
        {("complaint-agreement", "refused")},
        {"complaint-agreement": [{"agreed": "no"}, {}], "complaint-complexity": [{}, {"complexity": "repeat"}]},
        FLAT,
        {"complaint_of": "2026-0000"},
    ),
}


@cache
def gone(name: str) -> Work:
    """The order at the end of one of the ways."""
    return travelled(WAYS[name], TREE, USUAL, quote=None)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_ends_with_a_closed_sheet(name: str) -> None:
    work = gone(name)
    assert work.closed
    assert WAYS[name].takes <= branches(work)


def test_every_branch_of_the_data_is_walked() -> None:
    assert untravelled(PROCEDURE, [gone(name) for name in WAYS]) == set()


def at(step: str, answers: dict[str, Any] | None = None, watch: dict[str, Any] | None = None, **order: Any) -> Work:
    """An order that stands before `step`, everything before it done."""
    work = work_on(Truth(**(FLAT if watch is None else watch)), TREE, **{"quote": None, **order})
    walk_tree(work, {**USUAL, **(answers or {})}, until=step)
    return work


def refusal_of(work: Work, **answers: Any) -> str:
    """Answer the current step, and return the rule that refuses it."""
    with pytest.raises(Refused) as refused:
        do_step(work, {work.step.id: answers} if work.step is not None and answers else None)
    return refused.value.refusal.rule


def the_manager_accepts(work: Work) -> None:
    """Accept what a refusal brought before the hierarchy: that lifts it."""
    sign_in(work, MANAGER)
    for alert in work.state.alerts:
        if alert.open:
            hierarchy.decide(work, alert.id, accept=True, reason="vu à l’établi")


def test_the_tree_has_the_sixteen_stages_of_the_trade_in_order() -> None:
    assert [stage.id for stage in PROCEDURE.stage] == [f"ii-{n:02}" for n in range(1, 17)]
    plain = [stage_of(step) for step in steps_of(gone("a flat battery"))]
    assert plain == sorted(plain)
    assert len(set(plain)) == 16


def steps_of(work: Work) -> list[str]:
    """The steps that were done, by their last visit, in the order of these."""
    return [end.step for end in work.state.ends if end.visit]


def stage_of(step: str) -> str:
    found = PROCEDURE.get(step)
    assert found is not None
    return found.stage


def test_the_battery_is_judged_before_it_is_changed_and_after() -> None:
    work = gone("a flat battery")
    found = {
        task.step: entry.verdict.state
        for task in work.state.tasks
        for entry in task.judged
        if entry.measurement.quantity.id == "battery_voltage"
    }
    assert found == {"old-battery": State.NONCONFORMING, "battery-after": State.CONFORMING}


def test_a_watch_without_a_pulse_is_noted_and_opened() -> None:
    work = gone("no pulse at all")
    end = work.state.last_end("pulse-before")
    assert end is not None and (end.outcome, end.next) == ("not-measured", "signal")


def test_a_battery_is_not_changed_by_habit() -> None:
    work = at("old-battery", watch={})
    do_step(work)
    assert work.step is not None and work.step.id == "battery-good"
    assert {choice.id for choice in work.step.fields[0].choices} == {"measure", "change", "elsewhere"}


def test_without_an_accepted_price_the_case_stays_closed() -> None:
    work = at("quick-service")
    do_step(work, {"quick-service": "refused"})
    assert work.state.order.quote is None
    walk_tree(work)
    assert "open" not in [act for act, _detail in truth_of(work).handled]
    assert Act.FINAL_CONTROL.value not in {act for each in work.state.signatures for act in each.acts}


def test_the_accepted_price_is_the_quote_of_the_order() -> None:
    quote = at("open-type", {"consent": {"reference": "SR-77", "ceiling": "39 €"}}).state.order.quote
    assert quote is not None
    assert (quote.reference, quote.how, quote.ceiling) == ("SR-77", "posted-price", 39.0)
    assert "battery" in quote.operations


def test_a_part_that_is_not_on_the_quote_needs_an_additional_one_first() -> None:
    consent = {"consent": {"operations": ["battery", "gaskets", "water-resistance"]}}
    work = at("reopened", consent, LEAKS)
    assert refusal_of(work, way="crown") == "G-22"
    do_step(work, {"reopened": "quote"})
    walk_tree(work, {**USUAL, "reopened": gasket_helps("crown")})
    assert work.closed
    quote = work.state.order.quote
    assert quote is not None and quote.version == 2


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({**CELL, "reference": "377"}, "377 is none of"),
        ({**CELL, "voltage": "1.31 V"}, "voltage"),
    ],
)
def test_a_battery_that_is_not_the_profiles_or_reads_too_low_is_not_fitted(answers: dict[str, str], wrong: str) -> None:
    work = at("new-battery", {"cell": answers})
    with pytest.raises(Refused, match=wrong) as refused:
        do_step(work)
    assert refused.value.refusal.rule == "G-35"


def test_a_battery_off_the_list_waits_for_the_manager() -> None:
    work = at("cell")
    answers = {**CELL, "equivalence": "not-listed"}
    assert refusal_of(work, **answers) == "G-26"
    the_manager_accepts(work)
    do_step(work, {"cell": answers})
    assert work.step is not None and work.step.id == "new-battery"


def test_a_fourth_battery_goes_to_the_manager() -> None:
    work = at("battery-after", watch={**FLAT, "mends": False})
    for _time in range(3):
        walk_tree(work, USUAL, until="cell")
        do_step(work, USUAL)
        walk_tree(work, USUAL, until="battery-after")
    walk_tree(work, USUAL, until="cell")
    assert refusal_of(work, **CELL) == "loop"


def test_opening_again_voids_the_verdict_of_the_closure() -> None:
    work = gone("the controller refuses: water")
    dry = [end for end in work.state.ends if end.step == "dry-test"]
    assert [end.outcome for end in dry] == ["pass", "pass"]
    assert work.state.dry is not None and work.state.dry.closure == work.state.closure == 3


def test_a_cracked_glass_is_never_put_under_pressure() -> None:
    work = at("prepare-dry-inspect")
    do_step(work, {"prepare-dry-inspect": {"glass_sound": "no"}})
    assert work.step is not None and work.step.id == "waiver"
    walk_tree(work)
    assert not [task for task in work.state.tasks if task.step == "dry-test"]
    assert work.state.facts["water_resistance"] == "reserved"


def test_the_rest_before_the_test_is_waited_for() -> None:
    work = at("prepare-dry-rest")
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer({})
    assert refused.value.refusal.rule == "G-10"
    later(work.desk, minutes=31)
    work.answer({})


def test_a_screw_that_is_missing_stops_the_closing_until_the_manager_decides() -> None:
    work = at("close", {"open-open": {"back_screws": 4, "movement_out": "no"}})
    answers = {"movement_out": "no", "back_screws": 3}
    assert refusal_of(work, **answers) == "G-27"
    the_manager_accepts(work)
    do_step(work, {"close": answers})
    assert work.step is not None and work.step.id == "prepare-dry-inspect"


def test_the_controller_is_another_person_than_the_technician() -> None:
    work = at("final-control-sign")
    sign_in(work, TECHNICIAN)
    with pytest.raises(Refused) as refused:
        work.start()
    assert refused.value.refusal.rule == "G-31"


def test_a_symptom_without_outcome_keeps_the_sheet_from_its_final_control() -> None:
    symptoms = {"receive-request": {"symptoms": ["stops", "fog"]}}
    work = at("settle", symptoms)
    with pytest.raises(UsageError, match="not complete"):
        work.start()
        work.answer({"symptom.stops": "RES"})
    do_step(work, {"settle": {"symptom.stops": "RES", "symptom.fog": "NRP"}})
    walk_tree(work)
    assert (work.state.facts["outcome.stops"], work.state.facts["outcome.fog"]) == ("RES", "NRP")


def test_the_expected_battery_life_is_computed_from_what_the_watch_draws() -> None:
    work = gone("a flat battery")
    found = [entry for task in work.state.tasks if task.step == "drain-after" for entry in task.judged]
    assert "autonomy" in {entry.measurement.quantity.id for entry in found}


def test_an_order_taken_up_again_stands_exactly_where_it_was_left_at_every_step() -> None:
    work = work_on(Truth(**LEAKS), TREE, quote=None)
    answers = {**USUAL, "reopened": ["quote", gasket_helps("crown")]}
    while not work.closed:
        again = work.desk.work(work.number)
        assert (again.state, again.step) == (work.state, work.step)
        do_step(again, answers)
        work = again


def test_what_stops_an_answer_says_so() -> None:
    assert refusing(PROCEDURE) >= {("custody", "label"), ("close", "movement_out"), ("hand-over-release", "label")}
    for step, answers in (
        ("custody", {"label": "no"}),
        ("station-instruments", {"ready": "no"}),
        ("close", {"movement_out": "yes"}),
        ("hand-over-release", {"label": "no"}),
    ):
        assert refusal_of(at(step), **answers) == step


def test_loops_end_with_the_manager() -> None:
    assert limited(PROCEDURE) >= {"cell", "decide-after", "decide-functions", "reopen", "rework", "mend"}
