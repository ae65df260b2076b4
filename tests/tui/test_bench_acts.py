"""What is done beside a step: left out, gone back from, called for help, decided, lifted, taken over, put right."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

from screen_pilot import SMALL, Hands, at_the_bench
from textual.widgets import Input

from bench import hierarchy
from bench.events import Event, EventKind
from bench.people import Operator
from tui.screens.bench import BenchScreen
from tui.screens.dialogs import PinDialog, Reason
from tui.screens.rows import FormDialog, Options

ORDER = "OR-1001"
PINS = {"anne": "1111", "luc": "2222"}


def run(
    folder: Path,
    work: Callable[[Hands], Awaitable[None]],
    step: str,
    *,
    pins: dict[str, str] | None = None,
    begin: bool = True,
    size: tuple[int, int] = SMALL,
) -> None:
    """Run one piece of work on an order of the procedure with every kind, begun at `step` by Anne, a technician."""

    async def session() -> None:
        async with at_the_bench(folder, size=size, order=ORDER, step=step, procedure="every-kind", pins=pins) as hands:
            await hands.tap("enter")
            if pins:
                await hands.until(lambda: isinstance(hands.app.screen, PinDialog))
                await hands.tap(*pins["anne"], "enter")
            await hands.until(lambda: getattr(hands.app.screen, "now", None) is not None)
            await hands.settle()
            if begin:
                await hands.press("enter")
            await work(hands)

    asyncio.run(session())


def bench(hands: Hands) -> BenchScreen:
    return next(screen for screen in hands.app.screen_stack if isinstance(screen, BenchScreen))


def events(hands: Hands, kind: EventKind) -> list[Event]:
    return [event for event in hands.bench.journal.events(order=ORDER) if event.kind is kind]


async def more(hands: Hands, words: str) -> None:
    """Open the list of what else can be done, and take the entry that says so."""
    await hands.tap("m" if "M More" in hands.last_line else "ctrl+l")
    await hands.until(lambda: bool(hands.app.screen.query(Options)))
    found = hands.app.screen.query_one(Options)
    place = next(n for n, (_what, said) in enumerate(found.options) if words in said)
    await hands.tap(*["down"] * place, "enter")


async def say(hands: Hands, words: str) -> None:
    """Answer the question that is asked in words."""
    await hands.until(lambda: isinstance(hands.app.screen, Reason) and isinstance(hands.app.focused, Input))
    assert isinstance(hands.app.focused, Input)
    hands.app.focused.value = words
    await hands.pilot.pause()
    await hands.tap("enter")
    await hands.pilot.pause()


async def prove(hands: Hands, pin: str) -> None:
    await hands.until(lambda: isinstance(hands.app.screen, PinDialog))
    await hands.tap(*pin, "enter")
    await hands.settle()


def elsewhere(hands: Hands, name: str) -> Operator:
    return next(operator for operator in hands.bench.operators if operator.id == name)


def test_a_step_is_left_out_for_the_reason_that_its_data_gives(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "Leave this step out: Nothing comes apart")
        await hands.settle()
        done = events(hands, EventKind.STEP_DONE)[-1].payload
        assert (done["step"], done["outcome"], done["code"]) == ("apart", "skipped", "one-piece")

    run(tmp_path, work, "apart")


def test_the_map_says_why_a_step_was_left_out(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "Leave this step out")
        await hands.sees("– Count", "Nothing comes apart", "2 Working", "✔  1 Taking down")

    run(tmp_path, work, "apart", size=(160, 50))


def test_work_is_repeated_from_an_earlier_step_with_a_reason(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "Repeat the work from: Words and figures")
        await say(hands, "the watch fell")
        await hands.sees("Stage 1 of 3", "Words and figures")
        done = events(hands, EventKind.STEP_DONE)[-1].payload
        assert (done["outcome"], done["next"], done["reason"]) == ("back", "words", "the watch fell")

    run(tmp_path, work, "outcome")


def test_help_is_called_for_and_stands_over_the_work(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "Ask for help")
        await say(hands, "the stem is stuck")
        await hands.sees("waits for: workshop manager, since", "the stem is stuck")
        assert not bench(hands).work.state.alerts[-1].holds_up

    run(tmp_path, work, "apart")


def test_a_grave_incident_holds_the_order_up(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "Tell an incident")
        await hands.sees("How grave?")
        await hands.tap("down", "down", "enter")
        await say(hands, "dial scratched")
        await hands.sees("dial scratched")
        assert bench(hands).work.state.alerts[-1].holds_up

    run(tmp_path, work, "apart")


def test_what_holds_the_order_up_is_decided_in_place_by_the_manager_with_a_pin(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        hierarchy.incident(bench(hands).work, 3, "crystal broken")
        await hands.press("escape", "enter")
        await hands.sees("REFUSED", "F4: the manager signs in, then decides with Ctrl+L", "crystal broken")
        await hands.tap("f4", "down", "enter")
        await prove(hands, PINS["luc"])
        await hands.sees("Luc Favre")
        await more(hands, "Accept – An incident")
        await say(hands, "a new crystal is ordered")
        await prove(hands, PINS["luc"])
        decided = events(hands, EventKind.ALERT_DECIDED)[-1]
        assert (decided.operator, decided.payload["decision"]) == ("luc", "accepted")
        await hands.until(lambda: "waits for" not in hands.screen)

    run(tmp_path, work, "apart", pins=PINS)


def test_a_decision_made_elsewhere_arrives_without_a_key(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        hierarchy.incident(bench(hands).work, 3, "crystal broken")
        await hands.press("escape", "enter")
        await hands.sees("waits for", "crystal broken")
        other = hands.bench.desk.work(ORDER)
        hands.bench.desk.operator = elsewhere(hands, "luc")
        hierarchy.decide(other, other.state.alerts[-1].id, accept=True, reason="seen")
        hands.bench.desk.operator = elsewhere(hands, "anne")
        await bench(hands)._hear_others()
        await hands.until(lambda: "waits for" not in hands.screen)

    run(tmp_path, work, "apart")


def test_another_technician_s_watch_is_taken_over_by_name(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        desk = hands.bench.desk
        desk.operator = elsewhere(hands, "luc")
        hierarchy.take_over(bench(hands).work, "for a look")
        desk.operator = elsewhere(hands, "anne")
        await hands.press("enter")
        await hands.sees("Luc Favre has the watch", "Luc Favre has this watch.", "Enter: take the watch over")
        await hands.tap("enter")
        await hands.sees("In what state do you take the work")
        await say(hands, "apart, in its box")
        await hands.until(lambda: "has the watch" not in hands.screen)
        taken = events(hands, EventKind.CUSTODY_TAKEN)[-1]
        assert (taken.payload["holder"], taken.payload["from"]) == ("anne", "luc")
        await hands.sees("Screws out")

    run(tmp_path, work, "apart", begin=False)


def test_a_word_that_says_nothing_is_queried_and_kept_with_a_reason(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("y", "enter")
        await hands.tap("x", "x", "enter", "right", "enter")
        await hands.until(lambda: isinstance(hands.app.screen, Reason))
        await hands.sees("says nothing in the words of the trade")
        await say(hands, "as the customer said")
        await hands.sees("Screws in")
        answered = events(hands, EventKind.STEP_ANSWERED)[-1].payload
        assert answered["confirmed"] == "as the customer said"

    run(tmp_path, work, "outcome")


def test_an_answer_is_corrected_with_a_reason_and_signatures_are_given_again(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.tap("c")
        await hands.sees("Correct which answer?", "Words and figures")
        await hands.tap(*"words", "enter")
        await hands.until(lambda: isinstance(hands.app.screen, FormDialog))
        await hands.sees("2024-05-01")
        assert isinstance(hands.app.focused, Input)
        hands.app.focused.value = "P-99"
        await hands.pilot.pause()
        await hands.tap("enter", "enter", "enter", "enter", "enter")
        await say(hands, "wrong bag")
        await hands.sees("SIGNATURE VOID", "Corrected.")
        corrected = events(hands, EventKind.CORRECTED)[-1].payload
        assert (corrected["answers"], corrected["reason"]) == ({"bag": "P-99"}, "wrong bag")
        await more(hands, "Sign again: Sign")
        await hands.until(lambda: "SIGNATURE VOID" not in hands.screen)
        assert events(hands, EventKind.SIGNED)[-1].payload["again"]

    run(tmp_path, work, "last")


def test_a_signature_names_its_meaning_and_asks_for_the_pin(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("You sign: “Checked and good.”")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.screen, PinDialog))
        await hands.sees("You sign: “Checked and good.”")
        await hands.tap("escape")
        await hands.settle()
        assert not events(hands, EventKind.SIGNED)
        await hands.sees("[✔] All is done")
        await hands.tap("enter")
        await prove(hands, PINS["anne"])
        assert events(hands, EventKind.SIGNED)[-1].payload["proved"]

    run(tmp_path, work, "sign", pins=PINS)


def test_what_was_done_earlier_is_entered_with_its_time(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "It was done earlier")
        await say(hands, "half past")
        await hands.sees("“half past” is no time of day.")
        await more(hands, "It was done earlier")
        await say(hands, "00:00")
        await hands.sees("Late entry, done at")
        await hands.press("4", "enter")
        answered = events(hands, EventKind.STEP_ANSWERED)[-1].payload
        assert answered["done_at"][11:16] == "00:00"

    run(tmp_path, work, "apart")


def test_a_bench_note_goes_with_the_next_answer(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await more(hands, "Write a bench note")
        await say(hands, "second screw is short")
        await hands.press("4", "enter")
        assert events(hands, EventKind.STEP_ANSWERED)[-1].payload["note"] == "second screw is short"

    run(tmp_path, work, "apart")


def test_the_promised_date_is_asked_for_by_a_technician_and_moved_by_the_manager(tmp_path: Path) -> None:
    later = date.today() + timedelta(days=20)

    async def work(hands: Hands) -> None:
        await more(hands, "Move the promised date")
        await say(hands, f"{later:%d.%m.%Y}")
        await say(hands, "waiting for a part")
        await hands.sees("REFUSED", "G-24")
        assert bench(hands).work.order.promised != later.isoformat()
        await hands.press("f4", "down", "enter")
        await more(hands, "Move the promised date")
        await say(hands, f"{later:%d.%m.%Y}")
        await say(hands, "waiting for a part")
        await say(hands, "by telephone, today")
        await hands.sees(f"promised {later.isoformat()}")
        assert events(hands, EventKind.PROMISE_MOVED)[-1].payload["to"] == later.isoformat()

    run(tmp_path, work, "apart")
