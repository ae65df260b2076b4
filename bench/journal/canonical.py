"""Canonical JSON (RFC 8785), written by pydantic's encoder wherever it writes the same.

Plain values with sorted keys and whole floats as integers come out alike. What is left (exponents, long integers,
NaN, keys beyond ASCII, other types) goes to the `rfc8785` package: the reference, and ten times slower.
"""

from __future__ import annotations

from typing import Any

import rfc8785
from pydantic_core import to_json

_EXACT = 2**53
_READY = frozenset((str, bool, type(None)))


class _Rare(Exception):
    pass


def canonical(value: Any) -> str:
    """Return the canonical JSON of `value`. Raises ValueError for what JSON cannot hold (NaN, integers ≥ 2⁵³)."""
    try:
        return to_json(_plain(value)).decode()
    except (_Rare, TypeError):
        return rfc8785.dumps(value).decode()


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is float:
        if value.is_integer() and -1e15 < value < 1e15:
            return int(value)
        if 1e-4 <= value < 1e15 or -1e15 < value <= -1e-4:
            return value
    elif kind is dict:
        # Below U+0080 code points sort as the RFC's UTF-16 units do. A key that is no text fails in the join.
        if "".join(value).isascii():
            return {key: item if type(item) in _READY else _plain(item) for key, item in sorted(value.items())}
    elif kind is list or kind is tuple:
        return [item if type(item) in _READY else _plain(item) for item in value]
    elif kind in _READY or (kind is int and -_EXACT < value < _EXACT):
        return value
    raise _Rare
