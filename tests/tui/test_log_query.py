"""A line of words becomes a filter of the log; a mistake is named with what would be right."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from bench.errors import DataFileError, UsageError
from bench.journal import LogFilter
from bench.language import speaking
from tui.log_query import KEYS, moment, parse, tokens
from tui.saved_filters import SavedFilters

TODAY = date(2026, 11, 22)


def read(line: str) -> dict[str, object]:
    """Return the fields that a line narrows, without those that it leaves open."""
    found = vars(parse(line, TODAY).filter)
    return {name: value for name, value in found.items() if value is not None}


def test_words_are_looked_for_and_keys_narrow() -> None:
    assert read("fuite by:jm,ap calibre:eta-2824-2 couronne") == {
        "text": "fuite couronne",
        "operator": ("jm", "ap"),
        "calibre": ("eta-2824-2",),
    }
    assert read('watch:"Royal Oak" montre:acier') == {"watch": "Royal Oak acier"}
    assert read("") == {}


def test_every_key_is_known_in_both_languages() -> None:
    one = read("regle:g-17 verdict:nonconforming origine:simulated grandeur:rate alerte:supply genre:measurement")
    other = read("rule:G-17 state:nonconforming origin:simulated quantity:rate alert:supply kind:measurement")
    assert one == other
    assert one["guard"] == ("G-17",)
    assert set(KEYS) == set(LogFilter.__dataclass_fields__) - {"text", "without"}


def test_values_are_written_as_they_are_read() -> None:
    for language, line in (("en", "verdict:CONFORMING quantity:“rate” kind:signature"), ("fr", "verdict:CONFORME")):
        with speaking(language):
            assert read(line.replace("“", "").replace("”", ""))["state"] == ("conforming",)
    assert read('verdict:"conditionally conforming"')["state"] == ("conditionally-conforming",)
    assert "kinds" not in read("kind:all")


def test_a_bound_has_a_unit_of_its_quantity() -> None:
    query = parse("rate>10s/d rate<=600s/month fuite", TODAY)
    assert query.filter.quantity == ("rate",)
    assert query.between is not None
    assert (query.between.low, query.between.high) == (10.0, pytest.approx(600 / 30.4375, rel=0.02))
    assert (query.between.low_in, query.between.high_in) == (False, True)
    assert not query.between.holds(10.0, "s/d") and query.between.holds(10.1, "s/d")
    assert query.filter.text == "fuite"
    with pytest.raises(UsageError, match="wrong dimension"):
        parse("rate>5bar")
    with pytest.raises(UsageError, match="cannot be read"):
        parse("rate>soon")
    with pytest.raises(UsageError, match="one quantity"):
        parse("rate>5s/d amplitude<200°")


def test_days_are_written_as_people_do() -> None:
    local = datetime(2026, 11, 22).astimezone()
    assert moment("2026-11-22") == moment("22.11.2026") == moment("22/11/2026") == local
    assert moment("2026-11-22", end=True) == datetime(2026, 11, 23).astimezone()
    assert moment("7d", today=TODAY) == moment("7j", today=TODAY) == datetime(2026, 11, 15).astimezone()
    assert moment("today", today=TODAY) == moment("aujourd’hui", today=TODAY) == local
    assert moment("2026-11-22T14:30+01:00") == datetime.fromisoformat("2026-11-22T14:30+01:00")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("since:2026-13-01", "no date"),
        ("since:yesterday", "no date"),
        ("until:2026-02-30", "no date"),
        ("colour:red", "no filter “colour”"),
        ("verdict:good", "verdict or outcome called “good”"),
        ("quantity:speed", "quantity called “speed”"),
        ("kind:thing", "kind of row called “thing”"),
        ("origin:moon", "origin called “moon”"),
        ("alert:fire", "alert called “fire”"),
        ("speed>3", "quantity called “speed”"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(line: str, said: str) -> None:
    with speaking("en"), pytest.raises(UsageError) as caught:
        parse(line)
    assert said in str(caught.value)
    assert caught.value.remedy is not None


def test_what_is_half_typed_narrows_nothing_yet() -> None:
    assert read("by: fuite") == {"text": "fuite"}
    assert read("10:30") == {"text": "10:30"}
    assert tokens('watch:"Royal Oa') == ["watch:Royal Oa"]


def test_filters_are_saved_under_names(tmp_path: Path) -> None:
    saved = SavedFilters(tmp_path)
    assert saved.all() == {}
    line = 'montre:"Royal Oak" rate>10s/d'
    saved.save("Oak, trop vite", line)
    saved.save("fuites", "grandeur:leak_rate verdict:nonconforming")
    assert SavedFilters(tmp_path).all() == {
        "Oak, trop vite": line,
        "fuites": "grandeur:leak_rate verdict:nonconforming",
    }
    saved.forget("fuites")
    assert list(saved.all()) == ["Oak, trop vite"]
    with pytest.raises(UsageError, match="Oak"):
        saved.line("fuites")
    with pytest.raises(UsageError, match="no filter"):
        saved.save("x", "colour:red")
    assert [path.name for path in tmp_path.iterdir()] == ["filters.toml"]


def test_a_broken_file_of_filters_is_named(tmp_path: Path) -> None:
    (tmp_path / "filters.toml").write_text("[filter\n")
    with pytest.raises(DataFileError, match=r"filters\.toml"):
        SavedFilters(tmp_path).all()
    (tmp_path / "filters.toml").write_text("[filter]\na = 3\n")
    with pytest.raises(DataFileError):
        SavedFilters(tmp_path).all()


@pytest.mark.parametrize(("line", "quantity"), [("grandeur:fuite", "leak_rate"), ("quantity:leak", "leak_rate")])
def test_the_beginning_of_a_word_is_enough_where_only_one_fits(line: str, quantity: str) -> None:
    assert parse(line).filter.quantity == (quantity,)


def test_where_several_fit_they_are_named_in_the_readers_words() -> None:
    with speaking("fr"), pytest.raises(UsageError) as refused:
        parse("grandeur:champ")
    with speaking("fr"):
        known = str(refused.value.remedy)
    assert "champ-rémanent" in known and "amplitude" not in known
