"""The repair order: the watch, what is asked, what was agreed. Customers are referred to by number only."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from bench.dates import iso_day, iso_moment
from bench.errors import UsageError
from bench.language import N_, _, msg


class Family(StrEnum):
    """What kind of movement a watch has."""

    MECHANICAL = "mechanical"
    AUTOMATIC = "automatic"
    QUARTZ = "quartz"
    AUTOQUARTZ = "autoquartz"

    def __str__(self) -> str:
        return _(_FAMILIES[self])


_FAMILIES = {
    Family.MECHANICAL: N_("mechanical"),
    Family.AUTOMATIC: N_("automatic"),
    Family.QUARTZ: N_("quartz"),
    Family.AUTOQUARTZ: N_("autoquartz"),
}


class Contact(StrEnum):
    """How the customer wants to be reached. Only that is kept: never why (C.1.1-b)."""

    PHONE = "phone"
    MAIL = "mail"
    LETTER = "letter"
    IN_PERSON = "in-person"

    def __str__(self) -> str:
        return _(_CONTACTS[self])


_CONTACTS = {
    Contact.PHONE: N_("by phone"),
    Contact.MAIL: N_("by e-mail"),
    Contact.LETTER: N_("by letter"),
    Contact.IN_PERSON: N_("in person"),
}


class QuoteStatus(StrEnum):
    """How far pre-quote and quote have come."""

    NONE = "none"
    PRE_QUOTED = "pre-quoted"
    VALIDATED = "validated"
    SENT = "sent"
    SIGNED = "signed"
    REFUSED = "refused"

    def __str__(self) -> str:
        return _(_QUOTE_STATES[self])


_QUOTE_STATES = {
    QuoteStatus.NONE: N_("no quote"),
    QuoteStatus.PRE_QUOTED: N_("pre-quoted"),
    QuoteStatus.VALIDATED: N_("validated by the manager"),
    QuoteStatus.SENT: N_("sent to the customer"),
    QuoteStatus.SIGNED: N_("signed by the customer"),
    QuoteStatus.REFUSED: N_("refused by the customer"),
}

ILLEGIBLE = "illegible"
_ILLEGIBLE = {ILLEGIBLE, "illisible"}


def is_illegible(number: str) -> bool:
    """Tell whether a number was entered as one that cannot be read, in either language."""
    return number.strip().strip('“”«»" ').casefold() in _ILLEGIBLE


@dataclass(frozen=True)
class Watch:
    """The watch as received. `calibre` and `case` are profile ids; "" where unknown.

    `water_resistance` is the text as engraved ("30 m", "10 ATM"): a rating, never a pressure. `glass` is the class of
    its diameter ("small", "medium", "large"), which the free volume goes by; "" where it was not noted. `materials`
    says how it looks ("yellow metal"), never what it is. A number that cannot be read is "illegible" and needs a photo.
    """

    brand: str
    model: str
    reference: str = ""
    case_number: str = ""
    movement_number: str = ""
    family: Family = Family.MECHANICAL
    calibre: str = ""
    grade: str = ""
    case: str = ""
    water_resistance: str = ""
    glass: str = ""
    materials: str = ""
    size: str = ""
    complications: str = ""

    @property
    def promises_water_resistance(self) -> bool:
        """Whether something is engraved that promises water-resistance."""
        return self.water_resistance.strip().casefold() not in _NO_PROMISE


_NO_PROMISE = ("", "rien", "nothing", "none", "non étanche", "not water-resistant", "—", "-")


@dataclass(frozen=True)
class Quote:
    """What the customer agreed to: signed quote, or the accepted price of a quick service.

    `ceiling` is the amount not to be gone beyond (EUR), `minutes` the work planned, None where not stated. A
    supplementary quote comes on top of the first; each new form of it has the next `version`.
    """

    reference: str
    how: str
    signed_at: str
    operations: tuple[str, ...] = ()
    ceiling: float | None = None
    minutes: int | None = None
    supplementary: bool = False
    version: int = 1

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "operations": list(self.operations)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Quote:
        """Read a quote of any age: what an older record lacks has its default, what a newer one adds is left."""
        known = _known(cls, data)
        return cls(**{**known, "operations": tuple(known.get("operations", ()))})


@dataclass(frozen=True)
class RepairOrder:
    """The mother document of a job. `promised` and `warranty` (until when) are ISO dates; `procedure` is its id.

    `declared` is what the customer says, `request` what they want of us and `expectation` what they count on, both
    put in our words and confirmed. `complaint_of` is the number of the earlier order that is complained of, `origin`
    what its cause was found to be. `custom` is the counter software's own reference.
    """

    number: str
    customer: str
    watch: Watch
    procedure: str
    declared: str = ""
    request: str = ""
    received: str = ""
    promised: str = ""
    accessories: str = ""
    quote: Quote | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    expectation: str = ""
    warranty: str = ""
    declared_value: str = ""
    complaint_of: str = ""
    origin: str = ""
    contact: Contact | None = None
    custom: str = ""

    def missing(self, photos: Collection[str] = ()) -> tuple[str, ...]:
        """Return the fields without which the order cannot leave reception (G-02).

        `photos` are the kinds of photo that the order has: a number that is illegible needs one of its place.
        """
        watch = self.watch
        needed = {
            N_("order number"): bool(self.number),
            N_("customer reference"): bool(self.customer),
            N_("brand"): bool(watch.brand),
            N_("case number, or “illegible”"): bool(watch.case_number),
            N_("photo of the illegible case number"): not is_illegible(watch.case_number) or "case-number" in photos,
            N_("photo of the illegible movement number"): (
                not is_illegible(watch.movement_number) or "movement-number" in photos
            ),
            N_("what the customer says"): bool(self.declared),
            N_("reformulated request"): bool(self.request),
            N_("procedure"): bool(self.procedure),
            N_("promised date"): bool(self.promised),
        }
        return tuple(name for name, there in needed.items() if not there)

    def with_answers(self, values: Mapping[str, str]) -> RepairOrder:
        """Return the order with what is at these paths ("watch.case_number", "promised") changed to the values.

        Raises UsageError for a path that does not exist or that no answer may change (number, procedure, quote,
        notes), and for a value that its field cannot hold (family, contact, a date, a customer's name).
        """
        order: dict[str, Any] = {}
        watch: dict[str, Any] = {}
        for path, written in values.items():
            if path not in PATHS:
                raise UsageError(
                    msg("A repair order has no field “{path}” to fill in.", path=path),
                    remedy=msg("Fields: {known}.", known=", ".join(PATHS)),
                )
            value = _value(path, written.strip())
            place, name = (watch, path.removeprefix("watch.")) if path.startswith("watch.") else (order, path)
            place[name] = value
        return replace(self, **order, watch=replace(self.watch, **watch))

    def to_json(self) -> dict[str, Any]:
        watch = {name: str(getattr(self.watch, name)) for name in Watch.__dataclass_fields__}
        watch["family"] = self.watch.family.value
        return {
            "number": self.number,
            "customer": self.customer,
            "watch": watch,
            "procedure": self.procedure,
            "declared": self.declared,
            "request": self.request,
            "received": self.received,
            "promised": self.promised,
            "accessories": self.accessories,
            "quote": self.quote.to_json() if self.quote else None,
            "notes": dict(self.notes),
            "expectation": self.expectation,
            "warranty": self.warranty,
            "declared_value": self.declared_value,
            "complaint_of": self.complaint_of,
            "origin": self.origin,
            "contact": self.contact.value if self.contact else "",
            "custom": self.custom,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RepairOrder:
        """Read an order of any age: what an older record lacks has its default, what a newer one adds is left."""
        plain = {name: value for name, value in _known(cls, data).items() if name not in ("watch", "quote", "contact")}
        watch = _known(Watch, data["watch"])
        watch["family"] = Family(watch.get("family", Family.MECHANICAL.value))
        quote, contact = data.get("quote"), data.get("contact")
        return cls(
            **plain,
            watch=Watch(**watch),
            quote=Quote.from_json(quote) if quote else None,
            contact=Contact(contact) if contact else None,
        )


def _known(model: type, data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(model)}
    return {name: value for name, value in data.items() if name in names}


_KEPT = ("number", "watch", "procedure", "quote", "notes")
# What the forms at the counter, an order's file and an import may fill in, by dotted path.
PATHS = (
    *(each.name for each in fields(RepairOrder) if each.name not in _KEPT),
    *(f"watch.{each.name}" for each in fields(Watch)),
)
GLASSES = ("small", "medium", "large")


def _value(path: str, written: str) -> Any:
    """Return what the field at `path` keeps for what was written. Raises UsageError."""
    match path:
        case "promised" | "warranty":
            return iso_day(written)
        case "received":
            return iso_moment(written)
        case "customer":
            return customer_reference(written)
        case "contact":
            return Contact(_one_of(path, written, [each.value for each in Contact])) if written else None
        case "watch.family":
            return Family(_one_of(path, written, [each.value for each in Family]))
        case "watch.glass":
            return _one_of(path, written, GLASSES) if written else ""
        case "watch.case_number" | "watch.movement_number" if is_illegible(written):
            return ILLEGIBLE
    return written


# The French words for them, as they are typed; the record keeps the English ones.
_FRENCH = {
    "mécanique": "mechanical",
    "mecanique": "mechanical",
    "automatique": "automatic",
    "téléphone": "phone",
    "telephone": "phone",
    "courriel": "mail",
    "courrier": "letter",
    "lettre": "letter",
    "en personne": "in-person",
    "petit": "small",
    "moyen": "medium",
    "grand": "large",
}


def _one_of(path: str, written: str, words: Collection[str]) -> str:
    word = _FRENCH.get(written.casefold(), written.casefold())
    if word in words:
        return word
    raise UsageError(
        msg("“{written}” is no value for “{path}”.", written=written, path=path),
        remedy=msg("Known: {known}.", known=", ".join(words)),
    )


_REFERENCE = re.compile(r"(?=.*[0-9])[\w.#/-]{1,40}")
_TELEPHONE = re.compile(r"(00|0)[0-9./-]{8,}")


def customer_reference(written: str) -> str:
    """Return a customer's reference, "" for "".

    Raises UsageError for what is a person's name, telephone number or address rather than a number: the record
    cannot forget, so no person stands in it (R-17).
    """
    if not written or (_REFERENCE.fullmatch(written) and not _TELEPHONE.fullmatch(written)):
        return written
    raise UsageError(
        msg("The customer is named by a number in the record, such as C-000123."),
        msg("What is written there can never be erased again."),
        msg("Enter the person with “etabli customers add”, and give the number here."),
    )
