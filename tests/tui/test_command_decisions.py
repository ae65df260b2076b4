"""What only some may do, from the command line: a manager approves a profile, consent is entered by somebody."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import here

from bench.events import EventKind
from bench.journal import Journal
from bench.pins import Pins
from bench.running import Clock

WORKSHOP = """
name = "Essai"

[house]
pins = false

[[operator]]
id = "tech"
name = "Claire"
roles = ["technician"]

[[operator]]
id = "chef"
name = "Anne"
roles = ["manager"]
"""
ORDER = """
number = "2026-0001"
customer = "K-1"
procedure = "changement-de-pile"
declared = "arrêtée"
request = "changer la pile"
promised = 2026-12-24

[watch]
brand = "Loue"
model = "Source"
case_number = "77"
family = "quartz"
calibre = "ronda-505"
case = "case-3-bar"
"""
PROFILE = """
id = "ronda-505"
version = "2"
maker = "Ronda"
calibre = "505"
family = "quartz"

[[limits]]
quantity = "consumption"
high = "1.5 µA"
mark = "documented"
source = "notre fiche, 2026"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "workshop.toml").write_text(WORKSHOP, "utf-8")
    (tmp_path / "order.toml").write_text(ORDER, "utf-8")
    (tmp_path / "profiles" / "calibres").mkdir(parents=True)
    (tmp_path / "profiles" / "calibres" / "ronda-505.toml").write_text(PROFILE, "utf-8")
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    return tmp_path


def kinds(home: Path) -> list[EventKind]:
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        return [event.kind for event in journal.events()]


def test_a_manager_approves_a_profile_of_the_workshop(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = here(capsys, "profiles", "approve", "ronda-505", "--by", "tech")
    assert refused.code != 0
    assert "G-08" in refused.err
    run = here(capsys, "profiles", "approve", "ronda-505", "--by", "chef")
    assert run.code == 0, run.err
    assert "ronda-505 2" in run.out
    assert EventKind.PROFILE_APPROVED in kinds(home)


def test_where_pins_are_asked_nobody_decides_in_a_managers_name(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "workshop.toml").write_text(WORKSHOP.replace("pins = false", "pins = true"), "utf-8")
    approve = ("profiles", "approve", "ronda-505", "--by", "chef")
    assert "no PIN yet" in here(capsys, *approve).err
    Pins(home / "pins.json", Clock()).set("chef", "9999")
    assert "ETABLI_PIN_CHEF" in here(capsys, *approve).err
    monkeypatch.setenv("ETABLI_PIN_CHEF", "0815")
    assert "wrong" in here(capsys, *approve).err
    assert EventKind.PROFILE_APPROVED not in kinds(home)
    monkeypatch.setenv("ETABLI_PIN_CHEF", "9999")
    assert here(capsys, *approve).code == 0
    assert EventKind.PROFILE_APPROVED in kinds(home)


def test_an_override_is_compared_with_ours(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "profiles", "diff", "ronda-505")
    assert "limits.consumption" in run.out
    assert "1.85" in run.out and "1.5" in run.out


def test_what_overrides_nothing_is_compared_with_a_named_profile_only(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert here(capsys, "profiles", "diff", "eta-2824-2", "sellita-sw200-1").code == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["nh36"], "seiko-4r36a"),
        (["--maker", "Sellita", "sw200"], "sellita-sw200-1"),
        (["--diameter", "25.6", "--beat-rate", "28800", "--maker", "ETA"], "eta-2824-2"),
    ],
)
def test_calibres_are_searched_by_name_alias_maker_and_size(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], found: str
) -> None:
    run = here(capsys, "profiles", "list", *words)
    assert found in run.out
    assert "case-3-bar" not in run.out


def test_a_size_that_is_no_size_is_said_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "profiles", "list", "--diameter", "big")
    assert run.code != 0
    assert "big" in run.err


def test_the_customers_consent_is_entered_by_somebody_and_kept(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert here(capsys, "orders", "new", home / "order.toml").code == 0
    quote = ("orders", "quote", "2026-0001", "--reference", "D-7", "--how", "signature")
    assert here(capsys, *quote, "--by", "nobody").code == 2
    run = here(capsys, *quote, "--by", "tech")
    assert run.code == 0, run.err
    assert EventKind.QUOTE_SIGNED in kinds(home)
    assert "quote not signed" not in here(capsys, "orders", "list").out
