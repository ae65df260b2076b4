"""An instrument that was found out: what a review says of the verdicts that rest on it."""

from __future__ import annotations

from bench.conformity import State
from bench.impact import Affected, Review, review_drafts
from bench.journal import Journal

INSTRUMENT = "leak-tester"


def found_out(*orders: str) -> Review:
    """The leak tester reads 20 µg/min too little: one verdict of each order changes, another of the first does not."""

    def leak(order: str, value: float, before: State, after: State, seq: int) -> Affected:
        return Affected(
            order, seq, "2026-11-20T10:15:00+01:00", "dry-test", "+3 bar", "leak_rate", "µg/min", f"m{seq}",
            value, value + 20.0, before, after, closed=False,
        )  # fmt: skip

    verdicts = [leak(order, 38.0, State.CONFORMING, State.NONCONFORMING, n) for n, order in enumerate(orders)]
    verdicts.append(leak(orders[0], 8.0, State.CONFORMING, State.CONFORMING, len(orders)))
    errors, since = {"leak_rate": -20.0}, {"leak_rate": 0}
    return Review(INSTRUMENT, "SIM-LT-1", "check", errors, since, tuple(verdicts))


def opens_the_review(journal: Journal, *orders: str) -> Review:
    """Journal the review, whole and in each order."""
    found = found_out(*orders)
    journal.append(list(review_drafts(found)))
    return found
