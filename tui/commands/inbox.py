"""`etabli inbox`: what waits for the hierarchy, and deciding it: `inbox accept ORDER ALERT --reason … --by …`;
`inbox close ORDER INSTRUMENT --outcome …` says what becomes of a watch whose verdicts do not stand.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from bench import hierarchy
from bench.errors import UsageError
from bench.inbox import Sort, Waiting, inbox
from bench.language import _, msg
from bench.reviews import Outcome, close
from tui import lines, proof
from tui.folder import Folder

if TYPE_CHECKING:
    from bench.alerts import Alert
    from bench.metrology import InstrumentRecord


def run(arguments: Namespace) -> int:
    if arguments.act == "close":
        return _close(arguments)
    if arguments.act is not None:
        return _decide(arguments)
    found = read(Folder.home())
    if arguments.format == "json":
        print(json.dumps([entry.to_json() for entry in found], ensure_ascii=False, indent=2))
    elif not found:
        print(_("Nothing waits for the hierarchy."))
    else:
        headings = [_("holds up"), _("since"), _("order"), _("what"), "", _("by"), _("waits for"), _("id")]
        print(lines.table(headings, [_cells(entry) for entry in found]))
    return 0


def read(folder: Folder) -> list[Waiting]:
    """Return the inbox of a workshop, read beside its bench. Raises EtabliError."""
    from bench.register import Register

    given = _given(folder)
    library = folder.profiles()
    with folder.read_journal() as journal:
        records = Register(journal).records(given)
        return inbox(journal, folder.procedures(), library if library.own else None, records, date.today())


def _given(folder: Folder) -> Sequence[InstrumentRecord]:
    settings = folder.settings()
    if settings.simulation is None:
        return settings.records
    from drivers.simulated import SimulatedBench

    with SimulatedBench(seed=settings.simulation.seed) as bench:
        return (*bench.records, *settings.records)


def _cells(entry: Waiting) -> list[str]:
    return [
        "!" if entry.blocking else "",
        since(entry.since),
        entry.order or "—",
        str(entry.title),
        str(entry.text),
        entry.by or "—",
        str(entry.waits_for),
        entry.subject if entry.sort in (Sort.ALERT, Sort.REVIEW) else "",
    ]


def since(at: str) -> str:
    """Write since when something waits: a day, or a day with its time."""
    if len(at) <= 10:
        return at or "—"
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def _decide(arguments: Namespace) -> int:
    from tui.workshop import Workshop

    missing = [name for name in ("order", "alert", "reason", "by") if not getattr(arguments, name)]
    if missing:
        raise UsageError(
            msg("To decide, say which alert of which order, why, and who decides."),
            remedy=msg("Write: etabli inbox {act} ORDER ALERT --reason “…” --by ID.", act=arguments.act),
        )
    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by)
        pin = proof.ask_or_take(workshop.desk, operator)
        workshop.desk.authenticate(operator, pin)
        work = workshop.desk.work(arguments.order)
        alert = _alert(work.state.alerts, arguments.alert)
        hierarchy.decide(work, alert, accept=arguments.act == "accept", reason=arguments.reason, pin=pin)
    print(f"{arguments.order} {alert}: {_('accepted') if arguments.act == 'accept' else _('refused')}")
    return 0


def _close(arguments: Namespace) -> int:
    from tui.workshop import Workshop

    missing = [name for name in ("order", "alert", "outcome", "reason", "by") if not getattr(arguments, name)]
    if missing:
        raise UsageError(
            msg(
                "To close a review, say of which order and instrument, what becomes of the watch, why, and who decides."
            ),
            remedy=msg("Write: etabli inbox close ORDER INSTRUMENT --outcome recalled --reason “…” --by ID."),
        )
    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by)
        pin = proof.ask_or_take(workshop.desk, operator)
        workshop.desk.authenticate(operator, pin)
        outcome = Outcome(arguments.outcome)
        close(workshop.desk, arguments.order, arguments.alert, outcome, arguments.reason, pin)
    print(f"{arguments.order} {arguments.alert}: {outcome}")
    return 0


def _alert(alerts: Sequence[Alert], written: str) -> str:
    """Return the id that was meant: whole, or the beginning of one only."""
    fitting = [alert.id for alert in alerts if alert.id.startswith(written)]
    return fitting[0] if len(fitting) == 1 else written
