"""`etabli diagnose ORDER`: hints from the measurements of an order, each with what it rests on. Never a verdict."""

from __future__ import annotations

import json
from argparse import Namespace

from bench.diagnosis import Diagnosis, diagnose, known_of, load
from bench.errors import UsageError
from bench.language import _, msg
from bench.procedure.fold import fold
from bench.training.runs import hidden
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    with folder.read_journal() as journal:
        events = list(journal.events(order=arguments.order))
        unseen = hidden(journal, arguments.order, "hints")
    if not events:
        raise UsageError(
            msg("There is no order {number}.", number=arguments.order),
            remedy=msg("“etabli orders list” shows the known ones."),
        )
    if unseen:
        raise UsageError(
            msg("The hints on {number} are hidden: it is an exercise.", number=arguments.order),
            remedy=msg("They are shown with the answer."),
        )
    state = fold(events)
    book = load(folder.rules())
    judged, facts = known_of(state, arguments.phase or "")
    found = diagnose(judged, facts, state.order.watch.family, book)
    if arguments.json:
        print(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        _print(found)
    return 0


def _print(found: Diagnosis) -> None:
    if not found.hints:
        print(_("The measurements of this order suggest no fault."))
    if found.first_checks:
        print(_("To settle first:"))
        for check in found.first_checks:
            print(f"  {check.rule.id}  {check.question}")
        print()
    for hint in found.hints:
        print(f"{hint.rule.id}  {hint.text}")
        print(f"      {_('to do')}: {hint.rule.action.text}")
        defects = f" · {', '.join(hint.rule.defects)}" if hint.rule.defects else ""
        print(f"      {_('source')}: {hint.rule.source} ({hint.rule.mark}){defects}")
    for contradiction in found.contradictions:
        print(f"\n{_('These do not go together')}: {', '.join(contradiction.rules)}: {contradiction.why}")
    if found.hints:
        print("\n" + _("Hints only: the diagnosis is the technician's."))
