"""`etabli criteria`: the matrix on the command line, in both languages, for all procedures or one."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import here


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Water resistance checked, dry"), ("fr", "Étanchéité contrôlée, à sec")]
)
def test_all_97_are_printed_with_what_they_rest_on(
    home: Path, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    run = here(capsys, "--lang", language, "criteria")
    lines = [line for line in run.out.splitlines() if line.startswith("C.")]
    assert (run.code, len(lines)) == (0, 97)
    water = next(line for line in lines if line.startswith("C.4.4-e"))
    assert said in water
    assert "G-10, G-11" in water


def test_nothing_is_missing_in_all_procedures_together(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "--lang", "en", "criteria", "--missing")
    assert (run.code, run.out) == (0, "97 of 97 criteria are supported.\n")


def test_one_procedure_says_where_each_stands_and_what_it_does_not_do(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = here(capsys, "--lang", "en", "criteria", "--tree", "revision-complete")
    assert "i-17 work-instruction" in next(line for line in run.out.splitlines() if line.startswith("C.4.1-a"))
    run = here(capsys, "--lang", "en", "criteria", "--tree", "diagnostic-seul", "--missing")
    assert run.code == 1
    assert "No step names it." in next(line for line in run.out.splitlines() if line.startswith("C.4.1-a"))


def test_an_unknown_procedure_is_named_with_those_there_are(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "--lang", "en", "criteria", "--tree", "reparation")
    assert run.code == 2
    assert "revision-complete" in run.err
