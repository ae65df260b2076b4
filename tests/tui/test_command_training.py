"""A training workshop from its folder to the grid; sessions that leave and come in; nothing of it among real work."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from command_line import Outcome, here

from bench.events import EventKind
from bench.journal import Journal
from bench.pins import Pins, WrongPin
from bench.running import Clock
from bench.training.bundle import ENDING
from tui.folder import Folder
from tui.training.sessions import OWN, SessionLibrary

ANSWERS = Path(__file__).parents[2] / "tui" / "demo" / "answers"
ANNES = "4711"  # a trainer's PIN is her own
PEOPLE = ("--trainee", "claire=Claire", "--trainee", "marc=Marc", "--trainer", "anne=Anne")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training workshop in which Claire has run the leaking case to its sheet."""
    home = tmp_path_factory.mktemp("school")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETABLI_LANG", "en")
        patch.setenv("ETABLI_HOME", str(home))
        patch.setenv("ETABLI_PIN_ANNE", ANNES)
        from tui.main import main

        assert main(["training", "init", str(home), "--name", "École", *PEOPLE]) == 0
        Pins(home / "pins.json", Clock()).set("anne", ANNES)
        file = home / "workshop.toml"
        file.write_text(file.read_text("utf-8").replace("speed = 5.0", "speed = 300.0"), "utf-8")
        assert main(["exercises", "start", "w-01", "--trainee", "claire"]) == 0
        answers = ["--answers", str(ANSWERS / "etancheite-et-joints.toml")]
        assert main(["run", "EX-0001", "--headless", *answers]) in (0, 10)
    return home


@pytest.fixture
def home(school: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ETABLI_HOME", str(school))
    monkeypatch.setenv("ETABLI_LANG", "en")
    monkeypatch.setenv("ETABLI_PIN_ANNE", ANNES)
    return school


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A workshop with customers' watches."""
    people = [("lea", "Léa", "trainee"), ("a", "A", "manager"), ("t", "T", "trainer")]
    written = "".join(f'[[operator]]\nid = "{i}"\nname = "{n}"\nroles = ["{r}"]\n' for i, n, r in people)
    (tmp_path / "workshop.toml").write_text(f'name = "Real"\n[house]\npins = false\n{written}', "utf-8")
    return tmp_path


def test_the_folder_of_a_workshop_is_never_taken(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "training", "init", home)
    assert run.code == 2
    assert "holds a workshop already" in run.err


def test_people_are_named_with_an_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "training", "init", tmp_path / "s", "--trainee", "lea")
    assert run.code == 2
    assert "ID=NAME" in run.err
    assert not (tmp_path / "s").exists()


def test_the_order_of_an_exercise_says_nothing_of_the_fault(home: Path) -> None:
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        opened = next(journal.events(order="EX-0001", kinds=[EventKind.ORDER_OPENED]))
    text = json.dumps(opened.payload, ensure_ascii=False).casefold()
    assert "exercise/w-01" in text
    assert "leak" not in text.replace("leak_rate", "").replace("leak-test", "")


def test_a_run_from_diagnosis_to_the_grid(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = here(capsys, "diagnose", "EX-0001")
    assert "hidden: it is an exercise" in hints.err
    assert "D-34" not in hints.out
    said = here(capsys, "exercises", "reveal", "EX-0001", "--by", "claire")
    assert said.code != 0
    assert "after a diagnosis was given" in said.err
    answered = here(
        capsys,
        "exercises",
        "answer",
        "EX-0001",
        "--text",
        "Joint de fond",
        "--defect",
        "eta-jfo",
        "--cite",
        "leak_final",
    )
    assert answered.code == 0, answered.err
    assert here(capsys, "exercises", "answer", "EX-0001", "--question", "q1", "--text", "…").code == 0
    assert "asks no question" in here(capsys, "exercises", "answer", "EX-0001", "--question", "q7").err
    shown = here(capsys, "exercises", "reveal", "EX-0001", "--by", "claire")
    assert "Planted fault: A crushed back gasket" in shown.out
    assert "named by both: ETA-JFO" in shown.out
    assert "missed: ETA-FUI-P" in shown.out
    assert "hidden" not in here(capsys, "diagnose", "EX-0001").err
    assert re.search(r"cited: leak at the final pressure = \+?\d", shown.out)
    observed = here(
        capsys, "evidence", "observe", "EX-0001", "C.4.4-e", "--box", "seen", "--remark", "sec avant", "--by", "anne"
    )
    assert observed.code == 0, observed.err
    refused = here(capsys, "evidence", "observe", "EX-0001", "C.4.4-e", "--box", "seen", "--by", "claire")
    assert "Only a trainer observes" in refused.err
    grid = here(capsys, "evidence", "show", "EX-0001")
    assert "[seen] sec avant" in grid.out
    lines = list(
        csv.DictReader(
            io.StringIO(
                here(capsys, "evidence", "export", "EX-0001", "--format", "csv", "-o", "-").out.lstrip("\ufeff")
            )
        )
    )
    assert len(lines) == 97
    assert next(line for line in lines if line["criterion"] == "C.4.4-e")["measurements"] != "0"
    pdf = here(capsys, "evidence", "export", "EX-0001")
    assert Path(pdf.out.strip()).read_bytes()[:4] == b"%PDF"
    assert "EX-0001" in here(capsys, "evidence", "list").out
    assert "no run “EX-9”" in here(capsys, "evidence", "show", "EX-9").err


def test_the_model_answer_is_a_trainers_to_see(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To a trainer who proves to be one; a trainee hears why not, and what to do instead."""
    open_to_all = here(capsys, "exercises", "show", "m-03")
    assert open_to_all.code == 0
    assert "Magnetised by" not in open_to_all.out
    nobody = here(capsys, "exercises", "show", "m-03", "--answer")
    assert nobody.code == 2
    assert "--by ID" in nobody.err
    trainee = here(capsys, "exercises", "show", "m-03", "--answer", "--by", "marc")
    assert trainee.code != 0
    assert "Marc is none" in trainee.err
    assert "Give your diagnosis first" in trainee.err
    monkeypatch.setenv("ETABLI_PIN_ANNE", "0000")
    wrong = here(capsys, "exercises", "show", "m-03", "--answer", "--by", "anne")
    assert wrong.code != 0
    assert "PIN is wrong" in wrong.err
    monkeypatch.delenv("ETABLI_PIN_ANNE")
    assert "ETABLI_PIN_ANNE" in here(capsys, "exercises", "show", "m-03", "--answer", "--by", "anne").err
    for run in (nobody, trainee, wrong):
        assert "Magnetised by" not in run.out
    monkeypatch.setenv("ETABLI_PIN_ANNE", ANNES)
    shown = here(capsys, "exercises", "show", "m-03", "--answer", "--by", "anne")
    assert shown.code == 0, shown.err
    assert "Planted fault: Magnetised by a field of about 15 mT" in shown.out


def test_a_trainer_has_no_pin_that_trainees_know(tmp_path: Path) -> None:
    keys = Pins(tmp_path / "pins.json", Clock(), preset="0000", own=["anne"])
    assert (keys.preset_for("marc"), keys.preset_for("anne")) == ("0000", "")
    keys.check("marc", "0000")
    assert not keys.has("anne")
    with pytest.raises(WrongPin):
        keys.check("anne", "0000")


def test_another_setting_gives_its_time_and_its_procedure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = here(capsys, "exercises", "start", "m-02", "--trainee", "marc", "--setting", "BC4")
    assert begun.code == 0, begun.err
    assert "480 min" in begun.err
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        row = journal.order(begun.out.strip())
    assert row is not None
    assert row.procedure == "revision-complete"


# -- nothing of it among real work -------------------------------------------------------------------------------


def sheet(capsys: pytest.CaptureFixture[str], *arguments: str) -> Outcome:
    return here(capsys, "sheet", "EX-0001", *arguments, "-o", "-")


@pytest.mark.parametrize("version", ["workshop", "customer", "trainer"])
def test_every_sheet_of_a_training_workshop_is_marked(
    home: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    for form in ("json", "html"):
        assert "TRAINING MODE" in sheet(capsys, "--for", version, "--format", form).out
    content = json.loads(sheet(capsys, "--for", version, "--format", "json").out)
    assert "customer's" in content["watermark"]["note"]


@pytest.mark.parametrize("kind", ["certificate", "diagnosis-report", "explanation", "custody-label", "test-plan"])
def test_every_paper_of_a_training_workshop_is_marked(
    home: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    made = here(capsys, "paper", kind, "EX-0001", "--format", "html", "-o", "-")
    assert made.code != 0 or "TRAINING MODE" in made.out


def test_every_line_of_its_log_says_where_it_comes_from(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        json.loads(line) for line in here(capsys, "log", "--format", "jsonl", "--order", "EX-0001").out.splitlines()
    ]
    measured = [line for line in lines if line.get("provenance")]
    assert measured
    assert {line["provenance"] for line in measured} == {"simulated"}
    assert "simulation" in here(capsys, "orders", "list").out


def test_no_exercise_runs_in_a_real_workshop(
    real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ETABLI_HOME", str(real))
    for command in (["start", "w-01", "--trainee", "lea"], ["answer", "EX-0001"], ["reveal", "EX-0001", "--by", "a"]):
        run = here(capsys, "exercises", *command)
        assert run.code != 0
        assert "customers' watches" in run.err
    assert "customers' watches" in here(capsys, "evidence", "observe", "EX-0001", "C.1.1-a", "--by", "a").err
    with Journal.open(real / "journal.sqlite", station="x", writable=False) as journal:
        assert journal.orders() == []


@pytest.fixture
def exported(home: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path_factory.mktemp("out") / "leak"
    run = here(
        capsys,
        "sessions",
        "export",
        "EX-0001",
        "-o",
        path,
        "--title",
        "Fuite",
        "--competence",
        "C.2.3",
        "--minutes",
        "15",
    )
    assert run.code == 0, run.err
    assert "Read its texts" in run.err
    return Path(run.out.strip())


def test_a_session_goes_from_one_workshop_to_another(
    exported: Path, real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported.name == f"leak{ENDING}"
    assert "exists" in here(capsys, "sessions", "export", "EX-0001", "-o", exported).err
    monkeypatch.setenv("ETABLI_HOME", str(real))
    taken = here(capsys, "sessions", "import", exported)
    assert taken.code == 0, taken.err
    assert "Fuite" in here(capsys, "sessions", "list").out
    shown = here(capsys, "sessions", "show", "leak")
    assert "dry-test" in shown.out or "leak" in shown.out
    again = here(capsys, "replay", "leak")
    assert again.code == 0
    assert "every verdict is the recorded one" in again.err
    assert "[replayed]" in again.out
    assert not (real / "journal.sqlite").exists(), "nothing of it comes near the record"


def test_one_byte_changed_is_refused_with_what_does_not_match(
    exported: Path, real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ETABLI_HOME", str(real))
    data = bytearray(exported.read_bytes())
    data[len(data) // 2] ^= 1
    bad = real / f"bad{ENDING}"
    bad.write_bytes(data)
    run = here(capsys, "sessions", "import", bad)
    assert run.code != 0
    assert "is refused" in run.err
    assert re.search(r"checksum does not match: (recording.mcap|journal.jsonl|session.json)", run.err)
    assert not (real / "sessions").exists()


def test_a_replay_may_be_blind_or_ask_what_if(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blind = here(capsys, "replay", exported, "--blind")
    assert blind.code == 0
    assert "CONFORMING" not in blind.out
    assert "≤" not in blind.out
    other = here(capsys, "replay", exported, "--rule", "simple")
    assert other.code == 0, other.err
    assert "what if" in other.out
    assert "µg/min" in other.out
    assert "does not exist" in here(capsys, "replay", exported, "--lift-angle", "200").err


def test_an_exercise_is_checked_by_a_command(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.toml"
    shipped = Path(__file__).parents[2] / "bench" / "training" / "exercises" / "m-05.toml"
    own.write_text(shipped.read_text("utf-8").replace("lift_angle = 50", "lift_angle = 12"), "utf-8")
    run = here(capsys, "exercises", "check", own)
    assert run.code == 1
    assert "there can be no such watch" in run.out
    assert here(capsys, "exercises", "check", shipped).code == 0
    assert "There is no file" in here(capsys, "exercises", "check", tmp_path / "no.toml").out


# -- a replayed exercise, by commands ----------------------------------------------------------------------------


def test_a_replayed_exercise_plays_blind_up_to_its_questions(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = here(capsys, "exercises", "start", "r-01", "--trainee", "marc")
    assert begun.code == 0, begun.err
    run = begun.out.strip()
    assert f"etabli exercises play {run}" in begun.err
    first = here(capsys, "exercises", "play", run)
    assert "residual field" in first.out
    assert "rate CH" not in first.out, "it stops at the first question"
    assert "? q1" in first.out
    for question in ("q1", "q2", "q3"):
        assert f"? {question}" in here(capsys, "exercises", "play", run).out
        assert here(capsys, "exercises", "answer", run, "--question", question, "--text", "…").code == 0
    whole = here(capsys, "exercises", "play", run)
    assert "rate 6H" in whole.out
    assert "give your diagnosis" in whole.err.casefold()
    for out in (first.out, whole.out):
        assert "hidden until the reveal" in out
        assert "CONFORMING" not in out.upper().replace("NONCONFORMING", "")
        assert "≤" not in out
    strange = here(capsys, "exercises", "answer", run, "--text", "Pivots", "--cite", "leak_final")
    assert "leak_final was not measured" in strange.err
    given = here(
        capsys, "exercises", "answer", run, "--text", "Pivots usés", "--defect", "mec-plp", "--cite", "amplitude_drop"
    )
    assert given.code == 0, given.err
    shown = here(capsys, "exercises", "reveal", run, "--by", "marc")
    assert "Worn balance pivots" in shown.out
    assert "cited: amplitude drop horizontal to vertical = 68" in shown.out
    assert "missed: MEC-PIV-USE" in shown.out
    after = here(capsys, "exercises", "play", run)
    assert "conforming" in after.out.casefold()
    grid = here(capsys, "evidence", "export", run, "--format", "csv", "-o", "-")
    assert grid.code == 0
    assert run in grid.out
    assert "replays no session" in here(capsys, "exercises", "play", "EX-0001").err


def test_a_question_in_the_middle_of_a_measurement_comes_with_what_was_read_by_then(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = here(capsys, "exercises", "start", "r-02", "--trainee", "marc").out.strip()
    played = here(capsys, "exercises", "play", run)
    assert re.search(r"leak rate −0.5 bar\s+\+254\.8\sµg/min  …", played.out)
    assert "? q1" in played.out
    assert not any(word in played.out for word in ("≤", "CONFORMING"))


def test_a_session_has_only_the_work_that_was_recorded(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = here(capsys, "exercises", "start", "r-01", "--trainee", "marc", "--setting", "BC4")
    assert refused.code == 2
    assert "does not suit the setting BC4" in refused.err
    assert "BC2" in refused.err


def test_bookmarks_and_questions_go_along_when_a_session_is_given_away(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = SessionLibrary(Folder(home))
    name = next(entry.name for entry in library.entries() if entry.origin == OWN)
    mine = library.open(name).player
    begin, end = mine.span(0)
    mine.seek((begin + end) / 2)
    mine.bookmark("", "Dry first: why?")
    library.keep(name, mine.bookmarks)
    given = here(capsys, "sessions", "export", "EX-0001", "-o", tmp_path / "given")
    assert given.code == 0, given.err
    there = library.open(given.out.strip()).player
    (stop,) = there.bookmarks
    assert stop.question == "Dry first: why?"
    there.seek(stop.at)
    assert there.state.task == 0
    assert there.state.frames == mine.state.frames, "the same moment of the same measurement"
