"""How workshop.toml and a registration state an instrument's daily check: the reference and what to run on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, model_validator

from bench.errors import EtabliError
from bench.instrument import Program
from bench.metrology import DailyCheck
from bench.quantities import Value

LABEL = "reference"
# Quantity that the reference stands for → the program that measures it.
PROGRAMS = {
    "leak_rate": "leak-test",
    "rate": "timing",
    "background_field": "field",
    "quartz_rate": "quartz-rate",
    "battery_voltage": "battery",
    "battery_voltage_loaded": "battery",
    "consumption": "consumption",
    "coil_resistance": "resistance",
    "insulation_resistance": "resistance",
}
# Parameters of each program: the quantity each is written in ("" for a word, "n" for a number), and what stands
# where the file says nothing; None must be said.
PARAMETERS: Mapping[str, Mapping[str, tuple[str, str | int | None]]] = {
    "leak-test": {
        "pressure": ("test_pressure", None),
        "free_volume": ("free_volume", None),
        "fill": ("measuring_time", "10 s"),
        "stabilise": ("measuring_time", "20 s"),
        "measure": ("measuring_time", "30 s"),
    },
    "timing": {
        "position": ("", "CH"),
        "lift_angle": ("lift_angle", "52 °"),
        "stabilise": ("measuring_time", "5 s"),
        "measure": ("measuring_time", "30 s"),
    },
    "field": {"n": ("n", 5)},
    "quartz-rate": {"inhibition_period": ("inhibition_period", "10 s"), "periods": ("n", 1)},
    "battery": {},
    "consumption": {"state": ("", "running"), "supply": ("supply_voltage", "1.55 V")},
    "resistance": {},
}
STAGE = ("pressure", "fill", "stabilise", "measure")


class DailyCheckEntry(BaseModel):
    """A reference with its certificate, the limits of the reading, and the program's parameters, each with its unit."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    quantity: str
    reference: str
    expanded: str
    certificate: str = Field(min_length=1)
    due: date | None = None
    low: str = ""
    high: str = ""
    parameters: dict[str, str | int] = Field(default_factory=dict)
    deadline: PositiveFloat = 180.0

    @model_validator(mode="after")
    def _sound(self) -> DailyCheckEntry:
        check = self.check()
        if check.expanded <= 0:
            raise ValueError("expanded must be more than 0: a reference without U proves nothing")
        try:
            limit = check.limit
        except ValueError as error:
            raise ValueError(f"low, high: {error}") from None
        outside = (limit.low is not None and check.reference.magnitude < limit.low) or (
            limit.high is not None and check.reference.magnitude > limit.high
        )
        if outside:
            raise ValueError("the reference lies outside its own limits")
        return self

    def check(self) -> DailyCheck:
        """Return the check. Raises ValueError for what cannot be read."""
        if self.quantity not in PROGRAMS:
            raise ValueError(f"quantity: no daily check measures it; known: {', '.join(PROGRAMS)}")
        name = PROGRAMS[self.quantity]
        return DailyCheck(
            reference=_read("reference", self.quantity, self.reference),
            expanded=_read("expanded", self.quantity, self.expanded).magnitude,
            certificate=self.certificate,
            program=Program(name, self._parameters(name), self.deadline),
            low=_read("low", self.quantity, self.low).magnitude if self.low else None,
            high=_read("high", self.quantity, self.high).magnitude if self.high else None,
            due=self.due,
            label=self._label(name),
        )

    def _label(self, program: str) -> str:
        if program == "leak-test":
            return LABEL
        return str(self._parameter(program, "position")) if program == "timing" else ""

    def _parameters(self, program: str) -> dict[str, Any]:
        known = PARAMETERS[program]
        for name in self.parameters:
            if name not in known:
                raise ValueError(f"parameters.{name}: unknown; known: {', '.join(known) or 'none'}")
        read = {name: self._parameter(program, name) for name in known}
        if program == "leak-test":
            stage = {"label": LABEL, **{name: read.pop(name) for name in STAGE}}
            return {"stages": [stage], **read}
        if program == "field":
            return {"quantity": self.quantity, **read}
        return read

    def _parameter(self, program: str, name: str) -> Value | str | int:
        kind, usual = PARAMETERS[program][name]
        written = self.parameters.get(name, usual)
        if written is None:
            raise ValueError(f"parameters.{name}: missing")
        if kind == "n":
            if not isinstance(written, int) or written < 1:
                raise ValueError(f"parameters.{name}: must be a whole number from 1")
            return written
        return _read(f"parameters.{name}", kind, str(written)) if kind else str(written)


def _read(key: str, quantity: str, written: str) -> Value:
    try:
        return Value.parse(quantity, written)
    except EtabliError as error:
        raise ValueError(f"{key}: {error}") from None
