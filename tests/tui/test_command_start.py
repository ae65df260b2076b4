"""The start of the command line: quick, in the user's language, without a screen where there is none."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import PROGRAM, ROOT, environment, etabli

from tui.version import VERSION

HEAVY = ("textual", "sqlalchemy", "pint", "pyvisa", "numpy", "pydantic", "alembic", "typst", "serial")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["log", "--help"], ["orders"], ["--lang", "fr", "--help"], ["no-such"]]
)
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys, atexit\n"
        f"heavy = lambda: print('HEAVY', *sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
        f"atexit.register(heavy)\n{PROGRAM}"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env=environment(None), check=False
    )
    assert run.stderr.splitlines()[-1] == "HEAVY"


def test_the_screen_paints_before_anything_else_is_loaded() -> None:
    program = f"import sys, tui.app; print(*sorted(({set(HEAVY) - {'textual'}} | {{'sqlite3'}}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION
    assert etabli("--version").out == f"etabli {VERSION}\n"


def test_without_a_terminal_the_bench_says_so(tmp_path: Path) -> None:
    for arguments in ([], ["run", "R-1"]):
        run = etabli(*arguments, home=tmp_path)
        assert (run.code, run.out) == (2, "")
        assert "needs a terminal" in run.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-command"], "invalid choice"),
        (["sheet"], "required: ORDER"),
        (["log", "--format", "xlsx"], "not written to the terminal"),
        (["--lang", "de", "log"], "invalid choice"),
        (["demo", "--speed", "fast"], "invalid float"),
        (["demo", "--speed", "-1"], "more than 0"),
        (["demo", "--headless", "--case", "nope"], "no sample order"),
        (["replay", "x", "--speed", "0"], "more than 0"),
        (["run", "R-1", "--headless"], "needs its answers"),
        (["run", "R-1", "--answers", "x"], "--headless"),
        (["simulate", "--case", "nope"], "nope"),
        (["simulate", "--fault", "nope"], "no fault"),
        (["profiles", "show", "nope"], "nope"),
        (["procedures", "show", "nope"], "nope"),
        (["dialects", "show", "nope"], "nope"),
        (["journal", "verify", "--anchor", "12"], "no anchor"),
        (["log"], "no journal"),
        (["orders", "list"], "no journal"),
        (["instruments", "list"], "no workshop"),
        (["orders", "new", "nope.toml"], "nope.toml"),
    ],
)
def test_wrong_input_gets_a_sentence_and_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from command_line import here

    monkeypatch.setenv("ETABLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ETABLI_LANG", "en")
    run = here(capsys, *arguments)
    assert (run.code, run.out) == (2, "")
    assert said in run.err


def test_a_reader_that_has_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "profiles", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    assert reader.stdout is not None and reader.stderr is not None
    reader.stdout.close()
    assert b"Traceback" not in reader.stderr.read()
    assert reader.wait(30) == 1
    reader.stderr.close()
