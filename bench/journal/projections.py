"""From events to rows: pure folds, the same for an event just appended and for a rebuild of everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bench.events import Event, EventKind
from bench.journal.rows import LogRow, OrderRow
from bench.language import Text
from bench.measurement import Provenance

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
        case EventKind.STEP_DONE:
            if payload.get("outcome") in ("pass", "fail"):
                row = _flag(row, "nonconforming", payload["outcome"] == "fail")
            following = payload.get("next") or ""
            return row if following == row.step else replace(row, step=following, step_title=None)
        case EventKind.MEASUREMENT_INTERRUPTED:
            return _flag(row, "interrupted", True)
        case EventKind.REFUSED:
            return _flag(row, "refused", True)
        case EventKind.ALERT_RAISED:
            return _flag(row, "alert", bool(payload.get("blocking")) or "alert" in row.flags)
        case EventKind.ORDER_CLOSED:
            return replace(row, status="closed", step="", step_title=None)
    return row


def log_rows(event: Event) -> list[LogRow]:
    """Return the log's rows of one event: one for each judged measurement."""
    if event.kind is not EventKind.MEASURED:
        return []
    payload = event.payload
    return [_log_row(event, payload, position, judged) for position, judged in enumerate(payload["judged"])]


def fold(events: Iterable[Event]) -> tuple[dict[str, OrderRow], list[LogRow]]:
    """Return every row of both projections after `events`."""
    orders: dict[str, OrderRow] = {}
    log: list[LogRow] = []
    for event in events:
        if event.order is not None and (row := order_row(orders.get(event.order), event)) is not None:
            orders[event.order] = row
        log.extend(log_rows(event))
    return orders, log


def _opened(event: Event) -> OrderRow:
    order = event.payload["order"]
    procedure = event.payload.get("procedure") or {}
    watch = order["watch"]
    calibre = (event.payload.get("profiles") or {}).get("calibre") or {}
    words = (watch.get("brand"), watch.get("model"), watch.get("reference"))
    identity = order["procedure"]
    return OrderRow(
        number=order["number"],
        watch=" ".join(word for word in words if word),
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
    )


def _log_row(event: Event, payload: Mapping[str, Any], position: int, judged: Mapping[str, Any]) -> LogRow:
    measurement, verdict = judged["measurement"], judged["verdict"]
    limit, refusal, instrument = verdict["limit"] or {}, verdict["refusal"] or {}, measurement["instrument"]
    uncertainty = measurement["uncertainty"] or {}
    return LogRow(
        seq=event.seq,
        position=position,
        order=event.order or "",
        step=payload.get("step", ""),
        visit=payload.get("visit", 1),
        attempt=payload.get("attempt", 1),
        phase=payload.get("phase", ""),
        quantity=measurement["quantity"],
        label=measurement["label"],
        value=float(measurement["value"]),
        unit=measurement["unit"],
        expanded=_float(uncertainty.get("U")),
        state=verdict["state"],
        limit_low=_float(limit.get("low")),
        limit_high=_float(limit.get("high")),
        limit_source=limit.get("source", ""),
        limit_mark=limit.get("mark", ""),
        rule=verdict["rule"] or "",
        refusal=refusal.get("rule", ""),
        instrument=instrument["id"],
        model=instrument["model"],
        serial=instrument["serial"],
        provenance=measurement["provenance"],
        operator=event.operator or "",
        at=event.at,
        tag=_text(payload.get("tag")),
        measurement=measurement["id"],
        recording=measurement.get("recording") or "",
    )


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


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
