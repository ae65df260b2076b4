"""The content of a tracking sheet: a pure projection of one order's events, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.events import Event, EventKind, pin
from bench.language import N_, _, msg, number, speaking
from bench.measurement import Provenance
from bench.order import RepairOrder, Watch
from bench.sheet import figures, model, words
from bench.sheet.history import History, role, uniform_offset
from bench.sheet.taken import Taken, taken

if TYPE_CHECKING:
    from bench.journal import Journal


def content(events: Sequence[Event], language: str, *, printed: str, head: tuple[int, str]) -> dict[str, Any]:
    """Return the sheet of the order that `events` belong to, as plain JSON data.

    `events` in their sequence, with the sign-ins that name the operators (`events_of`). `printed` is the ISO time with
    offset of the printing, `head` the journal's newest (seq, hash). The same arguments give the same content.
    Raises UsageError when the order was never opened.
    """
    with speaking(language):
        sheet: dict[str, Any] = model.plain(_sheet(events, language, printed, head))
        return sheet


def events_of(journal: Journal, number: str) -> list[Event]:
    """Return what a sheet of the order `number` is made from: its events, its procedure as it was pinned, and the
    sign-ins before the last of its events.
    """
    mine = list(journal.events(order=number))
    opened = [event.payload["procedure"]["sha256"] for event in mine if event.kind is EventKind.ORDER_OPENED]
    pinned = [event for sha256 in opened for event in journal.events(order=pin(sha256))]
    last = mine[-1].seq if mine else 0
    signed_in = [event for event in journal.events(kinds=[EventKind.SIGNED_IN]) if event.seq < last]
    return sorted([*pinned, *mine, *signed_in], key=lambda event: event.seq)


def _sheet(events: Sequence[Event], language: str, printed: str, head: tuple[int, str]) -> model.Sheet:
    opened = next((event for event in events if event.kind is EventKind.ORDER_OPENED), None)
    if opened is None:
        raise UsageError(
            msg("There is no sheet for an order that was never opened."),
            remedy=msg("Check the order number: “etabli orders list” shows the known ones."),
        )
    order = RepairOrder.from_json(opened.payload["order"])
    mine = [event for event in events if event.order == order.number]
    names = _names(events)
    history = History(mine, names, _planned(events))
    closed = next((event for event in reversed(mine) if event.kind is EventKind.ORDER_CLOSED), None)
    quotes = [event.payload for event in mine if event.kind is EventKind.QUOTE_SIGNED]
    quote = quotes[-1] if quotes else (vars(order.quote) if order.quote else None)
    values = taken(mine)
    missing = () if closed else history.missing(order.missing(), quote is not None)
    outcome = str(closed.payload.get("outcome", "")) if closed else ""
    offset = uniform_offset(mine)
    return model.Sheet(
        format=model.FORMAT,
        language=language,
        number=order.number,
        title=_("Intervention tracking sheet"),
        workshop=str(opened.payload.get("workshop", "")),
        subject=" ".join(part for part in (order.watch.brand, order.watch.model, order.watch.reference) if part),
        time_note=_("Times are {offset}.").format(offset=offset) if offset else "",
        watermark=_watermark(values),
        draft=None if closed else model.Draft(_("DRAFT"), missing),
        outcome=model.Outcome(outcome, words.outcome(outcome), words.outcome_symbol(outcome)),
        blocks=tuple(_blocks(opened, closed, order, quote, history, events)),
        reservations=tuple(_reservations(opened, values, history)),
        measurements=figures.groups(values),
        attempts=figures.attempts(values),
        answers=history.answers(),
        log=history.log(),
        incidents=history.incidents(),
        corrections=history.corrections(),
        signatures=history.signatures(),
        integrity=model.Integrity(
            events=len(mine),
            first_seq=mine[0].seq,
            last_seq=mine[-1].seq,
            last_at=mine[-1].at,
            last_hash=mine[-1].hash,
            head_seq=head[0],
            head_hash=head[1],
            printed=printed,
            printed_shown=words.moment(printed),
        ),
    )


def _internal(note: str) -> bool:
    """Whether a note is for the simulator: the planted fault is not for the sheet to tell."""
    return note.startswith("simulated_")


def _planned(events: Sequence[Event]) -> Sequence[Mapping[str, Any]]:
    """Return the steps of the pinned procedure, () where the events do not hold it."""
    pinned = next((event for event in events if event.kind is EventKind.PROCEDURE_PINNED), None)
    return pinned.payload["content"]["step"] if pinned else ()


def _names(events: Sequence[Event]) -> dict[str, str]:
    """Return the names of the operators, as they signed in or signed."""
    return {
        str(event.payload.get("operator") or event.operator): str(event.payload["name"])
        for event in events
        if event.kind in (EventKind.SIGNED_IN, EventKind.SIGNED) and event.payload.get("name")
    }


def _watermark(values: Sequence[Taken]) -> model.Watermark | None:
    found = {value.measurement.provenance for value in values if value.measurement.provenance.watermarked}
    if not found:
        return None
    parts = {Provenance.SIMULATED: N_("SIMULATION"), Provenance.REPLAYED: N_("REPLAY")}
    word = " · ".join(_(parts[provenance]) for provenance in parts if provenance in found)
    note = _("This sheet holds simulated or replayed values: it can't become a customer's sheet.")
    return model.Watermark(word, note, tuple(sorted(provenance.value for provenance in found)))


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
}
_GLASS = {"small": N_("small"), "medium": N_("medium"), "large": N_("large")}


def _entry(key: str, label: str, value: Any, shown: str | None = None, note: str = "") -> model.Entry:
    plain = value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
    return model.Entry(key, label, plain, (str(value or "") if shown is None else shown) or "—", note)


def _blocks(
    opened: Event,
    closed: Event | None,
    order: RepairOrder,
    quote: Mapping[str, Any] | None,
    history: History,
    events: Sequence[Event],
) -> list[model.Block]:
    payload = opened.payload
    procedure = payload["procedure"]
    pinned = f"{procedure['id']} {procedure['version']} · {_short(procedure['sha256'])}"
    identification = [
        _entry("order", _("Repair order"), order.number),
        _entry("workshop", _("Workshop"), payload.get("workshop", "")),
        _entry("station", _("Station"), opened.station),
        _entry("opened", _("Opened"), opened.at, words.moment(opened.at)),
        _entry("closed", _("Closed"), closed.at if closed else None, words.moment(closed.at) if closed else _("open")),
        _entry("procedure", _("Procedure"), procedure["id"], words.text(procedure["title"]), pinned),
        _profile("calibre_profile", _("Calibre profile"), payload["profiles"].get("calibre")),
        _profile("case_profile", _("Case profile"), payload["profiles"].get("case")),
    ]
    dates = [
        _entry("received", _("Received"), order.received, words.moment(order.received)),
        _entry("promised", _("Promised"), order.promised, words.moment(order.promised)),
    ]
    signed_at = str(quote["signed_at"]) if quote else ""
    commercial = (
        [
            _entry("quote", _("Quote"), quote["reference"]),
            _entry("how", _("Accepted by"), quote["how"]),
            _entry("signed_at", _("Signed"), signed_at, words.moment(signed_at)),
        ]
        if quote
        else [_entry("quote", _("Quote"), None, _("not signed"))]
    )
    watch = []
    for name in Watch.__dataclass_fields__:
        written = getattr(order.watch, name)
        value = written.value if name == "family" else written
        shown = _(_GLASS[value]) if name == "glass" and value in _GLASS else str(written)
        watch.append(_entry(name, _(_WATCH[name]) if name in _WATCH else name, value, shown))
    return [
        model.Block("identification", _("Identification"), tuple(identification)),
        model.Block("watch", _("Watch"), tuple(watch)),
        model.Block("parties", _("People"), tuple(_parties(order, history, events))),
        model.Block("dates", _("Dates"), tuple(dates)),
        model.Block("commercial", _("Agreement"), tuple(commercial)),
        model.Block(
            "request",
            _("Request and accessories"),
            (
                _entry("declared", _("The customer says"), order.declared),
                _entry("request", _("Reformulated request"), order.request),
                _entry("accessories", _("Accessories left"), order.accessories),
                *(_entry(f"note_{key}", str(key), value) for key, value in order.notes.items() if not _internal(key)),
            ),
        ),
    ]


def _profile(key: str, label: str, profile: Mapping[str, Any] | None) -> model.Entry:
    if not profile:
        return _entry(key, label, None, _("none"))
    state = _("approved") if profile["approved"] else _("draft, not approved: no verdict")
    pinned = f"{profile['id']} {profile['version']} · {_short(profile['sha256'])} · {state}"
    return _entry(key, label, profile["id"], str(profile.get("name") or profile["id"]), pinned)


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if len(digest) > 12 else digest


def _parties(order: RepairOrder, history: History, events: Sequence[Event]) -> list[model.Entry]:
    """The customer's reference, then everyone who worked on the order, in the roles they had at that moment."""
    acting: dict[str, str] = {}
    roles: dict[str, dict[str, None]] = {}
    for event in events:
        if event.kind in (EventKind.SIGNED_IN, EventKind.SIGNED):
            acting[str(event.payload.get("operator") or event.operator)] = role(event.payload["role"])
        if event.order == order.number and event.operator:
            held = roles.setdefault(event.operator, {})
            if event.operator in acting:
                held[acting[event.operator]] = None
    people = [
        _entry("operator", history.names.get(who, who), who, ", ".join(held) or _("operator"))
        for who, held in roles.items()
    ]
    return [_entry("customer", _("Customer (reference)"), order.customer), *people]


def _reservations(opened: Event, values: Sequence[Taken], history: History) -> list[str]:
    mine = history.events
    handled = [event.payload for event in mine if event.kind is EventKind.HANDLED]
    closures = [payload["closure"] for payload in handled if payload.get("closure") is not None]
    alerts = [event.payload for event in mine if event.kind is EventKind.ALERT_RAISED]
    found = [words.message(alert["text"]) for alert in alerts if alert["alert"] == "reservation"]
    found += figures.reservations(values, closures[-1] if closures else None)
    tests = [event.payload for event in mine if event.kind is EventKind.MEASURED]
    for payload in {payload["step"]: payload for payload in tests}.values():
        if payload.get("aborted") and payload.get("phase") != "before":
            found.append(f"{history.title(payload['step'])}: {words.message(payload['aborted'])}")
    was_opened = any(payload["act"] == "open" for payload in handled)
    if was_opened and not any(value.group == "water-resistance" for value in values):
        found.append(_("Water-resistance not guaranteed: the case was opened and not tested since."))
    for profile in opened.payload["profiles"].values():
        if profile and not profile["approved"]:
            name = profile.get("name") or profile["id"]
            found.append(_("The profile {name} is a draft: no verdict rests on it.").format(name=name))
    interrupted = sum(event.kind is EventKind.MEASUREMENT_INTERRUPTED for event in mine)
    if interrupted:
        found.append(_("Interrupted measurements: {count} (see the incidents).").format(count=number(interrupted)))
    return found
