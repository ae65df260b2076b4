"""What all magnetic field meters share: agreeing readings, their mean; and the meters that talk by themselves.

None of the frames has a checksum: a reading counts only when the one before or after agrees with it and it lies in
range.
"""

from __future__ import annotations

import statistics
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bench.instrument import Capability, DeviceFault, Identity, InstrumentKind, OutOfRange, Program, RunResult
from bench.language import msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.wire import Run, WireInstrument

# The meters that talk send once or twice a second; the others answer at once.
REPLY = 3.0
# Two readings agree within five digits of the last place or 0.5 %: closer than one false digit farther up.
AGREEING_DIGITS = 5
AGREEING_SHARE = 0.005
# Readings that may pass without any two agreeing before the field is said not to settle.
UNSETTLED = 20
HIGHEST = 3500.0  # mT, the widest range of any of these meters (Lake Shore 425: 35 kG)
SOURCE = "Lutron frame: 3 decimals at most; ±3000 mT"


@dataclass(frozen=True)
class Shown:
    """One reading as the meter shows it: field and worth of its last digit in mT, the meter's own unit, the bytes."""

    field: float
    digit: float
    unit: str
    raw: bytes

    @classmethod
    def of(cls, number: float, decimals: int, unit: str, raw: bytes) -> Shown:
        """Convert a number in the meter's `unit` that has so many decimals."""
        field = Value.of("watch_field", number, unit).to("mT")
        return cls(field, Value.of("watch_field", 10.0**-decimals, unit).to("mT"), unit, raw)


class FieldMeter(WireInstrument):
    """Takes `n` agreeing readings and gives their mean. A subclass says how the next reading is had."""

    KIND: ClassVar = InstrumentKind.FIELD_METER

    @abstractmethod
    def _next(self, within: float) -> Shown:
        """Return the next reading, at most `within` seconds from now. Raises InstrumentError."""

    def _handshake(self) -> Identity:
        """The frames name neither model nor serial number: sound readings are all the proof there is."""
        self.exchange.clear()
        for _reading in range(self._dialect.agreeing):
            self._next(REPLY)
        return Identity(self._dialect.model, "")

    def _programs(self) -> Mapping[str, Run]:
        return {"field": self._field}

    def _field(self, program: Program) -> RunResult:
        key = str(program.parameters["quantity"])
        wanted = int(program.parameters.get("n", 5))
        agreed: list[float] = []
        before: Shown | None = None
        lonely = 0
        while len(agreed) < wanted:
            shown = self._next(self.left(REPLY))
            if abs(shown.field) > HIGHEST:
                raise self.exchange.error(OutOfRange, msg("No such meter shows {field} mT.", field=shown.field))
            if before is not None and _agree(before, shown):
                if not agreed or lonely:
                    agreed.append(before.field)
                agreed.append(shown.field)
                self._give(key, shown.field, shown.raw)
                lonely = 0
            else:
                lonely += 1
                if lonely > UNSETTLED:
                    raise self.exchange.error(
                        DeviceFault,
                        msg("The field does not settle: no two readings agree."),
                        msg("Hold the watch and the probe still, away from tools and motors."),
                    )
            before = shown
        mean = statistics.fmean(agreed)
        stdev = statistics.stdev(agreed) if len(agreed) > 1 else None
        u_a = stdev / len(agreed) ** 0.5 if stdev is not None else None
        conditions: dict[str, Value | str | int | float | bool] = {
            "device_unit": shown.unit,
            "digit": shown.digit,
        }
        return self._result(Reading(Value.of(key, mean), "", len(agreed), stdev, u_a, conditions))


class TalkingMeter(FieldMeter):
    """A meter that sends Lutron's 16-digit frame by itself."""

    UNSOLICITED: ClassVar = ("field",)
    CAPABILITIES: ClassVar = (
        Capability("background_field", low=-3000.0, high=3000.0, source=SOURCE),
        Capability("watch_field", low=-3000.0, high=3000.0, source=SOURCE),
    )

    def _next(self, within: float) -> Shown:
        frame = self.exchange.expect(("field",), within=within)
        field, unit = frame["field"], str(frame["unit"])
        assert isinstance(field, Value)
        return Shown.of(field.to(unit), int(frame["decimals"]), unit, frame.raw)  # type: ignore[arg-type]


def _agree(one: Shown, other: Shown) -> bool:
    if (one.unit, one.digit) != (other.unit, other.digit):
        return False
    near = max(AGREEING_DIGITS * one.digit, AGREEING_SHARE * max(abs(one.field), abs(other.field)))
    return abs(one.field - other.field) <= near
