"""One field of a message: its text on the wire, its value, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from bench.errors import UsageError
from bench.language import msg
from bench.quantities import Value, factor, quantity
from drivers.dialects.frames import FieldValue
from drivers.dialects.model import FieldModel

_TEXT = r"[!-~]+"
_SMALLEST = 1e-99  # what two digits of exponent can still say


class CannotEncode(UsageError):
    """A value that the message cannot carry: missing, unknown word, too wide, out of range."""


def expression(spec: FieldModel) -> str:
    """Return the regular expression of the field's text, without groups."""
    if spec.type == "word":
        codes = sorted({**spec.words, **spec.units}, key=len, reverse=True)
        return "(?:" + "|".join(re.escape(code) for code in codes) + ")"
    if spec.type == "text":
        return f"(?:{spec.matches or _TEXT})"
    if spec.type == "json":
        return r"[ -~]+"
    sign = {"never": "", "negative": "-?", "always": "[+-]"}[spec.sign]
    digit = r"[0-9A-F]" if spec.base == 16 else r"\d"
    if spec.type == "integer":
        tail = ""
    else:
        tail = r"(?:\.\d{1,12})?" if spec.decimals is None else rf"\.\d{{{spec.decimals}}}" if spec.decimals else ""
    exponent = r"E[+-]\d\d" if spec.type == "exponent" else ""
    return sign + _whole(spec, digit) + tail + exponent


def _whole(spec: FieldModel, digit: str) -> str:
    """Return the digits before the point: as many as the width leaves, or open."""
    if spec.width is None:
        return digit + "{1,15}"
    point = (spec.decimals or 0) + (1 if spec.decimals else 0)
    room = spec.width - point - (1 if spec.sign == "always" else 0)
    if spec.pad == " ":
        padded = (" " * blanks + digit + f"{{{room - blanks}}}" for blanks in range(room))
        return "(?:" + "|".join(padded) + ")"
    return f"{digit}{{{room}}}"


def number(spec: FieldModel) -> Callable[[Any], float]:
    """Return what turns the field's piece (text, or a binary count) into a number in the field's unit."""
    if spec.type == "integer":
        return int if spec.base == 10 else _hexadecimal
    if spec.type in ("decimal", "exponent"):
        return float
    if spec.scale == 1.0:
        return int
    scale = spec.scale
    # Divide where the scale is 1/n: 2475 / 100 is 24.75, 2475 * 0.01 is not quite.
    inverse = round(1 / scale) if scale < 1 and abs(round(1 / scale) * scale - 1) < 1e-12 else 0
    return (lambda count: count / inverse) if inverse else (lambda count: count * scale)


def _hexadecimal(text: bytes) -> int:
    return int(text, 16)


class Field:
    """A field ready for use: `limits` are what a plain number must lie between, None where nothing is checked."""

    __slots__ = ("limits", "name", "number", "quantity", "spec", "to_canonical")

    def __init__(self, name: str, spec: FieldModel) -> None:
        self.name = name
        self.spec = spec
        self.number = number(spec)
        self.quantity = quantity(spec.quantity) if spec.quantity else None
        self.to_canonical = (
            factor(self.quantity.dimension, spec.unit, self.quantity.unit) if self.quantity and spec.unit else 1.0
        )
        low = float("-inf") if spec.low is None else spec.low
        high = float("inf") if spec.high is None else spec.high
        self.limits = None if spec.low is None and spec.high is None else (low, high)

    @property
    def composed(self) -> bool:
        """Whether sign, decimals or unit stand in other fields of the message."""
        return bool(self.spec.sign_from or self.spec.decimals_from or self.spec.unit_from)

    @property
    def guarded(self) -> bool:
        """Whether a piece that matches may still be wrong: a range, a composed number, JSON."""
        return bool(self.limits or self.spec.ranges or self.spec.type == "json")

    def compose(self, piece: Any, others: Mapping[str, Any]) -> float:
        """Return the number in its unit, with sign and decimals from the other fields' pieces."""
        value = self.number(piece)
        spec = self.spec
        if spec.decimals_from:
            value = value / 10 ** int(others[spec.decimals_from])
        if spec.sign_from and others[spec.sign_from] == "negative":
            value = -value
        return value

    def within(self, piece: Any, others: Mapping[str, Any]) -> bool:
        """Tell whether the piece lies in the field's range (and, for JSON, is JSON)."""
        if self.spec.type == "json":
            try:
                json.loads(piece)
            except (ValueError, RecursionError):
                return False
            return True
        value = self.compose(piece, others)
        if self.limits is not None and not self.limits[0] <= value <= self.limits[1]:
            return False
        bounds = self.spec.ranges.get(str(others.get(self.spec.unit_from or "")))
        return bounds is None or bounds[0] <= value <= bounds[1]

    def value(self, piece: Any, others: Mapping[str, Any]) -> FieldValue:
        """Return what the piece means."""
        spec = self.spec
        if spec.type == "word":
            code = piece.decode("latin-1")
            return spec.words.get(code) or spec.units[code]
        if spec.type in ("text", "json"):
            return str(piece.decode("latin-1"))
        if spec.type == "bytes":
            return bytes(piece)
        magnitude = self.compose(piece, others)
        if self.quantity is None:
            return magnitude
        if spec.unit_from:
            return Value.of(self.quantity.id, magnitude, others[spec.unit_from])
        return Value(self.quantity, magnitude * self.to_canonical)

    def converter(self) -> Callable[[Any], Any]:
        """Return what turns a piece into a word, a text, or a number in the field's unit."""
        spec = self.spec
        if spec.type == "word":
            return {code.encode("latin-1"): word for code, word in {**spec.units, **spec.words}.items()}.__getitem__
        if spec.type in ("text", "json", "bytes"):
            return lambda piece: self.value(piece, {})
        return self.number

    def magnitude(self, value: Any, others: Mapping[str, Any]) -> float:
        """Return the number to write for `value`, in the unit of the wire. Raises CannotEncode out of range."""
        unit = others.get(self.spec.unit_from) if self.spec.unit_from else self.spec.unit
        if isinstance(value, Value):
            if unit is None:
                raise self._refused(value)
            value = value.to(str(unit))
        try:
            wanted = float(value)
        except (TypeError, ValueError):
            raise self._refused(value) from None
        limits = self.spec.ranges.get(str(unit), self.limits)
        if wanted != wanted or (limits is not None and not limits[0] <= wanted <= limits[1]):
            raise self._refused(value)
        return wanted

    def counts(self, value: Any, others: Mapping[str, Any]) -> int:
        """Return the digits to write, with their sign, for a number whose decimals stand in another field."""
        decimals = int(others.get(self.spec.decimals_from, 0)) if self.spec.decimals_from else 0
        return round(self.magnitude(value, others) * float(10**decimals))

    def text(self, value: Any, others: Mapping[str, Any]) -> str:
        """Write `value` as the wire has it. Raises CannotEncode when it does not fit."""
        written = self._write(value, others)
        if not re.fullmatch(expression(self.spec), written):
            raise self._refused(value)
        return written

    def _write(self, value: Any, others: Mapping[str, Any]) -> str:
        spec = self.spec
        if spec.type == "word":
            for code, word in {**spec.words, **spec.units}.items():
                if word == value:
                    return code
            raise self._refused(value)
        if spec.type in ("text", "json"):
            return str(value)
        if spec.type == "integer":
            count = self.counts(value, others)
            digits = f"{abs(count):{'X' if spec.base == 16 else 'd'}}"
            negative = count < 0 and not spec.sign_from
        else:
            digits, negative = _decimal(self.magnitude(value, others), spec)
        sign = "-" if negative else "+" if spec.sign == "always" else ""
        if spec.width:
            digits = digits.rjust(spec.width - (spec.sign == "always"), spec.pad)
        return sign + digits

    def count(self, value: Any, others: Mapping[str, Any]) -> int:
        """Return the binary count that stands for `value`. Raises CannotEncode out of range."""
        if isinstance(value, int) and self.spec.scale == 1 and self.limits is None:
            return value  # a float would not hold every 64-bit count
        return round(self.magnitude(value, others) / self.spec.scale)

    def _refused(self, value: Any) -> CannotEncode:
        return CannotEncode(
            msg("The field “{field}” cannot carry “{value}”.", field=self.name, value=str(value)),
            remedy=msg("Give a value of its type and within its range."),
        )


def _decimal(value: float, spec: FieldModel) -> tuple[str, bool]:
    """Write the digits of a number and tell whether it is negative; a rounded nothing has no sign."""
    if spec.type == "exponent":
        value = value if abs(value) >= _SMALLEST else 0.0
        written = f"{abs(value):.{6 if spec.decimals is None else spec.decimals}E}"
    else:
        written = f"{abs(value):.{spec.decimals}f}" if spec.decimals is not None else f"{abs(value)!r}"
    return written, value < 0 and float(written) != 0.0
