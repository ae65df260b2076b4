"""Each of the 97 criteria held against orders that were really walked: what should stop a person does, what should be
told is told, what should stand on paper stands there. The tries are in criteria_holding.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from criteria_holding import tried, walks

from bench.criteria import Criterion, CriterionKind, criteria, evidence_steps
from bench.criteria.coverage import SHEETS
from bench.events import EventKind
from bench.papers import Labels, make
from bench.sheet import content, events_of
from bench.work import Work

PRINTED = "2026-11-22T18:00:00+01:00"
PLAIN = {"tracking-sheet": "workshop", "customer-sheet": "customer"}


def of(kind: CriterionKind) -> list[str]:
    return [code for code, criterion in criteria().items() if criterion.kind is kind]


@cache
def sheet(number: int, version: str) -> Mapping[str, Any]:
    work = walks()[number]
    return content(
        events_of(work.desk.journal, work.number),
        "fr",
        printed=PRINTED,
        head=work.desk.journal.head(),
        version=version,
    )


def test_nothing_that_supports_a_criterion_gives_way() -> None:
    assert dict(tried().failed) == {}


@pytest.mark.parametrize("code", of(CriterionKind.STEP))
def test_the_step_is_done_and_stands_in_the_evidence(code: str) -> None:
    """The trainer's sheet says who did it, when, and how it ended."""
    lines = [line["cells"] for each in evidence() for line in each if line["cells"][0] == code]
    assert lines
    assert all(title and who and start and outcome for _c, title, who, start, _m, _v, _n, outcome in lines)


def evidence() -> Iterator[list[dict[str, Any]]]:
    for number, _work in enumerate(walks()):
        block = next(each for each in sheet(number, "trainer")["blocks"] if each["key"] == "criteria")
        yield block["tables"][0]["lines"]


@pytest.mark.parametrize("code", of(CriterionKind.FIELD))
def test_the_field_keeps_what_was_answered(code: str) -> None:
    """What was answered stands in the record, in both languages, under the name of its field."""
    kept = [(payload, name) for work in walks() for payload, name in answered(work, code)]
    assert kept
    for payload, name in kept:
        assert payload["answers"][name] not in (None, "")
        assert set(payload["shown"][name]) == set(payload["labels"][name]) == {"fr", "en"}


def answered(work: Work, code: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    steps = {step.id: step for step in evidence_steps(work.procedure).get(code, ())}
    for event in work.desk.journal.events(order=work.number):
        step = steps.get(event.payload.get("step", "")) if event.kind is EventKind.STEP_ANSWERED else None
        if step is not None:
            mine = [entry.id for entry in step.fields if code in step.criteria or code in entry.criteria]
            yield from ((event.payload, name) for name in event.payload["answers"] if name.partition(".")[0] in mine)


# What these fields hold may rightly be nothing: a watch without a defect.
MAY_BE_EMPTY = {"C.2.4-b"}


@pytest.mark.parametrize("code", sorted({*of(CriterionKind.FIELD)} - MAY_BE_EMPTY))
def test_the_field_is_not_left_empty(code: str) -> None:
    assert tried().held[code]


@pytest.mark.parametrize("code", of(CriterionKind.CHECK))
def test_the_check_stops_what_does_not_pass(code: str) -> None:
    assert tried().held[code]


@pytest.mark.parametrize("code", of(CriterionKind.ALERT))
def test_the_alert_reaches_the_hierarchy(code: str) -> None:
    assert tried().held[code]


@pytest.mark.parametrize("code", of(CriterionKind.REPORT))
def test_the_paper_shows_it(code: str) -> None:
    """The papers that its steps yield can be made of the order, and the blocks of the sheet are filled."""
    criterion = criteria()[code]
    made = list(papers(criterion))
    assert made
    for name, blocks in made:
        assert blocks, name
    for key in criterion.named("block"):
        assert any(
            block["state"] == "filled"
            for number, _work in enumerate(walks())
            for block in sheet(number, "workshop")["blocks"]
            if block["key"] == key
        ), key


def papers(criterion: Criterion) -> Iterator[tuple[str, Any]]:
    for number, work in enumerate(walks()):
        done = {end.step for end in work.state.ends}
        steps = [step for step in evidence_steps(work.procedure).get(criterion.id, ()) if step.id in done]
        for name in dict.fromkeys(step.report for step in steps if step.report):
            if name in SHEETS:
                yield name, sheet(number, PLAIN[name])["blocks"]
                continue
            head = work.desk.journal.head()
            earlier = events_of(work.desk.journal, work.order.complaint_of) if work.order.complaint_of else ()
            events = events_of(work.desk.journal, work.number)
            paper = make(name, events, "fr", printed=PRINTED, head=head, earlier=earlier)
            yield name, paper.labels if isinstance(paper, Labels) else paper.blocks
