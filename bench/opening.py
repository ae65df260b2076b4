"""Opening orders: what must be right before an order stands in the record, and the events that put it there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bench.calibre import ProfileIdentity
from bench.errors import UsageError
from bench.events import Draft, EventKind, pin
from bench.language import msg
from bench.numbering import check_number
from bench.order import RepairOrder, customer_reference
from bench.procedure.model import Procedure

if TYPE_CHECKING:
    from bench.desk import Desk


def openings(desk: Desk, orders: Iterable[RepairOrder]) -> list[Draft]:
    """Return the events that open these orders, each procedure and profile pinned once before its first order.

    Raises UsageError for a number that is taken or impossible, an unknown procedure, profile or earlier order, a
    procedure that is not for the watch, a customer who is not named by number.
    """
    drafts: dict[tuple[EventKind, str], Draft] = {}
    bases: dict[tuple[str, str, str], _Basis] = {}
    operator = desk.operator.id if desk.operator else None
    for order in orders:
        _check(desk, order, drafts)
        key = (order.procedure, order.watch.calibre, order.watch.case)
        if key not in bases:
            bases[key] = _Basis(desk, order)
        basis = bases[key]
        check_family(basis.procedure, order)
        for draft in basis.pins:
            drafts.setdefault((draft.kind, draft.order or ""), draft)
        payload = {"order": order.to_json(), **basis.payload}
        drafts[(EventKind.ORDER_OPENED, order.number)] = Draft(EventKind.ORDER_OPENED, payload, order.number, operator)
    return list(drafts.values())


def check_family(procedure: Procedure, order: RepairOrder) -> None:
    """Raise UsageError where the procedure is not for the family of the watch."""
    if order.watch.family not in procedure.families:
        raise UsageError(
            msg(
                "The procedure “{procedure}” is not for this watch ({family}).",
                procedure=procedure.title,
                family=order.watch.family,
            ),
            remedy=msg("Choose a procedure for its family."),
        )


def _check(desk: Desk, order: RepairOrder, drafts: dict[tuple[EventKind, str], Draft]) -> None:
    check_number(order.number)
    customer_reference(order.customer)
    if (EventKind.ORDER_OPENED, order.number) in drafts or _known(desk, order.number):
        raise UsageError(
            msg("There is already an order {number}.", number=order.number),
            remedy=msg("Give the new order its own number."),
        )
    earlier = order.complaint_of
    if earlier and (EventKind.ORDER_OPENED, earlier) not in drafts and not _known(desk, earlier):
        raise UsageError(
            msg("There is no order {number} to complain of.", number=earlier),
            remedy=msg("Check the number on the customer's slip; “etabli orders list” shows them all."),
        )


def _known(desk: Desk, number: str) -> bool:
    return next(desk.journal.events(order=number), None) is not None


class _Basis:
    """What all orders of one procedure, calibre and case share in their opening."""

    def __init__(self, desk: Desk, order: RepairOrder) -> None:
        procedure = desk.procedures.get(order.procedure)
        calibre, case = desk.profiles_of(order.watch)
        used = [profile.identity for profile in (calibre, case) if profile is not None]
        for identity in used:
            desk.profile_record.check_frozen(identity)
        self.procedure = procedure
        self.pins = tuple(_pinning(desk, procedure, used))
        self.payload: dict[str, Any] = {
            "workshop": desk.house.name,
            "house": desk.house.to_json(),
            "procedure": procedure_json(procedure),
            "profiles": {
                "calibre": {**calibre.identity.to_json(), "name": calibre.name} if calibre else None,
                "case": {**case.identity.to_json(), "name": case.name} if case else None,
            },
        }


def procedure_json(procedure: Procedure) -> dict[str, Any]:
    """Return how an order refers to its procedure."""
    return {
        "id": procedure.id,
        "version": procedure.version,
        "sha256": procedure.sha256,
        "title": procedure.title.to_json(),
        "first": procedure.steps[0].id,
    }


def _pinning(desk: Desk, procedure: Procedure, used: list[ProfileIdentity]) -> Iterator[Draft]:
    yield from procedure_pinning(desk, procedure)
    yield from desk.profile_record.pinning(used)


def procedure_pinning(desk: Desk, procedure: Procedure) -> Iterator[Draft]:
    """Keep the procedure's content in the record when its first order is opened: files change, orders go on."""
    if next(desk.journal.events(order=pin(procedure.sha256)), None) is None:
        content = procedure.model_dump(mode="json", exclude={"sha256", "origin"})
        payload = {"id": procedure.id, "version": procedure.version, "content": content}
        yield Draft(EventKind.PROCEDURE_PINNED, payload, pin(procedure.sha256))
