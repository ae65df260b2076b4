"""What all drivers over a wire share: identity, one program at a time, a safe stop, trust after a fault."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from bench.errors import UsageError
from bench.instrument import (
    Capability,
    Identity,
    InstrumentError,
    InstrumentKind,
    NoReply,
    OnSample,
    Program,
    RunResult,
    WrongInstrument,
)
from bench.language import Message, msg
from bench.measurement import Provenance, Sample
from bench.metrology import InstrumentRecord, identity_refusal
from bench.quantities import Value, quantity
from drivers.dialects import Dialect
from drivers.exchange import Exchange
from drivers.link.base import Link

# How long `stop` waits for the owner's thread to bring the instrument to safety.
STOP_PATIENCE = 10.0

Run = Callable[[Program], RunResult]


class WireInstrument(ABC):
    """An instrument at the other end of a link, spoken to in its dialect by the thread that owns the link.

    A subclass states its kind, what it says unasked, its capabilities, and gives a method for each program.
    """

    KIND: ClassVar[InstrumentKind]
    UNSOLICITED: ClassVar[tuple[str, ...]] = ()
    CAPABILITIES: ClassVar[tuple[Capability, ...]] = ()

    def __init__(
        self, record: InstrumentRecord, link: Link, dialect: Dialect, provenance: Provenance | None = None
    ) -> None:
        self.record = record
        self.link = link
        self._dialect = dialect
        self._provenance = provenance or (Provenance.SIMULATED if record.simulated else Provenance.REAL)
        self._halted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._running = threading.Lock()
        self.ends = 0.0
        self._samples = 0
        self._prepared = False
        self._on_sample: OnSample | None = None
        self.exchange = Exchange(
            link,
            dialect,
            unsolicited=self.UNSOLICITED,
            halted=self._halted,
            pacing=float(record.options.get("pacing", 1.0)),
        )

    @classmethod
    def documented(cls, dialect: Dialect) -> tuple[Capability, ...]:
        """Return what the documents of the dialect state."""
        return cls.CAPABILITIES

    @property
    def kind(self) -> InstrumentKind:
        return self.KIND

    @property
    def provenance(self) -> Provenance:
        return self._provenance

    @property
    def dialect(self) -> str:
        return self._dialect.id

    @property
    def suspect(self) -> bool:
        """Whether the link must be recovered before it is believed."""
        return self.exchange.suspect

    @abstractmethod
    def _handshake(self) -> Identity:
        """Ask who is there. Raises InstrumentError."""

    @abstractmethod
    def _programs(self) -> Mapping[str, Run]:
        """Return the programs by name."""

    def _make_safe(self) -> None:  # noqa: B027  (most have nothing to bring to rest)
        """Bring the instrument to rest after a program that did not end by itself. Must not wait long."""

    def identify(self) -> Identity:
        """Do the handshake, from a clean start where the link is suspect. Raises InstrumentError."""
        with self.exchange.uninterrupted():
            return self.exchange.recover(self._handshake) if self.suspect else self._handshake()

    def check_identity(self) -> Identity:
        """Identify, and raise WrongInstrument where the register expects another (G-04)."""
        identity = self.identify()
        refusal = identity_refusal(self.record, identity)
        if refusal is not None:
            self.exchange.suspect = True
            raise WrongInstrument(self.record.id, why=refusal.reason, remedy=refusal.remedy)
        return identity

    def capabilities(self) -> tuple[Capability, ...]:
        """Return what the dialect's documents state, with the register's own statements in their place."""
        return merged(self.documented(self._dialect), self.record.capabilities)

    def programs(self) -> tuple[str, ...]:
        return tuple(self._programs())

    def run(self, program: Program, on_sample: OnSample | None = None) -> RunResult:
        """Run `program` to its end or to a typed error; on an error the instrument is first brought to safety.

        After a fault the link is recovered and the instrument identified before the first question.
        Raises InstrumentError; UsageError for a program that it does not have.
        """
        chosen = self._programs().get(program.name)
        if chosen is None:
            raise UsageError(
                msg("{instrument} has no program “{program}”.", instrument=self.record.id, program=program.name),
                remedy=msg("Its programs: {programs}.", programs=", ".join(self.programs())),
            )
        with self._running:
            self._idle.clear()
            self._halted.clear()
            self._on_sample, self._samples = on_sample, 0
            try:
                if self.suspect:
                    self.check_identity()
                if not self._prepared:
                    self.exchange.clear()
                self.ends = self.link.clock.monotonic() + program.deadline
                return chosen(program)
            except BaseException:
                with self.exchange.uninterrupted(), suppress(InstrumentError):
                    self._make_safe()
                raise
            finally:
                self._prepared = False
                self._on_sample = None
                self._halted.clear()
                self._idle.set()

    def prepare(self) -> None:
        """Throw away what the instrument has said so far: the next program hears only what comes from now on.

        The bench does this just before a recording's segment begins, so that the segment holds what the program hears
        and nothing else. Raises LinkLost.
        """
        self.exchange.clear()
        self._prepared = True

    def state(self) -> dict[str, Any]:
        """Return what the next program's bytes depend on, for the header of a recording's segment."""
        now = {"since": self.link.clock.monotonic()}
        return {**now, "suspect": True} if self.suspect else now

    def resume(self, state: Mapping[str, Any]) -> None:
        """Continue as the driver that wrote a segment: `state` is what its header keeps."""
        self._prepared = True
        self.exchange.suspect = bool(state.get("suspect"))

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """Ask a running program to end and wait until the instrument is safe, at most `patience` seconds."""
        if not self._idle.is_set():
            self._halted.set()
            self._idle.wait(patience)

    def listen_idle(self) -> None:
        """Take what the instrument says while nothing is asked, and notice a lost link. Raises LinkLost."""
        self.exchange.clear()

    def close(self) -> None:
        """Stop what runs, then give the port back."""
        self.stop()
        self.link.close()

    def left(self, most: float | None = None) -> float:
        """Return the seconds left of the program's deadline, at most `most`. Raises NoReply when it is over."""
        left = self.ends - self.link.clock.monotonic()
        if left <= 0:
            raise self.exchange.error(NoReply, msg("The program did not end in its time."))
        return left if most is None else min(left, most)

    def _give(self, key: str, magnitude: float, raw: bytes, *, label: str = "", second: float | None = None) -> None:
        """Deliver one sample, `magnitude` in the canonical unit; `label` and `second` as `Sample` has them."""
        self._samples += 1
        if self._on_sample is not None:
            at, wall = self.link.clock.monotonic(), self.link.clock.wall()
            whose = (self.record.id, self._provenance)
            self._on_sample(Sample(quantity(key), magnitude, at, wall, raw, *whose, label, second))

    def _result(self, *readings: Any, verdict: str = "", aborted: Message | None = None) -> RunResult:
        return RunResult(tuple(readings), samples=self._samples, device_verdict=verdict, aborted=aborted)


def merged(documented: tuple[Capability, ...], stated: tuple[Capability, ...]) -> tuple[Capability, ...]:
    """Return the documented capabilities, replaced and completed by the stated ones, by quantity."""
    return tuple({entry.quantity: entry for entry in (*documented, *stated)}.values())


def seconds(value: Any) -> float:
    """Return a measuring time in seconds."""
    return value.to("s") if isinstance(value, Value) else float(value)
