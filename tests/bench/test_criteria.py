"""The matrix of the criteria: all 97 there, all supported as they ask to be, all that it names in being, its page up to
date. What they rest on is held against walked orders in test_criteria_hold.py.
"""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from bench.criteria import CriterionKind, competences, criteria, evidence_steps
from bench.criteria.coverage import coverage, importable
from bench.criteria.model import load
from bench.criteria.page import markdown
from bench.criteria.support import CHECKS, SupportKind
from bench.errors import DataFileError
from bench.language import speaking
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import Procedure, Step

ROOT = Path(__file__).parents[2]
SHIPPED = ProcedureLibrary().all()
TREES = tuple(procedure for procedure in SHIPPED if procedure.stage)
COVERED = coverage(TREES)


def test_there_are_97_criteria_of_19_competences() -> None:
    assert len(competences()) == 19
    assert len(criteria()) == 97
    assert Counter(each.block for each in criteria().values()) == {"BC1": 21, "BC2": 28, "BC3": 22, "BC4": 26}
    assert Counter(each.kind.value for each in criteria().values()) == {
        "check": 37,
        "step": 20,
        "field": 18,
        "report": 13,
        "alert": 9,
    }


def test_each_competence_has_its_criteria_in_order() -> None:
    counts = [5, 6, 5, 5, 6, 7, 7, 5, 3, 6, 3, 4, 4, 5, 6, 4, 5, 6, 5]
    assert [len(competence.criteria) for competence in competences()] == counts
    for competence in competences():
        letters = [each.id.partition("-")[2] for each in competence.criteria]
        assert letters == list("abcdefg"[: len(letters)])


def test_every_criterion_says_what_it_is_in_both_languages_and_in_words_of_its_own() -> None:
    texts = [each.text for each in criteria().values()]
    for language in ("fr", "en"):
        with speaking(language):
            assert all(str(text) for text in texts)
            assert len({str(text) for text in texts}) == 97


@pytest.mark.parametrize("code", criteria())
def test_the_five_trees_support_it_as_it_asks(code: str) -> None:
    assert [str(gap) for gap in COVERED[code].gaps] == []


@pytest.mark.parametrize("code", [code for code, each in criteria().items() if each.kind is CriterionKind.CHECK])
def test_no_check_rests_on_a_text_that_is_typed(code: str) -> None:
    stopping = {support.kind for support in COVERED[code].supports} & CHECKS
    assert stopping or COVERED[code].criterion.named("guard")


def test_the_procedures_name_no_criterion_that_there_is_not() -> None:
    named = {code for procedure in SHIPPED for step in procedure.steps for code in step.all_criteria()}
    assert named - set(criteria()) == set()


def test_a_step_that_is_taken_out_is_missed() -> None:
    without = [_without(procedure, lambda step: "C.4.1-a" in step.all_criteria()) for procedure in TREES]
    assert [str(gap) for gap in coverage(without)["C.4.1-a"].gaps] == ["No step names it."]


def test_a_check_that_became_a_text_field_is_missed() -> None:
    """Whoever edits the tree and leaves only the words of a check has lost the criterion."""
    bare = [
        procedure.model_copy(
            update={
                "step": tuple(
                    step.model_copy(update={"outcome": (), "next": {}, "acts": (), "guards": ()})
                    if "C.4.1-a" in step.all_criteria()
                    else step
                    for step in procedure.steps
                )
            }
        )
        for procedure in TREES
    ]
    gaps = [str(gap) for gap in coverage(bare)["C.4.1-a"].gaps]
    assert gaps == ["Nothing stops or branches: its steps only take an answer."]


def test_an_act_an_alert_or_a_paper_that_nobody_does_any_more_is_missed() -> None:
    bare = [
        procedure.model_copy(
            update={
                "step": tuple(
                    step.model_copy(update={"report": "", "acts": (), "fields": ()}) for step in procedure.steps
                )
            }
        )
        for procedure in TREES
    ]
    gaps = {code: [str(gap) for gap in found.gaps] for code, found in coverage(bare).items()}
    assert "act:transmit is not there." in gaps["C.2.5-b"]
    assert "alert:dispute is not there." in gaps["C.1.4-e"]
    assert "report:pre-quote is not there." in gaps["C.1.3-d"]
    assert "guard:G-37 is not there." in gaps["C.4.5-b"]


def _without(procedure: Procedure, leaves: object) -> Procedure:
    assert callable(leaves)
    return procedure.model_copy(update={"step": tuple(step for step in procedure.steps if not leaves(step))})


def test_a_feature_is_something_of_the_core() -> None:
    assert importable("bench.checking.check")
    assert importable("bench.work.Work.answer")
    assert not importable("bench.checking.guess")
    assert not importable("bench.nothing")


def test_the_evidence_of_a_procedure_is_its_steps_by_criterion() -> None:
    tree = next(procedure for procedure in TREES if procedure.id == "revision-complete")
    found = evidence_steps(tree)
    assert [step.id for step in found["C.4.1-f"]] == ["level-again"]
    assert all(isinstance(step, Step) for steps in found.values() for step in steps)
    assert "C.1.4-d" not in found  # no complaint is settled in a full service


def test_every_paper_of_a_report_criterion_is_named_by_one_of_its_steps() -> None:
    for code, found in COVERED.items():
        if found.criterion.kind is CriterionKind.REPORT:
            assert set(found.criterion.named("report")) <= set(found.what(SupportKind.REPORT)), code


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("code", criteria())
def test_the_tests_that_prove_it_are_there(code: str) -> None:
    for test in criteria()[code].tests:
        path, _colons, function = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert function in functions(path), test


def test_the_page_says_what_the_data_says() -> None:
    """`python -m docs.criteria` writes it anew."""
    assert (ROOT / "docs" / "criteria.md").read_text("utf-8") == markdown(SHIPPED)


GOOD = """
version = "1"
[[competence]]
id = "C.1.1"
title = { fr = "Accueil", en = "Welcome" }
criteria = [
    { id = "C.1.1-a", kind = "step", text = { fr = "x", en = "x" }, needs = ["guard:G-02"], tests = ["t.py::test_x"] },
]
"""


@pytest.mark.parametrize(
    ("change", "becomes", "named"),
    [
        ('kind = "step"', 'kind = "score"', "kind"),
        ('"C.1.1-a"', '"C.2.1-a"', "another competence"),
        ('"C.1.1-a"', '"C.1.1-z"', "id"),
        ("guard:G-02", "gesture:smile", "needs"),
        ('["t.py::test_x"]', "[]", "tests"),
        ('en = "x"', 'de = "x"', "text"),
        ("]\n", '    { id = "C.1.1-a", kind = "step", text = { fr = "y", en = "y" }, tests = ["t"] },\n]\n', "twice"),
    ],
)
def test_a_faulty_file_of_criteria_is_named_with_its_fault(
    tmp_path: Path, change: str, becomes: str, named: str
) -> None:
    path = tmp_path / "criteria.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path)[0].criteria[0].named("guard") == ("G-02",)
    path.write_text(becomes.join(GOOD.rsplit(change, 1)), encoding="utf-8")
    with pytest.raises(DataFileError, match=named):
        load(path)
