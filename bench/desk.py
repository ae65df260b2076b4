"""A bench at work: who is signed in, the orders on it, and what they share: journal, libraries, instruments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bench.approvals import ProfileRecord
from bench.attendance import SIGN_IN, SIGNATURE, UNLOCK, Attendance
from bench.calibre import CalibreProfile, CaseProfile, ProfileLibrary
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind, pin
from bench.house import House
from bench.journal import Journal, OrderRow
from bench.judging import Handling
from bench.language import msg
from bench.opening import openings, procedure_pinning
from bench.order import RepairOrder
from bench.order import Watch as OrderedWatch
from bench.people import Operator, Role
from bench.pins import Pins, WrongPin
from bench.pool import InstrumentPool
from bench.procedure import engine, guards
from bench.procedure.model import Procedure
from bench.register import Register
from bench.running import Clock
from bench.work import Work

if TYPE_CHECKING:
    from bench.diagnosis import RuleBook


class Procedures(Protocol):
    """What the desk asks of the procedure library."""

    def get(self, procedure_id: str) -> Procedure: ...

    def all(self) -> Sequence[Procedure]: ...


Hands = Callable[[str, Handling], None]


def _no_hands(order: str, handling: Handling) -> None:
    """A real watch needs no telling."""


class Desk:
    """A bench at work: who is signed in, and the orders on it."""

    def __init__(
        self,
        journal: Journal,
        procedures: Procedures,
        profiles: ProfileLibrary,
        pool: InstrumentPool,
        house: House,
        hands: Hands = _no_hands,
        clock: Clock | None = None,
        rules: Path | None = None,
        keys: Pins | None = None,
    ) -> None:
        self.journal = journal
        self.register = Register(journal)
        self.procedures = procedures
        self.profiles = profiles
        self.pool = pool
        self.house = house
        self.hands = hands
        self.clock = clock or Clock()
        self.keys = keys
        """The operators' PINs, None where the house asks for none."""
        self.attendance = Attendance(journal, house, keys)
        self.operator: Operator | None = None
        self.role: Role | None = None
        self.locked = False
        self._pinned: dict[str, Procedure] = {}
        self._cards: set[str] = set()
        self._cards_of: tuple[str, date] | None = None
        self.profile_record = ProfileRecord(journal)
        self._rules = rules

    def sign_in(self, operator: Operator, role: Role | None = None) -> None:
        """Name who works here from now on (G-01), without a proof: `authenticate` asks for one.

        Raises Refused for a trainee outside a training workshop (G-40).
        """
        self.attendance.admit(operator)
        acting = role or operator.usual_role()
        payload = {"operator": operator.id, "name": operator.name, "role": acting.value, "level": operator.level}
        self.journal.append([Draft(EventKind.SIGNED_IN, payload, None, operator.id)])
        self.operator, self.role, self.locked = operator, acting, False

    def authenticate(self, operator: Operator, pin: str | None, role: Role | None = None) -> None:
        """Sign in who proves to be `operator`; that ends a lock. Raises Refused (WrongPin with the wait).

        Where the house asks for no PIN, `pin` is not looked at.
        """
        self.attendance.admit(operator, role)
        self.attendance.prove(operator, pin, SIGN_IN)
        self.sign_in(operator, role)

    def reauthenticate(self, pin: str | None) -> None:
        """Return where the signed-in operator is here now, or where the house asks for no PIN.

        For signatures, liftings and decisions. Raises Refused under the rule "signature".
        """
        if self.keys is None:
            return
        try:
            self.attendance.prove(self._who(), pin, SIGNATURE)
        except WrongPin as wrong:
            raise wrong.under("signature") from None
        except Refused as refused:
            raise Refused(replace(refused.refusal, rule="signature")) from None

    def lock(self, cause: str = "person") -> None:
        """Ask for a PIN before anybody goes on; what an instrument measures goes on. `cause` is "person" or "idle".

        Nothing happens where nobody is signed in or the house asks for no PIN.
        """
        if self.keys is None or self.operator is None or self.locked:
            return
        self.locked = True
        self.journal.append([Draft(EventKind.BENCH_LOCKED, {"cause": cause}, None, self.operator.id)])

    def unlock(self, pin: str) -> None:
        """Go on as who was here; somebody else signs in instead. Raises Refused, and the bench stays locked."""
        operator = self._who()
        self.attendance.prove(operator, pin, UNLOCK)
        self.journal.append([Draft(EventKind.BENCH_UNLOCKED, {}, None, operator.id)])
        self.locked = False

    def _who(self) -> Operator:
        """Return who is signed in. Raises Refused (G-01) where nobody is."""
        if self.operator is None:
            raise Refused(guards.nobody_signed_in())
        return self.operator

    def orders(self) -> list[OrderRow]:
        return self.journal.orders()

    def open_order(self, order: RepairOrder) -> None:
        """Take an order into the record. Raises UsageError for a known number, an unknown procedure or profile."""
        self.open_orders([order])

    def open_orders(self, orders: Sequence[RepairOrder], beside: Sequence[Draft] = ()) -> None:
        """Take orders into the record with the events `beside` them: all in one transaction, or nothing.

        Raises UsageError as `bench.opening.openings` does.
        """
        self.journal.append([*openings(self, orders), *beside])

    def sign_quote(self, number: str, reference: str, how: str, **agreed: Any) -> None:
        """Enter the customer's consent (G-21): what was agreed may hold `operations`, `ceiling` (EUR), `minutes`.

        A quote signed beside an earlier one is supplementary, and its ceiling that of the whole work.
        Raises UsageError for an unknown order, Refused without an operator.
        """
        work = self.work(number)
        if self.operator is None:
            raise Refused(guards.nobody_signed_in())
        work.record(engine.consent(work.state, {"reference": reference, "how": how, **agreed}, self.clock.now()))

    def work(self, number: str) -> Work:
        """Take up an order where it stands. Raises UsageError for an unknown number."""
        events = list(self.journal.events(order=number))
        if not events:
            known = ", ".join(row.number for row in self.journal.orders_page(limit=8))
            raise UsageError(
                msg("There is no order {number}.", number=number),
                remedy=msg("Known orders: {known}.", known=known or "—"),
            )
        return Work(self, events)

    def profiles_of(self, watch: OrderedWatch) -> tuple[CalibreProfile | None, CaseProfile | None]:
        """Return the profiles of a watch with their approval as recorded. Raises UsageError for unknown ones."""
        calibre = self.profiles.calibre(watch.calibre) if watch.calibre else None
        case = self.profiles.case(watch.case) if watch.case else None
        return (
            self.profile_record.of(calibre) if calibre else None,
            self.profile_record.of(case) if case else None,
        )

    @cached_property
    def rule_book(self) -> RuleBook:
        """The diagnosis rules, the workshop's over ours. Raises DataFileError for a faulty file of the workshop."""
        from bench.diagnosis import load

        return load(self._rules)

    def pinned(self, sha256: str) -> Procedure:
        """Return the procedure that an order was opened with, exactly as it was then."""
        if sha256 not in self._pinned:
            event = next(self.journal.events(order=pin(sha256)))
            procedure = Procedure.model_validate(event.payload["content"])
            self._pinned[sha256] = procedure.model_copy(update={"sha256": sha256})
        return self._pinned[sha256]

    def pin_procedure(self, procedure: Procedure) -> None:
        """Keep the procedure's content in the record, once, for an order that goes on with it."""
        self.journal.append(list(procedure_pinning(self, procedure)))

    def cards(self) -> frozenset[str]:
        """Return the machines whose safety card the operator here has acknowledged today (G-38)."""
        if self.operator is None:
            return frozenset()
        today = self.clock.now().date()
        if self._cards_of != (self.operator.id, today):
            newest = self.journal.recent(EventKind.CARD_ACKNOWLEDGED, self.operator.id)
            todays = takewhile(lambda event: datetime.fromisoformat(event.at).date() >= today, newest)
            self._cards = {event.payload["machine"] for event in todays}
            self._cards_of = (self.operator.id, today)
        return frozenset(self._cards)

    def acknowledge_card(self, machine: str) -> None:
        """Say that the operator here has read the machine's safety card; it holds for today. Raises Refused (G-01)."""
        operator = self._who()
        payload = {"machine": machine, "name": operator.name}
        self.journal.append([Draft(EventKind.CARD_ACKNOWLEDGED, payload, None, operator.id)])
        self._cards_of = None

    def stop(self) -> None:
        """Stop every running program safely: chambers vented, fields down."""
        self.pool.stop()
