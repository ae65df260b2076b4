"""Plain signs: everything that the bench writes has an ASCII form as wide as itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bench.conformity import State
from tests import catalogues
from tui.symbols import plain


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Mn", "Me", "Cf"]), max_size=30))
def test_plain_text_is_ascii(text: str) -> None:
    assert plain(text).isascii()


def test_every_french_sentence_stays_as_wide_and_loses_no_letter() -> None:
    for message in catalogues.french():
        words = str(message.string or "")
        assert cell_len(plain(words)) == cell_len(words), words
        assert "?" * words.count("?") == "".join(sign for sign in plain(words) if sign == "?"), words


def test_the_marks_of_verdicts_stay_apart() -> None:
    marks = [plain(state.symbol) for state in State]
    assert len(set(marks)) == len(marks), marks
