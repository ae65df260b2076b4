"""The rows that are read most: repair orders as they stand, and the log of measurements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bench.conformity import Limit, Mark, State
from bench.language import Text, number
from bench.quantities import QUANTITIES, Value, unit_text


@dataclass(frozen=True)
class OrderRow:
    """One repair order as its events left it. `step` is the current step's id, "" before the first and after the last.

    `status` is "open" or "closed"; `promised` an ISO date; times are ISO 8601 with offset. `flags` are words:
    no-quote, refused (the last attempt to go on was), interrupted (the last measurement was), nonconforming (the
    last judged step failed), alert (a blocking one was raised), simulated (holds simulated or replayed values).
    """

    number: str
    watch: str
    calibre: str
    procedure: str
    procedure_title: Text
    status: str
    step: str
    step_title: Text | None
    promised: str
    opened_at: str
    last_seq: int
    last_at: str
    flags: tuple[str, ...] = ()

    @property
    def closed(self) -> bool:
        return self.status == "closed"


@dataclass(frozen=True)
class LogRow:
    """One judged measurement. `expanded` is U (k = 2) in `unit`, None where unknown; `refusal` a rule's code or "".

    `tag` is what is printed beside the value ("before demagnetisation").
    """

    seq: int
    position: int
    order: str
    step: str
    visit: int
    attempt: int
    phase: str
    quantity: str
    label: str
    value: float
    unit: str
    expanded: float | None
    state: str
    limit_low: float | None
    limit_high: float | None
    limit_source: str
    limit_mark: str
    rule: str
    refusal: str
    instrument: str
    model: str
    serial: str
    provenance: str
    operator: str
    at: str
    tag: Text | None
    measurement: str
    recording: str

    @property
    def limit(self) -> Limit | None:
        if self.limit_low is None and self.limit_high is None:
            return None
        quantity = QUANTITIES[self.quantity]
        return Limit(quantity, self.limit_low, self.limit_high, self.limit_source, Mark(self.limit_mark))

    @property
    def verdict(self) -> State:
        return State(self.state)

    def show_value(self) -> str:
        """Write the value with its unit, as the language in force does."""
        return Value.of(self.quantity, self.value, self.unit).show()

    def show_expanded(self) -> str:
        """Write U with two significant digits and its unit, "" where it is unknown."""
        if self.expanded is None:
            return ""
        return f"±{number(float(f'{self.expanded:.2g}'))}\u00a0{unit_text(self.unit)}"


@dataclass(frozen=True)
class LogFilter:
    """Which rows of the log: every field narrows, None does not. `since` counts from, `until` up to (aware times)."""

    order: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    quantity: str | None = None
    state: str | None = None
    instrument: str | None = None
    operator: str | None = None
    provenance: str | None = None
