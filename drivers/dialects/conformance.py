"""Does a dialect keep what its file promises? Every example frame, read and written back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.errors import EtabliError
from bench.language import Message, msg
from bench.quantities import Value
from drivers.dialects.codec import Dialect
from drivers.dialects.frames import FieldValue, Frame
from drivers.dialects.model import ExampleModel


@dataclass(frozen=True)
class Fault:
    """One promise that is not kept: the rule ("example" or "ambiguous") and the reason."""

    rule: str
    reason: Message


def faults(dialect: Dialect, example: ExampleModel) -> Iterator[Fault]:
    """Read the example as one frame, compare its fields, write it again, and see that no other message fits."""
    decoder = dialect.host_decoder() if example.direction == "reply" else dialect.device_decoder()
    read = decoder.feed(example.raw)
    frames = [one for one in read if isinstance(one, Frame)]
    if len(frames) != 1:
        reasons = ", ".join(one.reason for one in read if not isinstance(one, Frame)) or "nothing"
        yield Fault("example", msg("the frame does not decode: {reason}", reason=reasons))
        return
    frame = frames[0]
    matching = dialect.matching(example.direction, frame.raw)
    if len(matching) > 1:
        yield Fault("ambiguous", msg("more than one message fits: {messages}", messages=", ".join(matching)))
    if frame.name != example.name:
        yield Fault("example", msg("it decodes as “{name}”", name=frame.name))
        return
    for name, promised in example.fields.items():
        got = frame.fields.get(name)
        if got is None or not agrees(got, promised):
            yield Fault("example", msg("the field “{field}” gives {got}", field=name, got=str(got)))
    if example.canonical:
        yield from _written_back(dialect, example, frame)


def _written_back(dialect: Dialect, example: ExampleModel, frame: Frame) -> Iterator[Fault]:
    write = dialect.reply if example.direction == "reply" else dialect.command
    try:
        again = write(frame.name, **frame.fields)
    except EtabliError as error:
        yield Fault("example", msg("it cannot be written back: {error}", error=str(error)))
        return
    if again != example.raw:
        yield Fault("example", msg("it is written back as {bytes}", bytes=repr(again)))


def agrees(got: FieldValue, promised: float | str) -> bool:
    """Compare a field with what the file promises: a number, a word, or "0.52 µT" for a value of a quantity."""
    if isinstance(got, Value):
        wanted = Value.parse(got.quantity.id, promised).magnitude if isinstance(promised, str) else promised
        return math.isclose(got.magnitude, wanted, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(got, float) and not isinstance(promised, str):
        return math.isclose(got, promised, rel_tol=1e-9, abs_tol=1e-12)
    return got == promised
