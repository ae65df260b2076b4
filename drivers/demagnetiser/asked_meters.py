"""Field meters that are asked for each reading: Lake Shore 425, F.W. Bell 5080, AlphaLab GM2.

The unit is always what the meter says, with the value or asked for before and after; an overload is out of range.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from bench.instrument import Capability, DeviceFault, Identity, OutOfRange, Program, RunResult
from bench.language import msg
from bench.quantities import Value
from drivers.demagnetiser.field_meter import REPLY, FieldMeter, Shown


def _ranges(highest: float, source: str) -> tuple[Capability, ...]:
    """Return the capabilities of a meter whose widest range ends at `highest` mT."""
    return tuple(Capability(key, -highest, highest, source=source) for key in ("background_field", "watch_field"))


def decimals(written: bytes) -> int:
    """Return how many decimals a written number has: 2 for “+1.25”, 4 for “+123.456E-01”, -3 for “12E+03”."""
    exponent = Decimal(written.decode("ascii")).as_tuple().exponent
    return -int(exponent)


class LakeShore425(FieldMeter):
    """`RDGFIELD?` gives a number only: `UNIT?` is asked before the readings and after them."""

    CAPABILITIES: ClassVar = _ranges(3500.0, "pymeasure lakeshore425.py: range 4 is 35 kG")
    UNITS: ClassVar = {1: "G", 2: "T"}

    _unit = ""

    def _handshake(self) -> Identity:
        self.exchange.clear()
        self._unit = self._ask_unit()
        return super()._handshake()

    def _field(self, program: Program) -> RunResult:
        self._unit = self._ask_unit()
        result = super()._field(program)
        if self._ask_unit() != self._unit:
            raise self.exchange.error(DeviceFault, msg("The meter's unit was changed during the measurement."))
        return result

    def _ask_unit(self) -> str:
        code = int(self.exchange.ask("read-unit", wanted=("setting",), within=REPLY)["setting"])  # type: ignore[arg-type]
        if code not in self.UNITS:
            raise self.exchange.error(
                DeviceFault,
                msg("The meter is set to a unit that is no flux density (code {code}).", code=code),
                msg("Set it to G or T, then repeat the step."),
            )
        return self.UNITS[code]

    def _next(self, within: float) -> Shown:
        frame = self.exchange.ask("read-field", wanted=("field", "overload"), within=within)
        if frame.name == "overload":
            raise self.exchange.error(OutOfRange, msg("The field is beyond the meter's range."))
        written = frame.raw.strip()
        return Shown.of(float(frame["field"]), decimals(written), self._unit, frame.raw)  # type: ignore[arg-type]


class Bell5080(FieldMeter):
    """`:MEASure:FLUX?` gives the number with its unit."""

    CAPABILITIES: ClassVar = _ranges(3000.0, "pymeasure fwbell5080.py: range 2 is 30 kG")

    def _next(self, within: float) -> Shown:
        frame = self.exchange.ask("read-field", wanted=("field",), within=within)
        field, unit = frame["field"], str(frame["unit"])
        assert isinstance(field, Value)
        written = frame.raw.rstrip(b"\r\n; ").rstrip(b"TmG ")
        return Shown.of(field.to(unit), decimals(written.strip()), unit, frame.raw)


class AlphaLabGM2(FieldMeter):
    """Points of six bytes in gauss: sign and decimals stand in the bits of one byte."""

    CAPABILITIES: ClassVar = _ranges(3000.0, "plausibility: no range in the document that was read")

    def _next(self, within: float) -> Shown:
        frame = self.exchange.ask("read-points", wanted=("points",), within=within)
        if frame["field_missing"]:
            raise self.exchange.error(OutOfRange, msg("The meter gives no value: its range is exceeded."))
        form, digits = int(frame["field_form"]), int(frame["field"])  # type: ignore[arg-type]
        places = form & 0b111
        number = float(Decimal(-digits if form & 0b1000 else digits).scaleb(-places))
        if abs(number) > 30_000.0:
            raise self.exchange.error(OutOfRange, msg("It says {field} G.", field=number))
        return Shown.of(number, places, "G", frame.raw)
