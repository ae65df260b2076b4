"""Every kind of field at the bench, by keys: typed, listed, picked, photographed, waited for, counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from screen_pilot import SMALL, Hands, at_the_bench
from textual.widgets import Input

from bench.events import EventKind
from bench.running import Clock
from tui.screens.bench import BenchScreen
from tui.screens.bench_photos import PhotoPath
from tui.screens.rows import FormDialog, PickDialog
from tui.widgets.form_fields import ChoiceField

WORDS = {"bag": "P-17", "day": "2024-05-01", "warmth": "21,5", "sound": "yes"}


def run(
    folder: Path,
    work: Callable[[Hands], Awaitable[None]],
    *,
    step: str = "",
    size: tuple[int, int] = SMALL,
    wait_scale: float = 1e9,
    begin: bool = True,
) -> None:
    """Run one piece of work on an order of the procedure with every kind, at `step`."""

    async def session() -> None:
        async with at_the_bench(
            folder, size=size, order="OR-1001", step=step, procedure="every-kind", wait_scale=wait_scale
        ) as hands:
            if begin:
                await hands.sign_in_and_begin()
            else:
                await hands.press("enter")
                await hands.until(lambda: getattr(hands.app.screen, "now", None) is not None)
            await work(hands)

    asyncio.run(session())


def answers(hands: Hands) -> Mapping[str, Any]:
    """Return what the last answered step was answered with."""
    answered = [e for e in hands.bench.journal.events(order="OR-1001") if e.kind is EventKind.STEP_ANSWERED]
    return answered[-1].payload["answers"]


def kinds(hands: Hands) -> list[EventKind]:
    return [event.kind for event in hands.bench.journal.events(order="OR-1001")]


def bench(hands: Hands) -> BenchScreen:
    assert isinstance(hands.app.screen, BenchScreen)
    return hands.app.screen


async def type_(hands: Hands, words: str) -> None:
    """Type into the line under the keyboard."""
    names = {" ": "space", ",": "comma", "-": "minus", "/": "slash", ".": "full_stop"}
    await hands.press(*(names.get(sign, sign) for sign in words))


async def put(hands: Hands, words: str) -> None:
    """Write into the line under the keyboard at once: what one would paste."""
    assert isinstance(hands.app.focused, Input)
    hands.app.focused.value = words
    await hands.pilot.pause()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    folder = tmp_path / "camera"
    folder.mkdir()
    Image.new("RGB", (40, 30), "navy").save(folder / "dial.jpg")
    return folder / "dial.jpg"


def test_words_a_date_a_number_and_a_yes_are_typed_and_confirmed_with_enter(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await put(hands, "P-17")
        await hands.press("enter")
        await put(hands, "1/5/2024")
        await hands.press("enter", "2", "1", "comma", "5", "enter")
        await hands.until(lambda: isinstance(hands.app.focused, ChoiceField))
        await hands.press("y", "enter", "enter")
        await hands.sees("Signs")
        assert answers(hands)["day"] == "2024-05-01"
        assert answers(hands)["warmth"]["value"] == 21.5
        assert "aside" not in answers(hands)

    run(tmp_path, work)


def test_what_is_no_date_is_said_under_the_line_and_stays_to_be_mended(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await put(hands, "P-17")
        await hands.press("enter")
        await put(hands, "32.1.2024")
        await hands.press("enter")
        await hands.sees("“32.1.2024” is no date.", "Write it like")
        assert isinstance(hands.app.focused, Input)
        assert hands.app.focused.value == "32.1.2024"
        await hands.press("backspace")
        assert "is no date" not in hands.screen
        assert EventKind.STEP_ANSWERED not in kinds(hands)

    run(tmp_path, work)


def test_a_refused_answer_keeps_what_was_typed_and_puts_the_keyboard_on_the_field(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await put(hands, "P-17")
        await hands.press("enter")
        await put(hands, "2024-05-01")
        await hands.press("enter", "2", "1", "enter", "n", "enter", "enter")
        await hands.sees("REFUSED", "A stopped watch goes elsewhere.", "P-17", "▶ It runs")
        await hands.press("y", "enter", "enter")
        await hands.sees("Signs")

    run(tmp_path, work)


def test_a_form_that_is_left_is_found_again_as_it_was(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await put(hands, "P-17")
        await hands.press("enter")
        await put(hands, "2024-05-01")
        await hands.press("escape")
        await hands.sees("OR-1002")
        await hands.press("enter")
        await hands.sees("P-17", "2024-05-01", "Temperature")
        assert isinstance(hands.app.focused, Input)
        assert hands.app.focused.value == "", "the keyboard stands on the first field that is open"

    run(tmp_path, work)


def test_letters_in_a_line_are_text_and_another_key_leads_to_the_menu(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await type_(hands, "ms")
        assert isinstance(hands.app.focused, Input)
        assert hands.app.focused.value == "ms"
        assert "Ctrl+L More" in hands.last_line
        await hands.tap("ctrl+l")
        await hands.sees("What else?", "Ask for help")

    run(tmp_path, work)


def test_several_a_table_and_a_defect_are_filled_in_by_keys(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("← needed")
        await hands.press("space", "down", "down", "space", "enter")
        await hands.sees("✔ Stops, Fog", "at least 1")
        await hands.tap("space")
        await hands.until(lambda: isinstance(hands.app.screen, FormDialog))
        await hands.pilot.pause()
        await hands.tap("s", "t", "e", "m", "enter", "right", "right", "enter")
        await hands.settle()
        await hands.sees("1. stem · Worn", "Enter goes on")
        await hands.press("enter")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PickDialog))
        await hands.pilot.pause()
        await hands.tap("a", "m", "p", "l", "i", "enter")
        await hands.settle()
        await hands.sees("Photo of the movement")
        assert answers(hands)["seen"] == ["stops", "fog"]
        assert answers(hands)["parts"] == [{"part": "stem", "state": "worn"}]
        assert str(answers(hands)["defect"]).startswith("MEC-AMP")

    run(tmp_path, work, step="lists")


def test_a_line_of_a_table_is_changed_and_taken_out(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("space", "enter")
        await hands.tap("space")
        await hands.until(lambda: isinstance(hands.app.screen, FormDialog))
        await hands.pilot.pause()
        await hands.tap("a", "enter", "right", "enter")
        await hands.settle()
        await hands.sees("1. a · Good")
        await hands.tap("up", "enter")
        await hands.until(lambda: isinstance(hands.app.screen, FormDialog))
        await hands.pilot.pause()
        await hands.tap("b", "enter", "enter")
        await hands.settle()
        await hands.sees("1. ab · Good")
        await hands.press("up", "delete")
        await hands.sees("at least 1")

    run(tmp_path, work, step="lists")


def test_a_photo_is_attached_from_its_folder_and_one_of_the_order_s_is_taken_again(
    tmp_path: Path, picture: Path
) -> None:
    async def work(hands: Hands) -> None:
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PhotoPath))
        await put(hands, str(tmp_path / "nowhere.jpg"))
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PhotoPath) and "nowhere" in hands.screen)
        await hands.pilot.pause()
        await put(hands, str(picture.parent))
        await hands.tap("enter")
        await hands.sees("dial.jpg")
        await hands.tap("enter")
        await hands.sees("✔ photo")
        assert EventKind.PHOTO_ATTACHED in kinds(hands)
        await hands.tap("up", "space")
        await hands.sees("Which photo?", "A new photo")
        await hands.tap("down", "enter")
        await hands.sees("✔ photo")
        assert kinds(hands).count(EventKind.PHOTO_ATTACHED) == 1

    run(tmp_path, work, step="picture")


def line_of(hands: Hands) -> Input:
    return hands.app.screen.query_one(Input)


def test_what_is_no_picture_is_refused_and_its_path_can_be_mended(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.jpg"
    wrong.write_text("no picture", encoding="utf-8")

    async def work(hands: Hands) -> None:
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PhotoPath))
        await put(hands, str(wrong))
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PhotoPath) and line_of(hands).value == str(wrong))
        assert EventKind.PHOTO_ATTACHED not in kinds(hands)

    run(tmp_path, work, step="picture")


def test_a_field_comes_up_when_another_is_answered_so(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.tap("down")
        assert "Glass: note" not in hands.screen
        await hands.press("s")
        await hands.sees("Glass: note")
        await hands.press("n")
        assert "Glass: note" not in hands.screen

    run(tmp_path, work, step="picture")


def test_parts_are_counted_and_what_is_missing_at_the_end_is_refused(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("3", "enter")
        await hands.sees("The safety card", "cleaning")
        assert answers(hands)["screws"]["value"] == 3

    run(tmp_path, work, step="apart")


def test_a_wait_counts_down_and_enter_goes_on_when_it_is_over(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("left, until", "Take up another order meanwhile")
        assert bench(hands).main_word() == ""
        await hands.press("enter")
        assert EventKind.REFUSED not in kinds(hands)
        hands.bench.desk.clock = TwoDaysLater()
        await hands.until(lambda: bench(hands).main_word() == "Go on")
        await hands.press("enter")
        await hands.sees("Stops: Settled")

    run(tmp_path, work, step="wait", wait_scale=1.0)


class TwoDaysLater(Clock):
    def now(self) -> datetime:
        return super().now() + timedelta(days=2)


def test_the_safety_card_is_read_with_enter_and_holds_for_today(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("G-38", "Enter: read the safety card", "Read the card")
        await hands.tap("enter")
        await hands.sees("Safety card: Cleaning machine", "Gloves and goggles on", "I have read it")
        await hands.press("enter")
        await hands.sees("Lid closed")

    run(tmp_path, work, step="machine", begin=False)
