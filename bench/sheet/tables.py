"""Tables that the sheet makes from what was answered: condition map, counts, lists and what became of their entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.conformity import State
from bench.events import EventKind
from bench.language import N_, _, number
from bench.photos import PhotoKind
from bench.quantities import Value
from bench.sheet import model, words
from bench.sheet.record import Answer, Record, defect_shown
from bench.sheet.taken import Taken, last_attempts

ZONES = {
    "glass": N_("Crystal"),
    "bezel": N_("Bezel"),
    "case": N_("Case middle"),
    "back": N_("Case back"),
    "crown": N_("Crown"),
    "pushers": N_("Pushers"),
    "dial": N_("Dial"),
    "hands": N_("Hands"),
    "strap": N_("Strap or bracelet"),
    "clasp": N_("Clasp"),
    "moisture": N_("Moisture inside"),
}
_SOUND = ("ok", "none")
# At the end neighbouring zones are compared together with what was noted of each at the intake.
_AT_THE_END = {
    "glass": "glass",
    "bezel": "glass",
    "case": "case",
    "back": "case",
    "crown": "crown",
    "pushers": "crown",
    "dial": "dial",
    "hands": "dial",
    "strap": "strap",
    "clasp": "strap",
}

Used = set[tuple[int, str]]
"""The answers (event, field) that a table has taken: the forms below it need not say them again."""


def condition(record: Record, used: Used, *, plain: bool = False) -> list[model.Table]:
    """The condition map: zone by zone, as received and as it went back, with note and photo.

    `plain` says nothing of corrections.
    """
    zones = [answer for answer in record.answers if answer.fact.startswith("zone.")]
    if not zones:
        return []
    first = _source(record, zones[0])
    before = {answer.fact: answer for answer in zones if _source(record, answer) == first}
    after = {answer.fact: answer for answer in zones if _source(record, answer) != first}
    ends = {answer.fact.removeprefix("end."): answer for answer in record.answers if answer.fact.startswith("end.")}
    after |= {f"zone.{zone}": ends[group] for zone, group in _AT_THE_END.items() if group in ends}
    lines = []
    for zone, label in ZONES.items():
        told = [found.get(f"zone.{zone}") for found in (before, after)]
        if not any(told):
            continue
        cells = [_zone(record, answer, used, plain=plain) if answer else "—" for answer in told]
        changed = told[1] is not None and _differs(told[0], told[1])
        lines.append(
            model.Line(
                zone,
                (_(label), *cells) if after else (_(label), cells[0]),
                "changed" if changed else "" if told[0] and told[0].value in _SOUND else "noted",
            )
        )
    photos = _photos(record)
    columns = (_("Zone"), _("As received"), _("At the end")) if after else (_("Zone"), _("As received"))
    tables = [model.Table("zones", "", columns, tuple(lines))]
    return [*tables, photos] if photos else tables


def _differs(before: Answer | None, after: Answer) -> bool:
    """Whether a zone goes back otherwise than it came: said outright at the end, or by another answer."""
    if after.fact.startswith("end."):
        return str(after.value) != "same"
    return before is not None and str(before.value) != str(after.value)


def _source(record: Record, answer: Answer) -> str:
    """Return which map an answer belongs to: that of its module, else that of its step."""
    return str(record.step_at(answer.seq, answer.step).get("module") or answer.step)


def _zone(record: Record, answer: Answer, used: Used, *, plain: bool) -> str:
    """Write a zone's state with its note and its photo: the fields that are asked because of this one."""
    used.add(answer.id)
    parts = [answer.shown or "—"]
    for other in record.answers:
        if other.seq == answer.seq and answer.key in (other.planned.get("when") or {}) and other.shown:
            used.add(other.id)
            photo = other.planned.get("kind") == "photo"
            parts.append(_("photo {id}").format(id=words.short(str(other.value))) if photo else other.shown)
    if answer.note and not plain:
        parts.append(f"({answer.note})")
    return " · ".join(parts)


def _photos(record: Record) -> model.Table | None:
    lines = []
    for event in record.of(EventKind.PHOTO_ATTACHED):
        payload = event.payload
        photo = payload["photo"]
        sha256 = str(photo.get("sha256", "")) if isinstance(photo, Mapping) else str(photo)
        kind = str(PhotoKind(payload["kind"]) if payload["kind"] in set(PhotoKind) else payload["kind"])
        cells = (words.moment(event.at, offset=False), kind, words.short(sha256), str(payload.get("note") or ""))
        lines.append(model.Line(sha256, cells))
    columns = (_("When"), _("What it shows"), _("Photo"), _("Note"))
    return model.Table("photos", _("Photos"), columns, tuple(lines)) if lines else None


def lines(record: Record, answers: Iterable[Answer], used: Used, *, plain: bool = False) -> list[model.Table]:
    """Every answer that is a table itself: parts, defects, hypotheses, oils …, one line a row.

    `plain` says nothing of corrections.
    """
    tables = []
    for answer in answers:
        columns = answer.planned.get("columns") or ()
        if not columns or not isinstance(answer.value, list) or answer.id in used:
            continue
        used.add(answer.id)
        rows = [row for row in answer.value if isinstance(row, Mapping)]
        shown = [column for column in columns if any(row.get(column["id"]) not in (None, "", []) for row in rows)]
        outcomes = _outcomes(record) if answer.has("into") == "defects" else {}
        made = []
        for place, row in enumerate(rows):
            cells = [record.cell(column, row.get(column["id"])) or "—" for column in shown]
            code = next((str(row[c["id"]]) for c in columns if c["kind"] == "defect" and row.get(c["id"])), "")
            if outcomes:
                cells.append(outcomes.get(code, "—"))
            made.append(model.Line(code or str(place + 1), tuple(cells)))
        heads = [words.text(column["label"]) for column in shown] + ([_("Outcome")] if outcomes else [])
        title = answer.label
        if not plain:
            visit = _("visit {number}").format(number=answer.visit) if answer.visit > 1 else ""
            title = " · ".join(part for part in (answer.label, visit, answer.note) if part)
        if made:
            tables.append(model.Table(f"{answer.step}.{answer.key}", title, tuple(heads), tuple(made)))
    return tables


def _outcomes(record: Record) -> dict[str, str]:
    """Return what became of each symptom and defect, by its key: the newest answer."""
    return {answer.entry: answer.shown for answer in record.answers if answer.fact == "outcome" and answer.entry}


def entries(
    record: Record,
    name: str,
    facts: Sequence[str],
    heads: Sequence[str],
    used: Used,
    *,
    said: Callable[[str], str] = str,
) -> model.Table | None:
    """A list with the newest answer about each of its entries (accessories given back, functions controlled).

    A column for each of the `facts` that anything was answered about, the last of them always.
    """
    asked = [{a.entry: a for a in record.answers if a.has("each") == name and a.fact == fact} for fact in facts]
    known = record.lists.get(name, {})
    if not known and not any(asked):
        return None
    told_here = name not in ("symptoms", "defects")  # those two are listed where they were found, too
    for answer in record.answers:
        about = answer.has("each") == name and answer.fact in facts
        listed = answer.has("into") == name and answer.has("kind") == "several"
        if about or (listed and told_here):
            used.add(answer.id)
    kept = [place for place, found in enumerate(asked) if found or place == len(asked) - 1]
    told = []
    for key in {**known, **{key: key for found in asked for key in found}}:
        answers = [asked[place].get(key) for place in kept]
        shown = (answer.shown if answer else "—" for answer in answers)
        told.append(model.Line(key, (said(known.get(key) or key), *shown), "" if answers[-1] else "open"))
    columns = (heads[0], *(heads[place + 1] for place in kept))
    return model.Table(name, "", columns, tuple(told))


def accessories(record: Record, used: Used) -> list[model.Table]:
    heads = (_("Left with us"), _("Controlled"), _("Given back"))
    table = entries(record, "accessories", ("returned", "given_back"), heads, used)
    return [table] if table else []


def functions(record: Record, used: Used) -> list[model.Table]:
    heads = (_("Function"), _("Before"), _("Result"))
    table = entries(record, "functions", ("function_before", "function"), heads, used)
    return [table] if table else []


def outcomes(record: Record, used: Used) -> list[model.Table]:
    """What became of every symptom that was declared and every defect that was found (G-32)."""
    symptoms = entries(record, "symptoms", ("outcome",), (_("Declared at reception"), _("Outcome")), used)
    found = entries(record, "defects", ("outcome",), (_("Found at diagnosis"), _("Outcome")), used, said=_defect)
    return [table for table in (symptoms, found) if table]


def _defect(label: str) -> str:
    return defect_shown(label)


def counts(record: Record, used: Used) -> list[model.Table]:
    """What was taken out of the watch and put back (G-27)."""
    totals = record.counts()
    if not totals:
        return []
    labels: dict[str, str] = {}
    for answer in record.answers:
        what = answer.has("count_out") or answer.has("count_in")
        if what:
            used.add(answer.id)
            if answer.has("count_out"):
                labels.setdefault(what, answer.label)
    made = []
    for what, (out, back) in totals.items():
        lacks = out - back
        word = _("complete") if not lacks else _("{count} missing") if lacks > 0 else _("{count} too many")
        cells = (labels.get(what, what), number(out, 0), number(back, 0), word.format(count=number(abs(lacks), 0)))
        made.append(model.Line(what, cells, "wrong" if lacks else ""))
    return [model.Table("counts", "", (_("Pieces"), _("Taken out"), _("Put back"), _("Complete?")), tuple(made))]


def deviations(values: Sequence[Taken]) -> list[model.Table]:
    """Every current value outside its limit before or during the work: how far beyond, in its own unit (C.2.3-f)."""
    made = []
    for value in last_attempts(values).values():
        limit, verdict, measured = value.judged.verdict.limit, value.judged.verdict, value.measurement.value
        if limit is None or value.phase == "after" or limit.quantity != measured.quantity:
            continue
        beyond = _beyond(measured.magnitude, limit.low, limit.high)
        if not beyond and verdict.state in (State.CONFORMING, State.REFUSED):
            continue
        name = f"{measured.quantity.name} {value.label_shown}".strip()
        shown = Value(measured.quantity, beyond).show() if beyond else _("within the uncertainty")
        if beyond > 0 and not measured.quantity.signed:
            shown = f"+{shown}"
        cells = (name, words.phase(value.phase), measured.show(), limit.show(), shown, str(verdict.state))
        made.append(model.Line(value.measurement.id, cells))
    heads = (_("Quantity"), _("When"), _("Value"), _("Limit"), _("Deviation"), _("Verdict"))
    return [model.Table("deviations", _("Deviations: value − limit"), heads, tuple(made))] if made else []


def _beyond(value: float, low: float | None, high: float | None) -> float:
    if high is not None and value > high:
        return value - high
    if low is not None and value < low:
        return value - low
    return 0.0


def slips(record: Record) -> list[model.Table]:
    """Every move of the promised date: from, to, by whom, why, and how the customer was told (G-24)."""
    made = []
    for event in record.of(EventKind.PROMISE_MOVED):
        said: Mapping[str, Any] = event.payload
        cells = (
            words.day(said["from"]), words.day(said["to"]), str(said.get("name", "")), str(said.get("reason", "")),
            str(said.get("told", "")), words.moment(event.at, offset=False),
        )  # fmt: skip
        made.append(model.Line(str(event.seq), cells))
    heads = (_("Old date"), _("New date"), _("Who"), _("Reason"), _("Customer told"), _("When"))
    return [model.Table("slips", _("Slips of the promised date"), heads, tuple(made))] if made else []
