"""`make mutate-guards` runs the tests of this folder without one guard; nothing else comes here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from guard_removal import without


@pytest.fixture(autouse=True, scope="session")
def guard_taken_out() -> Iterator[None]:
    """Take out the guard that the environment names."""
    code = os.environ.get("ETABLI_TEST_WITHOUT_GUARD", "")
    if not code:
        yield
        return
    with without(code):
        yield
