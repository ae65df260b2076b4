"""What people do with the customers' file: every look and every change leaves a trace, and the trace names nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date

from bench.customers.person import Person, plain
from bench.customers.sqlite import CustomerError
from bench.customers.store import Alike, Customer, CustomerStore
from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, EventKind
from bench.journal import Journal
from bench.language import msg
from bench.people import Operator, Role

# In the order's place stand these, so that what concerns a customer is found without reading the whole record.
ERASURES = "register/erasures"


def shelf(number: str) -> str:
    """Return what stands in the order's place for what was done with one customer's entry."""
    return f"customer/{number}"


class Customers:
    """The customers' file in an operator's hands. Raises Refused unless they work at reception or manage."""

    def __init__(self, store: CustomerStore, journal: Journal, operator: Operator) -> None:
        if not (operator.may_act_as(Role.RECEPTION) or operator.may_act_as(Role.MANAGER)):
            raise Refused(
                Refusal(
                    "customer-file",
                    msg("{name} may not read the customers' file.", name=operator.name),
                    msg("The order's number and the customer's number are enough at the bench."),
                    msg("reception, or the workshop manager"),
                )
            )
        self._store = store
        self._journal = journal
        self._operator = operator
        # A copy of the file from before an erasure must not bring anybody back.
        store.erase(event.payload["customer"] for event in journal.events(order=ERASURES))

    def add(self, people: Sequence[Person]) -> list[Customer]:
        """File people under new numbers; where the record cannot take it, nobody is filed."""
        with self._filed(people) as customers:
            self._journal.append([self._filing(customer) for customer in customers])
        return customers

    @contextmanager
    def filing(self, people: Sequence[Person]) -> Iterator[tuple[list[str], list[Draft]]]:
        """Give the customer numbers of people, filing those who are new, and the events that the block must journal.

        Somebody is known whose name and either telephone, e-mail address or address are those of an entry, or of
        another of these people. Where the block fails, nobody was filed.
        """
        known: dict[tuple[str, str], str | int] = {
            mark: each.number for each in self._store.all() for mark in _sure(each.person)
        }
        new: list[Person] = []
        places: list[str | int] = []
        for person in people:
            marks = _sure(person)
            place = next((known[mark] for mark in marks if mark in known), None)
            if place is None:
                place = len(new)
                new.append(person)
            known.update(dict.fromkeys(marks, place))
            places.append(place)
        with self._filed(new) as customers:
            numbers = [customers[place].number if isinstance(place, int) else place for place in places]
            yield numbers, [self._filing(customer) for customer in customers]

    def change(self, number: str, change: Callable[[Person], Person]) -> Customer:
        """Correct a customer's entry; the earlier one is overwritten."""
        customer = self._store.change(number, change(self._store.get(number).person))
        self._journal.append([self._filing(customer)])
        return customer

    def show(self, number: str) -> Customer:
        """Return a customer; the look is in the record before the entry is seen."""
        self._journal.append([self._viewed(number, "show")])
        return self._store.get(number)

    def export(self, number: str) -> Customer:
        """Return a customer whose data is to be handed out, to themselves or to another system."""
        self._journal.append([self._viewed(number, "export")])
        return self._store.get(number)

    def find(self, words: str) -> list[Customer]:
        """Return who is called so; each who is found was looked at."""
        found = self._store.find(words)
        self._journal.append([self._viewed(customer.number, "find") for customer in found])
        return found

    def alike(self, person: Person) -> list[Alike]:
        """Return who may already be this person; each of them was looked at."""
        found = self._store.alike(person)
        self._journal.append([self._viewed(each.customer.number, "alike") for each in found])
        return found

    def ask_merge(self, number: str, others: Iterable[Alike]) -> None:
        """Note that a new entry may be the same person as others, for somebody to look into."""
        self._journal.append(
            [
                Draft(
                    EventKind.CUSTOMER_ALIKE,
                    {**self._by(number), "other": each.customer.number, "by": list(each.by)},
                    shelf(number),
                    self._operator.id,
                )
                for each in others
            ]
        )

    def silent_since(self, day: date) -> list[tuple[str, date]]:
        """Return numbers and last contact of those last heard of before `day`: who may be due to be forgotten."""
        return self._store.silent_since(day)

    def erase(self, number: str) -> None:
        """Forget a customer for good. Raises Refused unless a manager does it, UsageError while an order is open."""
        if not self._operator.may_act_as(Role.MANAGER):
            raise Refused(
                Refusal(
                    "customer-erase",
                    msg("Only the workshop manager erases a customer."),
                    msg("Have the manager do it."),
                    msg("the workshop manager"),
                )
            )
        with suppress(CustomerError):  # an entry that cannot be opened can still be erased
            self._store.get(number)
        still_open = (row.number for row in self._journal.orders() if not row.closed)
        open_orders = [order for order in still_open if self._speaks_of(order, number)]
        if open_orders:
            raise UsageError(
                msg("The customer {number} has open orders: {orders}.", number=number, orders=", ".join(open_orders)),
                msg("The workshop could not give the watch back."),
                msg("Close them first."),
            )
        # The record first: should the power fail between, the erasure is done when the file is opened next.
        erasure = Draft(EventKind.CUSTOMER_ERASED, self._by(number), ERASURES, self._operator.id)
        self._journal.append([erasure])
        self._store.erase([number])

    def _speaks_of(self, order: str, customer: str) -> bool:
        """Tell whether an order is a customer's: named when it was opened, or in an answer since."""
        return any(customer in str(event.payload) for event in self._journal.events(order=order))

    def _known(self, number: str) -> bool:
        return next(self._journal.events(order=shelf(number)), None) is not None

    def _by(self, number: str) -> dict[str, str]:
        return {"customer": number, "operator": self._operator.id}

    @contextmanager
    def _filed(self, people: Sequence[Person]) -> Iterator[list[Customer]]:
        customers = self._store.add(people, self._known)
        try:
            yield customers
        except BaseException:
            self._store.withdraw(customers)
            raise

    def _filing(self, customer: Customer) -> Draft:
        payload = {**self._by(customer.number), "seal": customer.seal}
        return Draft(EventKind.CUSTOMER_FILED, payload, shelf(customer.number), self._operator.id)

    def _viewed(self, number: str, how: str) -> Draft:
        return Draft(EventKind.CUSTOMER_VIEWED, {**self._by(number), "how": how}, shelf(number), self._operator.id)


def _sure(person: Person) -> list[tuple[str, str]]:
    """Return what tells a person for sure: the name together with a telephone, an e-mail address or an address."""
    marks = person.marks()
    return [(marks["name"], by) for by in (marks["phone"], marks["mail"], plain(person.address)) if by]
