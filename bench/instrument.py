"""The common driver interface: five kinds of instrument, one way to talk to them, and errors that carry evidence.

The core states here what it needs; `drivers/` supplies it. A person who reads a display and keys the value in is
an instrument too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from bench.errors import EtabliError, ExitCode
from bench.language import N_, Message, _, msg
from bench.measurement import Provenance, Reading, Sample, conditions_from_json, conditions_to_json
from bench.quantities import Value


class InstrumentKind(StrEnum):
    """What an instrument is for. A field meter works beside the demagnetiser and is registered on its own."""

    TIMEGRAPHER = "timegrapher"
    WATER_RESISTANCE = "water-resistance"
    DEMAGNETISER = "demagnetiser"
    FIELD_METER = "field-meter"
    QUARTZ_TESTER = "quartz-tester"

    def __str__(self) -> str:
        return _(_KINDS[self])


_KINDS = {
    InstrumentKind.TIMEGRAPHER: N_("timegrapher"),
    InstrumentKind.WATER_RESISTANCE: N_("water-resistance tester"),
    InstrumentKind.DEMAGNETISER: N_("demagnetiser"),
    InstrumentKind.FIELD_METER: N_("magnetic field meter"),
    InstrumentKind.QUARTZ_TESTER: N_("quartz tester"),
}


class LinkState(StrEnum):
    """The life of a link: closed → opening → ready, with suspect after a fault and lost after unplugging."""

    CLOSED = "closed"
    OPENING = "opening"
    READY = "ready"
    SUSPECT = "suspect"
    LOST = "lost"

    def __str__(self) -> str:
        return _(_LINK_STATES[self])


_LINK_STATES = {
    LinkState.CLOSED: N_("shut"),
    LinkState.OPENING: N_("opening"),
    LinkState.READY: N_("ready"),
    LinkState.SUSPECT: N_("suspect"),
    LinkState.LOST: N_("link lost"),
}


@dataclass(frozen=True)
class Identity:
    """Who answered the handshake. `serial` is "" where the protocol gives none."""

    model: str
    serial: str
    firmware: str = ""


@dataclass(frozen=True)
class Capability:
    """One quantity that an instrument can give: range, resolution and accuracy in the canonical unit.

    `accuracy` is the half-width a of the maker's ±a (a rectangular distribution, u = a/√3); `accuracy_relative` adds
    a part proportional to the reading. `calibration` is the expanded uncertainty (k = 2) of the instrument's own
    certificate. None means: not stated.
    """

    quantity: str
    low: float | None = None
    high: float | None = None
    resolution: float | None = None
    accuracy: float | None = None
    accuracy_relative: float | None = None
    source: str = ""
    calibration: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Capability:
        return cls(**data)


@dataclass(frozen=True)
class Program:
    """What an instrument is asked to do: a name, parameters, and a deadline in seconds for the whole of it.

    Names and parameters of each kind stand in docs/architecture.md, "Programs".
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    deadline: float = 120.0

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "parameters": _parameters(self.parameters, conditions_to_json),
            "deadline": self.deadline,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Program:
        return cls(data["name"], _parameters(data["parameters"], conditions_from_json), data["deadline"])


def _parameters(parameters: Mapping[str, Any], turn: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Apply `turn` to the parameters and to each row of a list of rows (the stages of a leak test)."""
    rows = {k: [turn(row) for row in v] for k, v in parameters.items() if isinstance(v, (list, tuple))}
    return {**turn({k: v for k, v in parameters.items() if k not in rows}), **rows}


@dataclass(frozen=True)
class RunResult:
    """The end of a program: its readings, the instrument's own judgement kept raw, and what it stopped for.

    `aborted` is a sentence when the instrument ended the test itself (big leak): readings then hold what stands.
    """

    readings: tuple[Reading, ...]
    samples: int = 0
    device_verdict: str = ""
    aborted: Message | None = None


OnSample = Callable[[Sample], None]


@runtime_checkable
class Instrument(Protocol):
    """One instrument on the bench. `run` blocks the caller's thread; `stop` may be called from any thread."""

    @property
    def kind(self) -> InstrumentKind: ...

    @property
    def provenance(self) -> Provenance: ...

    @property
    def dialect(self) -> str:
        """The protocol that it really speaks ("cosmo-ls"), "manual" for a person."""
        ...

    def identify(self) -> Identity:
        """Do the handshake. Raises InstrumentError."""
        ...

    def capabilities(self) -> tuple[Capability, ...]: ...

    def programs(self) -> tuple[str, ...]: ...

    def run(self, program: Program, on_sample: OnSample | None = None) -> RunResult:
        """Run `program` to its end, giving samples as they come. Raises InstrumentError, never half a number."""
        ...

    def stop(self) -> None:
        """End a running program safely: vent the chamber, ramp the field down. Returns when it is safe."""
        ...

    def close(self) -> None: ...


class InstrumentError(EtabliError):
    """An exchange that did not give what was asked; carries the evidence.

    `request` and `partial` are the bytes sent and received, `elapsed` the seconds waited.
    """

    exit_code = ExitCode.INSTRUMENT
    headline = N_("The instrument {instrument} failed.")
    advice = N_("Check the cable and the instrument, then repeat the step.")

    def __init__(
        self,
        instrument: str,
        *,
        why: Message | None = None,
        remedy: Message | None = None,
        request: bytes = b"",
        partial: bytes = b"",
        elapsed: float = 0.0,
    ) -> None:
        super().__init__(msg(self.headline, instrument=instrument), why, remedy or msg(self.advice))
        self.instrument = instrument
        self.request = request
        self.partial = partial
        self.elapsed = elapsed

    def evidence(self) -> dict[str, Any]:
        return {
            "error": type(self).__name__,
            "instrument": self.instrument,
            "request": self.request.hex(),
            "partial": self.partial[:256].hex(),
            "elapsed": round(self.elapsed, 3),
        }


class NoReply(InstrumentError):
    """Nothing came before the deadline."""

    exit_code = ExitCode.TIMEOUT
    headline = N_("The instrument {instrument} does not answer.")
    advice = N_("Check that it is switched on and that the port is the right one.")


class Truncated(InstrumentError):
    """A reply began and did not end before the deadline."""

    exit_code = ExitCode.TIMEOUT
    headline = N_("The reply of {instrument} broke off.")


class Malformed(InstrumentError):
    """A reply that is not well formed: bad checksum, unknown frame, undecodable text."""

    headline = N_("The reply of {instrument} cannot be read.")
    advice = N_("Check the port's speed and the cable, then repeat the step.")


class OutOfRange(InstrumentError):
    """A well-formed reply whose value the instrument cannot mean."""

    headline = N_("{instrument} gives a value outside its range.")


class WrongInstrument(InstrumentError):
    """Another instrument answers than the register expects (G-04)."""

    headline = N_("A different instrument answers for {instrument}.")
    advice = N_("Plug in the registered instrument, or have the manager register this one.")


class DeviceFault(InstrumentError):
    """The instrument itself reports an error (lid open, no signal, track error …)."""

    headline = N_("{instrument} reports a fault.")
    advice = N_("Remove the cause on the instrument, then repeat the step.")


class LinkLost(InstrumentError):
    """The cable or the port went away."""

    headline = N_("The link to {instrument} is lost.")
    advice = N_("Plug the cable in again; the bench finds the instrument by itself. Then repeat the step.")


class PortUnavailable(InstrumentError):
    """The port does not exist, is in use or may not be opened."""

    headline = N_("The port of {instrument} cannot be opened.")


class Stopped(InstrumentError):
    """The program was stopped on request before its end."""

    headline = N_("The measurement on {instrument} was stopped.")
    advice = N_("Repeat the step when ready.")


def value_parameter(program: Program, name: str) -> Value:
    """Return a parameter that must be a `Value`. Raises KeyError or TypeError: a mistake of the caller."""
    value = program.parameters[name]
    if not isinstance(value, Value):
        raise TypeError(f"{program.name}: {name} must be a Value")
    return value
