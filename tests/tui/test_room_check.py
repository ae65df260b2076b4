"""The daily check at the screen: a real quartz tester on a port measures its reference resistor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from room_pilot import RoomHands
from screen_pilot import LARGE, SMALL

from bench import language
from bench.events import EventKind
from drivers.simulated import SimulatedBench
from tui.app import EtabliApp
from tui.folder import Folder
from tui.screens.check import CheckScreen
from tui.screens.orders import OrdersScreen
from tui.workshop import Workshop

WORKSHOP = """
name = "Atelier d’essai"
station = "bench-1"

[house]
pins = false

[[operator]]
id = "claire"
name = "Claire Vuille"
roles = ["technician"]

[[instrument]]
id = "tester"
kind = "quartz-tester"
model = "etabli-quartz/1"
serial = "SIM-QT-1"
dialect = "etabli-quartz-1"
connection = "{url}"

[[instrument.capability]]
quantity = "coil_resistance"
resolution = 0.001
accuracy = 0.005

[instrument.daily_check]
quantity = "coil_resistance"
reference = "{reference} kΩ"
expanded = "0.002 kΩ"
certificate = "R-7"
low = "{low} kΩ"
high = "{high} kΩ"

[[instrument.certificate]]
number = "C-1"
laboratory = "Labo"
issued = {issued}
interval_days = 365
"""


def at_the_tester(
    folder: Path, reference: float, does: Callable[[RoomHands], Awaitable[None]], size: tuple[int, int] = SMALL
) -> None:
    """Open a workshop whose tester has a coil of 1.55 kΩ under it; the reference is said to be `reference`."""

    async def session(url: str) -> None:
        issued = date.today() - timedelta(days=20)
        text = WORKSHOP.format(url=url, reference=reference, low=reference - 0.1, high=reference + 0.1, issued=issued)
        (folder / "workshop.toml").write_text(text, "utf-8")
        opened: list[Workshop] = []

        def opener() -> Workshop:
            opened.append(Workshop.open(Folder(folder)))
            return opened[-1]

        app = EtabliApp(opener, language="en")
        async with app.run_test(size=size, notifications=True) as pilot:
            hands = RoomHands(app, pilot, None)  # type: ignore[arg-type]
            await hands.until(lambda: app._opened is not None)
            hands.bench = opened[0]
            app.signed_in(opened[0].operators[0], opened[0].operators[0].usual_role())
            await hands.until(lambda: isinstance(app.screen, OrdersScreen) and not app.screen.is_modal)
            await hands.menu("Instruments")
            await hands.sees("tester", "● ready", "✘ daily check missing", "✘ to do")
            await hands.tap("enter")
            await hands.sees("Enter Daily check", "R-7")
            await hands.tap("enter")
            await hands.sees("Put the reference on", "Enter Begin the check")
            await does(hands)
            assert not app.crashes
        opened[0].close()

    before = language.current()
    with SimulatedBench(speed=20.0, instruments=["quartz-tester"]) as bench:
        bench.select("reference", "quartz-healthy")
        bench.handle("place", "quartz-tester")
        asyncio.run(session(bench.urls["quartz-tester"]))
    language.use(before)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_check_within_its_limits_makes_the_instrument_good_for_today(tmp_path: Path, size: tuple[int, int]) -> None:
    async def does(hands: RoomHands) -> None:
        await hands.tap("enter")
        await hands.sees("The daily check has passed.", "saved")
        await hands.tap("escape")
        await hands.sees("✔ done", "✔ calibration valid")

    at_the_tester(tmp_path, 1.55, does, size)


def test_a_check_that_misses_suspends_the_instrument_at_once(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        await hands.tap("enter")
        await hands.sees("The daily check has failed: the instrument is suspended.", "Check again")
        kinds = [event.kind for event in hands.bench.journal.events()]
        assert EventKind.INSTRUMENT_SUSPENDED in kinds and EventKind.IMPACT_REVIEW_OPENED in kinds
        assert isinstance(hands.app.screen, CheckScreen)
        await hands.tap("escape")
        await hands.sees("✘ suspended", "✘ failed")

    at_the_tester(tmp_path, 1.0, does)
