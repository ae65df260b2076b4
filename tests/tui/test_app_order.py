"""An order from sign-in to its summary by keys alone, on a small and on a large terminal, in both languages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from screen_pilot import LARGE, SMALL, at_the_bench

from bench.events import EventKind

ANSWERS = {"moisture_visible": "no", "way": "leave"}


@pytest.mark.parametrize(("size", "lang"), [(SMALL, "fr"), (LARGE, "en")])
def test_an_order_is_completed_by_keys_alone(tmp_path: Path, size: tuple[int, int], lang: str) -> None:
    async def work() -> None:
        async with at_the_bench(tmp_path, size=size, lang=lang) as hands:
            await hands.sign_in_and_open()
            await hands.work_through(ANSWERS)
            print(hands.screen)
            kinds = [event.kind for event in hands.bench.journal.events(order="OR-1001")]
            assert kinds[-1] is EventKind.ORDER_CLOSED
            assert EventKind.MEASURED in kinds

    asyncio.run(work())
