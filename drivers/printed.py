"""The driver of instruments that only print: it waits for a slip and takes its named fields as quantities.

Which line says what stands in a dialect file, ours or the workshop's own.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.instrument import DeviceFault, InstrumentKind, Program, RunResult
from bench.language import msg
from bench.measurement import Reading
from bench.quantities import Value, quantity
from drivers.dialects import Garbage
from drivers.listener import FieldValue, Listener, checked, quantities, values_of, words_of
from drivers.wire import Run

# What each program takes from a slip. In a row: names of one thing, of which the program says the one it means.
PROGRAMS: Mapping[InstrumentKind, Mapping[str, tuple[str, ...]]] = {
    InstrumentKind.TIMEGRAPHER: {"timing": ("rate", "amplitude", "beat_error", "beat_rate", "signal_level")},
    InstrumentKind.FIELD_METER: {"field": ("background_field", "watch_field")},
    InstrumentKind.QUARTZ_TESTER: {
        "battery": ("battery_voltage", "battery_voltage_loaded"),
        "consumption": ("consumption", "consumption_stem_pulled"),
        "quartz-rate": ("quartz_rate",),
        "pulse": ("pulse_width", "pulse_period"),
        "resistance": ("coil_resistance", "insulation_resistance"),
        "lower-voltage": ("lower_working_voltage",),
    },
}
# A slip is printed in one go: after so many seconds without a line the next one begins another slip.
SLIP_PAUSE = 5.0
LIFT_ANGLE = 0.05  # °, between what the slip says and what the program asks for
BEAT_RATE = 1.0  # A/h


@dataclass
class Slip:
    """What one slip says."""

    values: dict[str, Value] = field(default_factory=dict)
    words: dict[str, FieldValue] = field(default_factory=dict)
    raw: bytes = b""


class Printed(Listener):
    """Waits until somebody has the instrument print; the quantities of its dialect make the slip."""

    def _programs(self) -> Mapping[str, Run]:
        said = quantities(self._dialect)
        offered = PROGRAMS.get(self.kind, {})
        return {name: self._run_program for name, wanted in offered.items() if said & set(wanted)}

    def _run_program(self, program: Program) -> RunResult:
        wanted = frozenset(PROGRAMS[self.kind][program.name]) & quantities(self._dialect)
        slips = [self._agreeing_slip(wanted) for _slip in range(int(program.parameters.get("n", 1)))]
        for slip in slips:
            self._check(program, slip)
        label = str(program.parameters.get("position", ""))
        conditions = {
            name: value
            for name, value in program.parameters.items()
            if name in ("lift_angle", "beat_rate") and isinstance(value, Value)
        }
        readings = []
        for said in sorted(wanted):
            key = _meant(said, program)
            values = [slip.values[said].to(quantity(key).unit) for slip in slips]
            for slip, value in zip(slips, values, strict=True):
                self._give(key, value, slip.raw)
            stdev = statistics.stdev(values) if len(values) > 1 else None
            u_a = stdev / len(values) ** 0.5 if stdev is not None else None
            mean = Value.of(key, statistics.fmean(values))
            readings.append(Reading(mean, label, len(values), stdev, u_a, {**conditions, **slips[-1].words}))
        return self._result(*readings)

    def _agreeing_slip(self, wanted: frozenset[str]) -> Slip:
        """Return a slip that came as often as the dialect asks for, where nothing else proves it."""
        slips = [self._slip(wanted) for _slip in range(self._dialect.agreeing)]
        while any(slip.values != slips[0].values for slip in slips):
            slips = [*slips[1:], self._slip(wanted)]
        return slips[-1]

    def _slip(self, wanted: frozenset[str]) -> Slip:
        """Wait for each of the wanted quantities once. One that comes again begins a new slip, and so does a pause."""
        slip = Slip()
        clock = self.link.clock
        last = clock.monotonic()
        while not wanted <= slip.values.keys():
            names = ", ".join(str(quantity(key)) for key in sorted(wanted - slip.values.keys()))
            item = self._hear(
                msg("No slip came with: {quantities}.", quantities=names),
                msg("Have the instrument print, and look whether its slip still has the form of the dialect file."),
            )
            if isinstance(item, Garbage):
                self.exchange.garbage += 1
                continue
            values = values_of(item)
            if clock.monotonic() - last > SLIP_PAUSE or values.keys() & slip.values.keys():
                slip = Slip()
            last = clock.monotonic()
            slip.values |= values
            slip.words |= words_of(item)
            slip.raw += item.raw
        return slip

    def _check(self, program: Program, slip: Slip) -> None:
        """Raise DeviceFault where the slip says that something else was measured."""
        wrong = checked(program, "lift_angle", slip.values.get("lift_angle"), LIFT_ANGLE)
        wrong = wrong or checked(program, "beat_rate", slip.values.get("beat_rate"), BEAT_RATE)
        position = slip.words.get("device_position")
        asked = program.parameters.get("position")
        if position is not None and asked is not None and str(position).casefold() != str(asked).casefold():
            wrong = msg("Its slip is for position {said}, not {wanted}.", said=str(position), wanted=str(asked))
        if wrong is not None:
            raise self.exchange.error(DeviceFault, wrong, msg("Set the instrument, then repeat the step."))


def _meant(said: str, program: Program) -> str:
    """Return the quantity that the program means by what the slip calls `said`."""
    if program.name == "field":
        return str(program.parameters["quantity"])
    if program.name == "consumption":
        return "consumption_stem_pulled" if program.parameters.get("state") == "stem-pulled" else "consumption"
    return said
