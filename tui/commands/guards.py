"""`etabli guards`: the rules that stop or branch, each with who may lift it."""

from __future__ import annotations

from argparse import Namespace

from bench.errors import ExitCode
from bench.language import _
from bench.procedure.guards import RULES
from tui import lines


def run(_arguments: Namespace) -> int:
    rows = [[rule.code, str(rule.rule), str(rule.who)] for rule in RULES.values()]
    print(lines.table([_("rule"), _("what it says"), _("lifted by")], rows))
    return ExitCode.OK
