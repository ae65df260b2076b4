"""A receipt printer's stream: what would stand on the paper, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.dialects.printer import Paper

ON_PAPER = [
    (b"Rate +4.5 s/d\n", b"Rate +4.5 s/d\n"),
    (b"\x1b@\x1b!\x10\x1ba\x01WITSCHI\r\n", b"WITSCHI\r\n"),  # reset, double width, centred
    (b"\x1bE\x01Rate\x1bE\x00 +4.5\n", b"Rate +4.5\n"),  # bold
    (b"\x1d!\x11\x1bM\x01x\x1b2y\x1b3\x20z", b"xyz"),  # size, font, line spacing
    (b"a\x1b*\x21\x02\x00ABCDEFb", b"ab"),  # a picture of 2 columns of 24 dots
    (b"a\x1b*\x00\x03\x00\n\n\nb", b"ab"),  # 3 columns of 8 dots that look like line ends
    (b"a\x1dv0\x00\x02\x00\x02\x00WXYZb", b"ab"),  # a raster of 2 bytes by 2 lines
    (b"a\x1d(L\x03\x00\x30\x45\x20b", b"ab"),  # graphics, length stated
    (b"a\x1dk\x04CODE39\x00b", b"ab"),  # bar code that ends with a zero byte
    (b"a\x1dk\x49\x04{B12b", b"ab"),  # bar code with its length
    (b"a\x1bD\x08\x10\x00\tb", b"a\tb"),  # tabulator stops
    (b"a\x10\x04\x01b\x07c\x00d", b"abcd"),  # status question, bell, padding
    (b"Rate +4.5\x1bd\x03Amp 286\x1dV\x42\x00", b"Rate +4.5\nAmp 286\n"),  # lines that only the paper feed ends
    (b"Rate\n\x1bd\x03\x1dV\x00Amp", b"Rate\nAmp"),
    (b"a\x1bp\x00\x19\xfab", b"ab"),  # cash drawer
]


@pytest.mark.parametrize(("stream", "text"), ON_PAPER)
def test_control_sequences_leave_no_trace(stream: bytes, text: bytes) -> None:
    assert Paper().feed(stream) == text


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_the_text_does_not_depend_on_how_the_bytes_are_cut(data: st.DataObject) -> None:
    pieces = st.one_of(st.sampled_from([stream for stream, _ in ON_PAPER]), st.binary(max_size=20))
    stream = b"".join(data.draw(st.lists(pieces, max_size=6)))
    cuts = [0, *sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8))), len(stream)]
    whole, paper = Paper().feed(stream), Paper()
    assert b"".join(paper.feed(stream[a:b]) for a, b in pairwise(cuts)) == whole
    single = Paper()
    assert b"".join(single.feed(bytes([byte])) for byte in stream) == whole
    assert len(single.pending) <= 256


def test_a_picture_without_end_holds_nothing_back() -> None:
    paper = Paper()
    assert paper.feed(b"\x1b*\x00\xff\xff") == b""
    for _chunk in range(15):
        assert paper.feed(b"\n" * 4096) == b""
        assert paper.pending == b""
    paper.reset()
    assert paper.feed(b"Rate\n") == b"Rate\n"


def test_what_claims_to_be_a_larger_picture_is_noise() -> None:
    assert Paper().feed(b"\x1dv0\x00\xff\xff\xff\xff\nRate\n").endswith(b"\nRate\n")
