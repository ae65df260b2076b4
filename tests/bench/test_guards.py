"""The forty guards, each at work and each missed when it is taken out.

A proof shows the guard refusing what it is there for, and letting through what is in order. Then the guard is taken
out, and the proof must fail: a guard that nothing notices is no guard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from daily_checks import REFERENCE_LEAK
from guard_removal import without
from scripted import CONTROLLER, HOUSE, PROFILES, TECHNICIAN, FixedClock, MemoryJournal, ScriptedPool, Truth, an_order

from bench import hierarchy
from bench.calibre import CalibreProfile
from bench.conformity import State
from bench.desk import Desk
from bench.errors import Refused
from bench.instrument import Identity, InstrumentKind, LinkLost, LinkState
from bench.metrology import Certificate
from bench.order import Family, Quote
from bench.people import Operator, Role
from bench.procedure.guards import RULES, Question, first_refusal, leaving_refusal
from bench.procedure.model import Procedure, Step
from bench.procedure.state import DryTest, Given, Item, OrderState, Signature
from bench.quantities import Value
from bench.work import Work

NOW = FixedClock().now()
MANAGER = Operator("m1", "Anne Perrenoud", frozenset({Role.MANAGER}))
T = {"fr": "T", "en": "T"}
TESTABLE = {"glass_sound": "yes", "back_tight": "yes", "crown_present": "yes", "moisture_visible": "no"}
READY = {
    **TESTABLE,
    **dict.fromkeys(("wr_crown", "wr_pushers", "wr_label", "wr_strap"), "yes"),
    "thermal_rest": "done",
    "watch_temperature": "21.0",
    "chamber_temperature": "22.0",
}
ZONES = ("glass", "bezel", "case", "back", "crown", "pushers", "dial", "hands", "strap", "clasp", "moisture")
DRY = DryTest(1, True, 3.0, NOW.isoformat())


def a_step(**said: Any) -> Step:
    """One step of a procedure."""
    said = {"id": "s", "kind": "instruction", "title": T, **said}
    if said["kind"] == "signoff":
        said.setdefault("meaning", T)
    return Step.model_validate(said)


def ask(
    step: Mapping[str, Any],
    facts: Mapping[str, str] | None = None,
    *,
    operator: Operator | None = TECHNICIAN,
    order: Any = None,
    house: Any = HOUSE,
    procedure: Procedure | None = None,
    calibre: CalibreProfile | None = None,
    pressure: float | None = None,
    instrument_limit: float | None = None,
    cards: frozenset[str] = frozenset(),
    **state: Any,
) -> Question:
    """The question that the guards are asked when an order in this state comes to this step."""
    facts = facts or {}
    closure = state.get("closure", 1)
    stamps = state.pop("fact_closure", dict.fromkeys(facts, closure))
    stands = OrderState(
        order=order or an_order("controle-mecanique"),
        house=house,
        procedure={},
        profiles={},
        current="s",
        facts=dict(facts),
        fact_closure=stamps,
        **state,
    )
    case = PROFILES.case("case-3-bar")
    return Question(stands, a_step(**step), operator, NOW, procedure, calibre, case, pressure, instrument_limit, cards)


def entering(*args: Any, **kwargs: Any) -> str:
    """The rule that refuses the step, "" where nothing does."""
    refusal = first_refusal(ask(*args, **kwargs))
    return refusal.rule if refusal else ""


def leaving(*args: Any, **kwargs: Any) -> str:
    """The rule that refuses to let the step go with these facts."""
    refusal = leaving_refusal(ask(*args, **kwargs))
    return refusal.rule if refusal else ""


class OneProcedure:
    """A library with one procedure in it."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure

    def get(self, procedure_id: str) -> Procedure:
        return self.procedure

    def all(self) -> tuple[Procedure, ...]:
        return (self.procedure,)


def a_procedure(*steps: Mapping[str, Any]) -> Procedure:
    written = [{"kind": "instruction", "title": T, **step} for step in steps]
    said = {"id": "p", "version": "1", "title": T, "families": list(Family), "step": written, "sha256": "0" * 64}
    return Procedure.model_validate(said)


def a_work(*steps: Mapping[str, Any], truth: Truth | None = None, **order: Any) -> Work:
    """An order opened with a procedure of these steps, on scripted instruments."""
    clock = FixedClock()
    truth = truth or Truth()
    pool = ScriptedPool(truth)
    library = OneProcedure(a_procedure(*steps))
    desk = Desk(MemoryJournal(clock), library, PROFILES, pool, HOUSE, truth.hands, clock)  # type: ignore[arg-type]
    desk.sign_in(TECHNICIAN)
    desk.open_order(an_order("p", **order))
    return desk.work("2026-0001")


def rule_of(act: Callable[[], object]) -> str:
    """The rule under which `act` is refused, "" where it is not."""
    try:
        act()
    except Refused as refused:
        return refused.refusal.rule
    return ""


TIMING = {
    "id": "s",
    "kind": "measurement",
    "measure": {
        "instrument": "timegrapher",
        "judged": ["mean_rate"],
        "derive": ["mean_rate"],
        "run": [{"program": "timing", "positions": ["CH"], "wind": "0h", "parameters": {"measure": "10 s"}}],
    },
    "next": {"fail": "s"},
}
LAST = {"id": "last"}


def timed(work: Work) -> Any:
    """Measure one position; return the verdict on the mean rate."""
    work.start()
    task = work.next_task()
    assert task is not None
    work.prepare(task)
    judged = work.measure(task)
    return next(entry.verdict for entry in judged if entry.measurement.quantity.id == "mean_rate")


# -- the proofs


def g01() -> None:
    assert entering({}, operator=None) == "G-01"
    assert entering({}) == ""


def g02() -> None:
    assert entering({}, order=an_order("p", declared="")) == "G-02"
    assert entering({"counter": True}, order=an_order("p", declared="")) == ""
    assert entering({"counter": True, "acts": ["transmit"]}, order=an_order("p", declared="")) == "G-02"


def g03() -> None:
    seen = {f"zone.{zone}": "ok" for zone in ZONES}
    assert entering({"acts": ["custody"]}, {**seen, "zone.dial": ""}) == "G-03"
    assert entering({"acts": ["custody"]}, seen) == ""


def g04() -> None:
    work = a_work(TIMING, LAST)
    pool: Any = work.desk.pool
    pool.identities["timegrapher"] = Identity("Another", "S-9")
    work.start()
    assert rule_of(lambda: timed(work)) == "G-04"


def g05() -> None:
    work = a_work(TIMING, LAST)
    pool: Any = work.desk.pool
    old = Certificate("C-0", "Labo", date(2020, 1, 1), 365, "S-timegrapher")
    pool._records = [replace(record, certificates=(old,)) for record in pool._records]
    assert rule_of(lambda: timed(work)) == "G-05"


def g06() -> None:
    work = a_work(TIMING, LAST)
    pool: Any = work.desk.pool
    pool._records = [replace(record, daily_check=REFERENCE_LEAK) for record in pool._records]
    assert rule_of(lambda: timed(work)) == "G-06"


def g07() -> None:
    some = replace(TECHNICIAN, instruments=frozenset({InstrumentKind.QUARTZ_TESTER}))
    assert entering(TIMING, operator=some) == "G-07"
    assert entering(TIMING) == ""


def g08() -> None:
    work = a_work(TIMING, LAST)
    watch = work.watch
    assert watch.calibre is not None
    draft = replace(watch.calibre, identity=replace(watch.calibre.identity, approved=False))
    work.watch = replace(watch, calibre=draft)
    verdict = timed(work)
    assert verdict.state is State.REFUSED and verdict.refusal.rule == "G-08"


def g09() -> None:
    work = a_work(TIMING, LAST)
    pool: Any = work.desk.pool
    coarse = {"rate": 40.0}
    pool._records = [
        replace(
            record,
            capabilities=tuple(replace(c, accuracy=coarse.get(c.quantity, c.accuracy)) for c in record.capabilities),
        )
        for record in pool._records
    ]
    verdict = timed(work)
    assert verdict.refusal is not None and verdict.refusal.rule == "G-09"


def g10() -> None:
    step = {"acts": ["pressurise"]}
    assert entering(step, READY) == ""
    assert entering(step, {**READY, "watch_temperature": "30.0"}) == "G-10"
    assert entering(step, READY, fact_closure={**dict.fromkeys(READY, 2), "thermal_rest": 1}, closure=2) == "G-10"


def g11() -> None:
    assert entering({"acts": ["pressurise"]}, {**READY, "wr_crown": ""}) == "G-11"
    stamps = {**dict.fromkeys(READY, 2), "wr_label": 1}
    assert entering({"acts": ["pressurise"]}, READY, fact_closure=stamps, closure=2) == "G-11"


def g12() -> None:
    step = {"acts": ["immerse"]}
    assert entering(step, READY, dry=DRY, pressure=3.0) == ""
    assert entering(step, READY) == "G-12"
    stale = replace(DRY, at=(NOW - timedelta(hours=25)).isoformat())
    assert entering(step, READY, dry=stale) == "G-12"
    assert entering(step, READY, dry=replace(DRY, pressure=2.0), pressure=3.0) == "G-12"


def g13() -> None:
    assert entering({"acts": ["immerse"]}, READY, dry=replace(DRY, passed=False)) == "G-13"
    empty = {"movement_out": "yes", "movement_photo": "0" * 64}
    assert entering({"acts": ["immerse-empty"]}, empty, case_open=True) == ""
    assert entering({"acts": ["immerse-empty"]}, {"movement_out": "yes"}, case_open=True) == "G-13"
    assert entering({"acts": ["immerse-empty"]}, empty) == "G-13"


def g14() -> None:
    assert entering({"acts": ["pressurise"]}, READY, case_open=True) == "G-14"
    final = {"kind": "signoff", "role": "controller", "acts": ["final-control"]}
    plain = an_order("p", watch=replace(an_order("p").watch, water_resistance=""))
    assert entering(final, operator=CONTROLLER, dry=DRY, closure=2, order=plain) == "G-14"
    assert entering(final, operator=CONTROLLER, dry=replace(DRY, closure=2), closure=2, order=plain) == ""


def g15() -> None:
    assert entering({"acts": ["pressurise"]}, READY, pressure=99.0) == "G-15"
    assert entering({"acts": ["pressurise"]}, READY, pressure=3.0, instrument_limit=2.0) == "G-15"


def g16() -> None:
    for fault in ({"glass_sound": "no"}, {"moisture_visible": "yes"}, {"crown_present": "no"}, {"back_tight": "no"}):
        assert entering({"acts": ["pressurise"]}, {**READY, **fault}) == "G-16"
    assert entering({"acts": ["pressurise"]}, {}) == "G-16"


def g17() -> None:
    assert entering({"acts": ["regulate"]}, magnetised=True) == "G-17"
    assert entering({"acts": ["regulate"]}) == "G-17"
    assert entering({"acts": ["regulate"]}, magnetised=False) == ""


def g18() -> None:
    quartz = an_order("p", watch=an_order("changement-de-pile").watch)
    assert entering({"acts": ["demagnetise"]}, order=quartz) == "G-18"
    assert entering({"acts": ["demagnetise"]}) == ""


def g19() -> None:
    verdict = timed(a_work(TIMING, LAST, truth=Truth(signal=0.01)))
    assert verdict.refusal is not None and verdict.refusal.rule == "G-19"


def g20() -> None:
    work = a_work(TIMING, LAST)
    pool: Any = work.desk.pool
    run = pool.run

    def other_angle(instrument: str, program: Any, on_sample: Any = None) -> Any:
        result = run(instrument, program, on_sample)
        changed = {"lift_angle": Value.of("lift_angle", 44.0)}
        readings = tuple(replace(reading, conditions=changed) for reading in result.readings)
        return replace(result, readings=readings)

    pool.run = other_angle
    verdict = timed(work)
    assert verdict.refusal is not None and verdict.refusal.rule == "G-20"


def g21() -> None:
    assert entering({"intervention": True}, order=an_order("p", quote=None)) == "G-21"
    assert entering({"intervention": True}) == ""


def g22() -> None:
    step = {"intervention": True, "operation": "polishing"}
    assert entering(step, operations=("battery",)) == "G-22"
    assert entering(step, operations=("battery", "polishing")) == ""


def g23() -> None:
    order = an_order("p", quote=Quote("D-1", "signature", "2026-11-21", ceiling=100.0))
    spent = {1: Given("parts", adds={"cost": 120.0})}
    assert entering({"intervention": True}, order=order, given=spent) == "G-23"
    assert entering({"intervention": True}, order=order, given={1: Given("parts", adds={"cost": 90.0})}) == ""
    lifted = frozenset({("G-23", "cost:120")})
    assert entering({"intervention": True}, order=order, given=spent, liftings=lifted) == ""
    more = {1: Given("parts", adds={"cost": 150.0})}
    assert entering({"intervention": True}, order=order, given=more, liftings=lifted) == "G-23"


def g24() -> None:
    work = a_work(LAST)
    asked = lambda: hierarchy.move_promise(work, "2026-12-24", reason="pièce", told="téléphone, 22.11.")  # noqa: E731
    assert rule_of(asked) == "G-24"
    assert [alert.kind for alert in work.state.alerts] == ["deadline"]
    assert work.order.promised == "2026-12-01"
    work.desk.sign_in(MANAGER)
    asked()
    assert work.order.promised == "2026-12-24" and not work.state.alerts[0].open


def g25() -> None:
    junior = replace(TECHNICIAN, level=2)
    step = {"intervention": True}
    assert entering(step, operator=junior, operations=("full-service",)) == "G-25"
    assert entering(step, operator=junior, operations=("battery",)) == ""
    assert entering({"level": 3}, operator=junior) == "G-25"
    assert entering(step, {"level_needed": "4"}, operator=replace(TECHNICIAN, level=3)) == "G-25"


PART = {
    "id": "s",
    "kind": "form",
    "fields": [
        {
            "id": "equivalence",
            "kind": "choice",
            "label": T,
            "choices": [{"id": "original", "label": T}, {"id": "other", "label": T, "guard": "G-26"}],
        }
    ],
}


def g26() -> None:
    work = a_work(PART, LAST)
    work.start()
    assert rule_of(lambda: work.answer({"equivalence": "other"})) == "G-26"
    work.desk.sign_in(MANAGER)
    hierarchy.decide(work, work.state.alerts[0].id, accept=True, reason="équivalent selon la liste du fabricant")
    work.desk.sign_in(TECHNICIAN)
    work.answer({"equivalence": "other"})
    assert work.step is not None and work.step.id == "last"


COUNT = {"kind": "number", "quantity": "pieces", "label": T}


def g27() -> None:
    out = {"id": "out", "kind": "count", "fields": [{"id": "n", "count_out": "screws", **COUNT}]}
    back = {"id": "back", "kind": "count", "fields": [{"id": "n", "count_in": "screws", **COUNT}]}
    work = a_work(out, back, LAST)
    work.start()
    work.answer({"n": 4})
    work.start()
    assert rule_of(lambda: work.answer({"n": 3})) == "G-27"
    work.answer({"n": 4})
    final = {"kind": "signoff", "role": "controller", "acts": ["final-control"]}
    lost = {1: Given("out", counts_out={"screws": 4}), 2: Given("back", counts_in={"screws": 3})}
    plain = an_order("p", watch=replace(an_order("p").watch, water_resistance=""))
    assert entering(final, operator=CONTROLLER, given=lost, order=plain) == "G-27"


def g28() -> None:
    judged = {**TIMING, "next": {}}
    work = a_work(judged, LAST, truth=Truth(rate=90.0))
    timed(work)
    assert work.outcome() == "fail"
    assert rule_of(work.confirm) == "G-28"


def g29() -> None:
    work = a_work(TIMING, LAST)
    for _attempt in range(2):
        timed(work)
        work.repeat()
    timed(work)
    assert rule_of(work.repeat) == "G-29"
    work.repeat("montre mal posée")


def g30() -> None:
    work = a_work(TIMING, LAST)
    pool: Any = work.desk.pool
    pool._records.append(replace(pool._records[0], id="hand", dialect="manual", kind=InstrumentKind.TIMEGRAPHER))
    pool.states["hand"] = LinkState.READY
    work.start()
    task = work.next_task()
    assert task is not None
    assert rule_of(lambda: work.measure(task, by_hand=True, reason="lien coupé")) == "G-30"
    pool.states["timegrapher"] = LinkState.LOST
    assert rule_of(lambda: work.measure(task, by_hand=True)) == "G-30"
    assert rule_of(lambda: work.measure(task, by_hand=True, reason="lien coupé")) == "G-30"  # no photo yet


def g31() -> None:
    final = {"kind": "signoff", "role": "controller"}
    assert entering(final) == "G-31"
    assert entering(final, operator=CONTROLLER) == ""
    assert entering(final, operator=CONTROLLER, workers=frozenset({"c1"})) == "G-31"
    assert entering(final, house=replace(HOUSE, self_check=True)) == ""


DEFECTS = {
    "id": "settle",
    "kind": "form",
    "fields": [{"id": "outcome", "kind": "text", "label": T, "each": "defects", "fact": "outcome"}],
}


def g32() -> None:
    procedure = a_procedure(DEFECTS)
    final = {"kind": "signoff", "role": "controller", "acts": ["final-control"]}
    found = {1: Given("look", lists={"defects": (Item("MEC-AMP-B", a_step().title),)})}
    plain = an_order("p", watch=replace(an_order("p").watch, water_resistance=""))
    about: dict[str, Any] = {"operator": CONTROLLER, "procedure": procedure, "given": found, "order": plain}
    assert entering(final, **about) == "G-32"
    assert entering(final, {"outcome.MEC-AMP-B": "RES"}, **about) == ""


def g33() -> None:
    procedure = a_procedure(
        {"id": "close", "kind": "signoff", "role": "manager", "meaning": T, "acts": ["close-sheet"]}
    )
    signed = (Signature("close", ("close-sheet",), "manager", "m1", 5),)
    step = {"acts": ["hand-over"]}
    assert entering(step, procedure=procedure) == "G-33"
    assert entering(step, procedure=procedure, signatures=(replace(signed[0], void=True),)) == "G-33"
    assert entering(step, procedure=procedure, signatures=signed) == ""
    assert leaving(step, {"commercial_release": "no"}) == "G-33"
    assert leaving(step, {"commercial_release": "yes"}) == ""


def g34() -> None:
    close = {"kind": "signoff", "role": "manager", "acts": ["close-sheet"]}
    assert entering(close, operator=MANAGER, case_open=True) == "G-34"
    assert entering(close, operator=MANAGER) == ""
    opened = {"id": "s", "handlings": ["open"]}
    work = a_work(opened)
    work.start()
    assert rule_of(lambda: work.answer({})) == "G-34"
    assert not work.closed


def g35() -> None:
    ronda = PROFILES.calibre("ronda-505")
    right = {
        "battery_reference": "371",
        "battery_voltage_new": "1.57",
        "battery_polarity": "yes",
        "battery_old_logged": "yes",
    }
    step = {"acts": ["fit-battery"]}
    assert leaving(step, right, calibre=ronda) == ""
    wrong = {
        "battery_reference": "CR2032",
        "battery_voltage_new": "1.2",
        "battery_polarity": "no",
        "battery_old_logged": "",
    }
    for fact, value in wrong.items():
        assert leaving(step, {**right, fact: value}, calibre=ronda) == "G-35", fact


def g36() -> None:
    final = {"kind": "signoff", "role": "controller", "acts": ["final-control"]}
    assert entering(final, operator=CONTROLLER, closure=2) == "G-36"
    assert entering(final, operator=CONTROLLER, closure=2, dry=replace(DRY, closure=2)) == ""
    waived = {"water_resistance": "reserved", "waiver_reference": "W-12"}
    assert entering(final, waived, operator=CONTROLLER, closure=2) == ""


def g37() -> None:
    allowed = {"polish_consent": "yes", "finish": "solid", "movement_out": "yes"}
    assert leaving({"acts": ["polish"]}, allowed) == ""
    for fact, value in {"polish_consent": "no", "finish": "plated", "movement_out": "no"}.items():
        assert leaving({"acts": ["polish"]}, {**allowed, fact: value}) == "G-37", fact


def g38() -> None:
    step = {"acts": ["machine"], "machine": "ultrasonic"}
    assert entering(step) == "G-38"
    assert entering(step, cards=frozenset({"ultrasonic"})) == ""


def g39() -> None:
    validation = {"kind": "signoff", "role": "manager"}
    assert entering(validation) == "G-39"
    assert entering(validation, operator=MANAGER) == ""


def g40() -> None:
    work = a_work(LAST)
    trainee = Operator("e1", "Léa Moser", frozenset({Role.TRAINEE}))
    assert rule_of(lambda: work.desk.sign_in(trainee)) == "G-40"
    assert work.desk.operator == TECHNICIAN


PROOFS: dict[str, Callable[[], None]] = {f"G-{n:02}": globals()[f"g{n:02}"] for n in range(1, 41)}


def test_there_are_forty_rules_and_a_proof_of_each() -> None:
    assert list(RULES) == list(PROOFS) and len(RULES) == 40


@pytest.mark.parametrize("code", PROOFS)
def test_a_guard_refuses_what_it_is_there_for(code: str) -> None:
    PROOFS[code]()


@pytest.mark.parametrize("code", PROOFS)
def test_a_guard_that_is_taken_out_is_missed(code: str) -> None:
    with without(code), pytest.raises((AssertionError, LinkLost, AttributeError, KeyError)):
        PROOFS[code]()


def test_every_rule_says_in_both_languages_what_it_is_and_who_may_lift_it() -> None:
    from bench.language import speaking

    for code, rule in RULES.items():
        with speaking("en"):
            english = (str(rule.rule), str(rule.who))
        assert all(english), code
        with speaking("fr"):
            assert str(rule.rule) != english[0], code


def test_a_refusal_that_the_manager_may_lift_is_brought_before_them_once_and_lifted_by_name() -> None:
    work = a_work({"id": "s", "level": 4}, LAST)
    work.desk.sign_in(replace(TECHNICIAN, level=2))
    for _again in range(3):
        assert rule_of(work.start) == "G-25"
    assert [(alert.kind, alert.rule) for alert in work.state.alerts] == [("level", "G-25")]
    assert rule_of(lambda: hierarchy.lift(work, "je sais faire")) == "G-25"  # never the technician's own
    work.desk.sign_in(MANAGER)
    hierarchy.decide(work, work.state.alerts[0].id, accept=True, reason="sous ma surveillance")
    work.desk.sign_in(replace(TECHNICIAN, level=2))
    work.start()
    assert work.state.started
    lifted = [event for event in work.desk.journal.events(order=work.number) if event.kind.value == "lifted"]
    assert [(event.operator, event.payload["rule"]) for event in lifted] == [("m1", "G-25")]


def test_files_that_describe_the_guards_are_where_the_rules_say() -> None:
    folder = Path(hierarchy.__file__).parent / "procedure" / "guards"
    assert {path.stem for path in folder.glob("*.py")} >= {"rules", "acts", "water", "people", "craft", "ending"}


def test_the_customers_signature_settles_what_waited_for_it() -> None:
    polishing = {"id": "s", "intervention": True, "operation": "polishing"}
    work = a_work(polishing, LAST, quote=Quote("D-1", "signature", "2026-11-21", operations=("battery",)))
    assert rule_of(work.start) == "G-22"
    assert [alert.open for alert in work.state.alerts] == [True]
    work.desk.sign_quote(work.number, "D-2", "e-mail", operations=["battery", "polishing"], ceiling=250.0)
    work.refresh()
    assert [alert.open for alert in work.state.alerts] == [False]
    assert work.order.quote is not None and work.order.quote.supplementary and work.order.quote.version == 2
    work.start()


def test_nobody_repeats_the_work_from_an_earlier_step() -> None:
    work = a_work({"id": "first"}, {"id": "s", "back": ["first"]}, LAST)
    work.start()
    work.answer({})
    work.desk.operator = None
    assert rule_of(lambda: work.go_back("first", "à refaire")) == "G-01"
    work.desk.sign_in(TECHNICIAN)
    work.go_back("first", "à refaire")
    assert work.step is not None and work.step.id == "first"
