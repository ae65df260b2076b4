"""Procedure files: those shipped hold together, and a workshop's own are refused with what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.errors import DataFileError, UsageError
from bench.procedure.library import SHIPPED, ProcedureLibrary, load

GOOD = """
id = "essai"
version = "1"
families = ["mechanical"]
title = { fr = "Essai", en = "Trial" }

[[step]]
id = "look"
kind = "checklist"
title = { fr = "Regarder", en = "Look" }

[[step.fields]]
id = "seen"
kind = "tick"
label = { fr = "Vu", en = "Seen" }

[[step]]
id = "time"
kind = "measurement"
title = { fr = "Mesurer", en = "Measure" }

[step.measure]
instrument = "timegrapher"
judged = ["mean_rate"]
derive = ["mean_rate"]

[[step.measure.run]]
program = "timing"
positions = ["CH"]
wind = "0h"
parameters = { stabilise = "1 s", measure = "10 s" }

[step.next]
fail = "look"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "essai.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_shipped_procedure_holds_together() -> None:
    library = ProcedureLibrary()
    assert [str(problem) for problem in library.problems] == []
    assert {procedure.id for procedure in library.all()} == {path.stem for path in SHIPPED.glob("*.toml")}


def test_a_good_file_is_read_and_pinned_by_its_content(tmp_path: Path) -> None:
    first = load(write(tmp_path, GOOD))
    second = load(write(tmp_path, GOOD.replace('"10 s"', '"20 s"')))
    assert len(first.sha256) == 64
    assert first.sha256 != second.sha256


@pytest.mark.parametrize(
    ("change", "becomes", "named"),
    [
        ('fail = "look"', 'fail = "nowhere"', "nowhere"),
        ('[step.next]\nfail = "look"', "", "no branch for a failed measurement"),
        ('kind = "checklist"', 'kind = "checklist"\nguards = ["G-99"]', "G-99"),
        ('en = "Seen"', 'en = ""', "language is missing"),
        ('en = "Seen"', 'nl = "Gezien"', "label"),
        ('judged = ["mean_rate"]', 'judged = ["speed"]', "speed"),
        ('kind = "tick"', 'kind = "tickle"', "tickle"),
        ('id = "time"', 'id = "look"', "stands twice"),
        (
            'id = "look"\nkind = "checklist"',
            'id = "look"\nkind = "checklist"\nnext = { "*" = "look" }',
            "no way leads to",
        ),
        ('kind = "checklist"', 'kind = "checklist"\nhandlings = ["dance"]', "dance"),
        ("[[step]]", "[[step", "TOML"),
    ],
)
def test_a_faulty_file_is_named_with_its_fault(tmp_path: Path, change: str, becomes: str, named: str) -> None:
    assert change in GOOD
    path = write(tmp_path, GOOD.replace(change, becomes, 1))
    with pytest.raises(DataFileError) as error:
        load(path)
    assert "essai.toml" in str(error.value)
    assert named in str(error.value)


def test_the_library_opens_without_the_faulty_file_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("tick", "tickle", 1))
    library = ProcedureLibrary(tmp_path)
    assert len(library.problems) == 1
    with pytest.raises(UsageError, match="essai"):
        library.get("essai")


def test_a_workshops_own_file_stands_in_place_of_ours(tmp_path: Path) -> None:
    own = GOOD.replace('id = "essai"', 'id = "controle-mecanique"')
    (tmp_path / "own.toml").write_text(own, "utf-8")
    procedure = ProcedureLibrary(tmp_path).get("controle-mecanique")
    assert procedure.origin == "workshop"
    assert str(procedure.title) == "Trial"


def test_french_texts_of_the_data_keep_their_punctuation_on_the_line() -> None:
    loose = re.compile(r"(?: [;:?!»])|(?:« )")
    wrong = [
        f"{path.name}: {text}"
        for path in sorted(SHIPPED.parent.parent.rglob("*.toml"))
        for text in re.findall(r'fr = "((?:[^"\\]|\\.)*)"', path.read_text("utf-8"))
        if loose.search(text)
    ]
    assert wrong == []
