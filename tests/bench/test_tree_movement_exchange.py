"""Tree iii, quartz movement exchange, walked to its closed sheet: the plain way and each of its branches."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from scripted import PROCEDURES
from tree_walk import branches, give_up
from tree_ways import Way, mending, travelled, untravelled

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
