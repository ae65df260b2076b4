"""Words compared as a person reads them: without case, accents, ligatures or the plural's ending."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'"})
_WORD = re.compile(r"[a-z0-9]+")
# What is long enough to lose an ending without becoming another word ("bas", "vis" keep theirs).
_SHORTEST_PLURAL = 4


def folded(text: str) -> str:
    """Return `text` in small letters, without accents and ligatures."""
    plain = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text`, folded, each in the singular as far as its ending tells."""
    return tuple(_singular(word) for word in _WORD.findall(folded(text)))


def _singular(word: str) -> str:
    """Undo the plurals of both languages: joints, poussoirs, anneaux, crystals, batteries."""
    if len(word) < _SHORTEST_PLURAL:
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("eaux", "eux")):
        return word[:-1]
    if word.endswith("aux"):
        return f"{word[:-3]}al"
    if word.endswith(("ss", "us", "is")):
        return word
    return word.removesuffix("s")
