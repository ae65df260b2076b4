"""One message of a dialect, compiled: bytes of a frame's body into pieces, pieces into values, values into bytes."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from bench.language import msg
from bench.quantities import Value
from drivers.dialects.fields import CannotEncode, Field, expression
from drivers.dialects.frames import FieldValue
from drivers.dialects.model import BINARY, DialectModel, MessageModel

_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>")


class TextMessage:
    """A message written as text: its pattern as one regular expression and as a template."""

    def __init__(self, dialect: DialectModel, spec: MessageModel) -> None:
        if spec.pattern is None:
            raise ValueError(spec.name)
        self.name = spec.name
        self.spec = spec
        self._template = [(literal, name) for literal, name, _, _ in Formatter().parse(spec.pattern)]
        places = spec.places()
        if spec.match is not None:
            places = list(re.compile(spec.match).groupindex)
            self.expression = _NAMED_GROUP.sub("(", spec.match)
        else:
            self.expression = "".join(
                re.escape(literal) + (f"({expression(dialect.field(spec, name))})" if name else "")
                for literal, name in self._template
            )
        self.fields = [Field(name, dialect.field(spec, name)) for name in places]
        self._regex = re.compile(self.expression.encode("latin-1"), re.DOTALL)
        plain = [f for f in self.fields if f.limits and not f.composed and not f.spec.ranges and f.spec.type != "json"]
        self.limits = [(self.fields.index(f), f.number, *f.limits) for f in plain if f.limits]
        self.guarded = [f for f in self.fields if f.guarded and f not in plain]
        self._composed = any(f.composed for f in self.fields)
        self._fixed: bytes | None = None  # a message without fields, once it has been written
        self.values: Callable[[tuple[Any, ...]], dict[str, FieldValue]] = (
            self._composed_values if self._composed else _reader(self.fields)
        )

    @property
    def lengths(self) -> tuple[int, int]:
        """The shortest and longest body, where binary framing asks."""
        return self.spec.lengths or (1, 512)

    def read(self, body: bytes) -> tuple[Any, ...] | None:
        """Return the pieces of a body that matches the whole pattern, else None."""
        found = self._regex.fullmatch(body)
        return None if found is None else found.groups()

    def within(self, pieces: tuple[Any, ...]) -> bool:
        """Tell whether every number lies in its range."""
        for index, convert, low, high in self.limits:
            if not low <= convert(pieces[index]) <= high:
                return False
        if not self.guarded:
            return True
        others = self._others(pieces)
        return all(field.within(pieces[self.fields.index(field)], others) for field in self.guarded)

    def _composed_values(self, pieces: tuple[Any, ...]) -> dict[str, FieldValue]:
        others = self._others(pieces)
        return {field.name: field.value(piece, others) for field, piece in zip(self.fields, pieces, strict=True)}

    def _others(self, pieces: tuple[Any, ...]) -> dict[str, Any]:
        """Return the values that composed numbers lean on: signs, decimals, units."""
        if not self._composed:
            return {}
        plain = [(f, piece) for f, piece in zip(self.fields, pieces, strict=True) if not f.composed]
        return {field.name: field.value(piece, {}) for field, piece in plain}

    def write(self, given: Mapping[str, Any]) -> bytes:
        """Return the body that carries the values. Raises CannotEncode for a missing or impossible one."""
        if self._fixed is not None and not given:
            return self._fixed
        values = _complete(self.name, self.fields, given)
        fields = {field.name: field for field in self.fields}
        body = "".join(
            literal + (fields[name].text(values[name], values) if name else "") for literal, name in self._template
        )
        written = body.encode("latin-1")
        if self.read(written) is None:
            raise CannotEncode(msg("“{message}” would be written as no reader accepts it.", message=self.name))
        if not self.fields:
            self._fixed = written
        return written


class BinaryMessage:
    """A message packed as binary numbers, with bytes or JSON of open length at the end."""

    def __init__(self, dialect: DialectModel, spec: MessageModel) -> None:
        self.name = spec.name
        self.spec = spec
        self.fields = [Field(name, dialect.field(spec, name)) for name in spec.layout]
        framing = dialect.framing_of("commands" if spec in dialect.commands else "replies")
        order = "<" if getattr(framing, "order", "little") == "little" else ">"
        self._open = self.fields[-1] if self.fields[-1].spec.type not in BINARY else None
        packed = self.fields[:-1] if self._open else self.fields
        self._packed = packed
        self._struct = struct.Struct(order + "".join(BINARY[field.spec.type] for field in packed))

    @property
    def lengths(self) -> tuple[int, int]:
        """The shortest and longest payload."""
        if self.spec.lengths:
            return self.spec.lengths
        return (self._struct.size, self._struct.size if self._open is None else 0xFFFF)

    def read(self, body: bytes) -> tuple[Any, ...] | None:
        size = self._struct.size
        if len(body) < size or (self._open is None and len(body) != size):
            return None
        pieces = self._struct.unpack_from(body)
        return pieces if self._open is None else (*pieces, body[size:])

    def within(self, pieces: tuple[Any, ...]) -> bool:
        return all(field.within(piece, {}) for field, piece in zip(self.fields, pieces, strict=True) if field.guarded)

    def values(self, pieces: tuple[Any, ...]) -> dict[str, FieldValue]:
        read: dict[str, FieldValue] = {}
        for field, piece in zip(self.fields, pieces, strict=True):
            read[field.name] = field.value(piece, {})
            for bit, position in field.spec.bits.items():
                read[bit] = piece >> position & 1
        return read

    def write(self, given: Mapping[str, Any]) -> bytes:
        given = dict(given)
        for field in self.fields:
            bits = {bit: given.pop(bit, 0) for bit in field.spec.bits}
            if bits and field.name not in given:
                given[field.name] = sum(bool(on) << field.spec.bits[bit] for bit, on in bits.items())
        values = _complete(self.name, self.fields, given)
        counts = [field.count(values[field.name], values) for field in self._packed]
        try:
            head = self._struct.pack(*counts)
        except struct.error:
            raise CannotEncode(msg("A number of “{message}” does not fit its field.", message=self.name)) from None
        if self._open is None:
            return head
        tail = values[self._open.name]
        return head + (tail.encode("latin-1") if isinstance(tail, str) else bytes(tail))


Message = TextMessage | BinaryMessage


def _reader(fields: list[Field]) -> Callable[[tuple[Any, ...]], dict[str, FieldValue]]:
    """Return one expression that turns all pieces of a message into its fields: a third of the time of a loop."""
    scope: dict[str, Any] = {"Value": Value}
    items = []
    for n, field in enumerate(fields):
        scope |= {f"convert{n}": field.converter(), f"quantity{n}": field.quantity, f"factor{n}": field.to_canonical}
        number = f"convert{n}(pieces[{n}])"
        if field.quantity:
            already = field.to_canonical == 1.0 and field.number is float
            number = f"Value(quantity{n}, {number if already else f'{number} * factor{n}'})"
        items.append(f"{field.name!r}: {number}")
    reader: Callable[[tuple[Any, ...]], dict[str, FieldValue]] = eval(f"lambda pieces: {{{', '.join(items)}}}", scope)
    return reader


def compiled(dialect: DialectModel, spec: MessageModel) -> Message:
    """Return the message ready for use."""
    return TextMessage(dialect, spec) if spec.pattern is not None else BinaryMessage(dialect, spec)


class Echo:
    """A command that came back: a message called "echo" with the command's name beside its fields."""

    name = "echo"

    def __init__(self, command: TextMessage) -> None:
        self.command = command
        self.expression = command.expression
        self.fields = command.fields
        self.limits = command.limits
        self.guarded = command.guarded
        self.read = command.read
        self.within = command.within

    def values(self, pieces: tuple[Any, ...]) -> dict[str, FieldValue]:
        return {"command": self.command.name, **self.command.values(pieces)}


def _complete(message: str, fields: list[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Add defaults and the signs that composed numbers imply. Raises CannotEncode for missing or unknown fields."""
    names = {field.name for field in fields}
    if unknown := set(given) - names:
        raise CannotEncode(
            msg("“{message}” has no field “{field}”.", message=message, field=", ".join(sorted(unknown))),
            remedy=msg("Its fields: {fields}.", fields=", ".join(sorted(names))),
        )
    values = {field.name: field.spec.default for field in fields if field.spec.default is not None} | dict(given)
    for field in fields:
        sign = field.spec.sign_from
        if sign and field.name in values:
            values[sign] = "negative" if field.counts(values[field.name], values) < 0 else "positive"
    if missing := names - set(values):
        raise CannotEncode(
            msg("“{message}” needs the field “{field}”.", message=message, field=", ".join(sorted(missing)))
        )
    return values
