"""From events to rows: pure folds, the same for an event just appended and for a rebuild of everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench.alerts import kind_of, settled_by_signature
from bench.dates import iso_day
from bench.events import Event, EventKind
from bench.journal.entries import entries
from bench.journal.rows import LogRow, OpenAlert, OrderRow
from bench.language import Text
from bench.measurement import Provenance
from bench.order import ILLEGIBLE, is_illegible

_PROGRESS = (EventKind.STEP_STARTED, EventKind.STEP_ANSWERED, EventKind.STEP_DONE)


def order_row(row: OrderRow | None, event: Event) -> OrderRow | None:
    """Return the order's row after `event`; None as long as the order was not opened."""
    if event.kind is EventKind.ORDER_OPENED:
        return _opened(event)
    if row is None:
        return None
    payload = event.payload
    if event.kind is EventKind.MEASURED:
        simulated = any(_watermarked(judged["measurement"]) for judged in payload["judged"])
        flags = {*row.flags, "simulated"} if simulated else {*row.flags}
        return _after(row, event, flags=tuple(sorted(flags - {"refused", "interrupted"})))
    row = _after(row, event)
    if event.kind in _PROGRESS:
        row = _flag(row, "refused", False)
    match event.kind:
        case EventKind.QUOTE_SIGNED:
            return _flag(row, "no-quote", False)
        case EventKind.STEP_STARTED:
            return replace(row, step=payload["step"], step_title=_text(payload.get("title")))
        case EventKind.STEP_ANSWERED | EventKind.CORRECTED:
            return _filled_in(row, payload["order"]) if payload.get("order") else row
        case EventKind.STEP_DONE:
            if payload.get("outcome") in ("pass", "fail"):
                row = _flag(row, "nonconforming", payload["outcome"] == "fail")
            return _at(row, payload.get("next") or "")
        case EventKind.PROCEDURE_CHANGED:
            procedure = payload["procedure"]
            title = _text(procedure.get("title")) or row.procedure_title
            return _at(replace(row, procedure=procedure["id"], procedure_title=title), procedure.get("first", ""))
        case EventKind.MEASUREMENT_INTERRUPTED:
            return _flag(row, "interrupted", True)
        case EventKind.REFUSED:
            return _flag(row, "refused", True)
        case EventKind.PROMISE_MOVED:
            return replace(row, promised=payload["to"])
        case EventKind.ALERT_RAISED:
            return _raised(row, event)
        case EventKind.ALERT_DECIDED:
            return _alerts(row, *(alert for alert in row.alerts if alert.id != payload["id"]))
        case EventKind.SIGNED:
            signed = str(payload.get("step", ""))
            return _alerts(row, *(a for a in row.alerts if not settled_by_signature(a.kind, a.step, signed)))
        case EventKind.ORDER_CLOSED:
            return replace(row, status="closed", step="", step_title=None)
    return row


def fold(events: Iterable[Event]) -> tuple[dict[str, OrderRow], list[LogRow]]:
    """Return every row of both projections after `events`."""
    orders: dict[str, OrderRow] = {}
    log: list[LogRow] = []
    for event in events:
        row = projected(orders, event)
        log.extend(LogRow(len(log) + 1, *entry[:-1]) for entry in entries(event, *row))
    return orders, log


def projected(orders: dict[str, OrderRow], event: Event) -> tuple[OrderRow | None, OrderRow | None]:
    """Take an event into the rows of `orders`; return its order's row before and after."""
    if event.order is None:
        return None, None
    before = orders.get(event.order)
    after = order_row(before, event)
    if after is not None:
        orders[event.order] = after
    return before, after


def replace(row: OrderRow, **changes: Any) -> OrderRow:
    """Do what `dataclasses.replace` does, many times faster: every event of every order comes by here."""
    changed = object.__new__(OrderRow)
    changed.__dict__.update(row.__dict__)
    changed.__dict__.update(changes)
    return changed


def _opened(event: Event) -> OrderRow:
    order = event.payload["order"]
    procedure = event.payload.get("procedure") or {}
    watch = order["watch"]
    calibre = (event.payload.get("profiles") or {}).get("calibre") or {}
    identity = order["procedure"]
    row = OrderRow(
        number=order["number"],
        watch="",
        calibre=calibre.get("name") or watch.get("calibre") or "",
        procedure=identity,
        procedure_title=_text(procedure.get("title")) or Text(identity, identity),
        status="open",
        step="",
        step_title=None,
        promised=order.get("promised") or "",
        opened_at=event.at,
        last_seq=event.seq,
        last_at=event.at,
        flags=() if order.get("quote") else ("no-quote",),
        brand=watch.get("brand") or "",
        model=watch.get("model") or "",
        reference=watch.get("reference") or "",
        case_number=watch.get("case_number") or "",
        customer=order.get("customer") or "",
        calibre_id=calibre.get("id") or watch.get("calibre") or "",
    )
    return _named(row)


# What a form may fill into an order, as far as a row shows it.
_SHOWN = {
    "promised": "promised",
    "customer": "customer",
    "watch.brand": "brand",
    "watch.model": "model",
    "watch.reference": "reference",
    "watch.case_number": "case_number",
}


def _filled_in(row: OrderRow, values: Mapping[str, str]) -> OrderRow:
    changes: dict[str, Any] = {_SHOWN[path]: value.strip() for path, value in values.items() if path in _SHOWN}
    if changes.get("promised"):
        changes["promised"] = iso_day(changes["promised"])
    if "case_number" in changes and is_illegible(changes["case_number"]):
        changes["case_number"] = ILLEGIBLE
    return _named(replace(row, **changes))


def _named(row: OrderRow) -> OrderRow:
    return replace(row, watch=" ".join(word for word in (row.brand, row.model, row.reference) if word))


def _at(row: OrderRow, step: str) -> OrderRow:
    return row if step == row.step else replace(row, step=step, step_title=None)


def _raised(row: OrderRow, event: Event) -> OrderRow:
    payload = event.payload
    if kind_of(payload["alert"]).decided_by is None:
        return row
    known = str(payload.get("id") or f"A{event.seq}")
    alert = OpenAlert(known, payload["alert"], bool(payload.get("blocking")), payload.get("step", ""))
    return _alerts(row, *row.alerts, alert)


def _alerts(row: OrderRow, *alerts: OpenAlert) -> OrderRow:
    return _flag(replace(row, alerts=alerts), "alert", any(alert.blocking for alert in alerts))


def _watermarked(measurement: Mapping[str, Any]) -> bool:
    return Provenance(measurement["provenance"]).watermarked


def _after(row: OrderRow, event: Event, **changes: Any) -> OrderRow:
    return replace(row, last_seq=event.seq, last_at=event.at, **changes)


def _flag(row: OrderRow, flag: str, on: bool) -> OrderRow:
    if (flag in row.flags) is on:
        return row
    flags = {*row.flags, flag} if on else {*row.flags} - {flag}
    return replace(row, flags=tuple(sorted(flags)))


def _text(data: Mapping[str, str] | None) -> Text | None:
    return Text.from_json(data) if data else None
