"""The inbox of the hierarchy: everything over all orders that waits for somebody above, the most blocking first.

Read from the projections and from the few events about instruments and profiles; no order is folded for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from bench.alerts import kind_of
from bench.approvals import shelf
from bench.calibre import CalibreProfile, CaseProfile
from bench.dates import day_text
from bench.events import EventKind
from bench.journal.rows import LogFilter, LogKind, OrderRow, show_text
from bench.language import N_, Message, _, msg
from bench.metrology import CalibrationState, InstrumentRecord
from bench.people import Role
from bench.procedure.model import StepKind
from bench.register import SHELF
from bench.reviews import Reviews

if TYPE_CHECKING:
    from bench.desk import Procedures
    from bench.journal import Journal
    from bench.procedure.model import Step

ABOVE = (Role.MANAGER, Role.CONTROLLER)
# One page holds every open order of a workshop.
_ALL = 1_000_000


class Sort(StrEnum):
    """What waits, and so what can be done about it."""

    ALERT = "alert"
    SIGN_OFF = "sign-off"
    VOID = "void-signature"
    INSTRUMENT = "instrument"
    PROFILE = "profile"
    REVIEW = "review"
    LATE = "late"

    def __str__(self) -> str:
        return _(_SORTS[self])


_SORTS = {
    Sort.ALERT: N_("Decision"),
    Sort.SIGN_OFF: N_("Signature"),
    Sort.VOID: N_("Void signature"),
    Sort.INSTRUMENT: N_("Instrument"),
    Sort.PROFILE: N_("Profile"),
    Sort.REVIEW: N_("Impact review"),
    Sort.LATE: N_("Slip"),
}


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: what, since when (ISO, "" unknown), by whom it came, for whom it waits, in which order.

    `subject` is the id of the alert, the step, the instrument (of a review, too) or the profile; `title` is what it is
    in general, `text` what was said of this one; `step` and `procedure` are ids.
    """

    sort: Sort
    subject: str
    title: Message
    text: Message | str
    blocking: bool
    since: str
    by: str
    waits_for: Role
    order: str = ""
    watch: str = ""
    step: str = ""
    procedure: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it for programs, with its words in the language in force."""
        said: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **said,
            "sort": self.sort.value,
            "waits_for": self.waits_for.value,
            "title": str(self.title),
            "text": str(self.text),
        }


class Library(Protocol):
    """What the inbox asks of the profiles."""

    def calibres(self) -> Sequence[CalibreProfile]: ...

    def cases(self) -> Sequence[CaseProfile]: ...


def inbox(
    journal: Journal,
    procedures: Procedures,
    profiles: Library | None,
    records: Iterable[InstrumentRecord],
    today: date,
    reviews: Reviews | None = None,
) -> list[Waiting]:
    """Return everything that waits for the hierarchy: what holds work up before what does not, the oldest first.

    `records` are the lines of the register as they stand now; `reviews` what is known of the impact reviews already.
    """
    open_orders = journal.orders_page(closed=False, limit=_ALL)
    found = [
        *alerts(journal, journal.orders_waiting()),
        *sign_offs(journal, procedures, open_orders),
        *void_signatures(journal, open_orders),
        *late(open_orders, today),
        *instruments(journal, records, today),
        *open_reviews(journal, (reviews or Reviews()).catch_up(journal)),
        *(drafts(journal, profiles) if profiles is not None else ()),
    ]
    return sorted(found, key=lambda entry: (not entry.blocking, entry.since or "9999", entry.order, entry.subject))


def alerts(journal: Journal, orders: Iterable[OrderRow]) -> Iterator[Waiting]:
    """Give the open alerts of orders, each as its row of the log tells it."""
    rows = {row.number: row for row in orders if row.alerts}
    if not rows:
        return
    raised = {(row.order, row.label): row for row in journal.log(LogFilter(order=tuple(rows), kinds=(LogKind.ALERT,)))}
    for row in rows.values():
        for alert in row.alerts:
            kind, told = kind_of(alert.kind), raised.get((row.number, alert.id))
            yield Waiting(
                Sort.ALERT,
                alert.id,
                kind.title,
                show_text(told.text) if told else "",
                alert.blocking,
                told.at if told else "",
                told.operator if told else "",
                kind.decided_by or Role.MANAGER,
                row.number,
                row.watch,
                told.step if told else "",
                told.procedure if told else row.procedure,
            )


def sign_offs(journal: Journal, procedures: Procedures, orders: Iterable[OrderRow]) -> Iterator[Waiting]:
    """Give the orders that stand at a sign-off of manager or controller, unless an alert says so already."""
    steps = {(procedure.id, step.id): step for procedure in procedures.all() for step in procedure.steps}
    for row in orders:
        step = steps.get((row.procedure, row.step))
        if not _signed_above(step) or any(alert.kind == "validation" for alert in row.alerts):
            continue
        assert step is not None
        last = journal.log_page(LogFilter(order=row.number, kinds=None), limit=1)
        yield Waiting(
            Sort.SIGN_OFF,
            row.step,
            msg("A signature is awaited"),
            msg("{step}", step=step.title),
            True,
            row.last_at,
            last[0].operator if last else "",
            step.role,
            row.number,
            row.watch,
            row.step,
            row.procedure,
        )


def _signed_above(step: Step | None) -> bool:
    return step is not None and step.kind is StepKind.SIGNOFF and step.role in ABOVE


def void_signatures(journal: Journal, orders: Iterable[OrderRow]) -> Iterator[Waiting]:
    """Give the signatures of the hierarchy that a correction has made void and nobody has given again."""
    rows = {row.number: row for row in orders}
    corrected = LogFilter(
        kinds=(LogKind.CORRECTION,), since=_since(min((r.opened_at for r in rows.values()), default=""))
    )
    corrections = {row.order: row for row in journal.log(corrected) if row.order in rows}  # the last one of each
    if not corrections:
        return
    signed: dict[tuple[str, str], Any] = {}
    for row in journal.log(LogFilter(order=tuple(corrections), kinds=(LogKind.SIGNATURE,))):
        signed[row.order, row.step] = row
    for (order, step), row in signed.items():
        correction = corrections[order]
        if row.seq < correction.seq and row.label in [role.value for role in ABOVE]:
            yield Waiting(
                Sort.VOID,
                step,
                msg("A signature is void: what was signed has been corrected"),
                show_text(row.text),
                False,
                correction.at,
                correction.operator,
                Role(row.label),
                order,
                rows[order].watch,
                step,
                rows[order].procedure,
            )


def _since(at: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(at) if at else None


def late(orders: Iterable[OrderRow], today: date) -> Iterator[Waiting]:
    """Give the open orders whose promised day is past, unless somebody has asked for another day already."""
    for row in orders:
        if not row.promised or row.promised[:10] >= today.isoformat():
            continue
        if any(alert.kind == "deadline" for alert in row.alerts):
            continue
        days = (today - date.fromisoformat(row.promised[:10])).days
        yield Waiting(
            Sort.LATE,
            row.number,
            msg("The promised day is past"),
            msg("Promised for {date}: {days} d late.", date=day_text(row.promised), days=days),
            False,
            row.promised[:10],
            "",
            Role.MANAGER,
            row.number,
            row.watch,
            row.step,
            row.procedure,
        )


_TOLD = (
    CalibrationState.SUSPENDED,
    CalibrationState.EXPIRED,
    CalibrationState.UNKNOWN,
    CalibrationState.DUE_SOON,
)


def instruments(journal: Journal, records: Iterable[InstrumentRecord], today: date) -> Iterator[Waiting]:
    """Give the instruments that prove nothing, or soon will not: suspended, without a certificate that holds, due."""
    suspended: dict[str, tuple[str, str]] = {}
    for event in journal.events(order=SHELF, kinds=(EventKind.INSTRUMENT_SUSPENDED,)):
        suspended[event.payload["instrument"]] = (event.at, event.operator or "")
    for record in records:
        state = record.calibration(today)
        if state not in _TOLD:
            continue
        due = record.certificate.due.isoformat() if record.certificate else ""
        at, by = suspended.get(record.id, ("", "")) if state is CalibrationState.SUSPENDED else (due, "")
        why: Message | str = record.suspended
        if state is not CalibrationState.SUSPENDED:
            why = (
                msg("Its certificate is due on {due}.", due=day_text(due))
                if due
                else msg("It has no certificate that holds.")
            )
        yield Waiting(
            Sort.INSTRUMENT,
            record.id,
            msg("{model} n° {serial}: {state}", model=record.model, serial=record.serial, state=_state(state)),
            why,
            state is not CalibrationState.DUE_SOON,
            at,
            by,
            Role.MANAGER,
        )


def open_reviews(journal: Journal, reviews: Reviews) -> Iterator[Waiting]:
    """Give the orders with verdicts in doubt, whose review nobody has closed."""
    for review in reviews.open():
        row, found = journal.order(review.order), review.found
        yield Waiting(
            Sort.REVIEW,
            found.instrument,
            msg("Verdicts in doubt"),
            msg(
                "{instrument} n° {serial} was found out, verdicts that change: {count}. What becomes of the watch?",
                instrument=found.instrument,
                serial=found.serial,
                count=len(found.changed),
            ),
            False,
            review.at,
            review.by,
            Role.MANAGER,
            review.order,
            row.watch if row else "",
        )


def _state(state: CalibrationState) -> Message:
    return Message(_CALIBRATION[state])


_CALIBRATION = {
    CalibrationState.SUSPENDED: "suspended",
    CalibrationState.EXPIRED: "calibration expired",
    CalibrationState.UNKNOWN: "calibration unknown",
    CalibrationState.DUE_SOON: "calibration due soon",
}


def drafts(journal: Journal, profiles: Library) -> Iterator[Waiting]:
    """Give the workshop's own profiles that no manager has approved: no verdict rests on them (G-08)."""
    from bench.approvals import ProfileRecord

    record = ProfileRecord(journal)
    own: list[CalibreProfile | CaseProfile] = [record.of(each) for each in profiles.calibres()]
    own += [record.of(each) for each in profiles.cases()]
    for profile in own:
        identity = profile.identity
        if identity.approved:
            continue
        used = next(journal.events(order=shelf(identity), kinds=(EventKind.PROFILE_PINNED,)), None)
        yield Waiting(
            Sort.PROFILE,
            identity.id,
            msg("{name}: a draft, version {version}", name=profile.name, version=identity.version),
            msg("Orders rest on it; they get no verdict.") if used else msg("No order rests on it yet."),
            used is not None,
            used.at if used else "",
            (used.operator or "") if used else "",
            Role.MANAGER,
        )


def waits_for(entries: Iterable[Waiting], may: Callable[[Role], bool]) -> list[Waiting]:
    """Return what waits for a person who may act in these roles."""
    return [entry for entry in entries if may(entry.waits_for)]
