"""The demonstration without a terminal, and every command on the workshop that it leaves."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from command_line import Outcome, etabli, here

from bench.journal import Journal
from bench.judging import MeasureTask, TaskLimit
from bench.limit import Limit
from bench.recording import Recorder, Recording


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    home = tmp_path_factory.mktemp("demo")
    return home, etabli("demo", home=home)


@pytest.fixture
def home(demo: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ETABLI_HOME", str(demo[0]))
    monkeypatch.setenv("ETABLI_LANG", "en")
    return demo[0]


def test_it_runs_one_order_of_each_procedure_to_its_sheet(demo: tuple[Path, Outcome]) -> None:
    home, run = demo
    assert run.code == 0, run.err
    assert str(home) in run.out.splitlines()[0]
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        rows = journal.orders()
        assert {row.procedure for row in rows} == {"controle-mecanique", "changement-de-pile", "etancheite-et-joints"}
        assert all(row.closed and row.flags == ("simulated",) for row in rows)
        assert journal.verify().ok


def test_it_prints_one_line_a_measurement_and_where_the_sheets_are(demo: tuple[Path, Outcome]) -> None:
    home, run = demo
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        count = len(list(journal.log()))
    measured = [line for line in run.out.splitlines() if "[simulated]" in line]
    assert len(measured) == count
    leak = next(
        line.replace("\u00a0", " ")
        for line in measured
        if "NONCONFORMING" in line and "leak rate +5\u00a0bar" in line.replace("5 bar", "5\u00a0bar")
    )
    for part in ("µg/min", "U = ±", "≤ 50.0 µg/min", "ISO 14253-1", "✘ NONCONFORMING", "Cosmo LS-1866 n° SIM-LT-1"):
        assert part in leak
    sheets = [Path(line.split("sheet: ")[1]) for line in run.out.splitlines() if "sheet: " in line]
    assert sorted(path.suffix for path in sheets) == [".html"] * 3 + [".json"] * 3 + [".pdf"] * 3
    assert all(path.read_bytes()[:4] == b"%PDF" for path in sheets if path.suffix == ".pdf")
    assert all("SIMULATION" in path.read_text("utf-8") for path in sheets if path.suffix == ".html")


def test_without_a_named_folder_nothing_is_left_but_the_one_it_prints(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    run = etabli("demo", "--case", "case-leaking", cwd=tmp_path, TMPDIR=str(left), HOME=str(tmp_path / "nobody"))
    assert run.code == 0, run.err
    folder = Path(run.out.splitlines()[0].partition(": ")[2])
    assert list(left.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == [left]


def test_it_never_touches_a_real_workshop(tmp_path: Path) -> None:
    real = '[[operator]]\nid = "a"\nname = "A"\nroles = ["manager"]\n'
    (tmp_path / "workshop.toml").write_text(f'name = "Real"\n{real}')
    run = etabli("demo", home=tmp_path)
    assert run.code == 2
    assert "real workshop" in run.err
    assert [path.name for path in tmp_path.iterdir()] == ["workshop.toml"]


def test_orders_are_listed_and_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = here(capsys, "orders", "list").out
    assert "D-104" in listed and "closed" in listed and "simulation" in listed
    shown = here(capsys, "orders", "show", "D-104").out
    assert "order-opened" in shown and "order-closed" in shown and "dry-test" in shown
    unknown = here(capsys, "orders", "show", "D-999")
    assert unknown.code == 2
    assert "D-104" in unknown.err


def test_the_log_is_written_for_people_and_for_programs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = here(capsys, "log", "--order", "D-104").out
    assert "✘ NONCONFORMING" in table
    rows = [json.loads(line) for line in here(capsys, "log", "--format", "jsonl").out.splitlines()]
    leaks = list(csv.DictReader(io.StringIO(here(capsys, "log", "--format", "csv", "--quantity", "leak_rate").out)))
    assert [float(row["value"]) for row in leaks] == [r["value"] for r in rows if r["quantity"] == "leak_rate"]
    measured = [row for row in rows if row["kind"] == "measurement"]
    assert {row["provenance"] for row in measured} == {"simulated"}
    bad = here(capsys, "log", "--format", "jsonl", "--order", "D-104", "--state", "nonconforming").out
    assert [json.loads(line)["label"] for line in bad.splitlines()] == ["+5 bar"]
    assert here(capsys, "log", "--format", "jsonl", "--until", "2020-01-01").out == ""
    assert here(capsys, "log", "--since", "yesterday").code == 2


def test_a_sheet_is_never_overwritten_unasked(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "sheet.json"
    first = here(capsys, "sheet", "D-102", "--format", "json", "-o", target)
    assert (first.code, first.out) == (0, f"{target}\n")
    assert json.loads(target.read_text("utf-8"))["number"] == "D-102"
    target.write_text("mine")
    refused = here(capsys, "sheet", "D-102", "--format", "json", "-o", target)
    assert refused.code == 2
    assert "--force" in refused.err
    assert target.read_text() == "mine"
    assert here(capsys, "sheet", "D-102", "--format", "json", "-o", target, "--force").code == 0
    assert here(capsys, "sheet", "D-999", "-o", tmp_path / "x.pdf").code == 2


def test_a_sheet_speaks_the_language_that_is_asked_for(home: Path) -> None:
    run = etabli("sheet", "D-103", "--format", "html", "-o", "-", "--lang", "fr", home=home)
    assert run.code == 0
    assert '<html lang="fr"' in run.out


def test_the_record_verifies_and_an_edited_row_is_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = here(capsys, "journal", "verify")
    assert good.code == 0
    anchor = good.out.strip().rpartition(" ")[2]
    assert here(capsys, "journal", "verify", "--anchor", anchor).code == 0

    edited = tmp_path / "edited"
    edited.mkdir()
    with sqlite3.connect(home / "journal.sqlite") as source, sqlite3.connect(edited / "journal.sqlite") as copy:
        source.backup(copy)
    copy.execute("DROP TRIGGER event_no_update")
    copy.execute("UPDATE event SET operator = 'somebody' WHERE seq = 40")
    copy.commit()
    copy.close()
    source.close()
    monkeypatch.setenv("ETABLI_HOME", str(edited))
    bad = here(capsys, "journal", "verify")
    assert (bad.code, bad.out) == (1, "first bad event: 40\n")
    assert "Event 40 was changed" in bad.err


def test_replaying_gives_the_same_verdicts_tagged_replayed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for recording in sorted((home / "recordings").glob("*.mcap")):
        run = here(capsys, "replay", recording.stem)
        assert run.code == 0, run.out
        assert "every verdict is the recorded one" in run.err
        assert all("[replayed]" in line for line in run.out.splitlines())
        assert "✘ NONCONFORMING" in run.out


def test_a_verdict_that_differs_from_the_recorded_one_is_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next((home / "recordings").glob("*.mcap"))
    segment = next(s for s in Recording.open(path).segments() if s.instrument == "leak-tester")
    task = MeasureTask.from_json(segment.header["task"])
    limits = [
        TaskLimit(Limit(t.limit.quantity, None, 0.001, "a stricter limit", t.limit.mark), t.label) for t in task.limits
    ]
    header = {**segment.header, "task": {**segment.header["task"], "limits": [limit.to_json() for limit in limits]}}
    recorder = Recorder(tmp_path / "other.mcap", {})
    tap = recorder.tap(segment.instrument)
    name = recorder.begin(segment.instrument, header)
    assert name is not None
    for frame in segment.frames:
        tap(frame.direction, frame.data, frame.monotonic, frame.wall)
    recorder.end(name, segment.outcome or {})
    recorder.close()

    run = here(capsys, "replay", tmp_path / "other.mcap")
    assert run.code == 1
    assert "differs: recorded was" in run.out
    assert "1 of 1" in run.err


def test_a_file_that_is_no_recording_is_refused(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.mcap").write_text("Dear customer")
    assert here(capsys, "replay", tmp_path / "letter.mcap").code == 2


def test_the_register_shows_the_simulated_instruments(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "instruments", "list")
    assert run.code == 0
    assert run.out.count("calibration valid") == 5


@pytest.mark.parametrize("what", ["profiles", "procedures", "dialects"])
def test_the_data_files_are_listed_shown_and_right(home: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    listed = here(capsys, what, "list").out.splitlines()
    name = listed[2].split()[0]
    shown = here(capsys, what, "show", name)
    assert shown.code == 0
    assert name in shown.out
    assert here(capsys, what, "check").code == 0


def test_the_diagnosis_names_the_planted_fault_and_what_it_rests_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = here(capsys, "diagnose", "D-102", "--phase", "before", "--json")
    hints = json.loads(run.out)["hints"]
    assert hints[0]["rule"] == "D-09"
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        measured = {row.measurement for row in journal.log()}
    assert hints[0]["cites"] and set(hints[0]["cites"]) <= measured
    told = here(capsys, "diagnose", "D-102", "--phase", "before").out
    assert "Magnetised" in told
    assert "Hints only" in told


def test_a_watch_that_was_mended_gets_no_hint(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "suggest no fault" in here(capsys, "diagnose", "D-104", "--phase", "after").out


def test_an_unknown_order_is_not_diagnosed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "diagnose", "D-999")
    assert run.code == 2
    assert "D-999" in run.err
