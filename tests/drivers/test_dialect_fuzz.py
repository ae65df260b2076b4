"""Any bytes in any pieces: no exception, no corrupted frame where there is a checksum, the same frames however cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from dialect_shapes import SIDES, decoder, frames
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.dialects import Frame, load
from drivers.dialects.model import BinaryFraming, LineFraming, ModbusFraming

FAST = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
PENDING_LIMIT = 4096


def read(dialect_id, direction, pieces):
    """Feed the pieces; check that every byte is accounted for; return the frames and the garbage."""
    listener = decoder(load(dialect_id), direction)
    out = []
    for piece in pieces:
        out += listener.feed(piece)
        assert len(listener.pending) <= PENDING_LIMIT
    framing = load(dialect_id).data.framing
    if not isinstance(framing, LineFraming):
        # A line that is empty or blank is nobody's message and is not reported; elsewhere not one byte is lost.
        assert b"".join(one.raw for one in out) + listener.pending == b"".join(pieces)
    return out


def only_frames(out):
    return [(one.name, one.raw) for one in out if isinstance(one, Frame)]


@pytest.mark.parametrize(("dialect_id", "direction"), SIDES)
def test_noise_gives_no_exception(dialect_id, direction):
    marks = _marks(dialect_id)

    @FAST
    @given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(marks)), max_size=20))
    def noise(pieces):
        for one in read(dialect_id, direction, pieces):
            if isinstance(one, Frame):
                assert dict(one.fields) is not None

    noise()


@pytest.mark.parametrize(("dialect_id", "direction"), SIDES)
def test_frames_do_not_depend_on_how_the_bytes_are_cut(dialect_id, direction):
    dialect = load(dialect_id)

    @FAST
    @given(st.data())
    def cuts(data):
        spoken = frames(dialect, direction)
        stream = b"".join(data.draw(st.lists(st.one_of(spoken, spoken, st.binary(max_size=30)), max_size=6)))
        cut = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
        edges = [0, *cut, len(stream)]
        whole = only_frames(read(dialect_id, direction, [stream]))
        pieces = [stream[a:b] for a, b in pairwise(edges)]
        assert only_frames(read(dialect_id, direction, pieces)) == whole
        single = [stream[at : at + 1] for at in range(len(stream))]
        assert only_frames(read(dialect_id, direction, single)) == whole

    cuts()


@pytest.mark.parametrize(("dialect_id", "direction"), SIDES)
def test_good_frames_in_a_row_all_arrive(dialect_id, direction):
    dialect = load(dialect_id)

    @FAST
    @given(st.lists(frames(dialect, direction), max_size=8))
    def row(spoken):
        assert [raw for _, raw in only_frames(read(dialect_id, direction, [b"".join(spoken)]))] == spoken

    row()


@pytest.mark.parametrize(
    ("dialect_id", "direction"), [side for side in SIDES if load(side[0]).data.checksum is not None]
)
def test_a_frame_with_one_byte_changed_is_never_accepted(dialect_id, direction):
    """Every checksum that is used here finds every single changed byte that it covers.

    Timegrapher Studio's covers the payload only: there, bytes 1 to 3 (type and length) are left alone. Of a text frame
    with a one-byte acknowledgement, the first byte may turn into one; the frame itself must still be refused.
    """
    dialect = load(dialect_id)
    covered_from = 4 if isinstance(dialect.data.framing, BinaryFraming) else 0

    @FAST
    @given(st.data())
    def mutated(data):
        raw = data.draw(frames(dialect, direction))
        at = data.draw(st.integers(covered_from, len(raw) - 1))
        value = data.draw(st.integers(0, 255).filter(lambda value: value != raw[at]))
        changed = raw[:at] + bytes([value]) + raw[at + 1 :]
        accepted = [name for name, whole in only_frames(read(dialect_id, direction, [changed])) if len(whole) > 1]
        assert accepted == []

    mutated()


@pytest.mark.parametrize(
    ("dialect_id", "direction"), [side for side in SIDES if load(side[0]).data.checksum is not None]
)
def test_a_frame_cut_short_never_joins_the_next_ones(dialect_id, direction):
    """After half a frame the next ones are found; a binary header cut short costs at most one longest frame."""
    dialect = load(dialect_id)

    @FAST
    @given(st.data())
    def resent(data):
        raw = data.draw(frames(dialect, direction))
        cut = data.draw(st.integers(0, len(raw) - 1))
        again = PENDING_LIMIT // len(raw) + 2 if isinstance(dialect.data.framing, (BinaryFraming, ModbusFraming)) else 2
        got = only_frames(read(dialect_id, direction, [raw[:cut], raw * again]))
        assert got
        assert {whole for _, whole in got} == {raw}

    resent()


def _marks(dialect_id):
    """Return byte strings that matter to the framing, so that noise looks like something."""
    framing = load(dialect_id).data.framing
    if isinstance(framing, LineFraming):
        start = [bytes([mark]) for mark in framing.start.encode("latin-1")]
        return [framing.terminator.encode("latin-1"), *start, *(bytes([code]) for code in framing.single.values())] * 2
    start = getattr(framing, "start", None) or 0x00
    return [bytes([start]), bytes([start, 0x02, 0x10, 0x00]), b"\x00", b"\x0d", b"\x08"]
