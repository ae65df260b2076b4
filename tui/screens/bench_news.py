"""What somebody above has decided of an order while the technician was at it, in words for the bench."""

from __future__ import annotations

from collections.abc import Iterator

from bench.alerts import Alert
from bench.language import _
from bench.procedure.state import OrderState
from tui.widgets.order_header import show_date


def decisions(before: OrderState, after: OrderState) -> Iterator[str]:
    """Give what was decided between two moments of an order: alerts, and the promised date."""
    if before is after:
        return
    known = {alert.id: alert for alert in before.alerts}
    for alert in after.alerts:
        earlier = known.get(alert.id)
        if earlier is not None and earlier.open and alert.decision:
            yield _decided(alert)
    if after.order.promised != before.order.promised:
        yield _("The promised date is {date} now.").format(date=show_date(after.order.promised))


def _decided(alert: Alert) -> str:
    word = _("{name} accepts: {about}") if alert.decision == "accepted" else _("{name} refuses: {about}")
    return " – ".join(part for part in (word.format(name=alert.decided_by, about=alert.text), alert.reason) if part)
