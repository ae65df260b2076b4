"""Events cast in bulk: a real event is the mould, and only what differs from one order to the next is put in.

A mould gives the canonical payload and the log's rows of an event as the journal itself would, a hundred times
faster. Texts that differ stand as `slot("name")` in the payload, numbers as `number(i)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any

from bench.events import Event, EventKind
from bench.journal.canonical import canonical
from bench.journal.entries import LOG_COLUMNS, Entry, entries
from bench.journal.rows import OrderRow
from bench.language import Text

_AT = datetime(2000, 1, 1).astimezone().isoformat(timespec="microseconds")
_NUMBER = 7_000_000.25
_SLOT = re.compile(r"§(\w+)§")
_OWN = ("seq", "at", "order", "watch", "calibre", "procedure", "operator")
# Entries have no number: every place is one before that of the column.
_PLACES = {name: LOG_COLUMNS.index(name) - 1 for name in _OWN}


def slot(name: str) -> str:
    """Return what stands in a payload for a text that is put in later."""
    return f"§{name}§"


def number(index: int) -> float:
    """Return what stands in a payload for the number `index`, which is put in later under the name `n<index>`."""
    return _NUMBER + index


def _name(value: float) -> str:
    return f"n{round(value - _NUMBER)}"


class Mould:
    """One kind of event with its payload, in which slots and numbers stand for what differs."""

    def __init__(self, kind: EventKind, payload: Mapping[str, Any], before: OrderRow | None = None) -> None:
        self.kind = kind
        self._parts = _SLOT.split(_slotted(canonical(dict(payload))))
        row = OrderRow(
            number=slot("order"),
            watch=slot("watch"),
            calibre="",
            procedure=slot("procedure"),
            procedure_title=Text("", ""),
            status="open",
            step="",
            step_title=None,
            promised=slot("promised"),
            opened_at=_AT,
            last_seq=1,
            last_at=_AT,
        )
        event = Event(1, "", "", kind, slot("order"), slot("operator"), _AT, 0, "", payload, "", "")
        self._entries = [_Blank(entry) for entry in entries(event, before or row, row)]

    def payload(self, values: Mapping[str, Any]) -> str:
        """Return the canonical payload with texts and numbers put in."""
        parts = list(self._parts)
        for place in range(1, len(parts), 2):
            value = values[parts[place]]
            parts[place] = encode_basestring(value)[1:-1] if isinstance(value, str) else _plain(value)
        return "".join(parts)

    def rows(self, own: tuple[Any, ...], utc: str, values: Mapping[str, Any]) -> list[Entry]:
        """Return the log's rows; `own` is (seq, at, order, watch, calibre, procedure, operator)."""
        return [blank.cast(own, utc, values) for blank in self._entries]


class _Blank:
    """A row of the log with holes."""

    def __init__(self, entry: Entry) -> None:
        self._entry = list(entry)
        own = set(_PLACES.values()) | {len(entry) - 1}
        self._slots: list[tuple[int, list[str]]] = []
        self._numbers: list[tuple[int, str]] = []
        for place, value in enumerate(entry):
            if place in own:
                continue
            written = _slotted(value) if isinstance(value, str) else ""
            if "§" in written:
                self._slots.append((place, _SLOT.split(written)))
            elif isinstance(value, float) and value >= _NUMBER:
                self._numbers.append((place, _name(value)))

    def cast(self, own: tuple[Any, ...], utc: str, values: Mapping[str, Any]) -> Entry:
        row = list(self._entry)
        for place, value in zip(_PLACES.values(), own, strict=True):
            row[place] = value
        for place, parts in self._slots:
            row[place] = "".join(str(values[part]) if at % 2 else part for at, part in enumerate(parts))
        for place, name in self._numbers:
            row[place] = values[name]
        row[-1] = utc
        return tuple(row)


def _slotted(written: str) -> str:
    """Return a text in which numbers that are put in later stand as slots."""
    return re.sub(r"70000\d\d\.25", lambda found: slot(_name(float(found[0]))), written)


def _plain(value: Any) -> str:
    """Write a number or lines as canonical JSON does: our numbers are short decimals, far from needing an exponent."""
    if isinstance(value, list):
        return canonical(value)
    return str(int(value)) if float(value).is_integer() else repr(value)
