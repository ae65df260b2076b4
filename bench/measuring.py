"""Measuring the steps of an order: its tasks, the instruments that run them, repeats and ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, EventKind
from bench.inhand import OrderInHand
from bench.instrument import LinkState, OnSample
from bench.judging import Judged, MeasureTask, evaluate
from bench.language import msg
from bench.metrology import InstrumentRecord, calibration_refusal, identity_refusal
from bench.procedure import engine
from bench.procedure.derived import derive_all
from bench.procedure.model import Step, StepKind
from bench.procedure.state import Task
from bench.procedure.tasks import tasks
from bench.running import Interrupted, run_task

MANUAL = "manual"


class Measuring(OrderInHand):
    """An order whose measured steps are run on the bench's instruments."""

    _running: str | None = None

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
        self.record(engine.handled(self.state, new))

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
            self._keyed_in(step, task, record, reason)
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
        self.record([Draft(EventKind.MEASURED, payload)])
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
            self.record(engine.repeated(self.question(step), reason))
            self.record(engine.enter(self.question(step)))

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
            self.record(engine.confirmed(self.procedure, self.question(step), outcome, reason))
        self._settle()

    def give_up(self, reason: str) -> None:
        """Leave the step unmeasured, after a measurement that broke off and with a reason. Raises Refused (G-28)."""
        step = self._started()
        with self._refusals_kept():
            self.record(engine.given_up(self.procedure, self.question(step), reason))
        self._settle()

    def stop(self) -> None:
        """Stop the running task safely; `measure` then raises Stopped."""
        running = self._running
        if running is not None:
            self.desk.pool.stop(running)

    def _measured(self) -> tuple[Task, ...]:
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

    def _keyed_in(self, step: Step, task: MeasureTask, record: InstrumentRecord, reason: str) -> None:
        """G-30 speaks where an instrument with a link is registered: keying in is for when that link is down."""
        linked = [r for r in self.desk.pool.records() if r.kind is task.kind and r.dialect != MANUAL]
        if record.dialect == MANUAL and linked:
            up = any(self.desk.pool.state(r.id) is LinkState.READY for r in linked)
            engine.may_key_in(self.question(step), up, reason)

    def _interrupted(self, task: MeasureTask, interrupted: Interrupted) -> None:
        error = interrupted.error
        payload = {
            **self._where(task),
            "error": error.to_json(),
            "evidence": error.evidence(),
            "recording": interrupted.segment,
        }
        self.record([Draft(EventKind.MEASUREMENT_INTERRUPTED, payload)])

    def _where(self, task: MeasureTask) -> dict[str, Any]:
        visit = self.state.visit
        return {"step": task.step, "visit": visit, "attempt": visit, "phase": task.phase, "label": task.label}
