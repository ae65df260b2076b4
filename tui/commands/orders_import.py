"""`etabli orders import`: the counter's orders, row by row: what is good, what is bad and why, and taking them in."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.errors import ExitCode, UsageError
from bench.import_orders import Bad, Good, ImportPlan, OwnNames, plan, take_in
from bench.language import _, msg
from tui import lines, proof
from tui.folder import Folder
from tui.workshop import Workshop


def run(arguments: Namespace) -> int:
    own = OwnNames.load(Path(arguments.mapping)) if arguments.mapping else OwnNames()
    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by) if arguments.by else None
        if operator is not None:
            workshop.desk.authenticate(operator, proof.ask_or_take(workshop.desk, operator))
        elif arguments.customers and not arguments.dry_run:
            raise UsageError(msg("Who files customers must be named."), remedy=msg("Add --by with an operator's id."))
        made = plan(workshop.desk, Path(arguments.file), own, people=arguments.customers)
        _tell(made)
        if arguments.dry_run:
            print(_table([*made.good, *made.bad]))
            return ExitCode.FAILURE if made.bad else ExitCode.OK
        if made.bad:
            print(_table(made.bad))
        if not made.good or (made.bad and not arguments.only_good):
            _say(_("Nothing was imported."))
            if made.good:
                _say(_("--only-good imports the {count} good rows.").format(count=len(made.good)))
            return ExitCode.FAILURE
        if arguments.customers and operator is not None:
            from bench.customers import Customers

            with workshop.folder.customer_store() as store:
                orders = take_in(workshop.desk, made, Customers(store, workshop.journal, operator))
        else:
            orders = take_in(workshop.desk, made)
        sentence = _("{count} orders imported: {first} … {last}.")
        _say(sentence.format(count=len(orders), first=orders[0].number, last=orders[-1].number))
    return ExitCode.OK


def _tell(made: ImportPlan) -> None:
    counts = _("{encoding}, {form}: {good} good rows, {bad} bad.")
    _say(counts.format(encoding=made.encoding, form=made.form, good=len(made.good), bad=len(made.bad)))
    if made.columns.left_out:
        _say(_("Columns left out: {names}.").format(names=", ".join(f"“{name}”" for name in made.columns.left_out)))


def _table(rows: list[Good | Bad] | tuple[Bad, ...]) -> str:
    headings = [_("line"), _("order"), _("watch"), _("column"), _("result")]
    ordered = sorted(rows, key=lambda row: row.line)
    return lines.table(headings, [cells for row in ordered for cells in _cells(row)])


def _cells(row: Good | Bad) -> list[list[str]]:
    if isinstance(row, Bad):
        return [[str(row.line), row.number, "", each.column, f"✘ {each.reason}"] for each in row.problems]
    watch = " ".join(word for word in (row.order.watch.brand, row.order.watch.model) if word)
    lacking = [name for name in row.order.missing() if not (row.person and name == "customer reference")]
    words = _("still missing: {missing}").format(missing=", ".join(_(name) for name in lacking))
    return [[str(row.line), row.order.number, watch, "", f"✔ {words}" if lacking else "✔"]]


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
