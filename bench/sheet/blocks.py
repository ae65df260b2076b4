"""The blocks of the sheet in their order: facts, tables and answers put together, and which of them are filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.events import Event, EventKind
from bench.language import _
from bench.sheet import facts, model, tables
from bench.sheet.history import History
from bench.sheet.places import BLOCKS, block_of, planned_blocks
from bench.sheet.record import Answer, Record
from bench.sheet.taken import Taken

# What an order has whatever its procedure says.
_ALWAYS = {"identification", "customer", "parties", "dates", "commercial", "watch", "statement", "log"}
# What is there where something happened, and lacks nothing where nothing did.
_UNASKED = {"work", "alerts", "corrections", "integrity"}

Used = tables.Used


def blocks(
    record: Record, history: History, events: Sequence[Event], values: Sequence[Taken]
) -> tuple[model.Block, ...]:
    """Return every block; `events` are those of the sheet (with sign-ins), `values` what was measured."""
    by_block: dict[str, list[Answer]] = {key: [] for key in BLOCKS}
    for answer in record.answers:
        by_block[_block(record, answer)].append(answer)
    used: Used = set()
    entries = {
        "identification": facts.identification(record, history),
        "customer": facts.customer(record),
        "parties": facts.parties(record, history, events),
        "dates": facts.dates(record),
        "commercial": facts.commercial(record),
        "watch": facts.watch(record),
        "accessories": _accessories(record),
        "statement": facts.statement(record),
        "handover": _handover(record, by_block["handover"], used),
    }
    made: dict[str, Callable[[], list[model.Table]]] = {
        "parties": lambda: facts.custody(record, history),
        "dates": lambda: tables.slips(record),
        "commercial": lambda: facts.quotes(record),
        "accessories": lambda: tables.accessories(record, used),
        "condition": lambda: tables.condition(record, used),
        "uncasing": lambda: tables.counts(record, used),
        "diagnosis": lambda: tables.deviations(values),
        "functions": lambda: tables.functions(record, used),
        "final": lambda: tables.outcomes(record, used),
        "alerts": lambda: history.alerts(),
    }
    used |= _told_by_facts(record)
    own = {key: make() for key, make in made.items()}  # before the forms: what a table says they need not say again
    expected = _expected(record)
    happened = _happened(record, history)
    found = []
    for key, title in BLOCKS.items():
        answers = by_block[key]
        extra = [*own.get(key, ()), *tables.lines(record, answers, used)]
        forms = forms_of(record, history, [answer for answer in answers if answer.id not in used])
        told = entries.get(key, ())
        left = key == "accessories" and bool(extra)  # that they go back is the hand-over's business
        said = left or any(line.mark != "open" for table in extra for line in table.lines)
        filled = bool(said or forms or key in happened or any(each.value not in (None, "") for each in told))
        state = "filled" if filled else "empty" if key in expected else "none"
        found.append(model.Block(key, _(title), state, told, tuple(extra), forms))
    return tuple(found)


def completeness(found: Sequence[model.Block]) -> model.Completeness:
    """Count the blocks that this work has and those that are filled."""
    counted = [block for block in found if block.state != "none" and block.key not in _UNASKED]
    gaps = tuple(block.title for block in counted if block.state == "empty")
    filled, total = len(counted) - len(gaps), len(counted)
    shown = _("{filled} of {total} blocks filled").format(filled=filled, total=total)
    return model.Completeness(filled, total, shown, gaps)


def _block(record: Record, answer: Answer) -> str:
    step = record.step_at(answer.seq, answer.step)
    return block_of(step, answer.planned)


def _expected(record: Record) -> set[str]:
    """Return the blocks that the steps are to fill: of a closed order those done, else those still possible."""
    closed = record.last(EventKind.ORDER_CLOSED) is not None
    steps = record.visited() if closed else set(record.planned) - record.passed_over()
    return _ALWAYS.union(*(planned_blocks(record.planned.get(step, {})) for step in steps))


def _happened(record: Record, history: History) -> set[str]:
    """Return the blocks that are filled by something else than answers."""
    kinds = {event.kind for event in record.events}
    found = {"integrity"}
    if EventKind.STEP_STARTED in kinds:
        found.add("log")
    if EventKind.MEASURED in kinds:
        found.add("measurements")
    if EventKind.SIGNED in kinds:
        found.add("final")
    if EventKind.CORRECTED in kinds:
        found.add("corrections")
    if history.incidents():
        found.add("alerts")
    return found


def _told_by_facts(record: Record) -> Used:
    """Return the answers that only filled in the order or the quote, which the facts of a block say already."""
    filled = ("customer", "contact", "declared", "request", "expectation", "received", "promised", "accessories")
    said = [a for a in record.answers if a.has("order").startswith("watch.") or a.has("order") in filled]
    newest = {answer.has("order"): answer.value for answer in said}
    # A choice reads otherwise in the form than in the order's fact: both stay.
    told = [a for a in said if a.value == newest[a.has("order")] and a.has("kind") in ("text", "date")]
    if record.quotes:
        told += [a for a in record.answers if a.has("quote") and a.has("kind") != "choice"]
    return {answer.id for answer in told if not answer.note}


def _accessories(record: Record) -> tuple[model.Entry, ...]:
    written = record.order.accessories
    return (facts.entry("accessories", _("Accessories left"), written),) if written else ()


def _handover(record: Record, answers: Sequence[Answer], used: Used) -> tuple[model.Entry, ...]:
    found = []
    signed = [answer for answer in answers if answer.fact == "customer_signature"]
    if signed:
        used.update(answer.id for answer in signed)
        found.append(facts.entry("customer_signature", _("Customer's signature"), signed[-1].shown))
    return tuple(found)


def forms_of(record: Record, history: History, answers: Sequence[Answer]) -> tuple[model.Answers, ...]:
    """One form an event, with the answers that no table has taken; several blocks may share an event."""
    by_event: dict[int, list[Answer]] = {}
    for answer in answers:
        by_event.setdefault(answer.seq, []).append(answer)
    found = []
    for seq, mine in sorted(by_event.items()):
        event = record.event(seq)
        found.append(
            model.Answers(
                step=mine[0].step,
                title=history.title(mine[0].step),
                visit=mine[0].visit,
                operator=history.name(event),
                at=event.at,
                at_shown=history.when(event.at),
                late=record.late(event),
                entries=tuple(_entry(answer) for answer in mine),
            )
        )
    return tuple(found)


def _entry(answer: Answer) -> model.Entry:
    value = answer.value
    plain = value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
    return model.Entry(answer.key, answer.label, plain, answer.shown or "—", answer.note)
