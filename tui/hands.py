"""Who is at the keys: a person, a barcode scanner that types like lightning, or a sleeve.

Pure: it is given each key with its time and says what comes of it. A scanner's characters are held back until it is
clear that they are none of a person's, so that no code is ever typed into a field. The first of them may go ahead,
where it can be taken back: a person then sees every letter at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

K = TypeVar("K")

# Fewer characters than this at a scanner's pace can be two hands on the keys; a whole code ends with Enter or Tab.
WHOLE = 3
ENDS = ("enter", "tab")
# What broke off is known by how it begins, or by its figures alone; other text that comes at once was pasted.
BROKEN = re.compile(r"(OR|PC|OP|OK):|\d{8,}$", re.IGNORECASE)


class LabelKind(Enum):
    """What one of our labels stands for; its value is what the code begins with."""

    ORDER = "OR"
    PART = "PC"
    OPERATOR = "OP"
    CONFIRM = "OK"


@dataclass(frozen=True)
class Label:
    """One of our labels: what it names. `text` is the order's number, the part's reference, the operator's id."""

    kind: LabelKind
    text: str


@dataclass(frozen=True)
class Scanned:
    """What a scanner has typed; not `whole` when it broke off before its Enter. `lent`: its first sign went ahead and
    is to be taken back.
    """

    text: str
    whole: bool
    lent: bool = False

    def label(self) -> Label | None:
        """Return which of our labels this is, None for anything else or half of one."""
        prefix, colon, text = self.text.strip().partition(":")
        kinds = {kind.value: kind for kind in LabelKind}
        kind = kinds.get(prefix.upper())
        if not self.whole or not colon or kind is None or (not text.strip() and kind is not LabelKind.CONFIRM):
            return None
        return Label(kind, text.strip())


class Scanner(Generic[K]):
    """Tells a scanner's keys from a person's by the time between them; `gap` in seconds, 0 for no scanner."""

    def __init__(self, gap: float) -> None:
        self.gap = gap
        self._held: list[tuple[str, K]] = []
        self._lent = ""
        self._last = 0.0

    @property
    def holding(self) -> bool:
        """Whether keys are held back; `rest` gives them back once `gap` has passed without another."""
        return bool(self._held)

    @property
    def newest(self) -> K | None:
        """The key held back last, None where none is."""
        return self._held[-1][1] if self._held else None

    def key(self, name: str, character: str | None, at: float, key: K, *, lend: bool = False) -> list[K | Scanned]:
        """Take one key pressed `at` (seconds, monotonic); return what is now known, in its order.

        With `lend` a key before which nothing is held goes ahead: a scan that turns out to begin with it says so.
        """
        if not self.gap:
            return [key]
        known = self.rest() if at - self._last > self.gap else []
        self._last = at
        if name not in ENDS and character is not None and character.isprintable():
            if lend and not known and not self._held and not self._lent:
                self._lent = character
                return [key]
            self._held.append((character, key))
            return known
        if name in ENDS and len(self._text) >= WHOLE:
            return [*known, self._scan(whole=True)]
        return [*known, *self.rest(), key]

    @property
    def _text(self) -> str:
        return self._lent + "".join(sign for sign, _key in self._held)

    def _scan(self, *, whole: bool) -> Scanned:
        scanned = Scanned(self._text, whole, bool(self._lent))
        self._held, self._lent = [], ""
        return scanned

    def rest(self) -> list[K | Scanned]:
        """Give back what is held: a person's keys, or the half of a code. A key held down repeats one sign."""
        if BROKEN.match(self._text) and len(set(self._text)) > 1:
            return [self._scan(whole=False)]
        held, self._held, self._lent = self._held, [], ""
        return [key for _sign, key in held]


class Debounce:
    """Lets a confirmation through once, however often a sleeve presses it; `window` in seconds, 0 for every time.

    Enter is a confirmation wherever it is pressed. Any other key counts as the sleeve's where the press before it
    has already changed the room.
    """

    def __init__(self, window: float) -> None:
        self.window = window
        self._key = ""
        self._at = 0.0
        self._room: object = None

    def swallows(self, key: str, at: float, room: object) -> bool:
        """Tell whether this press, `at` (seconds, monotonic) in this `room`, is to be forgotten."""
        again = key == self._key and at - self._at < self.window
        self._at = at
        if again and (key == "enter" or room is not self._room):
            return True
        self._key, self._room = key, room
        return False
