"""Canonical JSON (RFC 8785), written by the standard library's encoder wherever it writes the same.

It differs in 5.0, exponents, NaN, long integers and the order of keys beyond ASCII. The first is put right before;
a value that holds another one goes to the `rfc8785` package, which is the reference and several times slower.
"""

from __future__ import annotations

import json
from typing import Any

import rfc8785

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode
_EXACT = 2**53
_TOUCHED = frozenset((dict, list, tuple, float, int))


class _Rare(Exception):
    pass


def canonical(value: Any) -> str:
    """Return the canonical JSON of `value`. Raises ValueError for what JSON cannot hold (NaN, integers ≥ 2⁵³)."""
    try:
        return _encode(_plain(value))
    except (_Rare, TypeError):
        return rfc8785.dumps(value).decode()


def _plain(value: Any) -> Any:
    """Return the same value with whole floats as integers. Raises _Rare for what the encoder writes otherwise."""
    kind = type(value)
    if kind is float:
        if value.is_integer() and -1e15 < value < 1e15:
            return int(value)
        if 1e-4 <= value < 1e15 or -1e15 < value <= -1e-4:
            return value
        raise _Rare
    if kind is dict:
        if not "".join(value).isascii():
            raise _Rare
        return {key: _plain(item) if type(item) in _TOUCHED else item for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_plain(item) if type(item) in _TOUCHED else item for item in value]
    if kind is int and not -_EXACT < value < _EXACT:
        raise _Rare
    return value
