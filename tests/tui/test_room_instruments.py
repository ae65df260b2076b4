"""The instruments at the screen: their state, certificates, suspension, the wire, faults, who is plugged in."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from room_pilot import RoomHands, at_every_size, chapters, work

from bench.events import EventKind
from drivers.link.base import SystemClock
from tui.screens.instrument import InstrumentScreen
from tui.screens.instruments import InstrumentsScreen
from tui.wire_watch import KEPT, WireWatch, meaning

TODAY = date.today()


async def to_the_field_meter(hands: RoomHands) -> None:
    """Open the field meter's page from the orders."""
    await hands.menu("Instruments")
    await hands.sees("field-meter")
    await hands.until(lambda: hands.app.focused is not None)
    await hands.types("field-m")
    await hands.sees("1 of 5")
    await hands.tap("enter")
    await hands.sees("Lutron GU-3001D n° SIM-FM-1", "What it measures")


async def each_has_its_link_its_calibration_and_when_it_is_due(hands: RoomHands) -> None:
    await hands.menu("Instruments")
    due = (TODAY + timedelta(days=265)).isoformat()
    await hands.sees("timegrapher", "quartz-tester", "● ready", "✔ calibration valid", due)

    async def look() -> None:
        assert hands.screen.count("✔") == 5 and "leak-tester" in hands.screen
        assert all(len(row) <= hands.app.size.width for row in hands.screen.splitlines())

    await at_every_size(hands, look)


async def a_pulled_cable_is_seen_in_the_list(hands: RoomHands) -> None:
    simulation = hands.bench.simulation
    assert simulation is not None
    await hands.menu("Instruments")
    await hands.sees("field-meter")
    simulation.plug("field-meter", False)
    await hands.sees("✘ link lost")
    simulation.plug("field-meter", True)
    await hands.until(lambda: hands.screen.count("● ready") == 5)


async def the_page_of_one_says_who_it_is_and_what_it_can(hands: RoomHands) -> None:
    await to_the_field_meter(hands)
    await hands.sees("Protocol", "lutron-16-digit", "Certificates", "SIM-FM-1-", "background field [mT]", "0.002 + 2 %")

    async def look() -> None:
        assert "Lutron GU-3001D n° SIM-FM-1" in hands.screen and "[mT]" in hands.screen

    await at_every_size(hands, look)


async def a_certificate_is_entered_and_the_older_one_stays(hands: RoomHands) -> None:
    await to_the_field_meter(hands)
    await hands.menu("Enter a certificate")
    await hands.sees("A certificate of field-meter", "SIM-FM-1")
    await hands.fills("C-7", "LNE", "", "not a day", "", "", "", "")
    await hands.sees("NOT POSSIBLE", "not a day")
    await hands.tap("up", "up", "up", "up")
    await hands.fills((TODAY - timedelta(days=3)).isoformat(), "", "", "")
    await hands.tap("space")
    await hands.sees("U (k = 2), with its unit")
    await hands.tap("right", "enter")
    await hands.fills("0.01 mT", "", "", "")
    await hands.sees("1. background field · 0.01 mT")
    await hands.tap("enter")
    await hands.sees("Certificate C-7 is entered.", "replaced")
    accepted = [e for e in hands.bench.journal.events() if e.kind is EventKind.CERTIFICATE_ACCEPTED]
    assert [e.payload["certificate"]["expanded"] for e in accepted] == [{"background_field": 0.01}]
    assert accepted[0].operator == "anne"


async def it_is_suspended_with_a_reason_and_released_with_another(hands: RoomHands) -> None:
    await to_the_field_meter(hands)
    await hands.menu("Suspend it, with a reason")
    await hands.sees("Why is it taken out of use?")
    await hands.fills("Drifts [bold]")
    await hands.sees("✘ suspended", "Suspended: Drifts [bold]")
    await hands.menu("Release it, with a reason")
    await hands.sees("Why may it be used again?")
    await hands.fills("Repaired")
    await hands.sees("✔ calibration valid")


async def its_wire_is_watched_while_it_works(hands: RoomHands) -> None:
    await to_the_field_meter(hands)
    await hands.menu("Watch its wire")
    await hands.sees("← ", "02 34 31", "field: unit µT", "␂41B2")

    async def look() -> None:
        assert "02 34 31" in hands.screen

    await at_every_size(hands, look)
    await hands.menu("Forget what was heard")


async def a_fault_is_switched_on_and_off(hands: RoomHands) -> None:
    await to_the_field_meter(hands)
    await hands.menu("Faults of the simulated instrument")
    await hands.sees("[ ]  the cable is pulled out")
    simulation = hands.bench.simulation
    assert simulation is not None
    await hands.types("silent")
    await hands.sees("1 of 21")
    await hands.tap("enter")
    await hands.sees("[✔]  nothing is answered")
    assert simulation.faults("field-meter") == ("silent",)
    await hands.menu("Switch all faults off")
    await hands.sees("[ ]  nothing is answered")
    assert simulation.faults("field-meter") == ()


async def who_is_plugged_in_is_asked_beside_the_bench(hands: RoomHands) -> None:
    await hands.menu("Instruments")
    await hands.sees("field-meter")
    await hands.menu("Look who is plugged in")
    await hands.until(lambda: "Asking every port" in hands.screen or "port to ask" in hands.screen)
    assert await hands.app.at_bench(lambda: "free") == "free", "orders go on meanwhile"


async def an_instrument_read_by_hand_is_registered(hands: RoomHands) -> None:
    await hands.menu("Instruments")
    await hands.sees("field-meter")
    await hands.menu("Register an instrument")
    await hands.sees("Its name here")
    await hands.fills("No Name!")
    await hands.tap("right", "enter", "enter")
    await hands.fills("Vibrograf B200", "77", "")
    await hands.sees("“No Name!” cannot name an instrument.")
    await hands.fills("vibrograf", "", "", "", "", "")
    await hands.sees("vibrograf", "○ from the next", "calibration unk")


def test_the_instruments_of_a_bench(tmp_path: Path) -> None:
    chapters(
        tmp_path,
        each_has_its_link_its_calibration_and_when_it_is_due,
        the_page_of_one_says_who_it_is_and_what_it_can,
        a_certificate_is_entered_and_the_older_one_stays,
        it_is_suspended_with_a_reason_and_released_with_another,
        its_wire_is_watched_while_it_works,
        a_fault_is_switched_on_and_off,
        a_pulled_cable_is_seen_in_the_list,
        who_is_plugged_in_is_asked_beside_the_bench,
        an_instrument_read_by_hand_is_registered,
    )


def test_the_managers_acts_are_refused_to_others_and_ask_for_the_pin(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        await to_the_field_meter(hands)
        await hands.menu("Enter a certificate")
        await hands.sees("REFUSED", "Claire Vuillemin is not the workshop manager.")
        assert isinstance(hands.app.screen, InstrumentScreen)
        await hands.menu("Suspend it, with a reason")
        await hands.sees("Why is it taken out of use?")
        await hands.fills("Fell down")
        await hands.sees("Suspend field-meter", "the PIN is 0000")
        await hands.types("1111")
        await hands.tap("enter")
        await hands.sees("The PIN is wrong.")
        assert not any(e.kind is EventKind.INSTRUMENT_SUSPENDED for e in hands.bench.journal.events())
        await hands.types("0000")
        await hands.tap("enter")
        await hands.sees("Suspended: Fell down")
        await hands.menu("Instruments")
        await hands.until(lambda: isinstance(hands.app.screen, InstrumentsScreen))
        await hands.sees("✘ suspended")

    work(tmp_path, does, who="claire", pins=True)


def test_a_wire_is_cut_into_lines_where_no_dialect_is_known() -> None:
    watch, clock = WireWatch(), SystemClock()
    for direction, data in (("tx", b"*IDN?\n"), ("rx", b"GU-"), ("rx", b"3001D\r\nrest")):
        watch.hear(direction, data, clock.monotonic(), clock.wall())
    assert [(line.direction, line.data) for line in watch.lines()] == [("tx", b"*IDN?\n"), ("rx", b"GU-3001D\r\n")]
    assert watch.count == 2 and meaning(watch.lines()[0]) == ""


def test_of_a_stream_without_end_the_last_frames_are_kept() -> None:
    watch = WireWatch()
    for n in range(KEPT + 10):
        watch.hear("rx", b"%d\n" % n, 0.0, 0.0)
    assert len(watch.lines()) == KEPT and watch.lines()[-1].data == b"%d\n" % (KEPT + 9)
    assert watch.count == KEPT + 10
