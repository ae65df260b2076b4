"""What hypothesis needs to know of dialects: values that a field can carry, and frames made of them."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from drivers.dialects import CannotEncode, Dialect, available, load
from drivers.dialects.model import BINARY, FieldModel, MessageModel

DIALECTS = available()
_COUNTS = {"B": (0, 2**8), "H": (0, 2**16), "I": (0, 2**32), "Q": (0, 2**64)}
_JSON = ('{"firmware": "1.0"}', "[]", "12", '{"a": {"b": [1, 2, null]}}')


def values(spec: FieldModel) -> st.SearchStrategy[Any]:
    """Return what a field of this kind can carry, in the unit of the wire."""
    if spec.type == "word":
        return st.sampled_from(sorted({*spec.words.values(), *spec.units.values()}))
    if spec.type == "text":
        return st.from_regex(re.compile(spec.matches or "[!-~]{1,20}", re.ASCII), fullmatch=True)
    if spec.type == "json":
        return st.sampled_from(_JSON)
    if spec.type == "bytes":
        return st.binary(max_size=64)
    low, high = _bounds(spec)
    if spec.type in BINARY and spec.scale == 1:
        return st.integers(int(low), int(high))
    if spec.type == "integer" and not spec.decimals_from:
        return st.integers(int(low), int(high))
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def _bounds(spec: FieldModel) -> tuple[float, float]:
    if spec.type in BINARY:
        bits = int(spec.type[1:])
        low, high = (0, 2**bits - 1) if spec.type[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if spec.scale != 1:
            low, high = low * spec.scale, high * spec.scale
    else:
        taken = (spec.decimals or 0) + bool(spec.decimals) + (spec.sign == "always")
        digits = spec.width - taken if spec.width else max(1, 9 - taken)
        base = 16 if spec.base == 16 else 10
        high = base ** min(digits, 6 if spec.decimals_from else 9) - 1
        low = 0 if spec.sign == "never" and not spec.sign_from else -high
    if spec.ranges:
        low, high = max(low for low, _ in spec.ranges.values()), min(high for _, high in spec.ranges.values())
    return max(low, spec.low if spec.low is not None else low), min(high, spec.high if spec.high is not None else high)


@st.composite
def frames(draw: st.DrawFn, dialect: Dialect, direction: str) -> bytes:
    """Draw the bytes of one frame that the dialect can say in this direction."""
    messages = dialect.data.replies if direction == "reply" else dialect.data.commands
    message = draw(st.sampled_from(messages))
    return draw(frame_of(dialect, direction, message))


@st.composite
def frame_of(draw: st.DrawFn, dialect: Dialect, direction: str, message: MessageModel) -> bytes:
    fields = draw(fields_of(dialect, message))
    write = dialect.reply if direction == "reply" else dialect.command
    return write(message.name, **fields)


@st.composite
def fields_of(draw: st.DrawFn, dialect: Dialect, message: MessageModel) -> dict[str, Any]:
    """Draw fields that the message can carry (a sign that another field implies is left out)."""
    specs = {name: dialect.data.field(message, name) for name in message.places()}
    implied = {spec.sign_from for spec in specs.values() if spec.sign_from}
    spoken = [name for name in specs if name not in implied]
    rest = sum(int(spec.type[1:]) // 8 for spec in specs.values() if spec.type in BINARY)
    low, high = message.lengths or (rest, rest + 64)
    open_ended = st.binary(min_size=low - rest, max_size=high - rest)
    return {name: draw(open_ended if specs[name].type == "bytes" else values(specs[name])) for name in spoken}


def directions(dialect: Dialect) -> list[str]:
    """Return the directions in which the dialect says anything."""
    sides = {"reply": dialect.data.replies, "command": dialect.data.commands}
    return [direction for direction, messages in sides.items() if messages]


def decoder(dialect: Dialect, direction: str) -> Any:
    return dialect.host_decoder() if direction == "reply" else dialect.device_decoder()


SIDES = [(dialect_id, direction) for dialect_id in DIALECTS for direction in directions(load(dialect_id))]

__all__ = ["CannotEncode", "DIALECTS", "SIDES", "decoder", "directions", "fields_of", "frame_of", "frames", "values"]
