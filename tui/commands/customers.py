"""`etabli customers add · change · show · find · export · erase`: people, kept apart from the record."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.customers import Alike, Customer, Customers, Person
from bench.dates import read_day
from bench.errors import EtabliError, UsageError
from bench.events import EventKind
from bench.language import N_, _, msg
from bench.order import Contact
from tui import lines, proof
from tui.folder import Folder
from tui.workshop import Workshop

_FIELDS = {
    "name": N_("Name"),
    "phone": N_("Telephone"),
    "mail": N_("E-mail address"),
    "address": N_("Address"),
    "contact": N_("Means of contact (phone, mail, letter, in-person)"),
    "consents": N_("Consents, separated by commas"),
}
_BY = {"name": N_("name"), "phone": N_("telephone"), "mail": N_("e-mail address")}


def run(arguments: Namespace) -> int:
    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by)
        workshop.desk.authenticate(operator, proof.ask_or_take(workshop.desk, operator))
        with workshop.folder.customer_store() as store:
            customers = Customers(store, workshop.journal, operator)
            match arguments.act:
                case "add":
                    _add(customers, arguments.anyway)
                case "change":
                    customers.change(arguments.number, _changed)
                    print(arguments.number)
                case "show":
                    _print(customers.show(arguments.number))
                case "find":
                    _find(customers, arguments)
                case "export":
                    _export(customers, workshop, arguments)
                case _:
                    _erase(customers, arguments)
    return 0


def _add(customers: Customers, anyway: bool) -> None:
    person = _changed(Person("")).check()
    alike = customers.alike(person)
    if alike and not anyway:
        raise UsageError(
            msg("This may be somebody who is here already: {found}.", found=_alike(alike)),
            remedy=msg("Use that number; --anyway files another entry and asks for a merge."),
        )
    [customer] = customers.add([person])
    customers.ask_merge(customer.number, alike)
    print(customer.number)


def _alike(found: Sequence[Alike]) -> str:
    return "; ".join(f"{each.customer.number} ({', '.join(_(_BY[by]) for by in each.by)})" for each in found)


def _changed(person: Person) -> Person:
    """Return the person with what the terminal or the standard input says; what they do not say stays."""
    given = _asked(person) if sys.stdin.isatty() else _read()
    unknown = sorted(set(given) - set(_FIELDS))
    if unknown:
        raise UsageError(
            msg("A customer has no field “{name}”.", name=unknown[0]),
            remedy=msg("Fields: {known}.", known=", ".join(_FIELDS)),
        )
    contact, consents = given.pop("contact", None), given.pop("consents", None)
    if any(not isinstance(value, str) for value in given.values()):
        raise UsageError(msg("The fields of a customer are text."))
    person = replace(person, **given)
    if contact is not None:
        person = replace(person, contact=_contact(contact))
    if consents is not None:
        said = consents.split(",") if isinstance(consents, str) else consents
        if not isinstance(said, list) or any(not isinstance(each, str) for each in said):
            raise UsageError(msg("Consents are a list of words."))
        person = replace(person, consents=tuple(each.strip() for each in said if each.strip()))
    return person


def _contact(word: Any) -> Contact | None:
    if word in ("", None):
        return None
    if word not in set(Contact):
        raise UsageError(
            msg("“{word}” is no means of contact.", word=str(word)),
            remedy=msg("Known: {known}.", known=", ".join(each.value for each in Contact)),
        )
    return Contact(word)


def _asked(person: Person) -> dict[str, Any]:
    """Ask field by field; Enter keeps what is there, a dash empties it."""
    given: dict[str, Any] = {}
    now = person.to_json()
    for name, question in _FIELDS.items():
        there = ", ".join(now[name]) if isinstance(now[name], list) else now[name]
        print(f"{_(question)}{f' [{there}]' if there else ''}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise UsageError(msg("The questions were not answered to the end: nothing was filed."))
        if line.strip():
            given[name] = "" if line.strip() == "-" else line.strip()
    return given


def _read() -> dict[str, Any]:
    try:
        given = json.loads(sys.stdin.read())
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise UsageError(
            msg("The standard input holds no JSON object with a customer's fields."),
            remedy=msg("Fields: {known}.", known=", ".join(_FIELDS)),
        )
    return given


def _print(customer: Customer) -> None:
    person = customer.person
    facts = [
        (_("name"), person.name),
        (_("telephone"), person.phone),
        (_("e-mail address"), person.mail),
        (_("address"), person.address),
        (_("means of contact"), str(person.contact) if person.contact else ""),
        (_("consents"), ", ".join(person.consents)),
        (_("last contact"), customer.last_contact.isoformat()),
    ]
    print(customer.number)
    for name, value in facts:
        print(f"  {lines.padded(name, 18)}  {value or '—'}")


def _find(customers: Customers, arguments: Namespace) -> None:
    if arguments.silent_since:
        silent = customers.silent_since(read_day(arguments.silent_since))
        print(lines.table([_("number"), _("last contact")], [[number, day.isoformat()] for number, day in silent]))
        return
    words = " ".join(arguments.words)
    if not words:
        print(f"{_('Name')}: ", end="", file=sys.stderr, flush=True)
        words = sys.stdin.readline().strip()
    if not words:
        raise UsageError(msg("Whom to find is not said."), remedy=msg("Give a word of the name."))
    found = customers.find(words)
    rows = [[each.number, each.person.name, each.person.phone, each.last_contact.isoformat()] for each in found]
    print(lines.table([_("number"), _("name"), _("telephone"), _("last contact")], rows))


def _export(customers: Customers, workshop: Workshop, arguments: Namespace) -> None:
    customer = customers.export(arguments.number)
    # Named when the order was opened, or in an answer at the counter.
    naming = workshop.journal.events(kinds=[EventKind.ORDER_OPENED, EventKind.STEP_ANSWERED, EventKind.CORRECTED])
    of_them = (e.order for e in naming if (e.payload.get("order") or {}).get("customer") == customer.number)
    data = {
        "number": customer.number,
        **customer.person.to_json(),
        "last_contact": customer.last_contact.isoformat(),
        "orders": list(dict.fromkeys(of_them)),
    }
    written = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    if not arguments.output:
        sys.stdout.write(written)
        return
    path = Path(arguments.output)
    try:
        # Its owner's only, and never over another file.
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write(written)
    except OSError as error:
        raise EtabliError(
            msg("{path} cannot be written.", path=str(path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Name another file."),
        ) from None
    print(path)


def _erase(customers: Customers, arguments: Namespace) -> None:
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise UsageError(
                msg("Erasing cannot be undone, and nobody is here to confirm it."), remedy=msg("Add --yes.")
            )
        question = _("Erase {number} for good? Type the number: ").format(number=arguments.number)
        print(question, end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip() != arguments.number:
            raise UsageError(msg("Nobody was erased."))
    customers.erase(arguments.number)
    print(arguments.number)
