"""Signing in at the screen: badge and PIN, the first PIN, changing over with an order in hand, the locked bench."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from screen_bench import SteppedPool
from screen_pilot import LARGE, SMALL, Hands, at_the_bench
from test_app_hands import Clock

from bench.events import EventKind
from bench.pins import Pins
from tui.preferences import Preferences
from tui.screens.bench import BenchScreen
from tui.screens.dialogs import PinDialog
from tui.screens.lock import LockScreen
from tui.screens.orders import OrdersScreen
from tui.screens.sign_in import SignInScreen

PINS = {"anne": "4711", "luc": "9999"}
SIGNED = (EventKind.SIGNED_IN, EventKind.SIGN_IN_REFUSED, EventKind.BENCH_LOCKED, EventKind.BENCH_UNLOCKED)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at little cost: what a PIN costs to guess is argon2's to prove."""
    monkeypatch.setattr(Pins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def run(folder: Path, work: Callable[[Hands], Awaitable[None]], **options: object) -> None:
    """Run one piece of work in the opened application, in a house that asks for PINs."""

    async def session() -> None:
        async with at_the_bench(folder, **{"pins": PINS, **options}) as hands:  # type: ignore[arg-type]
            await hands.until(lambda: hands.app.focused is not None)
            await work(hands)

    asyncio.run(session())


async def enter(hands: Hands, typed: str) -> None:
    """Type something and end it with Enter; dialogs come and go meanwhile, so nothing is waited for."""
    await hands.tap(*typed, "enter")


async def asked(hands: Hands) -> None:
    """Wait until a PIN is asked for."""
    await hands.until(lambda: isinstance(hands.app.screen, PinDialog) and hands.app.focused is not None)


async def sign_in(hands: Hands, badge: str = "anne", pin: str = "4711") -> None:
    """Sign in by a badge that belongs to one role."""
    await enter(hands, badge)
    await asked(hands)
    await enter(hands, pin)
    await hands.until(lambda: hands.app.operator is not None and hands.app.operator.id == badge)
    await hands.settle()


def told(hands: Hands) -> list[tuple[EventKind, str | None]]:
    return [(event.kind, event.operator) for event in hands.bench.journal.events(kinds=SIGNED)]


@pytest.mark.parametrize(("size", "lang"), [(SMALL, "fr"), (LARGE, "en")])
def test_a_badge_and_a_pin_sign_in_and_the_pin_is_not_shown(tmp_path: Path, size: tuple[int, int], lang: str) -> None:
    async def work(hands: Hands) -> None:
        await enter(hands, "anne")
        await asked(hands)
        await hands.sees("Anne Perret · ")
        await hands.tap(*"4711")
        await hands.sees("● ● ● ●")
        assert "4711" not in hands.screen
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
        assert told(hands) == [(EventKind.SIGNED_IN, "anne")]

    run(tmp_path, work, size=size, lang=lang)


def test_a_badge_with_several_roles_asks_which(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await enter(hands, "luc")
        await hands.sees("2 of 3", "controller", "workshop manager")
        assert "Anne" not in hands.screen
        await hands.tap("down", "enter")
        await asked(hands)
        await enter(hands, "9999")
        await hands.sees("Luc Favre · workshop manager")

    run(tmp_path, work)


def test_an_unknown_badge_is_refused_and_journaled_unless_it_could_be_a_pin(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await enter(hands, "zoe7")
        await hands.sees("Nobody here has the badge zoe7.", "Scan it again")
        await enter(hands, "4711")
        await hands.sees("Nobody here has the badge 4711.")
        refused = [event.payload["badge"] for event in hands.bench.journal.events(kinds=[EventKind.SIGN_IN_REFUSED])]
        assert refused == ["zoe7", "••••"]
        await sign_in(hands)

    run(tmp_path, work)


def test_a_wrong_pin_is_said_and_after_three_the_wait_is_shown(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await enter(hands, "anne")
        await asked(hands)
        for _time in range(3):
            before = hands.app.screen
            await enter(hands, "0815")
            await hands.until(lambda before=before: hands.app.screen is not before and hands.app.focused is not None)
            await hands.sees("The PIN is wrong.")
        await hands.sees("Wait: 0:0")
        await enter(hands, "4711")
        await hands.pilot.pause()
        assert hands.app.operator is None
        await hands.tap("escape")
        await hands.until(lambda: isinstance(hands.app.screen, SignInScreen))
        assert told(hands) == [(EventKind.SIGN_IN_REFUSED, None)] * 3

    run(tmp_path, work)


def test_too_short_a_pin_is_not_even_tried(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await enter(hands, "anne")
        await asked(hands)
        await hands.tap(*"47x1", "backspace", "enter")
        await hands.pilot.pause()
        assert isinstance(hands.app.screen, PinDialog)
        assert told(hands) == []

    run(tmp_path, work)


def test_the_first_sign_in_chooses_a_pin_typed_twice(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await enter(hands, "anne")
        await hands.sees("Anne Perret has no PIN yet", "4 to 12 digits")
        for first, again, then in (("1234", "1235", "The two are not the same."), ("1234", "1234", "Anne Perret · ")):
            await asked(hands)
            before = hands.app.screen
            await enter(hands, first)
            await hands.until(lambda before=before: hands.app.screen is not before and hands.app.focused is not None)
            await hands.sees("The same once more.")
            await enter(hands, again)
            await hands.sees(then)
        kinds = [event.kind for event in hands.bench.journal.events() if event.order is None]
        assert kinds[-2:] == [EventKind.PIN_SET, EventKind.SIGNED_IN]
        assert hands.bench.desk.keys is not None
        hands.bench.desk.keys.check("anne", "1234")

    run(tmp_path, work, pins={"luc": "9999"})


def test_somebody_else_takes_over_and_the_order_stays_where_it_is(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        await hands.press("enter")
        bench = hands.app.screen
        await hands.tap("f4")
        await hands.until(lambda: isinstance(hands.app.screen, SignInScreen))
        await enter(hands, "luc")
        await hands.tap("enter")
        await asked(hands)
        await enter(hands, "9999")
        await hands.sees("Luc Favre · controller", "Hamilton Khaki Field", "Step 1 of")
        assert hands.app.screen is bench
        assert hands.bench.desk.operator is not None
        assert hands.bench.desk.operator.id == "luc"
        await hands.press("f4", "escape")
        assert hands.app.screen is bench

    run(tmp_path, work, order="OR-1002")


def test_f4_twice_locks_and_only_the_same_pin_uncovers(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        await hands.tap("f4", "f4")
        await hands.sees("The bench is locked.", "Anne Perret")
        assert "Hamilton" not in hands.screen
        for key in ("escape", "enter", "f7", "f8", "s", "r"):
            await hands.tap(key)
        assert isinstance(hands.app.screen, LockScreen)
        await enter(hands, "9999")
        await hands.sees("The PIN is wrong.")
        await enter(hands, "4711")
        await hands.sees("Hamilton Khaki Field")
        assert not hands.bench.desk.locked
        assert told(hands)[1:] == [
            (EventKind.BENCH_LOCKED, "anne"),
            (EventKind.SIGN_IN_REFUSED, None),
            (EventKind.BENCH_UNLOCKED, "anne"),
        ]

    run(tmp_path, work, order="OR-1002")


def test_somebody_else_signs_in_at_the_locked_bench(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        await hands.tap("f4", "f4")
        await hands.until(lambda: isinstance(hands.app.screen, LockScreen))
        await hands.tap("f4")
        await hands.until(lambda: isinstance(hands.app.screen, SignInScreen))
        await hands.tap("escape")
        await hands.until(lambda: isinstance(hands.app.screen, LockScreen))
        await hands.tap("f4")
        await hands.until(lambda: isinstance(hands.app.screen, SignInScreen))
        await enter(hands, "luc")
        await hands.tap("enter")
        await asked(hands)
        await enter(hands, "9999")
        await hands.sees("Luc Favre · controller", "Hamilton Khaki Field")
        assert not hands.app.locked
        assert not hands.bench.desk.locked

    run(tmp_path, work, order="OR-1002")


def test_a_bench_that_nobody_touches_locks_itself(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        hands.app.lock_after = 600.0
        hands.app.touched -= 599.0
        hands.app.look()
        assert not hands.app.locked
        hands.app.touched -= 2.0
        await hands.tap("down")
        hands.app.look()
        assert not hands.app.locked, "a key was pressed"
        hands.app.touched -= 601.0
        hands.app.look()
        await hands.sees("The bench is locked.")
        await hands.settle()
        (locked,) = hands.bench.journal.events(kinds=[EventKind.BENCH_LOCKED])
        assert locked.payload == {"cause": "idle"}

    run(tmp_path, work)


def test_the_sign_in_screen_of_a_bench_that_locked_itself_leads_nowhere(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.tap("f4")
        await hands.until(lambda: isinstance(hands.app.screen, SignInScreen))
        hands.app.lock("idle")
        await hands.sees("The bench is locked.")
        await hands.tap("escape")
        await hands.pilot.pause()
        assert isinstance(hands.app.screen, LockScreen)

    run(tmp_path, work)


def test_a_running_measurement_goes_on_under_the_lock_and_is_found_at_its_end(tmp_path: Path) -> None:
    pool = SteppedPool(gate=threading.Event())

    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        await hands.tap("enter")
        await hands.settle()
        await hands.tap("enter")
        await hands.until(lambda: pool.began.is_set() and hands.app.measuring)
        hands.app.lock("idle")
        await hands.sees("The bench is locked.", "A measurement is running")
        await hands.tap("f4")
        await hands.pilot.pause()
        assert isinstance(hands.app.screen, LockScreen), "nobody signs in over somebody's measurement"
        await enter(hands, "4711")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen))
        assert hands.app.measuring, "the PIN does not wait for the instrument"
        hands.app.lock("idle")
        await hands.sees("The bench is locked.")
        assert pool.gate is not None
        pool.gate.set()
        await hands.until(lambda: not hands.app.measuring)
        await hands.settle()
        assert isinstance(hands.app.screen, LockScreen)
        measured = list(hands.bench.journal.events(kinds=[EventKind.MEASURED]))
        assert measured[-1].operator == "anne"

    run(tmp_path, work, order="OR-1001", step="magnetism", pool=pool)


def test_space_stops_a_measurement_at_a_locked_bench(tmp_path: Path) -> None:
    pool = SteppedPool(gate=threading.Event())

    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        await hands.tap("enter")
        await hands.settle()
        await hands.tap("enter")
        await hands.until(lambda: pool.began.is_set() and hands.app.measuring)
        hands.app.lock("idle")
        await hands.sees("The bench is locked.")
        await hands.tap("space")
        await hands.until(lambda: not hands.app.measuring)
        assert hands.app.locked

    run(tmp_path, work, order="OR-1001", step="magnetism", pool=pool)


def test_a_question_that_comes_up_at_a_locked_bench_is_covered(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        from bench.quantities import quantity

        await sign_in(hands)
        hands.app.lock("idle")
        await hands.sees("The bench is locked.")
        reading = asyncio.create_task(hands.app.at_bench(hands.app.ask_reading, quantity("rate"), "CH"))
        await hands.until(lambda: len(hands.app.screen_stack) >= 5)
        await hands.until(lambda: isinstance(hands.app.screen, LockScreen) and hands.app.focused is not None)
        await enter(hands, "4711")
        await hands.sees("Read the display: rate CH")
        await hands.tap("4", "enter")
        assert await reading == "4"
        await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))

    run(tmp_path, work)


def test_an_order_that_ends_at_a_locked_bench_stays_covered(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        bench = hands.app.screen
        assert isinstance(bench, BenchScreen)
        hands.app.lock("idle")
        await hands.sees("The bench is locked.")
        hands.app.finished(bench.work)
        await hands.pilot.pause()
        assert isinstance(hands.app.screen, LockScreen)
        assert "Hamilton" not in hands.screen

    run(tmp_path, work, order="OR-1002")


def test_a_scanned_order_does_not_lead_past_the_lock_and_a_scanned_badge_takes_over(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await sign_in(hands)
        hands.app.lock("person")
        await hands.sees("The bench is locked.")
        hands.app.obey(Preferences(scanner_ms=200, debounce_ms=0, sounds=False))
        clock = Clock(hands)
        for code, there in (("OR:OR-1002", LockScreen), ("OK:", LockScreen), ("OP:anne", PinDialog)):
            clock.at += 5.0
            for sign in (*code, "enter"):
                clock.press(sign, 0.005)
            await hands.until(lambda there=there: isinstance(hands.app.screen, there))
            await hands.settle() if there is LockScreen else None
        assert hands.app.locked
        await hands.tap(*"4711")
        assert "4711" not in hands.screen

    run(tmp_path, work)


def test_a_house_without_pins_signs_in_at_once_and_does_not_lock(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press(*"anne", "enter")
        await hands.sees("Anne Perret · technician", "OR-1001")
        hands.app.lock("idle")
        await hands.press("f4")
        assert "Lock the bench" not in hands.screen

    run(tmp_path, work, pins=None)
