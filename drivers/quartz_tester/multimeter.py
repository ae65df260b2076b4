"""The driver of SCPI bench multimeters with the commands of the 34401A: battery, consumption, coil and insulation.

A multimeter supplies no watch and switches no load: what a person sets or switches beside it stands in the readings'
conditions, and what nobody switches is not read. Options in the register: `load_ohm`, the load in ohms that a person
switches on the battery while the program waits; `insulation_switch` = true, a switch by which a person moves the
probes from the coil to coil and ground; `current_range` in ampere (default 0.01, the lowest of a 34401A).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import ClassVar

from bench.errors import UsageError
from bench.instrument import (
    Capability,
    DeviceFault,
    Identity,
    InstrumentError,
    InstrumentKind,
    Malformed,
    NoReply,
    OutOfRange,
    Program,
    RunResult,
    value_parameter,
)
from bench.language import Message, msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.link.kinds import is_serial_line
from drivers.wire import Run, WireInstrument, seconds

REPLY = 2.0
# One reading at 10 power-line cycles takes 0.2 s, twice that with its zero; finding the range takes a few.
READING = 5.0
CYCLES = 10
LOWEST_RANGE = 0.01  # A
AVERAGING = 10.0  # s over which the consumption is averaged where the program does not say
# A person has this long to switch the load or the probes; after it the second reading is left out.
SWITCHING = 30.0
# What counts as switched, and as settled again: relative to the reading.
SWITCHED = 2e-4
SETTLED = 1e-3
AGREEING = 3
# Below these no number can be told from open probes.
NO_BATTERY = 0.05  # V
NO_CURRENT = 0.01  # µA: the last digit of a 34401A's lowest range
SERIAL_NOT_GIVEN = ("", "0")
SOURCE = "34401A command set (general knowledge)"


Conditions = dict[str, Value | str | int | float | bool]


class Multimeter(WireInstrument):
    """Measures with one function at a time; the reply says which it was, and the value twice."""

    KIND: ClassVar = InstrumentKind.QUARTZ_TESTER
    _unanswered = False
    # Ranges, resolution and accuracy belong to the model and its certificate: the register states them.
    CAPABILITIES: ClassVar = (
        Capability("battery_voltage", source=SOURCE),
        Capability("battery_voltage_loaded", source=SOURCE),
        Capability("consumption", source=SOURCE),
        Capability("consumption_stem_pulled", source=SOURCE),
        Capability("coil_resistance", source=SOURCE),
        Capability("insulation_resistance", source=SOURCE),
    )

    def _handshake(self) -> Identity:
        if is_serial_line(self.record.connection):
            self.exchange.send("remote")
        told = self.exchange.ask("identify", wanted=("identity",), within=REPLY)
        serial = str(told["serial"]).strip()
        model, firmware = str(told["model"]).strip(), str(told["firmware"]).strip()
        return Identity(model, "" if serial in SERIAL_NOT_GIVEN else serial, firmware)

    def _programs(self) -> Mapping[str, Run]:
        return {"battery": self._battery, "consumption": self._consumption, "resistance": self._resistance}

    def _battery(self, _program: Program) -> RunResult:
        self.exchange.send("clear")
        self.exchange.send("configure-voltage")
        said = self._ask("voltage", "battery_voltage")
        volts = _number(said)
        if volts < NO_BATTERY:
            why = msg("It shows {value}.", value=str(Value.of("battery_voltage", volts)))
            raise self.exchange.error(
                DeviceFault, why, msg("Check where the probes stand, which is plus, and the cell.")
            )
        self._give("battery_voltage", volts, said.raw)
        readings = [Reading(Value.of("battery_voltage", volts), conditions={"load": "none"})]
        ohms = self._load()
        if ohms is not None:
            loaded = self._after_switch("voltage", "battery_voltage_loaded", volts)
            if loaded is not None and loaded < volts:
                value = Value.of("battery_voltage_loaded", loaded)
                readings.append(Reading(value, n=AGREEING, conditions={"load": f"{ohms:g} Ω"}))
        return self._result(*readings)

    def _consumption(self, program: Program) -> RunResult:
        state = str(program.parameters["state"])
        key = "consumption" if state == "running" else "consumption_stem_pulled"
        supply = value_parameter(program, "supply")
        time = seconds(program.parameters.get("measure", AVERAGING))
        self.exchange.send("clear")
        self.exchange.send("configure-current", range=self._range())
        self.exchange.send("integrate-current", cycles=CYCLES)
        clock = self.link.clock
        end = clock.monotonic() + time
        values: list[float] = []
        while not values or clock.monotonic() < end:
            said = self._ask("current", key)
            values.append(_number(said) * 1e6)
            self._give(key, values[-1], said.raw)
        mean = statistics.fmean(values)
        if mean < NO_CURRENT:
            why = msg("It shows {value}.", value=str(Value.of(key, mean)))
            raise self.exchange.error(
                DeviceFault, why, msg("Check the supply, and the meter's leads and their polarity.")
            )
        stdev = statistics.stdev(values) if len(values) > 1 else None
        u_a = stdev / math.sqrt(len(values)) if stdev is not None else None
        conditions: Conditions = {"state": state, "supply": supply, "supply_set_by": "hand", "measure": _time(time)}
        return self._result(Reading(Value.of(key, mean), "", len(values), stdev, u_a, conditions))

    def _resistance(self, _program: Program) -> RunResult:
        self.exchange.send("clear")
        self.exchange.send("configure-resistance")
        said = self._ask("resistance", "coil_resistance")
        ohms = _number(said)
        self._give("coil_resistance", ohms / 1e3, said.raw)
        readings = [Reading(Value.of("coil_resistance", ohms / 1e3))]
        if self.record.options.get("insulation_switch"):
            insulation = self._after_switch("resistance", "insulation_resistance", ohms)
            if insulation is not None:
                readings.append(self._insulation(insulation))
        return self._result(*readings)

    def _insulation(self, ohms: float) -> Reading:
        """Return the insulation; an overload is the end of the range that the register states, as “open”."""
        if math.isfinite(ohms):
            return Reading(
                Value.of("insulation_resistance", ohms / 1e6), n=AGREEING, conditions={"finding": "measured"}
            )
        stated = [entry.high for entry in self.record.capabilities if entry.quantity == "insulation_resistance"]
        if not stated or stated[0] is None:
            raise self._overload("insulation_resistance")
        value = Value.of("insulation_resistance", stated[0])
        return Reading(value, n=AGREEING, conditions={"finding": "open", "above_range": True})

    def _after_switch(self, function: str, key: str, before: float) -> float | None:
        """Watch the reading until a person has switched and it stands still; return it, None where nobody did.

        An overload is infinite here. Raises as `_ask`.
        """
        clock = self.link.clock
        end = min(self.ends, clock.monotonic() + SWITCHING)
        settled: list[float] = []
        while clock.monotonic() + READING < end:
            try:
                said = self._ask(function, key)
                value = _number(said)
                self._give(key, value / {"resistance": 1e6}.get(function, 1.0), said.raw)
            except OutOfRange:
                value = math.inf
            if _near(value, before, SWITCHED):
                settled.clear()
                continue
            if settled and not _near(value, settled[-1], SETTLED):
                settled.clear()
            settled.append(value)
            if len(settled) >= AGREEING:
                return statistics.fmean(settled) if math.isfinite(value) else math.inf
        return None

    def _ask(self, function: str, key: str) -> Frame:
        """Measure once. Raises OutOfRange for an overload, DeviceFault for an entry of the error queue."""
        self.exchange.send("measure")
        self._unanswered = True
        try:
            said = self.exchange.expect(("measured",), within=self.left(READING))
        except OutOfRange:
            self._unanswered = False
            raise self._overload(key) from None
        except NoReply as error:
            raise self._explained(error) from None
        self._unanswered = False
        if said["code"]:
            raise self._fault(said)
        if said["reading"] != said["again"]:
            self.exchange.suspect = True
            why = msg("It says {told}, then {again} for the same reading.", told=said["reading"], again=said["again"])
            raise self.exchange.error(Malformed, why)
        if said["function"] != function:
            self.exchange.suspect = True
            why = msg("It measured {told} where {asked} was asked.", told=str(said["function"]), asked=function)
            raise self.exchange.error(Malformed, why)
        return said

    def _make_safe(self) -> None:
        """Let a reading that still runs come to its end: its answer belongs to nobody."""
        if self._unanswered and not self.suspect:
            self.exchange.expect(("measured",), within=READING)
        self._unanswered = False

    def _explained(self, silence: InstrumentError) -> InstrumentError:
        """Return what the error queue says about a question that got no answer, else the silence itself."""
        with self.exchange.uninterrupted():
            try:
                said = self.exchange.ask("read-error", wanted=("error",), within=REPLY)
            except InstrumentError:
                return silence
            return self._fault(said) if said["code"] else silence

    def _fault(self, said: Frame) -> DeviceFault:
        return self.exchange.error(
            DeviceFault,
            msg("Its error queue says {code}: {text}.", code=said["code"], text=str(said["text"]).rstrip(".")),
            msg("Look the error up in the meter's manual, clear it there, then repeat the step."),
        )

    def _overload(self, key: str) -> OutOfRange:
        remedy = {
            "battery_voltage": msg("Check where the probes stand, and their sockets on the meter."),
            "consumption": msg("Look for a short circuit; check the range of the current (current_range)."),
            "consumption_stem_pulled": msg("Look for a short circuit; check the range of the current (current_range)."),
            "coil_resistance": msg("Check that both probes touch the coil; if they do, the coil is open."),
        }.get(key, msg("It is above the meter's range, or a probe does not touch: check, then enter it by hand."))
        return self.exchange.error(OutOfRange, msg("It shows an overload."), remedy)

    def _load(self) -> float | None:
        """Return the load in ohms that a person switches, None where there is none. Raises UsageError."""
        return self._option("load_ohm", None)

    def _range(self) -> float:
        chosen = self._option("current_range", LOWEST_RANGE)
        assert chosen is not None
        return chosen

    def _option(self, name: str, default: float | None) -> float | None:
        given = self.record.options.get(name, default)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not given > 0:
            raise UsageError(self._wrong_option(name), remedy=msg("Write a number above zero, in ohms or ampere."))
        return float(given)

    def _wrong_option(self, name: str) -> Message:
        return msg("{instrument}: “{option}” is no such number.", instrument=self.record.id, option=name)


def _number(said: Frame) -> float:
    return float(said["reading"])  # type: ignore[arg-type]


def _near(value: float, other: float, relative: float) -> bool:
    return value == other or abs(value - other) <= relative * max(abs(value), abs(other)) != math.inf


def _time(value: float) -> Value:
    return Value.of("measuring_time", value)
