"""What the display of a named instrument without a published protocol is worth: range, resolution, accuracy."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bench import datafile
from bench.instrument import Capability, InstrumentKind
from bench.quantities import DIMENSIONS, QUANTITIES, Value

FILE = Path(__file__).with_name("manual_instruments.toml")


class Display(BaseModel):
    """One quantity that it shows. Magnitudes are in `unit`; what is not documented is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: str
    unit: str
    low: float | None = None
    high: float | None = None
    resolution: float | None = Field(default=None, gt=0)
    accuracy: float | None = Field(default=None, gt=0)
    accuracy_relative: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _sound(self) -> Display:
        if self.quantity not in QUANTITIES:
            raise ValueError(f"there is no quantity “{self.quantity}”")
        if self.unit not in (known := DIMENSIONS[QUANTITIES[self.quantity].dimension]):
            raise ValueError(f"unit of {self.quantity}: one of {', '.join(known)}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("range inside out")
        return self

    def capability(self, source: str) -> Capability:
        """Return the same in the quantity's canonical unit."""

        def canonical(magnitude: float | None) -> float | None:
            return None if magnitude is None else Value.of(self.quantity, magnitude, self.unit).magnitude

        return Capability(
            self.quantity,
            canonical(self.low),
            canonical(self.high),
            canonical(self.resolution),
            canonical(self.accuracy),
            self.accuracy_relative,
            source,
        )


class ManualInstrument(BaseModel):
    """One instrument whose display a person reads: the names it is registered under, and where the figures stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[str, ...] = Field(min_length=1)
    kind: InstrumentKind
    source: str = Field(min_length=1)
    capabilities: tuple[Display, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    instruments: tuple[ManualInstrument, ...]

    @model_validator(mode="after")
    def _sound(self) -> _File:
        names = [name.casefold() for entry in self.instruments for name in entry.models]
        if len(set(names)) != len(names):
            raise ValueError("a model stands twice")
        return self


@cache
def known(path: Path = FILE) -> tuple[ManualInstrument, ...]:
    """Return every instrument of the file. Raises DataFileError for a wrong one."""
    return datafile.load(path, _File).instruments


def documented(kind: InstrumentKind, model: str) -> tuple[Capability, ...]:
    """Return what the maker documents of the display of `model`, nothing for one that nobody has read about."""
    for entry in known():
        if entry.kind is kind and model.casefold() in (name.casefold() for name in entry.models):
            return tuple(display.capability(entry.source) for display in entry.capabilities)
    return ()
