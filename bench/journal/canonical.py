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
# Every event of a kind has the same keys: their order is worked out once.
_orders: dict[tuple[Any, ...], tuple[str, ...]] = {}
_MANY_ORDERS = 4096


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
        keys = tuple(value)
        order = _orders.get(keys) or _order(keys)
        plain = {}
        for key in order:
            item = value[key]
            if type(item) is float and 1e-4 <= item < 1e15 and not item.is_integer():
                plain[key] = item
            else:
                plain[key] = item if type(item) in _READY else _plain(item)
        return plain
    elif kind is list or kind is tuple:
        if len(value) == 2 and type(value[0]) is float and type(value[1]) is float:
            return _point(*value)
        return [item if type(item) in _READY else _plain(item) for item in value]
    elif kind in _READY or (kind is int and -_EXACT < value < _EXACT):
        return value
    raise _Rare


def _order(keys: tuple[Any, ...]) -> tuple[str, ...]:
    # Below U+0080 code points sort as the RFC's UTF-16 units do. A key that is no text fails in the join.
    if not "".join(keys).isascii():
        raise _Rare
    order = tuple(sorted(keys))
    if len(_orders) < _MANY_ORDERS:
        _orders[keys] = order
    return order


def _point(x: float, y: float) -> list[float | int]:
    """Do for the two floats of a curve's point what `_plain` does for any float: curves are most of an event."""
    if x.is_integer() and -1e15 < x < 1e15:
        x = int(x)
    elif not (1e-4 <= x < 1e15 or -1e15 < x <= -1e-4):
        raise _Rare
    if y.is_integer() and -1e15 < y < 1e15:
        y = int(y)
    elif not (1e-4 <= y < 1e15 or -1e15 < y <= -1e-4):
        raise _Rare
    return [x, y]
