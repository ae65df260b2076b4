"""The command line's grammar: every command with its options, in the language in force. Imports nothing heavy."""

from __future__ import annotations

import argparse
from argparse import SUPPRESS, ArgumentParser

from bench.catalogue import LANGUAGES, N_, _
from tui.version import VERSION

STATES = ("conforming", "conditionally-conforming", "conditionally-nonconforming", "nonconforming", "refused")
PROVENANCES = ("real", "simulated", "replayed", "manual")
SHEET_FORMATS = ("pdf", "html", "json")
LOG_FORMATS = ("table", "jsonl", "csv")

# What argparse itself says; here so that the catalogues hold it.
_ARGPARSE = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
)


class _Group:
    """A command, or a family of commands, that further ones are added to."""

    def __init__(self, parser: ArgumentParser, common: ArgumentParser, title: str = "") -> None:
        self._common = common
        self._commands = parser.add_subparsers(title=title or _("commands"), metavar=_("COMMAND"))

    def add(self, name: str, module: str, about: str, **defaults: object) -> ArgumentParser:
        parser: ArgumentParser = self._commands.add_parser(name, help=about, description=about, parents=[self._common])
        parser.set_defaults(module=module, **defaults)
        return parser

    def family(self, name: str, about: str) -> _Group:
        parser: ArgumentParser = self._commands.add_parser(name, help=about, description=about, parents=[self._common])
        parser.set_defaults(module=None, parser=parser)
        return _Group(parser, self._common)


def parser() -> ArgumentParser:
    """Build the whole grammar; the words are those of the language in force now."""
    argparse._ = _  # type: ignore[attr-defined]  # argparse looks its own words up under this name
    common = ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, default=SUPPRESS, help=_("language of this run"))
    top = ArgumentParser(
        prog="etabli",
        parents=[common],
        description=_("The bench of a watch workshop: instruments, repair orders, verdicts, tracking sheets."),
        epilog=_("Without a command: the bench itself. ETABLI_HOME names the workshop's folder."),
    )
    top.add_argument("--version", action="version", version=f"etabli {VERSION}", help=_("show the version and exit"))
    top.set_defaults(module="bench")
    group = _Group(top, common)
    _work(group)
    _records(group)
    _data(group)
    return top


def _work(group: _Group) -> None:
    demo = group.add("demo", "demo", _("the bench on a demonstration workshop, with simulated instruments"))
    demo.add_argument("--headless", action="store_true", help=_("run one order of each procedure to its sheet"))
    demo.add_argument("--case", metavar=_("CASE"), help=_("only the sample order of this simulated case"))
    demo.add_argument("--speed", type=float, metavar="N", help=_("how many times as fast as the clock"))
    run = group.add("run", "run", _("one order at the bench, or from a file of answers"))
    run.add_argument("order", metavar=_("ORDER"))
    run.add_argument("--headless", action="store_true", help=_("without a screen; needs --answers"))
    run.add_argument("--answers", metavar=_("FILE"), help=_("what to answer at each step (TOML)"))
    simulate = group.add("simulate", "simulate", _("simulated instruments on their own, for any other program"))
    simulate.add_argument("--case", metavar=_("CASE"), default="mechanical-healthy", help=_("which watch they look at"))
    simulate.add_argument(
        "--speed", type=float, default=1.0, metavar="N", help=_("how many times as fast as the clock")
    )
    simulate.add_argument("--seed", type=int, default=1, metavar="N", help=_("seed of the watch's small differences"))
    simulate.add_argument("--tcp", action="store_true", help=_("TCP ports instead of pseudo-terminals"))
    simulate.add_argument(
        "--instrument", action="append", default=[], metavar="ID", help=_("only this instrument; may be repeated")
    )
    simulate.add_argument(
        "--fault", action="append", default=[], metavar="ID:FAULT", help=_("a fault from the start; may be repeated")
    )
    replay = group.add("replay", "replay", _("judge a recorded session again and compare the verdicts"))
    replay.add_argument("session", metavar=_("SESSION"), help=_("a recording's file, or its name in the workshop"))
    replay.add_argument("--speed", type=float, metavar="N", help=_("at N times the recorded speed; default: at once"))


def _records(group: _Group) -> None:
    orders = group.family("orders", _("repair orders"))
    orders.add("list", "orders", _("every order as it stands"), act="list")
    show = orders.add("show", "orders", _("one order and what happened to it"), act="show")
    show.add_argument("order", metavar=_("ORDER"))
    new = orders.add("new", "orders", _("take an order in from a file"), act="new")
    new.add_argument("file", metavar=_("FILE"), help=_("the order (TOML)"))

    log = group.add("log", "log", _("the log of measurements"))
    log.add_argument("--format", choices=LOG_FORMATS, default="table", help=_("how to write it"))
    log.add_argument("--order", metavar=_("ORDER"), help=_("of this order"))
    log.add_argument("--since", metavar=_("DATE"), help=_("from this day or time on"))
    log.add_argument("--until", metavar=_("DATE"), help=_("up to the end of this day, or this time"))
    log.add_argument("--quantity", metavar=_("QUANTITY"), help=_("of this quantity (rate, leak_rate …)"))
    log.add_argument("--state", choices=STATES, help=_("with this verdict"))
    log.add_argument("--instrument", metavar="ID", help=_("by this instrument"))
    log.add_argument("--operator", metavar="ID", help=_("by this operator"))
    log.add_argument("--provenance", choices=PROVENANCES, help=_("of this origin"))

    sheet = group.add("sheet", "sheet", _("the tracking sheet of an order"))
    sheet.add_argument("order", metavar=_("ORDER"))
    sheet.add_argument("--format", choices=SHEET_FORMATS, default="pdf", help=_("how to write it"))
    sheet.add_argument("-o", "--output", metavar=_("FILE"), help=_("where to; “-” is the standard output"))
    sheet.add_argument("--force", action="store_true", help=_("overwrite an existing file"))

    journal = group.family("journal", _("the record itself"))
    verify = journal.add("verify", "journal", _("check that nothing in the record was changed"), act="verify")
    verify.add_argument(
        "--anchor", metavar="SEQ:HASH", help=_("a head that was printed on a sheet: shows a tail that was cut")
    )


def _data(group: _Group) -> None:
    _library(group, "profiles", _("what calibres and cases should measure"), _("PROFILE"))
    _library(group, "procedures", _("the steps of the work"), _("PROCEDURE"))
    _library(group, "dialects", _("the instruments' protocols"), _("DIALECT"))
    instruments = group.family("instruments", _("the instruments of this bench"))
    instruments.add("list", "instruments", _("the register, with the state of calibration"), act="list")


def _library(group: _Group, name: str, about: str, what: str) -> None:
    family = group.family(name, about)
    family.add("list", name, _("what there is"), act="list")
    show = family.add("show", name, _("everything in one of them"), act="show")
    show.add_argument("id", metavar=what)
    check = family.add("check", name, _("look for mistakes in the files"), act="check")
    check.add_argument("files", metavar=_("FILE"), nargs="*", help=_("default: all"))
