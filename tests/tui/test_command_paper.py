"""Sheets and papers from the command line: which there are, where they go, what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from command_line import Outcome, here

WORKSHOP = """
name = "Essai"
[house]
order_prefix = "AT"
pins = false
[[operator]]
id = "acc"
name = "Alice"
roles = ["reception"]
[[operator]]
id = "tech"
name = "Claire"
badge = "7001"
roles = ["technician"]
"""
PROCEDURE = """
id = "pile-seule"
version = "1"
title = { fr = "Pile à changer", en = "Battery to change" }
families = ["quartz"]
[[step]]
id = "look"
kind = "instruction"
title = { fr = "Regarder", en = "Look" }
"""
ORDER = """
customer = "C-000007"
procedure = "pile-seule"
declared = "arrêtée"
request = "changer la pile"
promised = 2026-12-24
watch = { brand = "Loue", family = "quartz", case_number = "118", glass = "small" }
quote = { reference = "Q-1", how = "signature", ceiling = 80.0, minutes = 20, operations = ["battery", "gaskets"] }
"""
NUMBER = f"AT-{date.today().year}-0001"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "workshop.toml").write_text(WORKSHOP, "utf-8")
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "pile.toml").write_text(PROCEDURE, "utf-8")
    (tmp_path / "order.toml").write_text(ORDER, "utf-8")
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    # The workshop's one procedure is enough here; ours take their time to be checked.
    monkeypatch.setattr("bench.procedure.library.SHIPPED", tmp_path / "none")
    assert here(capsys, "orders", "new", tmp_path / "order.toml", "--by", "acc").code == 0
    return tmp_path


def written(run: Outcome) -> Path:
    assert run.code == 0, run.err
    return Path(run.out.strip())


def test_a_label_of_an_order_goes_among_the_workshops_sheets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(here(capsys, "paper", "custody-label", NUMBER))
    assert path.parent == home / "sheets"
    assert path.name.startswith(f"{NUMBER}-")
    assert path.name.endswith("-custody-label-en.pdf")
    assert path.read_bytes().startswith(b"%PDF")


def test_a_paper_as_a_page_in_the_language_that_is_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = home / "list.html"
    run = here(capsys, "paper", "operation-list", NUMBER, "--format", "html", "--lang", "fr", "-o", target)
    page = written(run).read_text("utf-8")
    assert "Changement de pile" in page
    assert 'lang="fr"' in page
    again = here(capsys, "paper", "operation-list", NUMBER, "--format", "html", "-o", target)
    assert (again.code, "--force" in again.err) == (2, True)


def test_the_customers_and_the_trainers_copy_have_names_of_their_own(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [
        written(here(capsys, "sheet", NUMBER, "--for", version, "--format", "json")).name
        for version in ("workshop", "customer", "trainer")
    ]
    assert len(set(names)) == 3
    assert names[1].endswith("-customer-en.json")
    assert "-customer-sheet-en.pdf" in written(here(capsys, "paper", "customer-sheet", NUMBER)).name


def test_badges_and_the_confirm_card_need_no_order(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "7001" in written(here(capsys, "paper", "badge", "tech", "--format", "html")).read_text("utf-8")
    everybody = written(here(capsys, "paper", "badge", "--format", "html", "-o", home / "all.html"))
    assert everybody.read_text("utf-8").count("<section>") == 2
    assert written(here(capsys, "paper", "confirm-card")).name == "confirm-card-en.pdf"


def test_what_there_is_not_is_refused_with_what_there_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = here(capsys, "paper", "list")
    assert "certificate" in listed.out
    for arguments, word in (
        (("invoice", NUMBER), "custody-label"),
        (("certificate", NUMBER), "dry water-resistance test"),
        (("custody-label",), "the order's number"),
        (("custody-label", "AT-1"), NUMBER),
        (("badge", "nobody"), "tech"),
    ):
        run = here(capsys, "paper", *arguments)
        assert run.code != 0
        assert word in run.err
    assert not (home / "sheets").exists()
