"""The driver of Cosmo LS leak testers: the stages of a dry test, one channel of the tester for each pressure.

The protocol sets no pressure and gives no live value: the pressures stand on the tester's channels, the register says
which (`options.channels`: {"0": "-0.4 bar", …}), and each stage ends with one result. Whether the result is in Pa or
mL/min is set on the tester too (`options.leak_unit`, default Pa).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from bench.errors import UsageError
from bench.instrument import (
    Capability,
    DeviceFault,
    Identity,
    InstrumentError,
    InstrumentKind,
    LinkLost,
    Malformed,
    OutOfRange,
    Program,
    RunResult,
    value_parameter,
)
from bench.language import Message, msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.water_resistance.leak import from_flow, from_pressure_change
from drivers.wire import Run, WireInstrument, seconds

REPLY = 2.0
# Balancing, venting and the tester's own delays, beyond fill, stabilise and measure.
MARGIN = 30.0
# A result that comes in less than this part of the test's time belongs to an earlier test.
SOONEST = 0.8
# How often, and how long, the tester is asked after a stop whether it is at rest (vented) again.
VENT_POLL = 0.1
VENT_PATIENCE = 8.0
FULL_SCALE = 999.9  # what format T can carry
SAME_PRESSURE = 0.005  # bar
# A result beyond the tester's scale is measured once more in an eighth of the time.
SHORTER = 8.0
SHORTEST = 1.0  # s
BIG_LEAK = ("high-high-ng", "low-low-ng")
RESULTS = ("result", "result-long")
UNITS = ("Pa", "mL/min")
SOURCE = "Cosmo LS-1866 manual p. 77–80: format T"


@dataclass(frozen=True)
class Stage:
    """One pressure of the test: where it stands on the tester, and its times in seconds."""

    label: str
    pressure: Value
    channel: int
    fill: float
    stabilise: float
    measure: float

    @property
    def duration(self) -> float:
        return self.fill + self.stabilise + self.measure


class LeakTester(WireInstrument):
    """Runs the stages of a leak test and turns the tester's unit into µg/min.

    Each stage that begins is a sample of its set `test_pressure`: the protocol tells no live pressure.
    """

    KIND: ClassVar = InstrumentKind.WATER_RESISTANCE
    CAPABILITIES: ClassVar = (
        Capability("leak_rate", source=SOURCE),
        Capability("test_pressure", source="set on the tester's channels"),
    )

    _under_pressure = False
    _channel = 0

    @property
    def _unit(self) -> int:
        return int(self.record.options.get("unit", 0))

    def _handshake(self) -> Identity:
        """The protocol names neither model nor serial number: a sound last result from our unit is all the proof."""
        self._ask("read-result", *RESULTS)
        return Identity(self._dialect.model, "")

    def _programs(self) -> Mapping[str, Run]:
        return {"leak-test": self._leak_test}

    def _leak_test(self, program: Program) -> RunResult:
        free_volume = value_parameter(program, "free_volume")
        if (unit := self.record.options.get("leak_unit", "Pa")) not in UNITS:
            raise UsageError(
                msg("{instrument}: “{unit}” is no unit of its result.", instrument=self.record.id, unit=unit),
                remedy=msg("Write one of these under “leak_unit”: {units}.", units=", ".join(UNITS)),
            )
        stages = self._stages(program.parameters["stages"])
        self._come_to_rest(stages[0].channel)
        readings: list[Reading] = []
        verdicts: list[str] = []
        for stage in stages:
            result = self._run_stage(stage)
            if result["judgement"] in BIG_LEAK:
                # A long measurement runs off the end of the scale at a leak that a short one still puts a number to.
                stage = replace(stage, measure=max(SHORTEST, stage.measure / SHORTER))
                result = self._run_stage(stage)
            judgement = str(result["judgement"])
            verdicts.append(f"{stage.label}: {judgement}")
            if judgement in BIG_LEAK:
                self._vent()
                return self._result(*readings, verdict="; ".join(verdicts), aborted=_big_leak(stage))
            if judgement in ("no-data", "error"):
                raise self.exchange.error(
                    DeviceFault,
                    msg(
                        "Stage {label}: the tester gives no result ({judgement}).",
                        label=stage.label,
                        judgement=judgement,
                    ),
                    msg("Check that the chamber is closed and the air supply on, then repeat the step."),
                )
            readings += self._readings(stage, result, free_volume)
        return self._result(*readings, verdict="; ".join(verdicts))

    def _stages(self, rows: Sequence[Mapping[str, Any]]) -> list[Stage]:
        """Find the channel of every stage before the first one is filled. Raises DeviceFault where one has none."""
        channels = {
            int(number): Value.parse("test_pressure", str(pressure))
            for number, pressure in self.record.options.get("channels", {}).items()
        }
        stages = []
        for row in rows:
            pressure: Value = row["pressure"]
            fitting = [n for n, set_to in channels.items() if abs((set_to - pressure).magnitude) <= SAME_PRESSURE]
            if not fitting:
                raise DeviceFault(
                    self.record.id,
                    why=msg("No channel of the tester is set to {pressure}.", pressure=str(pressure)),
                    remedy=msg("Set one on the tester and write it in the register, under “channels”."),
                )
            times = (seconds(row[name]) for name in ("fill", "stabilise", "measure"))
            stages.append(Stage(str(row["label"]), pressure, fitting[0], *times))
        return stages

    def _run_stage(self, stage: Stage) -> Frame:
        """Fill, stabilise, measure; return the tester's result. The chamber is vented when it comes."""
        self._channel = stage.channel
        self._ask("select-channel", "ack", channel=stage.channel)
        for parameter, time in (("CHG", stage.fill), ("STB", stage.stabilise), ("DET", stage.measure)):
            self._ask("write-timer", "ack", channel=stage.channel, parameter=parameter, timer=time)
        self._under_pressure = True
        started = self.link.clock.monotonic()
        begun = self._ask("start", "ack", channel=stage.channel)
        self._give("test_pressure", stage.pressure.magnitude, begun.raw, label=stage.label)
        while True:
            result = self.exchange.expect(RESULTS, within=self.left(stage.duration + MARGIN), ours=self._is_ours)
            # A simulated tester may run faster than the clock on the wall; a real one cannot.
            if self.record.simulated or self.link.clock.monotonic() - started >= SOONEST * stage.duration:
                break
        self._under_pressure = False
        return result

    def _readings(self, stage: Stage, result: Frame, free_volume: Value) -> list[Reading]:
        said = float(result["leak"])  # type: ignore[arg-type]
        if abs(said) >= FULL_SCALE:
            raise self.exchange.error(OutOfRange, msg("Stage {label}: the result is off the scale.", label=stage.label))
        unit = str(self.record.options.get("leak_unit", "Pa"))
        flows = unit == "mL/min"
        leak = from_flow(said) if flows else from_pressure_change(said, stage.measure, free_volume.to("mm³"))
        self._give("leak_rate", leak, result.raw, label=stage.label)
        conditions: dict[str, Value | str | int | float | bool] = {
            "pressure": stage.pressure,
            "free_volume": free_volume,
            "device_value": said,
            "device_unit": unit,
            "device_judgement": str(result["judgement"]),
            "channel": stage.channel,
            "measure": Value.of("measuring_time", stage.measure),
        }
        return [
            Reading(Value.of("leak_rate", leak), stage.label, conditions=conditions),
            Reading(stage.pressure, stage.label, conditions={"channel": stage.channel, "set_not_measured": True}),
        ]

    def _come_to_rest(self, channel: int) -> None:
        """End a test that still runs from before (a cable that was pulled, another program): its result is nobody's."""
        self._channel = channel
        try:
            self._ask("select-channel", "ack", channel=channel)
        except DeviceFault:
            self._vent()

    def _make_safe(self) -> None:
        if self._under_pressure:
            self._vent()

    def _vent(self) -> None:
        """Stop the test and wait until the tester is at rest: it takes a channel only then. Raises LinkLost."""
        clock = self.link.clock
        end = clock.monotonic() + VENT_PATIENCE
        stopped = False
        while clock.monotonic() < end:
            try:
                if not stopped:
                    self._ask("stop", "ack")
                    stopped = True
                self._ask("select-channel", "ack", channel=self._channel)
                self._under_pressure = False
                return
            except LinkLost:
                raise
            except DeviceFault:
                stopped = True  # refused: there is nothing to stop, or it is venting still
                clock.sleep(VENT_POLL)
            except InstrumentError:
                continue

    def _ask(self, command: str, *wanted: str, **fields: Any) -> Frame:
        """Ask our unit; an answer of another unit on the line is no answer."""
        self.exchange.send(command, unit=self._unit, **fields)
        answer = self.exchange.expect(wanted, within=REPLY)
        if not self._is_ours(answer):
            self.exchange.suspect = True
            raise self.exchange.error(Malformed, msg("Unit {unit} of the line answers.", unit=answer["unit"]))
        return answer

    def _is_ours(self, frame: Frame) -> bool:
        return frame.fields.get("unit", self._unit) == self._unit


def _big_leak(stage: Stage) -> Message:
    return msg(
        "Big leak at stage {label} ({pressure}): the tester stopped the test, the chamber is vented.",
        label=stage.label,
        pressure=str(stage.pressure),
    )
