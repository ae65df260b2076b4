"""The driver of Uson Qualitek mR leak testers over Modbus RTU: choose a program, check what it is set to, start, wait,
read the verdict.

Options in the register:
  programs         {"1": "-0.4 bar", …}: the tester's program for each test pressure
  pressure_unit    unit of the fill target in register 40003 ("bar", "mbar", "kPa", "Pa")
  set_targets      true: the bench writes fill target and timers before each stage, instead of only comparing them
  result_register  register of the result, a float (3xxxx or 4xxxx), and result_unit, "Pa" or "mL/min": the manual pages
                   that were read document none, so without it there is a verdict of the tester and no number
  word_order       "high-first" (default) or "low-first": the words of a float
  function_codes   {"input": 4, "holding": 3} (the standard, default) or the other way round, as the manual prints it
  unit             the tester's Modbus address, default 1
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
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
    Stopped,
    WrongInstrument,
    value_parameter,
)
from bench.language import Message, msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.water_resistance import qualitek_registers as reg
from drivers.water_resistance.driver import MARGIN, SAME_PRESSURE, SOONEST, UNITS, Stage
from drivers.water_resistance.leak import from_flow, from_pressure_change
from drivers.wire import Run, WireInstrument, seconds

REPLY = 1.0
POLL = 0.5
# How long the heartbeat may take to count once, and a start to be obeyed.
HEARTBEAT_PATIENCE = 3.0
START_PATIENCE = 3.0
VENT_PATIENCE = 30.0
SAME_TIME = 0.05  # s
PROGRAMS = range(1, 128)
PRESSURE_UNITS = ("bar", "mbar", "kPa", "Pa")
WORD_ORDERS = ("high-first", "low-first")

Conditions = dict[str, Value | str | int | float | bool]


class Qualitek(WireInstrument):
    """Runs each stage as one of the tester's programs; each that begins is a sample of its set `test_pressure`."""

    KIND: ClassVar = InstrumentKind.WATER_RESISTANCE
    CAPABILITIES: ClassVar = (
        Capability("leak_rate", source=reg.SOURCE),
        Capability("test_pressure", source="set in the tester's programs"),
    )

    _under_pressure = False

    def _handshake(self) -> Identity:
        """No register names the serial number. A heartbeat that counts where the manual has it is the proof that these
        are a Qualitek's registers, read with the right function."""
        clock = self.link.clock
        first = self._status()
        end = clock.monotonic() + HEARTBEAT_PATIENCE
        while clock.monotonic() < end:
            self._pause(POLL)
            if self._status().heartbeat != first.heartbeat:
                return Identity(self._dialect.model, "")
        raise self.exchange.error(
            WrongInstrument,
            msg("Register 30003 does not count the seconds."),
            msg("Check that it is a Qualitek mR; if it is, exchange the two function_codes in its options."),
        )

    def _programs(self) -> Mapping[str, Run]:
        return {"leak-test": self._leak_test}

    def _leak_test(self, program: Program) -> RunResult:
        free_volume = value_parameter(program, "free_volume")
        result_register = self._result_register()
        stages = self._stages(program.parameters["stages"])
        self._come_to_rest()
        readings: list[Reading] = []
        verdicts: list[str] = []
        for stage in stages:
            ended, reached = self._run_stage(stage)
            verdicts.append(f"{stage.label}: {ended.verdict}")
            if ended.verdict == "fail" and not reached:
                return self._result(*readings, verdict="; ".join(verdicts), aborted=_not_reached(stage))
            conditions: Conditions = {"program": stage.channel, "device_judgement": ended.verdict}
            if result_register is not None:
                readings.append(self._leak(stage, result_register, free_volume, conditions))
            readings.append(Reading(stage.pressure, stage.label, conditions={**conditions, "set_not_measured": True}))
        return self._result(*readings, verdict="; ".join(verdicts))

    # One stage

    def _run_stage(self, stage: Stage) -> tuple[reg.Status, bool]:
        """Choose, check, start, wait; return the status at the end and whether the pressure was ever reached."""
        self._write(reg.SELECT, stage.channel)
        if self._read(reg.SELECT, 1) != [stage.channel]:
            raise self.exchange.error(DeviceFault, msg("It does not choose program {number}.", number=stage.channel))
        self._check_targets(stage)
        clock = self.link.clock
        started = clock.monotonic()
        self._under_pressure = True
        begun = self._write(reg.CONTROL, reg.START)
        self._give("test_pressure", stage.pressure.magnitude, begun.raw, label=stage.label)
        self._until_busy(stage)
        self._write(reg.CONTROL, reg.REST)
        reached = False
        while True:
            self.left(stage.duration + MARGIN)
            status = self._status()
            self._check_alarm(status, stage)
            reached = reached or status[reg.PRESSURE_OK]
            if status.at_rest:
                break
            self._pause(POLL)
        self._under_pressure = False
        if not (status[reg.CYCLE_END] and status.verdict) or status.program != stage.channel:
            why = msg("Stage {label}: the test ended without a verdict.", label=stage.label)
            raise self.exchange.error(DeviceFault, why)
        # A simulated tester may run faster than the clock on the wall; a real one cannot.
        early = clock.monotonic() - started < SOONEST * stage.duration
        if early and status.verdict != "fail" and not self.record.simulated:
            why = msg("Stage {label}: the test ended before its time.", label=stage.label)
            raise self.exchange.error(DeviceFault, why, msg("Look at the program's timers on the tester."))
        return status, reached

    def _check_targets(self, stage: Stage) -> None:
        """Write fill target and timers where the register allows it, and see that they are what the stage asks for.

        A target that comes back as it should also proves the unit and the word order. Raises DeviceFault.
        """
        unit = self._chosen("pressure_unit", PRESSURE_UNITS)
        wanted = {
            reg.FILL_TARGET: stage.pressure.to(unit),
            reg.FILL_TIMER: stage.fill,
            reg.STABILISE_TIMER: stage.stabilise,
            reg.STABILISE_TIMER + 2: stage.measure,
        }
        if self.record.options.get("set_targets") is True:
            for register, value in wanted.items():
                self._write_float(register, value)
        target = self._read_float(reg.FILL_TARGET)
        within = Value.of("test_pressure", SAME_PRESSURE).to(unit)
        if not abs(target - wanted[reg.FILL_TARGET]) <= within:
            raise self._not_set(stage, f"{target:g} {unit}", str(stage.pressure))
        for register in (reg.FILL_TIMER, reg.STABILISE_TIMER, reg.STABILISE_TIMER + 2):
            timer = self._read_float(register)
            if not abs(timer - wanted[register]) <= SAME_TIME:
                raise self._not_set(stage, f"{register}: {timer:g} s", f"{wanted[register]:g} s")

    def _not_set(self, stage: Stage, told: str, asked: str) -> DeviceFault:
        return self.exchange.error(
            DeviceFault,
            msg(
                "Program {number} is set to {told} where {asked} is asked.",
                number=stage.channel,
                told=told,
                asked=asked,
            ),
            msg("Set the program on the tester; check pressure_unit and word_order in the options."),
        )

    def _until_busy(self, stage: Stage) -> None:
        end = self.link.clock.monotonic() + START_PATIENCE
        while self.link.clock.monotonic() < end:
            status = self._status()
            self._check_alarm(status, stage)
            if status[reg.BUSY]:
                return
            self._pause(POLL / 2)
        raise self.exchange.error(
            DeviceFault,
            msg("Stage {label}: the tester does not start.", label=stage.label),
            msg("Check that the chamber is closed and the tester in run mode, then repeat the step."),
        )

    def _check_alarm(self, status: reg.Status, stage: Stage) -> None:
        if status[reg.ALARM]:
            raise self.exchange.error(
                DeviceFault,
                msg("Stage {label}: the tester reports an alarm.", label=stage.label),
                msg("Read the alarm on the tester and remove its cause; check the chamber and the air supply."),
            )

    def _leak(self, stage: Stage, register: int, free_volume: Value, conditions: Conditions) -> Reading:
        unit = self._chosen("result_unit", UNITS)
        said = self._read_float(register)
        if not math.isfinite(said):
            raise self.exchange.error(OutOfRange, msg("Stage {label}: the result is off the scale.", label=stage.label))
        flows = unit == "mL/min"
        leak = from_flow(said) if flows else from_pressure_change(said, stage.measure, free_volume.to("mm³"))
        self._give("leak_rate", leak, self.exchange.heard)
        return Reading(
            Value.of("leak_rate", leak),
            stage.label,
            conditions={
                **conditions,
                "pressure": stage.pressure,
                "free_volume": free_volume,
                "device_value": said,
                "device_unit": unit,
                "device_unit_code": self._read(reg.RESULT_UNIT, 1)[0],
                "measure": Value.of("measuring_time", stage.measure),
            },
        )

    # Safety

    def _come_to_rest(self) -> None:
        """End a test that still runs from before: its result is nobody's."""
        if not self._status().at_rest:
            self._vent()

    def _make_safe(self) -> None:
        if self._under_pressure:
            self._vent()

    def _vent(self) -> None:
        """Abort and wait until the tester is at rest, through any fault of the line but its loss. Raises LinkLost,
        Stopped, DeviceFault."""
        clock = self.link.clock
        end = clock.monotonic() + VENT_PATIENCE
        aborted = False
        while clock.monotonic() < end:
            try:
                if not aborted:
                    self._write(reg.CONTROL, reg.ABORT)
                    aborted = True
                if self._status().at_rest:
                    self._under_pressure = False
                    self._write(reg.CONTROL, reg.REST)
                    return
            except (LinkLost, Stopped):
                raise
            except InstrumentError:
                pass
            self._pause(POLL)
        raise self.exchange.error(DeviceFault, msg("It does not come to rest after the abort."))

    def _pause(self, duration: float) -> None:
        """Wait, and notice a stop or a lost link meanwhile; what comes then answers nothing."""
        end = self.link.clock.monotonic() + duration
        while self.exchange.listen(end) is not None:
            continue

    # Registers

    def _status(self) -> reg.Status:
        bits, heartbeat, program = self._read(reg.STATUS, 3)
        if bits & reg.UNUSED_BITS:
            self.exchange.suspect = True
            raise self.exchange.error(
                Malformed, msg("The status {bits} has bits that it does not have.", bits=hex(bits))
            )
        return reg.Status(bits, heartbeat, program)

    def _read(self, register: int, count: int) -> list[int]:
        """Return registers by the manual's number. Raises DeviceFault for an exception of the tester."""
        command, answer = reg.READ[self._function("input" if register < reg.CONTROL else "holding")]
        said = self._ask(command, answer, register, count=count)
        raw = bytes(said["registers"])  # type: ignore[arg-type]
        if len(raw) != 2 * count:
            self.exchange.suspect = True
            raise self.exchange.error(Malformed, msg("It answers with {count} bytes.", count=len(raw)))
        return list(struct.unpack(f">{count}H", raw))

    def _write(self, register: int, value: int) -> Frame:
        said = self._ask("write-register", "written", register, value=value)
        self._same(said, address=reg.address(register), value=value)
        return said

    def _read_float(self, register: int) -> float:
        words = self._read(register, 2)
        value: float = struct.unpack(">f", struct.pack(">2H", *self._ordered(words)))[0]
        return value

    def _write_float(self, register: int, value: float) -> None:
        words = self._ordered(list(struct.unpack(">2H", struct.pack(">f", value))))
        registers = struct.pack(">2H", *words)
        said = self._ask("write-registers", "written-many", register, count=2, registers=registers)
        self._same(said, address=reg.address(register), count=2)

    def _ordered(self, words: list[int]) -> list[int]:
        return words if self._chosen("word_order", WORD_ORDERS, WORD_ORDERS[0]) == "high-first" else words[::-1]

    def _ask(self, command: str, answer: str, register: int, **fields: Any) -> Frame:
        """Ask our unit; what another unit of the line says is left out."""
        unit = self._whole("unit", range(1, 248), 1)
        refused = f"refused-{command}"
        self.exchange.send(command, unit=unit, address=reg.address(register), **fields)
        said = self.exchange.expect((answer, refused), within=REPLY, ours=lambda frame: frame["unit"] == unit)
        if said.name == refused:
            code = int(said["code"])  # type: ignore[arg-type]
            why = reg.EXCEPTIONS.get(code, msg("It refuses, with the exception {code}.", code=code))
            raise self.exchange.error(DeviceFault, why)
        return said

    def _same(self, said: Frame, **asked: int) -> None:
        for name, value in asked.items():
            if said[name] != value:
                self.exchange.suspect = True
                why = msg("It answers for {told} where {asked} was asked.", told=str(said[name]), asked=str(value))
                raise self.exchange.error(Malformed, why)

    # Options

    def _stages(self, rows: Sequence[Mapping[str, Any]]) -> list[Stage]:
        """Find the program of every stage before the first is chosen. Raises DeviceFault where one has none."""
        numbered = self.record.options.get("programs", {})
        programs = {int(number): Value.parse("test_pressure", str(at)) for number, at in numbered.items()}
        stages = []
        for row in rows:
            pressure: Value = row["pressure"]
            fitting = [n for n, at in programs.items() if abs((at - pressure).magnitude) <= SAME_PRESSURE]
            if not fitting or fitting[0] not in PROGRAMS:
                raise DeviceFault(
                    self.record.id,
                    why=msg("No program of the tester is for {pressure}.", pressure=str(pressure)),
                    remedy=msg("Make one on the tester and write it in the register, under “programs”."),
                )
            times = (seconds(row[name]) for name in ("fill", "stabilise", "measure"))
            stages.append(Stage(str(row["label"]), pressure, fitting[0], *times))
        return stages

    def _result_register(self) -> int | None:
        """Return the register of the result, None where nobody has stated one. Raises UsageError."""
        if "result_register" not in self.record.options:
            return None
        self._chosen("result_unit", UNITS)
        return self._whole("result_register", range(30001, 49999), 0)

    def _function(self, table: str) -> int:
        codes = {**reg.STANDARD_CODES, **self.record.options.get("function_codes", {})}
        if sorted(codes) != sorted(reg.STANDARD_CODES) or sorted(codes.values()) != [3, 4]:
            raise self._wrong_option("function_codes", "{input = 4, holding = 3}, {input = 3, holding = 4}")
        return int(codes[table])

    def _chosen(self, name: str, choices: Sequence[str], default: str = "") -> str:
        given = self.record.options.get(name, default)
        if given not in choices:
            raise self._wrong_option(name, ", ".join(choices))
        return str(given)

    def _whole(self, name: str, choices: range, default: int) -> int:
        given = self.record.options.get(name, default)
        if isinstance(given, bool) or not isinstance(given, int) or given not in choices:
            raise self._wrong_option(name, f"{choices.start} … {choices.stop - 1}")
        return given

    def _wrong_option(self, name: str, choices: str) -> UsageError:
        return UsageError(
            msg("{instrument}: the option “{option}” is missing or wrong.", instrument=self.record.id, option=name),
            remedy=msg("Write one of these: {choices}.", choices=choices),
        )


def _not_reached(stage: Stage) -> Message:
    return msg(
        "Big leak at stage {label} ({pressure}): the tester failed it without reaching the pressure.",
        label=stage.label,
        pressure=str(stage.pressure),
    )
