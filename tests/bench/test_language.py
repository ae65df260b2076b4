"""Two languages: sentences translate when they are shown, numbers are written as each language writes them."""

from __future__ import annotations

import threading

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from bench.language import Message, Text, choose, current, from_plain, msg, number, speaking, to_plain


def test_a_text_speaks_the_language_in_force() -> None:
    text = Text("marche", "rate")
    with speaking("fr"):
        assert str(text) == "marche"
    with speaking("en"):
        assert str(text) == "rate"


def test_a_message_is_rendered_when_it_is_shown_with_the_parameters_of_that_language() -> None:
    sentence = msg("{what}: {value}", what=Text("marche", "rate"), value=3.5)
    with speaking("fr"):
        assert str(sentence) == "marche: 3,5"
    with speaking("en"):
        assert str(sentence) == "rate: 3.5"


def test_a_message_survives_the_journal() -> None:
    inner = msg("the case is open")
    sentence = msg("{a} {b} {c}", a=Text("un", "one"), b=inner, c=2.5)
    assert Message.from_json(sentence.to_json()) == sentence


@given(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()))
def test_plain_parameters_come_back_as_they_were(value: object) -> None:
    assert from_plain(to_plain(value)) == value


def test_speaking_is_for_one_thread_only() -> None:
    heard = []
    with speaking("fr"):
        thread = threading.Thread(target=lambda: heard.append(current()))
        thread.start()
        thread.join()
    assert heard == ["en"]


@given(st.floats(min_value=-1e7, max_value=1e7), st.integers(min_value=0, max_value=3))
def test_numbers_are_written_as_babel_writes_them(value: float, decimals: int) -> None:
    rounded = round(value, decimals)
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    for language in ("fr", "en"):
        with speaking(language):
            shown = number(rounded, decimals)
        expected = format_decimal(rounded, pattern, locale=language).replace("-", "−")
        assert shown.replace("−0", "0") == expected.replace("−0", "0")


def test_a_signed_number_carries_its_sign_and_zero_is_never_minus_zero() -> None:
    with speaking("en"):
        assert number(3.0, 1, sign=True) == "+3.0"
        assert number(-0.04, 1, sign=True) == "+0.0"
        assert number(-0.04, 1) == "0.0"
        assert number(-1234.56, 2) == "−1,234.56"


@pytest.mark.parametrize(
    ("environment", "wanted", "chosen"),
    [
        ({}, None, "en"),
        ({"LANG": "fr_FR.UTF-8"}, None, "fr"),
        ({"LANG": "fr_FR.UTF-8", "ETABLI_LANG": "en"}, None, "en"),
        ({"ETABLI_LANG": "en"}, "fr", "fr"),
        ({"LANG": "de_CH.UTF-8"}, None, "en"),
    ],
)
def test_the_language_is_asked_for_then_configured_then_the_locales_then_english(
    environment: dict[str, str], wanted: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ETABLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert choose(wanted) == chosen
