"""The journal's tables as SQLAlchemy Core knows them, and how rows become what they hold.

The migrations create them (bench/journal/migrations); a test holds both equal.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from bench.events import Event, EventKind
from bench.journal.rows import OrderRow
from bench.language import Text as Words

# The newest migration; a test holds it equal to the head of bench/journal/migrations/versions.
HEAD = "0001"

metadata = MetaData()

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("order_number", Text),
    Column("operator", Text),
    Column("at", Text, nullable=False),
    Column("monotonic_ns", Integer, nullable=False),
    Column("boot", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("event_by_order", "order_number", "seq"),
)

# What another place has not received yet: written in the event's own transaction.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("event", Text, nullable=False),
)

repair_order = Table(
    "repair_order",
    metadata,
    Column("number", Text, primary_key=True),
    Column("watch", Text, nullable=False),
    Column("calibre", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("procedure_fr", Text, nullable=False),
    Column("procedure_en", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("step_fr", Text),
    Column("step_en", Text),
    Column("promised", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("flags", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Where the judged measurements are and what they are looked for by; what they say stands in the event itself.
measurement = Table(
    "measurement",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("at_utc", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    sqlite_with_rowid=False,
)


@lru_cache(maxsize=8)
def utc(at: str) -> str:
    """Return an ISO time as UTC text that sorts as time does."""
    return moment(datetime.fromisoformat(at))


def moment(at: datetime) -> str:
    """Return an aware time as UTC text that sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


_ORDER_PLAIN = tuple(field.name for field in fields(OrderRow) if not field.name.endswith("_title"))
_ORDER_VALUES = attrgetter(*_ORDER_PLAIN)


def order_to_columns(row: OrderRow) -> dict[str, Any]:
    columns = dict(zip(_ORDER_PLAIN, _ORDER_VALUES(row), strict=True))
    columns["flags"] = " ".join(row.flags)
    columns["procedure_fr"], columns["procedure_en"] = row.procedure_title.fr, row.procedure_title.en
    step = row.step_title
    columns["step_fr"], columns["step_en"] = (step.fr, step.en) if step else (None, None)
    return columns


def order_from_columns(columns: dict[str, Any]) -> OrderRow:
    procedure = Words(columns.pop("procedure_fr"), columns.pop("procedure_en"))
    step = _words(columns.pop("step_fr"), columns.pop("step_en"))
    flags = tuple(columns.pop("flags").split())
    return OrderRow(**columns, procedure_title=procedure, step_title=step, flags=flags)


def log_columns(event: Event) -> list[tuple[Any, ...]]:
    """Return the rows of the measurement table that follow from an event, in the table's order of columns."""
    if event.kind is not EventKind.MEASURED:
        return []
    at, order, operator = utc(event.at), event.order or "", event.operator or ""
    rows = []
    for position, judged in enumerate(event.payload["judged"]):
        m = judged["measurement"]
        state, instrument = judged["verdict"]["state"], m["instrument"]["id"]
        rows.append((event.seq, position, at, order, m["quantity"], state, instrument, operator, m["provenance"]))
    return rows


def _words(fr: str | None, en: str | None) -> Words | None:
    return None if fr is None or en is None else Words(fr, en)
