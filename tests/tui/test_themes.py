"""Every word can be read: the contrast of all inks on all grounds, in every theme, computed and as it is painted."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
from screen_pilot import LARGE, SMALL, Hands, at_the_bench
from textual.color import Color
from textual.screen import ModalScreen
from textual.theme import Theme

import tui
from tui.preferences import STEADY
from tui.preferences import THEMES as NAMES
from tui.themes import GROUNDS, INKS, LEAST, THEMES, contrast, pairs

SOURCES = [p for p in Path(tui.__file__).parent.rglob("*") if p.suffix in (".py", ".tcss")]
# Drawn, not written: the rest of a track or a gauge, where no word stands.
ORNAMENTS = frozenset("─│╭╮╰╯▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▔▕▐░▒▓━╺╸┆┊ ")


def test_white_on_black_is_the_most_there_is() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_ink_has_contrast_enough_on_every_ground(theme: Theme) -> None:
    assert [(ink, ground, round(c, 2)) for ink, ground, c in pairs(theme) if c < LEAST] == []


def test_nothing_is_written_in_colours_that_are_not_computed() -> None:
    """All pairs of the code are inks on grounds, or the background's colour on a fill."""
    written: set[str] = set()
    for source in SOURCES:
        text = source.read_text("utf-8")
        written |= set(re.findall(r"\$([a-z][a-z-]*)", text))
    names = {*GROUNDS, *INKS}
    assert written - names <= {"input-cursor-background"}, "name them in tui/themes.py and compute them"


def test_the_settings_offer_the_themes_that_there_are() -> None:
    assert tuple(theme.name for theme in THEMES) == NAMES


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_good_and_bad_differ_without_their_hue(theme: Theme) -> None:
    """Red and green weakness leave lightness and blue: in one of them the two differ well."""
    good, bad = Color.parse(str(theme.success)), Color.parse(str(theme.error))
    blue = abs(good.b - bad.b)
    lightness = contrast(str(theme.success), str(theme.error))
    assert blue > 20 or lightness > 1.3
    if theme.name == "blue-orange":
        assert blue > 120


def faint(hands: Hands) -> list[str]:
    """Return every painted word whose contrast is too small, with its colours; not what is dimmed behind a dialog."""
    found = []
    screen = hands.app.screen
    lit = [child.region for child in screen.children] if isinstance(screen, ModalScreen) else [screen.region]
    for y, row in enumerate(screen._compositor.render_strips()):
        x = 0
        for segment in row:
            here, x = x, x + segment.cell_length
            if not any(region.contains(here, y) for region in lit):
                continue
            words = "".join(sign for sign in segment.text if sign not in ORNAMENTS)
            style = segment.style
            if not words or style is None or style.color is None or style.bgcolor is None:
                continue
            ink, ground = (Color.from_rich_color(c) for c in (style.color, style.bgcolor))
            if style.reverse:
                ink, ground = ground, ink
            if contrast(ink.hex6, ground.hex6) < LEAST:
                found.append(f"{words!r}: {ink.hex6} on {ground.hex6}, {contrast(ink.hex6, ground.hex6):.2f}")
    return found


@pytest.mark.parametrize(("name", "size"), [*((name, SMALL) for name in NAMES), ("light", LARGE)])
def test_every_painted_word_has_contrast_enough(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    async def work() -> None:
        async with at_the_bench(tmp_path, size=size, lang="fr", order="OR-1001", step="magnetism") as hands:
            hands.app.like(replace(STEADY, theme=name))
            seen: list[str] = []

            async def look(*keys: str) -> None:
                await hands.press(*keys)
                await hands.pilot.pause()
                seen.extend(faint(hands))

            for keys in (["f1"], ["escape"], ["f8"], ["down"], ["escape"], ["f9"], ["escape"]):
                await look(*keys)
            hands.app.notify("Une note", title="Note", markup=False)
            await look("enter")
            await look("enter")
            await look("enter")
            await look("enter")
            await look("f7")
            assert sorted(set(seen)) == []

    asyncio.run(work())
