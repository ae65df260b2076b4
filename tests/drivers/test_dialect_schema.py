"""Editors complete and check dialect files by the schema beside them; it is made from the models."""

from __future__ import annotations

import json

from drivers.dialects.library import FOLDER, available, path_of
from drivers.dialects.model import schema


def test_the_schema_beside_the_files_is_the_models():
    """`python -m drivers.dialects.page` writes it anew."""
    assert json.loads((FOLDER / "dialect.schema.json").read_text("utf-8")) == schema()


def test_every_file_names_its_schema():
    for dialect_id in available():
        assert path_of(dialect_id).read_text("utf-8").startswith("#:schema dialect.schema.json\n")
