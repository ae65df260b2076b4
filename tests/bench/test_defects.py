"""The codes of defects: what each is called, how one is found, what a workshop may add."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.defects import adopt, defect, defects, origins, outcomes, search, severities, zones
from bench.diagnosis.rules import load
from bench.errors import DataFileError, UsageError


def test_each_zone_of_the_trade_has_its_defects() -> None:
    count = {zone: sum(each.zone == zone for each in defects().values()) for zone in zones()}
    assert count == {"EXT": 17, "ETA": 8, "AFF": 8, "MEC": 21, "AUT": 5, "REM": 4, "QTZ": 10, "INT": 5}


def test_every_defect_has_a_name_of_its_own_in_both_languages() -> None:
    for language in ("fr", "en"):
        labels = [getattr(each.label, language) for each in defects().values()]
        assert all(labels)
        assert len(set(labels)) == len(labels)


def test_what_is_said_beside_a_defect() -> None:
    assert list(severities()) == ["0", "1", "2", "3"]
    assert list(origins()) == ["U", "C", "H", "M", "I", "F", "?"]
    assert list(outcomes()) == ["RES", "REM", "ACC", "NRP", "REF", "EXT", "HDP"]
    assert outcomes()["ACC"].fr == "Accepté par le client"


def test_a_code_is_read_in_whatever_case_it_is_typed() -> None:
    found = defect(" mec-amp-b ")
    assert (found.code, found.zone, found.label.fr) == ("MEC-AMP-B", "MEC", "Amplitude basse")


def test_a_wrong_code_names_those_that_are_near() -> None:
    with pytest.raises(UsageError, match="MEC-AMP-B") as wrong:
        defect("MEC-AMP-C")
    assert "MEC-AMP-H" in str(wrong.value)
    with pytest.raises(UsageError, match="Search for a word"):
        defect("?")


@pytest.mark.parametrize(
    ("typed", "language", "expected"),
    [
        ("etanche", "fr", []),
        ("fele", "fr", ["EXT-VER-FEL", "MEC-RUB-FEL"]),
        ("JOINTS couronne", "fr", ["ETA-JCO"]),
        ("spiral", "fr", ["MEC-SPI-COL", "MEC-SPI-DEF"]),
        ("battery spent", "en", ["QTZ-PIL-USE"]),
        ("pile", "en", []),
        ("mec-amp", "en", ["MEC-AMP-B", "MEC-AMP-H"]),
    ],
)
def test_a_defect_is_found_by_words_without_accents(typed: str, language: str, expected: list[str]) -> None:
    assert [each.code for each in search(typed, language)] == expected


def test_nothing_typed_lists_all() -> None:
    assert len(search("", "fr")) == len(defects())


def test_the_diagnosis_rules_speak_of_known_defects_only() -> None:
    for rule in load().rules.values():
        for code in rule.defects:
            assert defect(code).code == code


def test_a_workshop_adds_codes_and_zones(tmp_path: Path) -> None:
    (tmp_path / "defects.toml").write_text(
        '[zones]\nCHR = { fr = "Chronographe", en = "Chronograph" }\n'
        '[defects]\nCHR-EMB-GLI = { fr = "Embrayage qui glisse", en = "Clutch slips" }\n',
        "utf-8",
    )
    assert defect("CHR-EMB-GLI", tmp_path).label.en == "Clutch slips"
    assert [each.code for each in search("embray", "fr", tmp_path)] == ["CHR-EMB-GLI"]
    assert "MEC-OXY" in defects(tmp_path)
    with pytest.raises(UsageError):
        defect("CHR-EMB-GLI")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[defects]\nMEC-OXY = { fr = "Autre", en = "Other" }\n', "MEC-OXY"),
        ('[defects]\nXYZ-OXY = { fr = "Autre", en = "Other" }\n', "zone of XYZ-OXY"),
        ('[defects]\nrouille = { fr = "Rouille", en = "Rust" }\n', "in capitals"),
        ('[defects]\nMEC-NEU = { fr = "Neuf" }\n', "en"),
        ('[origins]\nX = { fr = "Autre", en = "Other" }\n', "zones and defects only"),
    ],
)
def test_a_file_of_the_workshop_that_is_wrong_says_where(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "defects.toml").write_text(written, "utf-8")
    with pytest.raises(DataFileError, match=said):
        defects(tmp_path)


def test_the_codes_of_a_workshop_are_known_at_its_bench_once_they_are_adopted(tmp_path: Path) -> None:
    (tmp_path / "defects.toml").write_text('[defects]\nEXT-BOI-PAT = { fr = "patine", en = "patina" }\n', "utf-8")
    try:
        adopt(tmp_path)
        assert defects()["EXT-BOI-PAT"].label.fr == "patine"
    finally:
        adopt(None)
    assert "EXT-BOI-PAT" not in defects()
