"""The driver of magnetic field meters that talk by themselves in Lutron's 16-digit frame.

The frame has no checksum: a reading counts only when the one before or after agrees with it and it lies in range.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import ClassVar

from bench.instrument import Capability, DeviceFault, Identity, InstrumentKind, Program, RunResult
from bench.language import msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.wire import Run, WireInstrument

# The meters send once or twice a second.
REPLY = 3.0
# Two readings agree within five digits of the last place or 0.5 %: closer than one false digit farther up.
AGREEING_DIGITS = 5
AGREEING_SHARE = 0.005
# Readings that may pass without any two agreeing before the field is said not to settle.
UNSETTLED = 20
SOURCE = "Lutron frame: 3 decimals at most; ±3000 mT"


class FieldMeter(WireInstrument):
    """Listens for `n` agreeing readings and gives their mean."""

    KIND: ClassVar = InstrumentKind.FIELD_METER
    UNSOLICITED: ClassVar = ("field",)
    CAPABILITIES: ClassVar = (
        Capability("background_field", low=-3000.0, high=3000.0, source=SOURCE),
        Capability("watch_field", low=-3000.0, high=3000.0, source=SOURCE),
    )

    def _handshake(self) -> Identity:
        """The frame names neither model nor serial number: two sound frames are all the proof there is."""
        self.exchange.clear()
        for _frame in range(self._dialect.agreeing):
            self.exchange.expect(("field",), within=REPLY)
        return Identity(self._dialect.model, "")

    def _programs(self) -> Mapping[str, Run]:
        return {"field": self._field}

    def _field(self, program: Program) -> RunResult:
        key = str(program.parameters["quantity"])
        wanted = int(program.parameters.get("n", 5))
        agreed: list[float] = []
        before: Frame | None = None
        lonely = 0
        digit = 0.0
        while len(agreed) < wanted:
            frame = self.exchange.expect(("field",), within=self.left(REPLY))
            field, digit = _field_of(frame)
            if before is not None and _agree(before, frame):
                if not agreed or lonely:
                    agreed.append(_field_of(before)[0])
                agreed.append(field)
                self._give(key, field, frame.raw)
                lonely = 0
            else:
                lonely += 1
                if lonely > UNSETTLED:
                    raise self.exchange.error(
                        DeviceFault,
                        msg("The field does not settle: no two readings agree."),
                        msg("Hold the watch and the probe still, away from tools and motors."),
                    )
            before = frame
        mean = statistics.fmean(agreed)
        stdev = statistics.stdev(agreed) if len(agreed) > 1 else None
        u_a = stdev / len(agreed) ** 0.5 if stdev is not None else None
        conditions: dict[str, Value | str | int | float | bool] = {"device_unit": str(frame["unit"]), "digit": digit}
        return self._result(Reading(Value.of(key, mean), "", len(agreed), stdev, u_a, conditions))


def _field_of(frame: Frame) -> tuple[float, float]:
    """Return the field and the worth of its last digit, in mT."""
    field = frame["field"]
    assert isinstance(field, Value)
    digit = Value.of("watch_field", 10.0 ** -int(frame["decimals"]), str(frame["unit"]))  # type: ignore[arg-type]
    return field.to("mT"), digit.to("mT")


def _agree(one: Frame, other: Frame) -> bool:
    (a, digit), (b, _) = _field_of(one), _field_of(other)
    if (one["unit"], one["decimals"]) != (other["unit"], other["decimals"]):
        return False
    return abs(a - b) <= max(AGREEING_DIGITS * digit, AGREEING_SHARE * max(abs(a), abs(b)))
