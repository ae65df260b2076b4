"""`etabli paper KIND ORDER`: labels, slips, reports and certificates; badges and the confirm card of the bench."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from bench.errors import UsageError
from bench.language import N_, _, current, msg
from tui import lines, sheets
from tui.commands.sheet import deliver
from tui.folder import Folder

# The sheet's own versions, by the names that a procedure's steps give them.
SHEETS = {"tracking-sheet": "workshop", "customer-sheet": "customer"}
BADGE, CONFIRM = "badge", "confirm-card"

ABOUT = {
    "custody-label": N_("the label of the watch's bag"),
    "parts-label": N_("a label for each part with its reference"),
    "pre-diagnosis-slip": N_("what reception hands on to the workshop"),
    "explanation": N_("the work in plain words, for the customer"),
    "pre-quote": N_("the estimate for the customer"),
    "test-plan": N_("which tests, and why"),
    "diagnosis-report": N_("measures, states, defects, hypotheses"),
    "quote-basis": N_("operations, parts and times, for pricing"),
    "operation-list": N_("the operations of the signed quote"),
    "certificate": N_("the water-resistance certificate"),
    "waiver": N_("water-resistance not guaranteed, to be signed"),
    "claim-file": N_("an order and the earlier one that is complained of"),
    "tracking-sheet": N_("the tracking sheet, the workshop's copy"),
    "customer-sheet": N_("the tracking sheet, the customer's copy"),
    BADGE: N_("badges of the operators"),
    CONFIRM: N_("the card that a scanner confirms with"),
}


def run(arguments: Namespace) -> int:
    kind = arguments.kind
    if kind == "list":
        print(lines.table([_("paper"), _("what it is")], [[name, _(about)] for name, about in ABOUT.items()]))
        return 0
    if kind not in ABOUT:
        raise UsageError(
            msg("There is no paper “{kind}”.", kind=kind), remedy=msg("Known: {known}.", known=", ".join(ABOUT))
        )
    folder = Folder.home()
    language = arguments.lang if hasattr(arguments, "lang") else (folder.settings().language or current())
    if kind in (BADGE, CONFIRM):
        data = _of_the_workshop(kind, arguments, folder, language)
        return deliver(arguments, folder, f"{kind}-{language}.{arguments.format}", data)
    if arguments.order is None:
        raise UsageError(
            msg("The paper “{kind}” is of an order.", kind=kind), remedy=msg("Give the order's number after it.")
        )
    with folder.read_journal() as journal:
        if kind in SHEETS:
            data, seq = sheets.render(journal, arguments.order, arguments.format, language, SHEETS[kind])
        else:
            data, seq = sheets.paper(journal, kind, arguments.order, arguments.format, language)
    return deliver(arguments, folder, sheets.file_name(arguments.order, seq, language, arguments.format, kind), data)


def _of_the_workshop(kind: str, arguments: Namespace, folder: Folder, language: str) -> bytes:
    """Return the badges of all operators or of the one named, or the confirm card."""
    from bench import papers

    settings = folder.settings()
    at = datetime.now().astimezone().date().isoformat()
    if kind == CONFIRM:
        made = papers.confirm_card(language, workshop=settings.house.name, at=at)
    else:
        wanted = [each for each in settings.operators if arguments.order in (None, each.id)]
        if not wanted:
            known = ", ".join(each.id for each in settings.operators)
            raise UsageError(
                msg("There is no operator “{id}” here.", id=arguments.order), remedy=msg("Known: {known}.", known=known)
            )
        made = papers.badges(wanted, language, workshop=settings.house.name, at=at)
    return papers.to_pdf(made) if arguments.format == "pdf" else papers.to_html(made).encode()
