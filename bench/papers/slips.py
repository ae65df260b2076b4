"""The papers of an order that show blocks of its sheet: slips for the workshop, reports, quotes, the waiver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.errors import EtabliError
from bench.language import N_, _, msg
from bench.operations import operations
from bench.papers import barcodes
from bench.papers.model import Paper
from bench.quantities import Value
from bench.sheet import facts, figures, model, words
from bench.sheet.blocks import forms_of
from bench.sheet.content import Reading, guarantees
from bench.sheet.customer import ENTRIES, results
from bench.sheet.record import NOTE
from bench.sheet.taken import Taken, last_attempts

_HEADS = ("watch",)


@dataclass(frozen=True)
class Source:
    """What papers are made from: the order read, its whole sheet, and for a complaint the earlier order."""

    reading: Reading
    sheet: model.Sheet
    earlier: Reading | None = None

    def block(self, key: str) -> model.Block:
        """Return a block of the sheet without what is empty, and without notes: those stay on the sheet."""
        found = next(block for block in self.sheet.blocks if block.key == key)
        entries = tuple(entry for entry in found.entries if entry.value not in (None, ""))
        forms = (replace(f, entries=tuple(e for e in f.entries if e.key != NOTE)) for f in found.forms)
        return replace(found, entries=entries, forms=tuple(form for form in forms if form.entries))

    def filled(self, *keys: str) -> tuple[model.Block, ...]:
        """Return those of the blocks that hold anything."""
        return tuple(block for block in map(self.block, keys) if block.state == "filled")

    def reported(self, report: str) -> tuple[model.Answers, ...]:
        """Return the answers of the newest visit of the steps that yield this paper, without notes."""
        record = self.reading.record
        answers = [
            answer
            for answer in record.latest(record.answers)
            if record.step_at(answer.seq, answer.step).get("report") == report and answer.key != NOTE
        ]
        return forms_of(record, self.reading.history, answers)

    def paper(self, kind: str, title: str) -> Paper:
        """Return the empty paper: which order, which watch, which state of the journal."""
        sheet = self.sheet
        return Paper(
            kind,
            sheet.language,
            sheet.number,
            title,
            sheet.workshop,
            sheet.subject,
            sheet.watermark,
            sheet.integrity,
            barcode=barcodes.ORDER + sheet.number,
        )


Builder = Callable[[Source], Paper]


def lacking(what: str, why: str, remedy: str) -> EtabliError:
    """Return the refusal of a paper that cannot be made yet."""
    return EtabliError(msg(what), msg(why), msg(remedy))


def pre_diagnosis(source: Source) -> Paper:
    paper = source.paper("pre-diagnosis-slip", _("Pre-diagnosis slip"))
    sent = source.reported("pre-diagnosis-slip")
    blocks = source.filled("customer", "watch", "statement", "accessories", "condition", "checks")
    return replace(
        paper,
        blocks=(*blocks, *_own(_("Handed on"), sent)),
        signatures=(_("Reception"), _("Received in the workshop, date and time")),
    )


def _own(title: str, forms: Sequence[model.Answers]) -> tuple[model.Block, ...]:
    """Return a block of a paper's own for the answers of its step."""
    return (model.Block("own", title, "filled", (), (), tuple(forms)),) if forms else ()


def _flat(title: str, forms: Iterable[model.Answers]) -> tuple[model.Block, ...]:
    """Return the answers as plain facts: for a customer, without who and when."""
    entries = tuple(
        replace(entry, note="") for form in forms for entry in form.entries if entry.value not in (None, "")
    )
    return (model.Block("own", title, "filled", entries),) if entries else ()


def pre_quote(source: Source) -> Paper:
    """The page for the customer. Raises EtabliError while labour, parts or delay is missing (C.1.3-d)."""
    record = source.reading.record
    asked = [step for step in record.planned.values() if step.get("report") == "pre-quote"]
    needed = {
        (step["id"], field["id"]): words.text(field["label"])
        for step in asked
        for field in step.get("fields", ())
        if field.get("quantity") in ("price", "delay") and field.get("required", True)
    }
    given = {(answer.step, answer.key): answer for answer in record.answers if answer.value is not None}
    missing = [label for key, label in needed.items() if key not in given]
    if missing or not needed:
        raise EtabliError(
            msg("There is no pre-quote for this order yet."),
            msg("Missing: {fields}.", fields=", ".join(missing))
            if missing
            else msg("Its procedure asks for none, or has not come to it."),
            msg("Fill in labour, parts and delay in the pre-quote step; zero is written as zero."),
        )
    priced_fields = [key for key in needed if given[key].planned.get("quantity") == "price"]  # labour and parts
    total = sum(_magnitude(given[key].value) for key in priced_fields)
    amount = facts.entry("total", _("Price frame"), total, facts.money(total))
    priced = _flat(_("Pre-quote"), source.reported("pre-quote"))
    blocks = [replace(block, entries=(*block.entries, amount)) for block in priced]
    return replace(
        source.paper("pre-quote", _("Pre-quote")),
        blocks=(*plain(source.filled("watch", "statement")), *_flat(_("Solution"), _solution(source)), *blocks),
        closing=(_("A pre-quote is an estimate. No work begins before you have signed the quote."),),
        signatures=(_("For the workshop"), _("The customer")),
    )


def _magnitude(value: object) -> float:
    return Value.from_json(dict(value)).magnitude if isinstance(value, Mapping) else float(str(value))


def plain(blocks: Sequence[model.Block]) -> tuple[model.Block, ...]:
    """Return blocks for a customer: the facts that are theirs, without notes and forms."""
    return tuple(
        replace(
            block,
            entries=tuple(
                replace(entry, note="")
                for entry in block.entries
                if entry.key in ENTRIES.get(block.key, ()) and entry.value not in (None, "")
            ),
            tables=(),
            forms=(),
        )
        for block in blocks
    )


def _solution(source: Source) -> tuple[model.Answers, ...]:
    """Return what the pre-quote's modules say of the solution and how it was explained."""
    record = source.reading.record
    answers = [
        answer
        for answer in record.latest(record.answers)
        if answer.fact == "solution"
        or (answer.has("kind") == "text" and record.step_at(answer.seq, answer.step).get("report") == "explanation")
    ]
    return forms_of(record, source.reading.history, answers)


def explanation(source: Source) -> Paper:
    """What is proposed, in plain words, with the words of the trade that it needs (C.1.3-b)."""
    known = operations()
    agreed = dict.fromkeys(key for quote in source.reading.record.quotes for key in quote.operations)
    explained = [
        facts.entry(key, str(known[key].label), key, _(_EXPLAINED[key])) for key in agreed or known if key in _EXPLAINED
    ]
    title = _("The work, explained") if agreed else _("What our work means")
    told = results(source.reading.values)
    measured = tuple(result.text for result in told)
    return replace(
        source.paper("explanation", _("Explanation for the customer")),
        blocks=(
            *plain(source.filled("watch", "statement")),
            *_flat(_("Solution"), _solution(source)),
            model.Block("own", title, "filled", tuple(explained)),
        ),
        closing=(*measured, *guarantees(source.reading.record, source.reading.values)),
    )


_EXPLAINED = {
    "diagnosis": N_("We open the watch, measure it and say what it needs. Nothing is repaired yet."),
    "full-service": N_("The movement is taken apart, cleaned, oiled, put together again and adjusted."),
    "regulation": N_("The rate is set so that the watch gains or loses as little as its maker promises."),
    "demagnetising": N_("A magnetic field that disturbs the watch is taken out of it."),
    "battery": N_("The old battery is replaced and recycled; current and rate are measured."),
    "movement-exchange": N_("The quartz movement is replaced by one that does the same; your dial and hands stay."),
    "gaskets": N_("The gaskets, which age, are replaced where the case was opened."),
    "crown": N_("The crown or its tube, through which water often enters, is replaced."),
    "glass": N_("The crystal is replaced, with its gasket."),
    "parts": N_("Worn or broken parts of the movement are replaced."),
    "water-resistance": N_("The closed case is tested with air under pressure, without water."),
    "polishing": N_("Light scratches are taken off; deep marks stay, because metal does not come back."),
    "strap": N_("The strap or clasp is replaced or repaired."),
}


def quote_basis(source: Source) -> Paper:
    """What the pricing department needs: defects with operation, part and time (C.2.5-c)."""
    blocks = source.filled("quote-basis", "diagnosis")
    if not source.filled("quote-basis"):
        raise lacking(
            N_("There is no basis for a quote yet."),
            N_("Nothing was handed on for pricing."),
            N_("Fill in operations, parts and times after the diagnosis."),
        )
    return replace(
        source.paper("quote-basis", _("Basis of the quote")),
        blocks=(*source.filled(*_HEADS), *blocks, *source.filled("plan")),
        signatures=(_("Handed on by"), _("Received for pricing")),
    )


def diagnosis_report(source: Source) -> Paper:
    """Measures, states, defects and hypotheses for who prices (C.2.5-a)."""
    measured = measures([value for value in source.reading.values if value.phase != "after"])
    block = model.Block("own", _("Measurements"), "filled", (), (measured,) if measured else ())
    if not (measured or source.filled("diagnosis", "inspection")):
        raise lacking(
            N_("There is no diagnosis to report yet."),
            N_("Nothing was measured and no defect entered."),
            N_("Do the tests and the analysis first."),
        )
    return replace(
        source.paper("diagnosis-report", _("Diagnosis report")),
        lead=source.sheet.reservations,
        blocks=(
            *source.filled("watch", "statement", "condition", "checks", "plan"),
            *((block,) if measured else ()),
            *source.filled("uncasing", "inspection", "diagnosis"),
        ),
        signatures=(_("Technician"), _("Workshop manager")),
    )


def measures(values: Sequence[Taken]) -> model.Table | None:
    """The current values in one table: value, limit, verdict, instrument."""
    lines = []
    for value in last_attempts(values).values():
        verdict, measurement = value.judged.verdict, value.measurement
        symbol, word, note = figures.verdict_words(verdict)
        cells = (
            f"{measurement.quantity.name} {value.label_shown}".strip(), words.phase(value.phase),
            f"{figures.shown(measurement.value, verdict.limit)} {figures.uncertainty_shown(measurement)}".strip(),
            verdict.limit.show() if verdict.limit else "—", f"{symbol} {word} {note}".strip(),
            f"{measurement.instrument.model} {measurement.instrument.serial}".strip(),
        )  # fmt: skip
        lines.append(model.Line(measurement.id, cells))
    heads = (_("Quantity"), _("When"), _("Value ± U"), _("Limit"), _("Verdict"), _("Instrument"))
    return model.Table("measures", "", heads, tuple(lines)) if lines else None


def operation_list(source: Source) -> Paper:
    """The operations of the signed quotes with level and time, and the lines of the procedure (C.3.1-b)."""
    record = source.reading.record
    known = operations()
    lines = []
    for quote in record.quotes:
        for key in quote.operations:
            found = known.get(key)
            cells = (
                facts.operation(key), str(found.level) if found else "—", facts.time(found.minutes) if found else "—",
                quote.reference,
            )  # fmt: skip
            lines.append(model.Line(key, cells))
    if not lines:
        raise lacking(
            N_("There is no operation list for this order yet."),
            N_("No quote with operations is signed."),
            N_("Enter the customer's signed quote with its operations."),
        )
    heads = (_("Operation"), _("Level"), _("Usual time"), _("Quote"))
    listed = model.Table("operations", "", heads, tuple(lines))
    return replace(
        source.paper("operation-list", _("Operation list")),
        blocks=(
            *source.filled("watch", "commercial"),
            model.Block("own", _("Operations"), "filled", (), (listed,)),
            *source.filled("preparation"),
        ),
        signatures=(_("Technician"), _("Workshop manager")),
    )


def test_plan(source: Source) -> Paper:
    if not source.filled("plan"):
        raise lacking(
            N_("There is no test plan for this order yet."),
            N_("Its step was not answered."),
            N_("Make the test plan first."),
        )
    return replace(
        source.paper("test-plan", _("Test plan")), blocks=source.filled("watch", "statement", "checks", "plan")
    )


def waiver(source: Source) -> Paper:
    """What the customer signs where the water-resistance is not vouched for (G-36)."""
    paper = source.paper("waiver", _("Water-resistance not guaranteed"))
    lead = [_("My watch is handed back to me without any promise that it resists water.")]
    lead += guarantees(source.reading.record, source.reading.values)
    lead.append(_("I was told to keep it away from water until it has been tested."))
    return replace(
        paper,
        lead=tuple(lead),
        blocks=(*plain(source.filled("customer", "watch")), *_flat(_("Why"), source.reported("waiver"))),
        signatures=(_("For the workshop"), _("The customer: date, name, signature")),
    )
