"""Runs the migrations on the connection that the store hands over, in the store's own transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
