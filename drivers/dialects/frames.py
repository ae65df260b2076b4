"""What a decoder gives: a frame that was understood, or bytes that were not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bench.language import N_
from bench.quantities import Value

FieldValue = int | float | str | bytes | Value
Fields = Mapping[str, FieldValue]

# Why bytes are garbage.
NOISE = "noise"  # outside any frame
BAD_CHECKSUM = "bad-checksum"
UNDECODABLE = "undecodable"  # framed, but no message of the dialect
OUT_OF_RANGE = "out-of-range"
TOO_LONG = "too-long"
UNKNOWN_TYPE = "unknown-type"
BAD_LENGTH = "bad-length"

REASONS = {
    NOISE: N_("outside any frame"),
    BAD_CHECKSUM: N_("wrong checksum"),
    UNDECODABLE: N_("a frame, but no message of this dialect"),
    OUT_OF_RANGE: N_("a value that cannot be"),
    TOO_LONG: N_("longer than any frame"),
    UNKNOWN_TYPE: N_("a message of unknown type"),
    BAD_LENGTH: N_("wrong length"),
}
"""The same in words, for a person who looks at a wire."""


class Reader(Protocol):
    """What turns the pieces of a frame into its fields, when somebody asks."""

    @property
    def name(self) -> str: ...

    def values(self, pieces: tuple[Any, ...]) -> dict[str, FieldValue]: ...


class Frame:
    """One frame that was understood: the message's name, its fields, and the bytes as they came.

    The fields are worked out when they are first read, so that a stream costs only what is looked at.
    """

    __slots__ = ("_fields", "_reader", "name", "raw")

    def __init__(self, name: str, fields: Fields | tuple[Any, ...], raw: bytes, reader: Reader | None = None) -> None:
        self.name = name
        self.raw = raw
        self._fields = fields
        self._reader = reader

    @property
    def fields(self) -> Fields:
        if self._reader is not None:
            self._fields = self._reader.values(self._fields)  # type: ignore[arg-type]
            self._reader = None
        return self._fields  # type: ignore[return-value]

    def __getitem__(self, field: str) -> FieldValue:
        return self.fields[field]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frame):
            return NotImplemented
        return (self.name, self.raw, self.fields) == (other.name, other.raw, other.fields)

    def __hash__(self) -> int:
        return hash((self.name, self.raw))

    def __repr__(self) -> str:
        return f"Frame({self.name!r}, {dict(self.fields)!r}, {self.raw!r})"


class Garbage:
    """Bytes that are no frame of the dialect, and why. `raw` holds all of them: nothing is dropped unseen."""

    __slots__ = ("raw", "reason")

    def __init__(self, raw: bytes, reason: str) -> None:
        self.raw = raw
        self.reason = reason

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Garbage):
            return NotImplemented
        return (self.raw, self.reason) == (other.raw, other.reason)

    def __hash__(self) -> int:
        return hash((self.raw, self.reason))

    def __repr__(self) -> str:
        return f"Garbage({self.raw!r}, {self.reason!r})"
