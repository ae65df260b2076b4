"""The customers' file: found by name, kept apart from the record, and forgotten without a trace."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from journal_material import WATCH, opened

from bench.customers import Alike, CustomerError, Customers, CustomerStore, Person
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind
from bench.journal import Journal, JournalError
from bench.order import Contact, RepairOrder
from bench.people import Operator, Role

JEANNE = Person("Éléonore d’Arcy", "+33 6 12 34 56 78", "eleonore@example.org", "3 rue du Pré", Contact.LETTER)
RECEPTION = Operator("ac", "Accueil", frozenset({Role.RECEPTION}))
MANAGER = Operator("ch", "Chef", frozenset({Role.MANAGER}))
TECHNICIAN = Operator("te", "Technicien", frozenset({Role.TECHNICIAN}))
SECRETS = (b"onore", b"Arcy", b"12 34 56 78", b"eleonore@example", b"rue du Pr")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CustomerStore]:
    with stored(tmp_path) as store:
        yield store


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        yield journal


def stored(folder: Path, day: date = date(2026, 11, 22)) -> CustomerStore:
    return CustomerStore(folder / "customers.db", folder / "customers.keys", lambda: day)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_customer_gets_a_number_and_comes_back_whole(store: CustomerStore) -> None:
    first, second = store.add([JEANNE, Person("Paul Petit")])
    assert (first.number, second.number) == ("C-000001", "C-000002")
    assert store.get("C-000001").person == JEANNE
    assert store.get("C-000001").last_contact == date(2026, 11, 22)


def test_names_are_found_without_accents_and_capitals(store: CustomerStore) -> None:
    store.add([JEANNE, Person("Paul Petit"), Person("Œuvrard Zoë")])
    for words in ("ELEONORE arcy", "darcy", "d'arcy", "éléo"):
        assert [c.number for c in store.find(words)] == ["C-000001"]
    assert [c.number for c in store.find("oeuvrard")] == ["C-000003"]
    assert store.find("nobody") == []


@pytest.mark.parametrize(
    ("person", "by"),
    [
        (Person("D'ARCY Eleonore"), ("name",)),
        (Person("E. Other", phone="06.12.34.56.78"), ("phone",)),
        (Person("E. Other", mail="Eleonore@Example.org"), ("mail",)),
        (JEANNE, ("name", "phone", "mail")),
        (Person("Éléonore Darcis", phone="06 99 34 56 79"), None),
    ],
)
def test_who_may_be_the_same_person_is_said(store: CustomerStore, person: Person, by: tuple[str, ...] | None) -> None:
    [customer] = store.add([JEANNE])
    assert store.alike(person) == ([Alike(customer, by)] if by else [])


@pytest.mark.parametrize(
    "wrong", [Person("  "), Person("A", mail="a at b"), Person("A", phone="12"), Person("A" * 401)]
)
def test_what_is_no_customer_is_refused_and_nobody_is_filed(store: CustomerStore, wrong: Person) -> None:
    with pytest.raises(UsageError):
        store.add([JEANNE, wrong])
    assert store.all() == []


def test_no_file_ever_holds_a_word_of_a_customer(store: CustomerStore, tmp_path: Path) -> None:
    store.add([JEANNE])
    store.change("C-000001", JEANNE)
    store.find("arcy")
    assert not [secret for secret in SECRETS if secret in everything_in(tmp_path)]


@pytest.mark.skipif(os.name != "posix", reason="rights are written so on POSIX systems only")
def test_the_files_are_their_owners_only(store: CustomerStore, tmp_path: Path) -> None:
    store.add([JEANNE])
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "customers.db": 0o600,
        "customers.keys": 0o600,
    }


def test_an_erased_customer_is_gone_with_key_and_entry_and_the_number_stays_taken(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.add([JEANNE])
        with sqlite3.connect(tmp_path / "customers.keys") as raw:
            [key] = raw.execute("SELECT key FROM key").fetchone()
        with sqlite3.connect(tmp_path / "customers.db") as raw:
            [sealed] = raw.execute("SELECT sealed FROM customer").fetchone()
        assert key in everything_in(tmp_path)
        assert sealed in everything_in(tmp_path)

        store.erase(["C-000001"])
        store.erase(["C-000001"])
        left = everything_in(tmp_path)
        assert not [secret for secret in (*SECRETS, key, sealed) if secret in left]
        with pytest.raises(UsageError, match="erased"):
            store.get("C-000001")
        assert store.find("arcy") == []
        assert [c.number for c in store.add([JEANNE])] == ["C-000002"]


def test_a_corrected_entry_leaves_nothing_of_the_earlier_one(store: CustomerStore, tmp_path: Path) -> None:
    store.add([JEANNE])
    with sqlite3.connect(tmp_path / "customers.db") as raw:
        [sealed] = raw.execute("SELECT sealed FROM customer").fetchone()
    store.change("C-000001", Person("Éléonore Petit"))
    assert sealed not in everything_in(tmp_path)
    assert store.get("C-000001").person.name == "Éléonore Petit"


def test_an_erasure_that_was_cut_off_is_finished_at_the_next_opening(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.add([JEANNE])
    with sqlite3.connect(tmp_path / "customers.db") as raw:
        raw.execute("UPDATE customer SET sealed = NULL, erased = '2026-11-22'")
    with stored(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "customers.keys") as raw:
        assert raw.execute("SELECT count(*) FROM key").fetchone() == (0,)


def test_an_old_copy_of_the_file_brings_nobody_back(tmp_path: Path, journal: Journal) -> None:
    with stored(tmp_path) as store:
        Customers(store, journal, MANAGER).add([JEANNE, Person("Paul Petit")])
    old = {name: (tmp_path / name).read_bytes() for name in ("customers.db", "customers.keys")}
    with stored(tmp_path) as store:
        Customers(store, journal, MANAGER).erase("C-000001")
        Customers(store, journal, MANAGER).add([Person("Zoé Œuvrard")])

    (tmp_path / "customers.db").write_bytes(old["customers.db"])
    with stored(tmp_path) as store, pytest.raises(CustomerError, match="key"):
        store.get("C-000001")

    (tmp_path / "customers.keys").write_bytes(old["customers.keys"])
    with stored(tmp_path) as store:
        customers = Customers(store, journal, MANAGER)
        with pytest.raises(UsageError, match="erased"):
            customers.show("C-000001")
        # C-000003 was given after the copy was made: the record knows it, so it is not given again.
        assert [c.number for c in customers.add([Person("Anne Neuve")])] == ["C-000004"]


def test_every_look_and_every_change_is_in_the_record_which_names_nobody(
    store: CustomerStore, journal: Journal, tmp_path: Path
) -> None:
    customers = Customers(store, journal, RECEPTION)
    [customer] = customers.add([JEANNE])
    customers.show(customer.number)
    customers.find("arcy")
    customers.change(customer.number, lambda person: Person(person.name, phone="01 23 45 67 89"))
    same = customers.alike(Person("Darcy Eleonore"))
    customers.ask_merge(customer.number, same)
    told = [(event.kind, event.payload["customer"], event.operator) for event in journal.events()]
    assert told == [
        (kind, "C-000001", "ac")
        for kind in (
            EventKind.CUSTOMER_FILED,
            EventKind.CUSTOMER_VIEWED,
            EventKind.CUSTOMER_VIEWED,
            EventKind.CUSTOMER_FILED,
            EventKind.CUSTOMER_VIEWED,
            EventKind.CUSTOMER_ALIKE,
        )
    ]
    assert not [secret for secret in SECRETS if secret in everything_in(tmp_path)]


def test_the_record_still_verifies_after_an_erasure(store: CustomerStore, journal: Journal) -> None:
    customers = Customers(store, journal, MANAGER)
    customers.add([JEANNE])
    customers.erase("C-000001")
    assert journal.verify().ok
    assert [event.payload for event in journal.events(kinds=[EventKind.CUSTOMER_ERASED])] == [
        {"customer": "C-000001", "operator": "ch"}
    ]


def test_who_may_see_and_who_may_erase(store: CustomerStore, journal: Journal) -> None:
    with pytest.raises(Refused, match="may not read"):
        Customers(store, journal, TECHNICIAN)
    [customer] = Customers(store, journal, RECEPTION).add([JEANNE])
    with pytest.raises(Refused, match="manager"):
        Customers(store, journal, RECEPTION).erase(customer.number)
    assert store.get(customer.number).person == JEANNE


def test_a_customer_whose_watch_is_still_here_is_not_erased(store: CustomerStore, journal: Journal) -> None:
    customers = Customers(store, journal, MANAGER)
    customers.add([JEANNE])
    order = RepairOrder("R-1", "C-000001", WATCH, "controle-mecanique")
    journal.append([Draft(EventKind.ORDER_OPENED, {**opened().payload, "order": order.to_json()}, "R-1", "ch")])
    with pytest.raises(UsageError, match="R-1"):
        customers.erase("C-000001")
    journal.append([Draft(EventKind.ORDER_CLOSED, {"head": "", "events": 1, "outcome": "done"}, "R-1", "ch")])
    customers.erase("C-000001")


def test_nobody_is_filed_or_shown_when_the_record_cannot_take_it(tmp_path: Path, journal: Journal) -> None:
    journal.append([opened()])
    with (
        stored(tmp_path) as store,
        Journal.open(journal.path, station="x", writable=False) as reading,
    ):
        customers = Customers(store, reading, MANAGER)
        with pytest.raises(JournalError):
            customers.add([JEANNE])
        assert store.all() == []
        store.add([JEANNE])
        with pytest.raises(JournalError):
            customers.show("C-000001")


def test_who_was_not_heard_of_for_years_is_listed(tmp_path: Path) -> None:
    with stored(tmp_path, date(2021, 1, 1)) as store:
        store.add([JEANNE, Person("Paul Petit")])
    with stored(tmp_path) as store:
        store.contacted("C-000002")
        assert store.silent_since(date(2023, 11, 22)) == [("C-000001", date(2021, 1, 1))]


@pytest.mark.parametrize("name", ["customers.db", "customers.keys"])
def test_a_file_of_something_else_is_refused_plainly(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Dear customer, " * 100)
    with pytest.raises(CustomerError, match=name):
        stored(tmp_path)
    assert (tmp_path / name).read_text().startswith("Dear customer")


def test_an_entry_of_a_newer_program_is_read_without_what_it_adds() -> None:
    data = json.loads(json.dumps({**JEANNE.to_json(), "fax": "0"}))
    assert Person.from_json(data) == JEANNE
