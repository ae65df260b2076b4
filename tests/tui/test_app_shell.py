"""The application around the bench: opening, sign-in, search, sizes, the last line, help, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from screen_bench import Workbench
from screen_pilot import LARGE, SMALL, Hands, at_the_bench

from bench import language
from bench.errors import UsageError
from bench.events import EventKind
from bench.instrument import Stopped
from bench.language import msg
from bench.quantities import quantity
from tui.app import EtabliApp
from tui.keys import MOST, fitting, hints


def run(folder: Path, work: Callable[[Hands], Awaitable[None]], **options: object) -> None:
    """Run one piece of work in the opened application."""

    async def session() -> None:
        async with at_the_bench(folder, **options) as hands:  # type: ignore[arg-type]
            await work(hands)

    asyncio.run(session())


def test_who_signs_in_is_journaled_with_the_role(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("Who works at the bench?", "Anne Perret", "Luc Favre", "workshop manager")
        await hands.press("down", "enter")
        await hands.sees("Luc Favre · controller")
        signed = next(e for e in hands.bench.journal.events() if e.kind is EventKind.SIGNED_IN)
        assert (signed.operator, signed.payload["role"]) == ("luc", "controller")
        await hands.press("f4", "up", "enter")
        await hands.sees("Anne Perret · technician")

    run(tmp_path, work)


def test_orders_are_found_by_typing(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("OR-1001", "OR-1002")
        await hands.press(*"khaki")
        await hands.sees("1 of 2", "Hamilton")
        assert "Tissot" not in hands.screen
        await hands.press("escape")
        await hands.sees("Tissot")
        await hands.press(*"zzz")
        await hands.sees("Nothing found.")

    run(tmp_path, work, size=LARGE)


def test_an_order_named_at_the_start_is_opened_after_sign_in(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("Hamilton Khaki Field", "Step 1 of")

    run(tmp_path, work, order="OR-1002")


def test_an_unknown_order_is_said_and_the_list_stays(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("There is no order OR-9.", "OR-1001")

    run(tmp_path, work, order="OR-9")


def test_a_terminal_that_is_too_small_says_what_it_needs(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("at least 80 × 24", "60 × 20")
        await hands.pilot.resize_terminal(*SMALL)
        await hands.sees("Who works at the bench?")
        assert "at least 80" not in hands.screen

    run(tmp_path, work, size=(60, 20))


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_last_line_names_at_most_six_keys_and_none_is_cut_off(tmp_path: Path, lang: str) -> None:
    async def work(hands: Hands) -> None:
        for keys in (["enter"], ["enter"], ["enter"]):
            named = hints(hands.app.screen)
            assert len(named) <= MOST
            assert fitting(named, SMALL[0]) == named, f"{sum(h.width for h in named)} cells: {named}"
            await hands.press(*keys)

    run(tmp_path, work, lang=lang)


def test_help_lists_the_keys_of_the_screen_underneath(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("f1")
        await hands.sees("What the keys do here", "Sign in", "English / français", "Quit", "Ctrl+Q")
        await hands.press("escape")
        await hands.sees("Who works at the bench?")

    run(tmp_path, work)


def test_the_palette_speaks_our_words(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("ctrl+p")
        await hands.sees("Search a command", "Language: Français", "Jump to a field", "Quit")
        assert "Theme" not in hands.screen

    run(tmp_path, work)


def test_leaving_closes_the_workshop(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.tap("ctrl+q")
        await hands.until(lambda: hands.bench.closed)
        assert hands.app.return_code == 0

    run(tmp_path, work)


def test_a_workshop_that_cannot_be_opened_says_why_and_enter_tries_again(tmp_path: Path) -> None:
    tries: list[str] = []

    def opener() -> Workbench:
        tries.append("try")
        if len(tries) == 1:
            raise UsageError(msg("The register is broken."), remedy=msg("Mend it."))
        return Workbench(tmp_path)

    async def session() -> None:
        app = EtabliApp(opener, language="en")
        async with app.run_test(size=SMALL) as pilot:
            hands = Hands(app, pilot, None)  # type: ignore[arg-type]
            await hands.sees("The register is broken.", "Mend it.", "Try again")
            await hands.press("enter")
            await hands.sees("Who works at the bench?")

    before = language.current()
    asyncio.run(session())
    language.use(before)


def test_a_reading_taken_from_a_display_is_keyed_in_and_esc_stops(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        rate = quantity("rate")
        asked = asyncio.create_task(hands.app.at_bench(hands.app.ask_reading, rate, "CH"))
        await hands.sees("Read the display: rate CH in s/d")
        await hands.tap("plus", "4", "comma", "2", "enter")
        assert await asked == "+4,2"
        asked = asyncio.create_task(hands.app.at_bench(hands.app.ask_reading, rate, "6H"))
        await hands.sees("Read the display: rate 6H in s/d")
        await hands.tap("escape")
        with pytest.raises(Stopped):
            await asked

    run(tmp_path, work)
