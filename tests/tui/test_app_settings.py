"""Settings inside the program: every change at once, kept in a file, in both languages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from screen_pilot import LARGE, SMALL, Hands, at_the_bench

from tui.keys import MOST, fitting, hints
from tui.preferences import Preferences, load
from tui.screens.settings import SETTINGS, KeysScreen
from tui.widgets import charset
from tui.widgets.readout import Readout


def run(folder: Path, work: Callable[[Hands], Awaitable[None]], **options: object) -> None:
    async def session() -> None:
        async with at_the_bench(folder, kept_in=folder / "user" / "preferences.toml", **options) as hands:  # type: ignore[arg-type]
            await work(hands)

    with charset.drawing(charset.current().name):
        asyncio.run(session())


def kept(hands: Hands) -> Preferences:
    liked, notices = load(hands.bench.folder / "user" / "preferences.toml")
    assert notices == []
    return liked


def test_the_language_is_switched_live_and_kept(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f8")
        await hands.sees("Language", "English", "Sounds")
        await hands.press("right")
        await hands.sees("Français")
        assert hands.app.theme == "dark" and kept(hands).language == "fr"
        await hands.press("left")
        await hands.sees("Sounds")

    run(tmp_path, work)


def test_colours_hold_at_once_and_are_kept(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f8", "down", "right")
        assert hands.app.theme == "light" == kept(hands).theme
        await hands.press("enter")
        assert hands.app.theme == "blue-orange" == kept(hands).theme

    run(tmp_path, work)


def test_every_setting_can_be_changed_and_no_other_changes_with_it(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f8")
        for place, setting in enumerate(SETTINGS):
            before = hands.app.preferences
            await hands.press("right")
            await hands.until(lambda before=before: hands.app.preferences != before)
            changed = [s.name for s in SETTINGS if getattr(before, s.name) != getattr(hands.app.preferences, s.name)]
            assert changed == [setting.name], place
            await hands.press("left", "down")

    run(tmp_path, work, size=LARGE, lang="en")


def test_plain_signs_leave_no_other_character_on_the_screen(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f8", "down", "down", "right", "right", "right")
        assert hands.app.charset == "ascii"
        await hands.pilot.pause()
        painted = "".join(s.text for w in hands.app.screen.walk_children() for y in range(w.size.height)
                          for s in w.render_lines(w.size.region)[y])  # fmt: skip
        assert painted.strip() and painted.isascii()

    run(tmp_path, work, lang="fr")


def test_big_digits_take_the_room_of_everything_else(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.until(lambda: bool(hands.app.screen.query(Readout)))
        await hands.press("enter")
        usual = hands.app.screen.query_one(Readout).size.height
        await hands.press("f8", "down", "down", "down", "right", "escape")
        await hands.until(lambda: hands.app.screen.query_one(Readout).size.height > usual)
        await hands.sees("██████")

    run(tmp_path, work, order="OR-1001", step="timing-before")


def test_a_key_is_given_to_something_else_and_back(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f8", *["down"] * len(SETTINGS), "enter")
        await hands.until(lambda: isinstance(hands.app.screen, KeysScreen))
        await hands.press(*"sheet", "enter")
        await hands.sees("Which key for: Sheet?")
        await hands.press("7")
        await hands.sees("needs Shift or AltGr")
        await hands.press("r")
        await hands.sees("R already does: Repeat")
        await hands.press("d")
        assert kept(hands).keys == {"sheet": "d"}
        await hands.press("delete")
        assert kept(hands).keys == {}

    run(tmp_path, work)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_settings_fit_a_small_terminal(tmp_path: Path, lang: str) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f8")
        named = hints(hands.app.screen)
        assert len(named) <= MOST and fitting(named, SMALL[0]) == named
        for _setting in SETTINGS:
            await hands.press("down")
        assert "▶" in hands.screen

    run(tmp_path, work, lang=lang)


def test_jump_mode_puts_the_keyboard_where_the_letter_stands(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter", "enter", "enter")
        fields = list(hands.app.screen.query("Field"))
        assert len(fields) > 1
        await hands.press("f7")
        await hands.sees("  A he label", "B")
        await hands.press("b")
        assert hands.app.focused is not None and fields[1] in hands.app.focused.ancestors_with_self

    run(tmp_path, work)


def test_every_key_of_the_screen_is_a_command_too(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        commands = {command.title for command in hands.app.get_system_commands(hands.app.screen)}
        words = {hint.word for hint in hints(hands.app.screen, hidden=True) if hint.where != "field"}
        assert words - commands <= {"All commands", "English / français"}
        await hands.press("f9", *"settings")
        await hands.pilot.pause(0.3)
        await hands.press("enter")
        await hands.sees("Colours")

    run(tmp_path, work)
