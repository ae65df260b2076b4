"""One order at the bench: the engine, the journal and the instruments together, for the screen and for scripts alike.

Every method that changes something returns after the change is on disk. Methods may be called from any thread, one
at a time; `measure` blocks for as long as the instrument takes, and `stop` may be called meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, EventKind
from bench.language import Message, Text, msg
from bench.measuring import Measuring
from bench.opening import procedure_json
from bench.procedure import engine, guards, passing
from bench.procedure.answers import fields_of, read_answers
from bench.procedure.model import SKIPPED, FormField, Procedure, Step, StepKind
from bench.procedure.state import OrderState, StepEnd
from bench.procedure.tasks import highest_pressure

if TYPE_CHECKING:
    from bench.diagnosis import Diagnosis


@dataclass(frozen=True)
class StepMark:
    """One line of the procedure's map. `status` is "done", "current", "ahead", "skipped" or "blocked".

    `stage` is the id of the tree's line that it belongs to, `reason` why it was skipped: None where it was not for this
    watch.
    """

    id: str
    title: Text
    status: str
    outcome: str = ""
    stage: str = ""
    reason: Text | Message | None = None


class Work(Measuring):
    """One order in hand."""

    def progress(self) -> list[StepMark]:
        """Return the procedure as a map: where the order has been, is and may go."""
        return marks(self.procedure, self.state, blocked=not self.state.started and self.refusal() is not None)

    # -- entering and answering ------------------------------------------------------------------------------

    def refusal(self) -> Refusal | None:
        """Return what stops the current step now, None where the way is free."""
        step = self.step
        return guards.first_refusal(self.question(step)) if step else None

    def start(self) -> None:
        """Enter the current step, once a visit. Raises Refused, which is journaled."""
        step = self.step
        if step is None or self.state.started:
            return
        with self._refusals_kept():
            self.record(engine.enter(self.question(step)))

    def fields(self) -> tuple[FormField, ...]:
        """Return what the current step asks, one field for each entry of a list where it says so."""
        step = self.step
        return fields_of(step, self.state) if step else ()

    def prefilled(self) -> dict[str, str]:
        """Return what the order already says of the current step's fields: to be confirmed, not typed again."""
        order = self.order.to_json()
        known = {}
        for entry in self.fields():
            where, _, name = entry.order.rpartition(".")
            value = (order[where] if where else order).get(name) if entry.order else None
            if value:
                known[entry.id] = str(value)
        return known

    def answer(
        self, answers: Mapping[str, Any], reason: str = "", *, pin: str | None = None, done_at: datetime | None = None
    ) -> None:
        """Answer the current step and move on; a wait step is ended.

        `pin` proves who signs; `done_at` is when it was really done, for a late entry. Raises UsageError, or Refused,
        which is journaled.
        """
        step = self._started()
        if step.kind is StepKind.MEASUREMENT:
            raise UsageError(msg("“{step}” is measured, not answered.", step=step.title))
        with self._refusals_kept():
            if step.kind is StepKind.WAIT:
                drafts = passing.waited(self.procedure, self.question(step))
            else:
                read = read_answers(step, answers, self.state)
                question = replace(self.question(step), pressure=highest_pressure(step, self.watch, read))
                refusal = guards.first_refusal(question)
                if refusal is not None:
                    raise Refused(refusal)
                drafts = engine.answered(self.procedure, question, answers, reason)
            if any(draft.kind is EventKind.SIGNED for draft in drafts):
                self.desk.reauthenticate(pin)
            self.record([self._completed(draft, pin, done_at) for draft in drafts])
        self._settle()

    def waiting(self) -> timedelta | None:
        """Return how long the current wait step still lasts, None where the current step is none."""
        step = self.step
        if step is None or step.kind is not StepKind.WAIT:
            return None
        return passing.time_left(step, self.state, self.desk.clock.now())

    def skip(self, code: str, note: str = "") -> None:
        """Leave the current step out for a coded reason. Raises Refused where its data allows none."""
        step = self._here()
        with self._refusals_kept():
            if self.desk.operator is None:
                raise Refused(guards.nobody_signed_in())
            self.record(passing.skipped(self.question(step), self.procedure, code, note))
        self._settle()

    def go_back(self, step_id: str, reason: str) -> None:
        """Repeat the work from an earlier step that the data allows, with a reason. Raises Refused."""
        step = self._here()
        with self._refusals_kept():
            if self.desk.operator is None:
                raise Refused(guards.nobody_signed_in())
            self.record(passing.gone_back(self.question(step), step_id, reason))
        self._settle()

    def correct(self, seq: int, answers: Mapping[str, Any], reason: str) -> None:
        """Correct an answer (event `seq`); what was signed before is void then. Raises UsageError, Refused."""
        if self.desk.operator is None:
            raise Refused(guards.nobody_signed_in())
        event = next((e for e in self.desk.journal.events(order=self.number) if e.seq == seq), None)
        step = self.procedure.get(event.payload["step"]) if event and event.kind is EventKind.STEP_ANSWERED else None
        if step is None:
            raise UsageError(
                msg("Event {seq} is no answer of this order's procedure.", seq=seq),
                remedy=msg("Choose the answer to correct in the order's log."),
            )
        if self.closed:
            raise UsageError(
                msg("The sheet of {number} is closed.", number=self.number),
                remedy=msg("What is found later is said in an addendum."),
            )
        with self._refusals_kept():
            self.record([engine.correction(step, self.state, seq, answers, reason)])

    def sign_again(self, step_id: str, pin: str | None = None) -> None:
        """Sign anew what a correction has made void. Raises UsageError, Refused."""
        step = self.procedure.get(step_id)
        if step is None or all(each.step != step_id or not each.void for each in self.state.signatures):
            raise UsageError(msg("There is no void signature there."), remedy=msg("Sign-offs stand in the procedure."))
        with self._refusals_kept():
            question = replace(self.question(step), state=replace(self.state, started=False))
            refusal = guards.first_refusal(question)
            if refusal is not None:
                raise Refused(refusal)
            self.desk.reauthenticate(pin)
            signed = engine.signature(step, self.desk.operator)
            again = replace(signed, payload={**signed.payload, "again": True})
            self.record([self._completed(again, pin, None)])
        self._settle()

    def diagnosis(self) -> Diagnosis:
        """Return the hints that the order's measurements give so far: hints, never a verdict."""
        from bench.diagnosis import diagnose, known_of

        judged, facts = known_of(self.state)
        return diagnose(judged, facts, self.order.watch.family, self.desk.rule_book)

    def _completed(self, draft: Draft, pin: str | None, done_at: datetime | None) -> Draft:
        """Add to a draft what only the holder of the record knows."""
        if draft.kind is EventKind.SIGNED:
            proved = self.desk.keys is not None and pin is not None
            more: dict[str, Any] = {
                "head": self.desk.journal.head()[1],
                "record": self._record.hexdigest(),
                "proved": proved,
                "again": draft.payload.get("again", False),
            }
        elif draft.kind is EventKind.STEP_ANSWERED and done_at is not None:
            more = {"done_at": done_at.isoformat(timespec="seconds")}
        elif draft.kind is EventKind.PROCEDURE_CHANGED:
            ahead = self.desk.procedures.get(draft.payload["id"])
            self.desk.pin_procedure(ahead)
            more = {
                "procedure": procedure_json(ahead),
                "from": self.procedure.id,
                "carried": passing.carried_on(self.procedure, self.state, self.desk.clock.now()),
            }
        else:
            return draft
        return replace(draft, payload={**draft.payload, **more})


def marks(procedure: Procedure, state: OrderState, *, blocked: bool) -> list[StepMark]:
    """Return a procedure as a map of an order in this state; `blocked` says whether the current step is refused."""
    found = []
    ends = {end.step: end for end in state.ends}
    for step in procedure.steps:
        end = ends.get(step.id)
        if step.id == state.current and not state.closed:
            status = "blocked" if blocked else "current"
        elif end is None:
            status = "ahead"
        else:
            status = "skipped" if end.outcome == SKIPPED else "done"
        reason = _why_skipped(step, end) if end and status == "skipped" else None
        found.append(StepMark(step.id, step.title, status, end.outcome if end else "", step.stage, reason))
    return found


def _why_skipped(step: Step, end: StepEnd) -> Text | Message | None:
    if end.code == "carried":
        return msg("done by the procedure before")
    return next((reason.label for reason in step.skip if reason.id == end.code), None)
