"""Hands busy: scanner, foot switch, sleeve, going on by itself, sounds; in the real application, every time given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from screen_bench import SteppedPool
from screen_pilot import Hands, at_the_bench
from textual import events
from textual.app import App
from textual.widgets import Input

from bench.events import EventKind
from bench.instrument import LinkState
from tui.preferences import STEADY
from tui.screens import bench as bench_screen
from tui.screens.bench import BenchScreen
from tui.screens.help import HelpScreen
from tui.screens.orders import OrdersScreen
from tui.sounds import Sound
from tui.widgets.picklist import PickList

WITH_SCANNER = replace(STEADY, scanner_ms=30)


def run(folder: Path, work: Callable[[Hands], Awaitable[None]], **options: object) -> None:
    async def session() -> None:
        async with at_the_bench(folder, **options) as hands:  # type: ignore[arg-type]
            await work(hands)

    asyncio.run(session())


class Clock:
    """Presses keys at times of its own."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.at = 1000.0

    def press(self, name: str, after: float) -> None:
        self.at += after
        event = events.Key(name, {"enter": "\r"}.get(name, name if len(name) == 1 else None))
        event.time = self.at
        self.hands.app.post_message(event)

    async def scan(self, code: str, end: str = "enter") -> None:
        """Scan a label: every sign 5 ms after the one before, then Enter."""
        self.at += 5.0
        for sign in code:
            self.press(sign, 0.005)
        if end:
            self.press(end, 0.005)
        await self.hands.until(lambda: not self.hands.app.holding)
        await self.hands.pilot.pause()
        await self.hands.settle()


def test_scanning_an_order_goes_there_from_anywhere(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        await hands.press("enter")
        await clock.scan("OR:OR-1002")
        await hands.sees("Hamilton Khaki Field")
        await clock.scan("OR:OR-1001")
        await hands.sees("Tissot")
        await hands.press("f8")
        await clock.scan("OR:OR-1002")
        await hands.sees("Hamilton Khaki Field")
        await hands.press("escape")
        assert isinstance(hands.app.screen, OrdersScreen)

    run(tmp_path, work, liked=WITH_SCANNER)


def test_scanning_an_order_before_sign_in_or_an_unknown_one_is_said(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        await clock.scan("OR:OR-1002")
        await hands.sees("Nobody is signed in")
        await hands.press("enter")
        await clock.scan("OR:OR-9999")
        await hands.sees("There is no order OR-9999")
        assert isinstance(hands.app.screen, OrdersScreen)

    run(tmp_path, work, liked=WITH_SCANNER)


@pytest.mark.parametrize(
    ("code", "end", "word"), [("7612345678900", "enter", "Scanned: 7612345678900"), ("OR:OR-10", "", "Half a code")]
)
def test_garbage_and_half_a_code_are_said_and_typed_nowhere(tmp_path: Path, code: str, end: str, word: str) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        await hands.press("enter")
        await clock.scan(code, end)
        await hands.sees(word)
        assert hands.app.screen.query_one(PickList).sought == ""

    run(tmp_path, work, liked=WITH_SCANNER)


def test_a_scan_is_not_typed_into_the_field_under_the_keyboard(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        from tui.screens.dialogs import Reason

        answered: list[str | None] = []
        hands.app.push_screen(Reason(lambda: "Why?"), answered.append)
        await hands.sees("Why?")
        await clock.scan("4006381333931")
        await hands.sees("Scanned: 4006381333931")
        assert hands.app.screen.query_one(Input).value == "" and answered == []
        clock.press("x", 1.0)
        clock.press("y", 0.2)
        await hands.until(lambda: hands.app.screen.query_one(Input).value == "xy")
        clock.press("enter", 0.5)
        await hands.until(lambda: answered == ["xy"])

    run(tmp_path, work, liked=WITH_SCANNER)


def test_what_was_typed_before_a_scan_stands_there_after_it(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        from tui.screens.dialogs import Reason

        await hands.press("enter")
        await hands.sees("OR-1001", "Anne Perret")
        orders = hands.app.screen
        clock.press("o", 1.0)
        await hands.until(lambda: orders.query_one(PickList).sought == "o")
        await hands.press("down")
        assert orders.query_one(PickList).cursor == 1
        await clock.scan("4006381333931")
        await hands.sees("Scanned: 4006381333931")
        await hands.until(lambda: orders.query_one(PickList).sought == "o")
        assert orders.query_one(PickList).cursor == 1

        hands.app.push_screen(Reason(lambda: "Why?"))
        await hands.sees("Why?")
        line = hands.app.screen.query_one(Input)
        for sign in "abc":
            clock.press(sign, 0.2)
        await hands.until(lambda: line.value == "abc")
        line.select_all()
        await clock.scan("OR:OR-10", "")
        await hands.sees("Half a code")
        await hands.until(lambda: line.value == "abc" and line.selected_text == "abc")

    run(tmp_path, work, liked=WITH_SCANNER)


def test_a_letter_that_only_changes_the_picture_is_not_held_and_a_scan_takes_it_back(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        await hands.press("enter")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        while not timing(hands):
            await hands.press("enter")
        screen = hands.app.screen
        assert isinstance(screen, BenchScreen)
        await hands.until(lambda: screen.pictures.choices > 1)
        stood = screen.pictures.view
        clock.press("v", 1.0)
        await hands.until(lambda: screen.pictures.view != stood)
        assert not hands.app.holding
        turned = screen.pictures.view
        await clock.scan("v1234567")
        await hands.sees("Scanned: v1234567")
        await hands.until(lambda: screen.pictures.view == turned)

    run(tmp_path, work, order="OR-1001", step="timing-before", liked=WITH_SCANNER)


def test_the_confirm_label_does_what_enter_does(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await Clock(hands).scan("OK:")
        await hands.sees("OR-1001", "Anne Perret")

    run(tmp_path, work, liked=WITH_SCANNER)


def test_a_foot_switch_confirms(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("insert")
        await hands.sees("OR-1001", "Anne Perret")
        await hands.press("insert")
        await hands.sees("Step 1 of")

    run(tmp_path, work, liked=replace(STEADY, confirm_key="insert"))


def test_ten_presses_by_a_sleeve_are_one_confirmation(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        clock = Clock(hands)
        for _press in range(10):
            clock.press("enter", 0.08)
            await hands.pilot.pause()
            await hands.settle()
        assert isinstance(hands.app.screen, OrdersScreen)
        clock.press("enter", 1.0)
        await hands.sees("Step 1 of")

    run(tmp_path, work, liked=replace(STEADY, debounce_ms=300))


def timing(hands: Hands) -> list[str]:
    """Return the positions that are in the journal, in their order."""
    measured = (e for e in hands.bench.journal.events(order="OR-1001") if e.kind is EventKind.MEASURED)
    return [e.payload["label"] for e in measured if e.payload["step"] == "timing-before"]


@pytest.mark.parametrize("goes_on", [True, False])
def test_after_a_stable_reading_that_passes_the_next_begins_by_itself(
    tmp_path: Path, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_screen, "SECOND", 0.01)

    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        while not timing(hands):
            await hands.press("enter")
        if goes_on:
            await hands.until(lambda: len(timing(hands)) >= 3)
        else:
            await hands.settle()
            await hands.sees("Enter Measure")
            assert len(timing(hands)) == 1

    liked = replace(STEADY, auto_advance=goes_on)
    run(tmp_path, work, order="OR-1001", step="timing-before", liked=liked)


def test_space_waits_and_the_criterion_is_shown(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        while not timing(hands):
            await hands.press("enter")
        await hands.sees("9H: measuring in", "Space waits", "stable: rate ± 0.05 ≤ 0.58 s/d")
        assert "Space Stop" in " ".join(hands.last_line.split())
        await hands.press("space")
        await hands.until(lambda: "Space waits" not in hands.screen)
        assert len(timing(hands)) == 1

    liked = replace(STEADY, auto_advance=True)
    run(tmp_path, work, order="OR-1001", step="timing-before", liked=liked)


def test_a_reading_that_fails_waits_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_screen, "SECOND", 0.01)

    async def work(hands: Hands) -> None:
        await hands.press("enter")
        await hands.until(lambda: isinstance(hands.app.screen, BenchScreen) and hands.app.screen.now is not None)
        while not timing(hands):
            await hands.press("enter")
        await hands.sees("NONCONFORMING", "Enter Measure")
        assert len(timing(hands)) == 1 and not hands.app.screen.counting

    pool = SteppedPool(figures={"rate": 90.0, "amplitude": 120.0, "beat_error": 3.0})
    run(tmp_path, work, order="OR-1001", step="timing-before", pool=pool, liked=replace(STEADY, auto_advance=True))


def test_sounds_are_heard_and_can_be_turned_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(App, "bell", lambda _app: rung.append("bell"))
    monkeypatch.setattr(Sound.LOST, "_value_", (0.0, 0.01, 0.02))

    async def work(hands: Hands) -> None:
        hands.bench.pool.say("timegrapher", LinkState.LOST)
        await hands.until(lambda: len(rung) == 3)
        hands.app.like(STEADY)
        hands.bench.pool.say("timegrapher", LinkState.LOST)
        await hands.pilot.pause(0.05)
        assert len(rung) == 3

    run(tmp_path, work, liked=replace(STEADY, sounds=True))


def test_a_key_is_rebound_by_its_id(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        for key in ("f2", "f13"):
            await hands.press(key)
            await hands.until(lambda: isinstance(hands.app.screen, HelpScreen))
            await hands.press("escape")
            await hands.sees("Who works at the bench?")
        await hands.press("f3")
        await hands.until(lambda: " FR" in hands.screen)

    run(tmp_path, work, liked=replace(STEADY, keys={"help": "f2", "language": "f3", "help-sign": "f13"}))
