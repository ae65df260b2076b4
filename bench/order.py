"""The repair order: the watch, what is asked, what was agreed. Customers are referred to by number only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bench.language import N_, _


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


@dataclass(frozen=True)
class Watch:
    """The watch as received. `calibre` and `case` are profile ids; "" where unknown.

    `water_resistance` is the text as engraved ("30 m", "10 ATM"): a rating, never a pressure. `glass` is the class of
    its diameter ("small", "medium", "large"), which the free volume goes by; "" where it was not noted.
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


@dataclass(frozen=True)
class Quote:
    """What the customer agreed to: signed quote, or the accepted price of a quick service."""

    reference: str
    how: str
    signed_at: str


@dataclass(frozen=True)
class RepairOrder:
    """The mother document of a job. `promised` is an ISO date. `procedure` is a procedure id."""

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

    def missing(self) -> tuple[str, ...]:
        """Return the fields without which the order cannot leave reception (G-02)."""
        needed = {
            N_("order number"): self.number,
            N_("customer reference"): self.customer,
            N_("brand"): self.watch.brand,
            N_("case number, or “illegible”"): self.watch.case_number,
            N_("what the customer says"): self.declared,
            N_("reformulated request"): self.request,
            N_("procedure"): self.procedure,
            N_("promised date"): self.promised,
        }
        return tuple(name for name, value in needed.items() if not value)

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
            "quote": dict(vars(self.quote)) if self.quote else None,
            "notes": dict(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RepairOrder:
        watch = dict(data["watch"])
        watch["family"] = Family(watch.get("family", Family.MECHANICAL.value))
        plain = {k: v for k, v in data.items() if k not in ("watch", "quote")}
        quote = data.get("quote")
        return cls(watch=Watch(**watch), quote=Quote(**quote) if quote else None, **plain)
