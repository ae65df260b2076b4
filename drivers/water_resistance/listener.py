"""The driver of leak testers that only send result lines (ATEQ): the person runs the test, the bench takes the lines.

One line for each stage, in their order. An alarm line never gives a number: a test beyond full scale is a big leak, any
other alarm the tester's own fault. Verdicts are kept as the tester writes them. `options.programs` of the register says
which programme of the tester has which pressure ({"1": "-0.4 bar", …}); a line of another programme is then refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bench.instrument import Capability, DeviceFault, Malformed, Program, RunResult, value_parameter
from bench.language import Message, msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.dialects import Dialect, Frame, Garbage
from drivers.exchange import readable
from drivers.listener import FieldValue, Listener, quantities, values_of
from drivers.water_resistance.leak import from_flow, from_pressure_change
from drivers.wire import Run, merged, seconds

# A line that follows the one before in less than this part of the stage's measuring time belongs to another test.
SOONEST = 0.8
# How far the pressure on the line may be from the stage's: what a tester's fill tolerance allows.
PRESSURE_SHARE = 0.1
PRESSURE_LEAST = 0.05  # bar
ALARMS = ("AL",)
# “>> F.S. TEST”: the measurement ran off the end of the scale. Any other alarm says nothing about the watch.
BEYOND_SCALE = re.compile(r">>\s*F\.?\s*S\b", re.IGNORECASE)

Converted = Callable[[float, float, float], float]
"""What the line says, seconds of measuring, free volume in mm³ → µg/min."""


def _flow(millilitres_per_minute: float) -> Converted:
    return lambda said, _seconds, _volume: from_flow(said * millilitres_per_minute)


def _change(pascals: float) -> Converted:
    return lambda said, seconds, volume: from_pressure_change(said * pascals, seconds, volume)


def _pace(pascals_per_second: float) -> Converted:
    return lambda said, _seconds, volume: from_pressure_change(said * pascals_per_second, 1.0, volume)


# Units of the result as ATEQ testers write them, in lower case; “mn” is their minute.
UNITS: Mapping[str, Converted] = {
    "pa": _change(1.0),
    "hpa": _change(100.0),
    "mbar": _change(100.0),
    "pa/s": _pace(1.0),
    **dict.fromkeys(("ml/min", "ml/mn", "cc/min", "cc/mn", "cm3/min", "cm3/mn"), _flow(1.0)),
    **dict.fromkeys(("ml/h", "cc/h", "cm3/h"), _flow(1.0 / 60.0)),
}


class LeakListener(Listener):
    """Waits for the operator's test on the instrument and takes one result a stage."""

    @classmethod
    def documented(cls, dialect: Dialect) -> tuple[Capability, ...]:
        known = (Capability(key, source=dialect.source) for key in ("leak_rate", "test_pressure"))
        return merged(tuple(known), super().documented(dialect))

    def _programs(self) -> Mapping[str, Run]:
        names = {name for reply in self._dialect.data.replies for name in reply.places()}
        return {"leak-test": self._leak_test} if "leak" in names or "leak_rate" in quantities(self._dialect) else {}

    def _leak_test(self, program: Program) -> RunResult:
        free_volume = value_parameter(program, "free_volume")
        readings: list[Reading] = []
        verdicts: list[str] = []
        before: tuple[bytes, float] | None = None
        for stage in program.parameters["stages"]:
            label, pressure = str(stage["label"]), stage["pressure"]
            line, said_pressure = self._result_line(stage, before)
            before = (line.raw, self.link.clock.monotonic())
            verdict = str(line.fields.get("verdict", ""))
            verdicts.append(f"{label}: {verdict}")
            if (alarm := self._alarm(line)) is not None:
                if BEYOND_SCALE.search(alarm):
                    aborted = _big_leak(label, pressure, alarm)
                    return self._result(*readings, verdict="; ".join(verdicts), aborted=aborted)
                raise self.exchange.error(
                    DeviceFault,
                    msg(
                        "Stage {label}: the tester gives an alarm instead of a result (“{alarm}”).",
                        label=label,
                        alarm=alarm,
                    ),
                )
            leak, conditions = self._leak(line, stage, free_volume)
            self._give("leak_rate", leak, line.raw, label=label)
            conditions |= {"pressure": said_pressure or pressure, "device_judgement": verdict}
            readings.append(Reading(Value.of("leak_rate", leak), label, conditions=conditions))
            set_only: dict[str, FieldValue] = {} if said_pressure else {"set_not_measured": True}
            readings.append(Reading(said_pressure or pressure, label, conditions=set_only))
        return self._result(*readings, verdict="; ".join(verdicts))

    def _result_line(self, stage: Mapping[str, Any], before: tuple[bytes, float] | None) -> tuple[Frame, Value | None]:
        """Wait for the stage's result or alarm; return it with the pressure that the tester says, if it does.

        A line that cannot be read may have been this stage's result: then nothing is known any more (Malformed).
        """
        label, pressure = str(stage["label"]), stage["pressure"]
        said: Value | None = None
        while True:
            item = self._hear(
                msg("No result came for stage {label} ({pressure}).", label=label, pressure=str(pressure)),
                msg("Start the test on the tester; the bench takes its result when it comes."),
            )
            if isinstance(item, Garbage):
                self.exchange.suspect = True
                raise self.exchange.error(Malformed, msg("It says {text}.", text=readable(item.raw)))
            values = values_of(item)
            said = values.get("test_pressure", said)
            if not ({"leak", "alarm"} & item.fields.keys() or "leak_rate" in values):
                continue
            if before is not None and not self.record.simulated:
                soon = self.link.clock.monotonic() - before[1] < SOONEST * seconds(stage["measure"])
                if soon and item.raw == before[0]:
                    continue  # the same line once more
                if soon and self._alarm(item) is None:  # an alarm may end a test at once
                    raise self.exchange.error(
                        DeviceFault,
                        msg("Stage {label}: a result comes too soon to be this stage's.", label=label),
                        msg("Run one test for each stage, in their order, and repeat the step."),
                    )
            self._check_stage(label, pressure, item, said)
            return item, said

    def _check_stage(self, label: str, pressure: Value, line: Frame, said: Value | None) -> None:
        """Raise DeviceFault where the line belongs to another pressure than the stage's."""
        programs: Mapping[str, Any] = self.record.options.get("programs", {})
        if programs and (number := line.fields.get("program")) is not None:
            stated = programs.get(str(number))
            if stated is None or abs((Value.parse("test_pressure", str(stated)) - pressure).magnitude) > 0.005:
                raise self._wrong_stage(label, msg("programme {number}", number=str(number)))
        if said is not None:
            room = max(PRESSURE_LEAST, PRESSURE_SHARE * abs(pressure.to("bar")))
            if abs(said.to("bar") - pressure.to("bar")) > room:
                raise self._wrong_stage(label, str(said))

    def _wrong_stage(self, label: str, said: Message | str) -> DeviceFault:
        return self.exchange.error(
            DeviceFault,
            msg("Stage {label}: the result is of {said}.", label=label, said=said),
            msg("Run one test for each stage, in their order, and repeat the step."),
        )

    def _alarm(self, line: Frame) -> str | None:
        """Return the alarm that the line reports, None where it is a result."""
        if "alarm" in line.fields:
            return str(line["alarm"])
        return str(line.raw.decode("latin-1").strip()) if line.fields.get("verdict") in ALARMS else None

    def _leak(self, line: Frame, stage: Mapping[str, Any], free_volume: Value) -> tuple[float, dict[str, FieldValue]]:
        """Return the leak rate in µg/min and what it was made from. Raises DeviceFault for a unit that is unknown."""
        measure = seconds(stage["measure"])
        conditions: dict[str, FieldValue] = {
            "free_volume": free_volume,
            "measure": Value.of("measuring_time", measure),
        }
        if (direct := values_of(line).get("leak_rate")) is not None:
            return direct.to("µg/min"), conditions
        said, unit = float(line["leak"]), str(line.fields.get("unit", "?"))  # type: ignore[arg-type]
        converted = UNITS.get(unit.lower())
        if converted is None:
            raise self.exchange.error(
                DeviceFault,
                msg("Its result is in {unit}, which cannot be converted.", unit=unit),
                msg("Set the tester to one of: {units}.", units="Pa, mbar, Pa/s, mL/min, cm3/h"),
            )
        conditions |= {"device_value": said, "device_unit": unit}
        return converted(said, measure, free_volume.to("mm³")), conditions


def _big_leak(label: str, pressure: Value, alarm: str) -> Message:
    return msg(
        "Big leak at stage {label} ({pressure}): the tester reports “{alarm}” and gives no value.",
        label=label,
        pressure=str(pressure),
        alarm=alarm,
    )
