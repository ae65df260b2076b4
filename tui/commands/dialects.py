"""`etabli dialects list · show · check`: the instruments' protocols."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.errors import ExitCode
from bench.language import _
from drivers import dialects
from drivers.dialects import check, library, page
from tui import lines
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    Folder.home().use_dialects()
    match arguments.act:
        case "list":
            rows = []
            for name in dialects.available():
                dialect = dialects.load(name)
                rows.append([dialect.id, str(dialect.title), str(dialect.kind), dialect.source])
            print(lines.table([_("dialect"), _("title"), _("kind"), _("document")], rows))
        case "show":
            print(page.page(library.load(arguments.id).data), end="")
        case _:
            return _check(arguments.files)
    return 0


def _check(files: list[str]) -> int:
    paths = [Path(file) for file in files] or [library.path_of(name) for name in dialects.available()]
    problems = [problem for path in paths for problem in check.check(path)]
    for problem in problems:
        print(problem)
    if problems:
        return ExitCode.FAILURE
    print(_("No mistake found."), file=sys.stderr)
    return ExitCode.OK
