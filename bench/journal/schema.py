"""The journal's tables as SQLAlchemy Core knows them, and how rows become what they hold.

The migrations create them (bench/journal/migrations); a test holds both equal.
"""

from __future__ import annotations

import json
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, text

from bench.journal.blocks import folded
from bench.journal.canonical import canonical
from bench.journal.entries import LOG_COLUMNS
from bench.journal.rows import OpenAlert, OrderRow
from bench.language import Text as Words

# The newest migration; a test holds it equal to the head of bench/journal/migrations/versions.
HEAD = "0002"

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
    Column("brand", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("calibre_id", Text, nullable=False),
    Column("alerts", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("search", Text, nullable=False),
    sqlite_with_rowid=False,
)
# Each holds what the list of orders is sorted by, and all that it is searched for: neither reads the orders themselves.
Index(
    "order_due", "status", "due", "number", "search", _table=repair_order, sqlite_where=repair_order.c.status == "open"
)
Index(
    "order_ended",
    "status",
    "last_seq",
    "number",
    "search",
    _table=repair_order,
    sqlite_where=repair_order.c.status == "closed",
)
Index("order_waiting", "number", _table=repair_order, sqlite_where=repair_order.c.alerts != "[]")

_NUMBERS = {"n", "seq", "position", "visit", "attempt"}
_AMOUNTS = {"value", "expanded", "limit_low", "limit_high"}

# The intervention log. Nothing but its number is indexed here: a commit writes at its end only.
log = Table(
    "log",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    *(
        Column(
            name,
            Integer if name in _NUMBERS else Float if name in _AMOUNTS else Text,
            nullable=name in _AMOUNTS,
        )
        for name in LOG_COLUMNS[1:]
    ),
    Column("at_utc", Text, nullable=False),
)

# The parts of the log, which rows of each hold which value, and of when the rows of each block are.
log_part = Table(
    "log_part",
    metadata,
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
)
log_time = Table(
    "log_time",
    metadata,
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("first_utc", Text, nullable=False),
    Column("last_utc", Text, nullable=False),
)
log_index = Table(
    "log_index",
    metadata,
    Column("facet", Text, primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("value", Text, primary_key=True),
    Column("rows", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What most events are: not in the index of kinds, which is for those that are looked for in the whole journal.
COMMON = ("step-started", "step-answered", "step-done", "measured", "handled")
RARE = f"kind NOT IN ({', '.join(repr(kind) for kind in COMMON)})"
Index("event_by_kind", "kind", "seq", _table=event, sqlite_where=text(RARE))
Index("event_by_operator", "kind", "operator", "seq", _table=event, sqlite_where=text(RARE))


_ORDER_PLAIN = tuple(
    field.name for field in fields(OrderRow) if not field.name.endswith("_title") and field.name != "alerts"
)
_ORDER_VALUES = attrgetter(*_ORDER_PLAIN)


def order_to_columns(row: OrderRow) -> dict[str, Any]:
    columns = dict(zip(_ORDER_PLAIN, _ORDER_VALUES(row), strict=True))
    columns["flags"] = " ".join(row.flags)
    columns["procedure_fr"], columns["procedure_en"] = row.procedure_title.fr, row.procedure_title.en
    step = row.step_title
    columns["step_fr"], columns["step_en"] = (step.fr, step.en) if step else (None, None)
    columns["alerts"] = canonical([[alert.id, alert.kind, alert.blocking, alert.step] for alert in row.alerts])
    columns["due"] = row.promised or "9999"
    columns["search"] = folded(" ".join(word for word in row.words if word))
    return columns


# What changes at every step of an order; the rest seldom does, and with it the indexes.
VOLATILE = ("step", "step_fr", "step_en", "last_seq", "last_at", "flags")
_SELDOM = attrgetter(
    *(
        field.name
        for field in fields(OrderRow)
        if field.name not in ("step", "step_title", "last_seq", "last_at", "flags")
    )
)


def moved_on(before: OrderRow | None, after: OrderRow) -> tuple[Any, ...] | None:
    """Return the `VOLATILE` columns and the number, None where more than these has changed."""
    if before is None or before.closed or _SELDOM(before) != _SELDOM(after):
        return None
    fr, en = (after.step_title.fr, after.step_title.en) if after.step_title else (None, None)
    return (after.step, fr, en, after.last_seq, after.last_at, " ".join(after.flags), after.number)


def order_from_columns(columns: dict[str, Any]) -> OrderRow:
    procedure = Words(columns.pop("procedure_fr"), columns.pop("procedure_en"))
    step = _words(columns.pop("step_fr"), columns.pop("step_en"))
    flags = tuple(columns.pop("flags").split())
    alerts = tuple(OpenAlert(*alert) for alert in json.loads(columns.pop("alerts")))
    plain = {name: columns[name] for name in _ORDER_PLAIN if name != "flags"}
    return OrderRow(**plain, procedure_title=procedure, step_title=step, flags=flags, alerts=alerts)


def _words(fr: str | None, en: str | None) -> Words | None:
    return None if fr is None or en is None else Words(fr, en)
