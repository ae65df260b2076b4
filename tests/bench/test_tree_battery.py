"""Tree ii, battery change and check, walked to its closed sheet: the plain way and each of its branches."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import PROCEDURES, Truth, later
from tree_walk import (
    MANAGER,
    branches,
    do_step,
    give_up,
    limited,
    measure,
    refusing,
    settle_alerts,
    sign_in,
    walk_tree,
    work_on,
)
from tree_walk import PEOPLE as EVERYBODY
from tree_ways import Way, mending, travelled, truth_of, untravelled

from bench import hierarchy
from bench.errors import Refused
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
NO_PROFILE = Watch("Test", "Sans profil", case_number="1", family=Family.QUARTZ, calibre="ronda-505", water_resistance="30 m")
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
    "a price of the counter software": Way({("quick-service", "skipped")}, watch=FLAT, order={"quote": Quote("D-1", "signature", "2026-11-21")}),
    "a price that is refused": Way({("quick-service", "refused")}, {"quick-service": "refused"}),
    "the crown was out, and it runs": Way({("crown", "runs"), ("crown-was-it", "home")}, {**CROWN_OUT, "crown-was-it": "home"}),
    "the crown was out, and it is checked": Way({("crown-was-it", "check")}, CROWN_OUT, FLAT),
    "the crown was out, and it stands": Way({("crown", "done")}, {**CROWN_OUT, "crown": {"runs": "no"}}, FLAT),
    "water inside, and home": Way({("water", "home")}, {**WET, "water": "home"}),
    "water inside, on to a diagnosis": Way({("water", "diagnosis")}, {**WET, "water": "diagnosis", "opening": "refused"}),
    "no pulse at all": Way({("pulse-before", "not-measured")}, {"pulse-before": give_up}, FLAT),
    "a rate out of tolerance as found": Way(
        {("pulse-before", "fail"), ("rate-after", "fail"), ("decide-after", "told")},
        {"decide-after": "told"},
        {**FLAT, "quartz_rate": 9.0},
    ),
    "tested before it is opened": Way({("test-before", "yes"), ("dry-test-before", "pass")}, {"test-before": "yes"}, FLAT),
    "leaking before it is opened": Way({("dry-test-before", "fail")}, {"test-before": "yes"}, {**FLAT, "leak": 120.0}),
    "no tester before it is opened": Way({("dry-test-before", "not-measured")}, {"test-before": "yes", "dry-test-before": give_up}, FLAT),
    "not testable before it is opened": Way(
        {("prepare-before-inspect", "not-testable")}, {"test-before": "yes", "prepare-before-inspect": {"back_tight": "no"}}, FLAT
    ),
    "a one-piece case": Way({("open-type", "monobloc"), ("one-piece", "go-on")}, {"open-type": {"case_type": "monobloc"}}, FLAT),
    "a one-piece case, advice asked for": Way(
        {("one-piece", "help")}, {"open-type": {"case_type": "monobloc"}, "one-piece": "help"}, FLAT
    ),
    "a one-piece case goes home": Way({("one-piece", "home")}, {"open-type": {"case_type": "monobloc"}, "one-piece": "home"}, FLAT),
    "a good battery is measured on": Way({GOOD_BATTERY, ("battery-good", "measure")}),
    "a good battery, changed as asked": Way({GOOD_BATTERY, ("battery-good", "change")}, {"battery-good": "change"}),
    "a good battery, the fault is elsewhere": Way({("battery-good", "elsewhere"), ("proposal", "back")}, {"battery-good": "elsewhere", "proposal": "back"}),
    "no tester for the old battery": Way({("old-battery", "not-measured")}, {"old-battery": give_up}, FLAT),
    "too much drain, mended by clean contacts": Way(
        {("drain-before", "fail"), ("decide-drain", "again")}, {"decide-drain": mending("again", consumption=0.8)}, THIRSTY
    ),
    "too much drain, a battery all the same": Way(
        {("decide-drain", "battery"), ("drain-after", "fail"), ("decide-after", "again")},
        {"decide-drain": "battery", "decide-after": mending("again", consumption=0.8)},
        THIRSTY,
    ),
    "too much drain, and back": Way({("decide-drain", "elsewhere"), ("proposal", "back")}, {"decide-drain": "elsewhere", "proposal": "back"}, THIRSTY),
    "no tester for the drain": Way({("drain-before", "not-measured")}, {"drain-before": give_up, "decide-drain": "battery"}, FLAT),
    "too much drain, on to a diagnosis": Way(
        {("proposal", "diagnosis")}, {"decide-drain": "elsewhere", "proposal": "diagnosis", "decision": "refused"}, THIRSTY
    ),
    "too much drain, on to a movement exchange": Way(
        {("proposal", "movement"), ("bare-check", "pass")},
        {"decide-drain": "elsewhere", "proposal": "movement", "cause": "circuit", "hands-fit": {"marks": "no"}},
        THIRSTY,
    ),
    "a new battery that is none": Way({("battery-after", "fail")}, {"cell": [CELL, mending(CELL, mends=True)]}, {**FLAT, "mends": False}),
    "no tester for the new battery": Way({("battery-after", "not-measured")}, {"battery-after": give_up}, FLAT),
    "no tester for the new drain": Way(
        {("drain-after", "not-measured")}, {"drain-after": [give_up, {}], "decide-after": "again"}, FLAT
    ),
    "no tester for the new rate": Way({("rate-after", "not-measured")}, {"rate-after": give_up, "decide-after": "told"}, FLAT),
    "out of tolerance after the battery, and back": Way(
        {("decide-after", "elsewhere")}, {"decide-after": "elsewhere", "proposal": "back"}, {**FLAT, "quartz_rate": 9.0}
    ),
    "a function fails, then not": Way(
        {("functions", "defect"), ("decide-functions", "again")}, {"functions": [{"functions": "no"}, {}], "decide-functions": "again"}, FLAT
    ),
    "a function fails, the customer knows": Way({("decide-functions", "told")}, {"functions": {"functions": "no"}, "decide-functions": "told"}, FLAT),
    "a function fails, and back": Way(
        {("decide-functions", "elsewhere")}, {"functions": {"functions": "no"}, "decide-functions": "elsewhere", "proposal": "back"}, FLAT
    ),
    "the old gasket is kept": Way({("gasket", "kept"), ("kept", "done")}, {"gasket": "kept"}, FLAT),
    "nothing engraved": Way({("not-promised", "done")}, NOTHING_ENGRAVED, FLAT),
    "a case without a profile": Way({("no-profile", "done")}, watch=FLAT, order={"watch": NO_PROFILE}),
    "a crown that is missing": Way({("prepare-dry-inspect", "not-testable")}, NO_CROWN, FLAT),
    "a leak, handed back with the waiver": Way({("dry-test", "fail"), ("decide-leak", "reserved")}, {"decide-leak": "reserved"}, LEAKS),
    "a leak, tested again": Way({("decide-leak", "again")}, {"decide-leak": tight("again")}, LEAKS),
    "no tester for the closure": Way({("dry-test", "not-measured")}, {"dry-test": give_up, "decide-leak": "reserved"}, FLAT),
    "a leak, the gasket redone": Way({("decide-leak", "gasket"), ("reopened", "gasket")}, {"reopened": gasket_helps("gasket")}, LEAKS),
    "a leak at the crown": Way({("reopened", "crown"), ("supplement-consent", "done")}, {"reopened": ["quote", gasket_helps("crown")]}, LEAKS),
    "a leak at the glass": Way({("reopened", "glass"), ("reopened", "quote")}, {"reopened": ["quote", gasket_helps("glass")]}, LEAKS),
    "a leak, the additional quote refused": Way(
        {("supplement-answer", "refused")},
        {"reopened": "quote", "supplement-answer": {"answer": "refused"}, "decide-leak": ["gasket", "reserved"]},
        LEAKS,
    ),
    "battery and measurements once more": Way({("reopened", "battery")}, {"reopened": gasket_helps("battery")}, LEAKS),
    "the functional check fails, set again": Way({("check", "defect"), ("rework", "again")}, {"check": [{"all": "defect"}, {}], "rework": "again"}, FLAT),
    "the functional check fails, opened": Way(
        {("rework", "open")}, {"check": [{"all": "defect"}, {}], "rework": "open", "reopened": "battery"}, FLAT
    ),
    "an offset that nobody explains": Way({("state", "out"), ("rework", "told")}, {"state": {"runs": "no"}, "rework": "told"}, FLAT),
    **{
        f"the controller refuses: {cause}": Way(
            {("final-control-sign", cause)}, {"final-control-sign": [{"result": cause}, {}], "rework": "put-right"}, FLAT
        )
        for cause in ("timing", "water", "functions", "looks", "sheet")
    },
    "the manager asks for better words": Way(
        {("validate", "refused"), ("mend", "mended")}, {"validate": [{"sheet": "unclear"}, {}], "mend": "mended"}, FLAT
    ),
    "the manager asks for the control again": Way({("mend", "control")}, {"validate": [{"sheet": "unclear"}, {}], "mend": "control"}, FLAT),
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


def go(way: Way) -> Work:
    return travelled(way, TREE, USUAL, **{"quote": None})


@pytest.mark.parametrize("name", WAYS)
def test_every_way_ends_with_a_closed_sheet(name: str) -> None:
    work = go(WAYS[name])
    assert work.closed
    assert WAYS[name].takes <= branches(work)


def test_every_branch_of_the_data_is_walked() -> None:
    assert untravelled(PROCEDURE, [go(way) for way in WAYS.values()]) == set()
