"""`etabli evidence list · show · export · observe`: the 97 criteria of a trainee's run."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.journal import Journal
from bench.language import _, current
from bench.sheet import events_of
from bench.training.evidence import Evidence, evidence
from bench.training.grid import block_title, grid_csv, grid_pdf, now
from bench.training.runs import KINDS, Run, Training, box_shown, find, runs
from tui import lines, proof, sheets
from tui.folder import Folder
from tui.headless import narrate
from tui.workshop import Workshop


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    if arguments.act == "observe":
        with Workshop.open(folder, instruments=False) as workshop:
            training = Training(workshop.desk)
            operator = workshop.operator(arguments.by)
            proof.sign_in(workshop.desk, operator)
            training.observe(
                training.run(arguments.run), arguments.criterion, arguments.box, arguments.remark, operator
            )
        narrate(_("Kept."))
        return 0
    with folder.read_journal() as journal:
        if arguments.act == "list":
            _list(journal)
            return 0
        told = find(journal, arguments.run)
        found = grid_of(journal, told)
        if arguments.act == "show":
            _show(told, found)
            return 0
        _export(arguments, folder, journal, told, found)
    return 0


def grid_of(journal: Journal, told: Run) -> list[Evidence]:
    """Return the 97 criteria of a run."""
    return evidence(events_of(journal, told.order) if told.order else [], told.observations, told.ends)


def _list(journal: Journal) -> None:
    headings = [_("run"), _("exercise"), _("trainee"), _("begun"), _("limit"), _("diagnosis"), _("revealed")]
    rows = [
        [
            each.id,
            each.exercise,
            each.name,
            each.begun[:16].replace("T", " "),
            _("{minutes} min").format(minutes=each.limit),
            ", ".join(each.diagnosis.defects) or "…" if each.diagnosis else "—",
            _("yes") if each.revealed else _("no"),
        ]
        for each in runs(journal.events(kinds=KINDS))
    ]
    print(lines.table(headings, rows))


def _show(told: Run, found: list[Evidence]) -> None:
    print(f"{told.id} · {told.name} · {told.exercise}")
    block = ""
    for each in found:
        if each.criterion.block != block:
            block = each.criterion.block
            print(f"\n{block_title(block)}")
        said = each.observation
        box = box_shown(said.box) if said and said.box else "☐"
        print(
            f"{each.criterion.id}  {each.criterion.text}  [{box}]" + (f" {said.remark}" if said and said.remark else "")
        )
        for step in each.seen:
            print(f"    {step.shown()}")


def _export(arguments: Namespace, folder: Folder, journal: Journal, told: Run, found: list[Evidence]) -> None:
    language = arguments.lang if hasattr(arguments, "lang") else (folder.settings().language or current())
    if arguments.format == "csv":
        data = ("\ufeff" + grid_csv(told, found, language)).encode()
    else:
        data = grid_pdf(
            told,
            found,
            language,
            workshop=folder.settings().house.name,
            printed=now(),
            head=journal.head(),
            events=events_of(journal, told.order) if told.order else [],
        )
    if arguments.output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    name = f"{told.id}-evidence-{language}.{arguments.format}"
    path = Path(arguments.output) if arguments.output else folder.sheets / name
    print(sheets.write(path, data, force=arguments.force))
