"""The full service walked on every branch: each choice, each outcome, each measurement that fails or cannot be made,
each coded reason, each limit of a loop; and what a form refuses or alerts to.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from full_service_walks import PINNED, USUAL, WAYS, Way, back_to, opened, tree, truth, walked, when
from scripted import TECHNICIAN, MemoryJournal, a_desk
from tree_walk import PEOPLE, branches, do_step, settle_alerts, sign_in, usual_answers, walk_tree

from bench import hierarchy
from bench.errors import Refused
from bench.events import EventKind
from bench.people import Role
from bench.procedure import guards
from bench.procedure.model import FormField, Step, StepKind
from bench.work import Work

TREE = tree()
# What no order of this tree can come to, and why it stands in the data all the same.
OTHERWISE = {
    ("symptoms-worn", "skipped"): "the tree is for mechanical and automatic watches; the question is of the module",
    ("return-reassemble", "skipped"): "a quote is answered after the un-casing; the module serves other trees too",
    ("dry", "no-limit"): "every stage of a case profile has its limit",
    **{
        (f"{part}-field", "conditional"): "one meter's accuracy cancels in the difference of its two readings"
        for part in ("magnetism", "demagnetise", "tools-magnetism", "tools-demagnetise")
    },
    **{
        (f"cased-{part}-field", "conditional"): "one meter's accuracy cancels in the difference of its two readings"
        for part in ("magnetism", "demagnetise")
    },
}
NEVER_DONE = {"symptoms-battery"}


@pytest.mark.parametrize("name", WAYS)
def test_every_way_ends_with_a_closed_sheet(name: str) -> None:
    work = walked(name)
    assert work.closed
    assert not work.state.case_open
    assert not work.state.magnetised
    assert all(out == back for out, back in work.state.counted().values())


def outcomes(step: Step) -> Iterator[tuple[str, str]]:
    """Every outcome that the data gives this step a way for."""
    if step.kind is StepKind.DECISION:
        yield from ((step.id, choice.id) for choice in step.fields[0].choices)
    yield from ((step.id, rule.result) for rule in step.outcome if rule.result)
    yield from ((step.id, outcome) for outcome in step.next if outcome != "*")
    if step.kind is StepKind.MEASUREMENT and step.measure is not None and step.measure.judged:
        yield step.id, "pass"
    if step.when:
        yield step.id, "skipped"
    if step.back:
        yield step.id, "back"


def test_the_ways_take_every_branch() -> None:
    taken = set().union(*(branches(walked(name)) for name in WAYS))
    wanted = {each for step in TREE.steps for each in outcomes(step)}
    assert wanted - taken == set(OTHERWISE)
    done = {step for step, outcome in taken if outcome != "skipped"}
    assert {step.id for step in TREE.steps} - done == NEVER_DONE


def test_the_ways_give_every_coded_reason() -> None:
    ends = [e.payload for name in WAYS for e in record(walked(name)) if e.kind is EventKind.STEP_DONE]
    given = {(end["step"], end["code"]) for end in ends if end.get("code")}
    assert given == {(step.id, reason.id) for step in TREE.steps for reason in step.skip}


def record(work: Work) -> list:  # type: ignore[type-arg]
    return list(work.desk.journal.events(order=work.number))


def fork(work: Work) -> Work:
    """The same order on another bench, from its record alone."""
    desk = a_desk(copy.deepcopy(truth(work)), house=work.desk.house)
    desk._pinned = PINNED
    journal = work.desk.journal
    assert isinstance(journal, MemoryJournal) and isinstance(desk.journal, MemoryJournal)
    desk.clock.time = journal.clock.time  # type: ignore[attr-defined]
    desk.journal.record = list(journal.record)
    return desk.work(work.number)


def at_each_step(way: Way) -> Iterator[Work]:
    """The order before each of its steps, where somebody of the right role is signed in and no alert waits."""
    work = opened(way)
    while work.step is not None:
        sign_in(work, PEOPLE[work.step.role])
        settle_alerts(work, PEOPLE)
        sign_in(work, PEOPLE[work.step.role])
        yield work
        do_step(work, {**USUAL, **way.answers})


def test_an_order_is_taken_up_again_exactly_where_it_stands() -> None:
    for work in at_each_step(WAYS["stream of bubbles"]):
        assert fork(work).state == work.state


# Ways that come by steps where the happy one does not.
_ROUND = (
    "happy",
    "leak found",
    "fog before water",
    "quote refused",
    "no case profile",
    "weak signal",
    "sheet sent back, customer absent",
)


def test_a_refused_answer_stops_the_step_with_its_reason() -> None:
    """Every rule of the tree that refuses an answer does, says why, and lets the right answer pass afterwards."""
    seen = set()
    for name in _ROUND:
        for work in at_each_step(WAYS[name]):
            step = work.step
            assert step is not None
            for rule in step.outcome:
                if rule.refuse is None or (step.id, rule.field) in seen:
                    continue
                seen.add((step.id, rule.field))
                other = begun(fork(work))
                with pytest.raises(Refused) as refused:
                    other.answer(usual_answers(other, {**USUAL.get(step.id, {}), rule.field: rule.equals}))
                assert refused.value.refusal.reason.parameters["text"] == rule.refuse.reason
                assert other.step == step
    assert seen == {(step.id, rule.field) for step in TREE.steps for rule in step.outcome if rule.refuse is not None}


def begun(work: Work) -> Work:
    assert work.step is not None
    sign_in(work, PEOPLE[work.step.role])
    if work.step.machine:
        work.desk.acknowledge_card(work.step.machine)
    work.start()
    return work


def test_a_choice_that_alerts_the_hierarchy_does_so_and_holds_the_order_up_where_it_says() -> None:
    seen = set()
    for name in _ROUND:
        for work in at_each_step(WAYS[name]):
            step = work.step
            assert step is not None
            for entry, choice in alerting(step):
                if (origin(step), entry.id, choice) in seen:
                    continue
                seen.add((origin(step), entry.id, choice))
                other = begun(fork(work))
                before = len(other.state.alerts)
                other.answer(usual_answers(other, {**USUAL.get(step.id, {}), entry.id: choice}))
                raised = [alert for alert in other.state.alerts[before:] if alert.step == step.id]
                wanted = next(each for each in entry.choices if each.id == choice)
                assert wanted.alert in {alert.kind for alert in raised}, (step.id, choice)
                assert any(alert.holds_up for alert in raised) or not wanted.blocking
    assert seen == {(origin(step), entry.id, choice) for step in TREE.steps for entry, choice in alerting(step)}


def origin(step: Step) -> str:
    """The module of a step that stands in the tree more than once, the step itself otherwise."""
    return step.module or step.id


def alerting(step: Step) -> Iterator[tuple[FormField, str]]:
    for entry in step.fields:
        if entry.kind == "choice" and not entry.each:
            yield from ((entry, choice.id) for choice in entry.choices if choice.alert)


LOOPS = {
    "file-complete": {"file-complete": [{"complete": "asked"}] * 4},
    "quote-answer": {"quote-answer": [{"answer": "other"}] * 4},
    "order-plan-validate": {"order-plan-validate": [{"agreed": "no", "cause": "jour déjà plein"}] * 4},
    "parts-received": {"parts-parts": {"supplies": "ordered"}, "parts-received": [{"conforming": "no"}] * 4},
    "demagnetise-coil": {"demagnetise-coil": when(mends=False), "demagnetise-still": "again"},
    "tools-demagnetise-coil": {
        "tools-magnetism-field": when(residual=0.5, mends=False),
        "tools-demagnetise-still": "again",
    },
    "cased-demagnetise-coil": {
        "cased": when(rate=30.0),
        "after-casing": "magnet",
        "cased-magnetism-field": when(residual=0.5, mends=False),
        "cased-demagnetise-still": "again",
    },
    "strip-again": {"phase-check": {"train": "hard"}},
    "regulate": {"bare-0h": when(rate=30.0, mends=False), "after-0h": "regulate"},
    "dial-on-fit": {"dial-on-fit": {"marks": "yes"}},
    "dust": {"dust": {"seen": "dust"}},
    "dust-open": {"dust-closed": "dust"},
    "leak-open": {"dry": when(leak=80.0, mends=False), "after-dry": "repair"},
    "rework-open": {"functions": {"all": "defect"}, "rework": "case"},
}


def test_every_loop_has_a_limit_that_is_walked_to() -> None:
    assert {step.id for step in TREE.steps if step.max_visits} == set(LOOPS)


@pytest.mark.parametrize("step_id", LOOPS)
def test_beyond_the_limit_of_a_loop_the_manager_decides(step_id: str) -> None:
    step = TREE.get(step_id)
    assert step is not None
    work = opened(Way(truth={"residual": 0.5} if step_id == "demagnetise-coil" else {}))
    with pytest.raises(Refused) as refused:
        walk_tree(work, {**USUAL, **LOOPS[step_id]})
    assert refused.value.refusal.rule == "loop"
    assert work.state.visits[step_id] == step.max_visits
    assert work.step == step
    scope = guards.scope_of("loop", work.question(step))
    sign_in(work, TECHNICIAN)
    with pytest.raises(Refused):
        hierarchy.lift_rule(work, "loop", scope, "je continue")
    sign_in(work, PEOPLE[Role.MANAGER])
    hierarchy.lift_rule(work, "loop", scope, "encore un essai, vu avec le technicien")
    sign_in(work, PEOPLE[step.role])
    work.start()
    assert work.state.visit == step.max_visits + 1


def test_only_steps_that_say_so_may_be_left_out_or_gone_back_from() -> None:
    work = opened(Way())
    walk_tree(work, USUAL, until="dry")
    with pytest.raises(Refused):
        work.skip("dead")
    work.start()
    with pytest.raises(Refused):
        work.go_back("gaskets", "joint douteux")
    back = opened(Way())
    walk_tree(back, USUAL, until="assemble")
    back_to("clean")(back)
    assert back.step is not None and back.step.id == "clean"
