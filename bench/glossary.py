"""The terms of the trade in both languages: which form is printed, and whether a text speaks of watchmaking at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench import datafile
from bench.defects import defects
from bench.language import Text
from bench.words import words

_FILE = Path(__file__).with_name("glossary.toml")
# Below this a text says too little for whoever reads the sheet (criterion C.3.4-b).
FEWEST_WORDS = 3


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: str
    en: str
    also_fr: tuple[str, ...] = ()
    also_en: tuple[str, ...] = ()
    plain: Text | None = None


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: tuple[str, ...]
    en: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    term: tuple[_Entry, ...]
    said: _Words
    common: _Words


@dataclass(frozen=True)
class Term:
    """A term: the form that is printed, other forms in use, and what a customer is told it means (None: nothing)."""

    name: Text
    also_fr: tuple[str, ...] = ()
    also_en: tuple[str, ...] = ()
    plain: Text | None = None

    def forms(self, language: str) -> tuple[str, ...]:
        """Return every form of one language, the printed one first."""
        return (self.name.fr, *self.also_fr) if language == "fr" else (self.name.en, *self.also_en)


@lru_cache(maxsize=1)
def _file() -> _File:
    return datafile.load(_FILE, _File)


@lru_cache(maxsize=1)
def terms() -> tuple[Term, ...]:
    """Return the terms, in the order of a repair: papers, bench, case, movement, measures, water, quartz, finish."""
    return tuple(Term(Text(each.fr, each.en), each.also_fr, each.also_en, each.plain) for each in _file().term)


def printed(term: str, language: str = "fr") -> str:
    """Return the form of `term` that is printed ("remboîtement" → "réemboîtage"); an unknown word stays as it is.

    Case, accents and plurals make no difference; what is returned is the singular of the glossary.
    """
    return _forms(language).get(words(term), term)


def is_technical(text: str, language: str) -> bool:
    """Whether a text is long enough to say something, and speaks of watches: a term, a word of one, a defect code.

    Case, accents and plurals make no difference.
    """
    said = words(text)
    if len(said) < FEWEST_WORDS:
        return False
    if not trade_words(language).isdisjoint(said) or any(code in text.upper() for code in defects()):
        return True
    return any(len(form) > 1 and _place(said, form) is not None for form in _forms(language))


def explained(text: str, language: str) -> tuple[Term, ...]:
    """Return the terms that `text` holds and that have plain words for a customer, in the order of the glossary.

    A term inside a longer one is not meant: "réserve de marche" does not speak of the rate.
    """
    said = words(text)
    forms = [(words(form), term) for term in terms() for form in term.forms(language)]
    meant = set()
    for form, term in sorted(forms, key=lambda each: -len(each[0])):
        if (place := _place(said, form)) is not None:
            meant.add(term)
            said = (*said[:place], "", *said[place + len(form) :])
    return tuple(term for term in terms() if term.plain and term in meant)


@lru_cache(maxsize=2)
def trade_words(language: str) -> frozenset[str]:
    """Return the words of the trade, folded and in the singular: those of terms, of defects and of
    what is done, less what is common.
    """
    common = {part for each in getattr(_file().common, language) for part in words(each)}
    named = [form for term in terms() for form in term.forms(language)]
    named += [getattr(each.label, language) for each in defects().values()]
    named += getattr(_file().said, language)
    return frozenset(word for each in named for word in words(each) if not word.isdigit()) - common


@lru_cache(maxsize=2)
def _forms(language: str) -> dict[tuple[str, ...], str]:
    """Return the printed form by the words of every form; of a form that two terms share, the first."""
    forms: dict[tuple[str, ...], str] = {}
    for term in terms():
        for form in term.forms(language):
            forms.setdefault(words(form), term.forms(language)[0])
    return forms


def _place(said: tuple[str, ...], form: tuple[str, ...]) -> int | None:
    fitting = range(len(said) - len(form) + 1)
    return next((place for place in fitting if said[place : place + len(form)] == form), None)
