"""Which language is in force, and the gettext catalogues: light enough for `etabli --help` to import."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

LANGUAGES = ("en", "fr")
_LOCALE = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120  (pathlib costs 5 ms)
_current: str = "en"
_override: ContextVar[str | None] = ContextVar("language", default=None)


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("etabli", _LOCALE, languages=[language], fallback=True)


def choose(wanted: str | None = None) -> str:
    """Return the language to use: `wanted`, else ETABLI_LANG, else the locale's, else English."""
    names = ("ETABLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    for candidate in (wanted, *(os.environ.get(name) for name in names)):
        if candidate:
            language = candidate[:2].lower()
            return language if language in LANGUAGES else "en"
    return "en"


def use(language: str) -> None:
    """Set the language of the whole program ("fr" or "en")."""
    global _current
    _current = language if language in LANGUAGES else "en"


def current() -> str:
    """Return the language in force here: "fr" or "en"."""
    return _override.get() or _current


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Use `language` inside the block, in this thread only (a sheet in another language than the screen)."""
    token = _override.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _override.reset(token)


def _(message: str) -> str:
    """Translate `message` now, into the language in force; English is what stands in the code."""
    language = current()
    return message if language == "en" or not message else _catalogue(language).gettext(message)


def N_(message: str) -> str:  # noqa: N802  (gettext's own name)
    """Mark `message` for the catalogues; it is translated later, where it is shown."""
    return message
