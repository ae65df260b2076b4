"""The words of the trade: one form printed for several written, and texts that say nothing of watches found out."""

from __future__ import annotations

import pytest

from bench.defects import defects
from bench.glossary import explained, is_technical, printed, terms, trade_words


def test_the_glossary_holds_the_terms_of_the_field_in_both_languages() -> None:
    assert len(terms()) == 140
    for language in ("fr", "en"):
        forms = [form.casefold() for term in terms() for form in term.forms(language)]
        assert all(forms)
        assert len(set(forms)) == len(forms)


@pytest.mark.parametrize(
    ("written", "language", "shown"),
    [
        ("déboîtement", "fr", "déboîtage"),
        ("DEBOITAGE", "fr", "déboîtage"),
        ("emboîtements", "fr", "emboîtage"),
        ("remboîtage", "fr", "réemboîtage"),
        ("remboîtement", "fr", "réemboîtage"),
        ("ré-emboîtage", "fr", "réemboîtage"),
        ("rehaut", "fr", "réhaut"),
        ("désaimantation", "fr", "démagnétisation"),
        ("tiges de remontoir", "fr", "tige"),
        ("essai à l'eau", "fr", "test à l’eau"),
        ("timegrapher", "en", "timing machine"),
        ("batteries", "en", "battery"),
        ("caseback", "en", "case back"),
    ],
)
def test_every_form_of_a_term_is_read_and_one_is_printed(written: str, language: str, shown: str) -> None:
    assert printed(written, language) == shown


def test_a_word_that_is_no_term_stays_as_it_was_written() -> None:
    assert printed("Chocolat", "fr") == "Chocolat"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Le joint est sec", "fr"),
        ("Pivots usés, huile sèche", "fr"),
        ("ancre a nettoyer entierement", "fr"),
        ("La montre avance beaucoup", "fr"),
        ("Défaut vu : MEC-SPI-COL", "fr"),
        ("rien à la pose des aiguilles", "fr"),
        ("Mouvement oxydé côté cadran", "fr"),
        ("The gaskets have hardened", "en"),
        ("Batteries were leaking badly", "en"),
        ("checked the beat error twice", "en"),
        ("a beat error remains", "en"),
    ],
)
def test_a_text_of_the_trade_is_taken_as_it_is(text: str, language: str) -> None:
    assert is_technical(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "fr"),
        ("RAS", "fr"),
        ("joint sec", "fr"),
        ("tout va bien maintenant", "fr"),
        ("vu avec le client", "fr"),
        ("or alors pas du tout", "fr"),
        ("fait comme d'habitude par moi", "fr"),
        ("ok all good now", "en"),
        ("did not work at first", "en"),
        ("either one or the other", "en"),
        ("le joint est sec", "en"),
    ],
)
def test_a_text_that_is_short_or_says_nothing_of_watches_is_queried(text: str, language: str) -> None:
    assert not is_technical(text, language)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_name_of_every_defect_speaks_of_watches(language: str) -> None:
    for each in defects().values():
        label = getattr(each.label, language)
        if each.zone != "INT" and len(label.split()) >= 3:
            assert is_technical(label, language), label


@pytest.mark.parametrize(("language", "small"), [("fr", {"de", "la", "en", "or"}), ("en", {"the", "of", "or", "12"})])
def test_small_words_are_not_words_of_the_trade(language: str, small: set[str]) -> None:
    assert not trade_words(language) & small


def test_a_customer_is_told_what_the_terms_of_a_text_mean() -> None:
    names = [term.name.fr for term in explained("Joints neufs après réemboîtage, réserve de marche longue", "fr")]
    assert names == ["joint", "réemboîtage", "réserve de marche"]
    assert explained("Bonjour à tous", "fr") == ()
