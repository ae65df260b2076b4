"""The customers' file: each entry sealed under its own key, found in memory only, forgotten by destroying the key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import count, islice
from pathlib import Path

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, Text, func, select, update

from bench.customers.keys import KeyRing, seal, unseal, unsealed
from bench.customers.person import Person
from bench.customers.sqlite import CustomerError, opened, transaction
from bench.errors import UsageError
from bench.language import msg

_APPLICATION = 0x45744331
_TABLES = MetaData()
_CUSTOMER = Table(
    "customer",
    _TABLES,
    Column("number", Text, primary_key=True),
    Column("sealed", LargeBinary),
    Column("opened", Text, nullable=False),
    Column("last_contact", Text, nullable=False),
    Column("erased", Text),
)
Today = Callable[[], date]


@dataclass(frozen=True)
class Customer:
    """A customer as kept: the number that the record knows, the person, the day of the last contact.

    `seal` is the SHA-256 of the sealed entry: what the record may hold of it, since it says nothing without the key.
    """

    number: str
    person: Person
    last_contact: date
    seal: str


@dataclass(frozen=True)
class Alike:
    """Somebody who may be the same person, and by which fields ("name", "phone", "mail")."""

    customer: Customer
    by: tuple[str, ...]


class CustomerStore:
    """The customers of a workshop: `path` holds the entries, `keys` their keys. Raises CustomerError throughout."""

    def __init__(self, path: Path, keys: Path, today: Today = date.today) -> None:
        self.path = path
        self._today = today
        self._keys = KeyRing(keys)
        try:
            self._engine = opened(path, _TABLES, _APPLICATION)
            self._finish_erasures()
        except BaseException:
            self._keys.close()
            raise

    def close(self) -> None:
        self._engine.dispose()
        self._keys.close()

    def __enter__(self) -> CustomerStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, people: Sequence[Person], taken: Callable[[str], bool] = lambda number: False) -> list[Customer]:
        """File people under the next numbers, all or none. Raises UsageError for a person without a name.

        `taken` knows numbers that the record refers to though this file may not (it was restored from an old copy).
        """
        checked = [person.check() for person in people]
        today = self._today()
        with self._open() as connection:
            last = connection.execute(select(func.max(_CUSTOMER.c.number))).scalar() or "C-000000"
            after = (f"C-{n:06}" for n in count(int(last.removeprefix("C-")) + 1))
            numbers = list(islice((number for number in after if not taken(number)), len(checked)))
            keys = self._keys.make(numbers)
            customers, rows = [], []
            for number, person in zip(numbers, checked, strict=True):
                sealed = _sealed(keys[number], person)
                customers.append(Customer(number, person, today, hashlib.sha256(sealed).hexdigest()))
                rows.append({"number": number, "sealed": sealed, "opened": str(today), "last_contact": str(today)})
            if rows:
                connection.execute(_CUSTOMER.insert(), rows)
        return customers

    def get(self, number: str) -> Customer:
        """Return a customer. Raises UsageError for an unknown or forgotten one, CustomerError without its key."""
        with self._open() as connection:
            row = connection.execute(select(_CUSTOMER).where(_CUSTOMER.c.number == number)).first()
        if row is None:
            raise UsageError(
                msg("There is no customer {number}.", number=number),
                remedy=msg("“etabli customers find” finds them by name."),
            )
        if row.erased is not None:
            raise UsageError(msg("The customer {number} was erased on {date}.", number=number, date=row.erased))
        key = self._keys.get(number)
        data = unseal(key, row.sealed) if key else None
        if data is None:
            raise CustomerError(
                msg("The entry of the customer {number} cannot be opened.", number=number),
                msg("Its key is not in {file}.", file=self._keys.path.name),
                msg("Restore that file from its last copy; where the customer was erased, that is as it should be."),
            )
        return _customer(number, data, row.last_contact, row.sealed)

    def change(self, number: str, person: Person) -> Customer:
        """Put another entry in the place of the earlier one, which is overwritten. Raises as `get` does."""
        self.get(number)
        checked, key, today = person.check(), self._keys.get(number), self._today()
        assert key is not None
        sealed = _sealed(key, checked)
        with self._open() as connection:
            at = _CUSTOMER.c.number == number
            connection.execute(update(_CUSTOMER).where(at).values(sealed=sealed, last_contact=str(today)))
        return Customer(number, checked, today, hashlib.sha256(sealed).hexdigest())

    def contacted(self, number: str) -> None:
        """Note that the workshop and the customer were in contact today."""
        with self._open() as connection:
            at = _CUSTOMER.c.number == number
            connection.execute(update(_CUSTOMER).where(at).values(last_contact=str(self._today())))

    def all(self) -> list[Customer]:
        """Return every customer whose entry can be opened, by number."""
        with self._open() as connection:
            query = select(_CUSTOMER).where(_CUSTOMER.c.erased.is_(None)).order_by(_CUSTOMER.c.number)
            rows = connection.execute(query).all()
        opened_entries = unsealed(self._keys.all(), {row.number: row.sealed for row in rows})
        return [
            _customer(row.number, opened_entries[row.number], row.last_contact, row.sealed)
            for row in rows
            if row.number in opened_entries
        ]

    def find(self, words: str) -> list[Customer]:
        """Return the customers whose name holds every word, without regard to accents and capitals."""
        return [customer for customer in self.all() if customer.person.named(words)]

    def alike(self, person: Person) -> list[Alike]:
        """Return who may already be this person."""
        return [Alike(customer, by) for customer in self.all() if (by := person.alike(customer.person))]

    def silent_since(self, day: date) -> list[tuple[str, date]]:
        """Return numbers and last contact of those who were last in contact before `day`, oldest first."""
        query = select(_CUSTOMER.c.number, _CUSTOMER.c.last_contact).where(_CUSTOMER.c.erased.is_(None))
        with self._open() as connection:
            rows = connection.execute(query.where(_CUSTOMER.c.last_contact < str(day))).all()
        return sorted(((n, date.fromisoformat(last)) for n, last in rows), key=lambda row: (row[1], row[0]))

    def erase(self, numbers: Iterable[str]) -> None:
        """Forget people for good: entries overwritten, keys destroyed, the numbers stay taken.

        Erasing again does nothing. An erasure that was cut off is finished when the file is opened next.
        """
        gone = list(numbers)
        with self._open() as connection:
            for number in gone:
                at = (_CUSTOMER.c.number == number) & _CUSTOMER.c.erased.is_(None)
                connection.execute(update(_CUSTOMER).where(at).values(sealed=None, erased=str(self._today())))
        self._keys.destroy(gone)

    def withdraw(self, customers: Sequence[Customer]) -> None:
        """Take back a filing that nothing refers to yet: entries and keys are gone as if they had never been."""
        with self._open() as connection:
            for customer in customers:
                connection.execute(_CUSTOMER.delete().where(_CUSTOMER.c.number == customer.number))
        self._keys.destroy(customer.number for customer in customers)

    def _finish_erasures(self) -> None:
        with self._open() as connection:
            query = select(_CUSTOMER.c.number).where(_CUSTOMER.c.erased.is_not(None))
            erased = set(connection.execute(query).scalars())
        self._keys.destroy(erased & self._keys.all().keys())

    def _open(self) -> AbstractContextManager[Connection]:
        return transaction(self._engine, self.path)


def _sealed(key: bytes, person: Person) -> bytes:
    return seal(key, json.dumps(person.to_json(), ensure_ascii=False).encode("utf-8"))


def _customer(number: str, data: bytes, last_contact: str, sealed: bytes) -> Customer:
    person = Person.from_json(json.loads(data))
    return Customer(number, person, date.fromisoformat(last_contact), hashlib.sha256(sealed).hexdigest())
