"""`etabli criteria`: what each criterion of the trade rests on, in all procedures or in one."""

from __future__ import annotations

from argparse import Namespace

from bench.criteria.coverage import coverage
from bench.criteria.page import by, where
from bench.errors import ExitCode
from bench.language import _
from tui import lines
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    """Print the table; with `--missing`, fail where anything is."""
    library = Folder.home().procedures()
    procedures = (library.get(arguments.tree),) if arguments.tree else library.all()
    found = coverage(procedures)
    missing = [each for each in found.values() if not each.met]
    names = {procedure.id: procedure.id for procedure in procedures}
    rows = [
        [
            each.criterion.id,
            str(each.criterion.kind),
            str(each.criterion.text),
            "; ".join(str(gap) for gap in each.gaps) if arguments.missing else by(each, names=False),
            "; ".join(where(each, names)) if arguments.tree else str(len(each.places)),
        ]
        for each in (missing if arguments.missing else found.values())
    ]
    heads = [
        _("criterion"),
        _("kind"),
        _("what it says"),
        _("missing") if arguments.missing else _("rests on"),
        _("where") if arguments.tree else _("steps"),
    ]
    if rows:
        print(lines.table(heads, rows))
        print()
    told = _("{met} of {all} criteria are supported.")
    print(told.format(met=len(found) - len(missing), all=len(found)))
    return ExitCode.FAILURE if arguments.missing and missing else ExitCode.OK
