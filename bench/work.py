"""One order at the bench: the engine, the journal and the instruments together, for the screen and for scripts alike.

Every method that changes something returns after the change is on disk. Methods may be called from any thread, one
at a time; `measure` blocks for as long as the instrument takes, and `stop` may be called meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, Event, EventKind
from bench.instrument import InstrumentKind, LinkState, OnSample
from bench.judging import Handling, Judged, MeasureTask, evaluate
from bench.language import Text, msg
from bench.metrology import InstrumentRecord, calibration_refusal, identity_refusal
from bench.order import RepairOrder
from bench.procedure import engine, guards
from bench.procedure.derived import derive_all
from bench.procedure.guards import Question
from bench.procedure.model import END, Step, StepKind
from bench.procedure.state import OrderState, apply, fold
from bench.procedure.tasks import Watch, highest_pressure, tasks
from bench.running import Interrupted, run_task

if TYPE_CHECKING:
    from bench.desk import Desk
    from bench.diagnosis import Diagnosis

MANUAL = "manual"


@dataclass(frozen=True)
class StepMark:
    """One line of the procedure's map. `status` is "done", "current", "ahead", "skipped" or "blocked"."""

    id: str
    title: Text
    status: str
    outcome: str = ""


class Work:
    """One order in hand."""

    def __init__(self, desk: Desk, events: Sequence[Event]) -> None:
        self.desk = desk
        self.state: OrderState = fold(events)
        self.procedure = desk.pinned(self.state.procedure["sha256"])
        self.watch = self._profiles()
        self._count = len(events)
        self._lock = threading.RLock()
        self._running: str | None = None
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

    def progress(self) -> list[StepMark]:
        """Return the procedure as a map: where the order has been, is and may go."""
        marks = []
        blocked = not self.state.started and self.refusal() is not None
        for step in self.procedure.steps:
            end = self.state.last_end(step.id)
            if step.id == self.state.current and not self.closed:
                status = "blocked" if blocked else "current"
            elif end is None:
                status = "ahead"
            else:
                status = "skipped" if end.outcome == "skipped" else "done"
            marks.append(StepMark(step.id, step.title, status, end.outcome if end else ""))
        return marks

    # -- entering and answering ------------------------------------------------------------------------------

    def refusal(self) -> Refusal | None:
        """Return what stops the current step now, None where the way is free."""
        step = self.step
        return guards.first_refusal(self._question(step)) if step else None

    def start(self) -> None:
        """Enter the current step, once a visit. Raises Refused, which is journaled."""
        step = self.step
        if step is None or self.state.started:
            return
        with self._refusals_kept():
            self._append(engine.enter(self._question(step)))

    def answer(self, answers: Mapping[str, Any], reason: str = "") -> None:
        """Answer the current step and move on. Raises UsageError, or Refused, which is journaled."""
        step = self._started()
        if step.kind is StepKind.MEASUREMENT:
            raise UsageError(msg("“{step}” is measured, not answered.", step=step.title))
        with self._refusals_kept():
            read = engine.read_answers(step, answers)
            question = replace(self._question(step), pressure=highest_pressure(step, self.watch, read))
            refusal = guards.first_refusal(question)
            if refusal is not None:
                raise Refused(refusal)
            drafts = engine.answered(self.procedure, question, answers, reason)
            if step.kind is StepKind.SIGNOFF:
                drafts = [self._with_head(draft) for draft in drafts]
            self._append(drafts)
        self._settle()

    # -- measuring -------------------------------------------------------------------------------------------

    def tasks(self) -> tuple[MeasureTask, ...]:
        """Return the tasks of the current measurement step, () where it is none."""
        step = self.step
        if step is None or step.kind is not StepKind.MEASUREMENT:
            return ()
        return tasks(step, self.state, self.watch)

    def next_task(self) -> MeasureTask | None:
        """Return the first task that this visit has not measured yet."""
        measured = len(self._measured())
        todo = self.tasks()
        return todo[measured] if measured < len(todo) and not self._aborted() else None

    def prepare(self, task: MeasureTask) -> None:
        """Say what hands have done before the task: turned, wound, placed the watch."""
        new = [h for h in task.handlings if h.act != "place" or h.detail != self.state.watch_on]
        self._append(engine.handled(self.state, new))

    def instrument(self, task: MeasureTask, *, by_hand: bool = False) -> InstrumentRecord:
        """Return the instrument that the task would use, as the register has it now; `by_hand` asks for manual entry.

        Raises Refused where none is registered.
        """
        if by_hand:
            keyed = (r for r in self.desk.pool.records() if r.kind is task.kind and r.dialect == MANUAL)
            record = next(keyed, None)
        else:
            record = self.desk.pool.choose(task.kind)
        if record is None:
            raise Refused(
                Refusal(
                    "instrument",
                    msg("No {kind} is registered at this bench.", kind=task.kind),
                    msg("Register one in the workshop's configuration, or register manual entry for it."),
                    msg("the workshop manager"),
                )
            )
        return self.desk.register.current(record)

    def measure(
        self,
        task: MeasureTask,
        on_sample: OnSample | None = None,
        *,
        reason: str = "",
        indication: bool = False,
        by_hand: bool = False,
    ) -> tuple[Judged, ...]:
        """Run one task to its end and journal it; the derived figures come with the step's last task.

        `indication` takes a reading with an instrument that may give no verdict (G-05, G-06); `by_hand` keys it in
        while the instrument's link is down, with a reason (G-30). Raises Refused, or InstrumentError after the
        interruption has been journaled: nothing of it becomes a number.
        """
        step = self._started()
        with self._refusals_kept():
            record = self.instrument(task, by_hand=by_hand)
            task = self._with_blockers(task, record, indication=indication)
            self._keyed_in(task, record, reason)
        self._running = record.id
        about = {
            "order": self.number,
            "visit": self.state.visit,
            "derive": list(step.measure.derive) if step.measure else [],
        }
        try:
            ran = run_task(self.desk.pool, self.desk.clock, record, task, about, on_sample)
        except Interrupted as interrupted:
            self._interrupted(task, interrupted)
            raise interrupted.error from None
        finally:
            self._running = None
        judged = evaluate(task, ran.result, ran.facts)
        if self._is_last(task) and step.measure is not None:
            so_far = [entry for done in self._measured() for entry in done.judged]
            here = (self.state.current, self.state.visit)
            before = [done for done in self.state.tasks if (done.step, done.visit) != here]
            earlier = [entry for done in before for entry in done.judged]
            judged += derive_all(task, step.measure.derive, [*so_far, *judged], earlier)
        ran.end(judged)
        payload = {
            **self._where(task),
            "judged": [entry.to_json() for entry in judged],
            "aborted": ran.result.aborted.to_json() if ran.result.aborted else None,
            "closure": self.state.closure,
            "tag": task.tag.to_json() if task.tag else None,
            "reason": reason,
            "dry_test": task.program.name == "leak-test",
            "device_verdict": ran.result.device_verdict,
            "profiles": self._identities(),
        }
        self._append([Draft(EventKind.MEASURED, payload)])
        return judged

    def judged(self) -> list[Judged]:
        """Return what this visit has measured so far, derived figures included."""
        return [entry for task in self._measured() for entry in task.judged]

    def outcome(self) -> str | None:
        """Return how the measured step stands when all its tasks are done (or it was aborted), else None."""
        if self.step is None or self.step.kind is not StepKind.MEASUREMENT or self.next_task() is not None:
            return None
        return engine.outcome_of(self._measured()) if self._measured() else None

    def repeat(self, reason: str = "") -> None:
        """Measure the step again as a new attempt; the earlier ones stay. Raises Refused (G-29)."""
        step = self._started()
        with self._refusals_kept():
            self._append(engine.repeated(self._question(step), reason))
        self.start()

    def confirm(self, reason: str = "") -> None:
        """End the measured step by the branch of its outcome. Raises Refused (G-28, or a reason that is missing)."""
        step = self._started()
        outcome = self.outcome()
        if outcome is None:
            raise UsageError(
                msg("“{step}” is not measured to its end.", step=step.title),
                remedy=msg("Measure what is still open."),
            )
        with self._refusals_kept():
            self._append(engine.confirmed(self.procedure, self._question(step), outcome, reason))
        self._settle()

    def give_up(self, reason: str) -> None:
        """Leave the step unmeasured, after a measurement that broke off and with a reason. Raises Refused (G-28)."""
        step = self._started()
        with self._refusals_kept():
            self._append(engine.given_up(self.procedure, self._question(step), reason))
        self._settle()

    def stop(self) -> None:
        """Stop the running task safely; `measure` then raises Stopped."""
        running = self._running
        if running is not None:
            self.desk.pool.stop(running)

    def diagnosis(self) -> Diagnosis:
        """Return the hints that the order's measurements give so far: hints, never a verdict."""
        from bench.diagnosis import diagnose, known_of

        judged, facts = known_of(self.state)
        return diagnose(judged, facts, self.order.watch.family, self.desk.rule_book)

    # -- inside ----------------------------------------------------------------------------------------------

    def _question(self, step: Step) -> Question:
        return Question(
            state=self.state,
            step=step,
            operator=self.desk.operator,
            now=self.desk.clock.now(),
            case=self.watch.case,
            pressure=highest_pressure(step, self.watch),
            instrument_limit=self._tester_limit(step),
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

    def _measured(self) -> tuple[Any, ...]:
        return self.state.tasks_of(self.state.current, self.state.visit)

    def _aborted(self) -> bool:
        return any(task.aborted for task in self._measured())

    def _is_last(self, task: MeasureTask) -> bool:
        return len(self._measured()) + 1 == len(self.tasks())

    def _with_blockers(self, task: MeasureTask, record: InstrumentRecord, *, indication: bool) -> MeasureTask:
        identity = self.desk.pool.identity(record.id)
        different = identity_refusal(record, identity) if identity else None
        if different is not None:
            raise Refused(different)
        today = self.desk.clock.now().date()
        unproven = calibration_refusal(record, today)
        if unproven is None:
            return task
        if not indication or not record.calibration(today).runs:
            raise Refused(unproven)
        return replace(task, blockers=(unproven, *task.blockers))

    def _keyed_in(self, task: MeasureTask, record: InstrumentRecord, reason: str) -> None:
        """G-30 speaks where an instrument with a link is registered: keying in is for when that link is down."""
        linked = [r for r in self.desk.pool.records() if r.kind is task.kind and r.dialect != MANUAL]
        if record.dialect == MANUAL and linked:
            up = any(self.desk.pool.state(r.id) is LinkState.READY for r in linked)
            engine.may_key_in(up, reason)

    def _interrupted(self, task: MeasureTask, interrupted: Interrupted) -> None:
        error = interrupted.error
        payload = {
            **self._where(task),
            "error": error.to_json(),
            "evidence": error.evidence(),
            "recording": interrupted.segment,
        }
        self._append([Draft(EventKind.MEASUREMENT_INTERRUPTED, payload)])

    def _where(self, task: MeasureTask) -> dict[str, Any]:
        visit = self.state.visit
        return {"step": task.step, "visit": visit, "attempt": visit, "phase": task.phase, "label": task.label}

    def _with_head(self, draft: Draft) -> Draft:
        if draft.kind is not EventKind.SIGNED:
            return draft
        return replace(draft, payload={**draft.payload, "head": self.desk.journal.head()[1]})

    def _append(self, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        operator = self.desk.operator.id if self.desk.operator else None
        with self._lock:
            events = self.desk.journal.append([replace(d, order=self.number, operator=operator) for d in drafts])
            self._count += len(events)
            for event in events:
                self.state = apply(self.state, event)
        for event in events:
            if event.kind is EventKind.HANDLED:
                self.desk.hands(self.number, Handling(event.payload["act"], event.payload["detail"]))

    def _settle(self) -> None:
        """Pass over the steps that are not for this watch, and close the sheet after the last."""
        while drafts := engine.passed_over(self.procedure, self.state):
            self._append(drafts)
        if self.state.current == END and not self.closed and self.desk.operator is not None:
            with self._refusals_kept():
                self._append(engine.closed(self.procedure, self.state, self.desk.journal.head()[1], self._count))

    def _refusals_kept(self) -> _Kept:
        return _Kept(self)


class _Kept:
    """A refusal inside the block is journaled before it reaches the person."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refused):
            payload = {"step": self.work.state.current, "refusal": error.refusal.to_json()}
            self.work._append([Draft(EventKind.REFUSED, payload)])
