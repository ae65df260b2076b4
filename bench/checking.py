"""The daily check (G-06): an instrument measures its reference and is suspended at once where it misses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.conformity import ISO_14253_1, State
from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, EventKind
from bench.impact import Review, review, review_drafts
from bench.instrument import Capability, OnSample
from bench.judging import Judged, MeasureTask, TaskLimit, evaluate
from bench.language import Message, msg
from bench.metrology import CalibrationState, DailyCheck, InstrumentRecord, identity_refusal
from bench.register import CHECK, FAIL, NO_VERDICT, PASS, SHELF
from bench.running import Interrupted, run_task
from bench.uncertainty import Doubts

if TYPE_CHECKING:
    from bench.desk import Desk

STEP = "daily-check"
# The reference and its set-up are the same every day: neither watch nor method adds a doubt.
NO_DOUBTS = Doubts(repositioning=0.0, lift_angle=0.0, free_volume=0.0, pressure=0.0)


@dataclass(frozen=True)
class Checked:
    """A check that was done: `result` is "pass", "fail" or "no-verdict"; `review` what a failed one puts in doubt."""

    record: InstrumentRecord
    judged: Judged
    result: str
    review: Review | None = None


def check(desk: Desk, instrument: str, on_sample: OnSample | None = None) -> Checked:
    """Run the daily check of an instrument and journal it; blocks for as long as it takes.

    Outside the guard-banded limits of its reference the instrument is suspended in the same transaction, and the
    impact review is opened. A check that passes lifts what a failed one suspended. Raises UsageError, Refused, or
    InstrumentError: then there was no check.
    """
    record = _record(desk, instrument)
    task = task_of(record)
    operator = desk.operator
    _must_be_possible(desk, record)
    try:
        ran = run_task(
            desk.pool,
            desk.clock,
            record,
            task,
            {"order": "", "visit": 0, "derive": []},
            on_sample,
            capabilities=_capabilities(desk, record),
        )
    except Interrupted as interrupted:
        raise interrupted.error from None
    result = ran.result
    every = evaluate(task, result, ran.facts)
    ran.end(every)
    spec = _spec(record)
    who = operator.id if operator else None
    if result.aborted is not None:
        desk.journal.append([replace(_suspended(record, result.aborted), operator=who)])
        raise UsageError(
            msg("{instrument} broke its check off and is suspended.", instrument=record.id),
            result.aborted,
            msg("Look at reference and set-up, then repeat the check."),
        )
    judged = _reading(record, spec, every)
    outcome = result_of(judged)
    drafts = [_checked(ran.facts.instrument.to_json(), spec, judged, outcome, result.device_verdict)]
    found: Review | None = None
    if outcome == PASS and record.check_failed:
        drafts.append(_released(record))
    elif outcome == FAIL:
        off = judged.measurement.value.magnitude - spec.reference.magnitude
        found = review(desk.journal, record, {spec.quantity.id: off}, cause=CHECK)
        drafts += [_suspended(record, _missed(judged)), *review_drafts(found)]
    desk.journal.append([replace(draft, operator=who) for draft in drafts])
    return Checked(_record(desk, instrument), judged, outcome, found)


def result_of(judged: Judged) -> str:
    """Return "pass" only inside the acceptance zone; without a verdict there was no check."""
    if judged.verdict.state is State.REFUSED:
        return NO_VERDICT
    return PASS if judged.verdict.state is State.CONFORMING else FAIL


def task_of(record: InstrumentRecord) -> MeasureTask:
    """Return the check as a task. Raises UsageError where the register states none."""
    spec = _spec(record)
    return MeasureTask(
        step=STEP,
        phase="",
        kind=record.kind,
        program=spec.program,
        label=spec.label,
        judged=(spec.quantity.id,),
        limits=(TaskLimit(spec.limit, spec.label),),
        rule=ISO_14253_1,
        doubts=NO_DOUBTS,
    )


def _capabilities(desk: Desk, record: InstrumentRecord) -> tuple[Capability, ...]:
    """The instrument's accuracy is what is being proven: only its resolution and the reference's U are counted."""
    spec = _spec(record)
    stated = {entry.quantity: entry for entry in desk.pool.capabilities(record.id)}.get(spec.quantity.id)
    return (
        Capability(
            spec.quantity.id,
            resolution=stated.resolution if stated else None,
            accuracy=0.0,
            source=spec.certificate,
            calibration=spec.expanded,
        ),
    )


def _must_be_possible(desk: Desk, record: InstrumentRecord) -> None:
    """G-01, G-04, an instrument that is away, a reference that proves nothing any more. Raises Refused."""
    spec, today = _spec(record), desk.clock.now().date()
    nobody = msg("nobody")
    if desk.operator is None:
        raise Refused(Refusal("G-01", msg("Nobody is signed in at this bench."), msg("Sign in first."), nobody))
    identity = desk.pool.identity(record.id)
    different = identity_refusal(record, identity) if identity else None
    if different is not None:
        raise Refused(different)
    if record.calibration(today) is CalibrationState.OUT:
        raise Refused(
            Refusal(
                "G-05",
                msg("{model} n° {serial} is out for calibration.", model=record.model, serial=record.serial),
                msg("Take another instrument until it is back with its certificate."),
                nobody,
            )
        )
    if spec.due is not None and spec.due < today:
        raise Refused(
            Refusal(
                "G-06",
                msg(
                    "The certificate {number} of the reference expired on {due}.",
                    number=spec.certificate,
                    due=str(spec.due),
                ),
                msg("Have the reference calibrated and enter its new value in the register."),
                nobody,
            )
        )


def _record(desk: Desk, instrument: str) -> InstrumentRecord:
    known = {record.id: record for record in desk.pool.records()}
    if instrument not in known:
        raise UsageError(
            msg("There is no instrument “{instrument}” in the register.", instrument=instrument),
            remedy=msg("Registered: {known}.", known=", ".join(known) or "—"),
        )
    return desk.register.current(known[instrument])


def _spec(record: InstrumentRecord) -> DailyCheck:
    if record.daily_check is None:
        raise UsageError(
            msg("The register asks no daily check of {instrument}.", instrument=record.id),
            remedy=msg("State its reference under “daily_check” in the register."),
        )
    return record.daily_check


def _reading(record: InstrumentRecord, spec: DailyCheck, every: tuple[Judged, ...]) -> Judged:
    wanted = (spec.label, "")
    for entry in every:
        if entry.measurement.quantity == spec.quantity and entry.measurement.label in wanted:
            return entry
    raise UsageError(
        msg("{instrument} gave no {quantity}: there was no check.", instrument=record.id, quantity=spec.quantity.name),
        remedy=msg("Look at reference and set-up, then repeat the check."),
    )


def _checked(snapshot: object, spec: DailyCheck, judged: Judged, outcome: str, device_verdict: str) -> Draft:
    payload = {
        "instrument": snapshot,
        "check": spec.to_json(),
        "judged": judged.to_json(),
        "result": outcome,
        "device_verdict": device_verdict,
    }
    return Draft(EventKind.INSTRUMENT_CHECKED, payload, SHELF)


def _missed(judged: Judged) -> Message:
    value, limit = judged.measurement.value, judged.verdict.limit
    return msg("Daily check failed: {value}, required {limit}.", value=str(value), limit=str(limit))


def _suspended(record: InstrumentRecord, reason: Message) -> Draft:
    payload = {"instrument": record.id, "cause": CHECK, "reason": reason.to_json()}
    return Draft(EventKind.INSTRUMENT_SUSPENDED, payload, SHELF)


def _released(record: InstrumentRecord) -> Draft:
    reason = msg("The daily check was repeated and passed.")
    payload = {"instrument": record.id, "cause": CHECK, "reason": reason.to_json()}
    return Draft(EventKind.INSTRUMENT_RELEASED, payload, SHELF)
