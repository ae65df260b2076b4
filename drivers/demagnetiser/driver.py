"""The driver of the 2G600 degausser: a decaying alternating field on one axis after another.

Only whole cycles (up, hold, down) are asked for: the coil is never left at its peak, where more than 10 s would
overheat it. The amplitude counts are taken as ten times the field in mT, as ikayaki (Degausser.java) sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from bench.instrument import (
    Capability,
    DeviceFault,
    Identity,
    InstrumentKind,
    Program,
    RunResult,
    value_parameter,
)
from bench.language import msg
from bench.measurement import Reading
from bench.quantities import Value
from drivers.wire import Run, WireInstrument

COUNTS_PER_MT = 10.0
REPLY = 2.0
# A whole cycle: the RAPID software waits 90 s for it.
CYCLE = 90.0
# Ramping down from the peak; stopping must not take longer than this.
DOWN = 8.0
HOLD = 1
RAMP = "3"
SOURCE = "2G600 protocol: counts 0 … 3000, 10 a mT; 1.1 mT is the smallest real field (ikayaki)"


class Demagnetiser(WireInstrument):
    """Applies a field per axis and waits for DONE; on any fault, and on a stop, it ramps down first."""

    KIND: ClassVar = InstrumentKind.DEMAGNETISER
    CAPABILITIES: ClassVar = (Capability("demagnetising_field", low=1.1, high=300.0, resolution=0.1, source=SOURCE),)

    _field_is_on = False

    def _handshake(self) -> Identity:
        """The protocol names neither model nor serial number: a sound status line is all the proof there is."""
        self.exchange.ask("status", wanted=("status",), within=REPLY)
        return Identity(self._dialect.model, "")

    def _programs(self) -> Mapping[str, Run]:
        return {"demagnetise": self._demagnetise}

    def _demagnetise(self, program: Program) -> RunResult:
        level = value_parameter(program, "level")
        counts = round(level.to("mT") * COUNTS_PER_MT)
        cycles = int(program.parameters.get("cycles", 1))
        readings = []
        for axis in str(program.parameters["axes"]):
            self._configure(axis, counts)
            for _cycle in range(cycles):
                done = self._cycle(axis)
                self._give("demagnetising_field", counts / COUNTS_PER_MT, done)
            applied = Value.of("demagnetising_field", counts / COUNTS_PER_MT, "mT")
            readings.append(Reading(applied, axis, n=cycles, conditions={"counts": counts, "cycles": cycles}))
        return self._result(*readings, verdict="DONE")

    def _configure(self, axis: str, counts: int) -> None:
        for command, fields in (
            ("configure-coil", {"coil": axis.lower()}),
            ("configure-amplitude", {"amplitude": counts}),
            ("configure-delay", {"delay": HOLD}),
            ("configure-ramp", {"ramp": RAMP}),
        ):
            self.exchange.ask(command, wanted=("echo",), within=self.left(REPLY), **fields)

    def _cycle(self, axis: str) -> bytes:
        """Run one cycle and return the bytes of its DONE. Raises DeviceFault when the field did not come back."""
        self._field_is_on = True
        end = self.exchange.ask("ramp-cycle", wanted=("done", "zero-error", "track-error"), within=self.left(CYCLE))
        if end.name != "done":
            text = self._dialect.errors.get(end.name, end.name)
            raise self.exchange.error(
                DeviceFault,
                msg("Axis {axis}: {text}", axis=axis, text=text),
                msg("Take the watch out of the coil and have the demagnetiser looked at."),
            )
        state = self.exchange.ask("status", wanted=("status",), within=self.left(REPLY))["state"]
        if state != "zero":
            raise self.exchange.error(
                DeviceFault,
                msg("Axis {axis}: after the cycle its field is not at zero.", axis=axis),
                msg("Take the watch out of the coil and have the demagnetiser looked at."),
            )
        self._field_is_on = False
        return end.raw

    def _make_safe(self) -> None:
        """Ramp the field down and wait until it is."""
        if self._field_is_on:
            self.exchange.ask("ramp-down", wanted=("done", "zero-error", "track-error"), within=DOWN)
            self._field_is_on = False
