"""`etabli drivers list · check`: who speaks which dialect, and whether a driver keeps what every driver promises."""

from __future__ import annotations

import sys
from argparse import Namespace

from bench.errors import ExitCode, UsageError
from bench.language import _, msg
from drivers import extensions
from drivers.registry import DRIVERS
from tui import lines


def run(arguments: Namespace) -> int:
    if arguments.act == "list":
        return _list()
    return _check(arguments.names)


def _list() -> int:
    rows = []
    for name in sorted({*DRIVERS, *extensions.names()}):
        if name in DRIVERS:
            module, driver = DRIVERS[name]
            where = f"{module}:{driver}"
        else:
            found = extensions.driver(name)
            where = f"{found.__module__}:{found.__name__}" if found is not None else ""
        rows.append([name, where, _("Établi") if name in DRIVERS else _("another package")])
    print(lines.table([_("dialect"), _("driver"), _("from")], rows))
    return 0


def _check(names: list[str]) -> int:
    from drivers import conformance, trials

    broken = 0
    for name in names or [*trials.TRIALS, *extensions.names()]:
        trial = trials.find(name)
        if trial is None:
            raise UsageError(
                msg("There is no trial of “{name}”.", name=name),
                remedy=msg("Its package gives one under {group}; known: {known}.", **_known()),
            )
        print(name)
        for row, why in conformance.run(trial):
            title = _(conformance.CHECKS[row][1])
            print(f"  {'✓' if why is None else '✗'} {title}" + (f" : {why}" if why is not None else ""), flush=True)
            broken += why is not None
    print(
        _("{count} promises broken.").format(count=broken) if broken else _("Every promise is kept."), file=sys.stderr
    )
    return ExitCode.FAILURE if broken else ExitCode.OK


def _known() -> dict[str, str]:
    from drivers.trials import TRIALS

    return {"group": extensions.TRIALS, "known": ", ".join([*TRIALS, *extensions.names()])}
