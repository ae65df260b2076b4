"""`etabli procedures list · show · check`: the steps of the work."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.errors import DataFileError, EtabliError, ExitCode
from bench.language import _, msg
from bench.procedure.library import ProcedureLibrary, load, lost
from bench.procedure.model import Procedure, Step
from tui import lines
from tui.answers import expected
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    library = Folder.home().procedures()
    match arguments.act:
        case "list":
            rows = [
                [p.id, str(p.title), ", ".join(str(family) for family in p.families), p.version, str(len(p.steps))]
                for p in library.all()
            ]
            print(lines.table([_("procedure"), _("title"), _("for"), _("version"), _("steps")], rows))
        case "show":
            _show(library.get(arguments.id))
        case _:
            return _check(arguments.files)
    return 0


def _show(procedure: Procedure) -> None:
    print(f"{procedure.title}  ({procedure.id}, {_('version')} {procedure.version}, {procedure.sha256[:12]})\n")
    rows = [
        [step.id, step.kind.value, str(step.title), str(step.role), _way(procedure, step), _asks(step)]
        for step in procedure.steps
    ]
    print(lines.table([_("step"), _("kind"), _("title"), _("role"), _("leads to"), _("asks")], rows))


def _way(procedure: Procedure, step: Step) -> str:
    ways = [f"{outcome} → {target}" for outcome, target in step.next.items()]
    return ", ".join(ways) if ways else procedure.following(step.id)


def _asks(step: Step) -> str:
    if step.measure is not None:
        return f"{step.measure.instrument}: {', '.join(dict.fromkeys(run.program for run in step.measure.run))}"
    return expected(step)


def _check(files: list[str]) -> int:
    """Check files, or the workshop's; a procedure of ours that was edited must still do what ours does."""
    problems: list[EtabliError] = []
    folder = Folder.home()
    library = folder.procedures()
    if files:
        for file in files:
            try:
                problems += _lost(load(Path(file), "workshop", library.modules))
            except DataFileError as error:
                problems.append(error)
    else:
        problems += library.problems
        problems += [each for procedure in library.all() for each in _lost(procedure)]
    for problem in problems:
        print(problem)
    if problems:
        return ExitCode.FAILURE
    print(_("No mistake found."), file=sys.stderr)
    return ExitCode.OK


def _lost(edited: Procedure) -> list[EtabliError]:
    """Return what an edited procedure no longer does that ours, of the same name or copied from, does."""
    ours = {each.id: each for each in ProcedureLibrary().all()}
    original = ours.get(edited.copied_from or edited.id)
    if edited.origin == "shipped" or original is None:
        return []
    missing = lost(original, edited)
    if not missing:
        return []
    what = msg(
        "{id} no longer does what {original} does: {lost}.", id=edited.id, original=original.id, lost="; ".join(missing)
    )
    return [EtabliError(what, remedy=msg("Give these back, or begin a procedure of its own (without copied_from)."))]
