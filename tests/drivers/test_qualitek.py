"""A Modbus leak tester: what is checked before a case is put under pressure, and what is never invented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.errors import UsageError
from bench.instrument import DeviceFault, Identity, OutOfRange, Program, RunResult, Stopped, WrongInstrument
from bench.quantities import Value
from drivers.dialects import Frame, Garbage, load
from drivers.dialects.checksum import ALGORITHMS
from drivers.registry import build, link_to
from drivers.simulated.bench import SimulatedBench
from drivers.simulated.desk import Desk, set_up
from drivers.simulated.devices.qualitek import SimulatedQualitek
from drivers.trials import LEAK_TEST, TRIALS, stage

REVERSED = {"input": 3, "holding": 4}
VOLUME = Value.of("free_volume", 2100.0)


def bench(case: str = "case-tight", **options: Any) -> Desk:
    return set_up(TRIALS["uson-qualitek-mr"], case, **options)


def without(at: Desk, *names: str) -> Desk:
    """Take options out of the register's line."""
    options = {name: value for name, value in at.record.options.items() if name not in names}
    at.driver.record = replace(at.record, options=options)
    return at


def device(at: Desk) -> SimulatedQualitek:
    assert isinstance(at.link.device, SimulatedQualitek)
    return at.link.device


def written(at: Desk, name: str) -> list[Frame]:
    heard: list[Frame] = []
    for raw in at.link.written:
        heard += [item for item in load("uson-qualitek-mr").device_decoder().feed(raw) if isinstance(item, Frame)]
    return [frame for frame in heard if frame.name == name]


def put(at: Desk) -> list[tuple[int, int]]:
    """Return (register, value) of everything that was written as one register."""
    return [(40001 + int(f["address"]), int(f["value"])) for f in written(at, "write-register")]  # type: ignore[arg-type]


def run(at: Desk, program: Program = LEAK_TEST) -> RunResult:
    return at.driver.run(program)


# The wire


def test_the_checksum_is_the_catalogues_crc_16_modbus() -> None:
    assert ALGORITHMS["crc16-modbus"].of(b"123456789") == 0x4B37


def test_a_frame_is_found_among_noise_and_a_wrong_crc_is_none() -> None:
    dialect = load("uson-qualitek-mr")
    frame = dialect.reply("written", address=1, value=7)
    decoder = dialect.host_decoder()
    assert [type(item) for item in decoder.feed(b"\xff\x00" + frame)] == [Garbage, Frame]
    assert not [item for item in decoder.feed(frame[:-1] + b"\x00" + frame[:4]) if isinstance(item, Frame)]
    assert decoder.pending == frame[:4]


def test_the_handshake_is_a_heartbeat_that_counts() -> None:
    at = bench()
    assert at.driver.identify() == Identity("Uson Qualitek mR", "")


def test_function_codes_the_wrong_way_round_are_noticed() -> None:
    """With them the status would be read from another table: never a verdict from there."""
    at = bench()
    device(at).as_the_manual = True
    error, _ = at.timed(at.driver.identify)
    assert isinstance(error, (WrongInstrument, DeviceFault))
    assert "function_codes" in str(error.why) + str(error.remedy)


def test_the_function_codes_of_the_manual_are_an_option() -> None:
    at = bench(function_codes=REVERSED)
    device(at).as_the_manual = True
    assert at.driver.check_identity().model == "Uson Qualitek mR"
    assert run(at).readings


def test_a_heartbeat_that_stands_still_is_another_instrument() -> None:
    at = bench()
    frame = load("uson-qualitek-mr").reply("input", unit=1, registers=bytes([0, 1, 0, 9, 0, 1]))
    at.link.wire = lambda _frame: [(0.0, frame)]
    with pytest.raises(WrongInstrument) as caught:
        at.driver.identify()
    assert "exchange the two function_codes" in str(caught.value.remedy)


def test_another_unit_of_the_line_is_not_heard() -> None:
    at = bench(unit=7)
    device(at).unit = 7
    said = at.link.wire
    other = load("uson-qualitek-mr").reply("input", unit=3, registers=bytes(6))
    at.link.wire = lambda frame: [(0.0, other), *said(frame)]
    assert run(at).readings


# A test


def test_each_stage_is_a_program_that_is_started_and_let_go() -> None:
    at = bench()
    result = run(at)
    assert put(at) == [(40002, 3), (40001, 1), (40001, 0), (40002, 8), (40001, 1), (40001, 0)]
    leak = result.readings[0]
    assert (leak.value.quantity.id, leak.label) == ("leak_rate", "-0.4 bar")
    assert leak.value.to("µg/min") < 10.0
    assert leak.conditions["device_unit"] == "Pa"
    assert leak.conditions["device_judgement"] == "pass"
    assert leak.conditions["free_volume"] == VOLUME
    assert result.device_verdict == "-0.4 bar: pass; +3 bar: pass"


def test_a_leaking_case_gets_its_number() -> None:
    at = bench("case-leaking")
    figures = at.run()
    assert 60.0 < figures["leak_rate +3 bar"] < 200.0


def test_without_a_result_register_there_is_a_verdict_and_no_number() -> None:
    result = run(without(bench(), "result_register", "result_unit"))
    assert {reading.value.quantity.id for reading in result.readings} == {"test_pressure"}
    assert result.device_verdict == "-0.4 bar: pass; +3 bar: pass"
    assert result.readings[0].conditions["set_not_measured"] is True


def test_a_big_leak_ends_the_test() -> None:
    at = bench("case-big-leak")
    result = run(at)
    assert result.aborted is not None
    assert "-0.4 bar" in str(result.aborted)
    assert result.readings == ()
    assert (40002, 8) not in put(at)


def test_the_targets_are_written_and_read_back_in_the_words_of_the_tester() -> None:
    at = bench(word_order="low-first")
    device(at).low_first = True
    run(at)
    target = next(frame for frame in written(at, "write-registers") if frame["address"] == 2)
    assert target["registers"] == bytes.fromhex("CCCDBECC")  # −0.4, low word first


def test_a_wrong_word_order_is_noticed_before_anything_is_filled() -> None:
    at = without(bench(word_order="low-first"), "set_targets")
    with pytest.raises(DeviceFault) as caught:
        run(at)
    assert "word_order" in str(caught.value.remedy)
    assert (40001, 1) not in put(at)


@pytest.mark.parametrize(("pressure", "seconds"), [(2.0, 30.0), (-0.4, 31.0)])
def test_a_program_that_is_set_otherwise_is_not_started(pressure: float, seconds: float) -> None:
    at = without(bench(), "set_targets")
    channel = device(at)._channels[2]
    channel.pressure = pressure
    channel.settings |= {"CHG": 10.0, "STB": 15.0, "DET": seconds}
    with pytest.raises(DeviceFault, match="reports a fault") as caught:
        run(at)
    assert "Program 3 is set to" in str(caught.value.why)
    assert (40001, 1) not in put(at)


def test_a_program_that_is_set_so_already_needs_no_writing() -> None:
    at = without(bench(), "set_targets")
    for number in (2, 7):
        device(at)._channels[number].settings |= {"CHG": 10.0, "STB": 15.0, "DET": 30.0}
    assert run(at).readings
    assert written(at, "write-registers") == []


def test_a_pressure_without_a_program_is_refused_before_anything_moves() -> None:
    at = bench(programs={"1": "-0.4 bar"})
    with pytest.raises(DeviceFault, match="reports a fault"):
        run(at)
    assert at.link.written == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("pressure_unit", "psi"),
        ("word_order", "middle"),
        ("result_unit", "furlong"),
        ("result_register", 12),
        ("function_codes", {"input": 4, "holding": 4}),
        ("unit", 0),
    ],
)
def test_a_wrong_option_is_named(name: str, wrong: object) -> None:
    at = bench(**{name: wrong})
    with pytest.raises(UsageError, match=name):
        run(at)
    assert (40001, 1) not in put(at)


# What goes wrong


def test_an_alarm_is_the_testers_own_fault() -> None:
    at = bench()
    at.fault("lid-open")
    with pytest.raises(DeviceFault) as caught:
        run(at)
    assert "alarm" in str(caught.value.why)


def test_a_register_that_is_not_there_is_a_refusal_with_its_reason() -> None:
    with pytest.raises(DeviceFault) as caught:
        run(bench(result_register=31000))
    assert "no such register" in str(caught.value.why)


def test_a_result_that_is_no_number_is_out_of_range() -> None:
    at = bench()
    at.fault("out-of-range")
    with pytest.raises(OutOfRange):
        run(at)


def test_a_restart_in_the_middle_is_no_result() -> None:
    at = bench()
    at.link.at(30.0, lambda: device(at).restart(at.link.clock.now))
    with pytest.raises(DeviceFault) as caught:
        run(at)
    assert "without a verdict" in str(caught.value.why)


def test_a_stop_aborts_and_waits_until_the_chamber_is_vented() -> None:
    at = bench()
    at.link.at(20.0, at.driver._halted.set)
    with pytest.raises(Stopped):
        run(at)
    assert put(at)[-2:] == [(40001, 2), (40001, 0)]
    assert device(at)._chamber == 0.0


def test_an_abort_whose_answer_is_lost_is_said_again() -> None:
    at = bench()
    said = at.link.wire
    lost: list[bytes] = []

    def wire(frame: bytes) -> Any:
        if frame[1] == 6 and frame[2:6] == b"\0\0\0\2" and not lost:
            lost.append(frame)
            return []
        return said(frame)

    at.link.wire = wire
    at.link.at(20.0, at.driver._halted.set)
    with pytest.raises(Stopped):
        run(at)
    assert lost
    assert put(at)[-3:] == [(40001, 2), (40001, 2), (40001, 0)]
    assert device(at)._chamber == 0.0


def test_a_test_that_somebody_else_left_running_is_ended_first() -> None:
    at = bench()
    device(at).process(at.link.clock.now)
    device(at)._start(4)
    run(at)
    assert put(at)[:2] == [(40001, 2), (40001, 0)]


def test_a_result_that_comes_too_soon_is_not_believed() -> None:
    """Timers that count otherwise than in seconds would show here; only a simulation may run ahead."""
    at = bench()
    at.driver.record = replace(at.record, simulated=False)
    short = Program("leak-test", {"stages": [stage("-0.4 bar", -0.4)], "free_volume": VOLUME}, 300.0)
    real = device(at)._enter
    device(at)._enter = lambda phase: (real(phase), setattr(device(at), "_ends", device(at)._now + 0.5))  # type: ignore
    with pytest.raises(DeviceFault) as caught:
        run(at, short)
    assert "before its time" in str(caught.value.why)


def test_it_works_on_a_real_port() -> None:
    with SimulatedBench(speed=60.0, instruments=["qualitek"]) as world:
        world.select("watch", "case-tight")
        world.handle("place", "water-resistance")
        entry = world.records[0]
        with link_to(entry) as link:
            driver = build(entry, link)
            assert driver.check_identity().model == entry.model
            result = driver.run(LEAK_TEST)
    assert len(result.readings) == 4
