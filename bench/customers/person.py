"""What the workshop knows of a customer, and when two entries may be one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bench.errors import UsageError
from bench.language import msg
from bench.order import Contact

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LONGEST = 400


@dataclass(frozen=True)
class Person:
    """The personal data of a customer: who, and how to reach them. There is no field for notes, on purpose.

    `consents` is what they agreed to, in their words' sense ("photos", "reminders").
    """

    name: str
    phone: str = ""
    mail: str = ""
    address: str = ""
    contact: Contact | None = None
    consents: tuple[str, ...] = ()

    def check(self) -> Person:
        """Return the person with tidy blanks. Raises UsageError for a missing name and an impossible mail or phone."""
        name, phone, mail, address = (
            " ".join(each.split()) for each in (self.name, self.phone, self.mail, self.address)
        )
        person = replace(self, name=name, phone=phone, mail=mail, address=address)
        if not person.name:
            raise UsageError(msg("A customer needs a name."))
        if person.mail and not _MAIL.fullmatch(person.mail):
            raise UsageError(msg("“{mail}” is not an e-mail address.", mail=person.mail))
        if person.phone and len(_digits(person.phone)) < 6:
            raise UsageError(msg("“{phone}” is not a telephone number.", phone=person.phone))
        if max(len(name), len(phone), len(mail), len(address)) > _LONGEST:
            raise UsageError(msg("A field of a customer holds at most {most} signs.", most=_LONGEST))
        return person

    def named(self, words: str) -> bool:
        """Tell whether every word is in the name, without regard to accents and capitals."""
        name = _name(self.name)
        return all(word in name for word in _name(words).split())

    def marks(self) -> dict[str, str]:
        """Return name, phone and mail as they compare: without accents, order of names, dialling codes."""
        return {
            "name": " ".join(sorted(_name(self.name).split())),
            "phone": _digits(self.phone)[-8:],
            "mail": self.mail.casefold(),
        }

    def alike(self, other: Person) -> tuple[str, ...]:
        """Return the fields by which both may be the same person: () where nothing speaks for it."""
        mine, theirs = self.marks(), other.marks()
        return tuple(field for field, mark in mine.items() if mark and mark == theirs[field])

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "phone": self.phone,
            "mail": self.mail,
            "address": self.address,
            "contact": self.contact.value if self.contact else "",
            "consents": list(self.consents),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Person:
        known = {each.name: data[each.name] for each in fields(cls) if each.name in data}
        contact = known.pop("contact", "")
        consents = tuple(known.pop("consents", ()))
        return cls(**known, contact=Contact(contact) if contact else None, consents=consents)


def plain(words: str) -> str:
    """Return words without accents, capitals and signs: "Éléonore D’Arc" and "eleonore d arc" are one."""
    taken_apart = unicodedata.normalize("NFKD", words.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = (" " if not (sign.isalnum() or unicodedata.combining(sign)) else sign for sign in taken_apart)
    return " ".join("".join(sign for sign in letters if not unicodedata.combining(sign)).split())


def _name(words: str) -> str:
    """Return a name as names compare: an apostrophe joins, "d’Arcy" is "darcy"."""
    return plain(words.replace("’", "").replace("'", ""))


def _digits(phone: str) -> str:
    return "".join(sign for sign in phone if sign in "0123456789")
