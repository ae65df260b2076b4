"""What each open order waits for, and since when: folded from the journal's events, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from bench.alerts import Alert, kind_of, settled_by_signature
from bench.events import Event, EventKind
from bench.journal.rows import OrderRow
from bench.journal.titles import StepTitles
from bench.language import Message, Text, msg

KINDS = (
    EventKind.ALERT_RAISED,
    EventKind.ALERT_DECIDED,
    EventKind.SIGNED,
    EventKind.CUSTODY_TAKEN,
    EventKind.PROMISE_MOVED,
    EventKind.ORDER_CLOSED,
)


class Events(Protocol):
    """What this asks of a journal."""

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]: ...


@dataclass
class Standing:
    """What the rows of the orders do not tell: the open alerts by id, who has the watch, a promise that was moved.

    `holder` is an operator's id, `holder_name` what people call them.
    """

    alerts: dict[str, Alert] = field(default_factory=dict)
    holder: str = ""
    holder_name: str = ""
    promised: str = ""


_NOTHING = Standing()


@dataclass(frozen=True)
class Wait:
    """What an order waits for, and since when (ISO); `hierarchy` where somebody above must decide: then `title` is
    what that is in general.
    """

    what: Message
    since: str
    hierarchy: bool = False
    title: Message | None = None


class Standings:
    """The standing of every open order of a journal; one thread at a time."""

    def __init__(self) -> None:
        self._seq = 0
        self._orders: dict[str, Standing] = {}
        self._titles: StepTitles | None = None

    def catch_up(self, journal: Events) -> None:
        """Take in what was journaled since the last time."""
        if self._titles is None:
            self._titles = StepTitles(journal)
        else:
            self._titles.catch_up()
        for event in journal.events(after=self._seq, kinds=KINDS):
            self._seq = event.seq
            if event.order is None:
                continue
            if event.kind is EventKind.ORDER_CLOSED:
                self._orders.pop(event.order, None)
            else:
                _change(self._orders.setdefault(event.order, Standing()), event)

    def of(self, number: str) -> Standing:
        """Return the standing of an order; one that nothing was said of has none."""
        return self._orders.get(number, _NOTHING)

    def step(self, row: OrderRow) -> Text | None:
        """Return the title of the step at which an order stands, entered or not yet; None before the first."""
        if row.step_title is not None or not row.step or self._titles is None:
            return row.step_title
        return self._titles.of(row.number, row.procedure, row.step)

    def wait(self, row: OrderRow) -> Wait:
        """Return what an order waits for; the hierarchy's decision comes before everything else."""
        if row.closed:
            return Wait(msg("closed"), row.last_at)
        alerts = self.of(row.number).alerts.values()
        if alerts:
            first = min(alerts, key=lambda alert: (not alert.blocking, alert.at))
            what = msg("the hierarchy: {alert}", alert=first.text)
            return Wait(what, first.at, hierarchy=True, title=kind_of(first.kind).title)
        flags = set(row.flags)
        if "no-quote" in flags and not row.step:
            return Wait(msg("the customer's signature on the quote"), row.opened_at)
        step = self.step(row) or msg("the next step")
        if "refused" in flags:
            return Wait(msg("the remedy of a refusal: {step}", step=step), row.last_at)
        if "interrupted" in flags:
            return Wait(msg("an interrupted measurement: {step}", step=step), row.last_at)
        if not row.step and row.step_title is None:
            return Wait(msg("the first step"), row.opened_at)
        return Wait(msg("{step}", step=step), row.last_at)


def _change(standing: Standing, event: Event) -> None:
    payload = event.payload
    match event.kind:
        case EventKind.ALERT_RAISED:
            alert = Alert.raised(payload, seq=event.seq, by=event.operator or "", at=event.at)
            if kind_of(alert.kind).decided_by is not None:
                standing.alerts[alert.id] = alert
        case EventKind.ALERT_DECIDED:
            standing.alerts.pop(payload["id"], None)
        case EventKind.SIGNED:
            signed = str(payload["step"])
            for alert in tuple(standing.alerts.values()):
                if settled_by_signature(alert.kind, alert.step, signed):
                    del standing.alerts[alert.id]
        case EventKind.CUSTODY_TAKEN:
            standing.holder = payload["holder"]
            standing.holder_name = payload.get("name") or payload["holder"]
        case EventKind.PROMISE_MOVED:
            standing.promised = payload["to"]
