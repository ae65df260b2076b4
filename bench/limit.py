"""What a value should be: a limit with its source and how sure it is, and how a value is written beside it.

Whatever shows a value beside its limit (screen, sheet, log) writes it with `show_against`, so that rounding never
turns a fail into a pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.language import N_, _, msg, number
from bench.quantities import Quantity, QuantityMismatch, Value, quantity, unit_text

Zone = tuple[float | None, float | None]
"""Low and high of a zone in canonical units, None where that side is open."""


class Mark(StrEnum):
    """How sure a limit is: read in its source, carried over from a sister calibre, trade knowledge, unconfirmed.

    HOUSE is the workshop's own rule, which its manager answers for.
    """

    DOCUMENTED = "documented"
    CARRIED_OVER = "carried-over"
    COMMON_KNOWLEDGE = "common-knowledge"
    UNCONFIRMED = "unconfirmed"
    HOUSE = "house"

    def __str__(self) -> str:
        return _(_MARKS[self])


_MARKS = {
    Mark.DOCUMENTED: N_("documented"),
    Mark.CARRIED_OVER: N_("carried over from a sister calibre"),
    Mark.COMMON_KNOWLEDGE: N_("common knowledge of the trade"),
    Mark.UNCONFIRMED: N_("unconfirmed"),
    Mark.HOUSE: N_("house rule"),
}


@dataclass(frozen=True)
class Limit:
    """What a value should be: `low` and `high` in the quantity's canonical unit, None where that side is open.

    `includes_margin` says that the maker's workshop tolerance already holds a margin: no guard band is added.
    Raises ValueError when the limit is inside out, empty or not finite.
    """

    quantity: Quantity
    low: float | None
    high: float | None
    source: str
    mark: Mark
    document: str = ""
    includes_margin: bool = False

    def __post_init__(self) -> None:
        sides = [side for side in (self.low, self.high) if side is not None]
        if not sides:
            raise ValueError("a limit needs at least one side")
        if not all(math.isfinite(side) for side in sides):
            raise ValueError("a limit must be finite")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("the lower limit must lie below the upper one")

    def __str__(self) -> str:
        return self.show()

    def show(self) -> str:
        """Write the limit: "−12,0 … +12,0 s/j", "≥ 200 °", "≤ 50,0 µg/min".

        A side that no short number tells (20 s/month in s/d) is rounded inwards: what fails never looks inside.
        """
        unit = "\u00a0" + unit_text(self.quantity.unit)
        if self.low is not None and self.high is not None:
            sign = self.quantity.signed
            return f"{self._side(self.low, math.ceil, sign)} … {self._side(self.high, math.floor, sign)}{unit}"
        if self.low is not None:
            return f"≥ {self._side(self.low, math.ceil)}{unit}"
        assert self.high is not None
        return f"≤ {self._side(self.high, math.floor)}{unit}"

    def _side(self, side: float, inwards: Callable[[float], int], sign: bool = False) -> str:
        usual = self.quantity.decimals
        for decimals in range(usual, usual + 4):
            if math.isclose(round(side, decimals), side, rel_tol=1e-12, abs_tol=1e-15):
                return number(side, decimals, sign=sign)
        scale: float = 10.0 ** (usual + 1)
        return number(inwards(side * scale) / scale, usual + 1, sign=sign)

    def to_json(self) -> dict[str, Any]:
        return {
            "quantity": self.quantity.id,
            "low": self.low,
            "high": self.high,
            "unit": self.quantity.unit,
            "source": self.source,
            "mark": self.mark.value,
            "document": self.document,
            "includes_margin": self.includes_margin,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limit:
        return cls(
            quantity(data["quantity"]),
            data["low"],
            data["high"],
            data["source"],
            Mark(data["mark"]),
            data.get("document", ""),
            data.get("includes_margin", False),
        )


def limit_between(
    key: str,
    low: float | None,
    high: float | None,
    *,
    source: str,
    mark: Mark,
    unit: str | None = None,
    document: str = "",
    includes_margin: bool = False,
) -> Limit:
    """Build a limit from sides in `unit` (default: canonical). Raises QuantityMismatch or ValueError."""

    def side(magnitude: float | None) -> float | None:
        return None if magnitude is None else Value.of(key, magnitude, unit).magnitude

    return Limit(quantity(key), side(low), side(high), source, mark, document, includes_margin)


def inside(y: float, zone: Zone) -> bool:
    """Whether `y` lies in the zone, its sides included."""
    low, high = zone
    return (low is None or y >= low) and (high is None or y <= high)


_MOST_DECIMALS = 12


def show_against(value: Value, limit: Limit | None) -> str:
    """Write `value` with just enough decimals to stand on the same side of each limit as the real one does.

    50.04 µg/min against ≤ 50.0 shows as "50.04 µg/min", not as "50.0 µg/min". The usual decimals are kept where
    they tell the truth. Raises QuantityMismatch where value and limit are of different quantities.
    """
    usual = value.quantity.decimals
    y = value.magnitude
    if limit is None or not math.isfinite(y):
        return value.show()
    if value.quantity != limit.quantity:
        raise QuantityMismatch(
            msg(
                "{measured} cannot be judged against a limit of {limit}.",
                measured=value.quantity.name,
                limit=limit.quantity.name,
            )
        )
    for decimals in range(usual, _MOST_DECIMALS + 1):
        shown = round(y, decimals)
        if all(inside(shown, side) == inside(y, side) for side in ((limit.low, None), (None, limit.high))):
            return value.show(decimals)
    return f"{number(y, sign=value.quantity.signed)}\u00a0{unit_text(value.unit)}".removesuffix("\u00a01")
