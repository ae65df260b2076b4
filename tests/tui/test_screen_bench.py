"""The bench screen in the moments that matter: refused, running, stopped, unplugged, repeated, without verdict."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

from screen_bench import SteppedPool, record
from screen_pilot import LARGE, SMALL, Hands, at_the_bench

from bench.events import EventKind
from bench.instrument import InstrumentKind, LinkState
from tui.keys import MOST, fitting, hints
from tui.screens.bench import BenchScreen
from tui.screens.dialogs import Reason
from tui.widgets.instruments import InstrumentStrip


def run(
    folder: Path,
    work: Callable[[Hands], Awaitable[None]],
    *,
    pool: SteppedPool | None = None,
    size: tuple[int, int] = SMALL,
    step: str = "magnetism",
) -> None:
    """Run one piece of work on an order that stands at `step`, which is begun."""

    async def session() -> None:
        async with at_the_bench(folder, pool=pool, size=size, order="OR-1001", step=step) as hands:
            await hands.sign_in_and_begin()
            await work(hands)

    asyncio.run(session())


def kinds(hands: Hands) -> list[EventKind]:
    return [event.kind for event in hands.bench.journal.events(order="OR-1001")]


def test_a_magnetised_watch_is_flagged_and_not_regulated(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter", "enter")
        await hands.sees("NONCONFORMING", "STEP NOT PASSED", "MAGNETISED", "saved")
        await hands.press("enter", "enter", "enter", "enter")
        await hands.sees("before demagnetisation")
        await hands.press("enter")
        await hands.answer({"way": "regulate"})
        await hands.sees("REFUSED", "G-17", "Reason", "Remedy", "May be lifted by", "nobody")
        assert kinds(hands)[-1] is EventKind.REFUSED

    run(tmp_path, work, pool=SteppedPool(field_at_watch=0.5))


def test_space_stops_a_running_measurement_and_enter_repeats_it(tmp_path: Path) -> None:
    pool = SteppedPool(gate=threading.Event())

    async def work(hands: Hands) -> None:
        await hands.tap("enter")
        await hands.sees("Space stops safely", "mT")
        await hands.tap("f1")
        await hands.sees("What the keys do here")
        await hands.tap("space")
        await hands.until(lambda: EventKind.MEASUREMENT_INTERRUPTED in kinds(hands))
        await hands.press("escape")
        await hands.sees("INTERRUPTED", "Kept as interrupted", "Measure again")
        assert pool.gate is not None
        pool.gate.set()
        await hands.press("enter")
        await hands.sees("saved")
        assert kinds(hands)[-1] is EventKind.MEASURED

    run(tmp_path, work, pool=pool)


def test_a_lost_link_stands_on_the_screen_and_the_step_goes_on_after_its_return(tmp_path: Path) -> None:
    pool = SteppedPool(gate=threading.Event())
    meter = InstrumentKind.FIELD_METER.value

    async def work(hands: Hands) -> None:
        await hands.tap("enter")
        await hands.sees("Space stops safely")
        pool.lost = True
        threading.Thread(target=pool.say, args=(meter, LinkState.LOST)).start()
        await hands.sees("field link lost", "The link to field-meter is lost.", "the port is gone", "Measure again")
        assert kinds(hands)[-1] is EventKind.MEASUREMENT_INTERRUPTED
        pool.lost = False
        pool.say(meter, LinkState.READY)
        assert pool.gate is not None
        pool.gate.set()
        strip = hands.app.screen.query_one(InstrumentStrip)
        await hands.until(lambda: strip.states[meter] is LinkState.READY)
        await hands.press("enter")
        assert kinds(hands)[-1] is EventKind.MEASURED

    run(tmp_path, work, pool=pool)


def test_quitting_while_measuring_asks_first_and_stops_safely(tmp_path: Path) -> None:
    pool = SteppedPool(gate=threading.Event())

    async def work(hands: Hands) -> None:
        await hands.tap("enter")
        await hands.sees("Space stops safely")
        await hands.tap("ctrl+q")
        await hands.sees("Stop it safely and quit?")
        await hands.tap("n")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen))
        await hands.tap("ctrl+q")
        await hands.sees("Stop it safely and quit?")
        await hands.tap("y")
        await hands.until(lambda: hands.bench.closed)

    run(tmp_path, work, pool=pool)
    assert pool.stopping.is_set()


def test_the_fourth_repeat_asks_for_its_reason(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        for _attempt in range(2):
            await hands.press("enter", "enter", "r")
        await hands.press("enter", "enter")
        await hands.tap("r")
        await hands.until(lambda: isinstance(hands.app.screen, Reason))
        await hands.tap("d", "u", "s", "t", "space", "!", "enter")
        await hands.settle()
        done = [e for e in hands.bench.journal.events(order="OR-1001") if e.kind is EventKind.STEP_DONE]
        assert done[-1].payload["reason"] == "dust !"

    run(tmp_path, work)


def test_an_instrument_out_of_calibration_gives_an_indication_only(tmp_path: Path) -> None:
    pool = SteppedPool()
    old = date.today() - timedelta(days=500)
    pool.register[:] = [record(kind, issued=old) for kind in InstrumentKind]

    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("REFUSED", "G-05", "expired", "As indication")
        await hands.press("i")
        measured = [e for e in hands.bench.journal.events(order="OR-1001") if e.kind is EventKind.MEASURED]
        states = {entry["verdict"]["state"] for entry in measured[-1].payload["judged"]}
        assert states == {"refused"}

    run(tmp_path, work, pool=pool)


def test_the_language_changes_at_once_and_everywhere(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("background field", "Put the watch against the probe.")
        await hands.press("f2")
        await hands.sees("champ ambiant", "Posez la montre contre la sonde.")
        await hands.press("f2")
        await hands.sees("background field")

    run(tmp_path, work)


def test_in_every_moment_of_a_measurement_the_last_line_fits_80_cells_in_french(tmp_path: Path) -> None:
    pool = SteppedPool(gate=threading.Event())

    async def work(hands: Hands) -> None:
        def fits() -> None:
            named = hints(hands.app.screen)
            assert len(named) <= MOST
            assert fitting(named, SMALL[0]) == named, f"{sum(hint.width for hint in named)} cells: {named}"

        await hands.tap("f2")
        fits()
        await hands.tap("enter")
        await hands.until(lambda: hands.app.measuring)
        fits()
        await hands.press("space")
        await hands.until(lambda: not hands.app.measuring)
        fits()
        assert pool.gate is not None
        pool.gate.set()
        await hands.press("enter")
        fits()
        await hands.press("enter")
        fits()

    run(tmp_path, work, pool=pool)


def test_a_field_that_must_be_filled_in_says_so(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.sees("← needed")
        await hands.answer({})
        await hands.press("enter")
        await hands.sees("Case number as read, or “illegible”", "← needed")
        await hands.press("x", "enter")
        assert "needed" not in hands.screen

    run(tmp_path, work, step="identify")


def test_what_a_customer_wrote_shows_as_typed(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("Le Locle [bold]")
        await hands.answer({})
        await hands.answer({"case_number": "[red]"})
        await hands.sees("[red]")

    run(tmp_path, work, step="identify")


def test_a_refused_final_control_leads_to_another_person(tmp_path: Path) -> None:
    async def session() -> None:
        async with at_the_bench(tmp_path, order="OR-1001", step="final-control", self_check=False) as hands:
            await hands.sign_in_and_begin()
            await hands.sees("REFUSED", "G-31", "F4: another person signs in")
            await hands.press("f4", "down", "enter")
            await hands.sees("Luc Favre", "Enter starts this step")
            await hands.press("enter")
            while hands.app.focused is not None:
                await hands.answer({})
            await hands.sees("The order is closed.")
            signed = next(e for e in hands.bench.journal.events(order="OR-1001") if e.kind is EventKind.SIGNED)
            assert (signed.operator, signed.payload["self_check"]) == ("luc", False)

    asyncio.run(session())


def test_a_step_is_not_begun_by_looking_at_it(tmp_path: Path) -> None:
    async def session() -> None:
        async with at_the_bench(tmp_path) as hands:
            await hands.press("enter", "enter")
            await hands.sees("Enter starts this step")
            await hands.press("escape")
            await hands.sees("not begun")
            assert kinds(hands) == [EventKind.ORDER_OPENED]

    asyncio.run(session())


def test_the_sheet_is_written_and_its_path_shown(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("s")
        await hands.sees("Sheet written", "OR-1001.pdf")
        assert (tmp_path / "OR-1001.pdf").exists()

    run(tmp_path, work, size=LARGE)
