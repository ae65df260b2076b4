"""Instruments that only print: a dialect file of the workshop's own says which line is what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from listening_desk import listener

from bench.errors import DataFileError, UsageError
from bench.instrument import DeviceFault, InstrumentError, InstrumentKind, NoReply, OutOfRange, Program, RunResult
from bench.quantities import Value
from drivers import dialects, registry
from drivers.dialects.check import check
from drivers.dialects.library import use_workshop
from drivers.printed import Printed
from drivers.simulated.faults import WIRE
from drivers.trials import FIELD, TIMING

SLIP = """
id = "slip"
title = { fr = "Bande d’essai", en = "Test slip" }
kind = "timegrapher"
model = "Desk timegrapher"
source = "a slip made up for this test"

[framing]
kind = "line"
terminator = "\\n"
strip = " \\r"
printer = "esc-pos"

[fields.rate]
type = "decimal"
decimals = 1
sign = "always"
quantity = "rate"
unit = "s/d"
low = -999
high = 999

[fields.amplitude]
type = "integer"
quantity = "amplitude"
unit = "°"
low = 80
high = 360

[fields.beat_error]
type = "decimal"
decimals = 1
quantity = "beat_error"
unit = "ms"

[fields.lift_angle]
type = "integer"
quantity = "lift_angle"
unit = "°"

[fields.position]
type = "word"
words = { DU = "ch", DD = "fh" }

[fields.error]
type = "word"
words = { "NO SIGNAL" = "no-signal" }

[[errors]]
code = "NO SIGNAL"
word = "no-signal"
fr = "L’appareil n’entend aucune montre."
en = "The instrument hears no watch."

[[replies]]
name = "head"
pattern = "Pos {position} Lift {lift_angle}"
match = 'Pos +(?P<position>DU|DD) +Lift +(?P<lift_angle>\\d+)'

[[replies]]
name = "rate"
pattern = "Rate {rate} s/d"

[[replies]]
name = "amplitude"
pattern = "Amp {amplitude} Err {beat_error}"

[[replies]]
name = "fault"
pattern = "{error}"
"""
HEAD = b"\x1b@\x1b!\x10Pos DU  Lift 50\r\n"
RATE = b"\x1bE\x01Rate +4.5 s/d\x1bE\x00\n"
AMPLITUDE = b"Amp 286 Err 0.3\n\n\n\x1dV\x42\x00"
PICTURE = b"\x1b*\x00\x10\x00" + b"\nRate +9.9 s/d\n."  # 16 bytes of a picture that look like a line


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "slip.toml").write_text(SLIP, "utf-8")
    use_workshop(tmp_path)
    yield tmp_path
    use_workshop(None)


def run(*lines: tuple[float, bytes], program: Program = TIMING, dialect: str = "slip") -> RunResult:
    driver, _ = listener(dialect, lines)
    return driver.run(program)


def said(result: RunResult) -> dict[str, float]:
    return {reading.value.quantity.id: reading.value.magnitude for reading in result.readings}


def test_the_workshops_own_file_is_found_and_right(own_folder: Path) -> None:
    assert check(own_folder / "slip.toml") == []
    assert "slip" in dialects.available()
    assert registry.is_spoken("slip")
    driver, _ = listener("slip", [])
    assert isinstance(driver, Printed)
    assert driver.kind is InstrumentKind.TIMEGRAPHER
    assert driver.programs() == ("timing",)


def test_what_the_file_states_are_the_capabilities() -> None:
    driver, _ = listener("slip", [])
    rate = next(entry for entry in driver.capabilities() if entry.quantity == "rate")
    assert (rate.low, rate.high, rate.resolution) == (-999.0, 999.0, 0.1)
    assert registry.capabilities(driver.record) == driver.capabilities()


def test_a_slip_gives_its_figures_with_the_position_asked_for() -> None:
    result = run((12.0, HEAD + RATE), (12.5, AMPLITUDE))
    assert said(result) == {"rate": 4.5, "amplitude": 286.0, "beat_error": 0.3}
    assert {reading.label for reading in result.readings} == {"CH"}
    assert result.readings[0].conditions["lift_angle"] == Value.of("lift_angle", 50.0)
    assert result.readings[0].conditions["device_position"] == "ch"
    assert result.samples == 3


def test_a_picture_between_the_lines_is_no_text() -> None:
    assert said(run((12.0, RATE + PICTURE + AMPLITUDE)))["rate"] == 4.5
    pieces = [(12.0 + n / 100, bytes([byte])) for n, byte in enumerate(HEAD + RATE + PICTURE + AMPLITUDE)]
    assert said(run(*pieces)) == {"rate": 4.5, "amplitude": 286.0, "beat_error": 0.3}


def test_lines_that_are_not_in_the_file_are_left_out() -> None:
    assert said(run((12.0, b"MY WATCHMAKER\n**********\n" + RATE + b"Tel 123\n" + AMPLITUDE)))["amplitude"] == 286.0


def test_two_slips_are_never_mixed() -> None:
    spoilt = b"Amp 2#6 Err 0.3\n"
    result = run((12.0, RATE + spoilt), (30.0, b"Rate +6.0 s/d\n" + AMPLITUDE))
    assert said(result)["rate"] == 6.0
    result = run((12.0, b"Rate #4.5 s/d\n" + AMPLITUDE), (30.0, b"Rate +6.0 s/d\nAmp 270 Err 0.1\n"))
    assert said(result) == {"rate": 6.0, "amplitude": 270.0, "beat_error": 0.1}


def test_a_slip_that_lacks_a_figure_is_no_reply_that_names_it() -> None:
    with pytest.raises(NoReply, match="amplitude"):
        run((12.0, RATE))


def test_another_position_or_lift_angle_is_refused() -> None:
    with pytest.raises(DeviceFault, match="position fh, not CH"):
        run((12.0, b"Pos DD Lift 50\n" + RATE + AMPLITUDE))
    with pytest.raises(DeviceFault, match="52"):
        run((12.0, b"Pos DU Lift 52\n" + RATE + AMPLITUDE))


def test_what_the_instrument_reports_and_what_it_cannot_mean() -> None:
    with pytest.raises(DeviceFault, match="hears no watch"):
        run((12.0, b"NO SIGNAL\n"))
    with pytest.raises(OutOfRange):
        run((12.0, RATE + b"Amp 900 Err 0.3\n"))


def test_a_printing_field_meter_gives_the_mean_of_its_lines(own_folder: Path) -> None:
    meter = SLIP.split("[framing]")[0].replace('"slip"', '"meter"').replace('"timegrapher"', '"field-meter"')
    framing = '[framing]\nkind = "line"\nterminator = "\\n"\n'
    field = '[fields.value1]\ntype = "decimal"\nsign = "always"\nquantity = "background_field"\nunit = "µT"\n'
    (own_folder / "meter.toml").write_text(
        meter + framing + field + '[[replies]]\nname = "line1"\npattern = "B={value1}uT"\n', "utf-8"
    )
    lines = [(float(n), b"B=+%d.0uT\n" % (40 + n % 2)) for n in range(1, 6)]
    (reading,) = run(*lines, program=FIELD, dialect="meter").readings
    assert reading.value.quantity.id == "watch_field"
    assert reading.value.to("µT") == pytest.approx(40.6)
    assert reading.n == 5
    twice = (own_folder / "meter.toml").read_text("utf-8").replace("[framing]", "agreeing = 2\n[framing]")
    (own_folder / "meter.toml").write_text(twice, "utf-8")
    one = replace(FIELD, parameters={**FIELD.parameters, "n": 1})
    (reading,) = run(*lines, (6.0, b"B=+41.0uT\n"), program=one, dialect="meter").readings
    assert reading.value.to("µT") == pytest.approx(41.0)


def test_a_wrong_file_is_named_and_a_stranger_refused(own_folder: Path) -> None:
    (own_folder / "slip.toml").write_text(SLIP.replace('unit = "ms"', 'unit = "furlong"'), "utf-8")
    with pytest.raises(DataFileError, match=r"slip\.toml"):
        listener("slip", [])
    use_workshop(None)
    with pytest.raises(UsageError):
        listener("slip", [])


# Without a checksum a bit that changes a digit leaves a slip that is right and a number that is not.
UNPROVABLE = ("bit-flip",)


@pytest.mark.parametrize("fault", [fault for fault in WIRE if fault not in UNPROVABLE])
def test_a_fault_gives_the_truth_or_a_typed_error_in_time(fault: str) -> None:
    """A babbling line is heard for the whole program: a short one is enough to see that it ends."""
    program = replace(TIMING, deadline=10.0)
    driver, link = listener("slip", [])
    link.device.deck.switch(fault, True)
    for moment, line in ((2.0, HEAD), (2.1, RATE), (2.2, AMPLITUDE)):
        link.at(moment, lambda line=line: link.device.send(line))  # type: ignore[misc]
    started = link.clock.now
    try:
        result = driver.run(program)
    except InstrumentError as error:
        assert error.evidence()["instrument"] == "talker"
    else:
        assert said(result) == {"rate": 4.5, "amplitude": 286.0, "beat_error": 0.3}
    assert link.clock.now - started <= program.deadline + 1.0
