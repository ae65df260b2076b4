"""From a value, its uncertainty and a limit to one of four states, or to a refusal that says why.

Guard band w = r·U inside each limit (ISO 14253-1:2017; ILAC-G8:09/2019, non-binary statement with guard band).
Decided on unrounded values. Whatever shows a value beside its limit (screen, sheet, log) writes it with
`show_against`, so that rounding never turns a fail into a pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.errors import Refusal
from bench.language import N_, Text, _, msg, number
from bench.quantities import Quantity, QuantityMismatch, Value, quantity, unit_text


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


@dataclass(frozen=True)
class DecisionRule:
    """How the uncertainty is counted: guard band w = r·U, inside the limit or (`rejecting`) outside it.

    `needs_uncertainty` is False only for simple acceptance.
    """

    id: str
    r: float
    name: Text
    rejecting: bool = False

    @property
    def needs_uncertainty(self) -> bool:
        return self.r > 0

    def __str__(self) -> str:
        return str(self.name)


SIMPLE = DecisionRule("simple", 0.0, Text("règle simple, sans incertitude", "simple acceptance, without uncertainty"))
ISO_14253_1 = DecisionRule("iso-14253-1", 0.83, Text("ISO 14253-1, w = 0,83 U", "ISO 14253-1, w = 0.83 U"))
GUARD_BAND_U = DecisionRule("guard-band-u", 1.0, Text("bande de garde w = U", "guard band w = U"))
GUARDED_REJECTION = DecisionRule(
    "guarded-rejection",
    0.83,
    Text("rejet gardé, w = 0,83 U (réclamation fournisseur)", "guarded rejection, w = 0.83 U (supplier claim)"),
    rejecting=True,
)
RULES: dict[str, DecisionRule] = {rule.id: rule for rule in (SIMPLE, ISO_14253_1, GUARD_BAND_U, GUARDED_REJECTION)}


class State(StrEnum):
    """The four states of a verdict, and the refusal."""

    CONFORMING = "conforming"
    CONDITIONALLY_CONFORMING = "conditionally-conforming"
    CONDITIONALLY_NONCONFORMING = "conditionally-nonconforming"
    NONCONFORMING = "nonconforming"
    REFUSED = "refused"

    def __str__(self) -> str:
        return _(_STATES[self])

    @property
    def symbol(self) -> str:
        """A sign that tells the state without colour."""
        return {"conforming": "✔", "conditionally-conforming": "≈", "conditionally-nonconforming": "≉"}.get(
            self.value, "✘" if self is State.NONCONFORMING else "—"
        )

    @property
    def severity(self) -> int:
        """0 for conforming … 3 for nonconforming, 4 for refused: a step is as good as its worst verdict."""
        return list(State).index(self)


_STATES = {
    State.CONFORMING: N_("CONFORMING"),
    State.CONDITIONALLY_CONFORMING: N_("CONDITIONALLY CONFORMING"),
    State.CONDITIONALLY_NONCONFORMING: N_("CONDITIONALLY NONCONFORMING"),
    State.NONCONFORMING: N_("NONCONFORMING"),
    State.REFUSED: N_("NO VERDICT"),
}


@dataclass(frozen=True)
class Verdict:
    """The statement about one measurement: state, against which limit, by which rule, with which guard band.

    `acceptance` is (low, high) of the acceptance zone; `probability` that the true value conforms, for a normal
    distribution (JCGM 106:2012, 7.4), is for trainers, never for the customer.
    """

    state: State
    limit: Limit | None
    rule: DecisionRule | None
    guard_band: float | None = None
    acceptance: tuple[float | None, float | None] | None = None
    probability: float | None = None
    refusal: Refusal | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state.value,
            "limit": self.limit.to_json() if self.limit else None,
            "rule": self.rule.id if self.rule else None,
            "guard_band": self.guard_band,
            "acceptance": list(self.acceptance) if self.acceptance else None,
            "probability": self.probability,
            "refusal": self.refusal.to_json() if self.refusal else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        return cls(
            State(data["state"]),
            Limit.from_json(data["limit"]) if data["limit"] else None,
            RULES[data["rule"]] if data["rule"] else None,
            data["guard_band"],
            (data["acceptance"][0], data["acceptance"][1]) if data["acceptance"] else None,
            data["probability"],
            Refusal.from_json(data["refusal"]) if data["refusal"] else None,
        )


_NOBODY = msg("nobody")
_MANAGER = msg("the workshop manager")


def refuse(limit: Limit | None, rule: DecisionRule | None, refusal: Refusal) -> Verdict:
    """Return the refusal as a verdict: a value may stand, a statement about it may not."""
    return Verdict(State.REFUSED, limit, rule, refusal=refusal)


def judge(value: Value, expanded: float | None, limit: Limit | None, rule: DecisionRule | None) -> Verdict:
    """State how `value` with expanded uncertainty `expanded` (U, k = 2, canonical unit; None when unknown)
    stands to `limit` under `rule`.

    Refusals about the instrument, the profile and the conditions belong to the caller (bench/judging.py): they
    come before this question is asked. Never raises for a number; a value that is not finite is refused.
    """
    if limit is None:
        return refuse(
            None,
            rule,
            Refusal(
                "no-limit",
                msg("No limit is known for {quantity}.", quantity=value.quantity.name),
                msg("The value is kept as information; add a limit with its source to the profile."),
                _MANAGER,
            ),
        )
    if rule is None:
        return refuse(
            limit,
            None,
            Refusal(
                "no-rule",
                msg("No decision rule is stated."),
                msg("Choose one in the profile or in the house rules."),
                _MANAGER,
            ),
        )
    if value.quantity != limit.quantity:
        return refuse(
            limit,
            rule,
            Refusal(
                "dimension",
                msg(
                    "{measured} cannot be judged against a limit of {limit}.",
                    measured=value.quantity.name,
                    limit=limit.quantity.name,
                ),
                msg("Measure the quantity that the limit is for."),
                _NOBODY,
            ),
        )
    if limit.mark is Mark.UNCONFIRMED:
        return refuse(
            limit,
            rule,
            Refusal(
                "unconfirmed-limit",
                msg(
                    "The limit for {quantity} is unconfirmed: its sources disagree or were not read.",
                    quantity=limit.quantity.name,
                ),
                msg("Confirm it from the maker's document and mark it so in the workshop's profile."),
                _MANAGER,
            ),
        )
    y = value.magnitude
    if not math.isfinite(y):
        return refuse(
            limit,
            rule,
            Refusal("not-a-number", msg("The reading is not a number."), msg("Repeat the measurement."), _NOBODY),
        )
    if rule.needs_uncertainty and (expanded is None or not math.isfinite(expanded) or expanded < 0):
        return refuse(
            limit,
            rule,
            Refusal(
                "no-uncertainty",
                msg(
                    "The uncertainty of this value is unknown, and the rule “{rule}” needs it.",
                    rule=rule.name,
                ),
                msg("Complete the instrument's accuracy in the register, or choose the simple rule."),
                _MANAGER,
            ),
        )
    width = 0.0 if limit.includes_margin else rule.r * (expanded or 0.0)
    low, high = limit.low, limit.high
    if not rule.rejecting and low is not None and high is not None and 2 * width >= high - low:
        return refuse(
            limit,
            rule,
            Refusal(
                "G-09",
                msg("The uncertainty is too large for this tolerance: no acceptance zone is left."),
                msg("Measure longer, or with another instrument."),
                _NOBODY,
            ),
        )
    inner = (None if low is None else low + width, None if high is None else high - width)
    outer = (None if low is None else low - width, None if high is None else high + width)
    return Verdict(
        _state(y, inner, (low, high), outer, rejecting=rule.rejecting),
        limit,
        rule,
        width,
        outer if rule.rejecting else inner,
        _probability(y, expanded, limit),
    )


_Zone = tuple[float | None, float | None]


def _inside(y: float, zone: _Zone) -> bool:
    low, high = zone
    return (low is None or y >= low) and (high is None or y <= high)


def _state(y: float, inner: _Zone, limit: _Zone, outer: _Zone, *, rejecting: bool) -> State:
    if rejecting:
        # The claimant proves non-conformity: up to TL + w nothing is proven, and nothing is claimed.
        if _inside(y, limit):
            return State.CONFORMING
        return State.CONDITIONALLY_CONFORMING if _inside(y, outer) else State.NONCONFORMING
    if _inside(y, inner):
        return State.CONFORMING
    if _inside(y, limit):
        return State.CONDITIONALLY_CONFORMING
    return State.CONDITIONALLY_NONCONFORMING if _inside(y, outer) else State.NONCONFORMING


def _probability(y: float, expanded: float | None, limit: Limit) -> float | None:
    u = (expanded or 0.0) / 2.0
    if not 0.0 < u < math.inf:
        return None
    above = 1.0 if limit.high is None else _phi((limit.high - y) / u)
    below = 0.0 if limit.low is None else _phi((limit.low - y) / u)
    return above - below


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


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
    zone = (limit.low, limit.high)
    for decimals in range(usual, _MOST_DECIMALS + 1):
        shown = round(y, decimals)
        if all(_inside(shown, side) == _inside(y, side) for side in ((zone[0], None), (None, zone[1]))):
            return value.show(decimals)
    return f"{number(y, sign=value.quantity.signed)}\u00a0{unit_text(value.unit)}".removesuffix("\u00a01")


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


__all__ = [
    "GUARDED_REJECTION",
    "GUARD_BAND_U",
    "ISO_14253_1",
    "RULES",
    "SIMPLE",
    "DecisionRule",
    "Limit",
    "Mark",
    "QuantityMismatch",
    "State",
    "Verdict",
    "judge",
    "limit_between",
    "refuse",
    "show_against",
]
