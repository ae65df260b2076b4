"""The counter from the command line: orders taken in, imported, photographed; customers filed, found, forgotten."""

from __future__ import annotations

import io
import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from command_line import Outcome, here
from PIL import Image

from bench.events import EventKind
from bench.journal import Journal
from bench.order import RepairOrder

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
roles = ["technician"]
[[operator]]
id = "chef"
name = "Anne"
roles = ["manager"]
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
contact = "letter"
warranty = 2027-01-31
watch = { brand = "Loue", family = "quartz", case_number = "illisible", materials = "métal jaune", glass = "small" }
quote = { reference = "Q-1", how = "signature", ceiling = 80.0, minutes = 20, operations = ["pile", "joint"] }
"""
JEANNE = {"name": "Éléonore d’Arcy", "phone": "06 12 34 56 78", "mail": "e@example.org", "contact": "letter"}
YEAR = date.today().year


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "workshop.toml").write_text(WORKSHOP, "utf-8")
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "pile.toml").write_text(PROCEDURE, "utf-8")
    (tmp_path / "order.toml").write_text(ORDER, "utf-8")
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    monkeypatch.setenv("ETABLI_LANG", "en")
    # The workshop's one procedure is enough here; ours take their time to be checked.
    monkeypatch.setattr("bench.procedure.library.SHIPPED", tmp_path / "none")
    return tmp_path


def opened(home: Path, number: str) -> RepairOrder:
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        return RepairOrder.from_json(next(journal.events(order=number)).payload["order"])


def kinds(home: Path) -> list[EventKind]:
    if not (home / "journal.sqlite").exists():
        return []
    with Journal.open(home / "journal.sqlite", station="x", writable=False) as journal:
        return [event.kind for event in journal.events()]


# -- new -------------------------------------------------------------------------------------------------------


def test_orders_number_themselves(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert here(capsys, "orders", "new", home / "order.toml").out == f"AT-{YEAR}-0001\n"
    second = here(capsys, "orders", "new", home / "order.toml", "--brand", "Lip", "--case-number", "7", "--by", "acc")
    assert second.out == f"AT-{YEAR}-0002\n"
    assert here(capsys, "orders", "new", home / "order.toml", "--number", "B-1").out == "B-1\n"
    taken = here(capsys, "orders", "new", home / "order.toml", "--number", "B-1")
    assert (taken.code, "already an order B-1" in taken.err) == (2, True)
    assert opened(home, f"AT-{YEAR}-0002").watch.brand == "Lip"


def test_a_file_says_everything_that_an_order_holds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "orders", "new", home / "order.toml", "--number", "B-1")
    order = opened(home, "B-1")
    assert (order.contact, order.warranty, order.watch.materials) == ("letter", "2027-01-31", "métal jaune")
    assert order.quote is not None
    assert (order.quote.ceiling, order.quote.minutes, order.quote.operations) == (80.0, 20, ("pile", "joint"))
    assert order.received == date.today().isoformat()
    assert "photo of the illegible case number" in run.err


def test_options_are_enough_for_an_order(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--procedure", "pile-seule", "--brand", "Lip", "--calibre", "Ronda 505", "--promised", "24/12/2026"]
    run = here(capsys, "orders", "new", *options)
    assert run.code == 0, run.err
    order = opened(home, run.out.strip())
    assert (order.watch.calibre, order.watch.family, order.promised) == ("ronda-505", "quartz", "2026-12-24")
    assert "customer reference" in run.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "family"),
        (["--family", "quartz"], "--brand"),
        (["--family", "quartz", "--brand", "Lip"], "--procedure"),
        (["--family", "steam"], "steam"),
        (["--promised", "31.02.2027"], "no such day"),
        (["--customer", "Jean Dupont"], "by a number"),
        (["--family", "automatic", "--brand", "Lip", "--procedure", "pile-seule"], "not for this watch"),
        (["--family", "quartz", "--brand", "Lip", "--procedure", "pile-seule", "--complaint-of", "R-0"], "R-0"),
        (["--family", "quartz", "--brand", "Lip", "--procedure", "pile-seule", "--number", "a/b"], "a/b"),
        (["--calibre", "nothing-like-it"], "nothing-like-it"),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], options: list[str], why: str
) -> None:
    run = here(capsys, "orders", "new", *options)
    assert run.code == 2
    assert why in run.err
    assert EventKind.ORDER_OPENED not in kinds(home)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_file_the_terminal_is_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = ["nothing", "pile-seule", "", "", "Lip", "T18", "", "steam", "quartz", "", "4711", "", "30 m", ""]
    answers += ["arrêtée", "changer la pile", "", "pigeon", "letter", "24.12.2026"]
    monkeypatch.setattr("sys.stdin", Terminal("\n".join(answers) + "\n"))
    monkeypatch.setattr("sys.stderr", Terminal())
    run = here(capsys, "orders", "new")
    order = opened(home, run.out.strip())
    assert (order.watch.brand, order.watch.model, order.watch.family) == ("Lip", "T18", "quartz")
    assert (order.watch.water_resistance, order.contact, order.promised) == ("30 m", "letter", "2026-12-24")


# -- photo -----------------------------------------------------------------------------------------------------


def test_a_photo_is_attached_from_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here(capsys, "orders", "new", home / "order.toml", "--number", "B-1")
    Image.new("RGB", (40, 30), "red").save(home / "Madame Dupont.jpg")
    run = here(capsys, "orders", "photo", "B-1", home / "Madame Dupont.jpg", "--kind", "case-number", "--by", "acc")
    assert run.code == 0, run.err
    kept = Path(run.out.strip())
    assert kept.parent == home / "photos"
    assert kept.exists()
    assert b"Dupont" not in (home / "journal.sqlite").read_bytes()
    (home / "letter.jpg").write_text("Dear customer")
    bad = here(capsys, "orders", "photo", "B-1", home / "letter.jpg", "--kind", "before", "--by", "acc")
    assert (bad.code, "not a picture" in bad.err) == (2, True)
    assert len(list((home / "photos").iterdir())) == 1


# -- import ----------------------------------------------------------------------------------------------------


def counter_file(home: Path, *lines: str, encoding: str = "cp1252") -> Path:
    path = home / "counter.csv"
    head = "Dossier;Client;Prestation;Marque;Type;Promis le;N° de série;Panne;Demande;Vendeur"
    path.write_text("\r\n".join([head, *lines]), encoding)
    return path


GOOD = "D-1;C-1;pile à changer;Péquignet;quartz;24/12/2026;7;arrêt;pile;Luc"
OTHER = "D-2;C-2;pile-seule;Lip;pile;24.12.2026;;;;Luc"
BAD = "D-3;C-3;polissage;Lip;vapeur;31.02.2026;;;;Luc"


def test_a_dry_run_says_what_would_come_of_every_row(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "orders", "import", counter_file(home, GOOD, BAD, OTHER), "--dry-run")
    assert run.code == 1
    table = [line.split() for line in run.out.splitlines()[2:]]
    assert [cells[0] for cells in table] == ["2", "3", "3", "3", "4"]
    assert f"AT-{YEAR}-0001" in run.out and "Péquignet" in run.out
    assert "There is no procedure “polissage”" in run.out and "“31.02.2026”" in run.out and "vapeur" in run.out
    assert "still missing: case number" in run.out
    assert "Windows-1252, CSV ;: 2 good rows, 1 bad." in run.err
    assert "“Vendeur”" in run.err
    assert kinds(home) == []


def test_bad_rows_keep_everything_out_until_the_good_ones_are_asked_for(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = counter_file(home, GOOD, BAD, OTHER)
    refused = here(capsys, "orders", "import", path)
    assert refused.code == 1
    assert "--only-good imports the 2 good rows" in refused.err
    assert "Péquignet" not in refused.out
    assert kinds(home) == []
    run = here(capsys, "orders", "import", path, "--only-good", "--by", "acc")
    assert run.code == 0, run.err
    assert f"2 orders imported: AT-{YEAR}-0001 … AT-{YEAR}-0002." in run.err
    assert "polissage" in run.out
    assert opened(home, f"AT-{YEAR}-0001").custom == "D-1"
    again = here(capsys, "orders", "import", path, "--only-good")
    assert (again.code, f"already the order AT-{YEAR}-0001" in again.out) == (1, True)


def test_a_good_file_comes_in_without_more_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "orders", "import", counter_file(home, GOOD, OTHER, encoding="utf-16"))
    assert (run.code, run.out) == (0, "")
    assert "UTF-16" in run.err


def test_a_mapping_tells_what_other_software_calls_things(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "counter.csv").write_text("Fabr;Kunde\nLip;C-1\n")
    mapping = '[columns]\nFabr = "watch.brand"\nKunde = "customer"\n[defaults]\nprocedure = "pile-seule"\n'
    (home / "names.toml").write_text(mapping + '"watch.family" = "quartz"\n')
    assert here(capsys, "orders", "import", home / "counter.csv").code == 2
    run = here(capsys, "orders", "import", home / "counter.csv", "--mapping", home / "names.toml")
    assert run.code == 0, run.err


def test_people_in_an_import_go_to_the_customers_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "counter.csv"
    path.write_text("Nom;Téléphone;Prestation;Marque;Type\nd’Arcy;06 12 34 56 78;pile-seule;Lip;quartz\n", "utf-8")
    assert "about people" in here(capsys, "orders", "import", path).err
    assert "--by" in here(capsys, "orders", "import", path, "--customers").err
    assert "may not read" in here(capsys, "orders", "import", path, "--customers", "--by", "tech").err
    assert EventKind.ORDER_OPENED not in kinds(home)
    run = here(capsys, "orders", "import", path, "--customers", "--by", "acc")
    assert run.code == 0, run.err
    assert opened(home, f"AT-{YEAR}-0001").customer == "C-000001"
    assert b"Arcy" not in (home / "journal.sqlite").read_bytes()


# -- customers -------------------------------------------------------------------------------------------------


def with_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: object, *arguments: str
) -> Outcome:
    monkeypatch.setattr("sys.stdin", io.StringIO(given if isinstance(given, str) else json.dumps(given)))
    return here(capsys, "customers", *arguments)


def test_a_customer_is_filed_found_corrected_exported_and_forgotten(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    added = with_input(monkeypatch, capsys, JEANNE, "add", "--by", "acc")
    assert (added.code, added.out) == (0, "C-000001\n"), added.err
    here(capsys, "orders", "new", home / "order.toml", "--number", "B-1", "--customer", "C-000001")

    assert "Éléonore d’Arcy" in here(capsys, "customers", "find", "eleonore", "--by", "acc").out
    changed = with_input(monkeypatch, capsys, {"phone": "01 23 45 67 89"}, "change", "C-000001", "--by", "acc")
    assert changed.code == 0, changed.err
    shown = here(capsys, "customers", "show", "C-000001", "--by", "acc").out
    assert "Éléonore d’Arcy" in shown and "01 23 45 67 89" in shown and "by letter" in shown
    exported = json.loads(here(capsys, "customers", "export", "C-000001", "--by", "chef").out)
    assert (exported["name"], exported["orders"]) == ("Éléonore d’Arcy", ["B-1"])

    assert "open orders: B-1" in here(capsys, "customers", "erase", "C-000001", "--yes", "--by", "chef").err
    other = with_input(monkeypatch, capsys, {"name": "Paul Petit"}, "add", "--by", "acc").out.strip()
    with sqlite3.connect(home / "customers.keys") as raw:
        [key] = raw.execute("SELECT key FROM key WHERE number = ?", (other,)).fetchone()
    assert "manager" in here(capsys, "customers", "erase", other, "--yes", "--by", "acc").err
    unconfirmed = with_input(monkeypatch, capsys, "", "erase", other, "--by", "chef")
    assert (unconfirmed.code, "--yes" in unconfirmed.err) == (2, True)
    assert here(capsys, "customers", "erase", other, "--yes", "--by", "chef").code == 0
    assert "erased" in here(capsys, "customers", "show", other, "--by", "acc").err
    everything = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for secret in (key, b"Petit", b"Arcy", b"01 23 45"):
        assert secret not in everything


def test_somebody_alike_is_said_before_a_second_entry_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_input(monkeypatch, capsys, JEANNE, "add", "--by", "acc")
    same = {"name": "D'ARCY Eleonore"}
    said = with_input(monkeypatch, capsys, same, "add", "--by", "acc")
    assert (said.code, "C-000001 (name)" in said.err) == (2, True)
    assert with_input(monkeypatch, capsys, same, "add", "--anyway", "--by", "acc").out == "C-000002\n"
    assert kinds(home)[-1] is EventKind.CUSTOMER_ALIKE


@pytest.mark.parametrize(
    "given",
    [
        "",
        "name",
        "[1]",
        "[" * 10_000,
        {"phone": "012345678"},
        {"name": 1},
        {"name": "A", "handicap": "x"},
        {"name": "A", "contact": "pigeon"},
        {"name": "A", "consents": 3},
        {"name": "A", "mail": "x"},
    ],
    ids=range(10),
)
def test_what_is_no_customer_is_refused_plainly(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: object
) -> None:
    run = with_input(monkeypatch, capsys, given, "add", "--by", "acc")
    assert run.code == 2, run.err
    assert EventKind.CUSTOMER_FILED not in kinds(home)


def test_a_house_with_pins_wants_one_before_a_customer_is_seen(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "workshop.toml").write_text(WORKSHOP.replace("pins = false", "pins = true"), "utf-8")
    run = here(capsys, "customers", "find", "a", "--by", "acc")
    assert run.code == 1
    assert "PIN" in run.err


def test_a_technician_sees_no_customers(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = here(capsys, "customers", "find", "a", "--by", "tech")
    assert run.code == 1
    assert "may not read" in run.err


def test_an_export_is_its_readers_only_and_overwrites_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_input(monkeypatch, capsys, JEANNE, "add", "--by", "acc")
    target = home / "out.json"
    assert here(capsys, "customers", "export", "C-000001", "-o", target, "--by", "acc").code == 0
    assert json.loads(target.read_text("utf-8"))["number"] == "C-000001"
    again = here(capsys, "customers", "export", "C-000001", "-o", target, "--by", "acc")
    assert (again.code, "cannot be written" in again.err) == (1, True)


def test_who_was_not_heard_of_is_listed_by_number(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_input(monkeypatch, capsys, JEANNE, "add", "--by", "acc")
    listed = here(capsys, "customers", "find", "--silent-since", "2199-01-01", "--by", "acc").out
    assert "C-000001" in listed and "Arcy" not in listed
    assert "C-000001" not in here(capsys, "customers", "find", "--silent-since", "2001-01-01", "--by", "acc").out
