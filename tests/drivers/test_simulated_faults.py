"""The fault deck: each fault does what its name says, and the instrument is well again when it is switched off."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from simulated_host import Host, eventually, host

from drivers.dialects import Frame, load
from drivers.dialects.frames import BAD_CHECKSUM, Garbage
from drivers.simulated import SimulatedBench
from drivers.simulated.faults import DEVICE, FAULTS, FIELD_METER_FRAME, LEAK_TESTER_FRAME, WIRE, FaultDeck

FAST = 500.0
RESULT = load("cosmo-ls").reply("result", judgement="no-data", leak=0.0)


def record(bench: SimulatedBench, instrument: str):  # type: ignore[no-untyped-def]
    return next(entry for entry in bench.records if entry.id == instrument)


@pytest.fixture
def bench() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=FAST, instruments=["timegrapher", "leak-tester", "field-meter", "quartz-tester"]) as made:
        made.select("order-1", "mechanical-healthy")
        yield made


@pytest.fixture
def tester(bench: SimulatedBench) -> Iterator[Host]:
    with host(record(bench, "leak-tester")) as line:
        line.say("read-result")
        line.wait_for("result")
        line.raw.clear()
        yield line


# The deck itself, without a wire


def outgoing(fault: str, frame: bytes = RESULT) -> list[tuple[float, bytes]]:
    deck = FaultDeck(1, checksum=slice(-3, -1))
    deck.switch(fault, True)
    return deck.outgoing(frame)


def test_a_deck_without_faults_changes_nothing() -> None:
    assert FaultDeck(1).outgoing(RESULT) == [(0.0, RESULT)]


@pytest.mark.parametrize("fault", sorted(DEVICE))
def test_an_instruments_own_faults_leave_the_wire_alone(fault: str) -> None:
    assert outgoing(fault) == [(0.0, RESULT)]


def test_faults_of_time_keep_every_byte() -> None:
    for fault in ("slow", "trickle", "split", "late"):
        pieces = outgoing(fault)
        assert b"".join(piece for _, piece in pieces) == RESULT
    assert outgoing("late")[0][0] == 3.0
    assert outgoing("trickle")[1][0] == 60.0
    assert outgoing("slow")[4][0] == 1.0
    assert len(outgoing("split")) == len(RESULT)


def test_faults_of_content_change_what_they_say() -> None:
    assert outgoing("silent") == outgoing("hang") == []
    assert outgoing("partial") == [(0.0, RESULT[:9])]
    assert outgoing("duplicate") == [(0.0, RESULT * 2)]
    assert outgoing("other-instrument") == [(0.0, FIELD_METER_FRAME)]
    ((_, before),), ((_, after),) = outgoing("garbage-before"), outgoing("garbage-after")
    assert before.endswith(RESULT) and len(before) > len(RESULT)
    assert after.startswith(RESULT) and len(after) > len(RESULT)
    ((_, flipped),) = outgoing("bit-flip")
    assert sum((a ^ b).bit_count() for a, b in zip(flipped, RESULT, strict=True)) == 1
    ((_, wrong),) = outgoing("wrong-checksum")
    assert wrong[:-3] == RESULT[:-3] and wrong[-3:-1] != RESULT[-3:-1] and wrong[-1:] == b"\r"


def test_every_fault_is_described_and_random_ones_repeat_with_the_seed() -> None:
    assert set(FAULTS) == set(WIRE) | set(DEVICE)
    assert outgoing("bit-flip") == outgoing("bit-flip")


# On the wire


def test_silent_and_hang_answer_nothing_until_they_are_off(bench: SimulatedBench, tester: Host) -> None:
    for fault in ("silent", "hang"):
        bench.fault("leak-tester", fault)
        tester.say("read-result")
        assert tester.listen(0.2) == []
        bench.fault("leak-tester", fault, on=False)
        tester.say("read-result")
        tester.wait_for("result")


def test_what_is_said_to_a_hanging_instrument_is_never_answered_later(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "hang")
    tester.say("start", channel=7)
    tester.listen(0.1)
    bench.fault("leak-tester", "hang", on=False)
    assert tester.listen(0.2) == []


def test_a_wrong_checksum_is_garbage_to_the_host(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "wrong-checksum")
    tester.say("read-result")
    eventually(lambda: bool(tester.listen(0.01)))
    (item,) = tester.heard
    assert isinstance(item, Garbage) and item.reason == BAD_CHECKSUM


def test_half_an_answer_stays_half(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "partial")
    tester.say("read-result")
    assert tester.listen(0.2) == []
    assert bytes(tester.raw) == RESULT[:9]


def test_an_answer_byte_by_byte_is_whole_in_the_end(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "split")
    tester.say("read-result")
    assert tester.wait_for("result").raw.strip() == RESULT.strip()


def test_a_slow_answer_takes_its_seconds(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "slow")
    tester.say("read-result")
    tester.listen(0.6)
    assert 1 <= len(tester.raw) <= 4


def test_a_late_answer_comes_after_the_next_question(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "late")
    asked = time.monotonic()
    tester.say("read-result")
    assert tester.listen(0.3) == []
    tester.say("read-setting", channel=0, parameter="DET")
    eventually(lambda: bool(tester.listen(0.1)))
    assert time.monotonic() - asked >= 3.0
    tester.wait_for("result")
    tester.wait_for("setting")


def test_garbage_goes_before_or_after_a_sound_answer(bench: SimulatedBench, tester: Host) -> None:
    for fault in ("garbage-before", "garbage-after"):
        bench.fault("leak-tester", fault)
        tester.raw.clear()
        tester.say("read-result")
        eventually(lambda: len(tester.listen(0.01)) >= 0 and RESULT in bytes(tester.raw))
        bench.fault("leak-tester", fault, on=False)
        tester.listen(0.1)
        assert len(tester.raw) > len(RESULT)


def test_another_instruments_answer_comes(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "other-instrument")
    tester.say("read-result")
    eventually(lambda: len(tester.listen(0.01)) >= 0 and bytes(tester.raw) == FIELD_METER_FRAME)
    bench.fault("field-meter", "other-instrument")
    with host(record(bench, "field-meter")) as meter:
        meter.listen(0.1)
        assert LEAK_TESTER_FRAME in bytes(meter.raw)


def test_babble_does_not_end_and_is_not_hoarded(bench: SimulatedBench, tester: Host) -> None:
    bench.fault("leak-tester", "babble")
    eventually(lambda: len(tester.listen(0.05)) >= 0 and len(tester.raw) > 100_000)
    bench.fault("leak-tester", "babble", on=False)
    tester.link.drain(0.1, 5.0)
    tester.heard.clear()
    tester.say("read-result")
    tester.wait_for("result")


# In the instrument


def test_a_reset_forgets_the_test_and_the_quartz_tester_says_so(bench: SimulatedBench) -> None:
    bench.select("order-2", "quartz-healthy")
    with host(record(bench, "quartz-tester")) as line:
        line.say("rate", sequence=1, source="auto", inhibition=960, periods=99)
        line.wait_for("progress")
        bench.fault("quartz-tester", "reset")
        line.wait_for("ready")
        line.say("battery", sequence=2)
        assert line.wait_for("battery")["sequence"] == 2


def test_a_reset_timegrapher_counts_from_one_again(bench: SimulatedBench) -> None:
    with host(record(bench, "timegrapher")) as line:
        line.wait_for("beat")
        bench.fault("timegrapher", "reset")
        line.heard.clear()
        line.wait_for("hello")
        assert line.wait_for("beat")["seq"] == 1


def test_no_signal_and_an_open_lid_stop_the_beats(bench: SimulatedBench) -> None:
    with host(record(bench, "timegrapher")) as line:
        for fault in ("no-signal", "lid-open"):
            line.wait_for("beat")
            bench.fault("timegrapher", fault)
            line.link.drain(0.1, 5.0)
            line.heard.clear()
            assert [item for item in line.listen(0.1) if isinstance(item, Frame) and item.name == "beat"] == []
            bench.fault("timegrapher", fault, on=False)


@pytest.mark.parametrize(
    ("fault", "code"), [("lid-open", "lid-open"), ("no-signal", "no-signal"), ("out-of-range", "out-of-range")]
)
def test_the_quartz_tester_names_its_own_fault(bench: SimulatedBench, fault: str, code: str) -> None:
    bench.fault("quartz-tester", fault)
    with host(record(bench, "quartz-tester")) as line:
        line.say("battery", sequence=1)
        assert line.wait_for("error")["code"] == code


def test_a_field_out_of_range_is_refused_by_the_host(bench: SimulatedBench) -> None:
    bench.fault("field-meter", "out-of-range")
    with host(record(bench, "field-meter")) as line:
        eventually(
            lambda: any(isinstance(item, Garbage) and item.reason == "out-of-range" for item in line.listen(0.05))
        )


def test_a_stuck_field_repeats_and_a_drifting_one_moves(bench: SimulatedBench) -> None:
    with host(record(bench, "field-meter")) as line:
        bench.fault("field-meter", "stuck")
        line.listen(0.05)
        line.heard.clear()
        assert len({line.wait_for("field").raw for _ in range(30)}) == 1
        bench.fault("field-meter", "stuck", on=False)
        bench.fault("field-meter", "drift")
        first, *_, last = [line.wait_for("field")["field"] for _ in range(200)]
        assert abs(last.magnitude - first.magnitude) > 0.002  # type: ignore[union-attr]
