"""The ways through the full service (tree i): how the watch is on each, what is answered otherwise than usual.

`walked("leak found")` walks one of them, once for all tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

from scripted import HOUSE, PROCEDURES, Truth, a_desk, an_order
from tree_walk import do_step, give_up, walk_tree

from bench.order import Family, RepairOrder
from bench.procedure.model import Procedure
from bench.work import Work

TREE = "revision-complete"
USUAL: dict[str, Any] = {
    "casing": {"movement_out": "no"},
    "return-reassemble": {"movement_out": "no"},
    "dial-on-fit": {"marks": "no"},
}
NO_LIMIT = replace(HOUSE, residual_field_max=None)


def truth(work: Work) -> Truth:
    """The watch on the scripted bench."""
    found = work.desk.pool.truth  # type: ignore[attr-defined]
    assert isinstance(found, Truth)
    return found


def when(said: Any = None, **change: Any) -> Callable[[Work], None]:
    """Do the step after the watch has changed: `when(rate=30.0)` measures a watch that gains 30 s/d."""

    def act(work: Work) -> None:
        for name, value in change.items():
            setattr(truth(work), name, value)
        assert work.step is not None
        do_step(work, {work.step.id: said if said is not None else USUAL.get(work.step.id, {})})

    return act


def left_out(code: str) -> Callable[[Work], None]:
    return lambda work: work.skip(code)


def back_to(step: str) -> Callable[[Work], None]:
    def act(work: Work) -> None:
        work.start()
        work.go_back(step, "pièce mal nettoyée")

    return act


def indication(work: Work) -> None:
    """Measure with an instrument out of date: an indication, never a verdict (G-05)."""
    pool: Any = work.desk.pool
    proven = list(pool._records)
    old = [replace(each.certificates[0], issued=date(2024, 1, 8)) for each in proven]
    pool._records = [replace(each, certificates=(late,)) for each, late in zip(proven, old, strict=True)]
    work.start()
    while (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task, indication=True)
    work.confirm("appareil échu, indication seulement")
    pool._records = proven


@dataclass(frozen=True)
class Way:
    """One way through the tree."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)
    watch: Mapping[str, Any] = field(default_factory=dict)
    house: Any = HOUSE


YES, NO = "yes", "no"

WAYS: dict[str, Way] = {
    "happy": Way(),
    "nothing to replace, nothing to polish": Way(
        {"worn": {"replace": NO, "worn": []}, "finish-grid": {"polish_consent": NO}},
    ),
    "plated case": Way({"finish-grid": {"finish": "plated"}}),
    "hand-wound dress watch": Way({"watch-watch": {"engraved": "non étanche"}}, watch={"family": Family.MECHANICAL}),
    "old case: screws, split stem, screwed crown": Way(
        {"uncase-type": {"case_type": "screws"}, "uncase-open": {"back_screws": 4, "clamps": 2, "casing_screws": 1}}
        | {"casing": {"movement_out": "no", "back_screws": 4, "clamps": 2, "casing_screws": 1}},
    ),
    "one-piece case": Way({"uncase-type": {"case_type": "monobloc"}}),
    "dead on arrival": Way(
        {
            "as-found": {"runs": NO},
            "closed-conditions": left_out("dead"),
            "closed-before": left_out("dead"),
            "bare-conditions": left_out("dead"),
            "bare-before": left_out("dead"),
        }
    ),
    "no signal, broken balance": Way(
        {"closed-before": left_out("no-signal"), "bare-before": left_out("broken")},
    ),
    "timing machine down": Way(
        {
            "magnetism-field": give_up,
            "closed-before": give_up,
            "bare-before": give_up,
            "bare-0h": [give_up, {}],
            "after-0h": "regulate",
            "bare-24h": [give_up, {}],
            "after-24h": "regulate",
            "cased": [give_up, {}],
            "after-casing": "magnet",
        }
    ),
    "magnetised": Way(truth={"residual": 0.5}),
    "magnetised, by the compass": Way(
        {
            "magnetism-compass": {"follows": YES},
            "demagnetise-compass": [{"follows": YES}, {"follows": NO}],
            "demagnetise-still": "again",
            "tools-magnetism-compass": {"follows": YES},
            "tools-demagnetise-compass": [{"follows": YES}, {"follows": NO}],
            "tools-demagnetise-still": "again",
            "cased": [when(rate=30.0), when(rate=3.0)],
            "after-casing": "magnet",
            "cased-magnetism-compass": {"follows": YES},
            "cased-demagnetise-compass": [{"follows": YES}, {"follows": NO}],
            "cased-demagnetise-still": "again",
        },
        house=NO_LIMIT,
    ),
    "a magnetised part": Way(
        {
            "demagnetise-field": give_up,
            "demagnetise-compass": {"follows": YES},
            "demagnetise-still": "cause",
            "tools-demagnetise-still": "cause",
            "strip-again": when(mends=True),
            "cased": [when(rate=30.0), when(rate=3.0), {}],
            "after-casing": "magnet",
            "cased-magnetism-field": when(residual=0.5, mends=False),
            "cased-demagnetise-still": "cause",
            "rework-open": when(mends=True),
            "rework": "regulate",
        },
        truth={"residual": 0.5, "mends": False},
    ),
    "magnetised by the tools": Way(
        {"tools-magnetism-field": when(residual=0.3), "tools-demagnetise-field": give_up},
    ),
    "magnetised once cased": Way(
        {
            "demagnetise-still": ["again", "cause"],
            "strip": when(residual=0.0, mends=True),
            "cased": [when(rate=30.0), when(rate=3.0)],
            "after-casing": "magnet",
            "cased-magnetism-field": when(residual=0.5),
        },
        truth={"residual": 0.5, "mends": False},
    ),
    "field just below the house limit": Way(
        {
            "demagnetise-field": when(residual=0.0999),
            "demagnetise-still": "cause",
            "tools-demagnetise-field": [when(residual=0.0999), when(residual=0.0)],
            "tools-demagnetise-still": "again",
            "cased": [when(rate=30.0), when(rate=3.0)],
            "after-casing": "magnet",
            "cased-magnetism-field": when(residual=0.0999),
            "cased-demagnetise-field": [when(residual=0.0999), when(residual=0.0)],
            "cased-demagnetise-still": "again",
        },
        truth={"residual": 0.0999, "mends": False},
    ),
    "field meter down": Way(
        {
            "magnetism-field": give_up,
            "tools-magnetism-field": give_up,
            "cased": [when(rate=30.0), when(rate=3.0)],
            "after-casing": "magnet",
            "cased-magnetism-field": give_up,
            "cased-magnetism-compass": {"follows": YES},
            "cased-demagnetise-field": give_up,
        }
    ),
    "out of tolerance as found": Way(
        {"closed-before": when(rate=40.0), "bare-0h": when(rate=3.0)},
    ),
    "leaking as found, sent back": Way(
        {
            "dry-before": when(leak=80.0),
            "diagnosis-signed": [{"agreed": NO, "cause": "mesure de marche à refaire au mouvement nu"}, {}],
            "prequote-signed": [{"agreed": NO, "cause": "délai trop court pour les pièces"}, {}],
            "file-complete": [{"complete": "asked"}, back_to("file-documents"), {"complete": "complete"}],
            "quote-answer": ["other", "accepted"],
            "order-plan-validate": [{"agreed": NO, "cause": "jour déjà plein"}, {}],
            "parts-parts": [{"supplies": "ordered"}, {"supplies": "ordered"}],
            "parts-received": [{"conforming": NO}, {}],
            "gaskets": when(leak=10.0),
        }
    ),
    "leak tester down": Way(
        {"dry-before": give_up, "dry": [give_up, indication, when(leak=49.0), when(leak=10.0)]}
        | {"after-dry": "again"},
    ),
    "cracked glass as found": Way(
        {"tight-before-inspect": {"glass_sound": NO}, "map-inspect": {"glass_sound": NO}},
    ),
    "quote refused": Way({"quote-answer": "refused"}),
    "quote refused, dress watch": Way({"quote-answer": "refused", "watch-watch": {"engraved": "non étanche"}}),
    "more found, agreed": Way({"components": {"findings": "outside"}}),
    "more found, refused": Way(
        {"components": {"findings": "outside"}, "more-answer": {"answer": "refused"}, "worn": {"replace": NO}},
    ),
    "wrong new part": Way({"replaced-check": [{"fit": NO}, {"moves": NO}, {}]}),
    "cleaned again": Way({"assemble": [back_to("clean"), {}]}),
    "hard train, uneven drops, touching balance": Way(
        {"phase-check": [{"train": "hard"}, {"drops": "uneven"}, {"balance": "touches"}, {}]},
    ),
    "keyless work fails": Way({"phase-check": [{"keyless": "fails"}, {}]}),
    "regulated twice": Way(
        {
            "bare-0h": [when(rate=30.0, mends=False), {}, when(rate=7.0)],
            "after-0h": "regulate",
            "cased": when(rate=3.0),
        },
    ),
    "low amplitude": Way(
        {"bare-0h": [when(amplitude=180.0), when(amplitude=285.0)], "after-0h": "strip"},
    ),
    "weak signal": Way(
        {
            "bare-0h": [when(signal=0.02), {}, {}, when(signal=0.98)],
            "doubt-0h": ["regulate", "strip", "regulate"],
            "bare-24h": when(signal=0.02),
            "cased": when(signal=0.98),
        }
    ),
    "weak signal, validated by the manager": Way(
        {"bare-0h": when(signal=0.02), "doubt-0h": "validated", "bare-24h": when(signal=0.98)},
    ),
    "falls within a day": Way(
        {
            "bare-24h": [when(amplitude=180.0), when(amplitude=180.0), when(amplitude=201.0), {}],
            "after-24h": ["strip", "regulate"],
            "bare-0h": when(amplitude=285.0),
            "cased": when(amplitude=285.0),
        }
    ),
    "hands redone": Way(
        {
            "dial-on-fit": [{"parallel": NO}, {"force_ok": NO, "marks": NO}, {"marks": YES}, {"marks": NO}],
        }
    ),
    "hands indexed again": Way({"dial-on-index": [{"within": NO}, {}]}),
    "dust": Way({"dust": [{"seen": "dust"}, {"seen": "none"}], "dust-closed": ["dust", "none"]}),
    "touches the case": Way(
        {
            "cased": [when(rate=30.0), when(rate=3.0)],
            "after-casing": "contact",
            "rework": "hands",
        }
    ),
    "leak found": Way({"dry": [when(leak=80.0), {}], "after-dry": "repair"}),
    "large leak, three times": Way(
        {
            "dry": [when(big_leak=True, mends=False), {}, when(mends=True), {}],
            "after-dry": "repair",
        }
    ),
    "leak not found, waived": Way(
        {"dry": when(leak=80.0, mends=False), "after-dry": ["repair", "reserved"], "leak-search": {"zone": "none"}},
    ),
    "not testable after": Way(
        {"tight-inspect": [{"back_tight": NO}, {}], "after-dry": "again"},
    ),
    "no case profile": Way({"no-profile": ["ask", "reserved"]}, watch={"case": ""}),
    "wet": Way({"wet": YES, "fog-before": {"fog": NO}, "fog-after": {"fog": NO}}),
    "fog before water": Way(
        {"wet": [YES, NO], "fog-before": {"fog": YES}, "after-urgent": "leak"} | {"fog-after": {"fog": NO}},
    ),
    "stream of bubbles": Way(
        {"wet": [YES, NO], "fog-before": {"fog": NO}, "water": {"bubbles": "stream"}, "after-urgent": "strip"},
    ),
    "fog after water": Way(
        {
            "wet": [YES, YES],
            "fog-before": {"fog": NO},
            "fog-after": [{"fog": YES}, {"fog": NO}],
            "after-urgent": "leak",
        },
    ),
    "winds too little": Way({"winding-read": [{"enough": NO}, {}], "rework": "strip"}),
    "a function fails": Way(
        {"functions": [{"all": "defect"}, {"winding": NO}, {"setting": NO}, {}], "rework": ["hands", "case", "case"]},
    ),
    "loses in a day": Way(
        {"observation-read": [{"within": NO}, {"date": NO}, {}], "rework": ["regulate", "hands"]},
    ),
    "control refuses the rate": Way({"control-sign": ["timing", "accepted"], "rework": "regulate"}),
    "control refuses water and functions": Way({"control-sign": ["water", "functions", "accepted"]}),
    "control refuses look and sheet": Way(
        {"control-sign": ["looks", "sheet", "accepted"], "looks": "wipe"},
    ),
    "look to be redone": Way(
        {
            "appearance-sign": [{"result": "looks"}, {"result": "looks"}, {}],
            "looks": ["wipe", "open"],
            "rework": "case",
        },
    ),
    "sheet sent back, customer absent": Way(
        {
            "close": [{"sheet": "unclear"}, {"sheet": "incident"}, {}],
            "hand-over-call": ["absent", "here"],
            "follow": [{"next": "waits"}, {"next": "year"}, {"next": "comes"}],
        }
    ),
}


def tree() -> Procedure:
    return PROCEDURES.get(TREE)


# What has been read from a record once: the same content for every order of these tests.
PINNED: dict[str, Procedure] = {}


def opened(way: Way) -> Work:
    """Open an order for this way, without a quote."""
    order: RepairOrder = an_order(TREE, quote=None)
    order = replace(order, watch=replace(order.watch, **way.watch))
    desk = a_desk(Truth(**way.truth), house=way.house)
    desk._pinned = PINNED
    desk.open_order(order)
    return desk.work(order.number)


@cache
def walked(name: str) -> Work:
    """Walk the named way to its end."""
    work = opened(WAYS[name])
    walk_tree(work, {**USUAL, **_usual_choices(WAYS[name])})
    return work


def _usual_choices(way: Way) -> dict[str, Any]:
    """Spread single words of forms over their choice: {"quote-answer": "refused"} answers the field of that name."""
    return {step: _said(step, said) for step, said in way.answers.items()}


_FIELD = {"quote-answer": "answer", "control-sign": "result", "hand-over-call": "customer"}


def _said(step: str, said: Any) -> Any:
    if isinstance(said, list):
        return [_said(step, each) for each in said]
    if isinstance(said, str) and step in _FIELD:
        return {_FIELD[step]: said}
    if isinstance(said, dict):
        return {**USUAL.get(step, {}), **said}
    return said
