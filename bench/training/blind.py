"""What a trainee does not see before the reveal: verdicts and limits, while the engine goes on judging by them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bench.conformity import refuse
from bench.errors import Refusal, Refused
from bench.house import House
from bench.judging import Judged, MeasureTask
from bench.language import msg

if TYPE_CHECKING:
    from bench.events import Event
    from bench.journal.rows import OrderRow
    from bench.training.runs import Reads, Run

RULE = "hidden"
HIDDEN = Refusal(
    RULE,
    msg("Verdicts and limits of this exercise are hidden until the reveal."),
    msg("Give your diagnosis, then see the answer; or a trainer shows it."),
    msg("the trainer"),
)


@dataclass(frozen=True)
class Veil:
    """Hides verdicts, limits, or nothing, of what is shown; what is recorded keeps them."""

    verdicts: bool = False
    limits: bool = False

    def __bool__(self) -> bool:
        return self.verdicts or self.limits

    def judged(self, entries: Iterable[Judged]) -> tuple[Judged, ...]:
        """Return the figures as they may be seen."""
        return tuple(self._one(entry) for entry in entries)

    def task(self, task: MeasureTask) -> MeasureTask:
        """Return a task as it may be seen; never run that one."""
        return replace(task, limits=(), judged=()) if self.limits else task

    def outcome(self, word: str | None) -> str | None:
        """Return a step's outcome as it may be seen: "hidden" for any that speaks of a verdict."""
        return RULE if self.verdicts and word is not None else word

    def _one(self, entry: Judged) -> Judged:
        verdict = entry.verdict
        if verdict.refusal is not None or not self:
            return entry
        if self.verdicts:
            verdict = refuse(verdict.limit, None, HIDDEN)
        if self.limits:
            verdict = replace(verdict, limit=None, acceptance=None, guard_band=None)
        return Judged(entry.measurement, verdict)


OPEN = Veil()


def veil_of(journal: Reads, order: str, house: House) -> Veil:
    """Return what is hidden of an order: nothing outside a training workshop, nothing after the reveal."""
    if not house.training:
        return OPEN
    run = next((each for each in _blind(journal) if each.order == order), None)
    return OPEN if run is None else Veil("verdicts" in run.hide, "limits" in run.hide)


def ends_of(journal: Reads, order: str) -> datetime | None:
    """Return when the time of an order's exercise is over; None for an order of none, and after the reveal."""
    from bench.training.runs import KINDS, runs

    run = next((each for each in runs(journal.events(kinds=KINDS)) if each.order == order), None)
    return run.ends if run is not None and not run.revealed else None


def hidden_orders(journal: Reads, house: House) -> frozenset[str]:
    """Return the orders of which a log, sheet or paper would tell what is hidden; none outside a training workshop."""
    return frozenset(run.order for run in _blind(journal) if run.order) if house.training else frozenset()


def unflagged(row: OrderRow, hidden: Container[str]) -> OrderRow:
    """Return an order's row without the flag that tells a hidden verdict."""
    return replace(row, flags=tuple({*row.flags} - {"nonconforming"})) if row.number in hidden else row


def may_be_told(journal: Reads, events: Iterable[Event]) -> None:
    """Raise Refused where these events are an order's whose verdicts or limits are hidden still."""
    opened = next((event for event in events if "house" in event.payload), None)
    if opened is None or opened.order is None:
        return
    if veil_of(journal, opened.order, House.from_json(opened.payload["house"])):
        raise Refused(HIDDEN)


def _blind(journal: Reads) -> list[Run]:
    from bench.training.runs import KINDS, runs

    told = runs(journal.events(kinds=KINDS))
    return [run for run in told if not run.revealed and {"verdicts", "limits"} & set(run.hide)]
