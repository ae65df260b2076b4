"""Words and marks for terminals that lack UTF-8 altogether: one table of plain signs."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# One sign for one sign, as wide as the one it stands for.
PLAIN: Mapping[str, str] = {
    "✔": "+",
    "€": "E",
    "≉": "!",
    **dict.fromkeys("●■◉", "*"),
    **dict.fromkeys("✘×✗", "x"),
    **dict.fromkeys("○◌□·•", "."),
    **dict.fromkeys("◐⚠", "!"),
    **dict.fromkeys("▶➤›→▸", ">"),
    **dict.fromkeys("◀‹←◂", "<"),
    **dict.fromkeys("↑▲▴", "^"),
    **dict.fromkeys("↓▼▾", "v"),
    **dict.fromkeys("−–—‐‑─━═╌┄╍▁▂▔▀▄", "-"),
    **dict.fromkeys("│┃║▏▎▍▕▌▐┆╎", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋", "+"),
    **dict.fromkeys("█▉▊▋▇▆▅▃▓▒░", "#"),
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("≈≃", "~"),
    **dict.fromkeys("\u00a0\u202f\u2009\u2007", " "),
    "≠": "#",
    "≤": "<",
    "≥": ">",
    "±": "~",
    "µ": "u",
    "μ": "u",
    "Ω": "O",
    "°": "o",
    "²": "2",
    "³": "3",
    "…": ".",
    "Œ": "O",
    "œ": "o",
    "Æ": "A",
    "æ": "a",
    "ß": "s",
}


@lru_cache(4096)
def plain(text: str) -> str:
    """Return `text` in ASCII, on as many cells: marks by the table, letters without their accents, the rest "?"."""
    return text if text.isascii() else "".join(map(_plain_sign, text))


@lru_cache(4096)
def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in PLAIN:
        return PLAIN[sign]
    if "\u2800" <= sign <= "\u28ff":
        return " " if sign == "\u2800" else ":"
    bare = unicodedata.normalize("NFKD", sign)[0]
    return bare if bare.isascii() else "?" * cell_len(sign)


class PlainSigns(LineFilter):
    """Writes every line of the screen in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(plain(text), style, control) for text, style, control in segments]
