"""The charsets: which one a terminal gets, and what each of them may be drawn with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bench.errors import UsageError
from tui.widgets import charset
from tui.widgets.charset import ASCII, BLOCK, BRAILLE, CHARSETS, Charset


@pytest.mark.parametrize(
    ("environ", "encoding", "platform", "expected"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", "linux", BRAILLE),
        ({"TERM": "xterm-256color"}, "ISO-8859-1", "linux", ASCII),
        ({"TERM": "xterm"}, "US-ASCII", "linux", ASCII),
        ({"TERM": "dumb"}, "utf-8", "linux", ASCII),
        ({"TERM": "linux"}, "UTF-8", "linux", ASCII),
        ({}, "utf-8", "darwin", BRAILLE),
        ({}, "utf-8", "win32", BLOCK),
        ({"WT_SESSION": "1"}, "utf-8", "win32", BRAILLE),
        ({}, "cp1252", "win32", ASCII),
    ],
)
def test_a_terminal_gets_what_it_can_show(
    environ: dict[str, str], encoding: str, platform: str, expected: Charset
) -> None:
    assert charset.automatic(environ, encoding, platform) is expected


def test_the_environment_chooses_a_charset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charset, "_chosen", None)
    monkeypatch.setenv("ETABLI_CHARSET", "block")
    assert charset.current() is BLOCK


def test_an_unknown_charset_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="emoji") as refused:
        charset.use("emoji")
    assert "braille, block, ascii" in str(refused.value)


def test_a_charset_for_a_while_leaves_the_chosen_one_as_it_was() -> None:
    before = charset.current()
    with charset.drawing("ascii") as inside:
        assert charset.current() is inside is ASCII
    assert charset.current() is before


@pytest.mark.parametrize("signs", CHARSETS.values(), ids=str)
def test_each_sign_takes_one_cell(signs: Charset) -> None:
    assert len(signs.cells) == 2 ** (signs.across * signs.down)
    drawn = [getattr(signs, name) for name in signs.__dataclass_fields__ if name not in ("name", "across", "down")]
    assert all(cell_len(sign) == 1 for text in drawn for sign in text)


def test_the_windows_console_gets_neither_braille_nor_quarter_blocks() -> None:
    drawn = "".join(value for value in vars(BLOCK).values() if isinstance(value, str))
    assert not [sign for sign in drawn if "\u2800" <= sign <= "\u28ff" or "\u2596" <= sign <= "\u259f"]


@given(st.text())
def test_in_ascii_every_word_is_ascii(words: str) -> None:
    assert ASCII.write(words).isascii()


def test_in_ascii_figures_and_french_stay_readable() -> None:
    assert ASCII.write("−12,0 … +7,0 s/j") == "-12,0 . +7,0 s/j"
    assert ASCII.write("débit de fuite ≤ 50 µg/min") == "debit de fuite <= 50 ug/min"
    assert ASCII.write("287 ° ✔") == "287 deg +"
