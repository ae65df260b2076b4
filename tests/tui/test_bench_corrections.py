"""Putting right what the record says: answers as a form holds them, what changed, the time of a late entry."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.errors import UsageError
from bench.language import Text
from bench.procedure.answers import read_field, to_json
from bench.procedure.model import Choice, FormField
from tui.screens.bench_corrections import as_typed, changed, time_of_day

LABEL = Text("Champ", "Field")
WARMTH = FormField(id="warmth", kind="number", quantity="temperature", label=LABEL)
SCREWS = FormField(id="screws", kind="number", quantity="pieces", label=LABEL)
PARTS = FormField(id="parts", kind="lines", columns=(WARMTH,), label=LABEL)
GLASS = FormField(id="glass", kind="choice", choices=(Choice(id="ok", label=LABEL),), label=LABEL)
NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "typed"), [(WARMTH, "21.5"), (SCREWS, "12"), (PARTS, [{"warmth": "19.5"}]), (GLASS, "ok")]
)
def test_a_journaled_answer_comes_back_as_it_would_be_typed(entry: FormField, typed: object) -> None:
    journaled = to_json(read_field(entry, typed))
    assert as_typed(entry, journaled) == typed


def test_only_what_is_another_answer_is_corrected() -> None:
    before = {"warmth": "21.5", "screws": "12"}
    assert changed([WARMTH, SCREWS], before, {"warmth": "21.5", "screws": "11"}) == {"screws": "11"}


@pytest.mark.parametrize(
    ("typed", "then"),
    [("10:05", (22, 10, 5)), ("10h05", (22, 10, 5)), ("23:30", (21, 23, 30)), ("11:00", (22, 11, 0))],
)
def test_a_late_entry_is_the_last_moment_with_that_time_of_day(typed: str, then: tuple[int, int, int]) -> None:
    found = time_of_day(typed, NOW)
    assert (found.day, found.hour, found.minute) == then


@pytest.mark.parametrize("typed", ["half past", "25:00", "10", ""])
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        time_of_day(typed, NOW)
