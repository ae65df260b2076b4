"""An order in hand: its state, and the one way by which anything is said of it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.errors import Refused, UsageError
from bench.events import Draft, Event, EventKind
from bench.instrument import InstrumentKind
from bench.judging import Handling
from bench.language import msg
from bench.order import RepairOrder
from bench.procedure import engine, guards, passing
from bench.procedure.fold import apply, fold
from bench.procedure.guards import Question
from bench.procedure.model import END, Step
from bench.procedure.state import OrderState
from bench.procedure.tasks import Watch, highest_pressure

if TYPE_CHECKING:
    from bench.desk import Desk


class OrderInHand:
    """An order with its state, its procedure and its profiles; whatever is said of it goes through `record`."""

    def __init__(self, desk: Desk, events: Sequence[Event]) -> None:
        self.desk = desk
        self.state: OrderState = fold(events)
        self.procedure = desk.pinned(self.state.procedure["sha256"])
        self.watch = self._profiles()
        self._count = len(events)
        self._seq = events[-1].seq
        self._record = hashlib.sha256("".join(event.hash for event in events).encode())
        self._lock = threading.RLock()
        self._settle()

    @property
    def number(self) -> str:
        return self.state.order.number

    @property
    def order(self) -> RepairOrder:
        return self.state.order

    @property
    def closed(self) -> bool:
        return self.state.closed

    @property
    def step(self) -> Step | None:
        """The current step, None after the last."""
        return self.procedure.get(self.state.current)

    def refresh(self) -> None:
        """Take in what others have said of this order meanwhile: a manager's decision, a photo, a signed quote."""
        self._take_news()
        self._settle()

    def catch_up(self) -> bool:
        """Do as `refresh` where others have said anything; tell whether they have."""
        news = self._take_news()
        if news:
            self._settle()
        return news

    def _take_news(self) -> bool:
        with self._lock:
            before = self._seq
            for event in self.desk.journal.events(order=self.number, after=before):
                self._take(event)
            return self._seq != before

    def record(self, drafts: Sequence[Draft]) -> None:
        """Journal what happened to this order, all of it or nothing; it is on disk when this returns."""
        if not drafts:
            return
        operator = self.desk.operator.id if self.desk.operator else None
        with self._lock:
            events = self.desk.journal.append([replace(d, order=self.number, operator=operator) for d in drafts])
            for event in events:
                self._take(event)
        for event in events:
            if event.kind is EventKind.HANDLED:
                self.desk.hands(self.number, Handling(event.payload["act"], event.payload["detail"]))

    def question(self, step: Step) -> Question:
        """Return what the guards are asked about this step, here and now."""
        return Question(
            state=self.state,
            step=step,
            operator=self.desk.operator,
            now=self.desk.clock.now(),
            procedure=self.procedure,
            calibre=self.watch.calibre,
            case=self.watch.case,
            pressure=highest_pressure(step, self.watch),
            instrument_limit=self._tester_limit(step),
            cards=self.desk.cards() if step.machine else frozenset(),
        )

    def _tester_limit(self, step: Step) -> float | None:
        if step.measure is None or step.measure.instrument is not InstrumentKind.WATER_RESISTANCE:
            return None
        record = self.desk.pool.choose(InstrumentKind.WATER_RESISTANCE)
        if record is None:
            return None
        ranges = {c.quantity: c for c in self.desk.pool.capabilities(record.id)}
        capability = ranges.get("test_pressure")
        return capability.high if capability else None

    def _started(self) -> Step:
        step = self.step
        if step is None or not self.state.started:
            raise UsageError(msg("No step is under way."), remedy=msg("Start the step first."))
        return step

    def _here(self) -> Step:
        """Return the current step, started or not. Raises UsageError after the last."""
        step = self.step
        if step is None:
            raise UsageError(msg("The procedure of this order has come to its end."))
        return step

    def _profiles(self) -> Watch:
        calibre, case = self.desk.profiles_of(self.order.watch)
        for profile in (calibre, case):
            if profile is not None:
                self.desk.profile_record.check_frozen(profile.identity)
        return Watch(calibre, case, self.order.watch.grade)

    def _identities(self) -> dict[str, Any]:
        calibre, case = self.watch.calibre, self.watch.case
        return {
            "calibre": calibre.identity.to_json() if calibre else None,
            "case": case.identity.to_json() if case else None,
        }

    def _take(self, event: Event) -> None:
        self.state = apply(self.state, event)
        self._count += 1
        self._seq = event.seq
        self._record.update(event.hash.encode())
        if event.kind is EventKind.PROCEDURE_CHANGED:
            self.procedure = self.desk.pinned(self.state.procedure["sha256"])

    def _settle(self) -> None:
        """Pass over the steps that are not for this watch, and close the sheet after the last."""
        while (step := self.step) is not None and (drafts := passing.passed_over(self.procedure, self.question(step))):
            self.record(drafts)
        if self.state.current == END and not self.closed and self.desk.operator is not None:
            with self._refusals_kept():
                last = self.question(self.procedure.steps[-1])
                self.record(engine.closed(self.procedure, last, self.desk.journal.head()[1], self._count))

    def _refusals_kept(self) -> _Kept:
        return _Kept(self)


class _Kept:
    """A refusal inside the block is journaled before it reaches the person; what the hierarchy may lift is brought
    before it, once.
    """

    def __init__(self, order: OrderInHand) -> None:
        self.order = order

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, Refused):
            return
        order, refusal = self.order, error.refusal
        drafts = [Draft(EventKind.REFUSED, {"step": order.state.current, "refusal": refusal.to_json()})]
        rule, step = guards.rule(refusal.rule), order.step
        if rule is not None and rule.alert and step is not None:
            scope = guards.scope_of(refusal.rule, order.question(step))
            known = {(alert.rule, alert.scope) for alert in order.state.alerts if alert.open}
            if (refusal.rule, scope) not in known:
                drafts.append(engine.raised(rule.alert, refusal.reason, step.id, False, refusal.rule, scope))
        order.record(drafts)
