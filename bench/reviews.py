"""Impact reviews of orders: which wait for the manager's word, and closing one with what becomes of the watch.

A review is opened by the finding (bench/impact.py), once in every order whose verdicts change; what is decided is an
event of the order, and so an addendum to its sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, Event, EventKind
from bench.impact import Review
from bench.language import N_, _, msg
from bench.people import Role
from bench.procedure import guards
from bench.procedure.guards.rules import MANAGER
from bench.register import SHELF

if TYPE_CHECKING:
    from bench.desk import Desk

KINDS = (EventKind.IMPACT_REVIEW_OPENED, EventKind.IMPACT_REVIEW_CLOSED)


class Outcome(StrEnum):
    """What becomes of a watch whose verdicts do not stand."""

    RECALLED = "recalled"
    RETESTED = "retested"
    ACCEPTED = "accepted-as-is"

    def __str__(self) -> str:
        return _(WORDS[self])


WORDS = {
    Outcome.RECALLED: N_("recalled"),
    Outcome.RETESTED: N_("tested again"),
    Outcome.ACCEPTED: N_("accepted as it is"),
}


@dataclass(frozen=True)
class OrderReview:
    """What an instrument that was found out means for one order: the newest finding, and what was decided.

    `found` are the verdicts of this order that change; `seqs` the events that opened it; `at` (ISO) and `by` are of the
    first. `outcome` is None while nobody has decided.
    """

    order: str
    found: Review
    seqs: tuple[int, ...]
    at: str
    by: str
    outcome: Outcome | None = None
    reason: str = ""
    decided_by: str = ""
    decided_at: str = ""

    @property
    def open(self) -> bool:
        return self.outcome is None


class Events(Protocol):
    """What this asks of a journal."""

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]: ...


class Reviews:
    """The reviews of all orders, folded from the journal's events, each once; one thread at a time."""

    def __init__(self) -> None:
        self._seq = 0
        self._known: dict[tuple[str, str], OrderReview] = {}

    def catch_up(self, journal: Events) -> Reviews:
        """Take in what was journaled since the last time."""
        for event in journal.events(after=self._seq, kinds=KINDS):
            self._seq = event.seq
            if event.order != SHELF:  # there stands the whole finding; each order has its part
                self._take(event)
        return self

    def _take(self, event: Event) -> None:
        key = (event.order or "", str(event.payload["instrument"]))
        before = self._known.get(key)
        if event.kind is EventKind.IMPACT_REVIEW_CLOSED:
            if before is not None:
                self._known[key] = closed(before, event)
            return
        found = Review.from_json(event.payload)
        if before is not None and before.open:
            self._known[key] = replace(before, found=found, seqs=(*before.seqs, event.seq))
        else:
            self._known[key] = OrderReview(key[0], found, (event.seq,), event.at, event.operator or "")

    def of(self, order: str, instrument: str) -> OrderReview | None:
        """Return what was said last of an order and an instrument, None where nothing was."""
        return self._known.get((order, instrument))

    def open(self) -> list[OrderReview]:
        """Return those that wait for a decision, the oldest first."""
        return [each for each in self._known.values() if each.open]


def closed(review: OrderReview, event: Event) -> OrderReview:
    """Return the review as `impact-review-closed` leaves it."""
    p = event.payload
    return replace(
        review,
        outcome=Outcome(p["outcome"]),
        reason=str(p["reason"]),
        decided_by=str(p["name"]),
        decided_at=event.at,
    )


def last_finding(journal: Events, instrument: str) -> Review | None:
    """Return the newest whole review of an instrument, None where it was never found out."""
    found = [
        event
        for event in journal.events(order=SHELF, kinds=(EventKind.IMPACT_REVIEW_OPENED,))
        if event.payload["instrument"] == instrument
    ]
    return Review.from_json(found[-1].payload) if found else None


def close(desk: Desk, order: str, instrument: str, outcome: Outcome, reason: str, pin: str | None = None) -> None:
    """Close the open review of an order, as the manager, with what becomes of the watch and why.

    Raises UsageError where there is none or no reason, Refused for who may not decide or proves nothing.
    """
    if desk.operator is None:
        raise Refused(guards.nobody_signed_in())
    if not desk.operator.may_act_as(Role.MANAGER):
        raise Refused(
            Refusal(
                "review",
                msg("What becomes of a watch whose verdicts are in doubt is for the manager to say."),
                msg("Ask the manager: it waits in the inbox."),
                MANAGER,
            )
        )
    review = Reviews().catch_up(desk.journal).of(order, instrument)
    if review is None or not review.open:
        raise UsageError(
            msg("Order {order} has no open review of {instrument}.", order=order, instrument=instrument),
            remedy=msg("The inbox lists those that wait; the log says how others ended."),
        )
    if not reason.strip():
        raise UsageError(msg("A decision needs a reason."), remedy=msg("Write it; it stands on the sheet."))
    desk.reauthenticate(pin)
    payload = {
        "reviews": list(review.seqs),
        "instrument": instrument,
        "serial": review.found.serial,
        "outcome": outcome.value,
        "reason": reason.strip(),
        "name": desk.operator.name,
        "role": Role.MANAGER.value,
    }
    desk.journal.append([Draft(EventKind.IMPACT_REVIEW_CLOSED, payload, order, desk.operator.id)])
