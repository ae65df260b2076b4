"""Events: what happened, said once and never changed. The journal keeps them; every state is a fold of them.

The kinds and their payloads stand in docs/architecture.md, "Events".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """Every kind of event that the journal may hold."""

    ORDER_OPENED = "order-opened"
    QUOTE_SIGNED = "quote-signed"
    SIGNED_IN = "signed-in"
    SIGN_IN_REFUSED = "sign-in-refused"
    BENCH_LOCKED = "bench-locked"
    BENCH_UNLOCKED = "bench-unlocked"
    PIN_SET = "pin-set"
    PIN_RESET = "pin-reset"
    PROCEDURE_PINNED = "procedure-pinned"
    PROFILE_PINNED = "profile-pinned"
    PROFILE_APPROVED = "profile-approved"
    STEP_STARTED = "step-started"
    STEP_ANSWERED = "step-answered"
    HANDLED = "handled"
    MEASURED = "measured"
    MEASUREMENT_INTERRUPTED = "measurement-interrupted"
    STEP_DONE = "step-done"
    REFUSED = "refused"
    CORRECTED = "corrected"
    ALERT_RAISED = "alert-raised"
    PROCEDURE_CHANGED = "procedure-changed"
    CARD_ACKNOWLEDGED = "card-acknowledged"
    CUSTODY_TAKEN = "custody-taken"
    PROMISE_MOVED = "promise-moved"
    ALERT_DECIDED = "alert-decided"
    ALERT_ACKNOWLEDGED = "alert-acknowledged"
    LIFTED = "lifted"
    SIGNED = "signed"
    ORDER_CLOSED = "order-closed"
    ORDERS_IMPORTED = "orders-imported"
    PHOTO_ATTACHED = "photo-attached"
    CUSTOMER_FILED = "customer-filed"
    CUSTOMER_VIEWED = "customer-viewed"
    CUSTOMER_ALIKE = "customer-alike"
    CUSTOMER_ERASED = "customer-erased"
    INSTRUMENT_REGISTERED = "instrument-registered"
    INSTRUMENT_FOUND = "instrument-found"
    CERTIFICATE_ACCEPTED = "certificate-accepted"
    INSTRUMENT_CHECKED = "instrument-checked"
    INSTRUMENT_SUSPENDED = "instrument-suspended"
    INSTRUMENT_RELEASED = "instrument-released"
    IMPACT_REVIEW_OPENED = "impact-review-opened"
    IMPACT_REVIEW_CLOSED = "impact-review-closed"
    EXERCISE_BEGUN = "exercise-begun"
    EXERCISE_ANSWERED = "exercise-answered"
    EXERCISE_REVEALED = "exercise-revealed"
    CRITERION_OBSERVED = "criterion-observed"


def pin(sha256: str) -> str:
    """Return what stands in the order's place for a procedure's content: said once, found by every order of it."""
    return f"procedure/{sha256}"


@dataclass(frozen=True)
class Draft:
    """An event before it is journaled: no number, no time, no hash yet.

    `order` is the order's number, None, or the name of what orders refer to (a procedure by
    `pin`, a profile by bench/approvals.py).
    """

    kind: EventKind
    payload: Mapping[str, Any] = field(default_factory=dict)
    order: str | None = None
    operator: str | None = None


@dataclass(frozen=True)
class Event:
    """A journaled event. `seq` counts from 1 without holes per station; `hash` = SHA-256(prev ‖ canonical body).

    `at` is ISO 8601 with offset, `monotonic_ns` the station's monotonic clock: order is by `seq`, durations by
    the monotonic clock (within one `boot`).
    """

    seq: int
    id: str
    station: str
    kind: EventKind
    order: str | None
    operator: str | None
    at: str
    monotonic_ns: int
    boot: str
    payload: Mapping[str, Any]
    prev: str
    hash: str
