"""The index of docs/protocols names every dialect, with its page and the truth about its checksum."""

from __future__ import annotations

import re
from pathlib import Path

from drivers.dialects import available, load

PAGES = Path(__file__).parents[2] / "docs" / "protocols"
ROWS = dict(
    re.findall(r"^\| \[([\w-]+)\]\(\1\.md\) \|[^|]*\|([^|]*)\|", (PAGES / "README.md").read_text("utf-8"), re.M)
)


def test_every_dialect_stands_in_the_index():
    assert sorted(ROWS) == available()


def test_every_page_belongs_to_a_dialect():
    assert sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README") == available()


def test_the_index_says_which_have_no_checksum():
    for dialect_id, said in ROWS.items():
        dialect = load(dialect_id)
        assert ("none" in said) == (dialect.data.checksum is None), dialect_id
        assert ("two readings agree" in said) == (dialect.agreeing == 2), dialect_id
