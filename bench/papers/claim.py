"""The claim file: the earlier order and this one side by side, so that the cause of a complaint can be found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.errors import EtabliError
from bench.events import EventKind
from bench.language import _, msg
from bench.papers.model import Paper
from bench.papers.slips import Source
from bench.sheet import facts, figures, model, tables, words
from bench.sheet.content import Reading, guarantees
from bench.sheet.taken import Taken


def claim_file(source: Source) -> Paper:
    """Raises EtabliError where the order is no complaint, or the earlier order is not known here."""
    now, earlier = source.reading, source.earlier
    number = now.record.order.complaint_of
    if not number:
        raise EtabliError(
            msg("This order is no complaint."),
            msg("It names no earlier order."),
            msg("Name the earlier order's number at reception, or print the order's sheet."),
        )
    if earlier is None:
        raise EtabliError(
            msg("The earlier order {number} is not in this journal.", number=number),
            msg("Its record cannot be set beside this one."),
            msg("Check the number, or ask the workshop that holds it."),
        )
    heads = (_("What"), number, now.record.order.number)
    blocks = (
        _side(_("The orders"), heads, _facts(earlier), _facts(now)),
        _side(_("Condition map"), heads, _zones(earlier), _zones(now)),
        _side(
            _("Measurements: given back then, come in now"), heads,
            _values(figures.final(earlier.values)), _values(_first(now.values)),
        ),
        _side(_("Declared and found"), heads, _outcomes(earlier), _outcomes(now)),
    )  # fmt: skip
    return replace(
        source.paper("claim-file", _("Claim file")),
        lead=tuple(guarantees(earlier.record, earlier.values)),
        blocks=(
            *source.filled("statement"),
            *(block for block in blocks if block.tables),
            *_parts(earlier),
        ),
        signatures=(_("Reception"), _("Workshop manager")),
    )


def _side(title: str, heads: tuple[str, ...], before: dict[str, str], now: dict[str, str]) -> model.Block:
    """Set two columns beside each other; what differs stands out."""
    lines = []
    for key in {**before, **now}:
        pair = (before.get(key, "—"), now.get(key, "—"))
        lines.append(
            model.Line(key, (key, *pair), "changed" if key in before and key in now and pair[0] != pair[1] else "")
        )
    found = (model.Table("side", "", heads, tuple(lines)),) if lines else ()
    return model.Block("own", title, "filled" if lines else "none", (), found)


def _facts(reading: Reading) -> dict[str, str]:
    record, order = reading.record, reading.record.order
    closed = record.last(EventKind.ORDER_CLOSED)
    quoted = ", ".join(facts.operation(key) for quote in record.quotes for key in quote.operations)
    signed = [e for e in record.of(EventKind.SIGNED) if "final-control" in (e.payload.get("acts") or ())]
    told = {
        _("Watch"): " ".join(part for part in (order.watch.brand, order.watch.model, order.watch.reference) if part),
        _("Case number"): order.watch.case_number,
        _("Received"): words.day(order.received),
        _("Closed"): words.day(closed.at) if closed else "",
        _("Request"): order.request,
        _("Operations"): quoted,
        _("Final control"): f"{signed[-1].payload['name']}, {words.day(signed[-1].at)}" if signed else "",
        _("Warranty until"): words.day(order.warranty),
    }
    return {label: shown for label, shown in told.items() if shown}


def _zones(reading: Reading) -> dict[str, str]:
    """Return each zone as it was last seen on that order."""
    found = tables.condition(reading.record, set(), plain=True)
    lines = [line for table in found if table.key == "zones" for line in table.lines]
    return {line.cells[0]: line.cells[-1] for line in lines}


def _first(values: Iterable[Taken]) -> list[Taken]:
    """Return the first value of each quantity and label: the watch as it came back."""
    found: dict[tuple[str, str], Taken] = {}
    for value in values:
        found.setdefault((value.measurement.quantity.id, value.label), value)
    return list(found.values())


def _values(values: Iterable[Taken]) -> dict[str, str]:
    told = {}
    for value in values:
        symbol, word, _note = figures.verdict_words(value.judged.verdict)
        name = f"{value.measurement.quantity.name} {value.place}".strip()
        told[name] = f"{figures.shown(value.measurement.value, value.judged.verdict.limit)} {symbol} {word}".strip()
    return told


def _outcomes(reading: Reading) -> dict[str, str]:
    lines = [line for table in tables.outcomes(reading.record, set()) for line in table.lines]
    return {line.cells[0]: line.cells[-1] for line in lines}


def _parts(reading: Reading) -> tuple[model.Block, ...]:
    """Return the parts that were fitted on the earlier order."""
    record = reading.record
    fitted = [a for a in record.answers if {"fit-part", "fit-battery"} & set(record.acts(a.step))]
    found = tables.lines(record, record.latest(fitted), set(), plain=True)
    title = _("Parts fitted on {number}").format(number=record.order.number)
    return (model.Block("own", title, "filled", (), tuple(found)),) if found else ()
