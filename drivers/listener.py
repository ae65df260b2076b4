"""Instruments that only talk: printers, result lines. The person starts the test there; the bench listens.

Nothing can be asked, so who is at the other end is the register's word. A line that has begun when a program starts is
heard to its end, never from its middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from bench.instrument import Capability, DeviceFault, Identity, InstrumentKind, NoReply, OutOfRange, Program
from bench.language import Message, msg
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from bench.quantities import QUANTITIES, Value, factor
from drivers.dialects import Dialect, Frame, Garbage
from drivers.dialects.frames import OUT_OF_RANGE
from drivers.dialects.model import FieldModel
from drivers.exchange import QUIET, QUIET_LIMIT, Exchange, readable
from drivers.link.base import Link
from drivers.wire import WireInstrument

FieldValue = Value | str | int | float | bool


class ListeningExchange(Exchange):
    """One side of a conversation: what has come whole may be thrown away, a line that has begun is kept."""

    def clear(self) -> None:
        """Throw away the messages that have come; keep the one that is just coming."""
        limit = self.link.clock.monotonic() + QUIET_LIMIT
        while chunk := self.link.read(0.0):
            self._decoder.feed(chunk)
            if self.link.clock.monotonic() > limit:
                break
        self._waiting.clear()
        self._heard.clear()

    def settle(self) -> None:
        """Listen until it is quiet: after that a line that comes is heard from its first character."""
        self.link.drain(QUIET, QUIET_LIMIT)
        self._forget()

    def hear(self, deadline: float) -> Frame | Garbage | None:
        """Return the next message, or bytes that are none; None at the deadline. Raises LinkLost, Stopped."""
        return self._next(deadline)

    @property
    def begun(self) -> bytes:
        """The line that has begun."""
        return self._decoder.pending

    def resume(self, begun: bytes) -> None:
        """Go on in the middle of a line that began with `begun`."""
        self._decoder.feed(begun)


class Listener(WireInstrument):
    """A driver of any dialect that has no commands. Its kind is the dialect's."""

    KIND: ClassVar = InstrumentKind.TIMEGRAPHER

    exchange: ListeningExchange

    def __init__(
        self, record: InstrumentRecord, link: Link, dialect: Dialect, provenance: Provenance | None = None
    ) -> None:
        super().__init__(record, link, dialect, provenance)
        self.exchange = ListeningExchange(link, dialect, unsolicited=dialect.replies, halted=self._halted)

    @classmethod
    def documented(cls, dialect: Dialect) -> tuple[Capability, ...]:
        return tuple(_capabilities(dialect))

    @property
    def kind(self) -> InstrumentKind:
        return self._dialect.kind

    def _handshake(self) -> Identity:
        self.exchange.settle()
        return Identity(self.record.model, "")

    def state(self) -> dict[str, Any]:
        return {**super().state(), "begun": self.exchange.begun.hex()}

    def resume(self, state: Mapping[str, Any]) -> None:
        super().resume(state)
        self.exchange.resume(bytes.fromhex(state.get("begun", "")))

    def _hear(self, nothing: Message, remedy: Message) -> Frame | Garbage:
        """Return the next line before the program's end. Raises NoReply with these words where none comes, Truncated,
        OutOfRange, DeviceFault (the line reports an error of the dialect)."""
        item = self.exchange.hear(self.ends)
        if item is None:
            if self.exchange.begun:
                raise self.exchange.silence()
            raise self.exchange.error(NoReply, nothing, remedy)
        if isinstance(item, Garbage):
            if item.reason == OUT_OF_RANGE:
                raise self.exchange.error(OutOfRange, msg("It says {text}.", text=readable(item.raw)))
            return item
        if (fault := self._dialect.error_text(item)) is not None:
            raise self.exchange.error(DeviceFault, msg("It says: {text}", text=fault))
        return item


def values_of(frame: Frame) -> dict[str, Value]:
    """Return the quantities that a line carries, by their ids."""
    return {value.quantity.id: value for value in frame.fields.values() if isinstance(value, Value)}


def words_of(frame: Frame) -> dict[str, FieldValue]:
    """Return what else a line says, under “device_” and the field's name."""
    return {f"device_{name}": value for name, value in frame.fields.items() if isinstance(value, (str, int, float))}


def quantities(dialect: Dialect) -> frozenset[str]:
    """Return the quantities that an instrument of this dialect says."""
    return frozenset(field.quantity for field in _fields(dialect) if field.quantity is not None)


def checked(program: Program, name: str, said: Value | None, tolerance: float) -> Message | None:
    """Tell what is wrong where the instrument says it measured under another condition than the program asks for."""
    wanted = program.parameters.get(name)
    if said is None or not isinstance(wanted, Value) or abs(said.magnitude - wanted.magnitude) <= tolerance:
        return None
    return msg("It measured with {said}, not {wanted}.", said=str(said), wanted=str(wanted))


def _fields(dialect: Dialect) -> Iterator[FieldModel]:
    for reply in dialect.data.replies:
        for name in reply.places():
            yield dialect.data.field(reply, name)


def _capabilities(dialect: Dialect) -> Iterator[Capability]:
    """Give what the file states of each quantity: its range, and its decimals as the resolution."""
    for field in _fields(dialect):
        if field.quantity is None:
            continue
        if field.unit is None:  # the line says its unit: no range in one unit
            yield Capability(field.quantity, source=dialect.source)
            continue
        known = QUANTITIES[field.quantity]
        worth = factor(known.dimension, field.unit, known.unit)
        yield Capability(
            field.quantity,
            None if field.low is None else field.low * worth,
            None if field.high is None else field.high * worth,
            None if field.decimals is None else 10.0**-field.decimals * worth,
            source=dialect.source,
        )
