"""An order from sign-in to its closed sheet by scanner and confirm key alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from screen_pilot import LARGE, SMALL, at_the_bench
from test_app_hands import Clock

from bench.events import EventKind
from tui.preferences import STEADY
from tui.screens.bench import BenchScreen
from tui.screens.orders import OrdersScreen
from tui.screens.sign_in import SignInScreen
from tui.screens.summary import SummaryScreen

FOOT_SWITCH = "pagedown"
LIKED = replace(STEADY, scanner_ms=30, debounce_ms=200, confirm_key=FOOT_SWITCH)


@pytest.mark.parametrize(("size", "lang"), [(SMALL, "fr"), (LARGE, "en")])
def test_an_order_is_completed_by_scanner_and_confirm_key_alone(
    tmp_path: Path, size: tuple[int, int], lang: str
) -> None:
    async def work() -> None:
        async with at_the_bench(
            tmp_path, size=size, lang=lang, procedure="hands-busy", self_check=False, liked=LIKED
        ) as hands:
            clock = Clock(hands)

            async def confirm() -> None:
                clock.press(FOOT_SWITCH, 1.0)
                await hands.pilot.pause()
                await hands.settle()

            await clock.scan("OP:anne")
            await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
            await clock.scan("OR:OR-1001")
            await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
            bench = hands.app.screen
            assert isinstance(bench, BenchScreen) and bench.now is not None
            while bench.now.step is not None and bench.now.step.id != "sign":
                await confirm()
            await confirm()
            assert bench.now.refusal is not None, "who measured does not sign"
            await clock.scan("OP:luc")  # another pair of eyes, from wherever one stands
            await hands.until(lambda: isinstance(hands.app.screen, SignInScreen))
            await confirm()
            await hands.until(lambda: hands.app.screen is bench)
            for _time in range(6):
                if isinstance(hands.app.screen, SummaryScreen):
                    break
                await confirm()
            assert isinstance(hands.app.screen, SummaryScreen), hands.screen
            await clock.scan("OK:")
            await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
            events = list(hands.bench.journal.events(order="OR-1001"))
            assert events[-1].kind is EventKind.ORDER_CLOSED
            signed = next(event for event in events if event.kind is EventKind.SIGNED)
            measured = next(event for event in events if event.kind is EventKind.MEASURED)
            assert (measured.operator, signed.operator) == ("anne", "luc")

    asyncio.run(work())
