"""The blocks of the sheet that hold facts of the order itself: identification, people, dates, agreement, watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.events import Event, EventKind
from bench.language import N_, _
from bench.operations import operations
from bench.order import QuoteStatus, Watch
from bench.quantities import Value
from bench.sheet import model, words
from bench.sheet.history import History, role
from bench.sheet.record import Record

Entries = tuple[model.Entry, ...]

_WATCH = {
    "brand": N_("Brand"),
    "model": N_("Model"),
    "reference": N_("Reference"),
    "case_number": N_("Case number"),
    "movement_number": N_("Movement number"),
    "family": N_("Family"),
    "calibre": N_("Calibre"),
    "grade": N_("Grade"),
    "case": N_("Case profile"),
    "water_resistance": N_("Water-resistance as engraved"),
    "glass": N_("Glass diameter class"),
    "materials": N_("Materials, as they look"),
    "size": N_("Size"),
    "complications": N_("Complications"),
}
_GLASS = {"small": N_("small"), "medium": N_("medium"), "large": N_("large")}


def entry(key: str, label: str, value: Any, shown: str | None = None, note: str = "") -> model.Entry:
    plain = value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
    return model.Entry(key, label, plain, (str(value or "") if shown is None else shown) or "—", note)


def identification(record: Record, history: History) -> Entries:
    opened, closed = record.opened, record.last(EventKind.ORDER_CLOSED)
    payload, procedure = opened.payload, history.procedure
    pinned = f"{procedure['id']} {procedure.get('version', '')} · {words.short(procedure['sha256'])}"
    first = payload["procedure"]
    if procedure is not first:
        pinned += " · " + _("begun with {procedure}").format(procedure=f"{first['id']} {first.get('version', '')}")
    shown = words.moment(closed.at) if closed else _("open")
    return (
        entry("order", _("Repair order"), record.order.number),
        entry("workshop", _("Workshop"), payload.get("workshop", "")),
        entry("station", _("Station"), opened.station),
        entry("opened", _("Opened"), opened.at, words.moment(opened.at)),
        entry("closed", _("Closed"), closed.at if closed else None, shown),
        entry("procedure", _("Procedure"), procedure["id"], words.text(procedure["title"]), pinned),
        _profile("calibre_profile", _("Calibre profile"), payload["profiles"].get("calibre")),
        _profile("case_profile", _("Case profile"), payload["profiles"].get("case")),
    )


def _profile(key: str, label: str, profile: Mapping[str, Any] | None) -> model.Entry:
    if not profile:
        return entry(key, label, None, _("none"))
    state = _("approved") if profile["approved"] else _("draft, not approved: no verdict")
    pinned = f"{profile['id']} {profile['version']} · {words.short(profile['sha256'])} · {state}"
    return entry(key, label, profile["id"], str(profile.get("name") or profile["id"]), pinned)


def customer(record: Record) -> Entries:
    """The reference only: name and address are kept apart from the record (R-17)."""
    contact = record.order.contact
    found = [entry("customer", _("Reference"), record.order.customer)]
    if contact:
        found.append(entry("contact", _("To be reached"), contact.value, str(contact)))
    return tuple(found)


def parties(record: Record, history: History, events: Sequence[Event]) -> Entries:
    """Everyone who worked on the order, in the roles they had at that moment, with their technical level."""
    acting: dict[str, str] = {}
    levels: dict[str, list[str]] = {}
    roles: dict[str, dict[str, None]] = {}
    for event in events:
        if event.kind in (EventKind.SIGNED_IN, EventKind.SIGNED):
            who = str(event.payload.get("operator") or event.operator)
            acting[who] = role(event.payload["role"])
            if event.payload.get("level"):
                levels[who] = [_("level {level}").format(level=event.payload["level"])]
        if event.order == record.order.number and event.operator:
            held = roles.setdefault(event.operator, {})
            if event.operator in acting:
                held[acting[event.operator]] = None
    return tuple(
        entry("operator", history.person(who), who, ", ".join([*held, *levels.get(who, [])]) or _("operator"))
        for who, held in roles.items()
    )


def custody(record: Record, history: History) -> list[model.Table]:
    """Who had the watch from when on, and from whom."""
    lines = []
    for event in record.of(EventKind.CUSTODY_TAKEN):
        said = event.payload
        giver = history.person(str(said.get("from") or "")) or "—"
        holder = str(said.get("name") or history.person(str(said["holder"])))
        cells = (history.when(event.at), giver, holder, str(said.get("note") or "") or "—")
        lines.append(model.Line(str(event.seq), cells))
    heads = (_("When"), _("From"), _("To"), _("Note"))
    return [model.Table("custody", _("Custody of the watch"), heads, tuple(lines))] if lines else []


def dates(record: Record) -> Entries:
    order = record.order
    found = [
        entry("received", _("Received"), order.received, words.moment(order.received)),
        entry("promised", _("Promised"), order.promised, words.moment(order.promised)),
    ]
    if record.of(EventKind.PROMISE_MOVED):
        first = record.of(EventKind.PROMISE_MOVED)[0].payload["from"]
        found.append(entry("first_promised", _("Promised at first"), first, words.moment(first)))
    returned = [
        event.at
        for event in record.of(EventKind.STEP_DONE)
        if event.payload["visit"] and "hand-over" in record.acts(event.payload["step"])
    ]
    if returned:
        found.append(entry("returned", _("Handed over"), returned[-1], words.moment(returned[-1])))
    return tuple(found)


def commercial(record: Record) -> Entries:
    order = record.order
    status = QuoteStatus.SIGNED if record.quotes else QuoteStatus.NONE
    found = []
    if record.quotes:
        latest = record.quotes[-1]
        version = _("version {version}").format(version=latest.version) if latest.version > 1 else ""
        found += [
            entry("quote", _("Quote"), latest.reference, note=version),
            entry("how", _("Accepted by"), latest.how),
            entry("signed_at", _("Signed"), latest.signed_at, words.moment(latest.signed_at)),
        ]
    else:
        found.append(entry("quote", _("Quote"), None, _("not signed")))
    found.append(entry("status", _("Status"), status.value, str(status)))
    ceilings = [quote.ceiling for quote in record.quotes if quote.ceiling is not None]
    if ceilings:
        found.append(entry("ceiling", _("Ceiling"), sum(ceilings), money(sum(ceilings))))
    planned = [quote.minutes for quote in record.quotes if quote.minutes is not None]
    if planned:
        found.append(entry("minutes", _("Time planned"), sum(planned), time(sum(planned))))
    cost, spent = record.added("cost"), record.added("minutes")
    if cost is not None:
        found.append(entry("cost", _("Cost so far"), cost, money(cost)))
    if spent is not None:
        found.append(entry("spent", _("Time entered"), spent, time(spent)))
    for key, label, shown in (
        ("declared_value", _("Declared value"), order.declared_value),
        ("warranty", _("Warranty until"), words.day(order.warranty)),
        ("complaint_of", _("Complaint about order"), order.complaint_of),
        ("origin", _("Cause of the complaint"), order.origin),
    ):
        if shown:
            found.append(entry(key, label, getattr(order, key), shown))
    return tuple(found)


def money(amount: float) -> str:
    return Value.of("price", amount).show()


def time(minutes: float) -> str:
    return Value.of("working_time", minutes).show()


def operation(key: str) -> str:
    """Write an operation by its label; one that this program does not know stands as it is."""
    known = operations().get(key)
    return str(known.label) if known else key


def quotes(record: Record) -> list[model.Table]:
    """The quotes that were signed, supplementary ones too, with their operations."""
    if not any(quote.operations or quote.supplementary for quote in record.quotes):
        return []
    lines = []
    for quote in record.quotes:
        kind = _("supplementary") if quote.supplementary else _("first")
        cells = (
            quote.reference, kind, ", ".join(operation(key) for key in quote.operations) or "—",
            money(quote.ceiling) if quote.ceiling is not None else "—",
            time(quote.minutes) if quote.minutes is not None else "—",
            f"{quote.how}, {words.moment(quote.signed_at, offset=False)}",
        )  # fmt: skip
        lines.append(model.Line(f"{quote.reference}/{quote.version}", cells))
    heads = (_("Quote"), _("Kind"), _("Operations"), _("Ceiling"), _("Time planned"), _("Accepted"))
    return [model.Table("quotes", _("Signed quotes"), heads, tuple(lines))]


def watch(record: Record) -> Entries:
    found = []
    for name in Watch.__dataclass_fields__:
        written = getattr(record.order.watch, name)
        if name in ("materials", "size", "complications") and not written:
            continue
        value = written.value if name == "family" else written
        shown = _(_GLASS[value]) if name == "glass" and value in _GLASS else str(written)
        if name in ("case_number", "movement_number") and value == "illegible":
            shown = _("illegible")
        found.append(entry(name, _(_WATCH[name]) if name in _WATCH else name, value, shown))
    return tuple(found)


def statement(record: Record) -> Entries:
    order = record.order
    found = [
        entry("declared", _("In their words"), order.declared),
        entry("request", _("Reformulated request"), order.request),
    ]
    if order.expectation:
        found.append(entry("expectation", _("What they expect"), order.expectation))
    # What begins so is for the simulator: the planted fault is not for the sheet to tell.
    notes = {key: value for key, value in order.notes.items() if not key.startswith("simulated_")}
    return (*found, *(entry(f"note_{key}", str(key), value) for key, value in notes.items()))
