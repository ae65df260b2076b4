"""Labels that a scanner reads: for the watch's bag, for parts, for operators and for the confirm key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.errors import EtabliError
from bench.language import _, msg, speaking
from bench.papers.barcodes import CONFIRM, OPERATOR, ORDER, PART, modules
from bench.papers.model import Label, Labels
from bench.papers.slips import Source
from bench.people import Operator
from bench.sheet import words

# The id of the column under which a table of parts names the reference.
REFERENCE = "reference"


def custody_label(source: Source) -> Labels:
    """The label of the watch's bag: what a scan must find again is the order's number."""
    order, sheet = source.reading.record.order, source.sheet
    watch = order.watch
    accessories = source.reading.record.lists.get("accessories", {})
    lines = (
        sheet.subject,
        _("Case n° {number}").format(number=_("illegible") if watch.case_number == "illegible" else watch.case_number),
        " · ".join(
            part
            for part in (
                _("received {day}").format(day=words.day(order.received)) if order.received else "",
                _("promised {day}").format(day=words.day(order.promised)) if order.promised else "",
            )
            if part
        ),
        " · ".join(
            part
            for part in (
                order.customer,
                _("accessories: {count}").format(count=len(accessories)) if accessories else "",
            )
            if part
        ),
    )
    return _labels(source, "custody-label", _("Custody label"), [_label(ORDER, order.number, lines)])


def parts_labels(source: Source) -> Labels:
    """A label for each part that the order names by its reference. Raises EtabliError where it names none."""
    record = source.reading.record
    found: dict[str, str] = {}
    for answer in record.answers:
        rows = answer.value if isinstance(answer.value, list) else []
        for row in (row for row in rows if isinstance(row, Mapping)):
            reference = str(row.get(REFERENCE) or "").strip()
            if reference and reference not in ("-", "—", "–"):
                found[reference] = _told(answer.planned.get("columns") or (), row, record.cell)
    for fact in ("battery_reference",):
        if record.facts.get(fact):
            found.setdefault(str(record.facts[fact]), _("Battery"))
    if not found:
        raise EtabliError(
            msg("There is no part to label on this order."),
            msg("No answer of it names a part by its reference."),
            msg("Enter the parts with their references first."),
        )
    number = record.order.number
    labels = [_label(PART, reference, (told, number, source.sheet.subject)) for reference, told in found.items()]
    return _labels(source, "parts-label", _("Parts label"), labels)


def _told(columns: Iterable[Mapping[str, object]], row: Mapping[str, object], cell: object) -> str:
    """Write the rest of a part's row: what it is, how many."""
    assert callable(cell)
    parts = [str(cell(column, row.get(str(column["id"])))) for column in columns if column["id"] != REFERENCE]
    return " · ".join(part for part in parts if part)


def badges(operators: Iterable[Operator], language: str, *, workshop: str, at: str) -> Labels:
    """Badges for people: the code signs in, and a PIN still proves who it is. `at` is the ISO date of the file."""
    with speaking(language):
        labels = [
            _label(OPERATOR, each.badge, (", ".join(sorted(str(role) for role in each.roles)),), head=each.name)
            for each in operators
        ]
        return Labels("badge", language, _("Operator badges"), workshop, "", at, tuple(labels))


def confirm_card(language: str, *, workshop: str, at: str) -> Labels:
    """The card at the bench that confirms what is on the screen. `at` is the ISO date of the file."""
    with speaking(language):
        lines = (_("Scan to confirm what the screen asks."),)
        label = Label(CONFIRM, _("CONFIRM"), lines)
        return Labels("confirm-card", language, _("Confirm card"), workshop, "", at, (label,))


def _label(prefix: str, text: str, lines: Iterable[str], *, head: str = "") -> Label:
    modules(prefix + text)  # says what is wrong with it before anything is printed
    return Label(prefix + text, head or text, tuple(line for line in lines if line))


def _labels(source: Source, kind: str, title: str, labels: list[Label]) -> Labels:
    sheet = source.sheet
    mark = sheet.watermark.word if sheet.watermark else ""
    return Labels(kind, sheet.language, title, sheet.workshop, mark, sheet.integrity.last_at, tuple(labels))
