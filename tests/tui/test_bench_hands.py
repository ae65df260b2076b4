"""An order from its first step to its summary by keys alone and by mouse alone; a value keyed in with its photo."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image
from screen_bench import SteppedPool, record
from screen_pilot import LARGE, SMALL, Hands, at_the_bench
from textual.widgets import Input

from bench.events import EventKind
from bench.instrument import InstrumentKind
from tui.screens.bench import BenchScreen
from tui.screens.bench_photos import PhotoPath
from tui.screens.dialogs import Reason
from tui.screens.rows import FormDialog, PickDialog
from tui.screens.summary import SummaryScreen

SHORT = "without-typing"


async def write(hands: Hands, words: str) -> None:
    """Write into the line under the keyboard, and press Enter."""
    await hands.until(lambda: isinstance(hands.app.focused, Input))
    assert isinstance(hands.app.focused, Input)
    hands.app.focused.value = words
    await hands.pilot.pause()
    await hands.tap("enter")
    await hands.pilot.pause()


async def click(hands: Hands, words: str) -> None:
    """Click where these words stand, the last time they do."""
    await hands.sees(words)
    lines = hands.screen.splitlines()
    row = max(n for n, line in enumerate(lines) if words in line)
    await hands.pilot.click(offset=(lines[row].index(words) + 1, row))
    await hands.pilot.pause()


async def main_key(hands: Hands) -> None:
    """Click the first key of the last line."""
    await hands.pilot.click(offset=(1, len(hands.screen.splitlines()) - 1))
    await hands.pilot.pause()
    await hands.settle()


def answered(hands: Hands) -> list[Mapping[str, Any]]:
    """Return the answers of the order's steps, in their order; a wait has none."""
    events = hands.bench.journal.events(order="OR-1001")
    return [e.payload["answers"] for e in events if e.kind is EventKind.STEP_ANSWERED and e.payload["answers"]]


def test_an_order_is_done_by_keys_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with at_the_bench(tmp_path, size=SMALL, order="OR-1001", procedure=SHORT) as hands:
            await hands.sign_in_and_begin()
            await hands.press("enter", "y", "enter", "c", "enter", "down", "space", "enter")
            await hands.tap("space")
            await hands.until(lambda: isinstance(hands.app.screen, FormDialog))
            await hands.pilot.pause()
            await hands.tap("w", "enter")
            await hands.sees("1. Worn")
            await hands.press("enter")
            await hands.tap("enter")
            await hands.until(lambda: isinstance(hands.app.screen, PickDialog))
            await hands.pilot.pause()
            await hands.tap("down", "enter")
            await hands.settle()
            await hands.sees("Enter goes on")
            await hands.press("enter", "enter", "enter", "enter")
            await hands.sees("All is done")
            await hands.press("enter")
            await hands.until(lambda: isinstance(hands.app.screen, SummaryScreen))
            first, second, third = answered(hands)
            assert first == {"clean": "yes", "runs": "yes", "glass": "cracked", "signs": ["fog"]}
            assert second["parts"] == [{"state": "worn"}] and second["defect"]
            assert third == {"done": "yes"}

    asyncio.run(work())


def test_an_order_is_done_by_mouse_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with at_the_bench(tmp_path, size=LARGE, order="OR-1001", procedure=SHORT) as hands:
            await click(hands, "Anne Perret")
            await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
            await hands.settle()
            await main_key(hands)
            await click(hands, "Bench clean")
            await click(hands, "Yes")
            await click(hands, "The glass, looked at")
            await click(hands, "Scratched")
            await click(hands, "Signs")
            await click(hands, "Fog")
            await main_key(hands)
            await click(hands, "adds a line")
            await hands.until(lambda: isinstance(hands.app.screen, FormDialog))
            await hands.pilot.pause()
            await click(hands, "Worn")
            await click(hands, "Enter  OK")
            await hands.sees("1. Worn")
            await click(hands, "Defect")
            await hands.until(lambda: isinstance(hands.app.screen, PickDialog))
            await hands.pilot.pause()
            await click(hands, "EXT-VER-FEL")
            await click(hands, "EXT-VER-FEL")
            await hands.until(lambda: isinstance(hands.app.screen, BenchScreen))
            await hands.settle()
            for _key in range(20):
                if "All is done" in hands.screen:
                    break
                await main_key(hands)
            await click(hands, "All is done")
            await main_key(hands)
            await hands.until(lambda: isinstance(hands.app.screen, SummaryScreen))
            first, second, third = answered(hands)
            assert first == {"clean": "yes", "runs": "yes", "glass": "scratched", "signs": ["fog"]}
            assert (second["parts"], second["defect"]) == ([{"state": "worn"}], "EXT-VER-FEL")
            assert third == {"done": "yes"}

    asyncio.run(work())


def test_a_value_is_keyed_in_after_a_photo_of_the_display(tmp_path: Path) -> None:
    pool = SteppedPool()
    meter = record(InstrumentKind.FIELD_METER)
    by_hand = replace(meter, id="by-hand", dialect="manual")
    pool.register[:] = [meter, by_hand]
    pool.broken = meter.id
    picture = tmp_path / "display.png"
    Image.new("RGB", (40, 30), "navy").save(picture)

    async def work() -> None:
        async with at_the_bench(tmp_path, pool=pool, order="OR-1001", step="field", procedure=SHORT) as hands:
            await hands.sign_in_and_begin()
            await hands.press("enter")
            await hands.sees("Key in", "INTERRUPTED", "K Key in")
            await hands.tap("k")
            await hands.until(lambda: isinstance(hands.app.screen, PhotoPath))
            await write(hands, str(picture))
            await hands.until(lambda: type(hands.app.screen) is Reason)
            await write(hands, "the cable is broken")
            await hands.settle()
            kinds = [event.kind for event in hands.bench.journal.events(order="OR-1001")]
            assert kinds.index(EventKind.PHOTO_ATTACHED) < kinds.index(EventKind.MEASURED)
            measured = [e for e in hands.bench.journal.events(order="OR-1001") if e.kind is EventKind.MEASURED]
            assert measured[-1].payload["reason"] == "the cable is broken"

    asyncio.run(work())
