"""What pictures are drawn with: braille dots, half blocks, or ASCII alone where a terminal has nothing else."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bench.errors import UsageError
from bench.language import msg

SETTING = "ETABLI_CHARSET"
AUTOMATIC = "auto"


@dataclass(frozen=True)
class Charset:
    """One way to draw: how many dots a cell holds, `cells` for each pattern of them, and the signs around a picture.

    Bit `row * across + column` of a pattern is the dot in that row and column. `tic` and `toc` hold the sign of a beat
    in each row of a cell, `both` the sign where beats of both sides meet.
    """

    name: str
    across: int
    down: int
    cells: str
    tic: str
    toc: str
    both: str
    axis: str
    level: str
    full: str
    empty: str
    accepted: str
    guarded: str
    outside: str
    limit: str
    needle: str
    less: str
    more: str
    whiskers: str
    before: str
    now: str
    path: str
    arrows: str
    done: str

    def decode(self, row: bytes | bytearray) -> str:
        """Return the characters of a row of patterns."""
        return codecs.charmap_decode(row, "strict", self.cells)[0]

    def write(self, text: str) -> str:
        """Return words and figures in characters that this charset has."""
        return text if self.name != "ascii" or text.isascii() else _plain(text)


def _braille() -> str:
    bits = (0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80)
    patterns = (sum(bit for place, bit in enumerate(bits) if code >> place & 1) for code in range(256))
    return "".join(chr(0x2800 + pattern) if pattern else " " for pattern in patterns)


BRAILLE = Charset(
    "braille",
    across=2,
    down=4,
    cells=_braille(),
    tic="⠉⠒⠤⣀",
    toc="⠁⠂⠄⡀",
    both="⠿",
    axis="▏",
    level="┄",
    full="█",
    empty="░",
    accepted="━",
    guarded="▒",
    outside="·",
    limit="┃",
    needle="▼",
    less="◀",
    more="▶",
    whiskers="├─┤",
    before="○",
    now="●",
    path="─",
    arrows="←↑→↓",
    done="✔",
)
# Signs of WGL4 only: what the fonts of a Windows console have (no braille, no quarter blocks, no heavy lines).
BLOCK = Charset(
    "block",
    across=1,
    down=2,
    cells=" ▀▄█",
    tic="▀▄",
    toc="'.",
    both="█",
    axis="│",
    level="─",
    full="█",
    empty="░",
    accepted="═",
    guarded="▒",
    outside="·",
    limit="║",
    needle="▼",
    less="◄",
    more="►",
    whiskers="├─┤",
    before="○",
    now="●",
    path="─",
    arrows="←↑→↓",
    done="√",
)
ASCII = Charset(
    "ascii",
    across=1,
    down=2,
    cells=" '.:",
    tic='"_',
    toc="'.",
    both="%",
    axis="|",
    level="-",
    full="#",
    empty=".",
    accepted="=",
    guarded=":",
    outside=".",
    limit="|",
    needle="V",
    less="<",
    more=">",
    whiskers="[-]",
    before="o",
    now="@",
    path="-",
    arrows="<^>v",
    done="+",
)
CHARSETS = {charset.name: charset for charset in (BRAILLE, BLOCK, ASCII)}

# Each sign, and under it what stands for it in ASCII; some need more than a letter.
_SIGNS = str.maketrans(
    "−–—·…’“”«»\u202f\u00a0µμ±Ω³←↑→↓œ×✔✘≈≉",
    '----.\'""""  uu~O3<^>vex+x~#',
)
_WORDS = {"≤": "<=", "≥": ">=", "°": "deg"}


def _plain(text: str) -> str:
    """Return `text` in ASCII: accents dropped, signs replaced by the nearest ones."""
    signs = (_WORDS.get(sign) or unicodedata.normalize("NFKD", sign)[0] for sign in text.translate(_SIGNS))
    return "".join(sign if sign.isascii() else "?" for sign in signs)


def automatic(
    environ: Mapping[str, str] = os.environ, encoding: str | None = None, platform: str = sys.platform
) -> Charset:
    """Return what this terminal can show: ASCII where its encoding is not UTF-8 or it is a bare one, blocks in a
    Windows console, braille everywhere else.
    """
    encoding = encoding if encoding is not None else getattr(sys.__stdout__, "encoding", None) or "utf-8"
    if encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "utf8sig", "cp65001"):
        return ASCII
    if environ.get("TERM", "") in ("dumb", "linux"):
        return ASCII
    if platform == "win32" and "WT_SESSION" not in environ:
        return BLOCK
    return BRAILLE


def named(name: str) -> Charset:
    """Return a charset by its name; "auto" and "" find what the terminal can show. Raises UsageError."""
    if name in ("", AUTOMATIC):
        return automatic()
    try:
        return CHARSETS[name.lower()]
    except KeyError:
        raise UsageError(
            msg("There is no charset “{name}”.", name=name),
            remedy=msg("Choose one of: {known}.", known=", ".join((AUTOMATIC, *CHARSETS))),
        ) from None


_chosen: Charset | None = None


def use(name: str) -> None:
    """Draw with this charset from now on. Raises UsageError for an unknown name."""
    global _chosen
    _chosen = named(name)


def current() -> Charset:
    """Return the charset in use: what `use` was told, else the environment's, else what the terminal can show."""
    global _chosen
    if _chosen is None:
        _chosen = CHARSETS.get(os.environ.get(SETTING, "").lower()) or automatic()
    return _chosen


@contextmanager
def drawing(name: str) -> Iterator[Charset]:
    """Draw with a charset inside the block."""
    global _chosen
    before, _chosen = _chosen, named(name)
    try:
        yield _chosen
    finally:
        _chosen = before
