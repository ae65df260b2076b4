"""The customer's version of the sheet: what was asked, done and found, in plain words, nothing internal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.conformity import State
from bench.events import EventKind
from bench.language import N_, _
from bench.quantities import Value
from bench.sheet import facts, model, tables, words
from bench.sheet.figures import shown, state_of
from bench.sheet.places import BLOCKS
from bench.sheet.record import NOTE, Answer, Record
from bench.sheet.taken import Taken

# Of each block, the facts that a customer is given; blocks that are not named here stay in the workshop.
ENTRIES = {
    "identification": {"order", "workshop", "opened", "closed", "procedure"},
    "customer": {"customer", "contact"},
    "dates": {"received", "promised", "first_promised", "returned"},
    "commercial": {"quote", "how", "signed_at", "status", "ceiling", "declared_value", "warranty"},
    "watch": {
        "brand", "model", "reference", "case_number", "family", "water_resistance", "materials", "complications",
    },
    "accessories": {"accessories"},
    "statement": {"declared", "request", "expectation"},
    "handover": {"customer_signature"},
    "integrity": set(),
}  # fmt: skip
_TABLES = {"commercial", "accessories", "functions"}
_INTERNAL_FACTS = {"commercial_release"}

_NAMES = {
    "mean_rate": N_("Accuracy, mean of the positions"),
    "rate": N_("Accuracy"),
    "quartz_rate": N_("Accuracy"),
    "min_amplitude": N_("Lowest amplitude of the balance"),
    "amplitude": N_("Amplitude of the balance"),
    "max_beat_error": N_("Highest beat error"),
    "beat_error": N_("Beat error"),
    "residual_field": N_("Magnetism left in the watch"),
    "battery_voltage": N_("Battery voltage"),
    "consumption": N_("Current that the movement draws"),
    "power_reserve": N_("Power reserve"),
    "autonomy": N_("Expected battery life"),
    "leak_rate": N_("Water-resistance: leak rate"),
}
# Where the summary is there, its single values would only be repeated.
_SUMMARIES = {"rate": "mean_rate", "amplitude": "min_amplitude", "beat_error": "max_beat_error"}
_RATES = ("mean_rate", "rate", "quartz_rate")
_VERDICTS = {
    State.CONFORMING: N_("Within the limit."),
    State.CONDITIONALLY_CONFORMING: N_("Within the limit, but nearer to it than the measurement can tell."),
    State.CONDITIONALLY_NONCONFORMING: N_("Beyond the limit, but nearer to it than the measurement can tell."),
    State.NONCONFORMING: N_("Beyond the limit."),
    State.REFUSED: N_("Measured, without a verdict."),
}
_TERMS = {
    "mean_rate": (N_("Rate"), N_("How much the watch gains or loses in a day. A few seconds are usual.")),
    "quartz_rate": (
        N_("Rate"),
        N_("How much the watch gains or loses in a day. A quartz watch stays under one second."),
    ),
    "min_amplitude": (
        N_("Amplitude"),
        N_("How far the balance swings, in degrees. It shows how freely the movement runs."),
    ),
    "max_beat_error": (
        N_("Beat error"),
        N_("How unevenly tick and tock follow each other, in thousandths of a second."),
    ),
    "residual_field": (
        N_("Magnetism"),
        N_("A magnetised watch gains or stops. Phones, bags and loudspeakers do this."),
    ),
    "battery_voltage": (N_("Battery voltage"), N_("A new silver-oxide battery gives about 1.55 volts.")),
    "consumption": (N_("Consumption"), N_("The current that the movement draws: it decides how long a battery lasts.")),
    "power_reserve": (N_("Power reserve"), N_("How long the watch runs after it was fully wound.")),
    "autonomy": (N_("Battery life"), N_("What battery and consumption promise; how the watch is used changes it.")),
    "leak_rate": (
        N_("Water-resistance"),
        N_("How much air passes through the case under pressure. Gaskets age: have them tested once a year."),
    ),
}


def version(sheet: model.Sheet, record: Record, values: Sequence[Taken], reservations: Sequence[str]) -> model.Sheet:
    """Return the sheet as the customer gets it: made from what is named here, so that nothing else slips in."""
    found = results(values)
    blocks = [_block(block, record) for block in sheet.blocks if block.key in (*ENTRIES, *_TABLES)]
    blocks += [_condition(record), _done(record), _parts(record), _final(record)]
    order = list(BLOCKS)
    shown_blocks = sorted((b for b in blocks if b.state == "filled"), key=lambda block: order.index(block.key))
    return replace(
        sheet,
        version="customer",
        version_shown=_("customer's copy"),
        title=_("Report on your watch"),
        draft=model.Draft(sheet.draft.word, ()) if sheet.draft else None,
        completeness=model.Completeness(len(shown_blocks), len(shown_blocks), "", ()),
        reservations=tuple(reservations),
        results=found,
        glossary=_glossary(found),
        blocks=tuple(shown_blocks),
        measurements=(),
        attempts=(),
        log=(),
        incidents=(),
        corrections=(),
        signatures=(),
    )


def _filled(
    key: str, entries: Sequence[model.Entry], found: Sequence[model.Table] = (), title: str = ""
) -> model.Block:
    filled = bool(found) or any(entry.value not in (None, "") for entry in entries)
    state = "filled" if filled or key == "integrity" else "none"
    return model.Block(key, title or _(BLOCKS[key]), state, tuple(entries), tuple(found))


def _block(block: model.Block, record: Record) -> model.Block:
    entries = [replace(entry, note="") for entry in block.entries if entry.key in ENTRIES.get(block.key, ())]
    if block.key == "handover":
        entries += _handed_over(record)
    found = block.tables if block.key in _TABLES else ()
    if block.key == "commercial" and len(record.quotes) == 1:
        found = ()  # its one line would say the facts again
    return _filled(block.key, entries, [table for table in found if "." not in table.key])


def _handed_over(record: Record) -> list[model.Entry]:
    """What was said with the customer at the hand-over: advice, warranty, reservations."""
    return [
        model.Entry(answer.key, answer.label, str(answer.value), answer.shown)
        for answer in record.latest(record.answers)
        if _with_customer(record, answer)
        and answer.key not in (NOTE, "confirmed")
        and answer.fact not in (*_INTERNAL_FACTS, "customer_signature")
        and not answer.planned.get("each")
        and not answer.planned.get("technical")
        and answer.shown
    ]


def _with_customer(record: Record, answer: Answer) -> bool:
    """Whether it was said with the customer: at the hand-over itself, or as advice and dates of its module."""
    if "hand-over" in record.acts(answer.step):
        return True
    step = record.step_at(answer.seq, answer.step)
    return str(step.get("module", "")).startswith("RES") and answer.has("kind") in ("several", "date")


def _condition(record: Record) -> model.Block:
    return _filled("condition", (), [t for t in tables.condition(record, set(), plain=True) if t.key == "zones"])


def _done(record: Record) -> model.Block:
    """What was done: the operations agreed upon, and what hands did to the watch."""
    agreed = dict.fromkeys(key for quote in record.quotes for key in quote.operations)
    acts = dict.fromkeys(
        word for event in record.of(EventKind.HANDLED) if (word := words.act(str(event.payload["act"])))
    )
    entries = []
    if agreed:
        operations = ", ".join(facts.operation(key) for key in agreed)
        entries.append(facts.entry("operations", _("Work agreed upon"), operations))
    if acts:
        entries.append(facts.entry("acts", _("Done to the watch"), ", ".join(acts)))
    return _filled("work", entries, title=_("The work"))


def _parts(record: Record) -> model.Block:
    fitted = [
        answer
        for answer in record.latest(record.answers)
        if answer.fact.startswith("battery_reference") or answer.has("into") == "parts"
    ]
    single = [a for a in fitted if not a.planned.get("columns") and a.shown]
    entries = [model.Entry(a.key, a.label, str(a.value), a.shown) for a in single]
    return _filled("parts", entries, tables.lines(record, fitted, set(), plain=True))


def _final(record: Record) -> model.Block:
    """Who controlled the watch in the end, and what became of what the customer had complained of."""
    entries = []
    for event in record.of(EventKind.SIGNED):
        acts = event.payload.get("acts") or record.acts(event.payload["step"])
        if "final-control" in acts:
            name = str(event.payload["name"])
            entries = [facts.entry("controlled", _("Controlled by"), name, f"{name}, {words.day(event.at)}")]
    found = [table for table in tables.outcomes(record, set()) if table.key == "symptoms"]
    return _filled("final", entries, found)


def results(values: Sequence[Taken]) -> tuple[model.Result, ...]:
    """Return one sentence for each result that a customer can use: now, before the work, and how it stands."""
    measured = {value.measurement.quantity.id for value in values if value.current}
    told: dict[tuple[str, str], list[Taken]] = {}
    for quantity in (each for each in _NAMES if _SUMMARIES.get(each) not in measured):
        for value in values:
            if value.measurement.quantity.id == quantity and value.current:
                told.setdefault((quantity, value.place), []).append(value)
    return tuple(_result(quantity, place, mine) for (quantity, place), mine in told.items())


def _result(quantity: str, place: str, values: Sequence[Taken]) -> model.Result:
    before = [value for value in values if value.phase == "before"]
    since = [value for value in values if value.phase != "before"]
    cased = [value for value in since if value.label_shown == value.place] or since
    last = (cased or before)[-1]
    name = f"{_(_NAMES[quantity])} {place}".strip()
    parts = [_("{name}: {text}").format(name=name, text=_said(last))]
    if cased and before:
        parts[0] += "; " + _("before the work: {value}").format(value=_said(before[0]))
    elif not cased:
        parts[0] += " (" + _("before the work") + ")"
    state = state_of(last.judged.verdict)
    verdict = "" if state == "information" else _(_VERDICTS[last.judged.verdict.state])
    return model.Result(quantity, place, state, f"{parts[0]}. {verdict}".strip())


def _said(value: Taken) -> str:
    """Write a value in plain words: a rate as what the watch does."""
    measurement = value.measurement
    written = shown(measurement.value, value.judged.verdict.limit)
    if measurement.quantity.id not in _RATES:
        return written
    amount = Value(measurement.quantity, abs(measurement.value.magnitude)).show().lstrip("+−-")
    if measurement.value.magnitude > 0:
        return _("gains {amount}").format(amount=amount)
    return _("loses {amount}").format(amount=amount) if measurement.value.magnitude else _("keeps exact time")


def _glossary(found: Sequence[model.Result]) -> tuple[model.Term, ...]:
    """Explain the words that the results use, each once."""
    terms: dict[str, str] = {}
    for result in found:
        quantity = _SUMMARIES.get(result.quantity, result.quantity)
        if quantity in _TERMS:
            word, text = _TERMS[quantity]
            terms.setdefault(_(word), _(text))
    return tuple(model.Term(word, text) for word, text in terms.items())
