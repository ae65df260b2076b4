"""What lets the program run for days: nothing painted is kept for ever, and no pause to tidy up is ever felt."""

from __future__ import annotations

import gc
from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


@lru_cache(maxsize=1024)
def _grounds(beneath: Color, ground: Color) -> tuple[Style, Style]:
    return Style(background=beneath + ground), Style(background=beneath)


def keep_no_pictures() -> None:
    """Let go of what closed screens have painted.

    Textual (8.2) remembers two colours by the widget's painted lines as well, for a thousand widgets: some 60 MB once
    many screens have come and gone. Where a later version does it otherwise, this does nothing.
    """
    if hasattr(getattr(StylesCache, "get_inner_outer", None), "cache_info"):
        StylesCache.get_inner_outer = staticmethod(_grounds)  # type: ignore[assignment]


def settle() -> None:
    """Take what is loaded by now out of the search for garbage: it stays to the end.

    Without this Python walks through all of it every few screens, and stands still for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
