"""The rule book as a file: what the shipped one holds, what a workshop may add, and what a wrong one is told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bench.diagnosis import load
from bench.diagnosis.figures import COMPUTED, words_of
from bench.diagnosis.rules import SHIPPED
from bench.errors import DataFileError, UsageError
from bench.limit import Mark
from bench.order import Family

SOURCES = Path(__file__).parents[2] / "profiles" / "sources.toml"
RULE = """
version = "1"
sources = { W = "the workshop" }
facts = { rattles = { fr = "Elle cliquette", en = "It rattles" } }

[rule.A-01]
when = [[{ figure = "amplitude.6H@0h", below = "230 °" }]]
hypothesis = { fr = "une", en = "one" }
action = { fr = "voir", en = "look" }
source = "W"
mark = "house"
"""


def own(folder: Path, text: str, name: str = "own.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def wrong(folder: Path, old: str, new: str) -> str:
    """Return what is said of the workshop's file with one thing changed."""
    assert old in RULE
    with pytest.raises(DataFileError) as error:
        load(own(folder, RULE.replace(old, new)))
    assert "own.toml" in str(error.value)
    return str(error.value)


# The shipped book


def test_every_rule_says_who_says_so_and_how_sure_it_is() -> None:
    book = load()
    for rule in book.rules.values():
        assert book.references(rule)
        assert rule.mark in (Mark.DOCUMENTED, Mark.CARRIED_OVER, Mark.COMMON_KNOWLEDGE)
        assert rule.hypothesis.fr != rule.hypothesis.en
    assert book.overridden() == ()


def test_a_source_that_the_profiles_have_too_says_the_same_there() -> None:
    theirs = tomllib.loads(SOURCES.read_text("utf-8"))["sources"]
    ours = load().sources
    shared = set(ours) & set(theirs)
    assert len(shared) > 20
    assert {code: ours[code] for code in shared} == {code: theirs[code] for code in shared}


def test_a_threshold_is_either_the_sources_or_called_ours() -> None:
    """The thresholds that the sources print, by figure; any other is marked as ours."""
    printed = {
        "amplitude_highest": "330 °",
        "amplitude_flat_24h": "200 °",
        "amplitude.CH@0h": "250 °",
        "amplitude_drop": "50 °",
        "max_beat_error": "1.0 ms",
        "beat_error_highest": "1.0 ms",
        "insulation_resistance": "1 MΩ",
        "consumption_stem_pulled": "0.4 µA",
        "lower_working_voltage": "1.30 V",
        "leak_final": "50 µg/min",
        "leak_vacuum": "200 µg/min",
    }
    # Not thresholds of the rule: below 0 s/d is a loss, above 0 ms a pulse; 4 s is the jump itself.
    plain = {("mean_rate", "0 s/d"), ("pulse_width", "0 ms"), ("pulse_period", "3.9 s")}
    for rule in load().rules.values():
        for condition in rule.conditions():
            written = condition.above or condition.below
            if written is None or (condition.figure, written) in plain or condition.figure == "battery_voltage":
                continue
            assert condition.mark == "ours" or printed.get(condition.figure) == written, rule.id


def test_mechanical_rules_are_not_for_quartz_watches() -> None:
    rules = load().rules
    for number in (*range(1, 9), *range(10, 21)):
        assert set(rules[f"D-{number:02}"].families) == {Family.MECHANICAL, Family.AUTOMATIC}
    for number in range(21, 34):
        assert Family.AUTOMATIC not in rules[f"D-{number:02}"].families


@pytest.mark.parametrize("name", [*COMPUTED, "battery_voltage", "amplitude.CH@24h", "rate.6H"])
def test_every_figure_has_words_in_both_languages(name: str) -> None:
    words = words_of(name)
    assert words.fr and words.en


@pytest.mark.parametrize("name", ["amplitud", "amplitude.7H", "amplitude@", "", "rate.CH@24"])
def test_a_name_that_no_figure_has_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="There is no figure called"):
        words_of(name)


# A workshop's own rules


def test_a_workshop_adds_rules_and_the_book_shows_which(tmp_path: Path) -> None:
    book = load(own(tmp_path, RULE))
    assert len(book.rules) == len(load().rules) + 1
    assert book.overridden() == ("A-01",)
    assert book.origins["A-01"] == "own.toml"
    assert book.sha256 != load().sha256


def test_a_workshop_puts_its_own_rule_in_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    book = load(own(tmp_path, RULE.replace("A-01", "D-04")))
    assert book.rules["D-04"].mark is Mark.HOUSE
    assert book.overridden() == ("D-04",)
    assert load().rules["D-04"].mark is Mark.DOCUMENTED


def test_an_empty_folder_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path) == load()


# What is wrong is named with file, key and reason


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("amplitude.6H@0h", "amplitud", r"rule\.A-01\.when\.0\.0\.figure .*There is no figure called “amplitud”"),
        ("230 °", "230 s/d", r"rule\.A-01\.when\.0\.0\.below .*“s/d” is a unit of rate, not of amplitude"),
        ("230 °", "low", r"rule\.A-01\.when\.0\.0\.below .*cannot be read as amplitude"),
        (', below = "230 °"', "", r"rule\.A-01\.when\.0\.0, line 7: a figure needs above, below or verdict"),
        (', below = "230 °"', ', verdict = ["bad"]', r"rule\.A-01\.when\.0\.0\.verdict\.0 \('bad'\)"),
        (', below = "230 °"', ', below = "230 °", side = "below"', r"a side belongs to a verdict"),
        ('{ figure = "amplitude.6H@0h", below = "230 °" }', "{}", r"exactly one of figure, fact and missing"),
        ('{ figure = "amplitude.6H@0h", below = "230 °" }', '{ fact = "rattles" }', r"a fact needs the word"),
        (
            '{ figure = "amplitude.6H@0h", below = "230 °" }',
            '{ fact = "x", is = "yes" }',
            r"rule\.A-01\.when names “x”",
        ),
        ('{ figure = "amplitude.6H@0h", below = "230 °" }', '{ missing = "x" }', r"neither a fact nor a figure"),
        ('[[{ figure = "amplitude.6H@0h", below = "230 °" }]]', "[[]]", r"rule\.A-01: when needs an alternative"),
        ('source = "W"', 'source = "W"\nfamilies = []', r"at least one family"),
        ('hypothesis = { fr = "une", en = "one" }', 'hypothesis = { en = "one" }', r"rule\.A-01\.hypothesis\.fr"),
        ('action = { fr = "voir", en = "look" }', 'action = { fr = "", en = "look" }', r"rule\.A-01\.action\.fr"),
        ('en = "It rattles"', 'de = "Es klappert"', r"facts\.rattles\.en"),
        ('mark = "house"', 'mark = "sure"', r"rule\.A-01\.mark \('sure'\)"),
        ('source = "W"', 'source = "W X9"', r"rule\.A-01\.source names “X9”"),
        ('source = "W"', 'source = "W"\nbefore = ["D-04"]', r"only a check comes before other rules"),
        ('source = "W"', 'source = "W"\nkind = "check"\nask = ["y"]', r"rule\.A-01\.ask names “y”"),
        ('source = "W"', 'source = "W"\nkind = "check"', r"a check, and only a check, asks for facts"),
        ('source = "W"', 'source = "W"\ndefects = ["broken"]', r"rule\.A-01\.defects\.0 \('broken'\)"),
        ('source = "W"', 'source = "W"\ncontradicts = { D-99 = { fr = "a", en = "b" } }', r"contradicts names “D-99”"),
        ('source = "W"', 'source = "W"\nfamilies = ["sundial"]', r"rule\.A-01\.families\.0"),
        ('source = "W"', 'source = "W"\nsure = true', r"rule\.A-01\.sure"),
        ("rule.A-01", "rule.first", r"rule\.first\.id \('first'\)"),
        ('version = "1"', "version = ", r"not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_reason(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert re.search(told, wrong(tmp_path, old, new))


def test_a_rule_written_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"own\.toml is not valid TOML"):
        load(own(tmp_path, RULE + RULE[RULE.index("[rule.A-01]") :]))


def test_the_shipped_file_stands_on_its_own() -> None:
    assert tomllib.loads(SHIPPED.read_text("utf-8"))["version"] == "1"
