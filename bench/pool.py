"""What the core asks of the instruments on this bench: the pool that `drivers/station.py` supplies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bench.instrument import Capability, Identity, InstrumentKind, LinkState, OnSample, Program, RunResult
from bench.language import Message
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord


@dataclass(frozen=True)
class LinkEvent:
    """A change of one instrument's link, as data. `at` is seconds of the monotonic clock."""

    instrument: str
    state: LinkState
    at: float
    why: Message | None = None


class InstrumentPool(Protocol):
    """All registered instruments of a bench. `run` blocks; every method may be called from any thread."""

    def records(self) -> Sequence[InstrumentRecord]: ...

    def choose(self, kind: InstrumentKind) -> InstrumentRecord | None:
        """Return the registered instrument to use for `kind`: a ready one first, manual entry last."""
        ...

    def state(self, instrument: str) -> LinkState: ...

    def identity(self, instrument: str) -> Identity | None:
        """Return who answered the last handshake, None before one."""
        ...

    def provenance(self, instrument: str) -> Provenance: ...

    def capabilities(self, instrument: str) -> tuple[Capability, ...]: ...

    def run(self, instrument: str, program: Program, on_sample: OnSample | None = None) -> RunResult:
        """Run a program in the instrument's owner thread. Raises InstrumentError."""
        ...

    def begin_segment(self, instrument: str, header: dict[str, Any]) -> str | None:
        """Mark in the session's recording that a task begins; return "session#n", None where nothing records."""
        ...

    def end_segment(self, segment: str, outcome: dict[str, Any]) -> None: ...

    def stop(self, instrument: str | None = None) -> None:
        """Stop the running program of one instrument, or of all, safely."""
        ...

    def subscribe(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        """Hear link events (in the owner thread); returns the function that ends it."""
        ...

    def close(self) -> None: ...
