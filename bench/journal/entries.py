"""From one event to its rows of the intervention log, as tuples in the order of the table's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bench.events import Event, EventKind
from bench.journal.canonical import canonical
from bench.journal.rows import LogKind, LogRow, OrderRow

LOG_COLUMNS = tuple(field.name for field in fields(LogRow))
"""The columns of the log that may be read."""

Entry = tuple[Any, ...]
"""A row of the log without its number, with the UTC time that it is looked for by at its end."""

AMOUNTS = ("value", "expanded", "limit_low", "limit_high")
"""The columns that hold nothing where there is no measurement, or nothing is known."""
_NOTHING: dict[str, Any] = {
    name: None if name in AMOUNTS else "" for name in LOG_COLUMNS[LOG_COLUMNS.index("quantity") :]
}


def entries(event: Event, before: OrderRow | None, after: OrderRow | None) -> list[Entry]:
    """Return the rows of an event; `before` and `after` are its order's row, None where no order was opened."""
    if event.kind is EventKind.MEASURED:
        return _measurements(event, after)
    said = _SAID.get(event.kind)
    if said is None or after is None:
        return []
    kind, tell = said
    told = tell(event, before or after)
    p = event.payload
    head = _head(event, 0, kind, after, p.get("step", ""), p.get("visit", 0), p.get("attempt", 0), p.get("phase", ""))
    return [(*head, *{**_NOTHING, **told}.values(), utc(event.at))]


@lru_cache(maxsize=8)
def utc(at: str) -> str:
    """Return an ISO time as UTC text that sorts as time does."""
    return moment(datetime.fromisoformat(at))


def moment(at: datetime) -> str:
    """Return an aware time as UTC text that sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _head(event: Event, position: int, kind: LogKind, row: OrderRow | None, *place: Any) -> Entry:
    watch, calibre, procedure = (row.watch, row.calibre_id, row.procedure) if row else ("", "", "")
    order, operator = event.order or "", event.operator or ""
    return (event.seq, position, kind.value, event.at, order, watch, calibre, procedure, operator, *place)


def _measurements(event: Event, row: OrderRow | None) -> list[Entry]:
    p = event.payload
    tag, reason, at_utc = p.get("tag") or {}, p.get("reason") or "", utc(event.at)
    place = (p.get("step", ""), p.get("visit", 1), p.get("attempt", 1), p.get("phase", ""))
    rows = []
    for position, judged in enumerate(p["judged"]):
        measurement, verdict = judged["measurement"], judged["verdict"]
        limit, refusal, instrument = verdict["limit"] or {}, verdict["refusal"] or {}, measurement["instrument"]
        rows.append(
            (
                *_head(event, position, LogKind.MEASUREMENT, row, *place),
                measurement["quantity"],
                measurement["label"],
                float(measurement["value"]),
                measurement["unit"],
                _float((measurement["uncertainty"] or {}).get("U")),
                verdict["state"],
                _float(limit.get("low")),
                _float(limit.get("high")),
                limit.get("source", ""),
                limit.get("mark", ""),
                verdict["rule"] or "",
                refusal.get("rule", ""),
                "",
                instrument["id"],
                instrument["model"],
                instrument["serial"],
                measurement["provenance"],
                tag.get("fr", ""),
                tag.get("en", ""),
                measurement["id"],
                measurement.get("recording") or "",
                reason,
                at_utc,
            )
        )
    return rows


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _interrupted(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    return {
        "label": p.get("label", ""),
        "recording": p.get("recording") or "",
        "text": _kept((p.get("error") or {}).get("what")),
    }


def _done(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    return {"label": p.get("code", ""), "state": p.get("outcome", ""), "text": p.get("reason") or ""}


_NO_NEWS = ({"fr": "oui", "en": "yes"}, {"fr": "non", "en": "no"})


def _answered(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    # By the names of the fields: as canonical JSON gives them back.
    shown = [words for _name, words in sorted((p.get("shown") or {}).items()) if words not in _NO_NEWS]
    note = [p["note"]] if p.get("note") else []
    fr, en = (
        " · ".join([*(words[language] for words in shown if words.get(language)), *note]) for language in ("fr", "en")
    )
    return {"text": en if fr == en else canonical({"en": en, "fr": fr})}


def _refused(event: Event, _row: OrderRow) -> dict[str, Any]:
    refusal = event.payload["refusal"]
    return {"refusal": refusal.get("rule", ""), "text": _kept(refusal.get("reason"))}


def _lifted(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    return {"label": p.get("scope", ""), "refusal": p["rule"], "text": p.get("reason", "")}


def _corrected(event: Event, _row: OrderRow) -> dict[str, Any]:
    return {"label": str(event.payload["seq"]), "state": "corrected", "text": event.payload["reason"]}


def _raised(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    return {
        "label": p.get("id") or f"A{event.seq}",
        "state": "blocking" if p.get("blocking") else "",
        "refusal": p.get("rule", ""),
        "alert": p["alert"],
        "text": _kept(p.get("text")),
    }


def _decided(event: Event, row: OrderRow) -> dict[str, Any]:
    p = event.payload
    kind = next((alert.kind for alert in row.alerts if alert.id == p["id"]), "")
    state = p.get("decision", "acknowledged")
    return {"label": p["id"], "state": state, "alert": kind, "text": p.get("reason", "")}


def _signed(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    state = "self-check" if p.get("self_check") else "again" if p.get("again") else ""
    return {"label": p.get("role", ""), "state": state, "text": _kept(p.get("meaning"))}


def _opened(event: Event, _row: OrderRow) -> dict[str, Any]:
    order = event.payload["order"]
    state = "complaint" if order.get("complaint_of") else ""
    return {"label": order.get("promised") or "", "state": state, "text": order.get("declared") or ""}


def _quoted(event: Event, _row: OrderRow) -> dict[str, Any]:
    return {"label": event.payload.get("reference", ""), "text": event.payload.get("how") or ""}


def _moved(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    return {"label": p["to"], "text": " · ".join(part for part in (p.get("reason"), p.get("told")) if part)}


def _taken(event: Event, _row: OrderRow) -> dict[str, Any]:
    return {"label": event.payload["holder"], "text": event.payload.get("note") or ""}


def _handled(event: Event, _row: OrderRow) -> dict[str, Any]:
    return {"label": event.payload["act"], "text": event.payload.get("detail") or ""}


def _photo(event: Event, _row: OrderRow) -> dict[str, Any]:
    return {"label": event.payload["kind"], "text": event.payload.get("note") or ""}


def _changed(event: Event, _row: OrderRow) -> dict[str, Any]:
    return {"label": event.payload["procedure"]["id"], "text": event.payload.get("reason") or ""}


def _reviewed(event: Event, _row: OrderRow) -> dict[str, Any]:
    p = event.payload
    return {"state": p["outcome"], "instrument": p["instrument"], "serial": p["serial"], "text": p["reason"]}


def _closed(event: Event, row: OrderRow) -> dict[str, Any]:
    return {"label": row.promised, "state": event.payload.get("outcome", "")}


def _kept(sentence: Mapping[str, Any] | None) -> str:
    """Keep a Message or a Text so that it can be shown in either language."""
    return canonical(dict(sentence)) if sentence else ""


_SAID: dict[EventKind, tuple[LogKind, Callable[[Event, OrderRow], dict[str, Any]]]] = {
    EventKind.MEASUREMENT_INTERRUPTED: (LogKind.INTERRUPTION, _interrupted),
    EventKind.STEP_DONE: (LogKind.STEP, _done),
    EventKind.STEP_ANSWERED: (LogKind.ANSWER, _answered),
    EventKind.REFUSED: (LogKind.REFUSAL, _refused),
    EventKind.LIFTED: (LogKind.LIFTING, _lifted),
    EventKind.CORRECTED: (LogKind.CORRECTION, _corrected),
    EventKind.ALERT_RAISED: (LogKind.ALERT, _raised),
    EventKind.ALERT_ACKNOWLEDGED: (LogKind.DECISION, _decided),
    EventKind.ALERT_DECIDED: (LogKind.DECISION, _decided),
    EventKind.SIGNED: (LogKind.SIGNATURE, _signed),
    EventKind.ORDER_OPENED: (LogKind.OPENED, _opened),
    EventKind.QUOTE_SIGNED: (LogKind.QUOTE, _quoted),
    EventKind.PROMISE_MOVED: (LogKind.PROMISE, _moved),
    EventKind.CUSTODY_TAKEN: (LogKind.CUSTODY, _taken),
    EventKind.HANDLED: (LogKind.HANDLING, _handled),
    EventKind.PHOTO_ATTACHED: (LogKind.PHOTO, _photo),
    EventKind.PROCEDURE_CHANGED: (LogKind.PROCEDURE, _changed),
    EventKind.IMPACT_REVIEW_CLOSED: (LogKind.REVIEW, _reviewed),
    EventKind.ORDER_CLOSED: (LogKind.CLOSED, _closed),
}
