"""The driver of quartz testers that speak our own protocol, etabli-quartz/1 (docs/protocols/etabli-quartz-1.md).

Every question has a number and every answer repeats it: a late answer is known as such and dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from bench.instrument import (
    Capability,
    DeviceFault,
    Identity,
    InstrumentKind,
    Malformed,
    NoReply,
    Program,
    RunResult,
    value_parameter,
)
from bench.language import msg
from bench.measurement import Provenance, Reading
from bench.metrology import InstrumentRecord
from bench.quantities import Value
from drivers.dialects import Dialect, Frame
from drivers.link.base import Link
from drivers.wire import Run, WireInstrument, seconds

REPLY = 2.0
ABORT = 2.0
# A running measurement says something at least once a second; this long a silence ends it.
SILENCE = 3.0
# Seconds over which the consumption is averaged where the program does not say.
AVERAGING = 10
HIGHEST_SEQUENCE = 9999
SOURCE = "docs/protocols/etabli-quartz-1.md"
# Message of the running values → the field that is a sample.
LIVE = {"consumption-sample": "current", "rate-sample": "rate", "voltage-sample": "supply"}
Conditions = dict[str, Value | str | int | float | bool]


class QuartzTester(WireInstrument):
    """Runs each of the tester's measurements as one program."""

    KIND: ClassVar = InstrumentKind.QUARTZ_TESTER
    CAPABILITIES: ClassVar = (
        Capability("battery_voltage", 0.0, 3.6, 0.001, source=SOURCE),
        Capability("battery_voltage_loaded", 0.0, 3.6, 0.001, source=SOURCE),
        Capability("consumption", 0.0, 2000.0, 0.001, source=SOURCE),
        Capability("consumption_stem_pulled", 0.0, 2000.0, 0.001, source=SOURCE),
        Capability("quartz_rate", -999.999, 999.999, 0.001, source=SOURCE),
        Capability("pulse_width", 0.1, 100.0, 0.01, source=SOURCE),
        Capability("pulse_period", 0.01, 120.0, 0.001, source=SOURCE),
        Capability("coil_resistance", 0.0, 10000.0, 0.001, source=SOURCE),
        Capability("insulation_resistance", 0.0, 10.0, 0.000001, source=SOURCE),
        Capability("lower_working_voltage", 0.0, 3.6, 0.001, source=SOURCE),
    )

    _measuring = 0
    _live_as = ""

    def __init__(
        self, record: InstrumentRecord, link: Link, dialect: Dialect, provenance: Provenance | None = None
    ) -> None:
        super().__init__(record, link, dialect, provenance)
        # Anywhere but at 1: after a new start, an answer to an earlier driver's question must not fit.
        self._sequence = int(link.clock.monotonic() * 10) % HIGHEST_SEQUENCE

    def state(self) -> dict[str, Any]:
        return {**super().state(), "sequence": self._sequence}

    def resume(self, state: Mapping[str, Any]) -> None:
        super().resume(state)
        self._sequence = int(state.get("sequence", 0))

    def _handshake(self) -> Identity:
        try:
            told = self._ask("identify", "identity")
        except NoReply:
            # Opening the port starts an Arduino again, and it does not listen meanwhile.
            told = self._ask("identify", "identity")
        return Identity(str(told["model"]), str(told["serial"]), str(told["firmware"]))

    def _programs(self) -> Mapping[str, Run]:
        return {
            "battery": self._battery,
            "consumption": self._consumption,
            "quartz-rate": self._quartz_rate,
            "pulse": self._pulse,
            "resistance": self._resistance,
            "lower-voltage": self._lower_voltage,
        }

    def _battery(self, _program: Program) -> RunResult:
        said = self._measure("battery", "battery")
        return self._result(
            self._reading(said, "battery_voltage", "open", {"load": "2 MΩ"}),
            self._reading(said, "battery_voltage_loaded", "loaded", {"load": "2 kΩ, 10 ms"}),
        )

    def _consumption(self, program: Program) -> RunResult:
        state = str(program.parameters["state"])
        supply = value_parameter(program, "supply")
        time = round(seconds(program.parameters.get("measure", AVERAGING)))
        key = "consumption" if state == "running" else "consumption_stem_pulled"
        said = self._measure("consumption", "consumption", key, state=state, supply=supply, time=time)
        self._same(said, state=state, supply=supply)
        conditions: Conditions = {"state": state, "supply": supply, "measure": _value(said, "time")}
        spread = _value(said, "current_stdev").magnitude
        return self._result(self._reading(said, key, "current", conditions, n=_count(said, "n"), stdev=spread))

    def _quartz_rate(self, program: Program) -> RunResult:
        inhibition = value_parameter(program, "inhibition_period")
        periods = int(program.parameters.get("periods", 1))
        said = self._measure("rate", "rate", "quartz_rate", source="auto", inhibition=inhibition, periods=periods)
        self._same(said, inhibition=inhibition, periods=periods)
        conditions: Conditions = {
            "source": str(said["source"]),
            "inhibition_period": inhibition,
            "periods": periods,
            "measure": Value.of("measuring_time", inhibition.to("s") * periods),
        }
        spread = _value(said, "rate_stdev").magnitude if periods > 1 else None
        return self._result(self._reading(said, "quartz_rate", "rate", conditions, n=periods, stdev=spread))

    def _pulse(self, _program: Program) -> RunResult:
        said = self._measure("pulse", "pulse")
        conditions: Conditions = {"drive_percent": _count(said, "drive")}
        return self._result(
            self._reading(said, "pulse_width", "pulse_width", conditions),
            self._reading(said, "pulse_period", "pulse_period", conditions),
        )

    def _resistance(self, _program: Program) -> RunResult:
        readings = []
        for part in ("coil", "insulation"):
            said = self._measure(f"{part}-resistance", f"{part}-resistance")
            conditions: Conditions = {"finding": str(said["finding"]), "test_voltage": _value(said, "test")}
            readings.append(self._reading(said, f"{part}_resistance", part, conditions))
        return self._result(*readings)

    def _lower_voltage(self, program: Program) -> RunResult:
        start = program.parameters.get("supply", Value.of("supply_voltage", 1.55))
        said = self._measure("lower-voltage", "lower-voltage", "supply_voltage", start=start)
        self._same(said, start=start)
        conditions: Conditions = {"from": start, "step": _value(said, "step"), "eol": str(said["eol"])}
        if said["eol"] == "yes":
            conditions["eol_at"] = _value(said, "eol_at")
        return self._result(self._reading(said, "lower_working_voltage", "stopped", conditions))

    def _measure(self, command: str, answer: str, live_as: str = "", **fields: Any) -> Frame:
        """Start a measurement and wait for its result, giving the running values as samples of `live_as`."""
        self._live_as = live_as
        self._measuring = self._next_sequence()
        said = self._ask(command, answer, sequence=self._measuring, within=None, **fields)
        self._measuring = 0
        return said

    def _ask(
        self, command: str, answer: str, *, sequence: int = 0, within: float | None = REPLY, **fields: Any
    ) -> Frame:
        """Ask and return the answer with our number; `within` None: as long as the program has, while it reports."""
        number = sequence or self._next_sequence()
        self.exchange.send(command, sequence=number, **fields)
        wanted: Collection[str] = (answer, *LIVE, "progress", "ready")
        while True:
            patience = self.left(SILENCE) if within is None else within
            said = self.exchange.expect(wanted, within=patience, ours=lambda f: _number(f) in (number, 0))
            if said.name == answer:
                return said
            if said.name == "ready":
                raise self.exchange.error(DeviceFault, msg("It restarted in the middle of the measurement."))
            if said.name in LIVE and self._live_as:
                self._give(self._live_as, _value(said, LIVE[said.name]).magnitude, said.raw)

    def _make_safe(self) -> None:
        """Abort a measurement that still runs: the supply must not stay on the watch."""
        if self._measuring:
            running, self._measuring, self._live_as = self._measuring, 0, ""
            self._ask("abort", "aborted", within=ABORT, of=running)

    def _same(self, said: Frame, **asked: Any) -> None:
        """Check that the answer repeats what was asked. Raises Malformed."""
        for name, value in asked.items():
            told = said[name]
            same = abs((told - value).magnitude) < 1e-6 if isinstance(told, Value) else told == value
            if not same:
                self.exchange.suspect = True
                raise self.exchange.error(
                    Malformed, msg("It answers for {told} where {asked} was asked.", told=str(told), asked=str(value))
                )

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % HIGHEST_SEQUENCE + 1
        return self._sequence

    def _reading(
        self,
        said: Frame,
        key: str,
        field: str,
        conditions: Conditions,
        *,
        n: int = 1,
        stdev: float | None = None,
    ) -> Reading:
        value = Value.of(key, _value(said, field).magnitude)
        u_a = stdev / n**0.5 if stdev is not None and n > 1 else None
        return Reading(value, "", n, stdev, u_a, conditions)


def _value(said: Frame, field: str) -> Value:
    value = said[field]
    assert isinstance(value, Value)
    return value


def _count(said: Frame, field: str) -> int:
    return int(said[field])  # type: ignore[arg-type]


def _number(said: Frame) -> int:
    """Return the number of the question that a message belongs to; 0 where it belongs to none."""
    return int(said.fields.get("sequence", 0))  # type: ignore[arg-type]
