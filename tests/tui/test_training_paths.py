"""A blind run at the live bench, the four settings, and training data on every way out of its folder: by commands."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import zipfile
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from command_line import here

from bench.events import EventKind
from bench.journal import Journal
from bench.language import speaking
from bench.pins import Pins
from bench.running import Clock

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from pdf_text import pages, squeezed

ANSWERS = Path(__file__).parents[2] / "tui" / "demo" / "answers"
ANNES = "4711"
PEOPLE = ("--trainee", "claire=Claire", "--trainee", "marc=Marc", "--trainer", "anne=Anne")
STATES = ("conforming", "nonconforming", "conditionally")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training workshop: EX-0001 is a blind run of a leaking watch, walked to its closed sheet."""
    home = tmp_path_factory.mktemp("blind")
    with pytest.MonkeyPatch.context() as patch:
        use(patch, home)
        from tui.main import main

        assert main(["training", "init", str(home), "--name", "École", *PEOPLE]) == 0
        Pins(home / "pins.json", Clock()).set("anne", ANNES)
        file = home / "workshop.toml"
        file.write_text(file.read_text("utf-8").replace("speed = 5.0", "speed = 300.0"), "utf-8")
        assert main(["exercises", "start", "w-01", "--trainee", "claire", "--blind"]) == 0
        answers = ["--answers", str(ANSWERS / "etancheite-et-joints.toml")]
        with (home / "run.out").open("w", encoding="utf-8") as said, redirect_stdout(said):
            assert main(["run", "EX-0001", "--headless", *answers]) == 0
    return home


def use(patch: pytest.MonkeyPatch, home: Path) -> None:
    patch.setenv("ETABLI_HOME", str(home))
    patch.setenv("ETABLI_LANG", "en")
    patch.setenv("ETABLI_PIN_ANNE", ANNES)


@pytest.fixture
def home(school: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use(monkeypatch, school)
    return school


@pytest.fixture
def revealed(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The workshop once EX-0001 has been diagnosed and its answer shown."""
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        shown = bool(list(journal.events(kinds=[EventKind.EXERCISE_REVEALED])))
    if not shown:
        out(capsys, "exercises", "answer", "EX-0001", "--text", "Joint", "--cite", "leak_final")
        out(capsys, "exercises", "reveal", "EX-0001", "--by", "claire")
    return home


def tells(text: str) -> list[str]:
    """Return the words of a verdict or limit that a text holds."""
    return [word for word in (*STATES, "≤", "✘", "✔") if word in text.casefold()]


def test_a_blind_run_shows_values_and_keeps_its_verdicts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In this order: while it runs, after it, and after the reveal."""
    said = (home / "run.out").read_text("utf-8")
    assert "µg/min" in said
    assert "hidden until the reveal" in said
    assert not tells(said)
    for command in (["sheet", "EX-0001"], ["paper", "certificate", "EX-0001"], ["paper", "tracking-sheet", "EX-0001"]):
        refused = here(capsys, *command)
        assert refused.code != 0
        assert "hidden until the reveal" in refused.err
        assert "Give your diagnosis" in refused.err
    log = here(capsys, "log")
    assert "EX-0001" not in log.out
    assert "Left out until the reveal: EX-0001" in log.err
    assert "EX-0001" not in here(capsys, "log", "--format", "jsonl", "--verdict", "nonconforming").out
    assert "EX-0001" not in here(capsys, "log", "--events").out
    assert "nonconforming" not in here(capsys, "orders", "list").out
    assert " fail" not in here(capsys, "orders", "show", "EX-0001").out
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        states = [
            entry["verdict"]["state"]
            for event in journal.events(order="EX-0001", kinds=[EventKind.MEASURED])
            for entry in event.payload["judged"]
        ]
    assert "nonconforming" in states, "the engine judged all the while"
    given = here(capsys, "exercises", "answer", "EX-0001", "--text", "Joint", "--cite", "leak_final")
    assert given.code == 0, given.err
    assert here(capsys, "exercises", "reveal", "EX-0001", "--by", "claire").code == 0
    assert "NONCONFORMING" in here(capsys, "log").out
    sheet = here(capsys, "sheet", "EX-0001", "--format", "json", "-o", "-")
    assert "TRAINING MODE" in sheet.out


# -- the four settings


@pytest.mark.parametrize(
    ("exercise", "setting", "procedure", "minutes", "competences"),
    [
        ("i-01", "", "entretien-client", "60 min", "C.1."),
        ("m-01", "BC1", "entretien-client", "60 min", "C.1."),
        ("m-01", "", "diagnostic-seul", "60 min", "C.2."),
        ("p-01", "", "preparation-intervention", "60 min", "C.3."),
        ("q-02", "BC3", "preparation-intervention", "60 min", "C.3."),
        ("s-01", "", "revision-complete", "480 min", "C.4."),
        ("q-02", "BC4", "changement-de-pile", "480 min", "C.4."),
    ],
)
def test_a_case_is_begun_in_a_setting(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    exercise: str,
    setting: str,
    procedure: str,
    minutes: str,
    competences: str,
) -> None:
    begun = here(
        capsys, "exercises", "start", exercise, "--trainee", "marc", *(["--setting", setting] if setting else [])
    )
    assert begun.code == 0, begun.err
    assert minutes in begun.err
    number = begun.out.strip()
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        opened = next(journal.events(order=number, kinds=[EventKind.ORDER_OPENED]))
    assert opened.payload["procedure"]["id"] == procedure
    quote = opened.payload["order"]["quote"]
    assert (quote is None) is (procedure == "entretien-client"), "nothing is signed before the interview"
    grid = list(csv.DictReader(io.StringIO(out(capsys, "evidence", "export", number, "--format", "csv", "-o", "-"))))
    planned = {line["competence"] for line in grid if line["steps_not_done"]}
    assert any(code.startswith(competences) for code in planned), "its steps show the block's criteria"


def out(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    run = here(capsys, *arguments)
    assert run.code == 0, run.err
    return run.out.lstrip("\ufeff")


def test_an_interview_is_walked_and_its_grid_is_block_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = out(capsys, "exercises", "start", "i-01", "--trainee", "claire").strip()
    walked = here(capsys, "run", number, "--headless", "--answers", str(interview(home)))
    assert walked.code == 0, walked.err
    observed = here(
        capsys,
        "evidence",
        "observe",
        number,
        "C.1.1-d",
        "--box",
        "partly",
        "--remark",
        "coupe la parole",
        "--by",
        "anne",
    )
    assert observed.code == 0, observed.err
    grid = list(csv.DictReader(io.StringIO(out(capsys, "evidence", "export", number, "--format", "csv", "-o", "-"))))
    seen = {line["criterion"] for line in grid if line["steps"]}
    assert seen >= {"C.1.1-a", "C.1.1-c", "C.1.2-a", "C.1.2-d", "C.1.3-a", "C.1.3-d", "C.1.3-e"}
    assert {code.split(".")[1] for code in seen} == {"1"}
    told = next(line for line in grid if line["criterion"] == "C.1.1-d")
    assert (told["box"], told["remark"]) == ("seen in part", "coupe la parole")
    shown = out(capsys, "evidence", "show", number)
    assert "BC1" in shown


def interview(home: Path) -> Path:
    """What a careful trainee answers at the counter: the demonstration's reception, under the interview's names."""
    from bench import datafile

    data = datafile.read(ANSWERS / "diagnostic-seul.toml")["steps"]
    data["symptoms-battery"] = {"battery_age": "2 mois / 2 months", "jumps": "no", "crown_pulled": "no"}
    lines = ['operator = "claire"']
    for name in (
        "greeting", "file", "request", "identity-watch", "identity-history", "condition-case", "condition-crown",
        "condition-face", "condition-strap", "condition-inspect", "symptoms-symptoms", "symptoms-worn",
        "symptoms-battery", "quick-checks",
        "quick-leads", "pre-quote-solution", "pre-quote-explain", "pre-quote-price", "pre-quote-validation", "slip",
    ):  # fmt: skip
        answers = {**data[name], "operator": "anne" if name == "pre-quote-validation" else "claire"}
        lines += [f"[steps.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in answers.items())]
    path = home / "interview.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


# -- every way out of the folder


def test_keyed_in_values_of_training_are_marked_in_every_export(
    revealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value keyed in says “manual” and nothing more: the file itself says that it is training."""
    with Journal.open(revealed / "journal.sqlite", station="x") as journal:
        key_in(journal, "EX-0001")
    rows = list(csv.DictReader(io.StringIO(out(capsys, "log", "--format", "csv"))))
    assert "manual" in {row["provenance"] for row in rows}
    assert {row["mode"] for row in rows} == {"TRAINING MODE"}
    lines = [json.loads(line) for line in out(capsys, "log", "--format", "jsonl").splitlines()]
    assert {line["mode"] for line in lines} == {"TRAINING MODE"}
    assert out(capsys, "log").startswith("TRAINING MODE\n")
    for form, end in (("csv", "csv"), ("jsonl", "jsonl"), ("table", "txt")):
        path = tmp_path / f"log.{end}"
        out(capsys, "log", "--format", form, "-o", path)
        assert "TRAINING MODE" in path.read_text("utf-8-sig")
    out(capsys, "log", "--format", "xlsx", "-o", tmp_path / "log.xlsx")
    with zipfile.ZipFile(tmp_path / "log.xlsx") as book:
        assert b"TRAINING MODE" in b"".join(book.read(name) for name in book.namelist())


def key_in(journal: Journal, order: str) -> None:
    """Repeat a measured event of the order as one that a person keyed in."""
    from bench.events import Draft

    measured = next(journal.events(order=order, kinds=[EventKind.MEASURED]))
    judged = [
        {**entry, "measurement": {**entry["measurement"], "provenance": "manual", "recording": None}}
        for entry in measured.payload["judged"]
    ]
    journal.append([Draft(EventKind.MEASURED, {**measured.payload, "judged": judged}, order, measured.operator)])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_figures_sheets_and_papers_of_training_say_so_on_paper(
    revealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    with speaking(language):
        mark = squeezed({"en": "TRAINING MODE", "fr": "MODE FORMATION"}[language])
    for name, command in {
        "sheet": ["sheet", "EX-0001"],
        "customer": ["sheet", "EX-0001", "--for", "customer"],
        "label": ["paper", "custody-label", "EX-0001"],
        "slip": ["paper", "explanation", "EX-0001"],
        "grid": ["evidence", "export", "EX-0001"],
    }.items():
        path = tmp_path / f"{name}.pdf"
        out(capsys, *command, "-o", path, "--lang", language)
        assert mark in squeezed("".join(pages(path.read_bytes()))), name
    path = tmp_path / "figures.pdf"
    out(capsys, "figures", "--format", "pdf", "-o", path, "--lang", language)
    assert squeezed({"en": "TRAINING", "fr": "FORMATION"}[language]) in squeezed("".join(pages(path.read_bytes())))
    assert "exercises" in out(capsys, "figures").casefold()
    assert "exercises" in out(capsys, "figures", "--format", "json").casefold()


def test_a_training_folder_does_not_pass_for_a_workshop(
    revealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever takes the mark out of workshop.toml gets nothing out of the folder any more."""
    copy = tmp_path / "copy"
    shutil.copytree(revealed, copy)
    file = copy / "workshop.toml"
    file.write_text(
        file.read_text("utf-8").replace("training = true", "training = false").replace("wait_scale = 7200", ""), "utf-8"
    )
    monkeypatch.setenv("ETABLI_HOME", str(copy))
    for command in (
        ["log"], ["orders", "list"], ["sheet", "EX-0001"], ["paper", "certificate", "EX-0001"], ["figures"],
        ["run", "EX-0001", "--headless", "--answers", ANSWERS / "etancheite-et-joints.toml"],
        ["sessions", "export", "EX-0001", "-o", tmp_path / "x"],
    ):  # fmt: skip
        refused = here(capsys, *command)
        assert refused.code != 0, command
        assert "is a training workshop's" in refused.err
        assert "EX-0001" in refused.err
        assert not refused.out.strip()


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A workshop with customers' watches, one order on its bench."""
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "workshop.toml").write_text(
        'name = "Real"\n[house]\npins = false\n'
        '[[operator]]\nid = "a"\nname = "A"\nroles = ["manager", "technician", "reception"]\n',
        "utf-8",
    )
    from tui.folder import Folder
    from tui.order_file import load_all
    from tui.workshop import Workshop

    order = next(each for each in load_all(ANSWERS.parent / "orders.toml") if each.number == "D-101")
    with Workshop.open(Folder(folder), instruments=False) as workshop:
        workshop.desk.open_order(order)
    return folder


def test_a_workshop_with_customers_watches_does_not_become_one_for_training(
    real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = real / "workshop.toml"
    file.write_text(file.read_text("utf-8").replace("pins = false", "pins = false\ntraining = true"), "utf-8")
    monkeypatch.setenv("ETABLI_HOME", str(real))
    refused = here(capsys, "orders", "list")
    assert refused.code != 0
    assert "holds customers' orders" in refused.err
    assert "etabli training init FOLDER" in refused.err


def test_sessions_and_recordings_of_training_change_nothing_in_a_workshop(
    revealed: Path, real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither imported, nor as a recording copied beside the workshop's own, nor played, do they enter its record."""
    from bench.training.bundle import ENDING

    session = real / f"leak{ENDING}"
    out(capsys, "sessions", "export", "EX-0001", "-o", session)
    monkeypatch.setenv("ETABLI_HOME", str(real))
    before = (real / "journal.sqlite").read_bytes(), out(capsys, "log"), out(capsys, "figures", "--format", "json")
    (real / "recordings").mkdir(exist_ok=True)
    copied = next((revealed / "recordings").glob("*.mcap"))
    for recording in (revealed / "recordings").glob("*.mcap"):
        if recording.stat().st_size > copied.stat().st_size:
            copied = recording
    shutil.copy(copied, real / "recordings" / copied.name)
    out(capsys, "sessions", "import", session)
    assert "leak" in out(capsys, "sessions", "list")
    assert "[replayed]" in out(capsys, "replay", "leak")
    assert "[replayed]" in out(capsys, "replay", copied.stem)
    after = (real / "journal.sqlite").read_bytes(), out(capsys, "log"), out(capsys, "figures", "--format", "json")
    assert after[0] == before[0]
    assert after[1] == before[1]
    assert json.loads(after[2])["figures"] == json.loads(before[2])["figures"]
    assert "EX-0001" not in out(capsys, "sheet", "D-101", "--format", "json", "-o", "-")
    refused = here(capsys, "sessions", "export", "D-101", "-o", real / "mine")
    assert refused.code != 0
    assert "Nothing of D-101 was recorded" in refused.err


def test_an_imported_order_brings_no_measurement_with_it(
    revealed: Path, real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log of a training workshop is no file of orders, and an order that names a simulated watch is an order."""
    log = real / "log.csv"
    out(capsys, "log", "--format", "csv", "-o", log)
    monkeypatch.setenv("ETABLI_HOME", str(real))
    assert here(capsys, "orders", "import", log).code != 0
    with Journal.open(real / "journal.sqlite", station="x", writable=False) as journal:
        assert [row.number for row in journal.orders()] == ["D-101"]
        assert not list(journal.events(kinds=[EventKind.MEASURED]))
