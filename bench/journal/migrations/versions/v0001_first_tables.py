"""The first tables: events that only grow, the outbox, the two projections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _integer(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *_text("id", "station", "kind"),
        *_maybe("order_number", "operator"),
        *_text("at"),
        *_integer("monotonic_ns"),
        *_text("boot", "payload", "prev", "hash"),
    )
    op.create_index("event_by_order", "event", ["order_number", "seq"])
    op.create_table("outbox", sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False), *_text("event"))
    op.create_table(
        "repair_order",
        sa.Column("number", sa.Text, primary_key=True),
        *_text("watch", "calibre", "procedure", "procedure_fr", "procedure_en", "status", "step"),
        *_maybe("step_fr", "step_en"),
        *_text("promised", "opened_at"),
        *_integer("last_seq"),
        *_text("last_at", "flags"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "measurement",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *_text("at_utc", "order", "quantity", "state", "instrument", "operator", "provenance"),
        sqlite_with_rowid=False,
    )
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER event_no_{act.lower()} BEFORE {act} ON event "
            f"BEGIN SELECT RAISE(ABORT, 'events are never changed: {act} refused'); END"
        )
    # INSERT OR REPLACE deletes without firing the DELETE trigger, so an insert may only continue the sequence.
    op.execute(
        "CREATE TRIGGER event_in_sequence BEFORE INSERT ON event "
        "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event) "
        "OR NEW.prev <> coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), "
        "'0000000000000000000000000000000000000000000000000000000000000000') "
        "BEGIN SELECT RAISE(ABORT, 'events are never changed: this one does not follow the last'); END"
    )
