"""What every driver does, whatever it drives: identify, run, turn every fault into a typed error within its time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from driver_desk import EVERY_PROGRAM, KINDS, PROGRAMS, Desk, desk

from bench.errors import UsageError
from bench.instrument import (
    DeviceFault,
    Instrument,
    InstrumentError,
    InstrumentKind,
    LinkLost,
    Malformed,
    NoReply,
    OutOfRange,
    Program,
    Stopped,
    Truncated,
    WrongInstrument,
)
from bench.measurement import Provenance
from drivers.registry import DRIVERS
from drivers.simulated.faults import FIELD_METER_FRAME, LEAK_TESTER_FRAME, WIRE

TALKERS = tuple(kind for kind in KINDS if kind is not InstrumentKind.FIELD_METER)
CHECKED = (InstrumentKind.TIMEGRAPHER, InstrumentKind.WATER_RESISTANCE, InstrumentKind.QUARTZ_TESTER)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
# Beyond its deadline a program may still need this long to bring the instrument to rest.
MAKING_SAFE = 15.0


@cache
def healthy(kind: InstrumentKind) -> dict[str, float]:
    """What the instrument says when nothing is wrong."""
    return desk(kind).run()


def close_to(figures: dict[str, float], expected: dict[str, float]) -> bool:
    """Whether a run gave the same figures, as far as another moment of a living watch allows."""
    return figures.keys() == expected.keys() and all(
        math.isclose(figures[key], expected[key], rel_tol=0.03, abs_tol=1.0 if "leak" in key or "rate" in key else 0.05)
        for key in expected
    )


def test_every_kind_of_instrument_has_a_driver() -> None:
    assert {desk(kind).driver.dialect for kind in KINDS} <= set(DRIVERS)


@every_kind
def test_a_driver_keeps_the_common_interface(kind: InstrumentKind) -> None:
    driver = desk(kind).driver
    assert isinstance(driver, Instrument)
    assert driver.kind is kind
    assert driver.provenance is Provenance.SIMULATED
    assert {program.name for program in PROGRAMS[kind]} == set(driver.programs())


@every_kind
def test_identify_names_the_registered_instrument(kind: InstrumentKind) -> None:
    at = desk(kind)
    identity = at.driver.check_identity()
    assert identity.model == at.record.model
    assert identity.serial in ("", at.record.serial)


@pytest.mark.parametrize(("kind", "program"), EVERY_PROGRAM, ids=lambda value: getattr(value, "name", str(value)))
def test_every_program_gives_finite_figures_of_its_capabilities(kind: InstrumentKind, program: Program) -> None:
    at = desk(kind)
    samples = []
    result = at.driver.run(program, samples.append)
    assert result.readings
    assert result.aborted is None
    assert result.samples == len(samples)
    capable = {entry.quantity for entry in at.driver.capabilities()}
    for reading in result.readings:
        assert math.isfinite(reading.value.magnitude)
        assert reading.value.quantity.id in capable
    for sample in samples:
        assert sample.provenance is Provenance.SIMULATED
        assert sample.raw


@every_kind
def test_an_unknown_program_is_a_mistake_of_the_caller(kind: InstrumentKind) -> None:
    with pytest.raises(UsageError, match="no program"):
        desk(kind).driver.run(Program("dance"))


@every_kind
def test_silence_is_no_reply(kind: InstrumentKind) -> None:
    at = desk(kind)
    at.fault("silent")
    for work in (at.driver.identify, at.run):
        error, took = at.timed(work)
        assert type(error) is NoReply
        assert error.instrument == at.record.id
        assert took <= PROGRAMS[kind][0].deadline + MAKING_SAFE


@every_kind
@pytest.mark.parametrize("fault", [*WIRE, "lid-open", "no-signal", "out-of-range"])
def test_a_fault_gives_the_truth_or_a_typed_error_in_time(kind: InstrumentKind, fault: str) -> None:
    at = desk(kind)
    expected = healthy(kind)
    at.fault(fault)
    outcome, took = at.timed(at.run)
    assert took <= PROGRAMS[kind][0].deadline + MAKING_SAFE
    if isinstance(outcome, Exception):
        assert isinstance(outcome, InstrumentError), repr(outcome)
        assert str(outcome)
        assert outcome.evidence()["instrument"] == at.record.id
    elif not (fault == "no-signal" and kind in (InstrumentKind.FIELD_METER, InstrumentKind.DEMAGNETISER)):
        # A coil and a magnetometer work without a watch, too: what they then say is true.
        assert close_to(outcome, expected), outcome


@every_kind
@pytest.mark.parametrize("fault", [fault for fault in WIRE if fault not in ("duplicate", "split", "garbage-after")])
def test_after_a_fault_the_next_run_is_sound(kind: InstrumentKind, fault: str) -> None:
    """A late reply never answers the next question, and whatever was on the way is forgotten."""
    at = desk(kind)
    at.fault(fault)
    at.timed(at.driver.identify)
    at.timed(at.run)
    at.fault(fault, on=False)
    if fault in ("slow", "trickle"):
        at.link.forget()  # else it would talk about the past for hours
    at.link.clock.sleep(0.5)
    outcome, _ = at.timed(at.run)
    if isinstance(outcome, InstrumentError):  # what the fault left behind may cost one more repetition, no more
        outcome, _ = at.timed(at.run)
    assert close_to(outcome, healthy(kind)), outcome


@every_kind
def test_a_frame_of_another_instrument_is_malformed(kind: InstrumentKind) -> None:
    at = desk(kind)
    other = LEAK_TESTER_FRAME if kind is InstrumentKind.FIELD_METER else FIELD_METER_FRAME
    at.link.wire = lambda _frame: [(0.0, other)]
    error, _ = at.timed(at.driver.identify)
    assert isinstance(error, (Malformed, Truncated))
    assert error.partial


@pytest.mark.parametrize("kind", CHECKED, ids=str)
def test_a_wrong_checksum_is_malformed(kind: InstrumentKind) -> None:
    at = desk(kind)
    at.fault("wrong-checksum")
    for work in (at.driver.identify, at.run):
        error, _ = at.timed(work)
        assert type(error) is Malformed


def replies_to_identify(kind: InstrumentKind) -> list[bytes]:
    at = desk(kind)
    heard: list[bytes] = []

    def listen(frame: bytes) -> Sequence[tuple[float, bytes]]:
        heard.append(frame)
        return [(0.0, frame)]

    at.link.wire = listen
    at.driver.identify()
    return heard


@every_kind
def test_a_reply_cut_at_any_byte_is_an_error(kind: InstrumentKind) -> None:
    longest = max(map(len, replies_to_identify(kind)))
    for kept in range(longest):
        at = desk(kind)
        at.link.wire = cut_to(kept)
        error, took = at.timed(at.driver.identify)
        assert isinstance(error, (NoReply, Truncated, Malformed)), (kept, error)
        assert took < 10.0
        if kept and isinstance(error, Truncated):
            assert error.partial


def cut_to(kept: int) -> Callable[[bytes], list[tuple[float, bytes]]]:
    def wire(frame: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, frame[: min(kept, len(frame) - 1)])] if kept else []

    return wire


@every_kind
def test_an_unplugged_cable_is_a_lost_link_at_once(kind: InstrumentKind) -> None:
    at = desk(kind)
    at.link.at(0.3, lambda: setattr(at.link, "plugged", False))
    error, took = at.timed(at.run)
    assert type(error) is LinkLost
    assert took < 0.5


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_stop_ends_the_program_and_leaves_the_instrument_at_rest(kind: InstrumentKind) -> None:
    at = desk(kind)
    stopping = threading.Thread(target=at.driver.stop)

    def stop() -> None:
        stopping.start()
        at.driver._halted.wait(5.0)

    at.link.at(0.3, stop)
    error, _ = at.timed(at.run)
    stopping.join(5.0)
    assert not stopping.is_alive()
    assert type(error) is Stopped
    assert close_to(at.run(), healthy(kind))  # nothing is left running


@every_kind
def test_another_model_than_the_registers_is_refused(kind: InstrumentKind) -> None:
    at = desk(kind)
    at.driver.record = type(at.record)(**{**vars(at.record), "model": "another", "serial": "0"})
    error, _ = at.timed(at.driver.check_identity)
    assert type(error) is WrongInstrument
    assert at.driver.suspect


def test_a_value_out_of_range_is_named_so() -> None:
    at = desk(InstrumentKind.FIELD_METER)
    at.fault("out-of-range")
    error, _ = at.timed(at.run)
    assert type(error) is OutOfRange


def test_an_open_lid_is_the_instruments_own_fault() -> None:
    for kind in (InstrumentKind.WATER_RESISTANCE, InstrumentKind.DEMAGNETISER, InstrumentKind.QUARTZ_TESTER):
        at = desk(kind)
        at.fault("lid-open")
        error, _ = at.timed(at.run)
        assert type(error) is DeviceFault


def held(at: Desk, moments: dict[int, float]) -> None:
    """Hold back the n-th frames that the instrument sends, by so many seconds each."""
    count = 0

    def wire(frame: bytes) -> list[tuple[float, bytes]]:
        nonlocal count
        count += 1
        return [(moments.get(count, 0.0), frame)]

    at.link.wire = wire


@pytest.mark.parametrize("late", [2.2, 2.5, 3.5, 5.0])
@pytest.mark.parametrize("kind", TALKERS, ids=str)
def test_the_late_answer_to_a_lost_question_is_never_taken_for_the_next(kind: InstrumentKind, late: float) -> None:
    at = desk(kind)
    held(at, {1: late})
    at.timed(at.driver.identify)
    outcome, _ = at.timed(at.run)
    assert isinstance(outcome, InstrumentError) or close_to(outcome, healthy(kind))
