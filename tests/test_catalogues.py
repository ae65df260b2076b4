"""The interface is complete in both languages: every sentence has its French, with the same placeholders."""

from __future__ import annotations

import string

from tests import catalogues


def names(sentence: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(sentence) if name}


def test_every_sentence_of_the_program_has_its_french() -> None:
    french = catalogues.french()
    missing = [m.id for m in catalogues.extracted() if m.id and not (m.id in french and french[m.id].string)]
    assert missing == [], "run `make catalogues` and translate these"


def test_translations_keep_their_placeholders() -> None:
    wrong = [m.id for m in catalogues.french() if m.id and m.string and names(str(m.id)) != names(str(m.string))]
    assert wrong == []


def test_the_compiled_catalogue_is_the_one_that_people_edit() -> None:
    assert catalogues.PO.with_suffix(".mo").read_bytes() == catalogues.compiled(catalogues.french())
