"""`etabli procedures list · show · check`: the steps of the work."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.errors import DataFileError, ExitCode
from bench.language import _
from bench.procedure.library import load
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
    problems = []
    if files:
        for file in files:
            try:
                load(Path(file))
            except DataFileError as error:
                problems.append(error)
    else:
        problems += [error for error in Folder.home().procedures().problems if isinstance(error, DataFileError)]
    for problem in problems:
        print(problem)
    if problems:
        return ExitCode.FAILURE
    print(_("No mistake found."), file=sys.stderr)
    return ExitCode.OK
