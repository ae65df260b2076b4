"""A repair order as a TOML file: what `etabli orders new` and the demonstration read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from bench import datafile
from bench.order import Contact, Family, Quote, RepairOrder, Watch


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class WatchEntry(_Entry):
    """The watch as received; `calibre` and `case` are profiles (`etabli profiles list`)."""

    brand: str = Field(min_length=1)
    model: str = ""
    reference: str = ""
    case_number: str = ""
    movement_number: str = ""
    family: Family
    calibre: str = ""
    grade: str = ""
    case: str = ""
    water_resistance: str = ""
    glass: Literal["", "small", "medium", "large"] = ""
    materials: str = ""
    size: str = ""
    complications: str = ""


class QuoteEntry(_Entry):
    """What the customer agreed to."""

    reference: str = Field(min_length=1)
    how: str = Field(min_length=1)
    signed_at: str = ""
    operations: tuple[str, ...] = ()
    ceiling: NonNegativeFloat | None = None
    minutes: NonNegativeInt | None = None
    supplementary: bool = False
    version: PositiveInt = 1


class OrderEntry(_Entry):
    """One repair order; what it lacks is asked for before the first step (G-02).

    Without a number it gets the workshop's next one; `custom` is the counter software's own reference.
    """

    number: str = ""
    customer: str = ""
    procedure: str = Field(min_length=1)
    declared: str = ""
    request: str = ""
    received: date | str = ""
    promised: date | str = ""
    accessories: str = ""
    expectation: str = ""
    warranty: date | Literal[""] = ""
    declared_value: str = ""
    complaint_of: str = ""
    origin: str = ""
    contact: Contact | Literal[""] = ""
    custom: str = ""
    watch: WatchEntry
    quote: QuoteEntry | None = None
    notes: dict[str, str | int | float | bool] = Field(default_factory=dict)

    def order(self) -> RepairOrder:
        return RepairOrder(
            number=self.number,
            customer=self.customer,
            watch=Watch(**self.watch.model_dump()),
            procedure=self.procedure,
            declared=self.declared,
            request=self.request,
            received=str(self.received),
            promised=str(self.promised),
            accessories=self.accessories,
            quote=Quote(**self.quote.model_dump()) if self.quote else None,
            notes=self.notes,
            expectation=self.expectation,
            warranty=str(self.warranty),
            declared_value=self.declared_value,
            complaint_of=self.complaint_of,
            origin=self.origin,
            contact=self.contact or None,
            custom=self.custom,
        )


class OrdersFile(_Entry):
    """Several orders in one file."""

    order: tuple[OrderEntry, ...]


def load(path: Path) -> RepairOrder:
    """Read one order. Raises DataFileError naming the file, the line or key, and the reason."""
    return datafile.load(path, OrderEntry).order()


def load_all(path: Path) -> list[RepairOrder]:
    """Read a file of [[order]] tables. Raises DataFileError."""
    return [entry.order() for entry in datafile.load(path, OrdersFile).order]
