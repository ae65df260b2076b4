"""The manager's commands on a workshop: the log in every form, the inbox decided, the figures printed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PROGRAM, ROOT, environment, here

from bench import hierarchy
from bench.journal import Journal
from bench.journal.rows import LogKind
from tui import demo
from tui.folder import Folder
from tui.workshop import Workshop


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's quickest order, run to its sheet, and an alert on another."""
    home = tmp_path_factory.mktemp("manager")
    said: list[str] = []
    demo.run_headless(Folder(home), "case-leaking", 1000.0, said.append)
    with Workshop.open(Folder(home), instruments=False) as workshop:
        demo.take_in(workshop, demo.samples("mechanical-healthy"))
        workshop.desk.keys = None
        workshop.desk.sign_in(workshop.operator("claire"))
        work = workshop.desk.work("D-101")
        hierarchy.raise_alert(work, "help", "La vis de raquette ne tient plus.", blocking=True)
    return home


@pytest.fixture
def home(run_once: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("ETABLI_HOME", str(run_once))
    monkeypatch.setenv("ETABLI_LANG", "en")
    capsys.readouterr()
    return run_once


def test_the_log_tells_everything_that_happened(home: Path, capsys) -> None:
    rows = [json.loads(line) for line in here(capsys, "log", "--format", "jsonl").out.splitlines()]
    with Journal.open(home / "journal.sqlite", station="", writable=False) as journal:
        assert len(rows) == journal.log_head()
    assert {"measurement", "step", "answer", "signature", "opened", "closed", "alert"} <= {row["kind"] for row in rows}
    table = here(capsys, "log").out
    assert len(table.splitlines()) == len(rows) + 2
    assert "✘ NONCONFORMING" in table and "La vis de raquette" in table


def test_words_options_and_saved_filters_say_the_same(home: Path, capsys) -> None:
    by_words = here(capsys, "log", "--format", "jsonl", "quantity:leak_rate", "verdict:nonconforming").out
    by_options = here(capsys, "log", "--format", "jsonl", "--quantity", "leak_rate", "--state", "nonconforming").out
    assert here(capsys, "log", "--save", "fuites", "quantity:leak_rate", "verdict:nonconforming").code == 0
    saved = here(capsys, "log", "--filter", "fuites", "--format", "jsonl").out
    assert by_words == by_options == saved != ""
    assert "fuites" in here(capsys, "log", "--filters").out
    assert here(capsys, "log", "--forget", "fuites").code == 0
    assert here(capsys, "log", "--filter", "fuites").code == 2
    high = here(capsys, "log", "--format", "jsonl", "leak_rate>100µg/min").out
    assert {json.loads(line)["state"] for line in high.splitlines()} == {"nonconforming"}


def test_a_wrong_unit_date_or_word_is_a_sentence(home: Path, capsys) -> None:
    for words, said in (
        (["leak_rate>3bar"], "wrong dimension"),
        (["--since", "2026-99-01"], "no date"),
        (["since:soon"], "no date"),
        (["--quantity", "speed"], "no quantity called"),
        (["colour:red"], "no filter"),
        (["--format", "xlsx"], "not written to the terminal"),
        (["--follow", "-o", "x.csv"], "no end"),
    ):
        run = here(capsys, "log", *words)
        assert (run.code, run.out) == (2, ""), words
        assert said in run.err


def test_files_are_whole_and_never_overwritten_unasked(home: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "log.csv"
    assert here(capsys, "log", "--format", "csv", "-o", path).out == f"{path}\n"
    written = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    assert written == list(csv.DictReader(io.StringIO(here(capsys, "log", "--format", "csv").out)))
    refused = here(capsys, "log", "--format", "csv", "-o", path)
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert here(capsys, "log", "--format", "csv", "--comma", "-o", path, "--force").code == 0
    assert path.read_bytes().startswith("\ufeffat;kind;".encode())
    assert here(capsys, "log", "--format", "xlsx", "-o", tmp_path / "log.xlsx").code == 0
    missing = here(capsys, "log", "--format", "csv", "-o", path / "below.csv")
    assert missing.code == 1 and "cannot be written" in missing.err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log.csv", "log.xlsx"]


def test_a_row_leads_to_its_event_and_to_the_bytes_on_the_wire(home: Path, capsys) -> None:
    wanted = ["quantity:leak_rate", "verdict:nonconforming"]
    (event,) = [json.loads(line) for line in here(capsys, "log", "--events", *wanted).out.splitlines()]
    assert event["kind"] == "measured"
    assert any(judged["verdict"]["state"] == "nonconforming" for judged in event["payload"]["judged"])
    wire = here(capsys, "log", "--frames", *wanted).out
    assert "←" in wire and "→" in wire
    sent = bytes.fromhex("".join(line.split("→")[1][:49] for line in wire.splitlines() if "→" in line).replace(" ", ""))
    assert sent


def test_what_comes_is_followed(home: Path, tmp_path: Path) -> None:
    """Another program reads along while the bench writes."""
    with Journal.open(home / "journal.sqlite", station="bench-1") as journal:
        before = journal.log_count()
        follower = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "log", "--follow", "--format", "jsonl", "kind:custody"],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment(home),
            cwd=ROOT,
        )
        assert follower.stdout is not None
        try:
            from bench.events import Draft, EventKind

            def take(holder: str) -> None:
                payload = {"holder": holder, "name": holder, "from": "", "note": "suite"}
                journal.append([Draft(EventKind.CUSTODY_TAKEN, payload, "D-101", holder)])

            take("first")
            seen = []
            for line in follower.stdout:
                seen.append(json.loads(line)["label"])
                if seen[-1] == "first":  # it reads along by now
                    take("second")
                if seen[-1] == "second":
                    break
            assert seen[-2:] == ["first", "second"]
        finally:
            follower.kill()
            follower.wait()
        assert journal.log_count() == before


def test_the_inbox_is_listed_and_decided(home: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = json.loads(here(capsys, "inbox", "--format", "json").out)
    (help_,) = [entry for entry in entries if entry["sort"] == "alert"]
    assert (help_["order"], help_["text"], help_["by"]) == ("D-101", "La vis de raquette ne tient plus.", "claire")
    assert help_["blocking"] is True
    assert "D-101" in here(capsys, "inbox").out
    short = help_["subject"][:5]
    assert here(capsys, "inbox", "accept", "D-101", short).code == 2
    refused = here(capsys, "inbox", "accept", "D-101", short, "--reason", "ok", "--by", "claire")
    assert refused.code == 1 and refused.out == ""
    monkeypatch.setenv("ETABLI_PIN_ANNE", "9999")
    wrong = here(capsys, "inbox", "accept", "D-101", short, "--reason", "ok", "--by", "anne")
    assert wrong.code == 1 and "PIN" in wrong.err
    monkeypatch.setenv("ETABLI_PIN_ANNE", "0000")
    decided = here(capsys, "inbox", "accept", "D-101", short, "--reason", "vis du stock", "--by", "anne")
    assert decided.code == 0, decided.err
    assert [e for e in json.loads(here(capsys, "inbox", "--format", "json").out) if e["sort"] == "alert"] == []
    with Journal.open(home / "journal.sqlite", station="", writable=False) as journal:
        from bench.journal import LogFilter

        (row,) = journal.log(LogFilter(order="D-101", kinds=(LogKind.DECISION,)))
        assert (row.state, row.operator, row.text) == ("accepted", "anne", "vis du stock")


def test_the_figures_are_printed_in_every_form(home: Path, tmp_path: Path, capsys) -> None:
    text = here(capsys, "figures").out
    assert "SIMULATION" in text and "First-pass yield" in text and "[leaks]" in text
    data = json.loads(here(capsys, "figures", "leaks", "--format", "json").out)
    assert data["simulated"] is True
    assert [figure["id"] for figure in data["figures"]] == ["leaks"]
    assert data["figures"][0]["whole"]["cells"][0] == 1
    path = tmp_path / "figures.pdf"
    assert here(capsys, "figures", "--format", "pdf", "-o", path).code == 0
    assert path.read_bytes().startswith(b"%PDF")
    assert here(capsys, "figures", "--format", "pdf", "-o", path).code == 2
    default = Path(here(capsys, "figures", "--format", "pdf").out.strip())
    assert default.parent == home / "sheets"
    for words, said in ((["profit"], "no figure"), (["--from", "soon"], "not a date"),
                        (["--from", "2026-02-01", "--to", "2026-01-01"], "before it begins")):  # fmt: skip
        run = here(capsys, "figures", *words)
        assert (run.code, run.out) == (2, "")
        assert said in run.err
