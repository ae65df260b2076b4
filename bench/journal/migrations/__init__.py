"""The journal's migrations, run by bench/journal/store.py; `alembic` itself is imported only when one is due."""
