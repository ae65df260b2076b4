"""What lets the program run for days: nothing painted is kept for ever, and no pause to tidy up is ever felt."""

from __future__ import annotations

import gc
from functools import lru_cache
from time import monotonic

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style

# So long without a key is a pause. Without one, Python looks for garbage by itself after some million and a half of
# new objects: a hundred screens.
CALM_SECONDS = 3.0
SELDOM = (1000, 15, 100)


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


class Tidying:
    """Looks for what nothing leads to any more while no hand is on the keys, and hardly ever at another time.

    Python itself would do so every second screen or so, and stand still for a tenth of a second.
    """

    def __init__(self) -> None:
        gc.collect()
        gc.freeze()  # what is loaded by now stays to the end: it is walked through no more
        gc.set_threshold(*SELDOM)
        self._at = monotonic()

    def look(self, touched: float) -> None:
        """Tidy up once in every pause; `touched` is when a key was pressed last (monotonic, seconds)."""
        if self._at < touched <= monotonic() - CALM_SECONDS:
            gc.collect()
            self._at = monotonic()
