"""A workshop's own profiles: they override ours, and what is wrong with one is told with file, line, key and reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import DataFileError
from bench.language import speaking
from profiles.check import check, main
from profiles.library import Library
from profiles.reading import SHIPPED, Problem

CALIBRE = """\
id = "house-1"
version = "1"
maker = "House"
calibre = "One"
family = "automatic"
aliases = ["H1"]

[facts]
beat_rate = { value = "28800 A/h", mark = "documented", source = "S3" }

[[limits]]
quantity = "mean_rate"
low = "-5 s/d"
high = "5 s/d"
mark = "house"
source = "workshop"
"""
CASE = """\
id = "house-case"
version = "1"
name = "house case"
rating = "3 bar"
programme = "p03"
max_pressure = "3 bar"

[free_volumes]
medium = { value = "2100 mm³", mark = "house", source = "measured" }
"""


@pytest.fixture
def workshop(tmp_path):
    (tmp_path / "calibres").mkdir()
    return tmp_path


def put(workshop: Path, text: str = CALIBRE, name: str = "calibres/house-1.toml") -> Path:
    path = workshop / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def problems(workshop: Path) -> list[Problem]:
    return list(Library(workshop).problems)


def only_problem(workshop: Path) -> Problem:
    found = problems(workshop)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


# Overriding


def test_a_workshops_calibre_stands_beside_ours(workshop):
    put(workshop)
    profile = Library(workshop).calibre("H1")
    assert profile.name == "House One"
    assert profile.identity.origin == "workshop"
    assert problems(workshop) == []


def test_a_workshops_profile_comes_as_a_draft_and_no_file_can_say_otherwise(workshop):
    put(workshop)
    assert not Library(workshop).calibre("house-1").identity.approved
    put(workshop, CALIBRE.replace("family =", 'approved_by = "A. Manager"\nfamily ='))
    assert any("approved_by" in str(problem) for problem in problems(workshop))


def test_a_workshops_file_stands_in_place_of_ours_and_shows_as_such(workshop):
    text = CALIBRE.replace('id = "house-1"', 'id = "eta-2824-2"').replace('aliases = ["H1"]\n', "")
    put(workshop, text, "calibres/eta-2824-2.toml")
    library = Library(workshop)
    ours, theirs = Library().calibre("eta-2824-2"), library.calibre("eta-2824-2")
    assert theirs.name == "House One"
    assert theirs.identity.sha256 != ours.identity.sha256
    assert library.overrides == ("calibres/eta-2824-2",)
    assert library.shipped_calibre("eta-2824-2") == ours


def test_a_workshops_grades_change_every_calibre_that_follows_them(workshop):
    shipped = (SHIPPED / "grades" / "eta.toml").read_text("utf-8")
    text = shipped.replace('low = "-4 s/d"\nhigh = "4 s/d"', 'low = "-3 s/d"\nhigh = "3 s/d"')
    put(workshop, text, "grades/eta.toml")
    library = Library(workshop)
    assert library.calibre("eta-2824-2").limit("mean_rate", grade="top").high == 3
    assert library.calibre("eta-2824-2").identity.sha256 != Library().calibre("eta-2824-2").identity.sha256


def test_a_workshop_without_a_folder_has_our_library(tmp_path):
    assert len(Library(tmp_path / "none").calibres()) == len(Library().calibres())


# What can be wrong


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "reason"),
    [
        ('version = "1"', "version = ", 2, "", "not valid TOML"),
        ('maker = "House"', 'maker = "House"\ncolour = "red"', 4, "colour", "no such key"),
        ('maker = "House"\n', "", None, "maker", "missing"),
        ('family = "automatic"', 'family = "steam"', 5, "family", "one of"),
        ('version = "1"', "version = 1", 2, "version", "type string"),
        ('"28800 A/h"', '"28800 s/d"', 9, "facts.beat_rate.value", "wrong dimension"),
        ('"28800 A/h"', '"28900 A/h"', 9, "facts.beat_rate.value", "no movement beats like that"),
        ('"28800 A/h"', '"-28800 A/h"', 9, "facts.beat_rate.value", "greater than zero"),
        ('"28800 A/h"', '"fast"', 9, "facts.beat_rate.value", "cannot be read"),
        ("beat_rate =", "heart_rate =", 9, "facts.heart_rate", "no quantity of that name"),
        ('"S3"', '"S99"', 9, "facts.beat_rate.source", "no source of that code"),
        ('low = "-5 s/d"', 'low = "-5 °"', 13, "limits[1].low", "wrong dimension"),
        ('low = "-5 s/d"', 'low = "6 s/d"', 13, "limits[1].low", "inside out"),
        ('low = "-5 s/d"\nhigh = "5 s/d"\n', "", 11, "limits[1]", "a lower or an upper side"),
        ('mark = "house"', 'mark = "sure"', 15, "limits[1].mark", "one of"),
        ('mark = "house"', 'mark = "house"\ngrade = "top"', 16, "limits[1].grade", "no grade of that name"),
        ('mark = "house"', 'mark = "house"\nposition = "4H"', 16, "limits[1].position", "one of"),
        ("[facts]", '[grades]\nfrom = "omega"\n[facts]', 9, "grades.from", "no grades file"),
        ("[facts]", '[grades]\nfrom = "eta"\nsold = ["gold"]\n[facts]', 10, "grades.sold", "no such grade"),
        ("[facts]", '[battery]\ncell = "999"\nmark = "house"\nsource = "w"\n[facts]', 9, "battery.cell", "no battery"),
        ("[facts]", '[carried_over]\nfrom = "nobody"\n[facts]', 9, "carried_over.from", "no calibre of that name"),
        ('aliases = ["H1"]', 'aliases = ["H1"]\nshared = ["nothing"]', 7, "shared[1]", "no shared file"),
        ('id = "house-1"', 'id = "house-2"', 1, "id", "must be called house-2.toml"),
        ('id = "house-1"', 'id = "House 1"', 1, "id", "lower-case"),
    ],
)  # fmt: skip
def test_each_fault_names_its_file_its_line_its_key_and_the_reason(workshop, old, new, line, key, reason):
    assert old in CALIBRE
    put(workshop, CALIBRE.replace(old, new, 1))
    found = only_problem(workshop)
    assert found.file == "calibres/house-1.toml"
    assert (found.line, found.key) == (line, key)
    assert reason in str(found)
    with speaking("fr"):
        assert "house-1.toml" in str(found)


def test_words_that_are_no_code_are_a_source_in_free_words(workshop):
    put(workshop, CALIBRE.replace('"S3"', '"our own measurement, 2026"'))
    assert problems(workshop) == []
    assert Library(workshop).calibre("H1").facts["beat_rate"].source == "our own measurement, 2026"


def test_an_unknown_code_beside_a_known_one_is_a_fault(workshop):
    put(workshop, CALIBRE.replace('"S3"', '"S3 S99"'))
    assert "S99" in str(only_problem(workshop))


def test_the_bench_opens_without_a_faulty_profile_and_says_so_when_it_is_asked_for(workshop):
    put(workshop, CALIBRE.replace('"28800 A/h"', '"28800 s/d"'))
    library = Library(workshop)
    assert len(library.calibres()) == len(Library().calibres())
    with pytest.raises(DataFileError, match=r"house-1\.toml, line 9.*wrong dimension"):
        library.calibre("house-1")


@pytest.mark.parametrize("fault", [("28800 A/h", "28800 s/d"), ('"automatic"', "automatic")])
def test_a_faulty_override_does_not_fall_back_to_ours_in_silence(workshop, fault):
    text = CALIBRE.replace('id = "house-1"', 'id = "eta-2824-2"').replace(*fault)
    put(workshop, text, "calibres/eta-2824-2.toml")
    with pytest.raises(DataFileError, match=r"eta-2824-2\.toml"):
        Library(workshop).calibre("eta-2824-2")


def test_three_volts_on_a_silver_oxide_calibre(workshop):
    text = CALIBRE.replace("automatic", "quartz").replace(
        'beat_rate = { value = "28800 A/h"', 'supply_voltage = { value = "1.55 V"'
    )
    put(workshop, text + '\n[battery]\ncell = "371"\nothers = ["lithium-3v"]\nmark = "house"\nsource = "w"\n')
    found = only_problem(workshop)
    assert (found.key, found.value) == ("battery.others[1]", "lithium-3v")
    assert "3.00" in str(found) and "1.55" in str(found)


def test_two_files_for_one_calibre(workshop):
    put(workshop)
    put(workshop, CALIBRE.replace("house-1", "house-2"), "calibres/house-2.toml")
    found = problems(workshop)
    assert [(p.file, p.key) for p in found] == [
        ("calibres/house-2.toml", "calibre"),
        ("calibres/house-2.toml", "aliases[1]"),
    ]
    assert all("house-1.toml" in str(p) for p in found)


def test_an_alias_of_another_calibre(workshop):
    put(workshop, CALIBRE.replace('"H1"', '"H1", "NH36"'))
    assert [p.value for p in problems(workshop)] == ["NH36"]


def test_references_that_run_in_a_circle(workshop):
    one, two = (CALIBRE + f'\n[carried_over]\nfrom = "house-{n}"\nfacts = ["height"]\n' for n in (2, 1))
    put(workshop, one)
    two = two.replace("house-1", "house-2", 1).replace('"One"', '"Two"').replace('"H1"', '"H2"')
    put(workshop, two, "calibres/house-2.toml")
    found = problems(workshop)
    assert {p.file for p in found} == {"calibres/house-1.toml", "calibres/house-2.toml"}
    assert all(("circle" in str(p) and "house-1 → house-2" in str(p)) or "house-2 → house-1" in str(p) for p in found)


def test_a_calibre_that_refers_to_itself(workshop):
    put(workshop, CALIBRE + '\n[carried_over]\nfrom = "house-1"\n')
    assert "house-1 → house-1" in str(only_problem(workshop))


def test_carrying_over_what_the_sister_does_not_have(workshop):
    put(workshop, CALIBRE + '\n[carried_over]\nfrom = "sellita-sw300-1"\nfacts = ["lift_angle"]\nlimits = ["rate"]\n')
    assert [(p.key, p.value) for p in problems(workshop)] == [
        ("carried_over.facts", "lift_angle"),
        ("carried_over.limits", "rate"),
    ]


def test_a_fault_in_shared_grades_is_told_there_and_where_they_are_used(workshop):
    put(workshop, CALIBRE + '\n[grades]\nfrom = "ours"\n')
    grades = """\
id = "ours"
version = "1"
title = { fr = "Les nôtres", en = "Ours" }

[grades.fine]
name = { fr = "Fin", en = "Fine" }

[[grades.fine.limits]]
quantity = "mean_rate"
high = "5 ms"
mark = "house"
source = "workshop"
"""
    put(workshop, grades, "grades/ours.toml")
    found = {p.file: p for p in problems(workshop)}
    assert set(found) == {"grades/ours.toml", "calibres/house-1.toml"}
    assert found["grades/ours.toml"].key == "grades.fine.limits[1].high"
    assert found["grades/ours.toml"].line == 10


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('rating = "3 bar"', 'rating = "30 m"', "rating", "wrong dimension"),
        ('programme = "p03"', 'programme = "p77"', "programme", "no test programme"),
        ('programme = "p03"', 'programme = "p05"', "max_pressure", "goes up to"),
        ("medium = ", "small = ", "free_volumes", "no leak rate"),
        ("2100 mm³", "2100 mm", "free_volumes.medium.value", "wrong dimension"),
        ("2100 mm³", "0 mm³", "free_volumes.medium.value", "greater than zero"),
    ],
)
def test_what_can_be_wrong_with_a_case(workshop, old, new, key, reason):
    put(workshop, CASE.replace(old, new), "cases/house-case.toml")
    found = problems(workshop)
    assert key in {p.key for p in found}
    assert any(reason in str(p) for p in found)
    with pytest.raises(DataFileError):
        Library(workshop).case("house-case")


def test_a_case_of_the_workshop(workshop):
    put(workshop, CASE, "cases/house-case.toml")
    assert [s.label for s in Library(workshop).case("house case").stages] == ["-0.4 bar", "+3 bar"]


def test_a_file_that_is_not_utf_8(workshop):
    (workshop / "calibres" / "house-1.toml").write_bytes(CALIBRE.encode("utf-16"))
    assert "UTF-8" in str(only_problem(workshop))


def test_any_text_at_all_is_a_problem_and_never_a_traceback(workshop):
    lines = st.lists(st.sampled_from([*CALIBRE.splitlines(), "[x", "limits = 3", "facts = []", "[[grades]]", "\x00"]))

    @settings(max_examples=60, deadline=None)
    @given(lines)
    def opens(drawn):
        put(workshop, "\n".join(drawn))
        for problem in Library(workshop, shipped=workshop / "none").problems:
            assert str(problem)

    opens()


# The command


def test_the_check_tells_every_problem_and_fails(workshop, capsys):
    put(workshop, CALIBRE.replace('"28800 A/h"', '"28800 s/d"'))
    assert main(["--workshop", str(workshop)]) == 1
    assert "house-1.toml, line 9" in capsys.readouterr().out
    assert len(check(workshop)) == 1


def test_the_check_of_a_right_library_says_nothing(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == ""


def test_the_example_in_the_documentation_is_a_right_profile(workshop):
    page = (SHIPPED.parent / "docs" / "calibres.md").read_text("utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    put(workshop, example, "calibres/eta-2892-a2.toml")
    assert problems(workshop) == []
    assert Library(workshop).calibre("eta-2892-a2").identity.origin == "workshop"
