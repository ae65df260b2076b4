"""From a value, its uncertainty and a limit to one of four states, or to a refusal that says why.

Guard band w = r·U inside each limit (ISO 14253-1:2017; ILAC-G8:09/2019, non-binary statement with guard band).
Decided on unrounded values; `bench.limit.show_against` writes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.errors import Refusal
from bench.language import N_, Text, _, msg
from bench.limit import Limit, Mark, Zone, inside
from bench.quantities import Value


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


def _state(y: float, inner: Zone, limit: Zone, outer: Zone, *, rejecting: bool) -> State:
    if rejecting:
        # The claimant proves non-conformity: up to TL + w nothing is proven, and nothing is claimed.
        if inside(y, limit):
            return State.CONFORMING
        return State.CONDITIONALLY_CONFORMING if inside(y, outer) else State.NONCONFORMING
    if inside(y, inner):
        return State.CONFORMING
    if inside(y, limit):
        return State.CONDITIONALLY_CONFORMING
    return State.CONDITIONALLY_NONCONFORMING if inside(y, outer) else State.NONCONFORMING


def _probability(y: float, expanded: float | None, limit: Limit) -> float | None:
    u = (expanded or 0.0) / 2.0
    if not 0.0 < u < math.inf:
        return None
    above = 1.0 if limit.high is None else _phi((limit.high - y) / u)
    below = 0.0 if limit.low is None else _phi((limit.low - y) / u)
    return above - below


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
