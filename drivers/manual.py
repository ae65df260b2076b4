"""A person who reads an instrument's display and keys the value in: an instrument behind the same interface."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.errors import UsageError
from bench.instrument import (
    Capability,
    Identity,
    InstrumentKind,
    Malformed,
    OnSample,
    OutOfRange,
    Program,
    RunResult,
    Stopped,
)
from bench.language import msg
from bench.measurement import Provenance, Reading, Sample
from bench.metrology import InstrumentRecord
from bench.quantities import Quantity, QuantityMismatch, Value, quantity
from drivers.wire import merged

DIALECT = "manual"

Ask = Callable[[Quantity, str], str]
"""Asks a person for a reading: the quantity and the label ("CH", "+3 bar"); returns what was typed."""

PROGRAMS: dict[InstrumentKind, tuple[str, ...]] = {
    InstrumentKind.TIMEGRAPHER: ("timing",),
    InstrumentKind.WATER_RESISTANCE: ("leak-test",),
    InstrumentKind.DEMAGNETISER: ("demagnetise",),
    InstrumentKind.FIELD_METER: ("field",),
    InstrumentKind.QUARTZ_TESTER: (
        "battery",
        "consumption",
        "quartz-rate",
        "pulse",
        "resistance",
        "lower-voltage",
    ),
}


class Manual:
    """Asks for each reading of a program, in its order. `ask` may raise Stopped; it runs in the caller's thread.

    What a display is worth (range, resolution, accuracy) is documented for some models (manual_instruments.toml); the
    register completes it, or says otherwise: `record.capabilities`.
    """

    def __init__(self, record: InstrumentRecord, ask: Ask) -> None:
        self.record = record
        self._ask = ask
        self._halted = threading.Event()

    @property
    def kind(self) -> InstrumentKind:
        return self.record.kind

    @property
    def provenance(self) -> Provenance:
        return Provenance.MANUAL

    @property
    def dialect(self) -> str:
        return DIALECT

    def identify(self) -> Identity:
        """Return the register's own words: a person vouches for which instrument stands there."""
        return Identity(self.record.model, self.record.serial)

    def capabilities(self) -> tuple[Capability, ...]:
        """Return what the maker of the model documents, with the register's own statements in their place."""
        return capabilities(self.record)

    def programs(self) -> tuple[str, ...]:
        return PROGRAMS[self.record.kind]

    def run(self, program: Program, on_sample: OnSample | None = None) -> RunResult:
        """Ask for every reading of `program`. Raises Malformed for what is no such value, OutOfRange, Stopped."""
        if program.name not in self.programs():
            raise UsageError(
                msg("{instrument} has no program “{program}”.", instrument=self.record.id, program=program.name),
                remedy=msg("Its programs: {programs}.", programs=", ".join(self.programs())),
            )
        self._halted.clear()
        readings = [self._reading(row, program.parameters, on_sample) for row in wanted(program)]
        return RunResult(tuple(readings), samples=len(readings))

    def stop(self) -> None:
        """End the program after the question that stands."""
        self._halted.set()

    def close(self) -> None:
        self.stop()

    def _reading(self, row: Mapping[str, Any], parameters: Mapping[str, Any], on_sample: OnSample | None) -> Reading:
        asked, label = quantity(row["quantity"]), str(row.get("label", ""))
        started = time.monotonic()
        typed = self._ask(asked, label)
        if self._halted.is_set():
            raise Stopped(self.record.id, elapsed=time.monotonic() - started)
        evidence = {"partial": typed.encode(), "elapsed": time.monotonic() - started}
        try:
            value = read_typed(asked, typed)
        except QuantityMismatch as error:
            raise Malformed(self.record.id, why=error.what, remedy=error.remedy, **evidence) from error  # type: ignore[arg-type]
        self._in_range(value, evidence)
        if on_sample is not None:
            raw = typed.encode()
            on_sample(
                Sample(asked, value.magnitude, time.monotonic(), time.time(), raw, self.record.id, self.provenance)
            )
        conditions = {**circumstances(parameters, label), "typed": typed}
        return Reading(value, label, conditions=conditions)

    def _in_range(self, value: Value, evidence: dict[str, Any]) -> None:
        for entry in self.capabilities():
            if entry.quantity != value.quantity.id:
                continue
            low = entry.low if entry.low is not None else value.magnitude
            high = entry.high if entry.high is not None else value.magnitude
            if not low <= value.magnitude <= high:
                raise OutOfRange(
                    self.record.id,
                    why=msg(
                        "{value} lies outside {low} … {high}.",
                        value=str(value),
                        low=str(Value(value.quantity, low)),
                        high=str(Value(value.quantity, high)),
                    ),
                    remedy=msg("Read the display again and type the value with its sign."),
                    **evidence,
                )


def capabilities(record: InstrumentRecord) -> tuple[Capability, ...]:
    """Return what the display of a registered model is worth: documented, then as the register states it."""
    from drivers.manual_instruments import documented

    return merged(documented(record.kind, record.model), record.capabilities)


def read_typed(asked: Quantity, typed: str) -> Value:
    """Read what a person typed: "+4,5 s/j", "0.8" (then in the quantity's own unit). Raises QuantityMismatch."""
    text = typed.strip()
    if text and (text[-1].isdigit() or text[-1] in ".,"):
        text = f"{text} {asked.unit}"
    value = Value.parse(asked.id, text)
    if not math.isfinite(value.magnitude):
        raise QuantityMismatch(msg("“{written}” cannot be read as {quantity}.", written=typed, quantity=asked.name))
    return value


def wanted(program: Program) -> Sequence[Mapping[str, Any]]:
    """Return the readings to ask for: the program's own list, else what its instrument would give."""
    given = program.parameters.get("readings")
    if given is not None:
        rows: Sequence[Mapping[str, Any]] = given
        return rows
    p = program.parameters
    match program.name:
        case "timing":
            return [_row(key, str(p.get("position", ""))) for key in ("rate", "amplitude", "beat_error")]
        case "leak-test":
            return [_row("leak_rate", str(stage["label"])) for stage in p["stages"]]
        case "demagnetise":
            return [_row("demagnetising_field", axis) for axis in str(p["axes"])]
        case "field":
            return [_row(str(p["quantity"]))]
        case "battery":
            return [_row("battery_voltage"), _row("battery_voltage_loaded")]
        case "consumption":
            return [_row("consumption_stem_pulled" if p.get("state") == "stem-pulled" else "consumption")]
        case "quartz-rate":
            return [_row("quartz_rate")]
        case "pulse":
            return [_row("pulse_width"), _row("pulse_period")]
        case "resistance":
            return [_row("coil_resistance"), _row("insulation_resistance")]
        case _:
            return [_row("lower_working_voltage")]


def _row(key: str, label: str = "") -> dict[str, str]:
    return {"quantity": key, "label": label}


def circumstances(parameters: Mapping[str, Any], label: str) -> dict[str, Any]:
    """Return what a figure depends on, from the program: lift angle, supply, free volume, the stage's pressure."""
    plain = {k: v for k, v in parameters.items() if isinstance(v, Value) and k not in ("stabilise", "measure")}
    for stage in parameters.get("stages", ()):
        if stage["label"] == label:
            plain["pressure"] = stage["pressure"]
    return plain
