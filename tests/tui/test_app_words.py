"""Every word on every screen comes from the catalogue of the language in force, from a data file in it, or is data."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from screen_bench import CALIBRE, CASE
from screen_pilot import SMALL, Hands, at_the_bench
from textual.screen import ModalScreen

from tests import catalogues
from tui.screens.bench import BenchScreen
from tui.screens.dialogs import Confirm, Reason
from tui.screens.settings import KeysScreen

ROOT = catalogues.ROOT
WORD = re.compile(r"[^\W\d_]{4,}")
# Names: of people, things, standards, units and keys; the same in both languages.
DATA = """
    Anne Perret Luc Favre Tissot Locle bold Hamilton Khaki Field Établi English français Français Prénom Nom
    Ctrl Super simulation Atelier Test Remontez fond
"""


def strings(value: Any) -> Iterator[str]:
    """Return every string of a data file's contents."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def texts(value: Any, lang: str) -> Iterator[str]:
    """Return what a data file says in one language: every `fr` or `en` beside the other, and what has no language."""
    if isinstance(value, dict) and {"fr", "en"} <= set(value):
        yield from strings(value[lang])
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each, lang)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, lang)


def words(text: str) -> set[str]:
    return {word.casefold() for word in WORD.findall(text)}


@cache
def vocabulary(lang: str) -> frozenset[str]:
    """Return every word that the program can say in one language."""
    known = words(DATA) | words(f"{CALIBRE} {CASE.name}")
    for message in catalogues.french() if lang == "fr" else catalogues.extracted():
        known |= words(str((message.string if lang == "fr" else message.id) or ""))
    for path in (*(ROOT / "bench").rglob("*.toml"), *(ROOT / "profiles").rglob("*.toml")):
        for text in texts(tomllib.loads(path.read_text("utf-8")), lang):
            known |= words(text)
    for source in (*(ROOT / "bench").rglob("*.py"), *(ROOT / "tui").rglob("*.py")):
        for pair in re.finditer(r'Text\(\s*fr="([^"]*)",\s*en="([^"]*)"', source.read_text("utf-8")):
            known |= words(pair[1] if lang == "fr" else pair[2])
        for pair in re.finditer(r'Text\(\s*"([^"]*)",\s*"([^"]*)"', source.read_text("utf-8")):
            known |= words(pair[1] if lang == "fr" else pair[2])
    return frozenset(known)


def seen(hands: Hands) -> set[str]:
    """Return the words on the screen, or in the dialog over it; not paths, and none that an ellipsis cuts off."""
    rows = hands.screen.splitlines()
    if isinstance(hands.app.screen, ModalScreen):
        rows = [re.sub(r"^[^│]*│|│[^│]*$", " ", row) for row in rows if row.count("│") > 1 or "│" not in row]
        rows = [row for row in rows if "╭" not in row and "╰" not in row] if any("│" in r for r in rows) else rows
    return words(re.sub(r"\w*…|\S*[/_]\S*", " ", "\n".join(rows)))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_word_on_every_screen_is_translated(tmp_path: Path, lang: str) -> None:
    strange: dict[str, str] = {}

    async def look(hands: Hands, *keys: str) -> None:
        await hands.press(*keys)
        await hands.pilot.pause()
        for word in seen(hands) - vocabulary(lang):
            row = next((row for row in hands.screen.splitlines() if word in row.casefold()), "")
            strange[word] = f"{type(hands.app.screen).__name__}: {row.strip()}"

    async def walk() -> None:
        async with at_the_bench(tmp_path, size=SMALL, lang=lang) as hands:
            app = hands.app
            for keys in ((), ("f1",), ("end",), ("escape",), ("f9",), ("escape",), ("f8",), *[("down",)] * 10):
                await look(hands, *keys)
            app.push_screen(KeysScreen())
            for keys in ((), ("pagedown",), ("pagedown",), ("enter",), ("escape",), ("escape",), ("escape",)):
                await look(hands, *keys)
            for keys in (("enter",), ("f1",), ("escape",), ("z", "z", "z"), ("escape",), ("enter",), ("enter",)):
                await look(hands, *keys)
            assert "[bold]" in hands.screen, "what a customer wrote shows as it was typed"
            for keys in (("f1",), ("escape",), ("f7",), ("escape",), ("f4",), ("escape",), ("s",)):
                await look(hands, *keys)
            for question in (Reason(lambda: ""), Confirm(lambda: "")):
                app.push_screen(question)
                await look(hands)
                await look(hands, "escape")
            await hands.pilot.resize_terminal(60, 20)
            await look(hands)

    async def measure(step: str, *turns: str) -> None:
        async with at_the_bench(tmp_path / step, size=SMALL, lang=lang, order="OR-1001", step=step) as hands:
            await hands.press("enter")
            await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
            for key in turns:
                await look(hands, key)

    asyncio.run(walk())
    for step in ("magnetism", "timing-before"):
        (tmp_path / step).mkdir()
        asyncio.run(measure(step, *["enter"] * 5, "f1", "escape"))
    assert strange == {}
