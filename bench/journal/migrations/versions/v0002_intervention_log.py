"""The intervention log of every kind, orders as they are searched for, events by kind; the store fills what follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_RARE = "kind NOT IN ('step-started', 'step-answered', 'step-done', 'measured', 'handled')"


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _integer(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _amount(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Float) for name in names]


def upgrade() -> None:
    op.create_index("event_by_kind", "event", ["kind", "seq"], sqlite_where=sa.text(_RARE))
    op.create_index("event_by_operator", "event", ["kind", "operator", "seq"], sqlite_where=sa.text(_RARE))
    op.drop_table("measurement")
    op.drop_table("repair_order")
    op.create_table(
        "repair_order",
        sa.Column("number", sa.Text, primary_key=True),
        *_text("watch", "calibre", "procedure", "procedure_fr", "procedure_en", "status", "step"),
        *_maybe("step_fr", "step_en"),
        *_text("promised", "opened_at"),
        *_integer("last_seq"),
        *_text("last_at", "flags", "brand", "model", "reference", "case_number", "customer", "calibre_id"),
        *_text("alerts", "due", "search"),
        sqlite_with_rowid=False,
    )
    by_due, by_end = ["status", "due", "number", "search"], ["status", "last_seq", "number", "search"]
    op.create_index("order_due", "repair_order", by_due, sqlite_where=sa.text("status = 'open'"))
    op.create_index("order_ended", "repair_order", by_end, sqlite_where=sa.text("status = 'closed'"))
    op.create_index("order_waiting", "repair_order", ["number"], sqlite_where=sa.text("alerts != '[]'"))
    op.create_table(
        "log",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        *_integer("seq", "position"),
        *_text("kind", "at", "order", "watch", "calibre", "procedure", "operator", "step"),
        *_integer("visit", "attempt"),
        *_text("phase", "quantity", "label"),
        *_amount("value"),
        *_text("unit"),
        *_amount("expanded"),
        *_text("state"),
        *_amount("limit_low", "limit_high"),
        *_text("limit_source", "limit_mark", "rule", "refusal", "alert", "instrument", "model", "serial"),
        *_text("provenance", "tag_fr", "tag_en", "measurement", "recording", "text", "at_utc"),
    )
    op.create_table(
        "log_part",
        sa.Column("start", sa.Integer, primary_key=True, autoincrement=False),
        *_integer("size"),
    )
    op.create_table(
        "log_time",
        sa.Column("start", sa.Integer, primary_key=True, autoincrement=False),
        *_text("first_utc", "last_utc"),
    )
    op.create_table(
        "log_index",
        sa.Column("facet", sa.Text, primary_key=True),
        sa.Column("start", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
