"""Every dialect keeps what its file promises: examples, pages, and whatever its fields can carry."""

from __future__ import annotations

from pathlib import Path

import pytest
from dialect_shapes import DIALECTS, decoder, directions, fields_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.quantities import Value
from drivers.dialects import Frame, load
from drivers.dialects.check import check
from drivers.dialects.conformance import faults
from drivers.dialects.library import path_of
from drivers.dialects.page import MARKER, by_hand, page

PAGES = Path(__file__).parents[2] / "docs" / "protocols"
EXAMPLES = [
    pytest.param(dialect_id, example, id=f"{dialect_id}-{number}-{example.name}")
    for dialect_id in DIALECTS
    for number, example in enumerate(load(dialect_id).data.examples, 1)
]


@pytest.mark.parametrize(("dialect_id", "example"), EXAMPLES)
def test_a_documented_frame_reads_and_writes_as_stated(dialect_id, example):
    assert [str(fault.reason) for fault in faults(load(dialect_id), example)] == []


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_the_file_has_no_problem(dialect_id):
    assert [str(problem) for problem in check(path_of(dialect_id))] == []


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_the_page_says_what_the_file_says(dialect_id):
    """`python -m drivers.dialects.page` writes the pages anew."""
    shown = (PAGES / f"{dialect_id}.md").read_text("utf-8")
    own = by_hand(shown, dialect_id)
    assert MARKER.format(id=dialect_id) in shown
    assert page(load(dialect_id).data, own if "\n" in own else "") == shown


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_every_message_comes_back_as_it_was_written(dialect_id):
    """Write any message with any values it can carry: it reads as that message and writes to the same bytes."""
    dialect = load(dialect_id)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.data())
    def round_trip(data):
        for direction in directions(dialect):
            for message in dialect.data.replies if direction == "reply" else dialect.data.commands:
                fields = data.draw(fields_of(dialect, message))
                write = dialect.reply if direction == "reply" else dialect.command
                raw = write(message.name, **fields)
                (frame,) = decoder(dialect, direction).feed(raw)
                assert isinstance(frame, Frame), (frame, fields)
                assert frame.name == message.name
                assert frame.raw == raw
                for name, given_value in fields.items():
                    if not isinstance(given_value, float) and not isinstance(frame[name], Value):
                        assert frame[name] == given_value
                assert write(message.name, **frame.fields) == raw

    round_trip()
