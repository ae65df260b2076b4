"""What was agreed: a complete order, a complete condition map, a signed quote, its scope and its amount."""

from __future__ import annotations

import math

from bench.errors import Refusal
from bench.language import N_, msg
from bench.operations import operations
from bench.procedure.guards.question import Question, listed
from bench.procedure.guards.rules import refusal

# The zones of the condition map; each has its answer as the fact "zone.<id>", none by default.
ZONES: dict[str, str] = {
    "glass": N_("glass"),
    "bezel": N_("bezel"),
    "case": N_("case middle"),
    "back": N_("case back"),
    "crown": N_("crown"),
    "pushers": N_("pushers"),
    "dial": N_("dial"),
    "hands": N_("hands"),
    "strap": N_("strap"),
    "clasp": N_("clasp"),
    "moisture": N_("moisture inside"),
}


def complete_order(ask: Question) -> Refusal | None:
    """G-02: an incomplete order does not leave reception."""
    if ask.step.counter:
        return None
    return order_to_transmit(ask)


def order_to_transmit(ask: Question) -> Refusal | None:
    """G-02, asked at the counter too, where the order is handed to the workshop."""
    missing = ask.state.order.missing(ask.state.photo_kinds)
    if not missing:
        return None
    return refusal(
        "G-02",
        msg("The repair order is incomplete: {missing}.", missing=listed(missing)),
        msg("Complete it at reception, then start again."),
    )


def complete_map(ask: Question) -> Refusal | None:
    """G-03: no custody of a watch whose condition map is incomplete."""
    open_zones = tuple(name for zone, name in ZONES.items() if not ask.state.facts.get(f"zone.{zone}"))
    if not open_zones:
        return None
    return refusal(
        "G-03",
        msg("The condition map is incomplete: {zones}.", zones=listed(open_zones)),
        msg("Look at these zones with the customer and note what is there, even where there is nothing to report."),
    )


def signed_quote(ask: Question) -> Refusal | None:
    """G-21: no intervention without a signed quote or an accepted quick-service price."""
    if not ask.step.intervention or ask.state.order.quote is not None:
        return None
    return refusal(
        "G-21",
        msg("The quote is not signed: no intervention on the watch."),
        msg("Obtain the customer's signature or acceptance, and enter its reference in the order."),
    )


def within_scope(ask: Question) -> Refusal | None:
    """G-22: no operation that is not on the signed quote. A quote that lists no operations limits none."""
    wanted, signed = ask.step.operation, ask.state.operations
    if not wanted or not signed or wanted in signed:
        return None
    known = operations().get(wanted)
    return refusal(
        "G-22",
        msg("This operation is not on the signed quote: {operation}.", operation=known.label if known else wanted),
        msg("Make an additional quote and have the customer sign it, or leave the operation out."),
    )


def amount_limit(ask: Question) -> float | None:
    """Return what the work may come to in EUR, None where no amount was signed."""
    quote = ask.state.order.quote
    if quote is None or quote.ceiling is None:
        return None
    return quote.ceiling * (1 + ask.state.house.cost_margin)


def within_amount(ask: Question) -> Refusal | None:
    """G-23: no cost beyond the signed amount and the house's margin."""
    limit, total = amount_limit(ask), ask.state.sum_of("cost")
    if not ask.step.intervention or limit is None or total <= limit:
        return None
    return refusal(
        "G-23",
        msg("The work comes to {total} €; {limit} € were signed for.", total=round(total, 2), limit=round(limit, 2)),
        msg("The manager decides, with the customer's agreement; or have an additional quote signed."),
    )


def amount_scope(ask: Question) -> str:
    """A lifted overrun holds for the amount that was seen, not for what comes later."""
    return f"cost:{math.ceil(ask.state.sum_of('cost'))}"
