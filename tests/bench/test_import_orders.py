"""Orders from the counter's own software: every row is good or bad for a reason, and all good ones come in together."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import small_procedures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_procedures import BATTERY, TIMING

from bench.customers import Customers, CustomerStore
from bench.desk import Desk
from bench.errors import DataFileError, Refused, UsageError
from bench.events import EventKind
from bench.house import House
from bench.import_orders import ImportPlan, OwnNames, plan, take_in
from bench.import_orders.columns import _HEADINGS, _key
from bench.import_orders.table import read_table
from bench.import_orders.text import decoded
from bench.journal import Journal, JournalError
from bench.order import Contact, Family
from bench.people import Operator, Role
from profiles.library import Library

FRENCH = {
    "N° OR": "B-17",
    "Client": "C-000001",
    "Prestation": "Pile à changer",
    "Marque": "Péquignet",
    "Modèle": "Été 82",
    "Type": "Quartz",
    "Calibre": "Ronda 505",
    "N° de série": "illisible",
    "Panne déclarée": "s’arrête; puis repart",
    "Demande": "changer la pile",
    "Promis le": "24/12/2026",
    "Contact préféré": "courrier",
}
PEOPLE = {
    "Prestation": BATTERY,
    "Marque": "Lip",
    "Famille": "quartz",
    "Nom": "d’Arcy",
    "Prénom": "Éléonore",
    "Téléphone": "+33 6 12 34 56 78",
    "Courriel": "eleonore@example.org",
    "Adresse": "3 rue du Pré",
    "Ville": "Dole",
}
PROFILES = Library(None)
MANAGER = Operator("ch", "Chef", frozenset({Role.MANAGER}))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose record a test may write to."""
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        yield at_work(journal)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that plans are made at: nothing is written."""
    with Journal.open(tmp_path_factory.mktemp("desk") / "journal.sqlite", station="bench-1") as journal:
        yield at_work(journal)
        assert journal.head()[0] == 0


def at_work(journal: Journal) -> Desk:
    no_instruments: Any = None
    procedures = small_procedures.written(journal.path.parent / "procedures")
    return Desk(journal, procedures, PROFILES, no_instruments, House("Atelier", order_prefix="AT"))


def table(*rows: dict[str, str], delimiter: str = ";") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def written(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def row(**changes: str) -> dict[str, str]:
    """A good row by field names, changed."""
    good = {"number": "", "customer": "C-1", "procedure": BATTERY, "watch.brand": "Lip", "watch.family": "quartz"}
    return {**good, **{name.replace("__", "."): value for name, value in changes.items()}}


def problems(made: ImportPlan) -> list[tuple[int, str, str]]:
    return [(bad.line, each.column, str(each.reason)) for bad in made.bad for each in bad.problems]


# -- what is read ----------------------------------------------------------------------------------------------


def test_a_french_export_is_understood(desk: Desk, tmp_path: Path) -> None:
    made = plan(desk, written(tmp_path, table(FRENCH)))
    assert problems(made) == []
    [good] = made.good
    order = good.order
    assert (good.line, order.number, order.customer, order.procedure) == (2, "B-17", "C-000001", BATTERY)
    assert (order.watch.brand, order.watch.model, order.watch.family) == ("Péquignet", "Été 82", Family.QUARTZ)
    assert (order.watch.calibre, order.watch.case_number) == ("ronda-505", "illegible")
    assert (order.declared, order.promised, order.contact) == ("s’arrête; puis repart", "2026-12-24", Contact.LETTER)
    assert (made.encoding, made.form, made.columns.left_out) == ("UTF-8", "CSV ;", ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("codec", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_encodings_and_delimiters_are_told_apart(
    desk: Desk, tmp_path: Path, delimiter: str, codec: str, shown: str
) -> None:
    made = plan(desk, written(tmp_path, table(FRENCH, delimiter=delimiter).encode(codec)))
    assert made.encoding == shown
    assert [each.order.watch.brand for each in made.good] == ["Péquignet"]


cells = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"]) | st.sampled_from(';,\t"\n\r'),
    min_size=1,
    max_size=12,
).filter(lambda cell: cell.strip())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=5)),
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[list[str]], delimiter: str, codec: str) -> None:
    headings = [f"column {n}" for n in range(len(rows[0]))]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([headings, *rows])
    text, _encoding = decoded(out.getvalue().encode(codec), "x.csv")
    read = read_table(text, "x.csv", delimiter)
    if codec != "cp1252":  # a few signs of Windows-1252 together may also be UTF-8, which is tried first
        assert [[row.cells[h] for h in headings] for row in read.rows] == [[cell.strip() for cell in r] for r in rows]
    assert len(read.rows) == len(rows)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_plainly(data: bytes) -> None:
    with suppress(UsageError):
        read_table(decoded(data, "x.csv")[0], "x.csv")


@given(st.text(st.sampled_from('[]{}",:; \n\\ab1'), max_size=40))
def test_any_text_is_a_table_or_refused_plainly(text: str) -> None:
    with suppress(UsageError):
        read_table(text, "x.json")


def test_json_is_read_as_a_list_and_line_by_line(desk: Desk, tmp_path: Path) -> None:
    nested = {**row(number="B-1"), "watch": {"model": "T18", "size": 34}}
    plain = row(number="B-2", declared="stops\nat night")
    as_list = plan(desk, written(tmp_path, json.dumps([nested, plain], indent=1), "a.json"))
    as_lines = plan(desk, written(tmp_path, f"{json.dumps(nested)}\n\n{json.dumps(plain)}\n", "a.jsonl"))
    assert [(each.line, each.order.number) for each in as_list.good] == [(2, "B-1"), (13, "B-2")]
    assert [(each.line, each.order.number) for each in as_lines.good] == [(1, "B-1"), (3, "B-2")]
    assert (as_list.form, as_lines.form) == ("JSON", "JSON Lines")
    assert as_list.good[0].order.watch.size == "34"
    assert [each.order for each in as_list.good] == [each.order for each in as_lines.good]


def test_a_bad_line_of_json_is_one_bad_row(desk: Desk, tmp_path: Path) -> None:
    good = json.dumps(row())
    lines = [good, "{broken", '["a"]', '{"number": "1", "number": "2"}', '{"number": [1]}', good]
    made = plan(desk, written(tmp_path, "\n".join(lines)))
    assert [bad.line for bad in made.bad] == [2, 3, 4, 5]
    assert [each.line for each in made.good] == [1, 6]


def test_the_first_line_may_be_excels(desk: Desk, tmp_path: Path) -> None:
    made = plan(desk, written(tmp_path, "sep=;\r\n" + table(FRENCH)))
    assert [each.line for each in made.good] == [3]


def test_a_cell_of_several_lines_does_not_shift_the_line_numbers(desk: Desk, tmp_path: Path) -> None:
    made = plan(desk, written(tmp_path, table(row(declared="a\nb\nc"), row(watch__family="steam"))))
    assert [each.line for each in made.good] == [2]
    assert [bad.line for bad in made.bad] == [5]


# -- what is refused as a whole --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no row of headings"),
        (b"\n\n", "no row of headings"),
        (b"number;customer\n", "no rows"),
        (b"[]", "no rows"),
        (b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        (b"\x00\x01\x02\x03\x00\x00", "no text"),
        (b"Marque\x00;x", "no text"),
        (b"\xff\xfea", "breaks at byte"),
        (b"Marque;\x81\n", "Windows-1252 it breaks"),
        (b"Marque;a\x07\n", "Line 1 holds signs"),
        (b"Marque;Marque\na;b\n", "“Marque”"),
        (b"Marque;Brand\na;b\n", "several columns"),
        (b"colour;size\nred;34\n", "no column for: procedure, watch.brand, watch.family, customer"),
        (b'[{"a": 1}', "not valid JSON"),
        (b'[{"a": 1} {"a": 2}]', "not valid JSON"),
        (b"[1, 2,", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_table_of_orders_is_refused(desk: Desk, tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        plan(desk, written(tmp_path, content))


def test_a_missing_or_huge_file_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        plan(desk, tmp_path / "none.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(70_000_000)
    with pytest.raises(UsageError, match="too large"):
        plan(desk, tmp_path / "huge.csv")


@pytest.mark.parametrize(
    "heading", ["Nom", "Téléphone", "E-mail", "Adresse", "Customer name", "phone", "Date de naissance"]
)
def test_people_do_not_come_into_the_record(desk: Desk, tmp_path: Path, heading: str) -> None:
    path = written(tmp_path, table({**FRENCH, heading: "Éléonore"}))
    with pytest.raises(UsageError, match=heading):
        plan(desk, path)
    left_out = plan(desk, path, OwnNames(columns={heading: ""}))
    assert left_out.columns.left_out == (heading,)
    assert "Éléonore" not in json.dumps(left_out.good[0].order.to_json(), ensure_ascii=False)


def test_no_heading_means_two_things() -> None:
    meant = [(_key(words), path) for path, headings in _HEADINGS.items() for words in headings.split(";")]
    assert len({key for key, _path in meant}) == len(set(meant))


# -- bad rows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "column", "why"),
    [
        ({"number": "a/b"}, "number", "cannot be an order's number"),
        ({"customer": ""}, "customer", "empty"),
        ({"customer": "Jean Dupont"}, "customer", "by a number"),
        ({"procedure": "polish"}, "procedure", "no procedure “polish”"),
        ({"procedure": TIMING}, "procedure", "not for this watch"),
        ({"watch__brand": ""}, "watch.brand", "empty"),
        ({"watch__family": ""}, "watch.family", "empty"),
        ({"watch__family": "steam"}, "watch.family", "steam"),
        ({"watch__family": "automatic", "watch__calibre": "ronda-505"}, "watch.family", "the row says automatic"),
        ({"watch__calibre": "ronda-9999"}, "watch.calibre", "ronda-9999"),
        ({"watch__case": "case-of-beer"}, "watch.case", "case-of-beer"),
        ({"promised": "31.02.2026"}, "promised", "no such day"),
        ({"promised": "next week"}, "promised", "not a date"),
        ({"received": "02.12.2026", "promised": "01.12.2026"}, "promised", "before the day of reception"),
        ({"complaint_of": "R-0"}, "complaint_of", "no order R-0"),
        ({"quote__reference": "Q-1"}, "quote.reference", "how it was signed"),
        ({"declared": "arrÃªtÃ©e"}, "declared", "Letters were lost"),
        ({"declared": "arr\ufffdt\ufffde"}, "declared", "Letters were lost"),
        ({"declared": "x" * 3000}, "declared", "longer"),
    ],
)
def test_a_bad_row_is_named_with_its_column_and_reason(
    desk: Desk, tmp_path: Path, changes: dict[str, str], column: str, why: str
) -> None:
    bad = row(**changes)
    made = plan(desk, written(tmp_path, table({**dict.fromkeys(bad, ""), **row()}, bad)))
    assert [each.line for each in made.good] == [2]
    said = [(line, reason) for line, where, reason in problems(made) if where == column]
    assert any(line == 3 and why in reason for line, reason in said), problems(made)


def test_every_problem_of_a_row_is_said_at_once(desk: Desk, tmp_path: Path) -> None:
    made = plan(desk, written(tmp_path, table(row(customer="Jean Dupont", promised="soon", watch__brand=""))))
    assert {column for _line, column, _why in problems(made)} == {"customer", "promised", "watch.brand"}


def test_rows_that_do_not_fit_the_table_are_bad_and_the_others_stay(desk: Desk, tmp_path: Path) -> None:
    good = ";C-1;pile-seule;Lip;quartz"
    lines = ["number;customer;procedure;brand;family", good, good + ";;", good + ";more", '"a"b;c', good]
    made = plan(desk, written(tmp_path, "\n".join(lines)))
    assert [each.line for each in made.good] == [2, 3, 6]
    assert [bad.line for bad in made.bad] == [4, 5]


def test_a_quote_that_never_ends_takes_only_the_rows_behind_it(desk: Desk, tmp_path: Path) -> None:
    good = ";C-1;pile-seule;Lip;quartz"
    lines = ["number;customer;procedure;brand;family", good, '"' + good, good, good]
    made = plan(desk, written(tmp_path, "\n".join(lines)))
    assert [each.line for each in made.good] == [2]
    assert [bad.line for bad in made.bad] == [3]


def test_numbers_that_stand_twice_or_are_taken_are_bad(fresh: Desk, tmp_path: Path) -> None:
    take_in(fresh, plan(fresh, written(tmp_path, table(row(number="B-1", custom="X-1")))))
    rows = [
        row(number="B-1", custom=""),
        row(number="B-2", custom="X-2"),
        row(number="B-3", custom="X-3"),
        row(number="B-2", custom="X-4"),
        row(number="B-4", custom="X-3"),
        row(number="B-5", custom="X-1"),
        row(number="B-6", custom="X-6"),
    ]
    made = plan(fresh, written(tmp_path, table(*rows)))
    assert [each.order.number for each in made.good] == ["B-6"]
    assert [(line, column) for line, column, _why in problems(made)] == [
        (2, "number"),
        (3, "number"),
        (4, "custom"),
        (5, "number"),
        (6, "custom"),
        (7, "custom"),
    ]
    assert "line 5" in problems(made)[1][2]
    assert "B-1" in problems(made)[5][2]


def test_a_complaint_may_follow_its_order_in_the_same_file(fresh: Desk, tmp_path: Path) -> None:
    rows = [row(number="B-1"), row(number="B-2", complaint_of="B-1")]
    path = written(tmp_path, table(rows[0] | {"complaint_of": ""}, rows[1]))
    assert [order.complaint_of for order in take_in(fresh, plan(fresh, path))] == ["", "B-1"]


# -- a workshop's own names ------------------------------------------------------------------------------------


def test_a_mapping_names_columns_values_and_defaults(desk: Desk, tmp_path: Path) -> None:
    mapping = written(
        tmp_path,
        """
        [columns]
        "Fabr." = "watch.brand"
        "Kunde" = "customer"
        "Art" = "watch.family"
        "Bem." = ""
        [defaults]
        procedure = "pile-seule"
        [values."watch.family"]
        "Batterie" = "quartz"
        """,
        "names.toml",
    )
    content = "Fabr.;Kunde;Art;Bem.\nLip;C-9;BATTERIE;geheim\n"
    made = plan(desk, written(tmp_path, content), OwnNames.load(mapping))
    [good] = made.good
    assert (good.order.watch.family, good.order.procedure, good.order.customer) == (Family.QUARTZ, BATTERY, "C-9")
    assert made.columns.left_out == ("Bem.",)


@pytest.mark.parametrize("wrong", ['[columns]\n"A" = "watch.colour"', "[defaults]\ncolour = 'x'", "sep = ';'", "x"])
def test_a_wrong_mapping_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DataFileError, match=r"names\.toml"):
        OwnNames.load(written(tmp_path, wrong, "names.toml"))


# -- taking in -------------------------------------------------------------------------------------------------


def test_a_plan_writes_nothing(fresh: Desk, tmp_path: Path) -> None:
    plan(fresh, written(tmp_path, table(row(), row(number="B-1"))))
    assert fresh.journal.head()[0] == 0


def test_ten_thousand_rows_of_which_three_are_bad(fresh: Desk, tmp_path: Path) -> None:
    rows = [row(number=f"B-{n}") for n in range(10_000)]
    rows[41]["watch.family"] = "steam"
    rows[4_999]["number"] = "B-12"
    path = written(tmp_path, table(*rows))
    made = plan(fresh, path)
    assert [bad.line for bad in made.bad] == [14, 43, 5_001]
    assert len(made.good) == 9_997
    orders = take_in(fresh, made)
    assert len(orders) == 9_997
    assert len(fresh.journal.numbers()) == 9_997
    [imported] = fresh.journal.events(kinds=[EventKind.ORDERS_IMPORTED])
    assert (imported.payload["orders"], imported.payload["left_out"]) == (9_997, 3)
    assert len(list(fresh.journal.events(kinds=[EventKind.PROCEDURE_PINNED]))) == 1


def test_orders_without_numbers_get_the_next_ones_of_the_house(fresh: Desk, tmp_path: Path) -> None:
    year = fresh.clock.now().year
    rows = [row(), row(number=f"AT-{year}-0007"), row(), row(number="B-1")]
    path = written(tmp_path, table(*rows))
    assert [order.number for order in take_in(fresh, plan(fresh, path))] == [
        f"AT-{year}-0008",
        f"AT-{year}-0007",
        f"AT-{year}-0009",
        "B-1",
    ]
    assert [each.order.number for each in plan(fresh, written(tmp_path, table(row()))).good] == [f"AT-{year}-0010"]


def test_all_orders_come_in_or_none(fresh: Desk, tmp_path: Path) -> None:
    path = written(tmp_path, table(row(number="B-1"), row(number="B-2")))
    made = plan(fresh, path)
    take_in(fresh, plan(fresh, written(tmp_path, table(row(number="B-2")), "other.csv")))
    head = fresh.journal.head()
    with pytest.raises(UsageError, match="already an order B-2"):
        take_in(fresh, made)
    assert fresh.journal.head() == head


def test_an_imported_order_goes_to_the_bench_like_any_other(fresh: Desk, tmp_path: Path) -> None:
    take_in(fresh, plan(fresh, written(tmp_path, table(FRENCH))))
    assert fresh.work("B-17").order.watch.brand == "Péquignet"
    assert fresh.journal.verify().ok


# -- people ----------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CustomerStore]:
    with CustomerStore(tmp_path / "customers.db", tmp_path / "customers.keys") as store:
        yield store


def test_people_go_to_the_customers_file_once_each(fresh: Desk, tmp_path: Path, store: CustomerStore) -> None:
    other = {**PEOPLE, "Nom": "Petit", "Prénom": "Paul", "Téléphone": "0384000000", "Courriel": ""}
    again = {**PEOPLE, "Nom": "D'ARCY", "Prénom": "Eleonore", "Téléphone": "06.12.34.56.78", "Adresse": ""}
    customers = Customers(store, fresh.journal, MANAGER)
    path = written(tmp_path / "", table(PEOPLE, other, again))
    orders = take_in(fresh, plan(fresh, path, people=True), customers)
    assert [order.customer for order in orders] == ["C-000001", "C-000002", "C-000001"]
    assert store.get("C-000001").person.address == "3 rue du Pré Dole"
    orders = take_in(fresh, plan(fresh, path, people=True), customers)
    assert [order.customer for order in orders] == ["C-000001", "C-000002", "C-000001"]
    path.unlink()
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    for secret in ("Arcy", "ARCY", "lonore", "leonore", "34 56 78", "34.56.78", "rue du Pr"):
        assert secret.encode() not in kept


def test_a_name_alone_is_no_person(desk: Desk, tmp_path: Path) -> None:
    alone = {**PEOPLE, **dict.fromkeys(("Téléphone", "Courriel", "Adresse", "Ville"), "")}
    nobody = {**alone, "Nom": "", "Prénom": ""}
    made = plan(desk, written(tmp_path, table(PEOPLE, alone, nobody)), people=True)
    assert [bad.line for bad in made.bad] == [3, 4]
    assert "Éléonore" not in " ".join(why for _line, _column, why in problems(made))


def test_nobody_is_filed_when_the_orders_cannot_be_taken_in(fresh: Desk, tmp_path: Path, store: CustomerStore) -> None:
    made = plan(fresh, written(tmp_path, table(PEOPLE)), people=True)
    take_in(fresh, plan(fresh, written(tmp_path, table(row()), "other.csv")))
    head = fresh.journal.head()
    with pytest.raises(UsageError, match="already an order"):
        take_in(fresh, made, Customers(store, fresh.journal, MANAGER))
    assert store.all() == []
    assert fresh.journal.head() == head


def test_only_reception_and_managers_file_people(fresh: Desk, store: CustomerStore) -> None:
    with pytest.raises(Refused):
        Customers(store, fresh.journal, Operator("te", "T", frozenset({Role.TECHNICIAN})))


def test_a_journal_that_cannot_be_written_takes_nothing(fresh: Desk, tmp_path: Path, store: CustomerStore) -> None:
    take_in(fresh, plan(fresh, written(tmp_path, table(row()))))
    with Journal.open(fresh.journal.path, station="x", writable=False) as reading:
        other = at_work(reading)
        made = plan(other, written(tmp_path, table(PEOPLE)), people=True)
        with pytest.raises(JournalError):
            take_in(other, made, Customers(store, reading, MANAGER))
    assert store.all() == []
