"""The full service (tree i) as a workshop lives it: the happy way in its order, and what never happens on any way."""

from __future__ import annotations

from typing import Any

import pytest
from full_service_walks import TREE, USUAL, WAYS, Way, opened, tree, walked, when
from scripted import TECHNICIAN
from tree_walk import PEOPLE, measure, settle_alerts, sign_in, usual_answers, walk_tree

from bench import hierarchy
from bench.errors import Refused, UsageError
from bench.events import Event, EventKind
from bench.people import Operator, Role
from bench.procedure import guards
from bench.procedure.model import Act, StepKind
from bench.work import Work

STAGES = [stage.id for stage in tree().stage]


def record(work: Work) -> list[Event]:
    return list(work.desk.journal.events(order=work.number))


def steps_done(work: Work) -> list[str]:
    return [end.step for end in work.state.ends if end.outcome != "skipped"]


def stage(step_id: str) -> str:
    step = tree().get(step_id)
    assert step is not None
    return step.stage


def test_the_tree_has_its_39_stages_in_order() -> None:
    assert [f"i-{n:02}" for n in range(1, 40)] == STAGES
    assert {family.value for family in tree().families} == {"mechanical", "automatic"}


def test_the_happy_way_goes_through_every_stage_in_its_order() -> None:
    passed = [stage(step) for step in steps_done(walked("happy"))]
    assert passed == sorted(passed)
    # Nothing was magnetised: i-09; the dry test was enough: of i-33 only the question.
    assert set(STAGES) - set(passed) == {"i-09"}
    assert [step for step in steps_done(walked("happy")) if stage(step) == "i-33"] == ["wet"]


def test_water_before_and_after_the_dry_test_where_it_is_asked_for() -> None:
    wet = [step for step in steps_done(walked("wet")) if stage(step) in ("i-32", "i-33")]
    assert wet == [
        "tight-inspect",
        "tight-prepare",
        "tight-rest",
        "tight-temperatures",
        "dry",
        "wet",
        "fog-before",
        "water",
        "fog-after",
    ]


def test_measurements_come_in_pairs_before_and_after() -> None:
    tasks = walked("happy").state.tasks
    closed = {step: [task.label for task in tasks if task.step == step] for step in ("closed-before", "bare-before")}
    assert closed["closed-before"] == closed["bare-before"] == ["CH", "9H", "6H"]
    phases = {
        phase: {entry.measurement.quantity.id for task in tasks if task.phase == phase for entry in task.judged}
        for phase in ("before", "after")
    }
    both = {"rate", "amplitude", "beat_error", "mean_rate", "leak_rate", "residual_field"}
    assert both <= phases["before"] & phases["after"]


def test_the_regulation_is_measured_in_all_positions_of_the_grade_and_again_a_day_later() -> None:
    work = walked("happy")
    assert work.watch.calibre is not None
    positions = [task.label for task in work.state.tasks if task.step == "bare-0h"]
    assert tuple(positions) == work.watch.calibre.positions(work.order.watch.grade)
    later = [entry.measurement for task in work.state.tasks if task.step == "bare-24h" for entry in task.judged]
    assert {m.conditions.get("wind") for m in later if m.quantity.id == "rate"} == {"24h"}
    assert [m for m in later if m.quantity.id == "isochronism"]


def test_a_missing_pair_has_its_coded_reason_on_the_record() -> None:
    codes = {e.payload["step"]: e.payload.get("code") for e in record(walked("dead on arrival")) if e.kind is DONE}
    assert codes["closed-before"] == codes["bare-before"] == "dead"


DONE = EventKind.STEP_DONE


def test_a_refused_quote_gives_the_watch_back_untouched_counted_and_closed() -> None:
    work = walked("quote refused")
    done = set(steps_done(work))
    assert not [step.id for step in tree().steps if step.intervention and step.id in done]
    assert (work.state.closure, work.state.case_open) == (2, False)
    assert work.state.facts["water_resistance"] == "reserved"
    assert done.isdisjoint({"control-sign", "let-down"})


def test_a_diagnosis_sent_back_is_planned_again_and_nothing_is_pressed_on_the_open_case() -> None:
    done = steps_done(walked("leaking as found, sent back"))
    again = done[done.index("diagnosis-signed") + 1 :]
    second = again[: again.index("diagnosis-signed")]
    assert second[0] == "plan"
    assert set(second).isdisjoint({"closed-before", "tight-before-inspect", "dry-before", "uncase-open"})
    assert {"bare-before", "look-look", "diagnosis-defects"} <= set(second)


# -- water ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WAYS)
def test_no_watch_ever_meets_water_but_after_a_dry_pass_on_its_closure(name: str) -> None:
    passed: int | None = None
    for event in record(walked(name)):
        if event.kind is EventKind.MEASURED and event.payload["dry_test"]:
            states = {entry["verdict"]["state"] for entry in event.payload["judged"] if _is_leak(entry)}
            passed = event.payload["closure"] if states == {"conforming"} else None
        elif event.kind is EventKind.HANDLED and event.payload["act"] == "open":
            passed = None
        elif event.kind is EventKind.STEP_ANSWERED and event.payload["step"] == "water":
            assert passed is not None


def _is_leak(entry: dict[str, Any]) -> bool:
    return bool(entry["measurement"]["quantity"] == "leak_rate")


def test_a_stream_of_bubbles_opens_the_watch_before_anything_else() -> None:
    done = steps_done(walked("stream of bubbles"))
    assert done[done.index("water") + 1] == "urgent"
    events = record(walked("stream of bubbles"))
    water = [e.payload for e in events if e.kind is EventKind.STEP_ANSWERED and e.payload["step"] == "water"]
    assert water[0]["answers"]["lifted"] == "yes"


def test_bubbles_are_not_noted_without_having_lifted_the_watch_out() -> None:
    work = opened(Way())
    walk_tree(work, {**USUAL, "wet": "yes", "fog-before": {"fog": "no"}}, until="water")
    work.start()
    with pytest.raises(UsageError, match="Watch lifted out before the release ended"):
        work.answer({"pressure": "3 bar", "minutes": 2, "bubbles": "stream", "zone": "crown"})


def test_after_a_dry_failure_only_the_empty_case_goes_into_water() -> None:
    work = opened(Way())
    walk_tree(work, {**USUAL, "dry": when(leak=80.0), "after-dry": "repair"}, until="leak-search")
    assert work.state.case_open
    assert work.state.facts["movement_out"] == "yes"
    assert work.state.facts["movement_photo"] in work.state.photos
    assert not [step.id for step in tree().steps if Act.IMMERSE in step.acts and step.id in steps_done(work)]


def test_every_opening_asks_for_a_dry_test_on_the_new_closure() -> None:
    for name in WAYS:
        work = walked(name)
        if "control-sign" in steps_done(work) and work.state.facts.get("water_resistance") != "reserved":
            promises = work.order.watch.promises_water_resistance
            assert not promises or (work.state.dry is not None and work.state.dry.closure == work.state.closure), name


def test_the_waits_are_waited_for() -> None:
    waits = [step.id for step in tree().steps if step.kind is StepKind.WAIT]
    assert waits == ["tight-before-rest", "day", "tight-rest", "winding-run", "observation-day"]
    work = opened(Way())
    for wait in waits:
        walk_tree(work, USUAL, until=wait)
        sign_in(work, TECHNICIAN)
        work.start()
        with pytest.raises(Refused):
            work.answer({})


# -- people, scope, counts --------------------------------------------------------------------------------------


def test_work_above_the_technicians_level_waits_for_the_hierarchy() -> None:
    beginner = Operator("t2", "Zoé Faivre", frozenset({Role.TECHNICIAN}), level=2)
    work = opened(Way())
    people = {**PEOPLE, Role.TECHNICIAN: beginner}
    with pytest.raises(Refused) as refused:
        walk_tree(work, USUAL, people)
    assert refused.value.refusal.rule == "G-25"
    assert work.step is not None and work.step.id == "order-plan-actions"
    assert [alert.kind for alert in work.state.alerts if alert.rule == "G-25"] == ["level"]


def test_no_intervention_before_the_quote_is_signed() -> None:
    first = next(step.id for step in tree().steps if step.intervention)
    ids = [step.id for step in tree().steps]
    assert ids.index("consent") < ids.index(first)


def test_a_service_that_was_not_signed_for_is_out_of_scope() -> None:
    work = opened(Way())
    with pytest.raises(Refused) as refused:
        walk_tree(work, {**USUAL, "consent": {"operations": ["regulation", "gaskets"]}})
    assert (refused.value.refusal.rule, work.state.current) == ("G-22", "let-down")


def test_more_work_than_was_signed_for_stops_until_the_customer_signs_again() -> None:
    work = opened(Way())
    signed = {**USUAL, "consent": {"operations": ["full-service"]}, "finish-grid": {"polish_consent": "no"}}
    with pytest.raises(Refused) as refused:
        walk_tree(work, signed)
    assert (refused.value.refusal.rule, work.state.current) == ("G-22", "replace")

    agreed = opened(Way())
    found = {**signed, "components": {"findings": "outside"}, "more-consent": {"operations": ["parts"]}}
    walk_tree(agreed, found)
    assert agreed.closed


@pytest.mark.parametrize(
    ("step", "out", "back"),
    [
        ("assemble", {"strip": {"screws": 12, "bridges": 4}}, {"screws": 11, "bridges": 4}),
        ("casing", {"uncase-open": {"clamps": 2}}, {"movement_out": "no", "clamps": 1}),
        ("dial-on-count", {"dial-off": {"hands": 3}}, {"hands": 2}),
    ],
)
def test_as_many_parts_go_in_as_came_out(step: str, out: dict[str, Any], back: dict[str, Any]) -> None:
    work = opened(Way())
    walk_tree(work, {**USUAL, **out}, until=step)
    sign_in(work, TECHNICIAN)
    work.start()
    with pytest.raises(Refused) as refused:
        work.answer(usual_answers(work, back))
    assert refused.value.refusal.rule == "G-27"
    asked = work.step
    assert asked is not None
    scope = guards.scope_of("G-27", work.question(asked))
    sign_in(work, PEOPLE[Role.MANAGER])
    hierarchy.lift_rule(work, "G-27", scope, "vis retrouvée cassée, remplacée")
    sign_in(work, TECHNICIAN)
    work.answer(usual_answers(work, back))
    assert work.step != asked


def test_a_part_that_is_not_listed_waits_for_the_manager() -> None:
    for step, answer in (
        ("gaskets", {"equivalence": "not-listed"}),
        ("replace", {"parts": [{"part": "ressort", "reference": "X", "equivalence": "not-listed", "old": "kept"}]}),
    ):
        work = opened(Way())
        walk_tree(work, USUAL, until=step)
        sign_in(work, TECHNICIAN)
        work.start()
        with pytest.raises(Refused) as refused:
            work.answer(usual_answers(work, answer))
        assert refused.value.refusal.rule == "G-26"


def test_machines_wait_for_their_safety_card() -> None:
    machines = {step.id: step.machine for step in tree().steps if step.machine}
    assert {"clean", "finish-polish", "case-clean"} <= set(machines)
    work = opened(Way())
    walk_tree(work, USUAL, until="clean")
    sign_in(work, TECHNICIAN)
    with pytest.raises(Refused) as refused:
        work.start()
    assert refused.value.refusal.rule == "G-38"


def test_the_final_control_is_another_persons() -> None:
    work = opened(Way())
    walk_tree(work, USUAL, until="control-sign")
    sign_in(work, TECHNICIAN)
    with pytest.raises(Refused) as refused:
        work.start()
    assert refused.value.refusal.rule == "G-31"


def test_a_cased_movement_that_fails_never_goes_on_to_the_final_control() -> None:
    work = opened(Way())
    walk_tree(work, USUAL, until="bare-0h")
    sign_in(work, TECHNICIAN)
    work.desk.pool.truth.amplitude = 150.0  # type: ignore[attr-defined]
    assert measure(work) == "fail"
    work.confirm()
    assert work.state.current == "after-0h"
    assert {choice.id for choice in work.step.fields[0].choices} == {"regulate", "strip"}  # type: ignore[union-attr]


def test_each_complaint_and_defect_needs_its_outcome_before_the_final_control() -> None:
    work = opened(Way())
    walk_tree(work, USUAL, until="settled")
    asked = {entry.fact for entry in work.fields() if entry.fact.startswith("outcome.")}
    wanted = {f"outcome.{item.key}" for name in ("symptoms", "defects") for item in work.state.items(name)}
    assert asked == wanted != set()


def test_each_refusal_of_the_final_control_has_its_cause_and_its_way_back() -> None:
    sign = tree().get("control-sign")
    assert sign is not None
    assert sign.next == {
        "timing": "rework-open",
        "water": "tight-inspect",
        "functions": "functions",
        "looks": "looks",
        "sheet": "settled",
    }
    work = opened(Way())
    walk_tree(work, USUAL, until="control-sign")
    sign_in(work, PEOPLE[Role.CONTROLLER])
    settle_alerts(work, PEOPLE)
    sign_in(work, PEOPLE[Role.CONTROLLER])
    work.start()
    work.answer(usual_answers(work, {"result": "timing", "cause": "marche hors tolérance en position 6H"}))
    assert not [each for each in work.state.signatures if each.step == "control-sign"]
    assert work.state.current == "rework-open"


def test_the_compass_is_asked_only_where_the_field_meter_says_nothing() -> None:
    assert "magnetism-compass" not in steps_done(walked("happy"))
    assert "magnetism-compass" not in steps_done(walked("magnetised"))
    assert {"magnetism-compass", "tools-magnetism-compass"} <= set(steps_done(walked("field meter down")))


def test_the_order_names_this_tree() -> None:
    assert walked("happy").procedure.id == TREE
