"""The papers of a workshop beside the sheet: labels with barcodes, slips, quotes, reports, certificate, claim file.

>>> paper = make("certificate", events, "fr", printed=now, head=journal.head())  # doctest: +SKIP
>>> to_pdf(paper)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.errors import UsageError
from bench.events import Event
from bench.language import msg, speaking
from bench.papers import certificate, claim, labels, slips
from bench.papers.labels import badges, confirm_card
from bench.papers.layout import to_html, to_pdf
from bench.papers.model import Label, Labels, Paper
from bench.papers.slips import Source
from bench.sheet.content import read, whole

KINDS: dict[str, Callable[[Source], Paper | Labels]] = {
    "custody-label": labels.custody_label,
    "parts-label": labels.parts_labels,
    "pre-diagnosis-slip": slips.pre_diagnosis,
    "explanation": slips.explanation,
    "pre-quote": slips.pre_quote,
    "test-plan": slips.test_plan,
    "diagnosis-report": slips.diagnosis_report,
    "quote-basis": slips.quote_basis,
    "operation-list": slips.operation_list,
    "certificate": certificate.certificate,
    "waiver": slips.waiver,
    "claim-file": claim.claim_file,
}
"""The papers of an order, by the name that a procedure's step gives them (`report`)."""


def make(
    kind: str,
    events: Sequence[Event],
    language: str,
    *,
    printed: str,
    head: tuple[int, str],
    earlier: Sequence[Event] = (),
) -> Paper | Labels:
    """Return the paper `kind` of the order that `events` belong to (`bench.sheet.events_of`), in one language.

    `earlier` are the events of the order that a complaint is about. Raises UsageError for a kind that does not exist,
    EtabliError (what, why, remedy) for a paper that the order does not give yet.
    """
    if kind not in KINDS:
        raise UsageError(
            msg("There is no paper “{kind}”.", kind=kind), remedy=msg("Known: {known}.", known=", ".join(KINDS))
        )
    with speaking(language):
        reading = read(events)
        sheet = whole(reading, language, printed=printed, head=head)
        return KINDS[kind](Source(reading, sheet, read(earlier) if earlier else None))


__all__ = ["KINDS", "Label", "Labels", "Paper", "badges", "confirm_card", "make", "to_html", "to_pdf"]
