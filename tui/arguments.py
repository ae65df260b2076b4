"""The command line's grammar: every command with its options, in the language in force. Imports nothing heavy."""

from __future__ import annotations

import argparse
import os
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Sequence

from bench.catalogue import LANGUAGES, N_, _
from tui import arguments_counter as counter
from tui import arguments_manager as manager
from tui import arguments_training as learning
from tui.version import VERSION

STATES = ("conforming", "conditionally-conforming", "conditionally-nonconforming", "nonconforming", "refused")
PROVENANCES = ("real", "simulated", "replayed", "manual")
SHEET_FORMATS = ("pdf", "html", "json")
SHEET_VERSIONS = ("workshop", "customer", "trainer")
PAPER_FORMATS = ("pdf", "html")

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


class _Help(argparse.HelpFormatter):
    """As wide as the terminal, asked of the system itself: the usual way imports four compression libraries."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


Fill = Callable[[ArgumentParser], None]


class _Group:
    """The commands of one level. Only the one that is `wanted` gets its options: `--help` shall be quick."""

    def __init__(self, parser: ArgumentParser, common: ArgumentParser, wanted: str) -> None:
        self._common = common
        self._wanted = wanted
        self._commands = parser.add_subparsers(title=_("commands"), metavar=_("COMMAND"))

    def add(self, name: str, about: str, fill: Fill, **defaults: object) -> None:
        if name != self._wanted:
            self._commands.add_parser(name, help=about, add_help=False, formatter_class=_Help)
            return
        parser: ArgumentParser = self._commands.add_parser(
            name, help=about, description=about, parents=[self._common], formatter_class=_Help
        )
        parser.set_defaults(**{"module": name, **defaults})
        fill(parser)


def parser(given: Sequence[str] = ()) -> ArgumentParser:
    """Build the grammar for the words `given`; its own words are those of the language in force now."""
    argparse._ = _  # type: ignore[attr-defined]  # argparse looks its own words up under this name
    common = ArgumentParser(add_help=False, formatter_class=_Help)
    common.add_argument("--lang", choices=LANGUAGES, default=SUPPRESS, help=_("language of this run"))
    top = ArgumentParser(
        prog="etabli",
        parents=[common],
        formatter_class=_Help,
        description=_("The bench of a watch workshop: instruments, repair orders, verdicts, tracking sheets."),
        epilog=_("Without a command: the bench itself. ETABLI_HOME names the workshop's folder."),
    )
    top.add_argument("--version", action="version", version=f"etabli {VERSION}", help=_("show the version and exit"))
    top.set_defaults(module="bench")
    command, inner = _words(given)
    group = _Group(top, common, command)

    def family(name: str, about: str, fill: Callable[[_Group], None]) -> None:
        def filled(parser: ArgumentParser) -> None:
            parser.set_defaults(parser=parser)
            fill(_Group(parser, common, inner))

        group.add(name, about, filled, module=None)

    def library(what: str) -> Callable[[_Group], None]:
        return lambda inside: _library(inside, command, what)

    group.add("demo", _("the bench on a demonstration workshop, with simulated instruments"), _demo)
    group.add("run", _("one order at the bench, or from a file of answers"), _run)
    group.add("simulate", _("simulated instruments on their own, for any other program"), _simulate)
    group.add("replay", _("judge a recorded session again and compare the verdicts"), _replay)
    family("sessions", _("recorded sessions, to play and to give away"), learning.sessions)
    family("exercises", _("exercises for trainees"), learning.exercises)
    family("evidence", _("what a trainee's run shows of each criterion"), learning.evidence)
    family("training", _("training workshops"), learning.training)
    family("orders", _("repair orders"), counter.orders)
    family("customers", _("people, kept apart from the record"), counter.customers)
    group.add("log", _("the log of everything that happened to the orders"), _log)
    group.add("inbox", _("what waits for the hierarchy, and deciding it"), manager.inbox)
    group.add("figures", _("what the workshop is run by, over a period"), manager.figures)
    group.add("sheet", _("the tracking sheet of an order"), _sheet)
    group.add("paper", _("labels, slips, reports and certificates of an order"), _paper)
    group.add("diagnose", _("hints from the measurements of an order"), _diagnose)
    family("journal", _("the record itself"), _journal)
    family("profiles", _("what calibres and cases should measure"), _profiles)
    family("procedures", _("the steps of the work"), library(_("PROCEDURE")))
    group.add("guards", _("the rules that stop or branch, and who may lift them"), lambda parser: None)
    group.add("criteria", _("what each criterion of the trade rests on"), _criteria)
    family("dialects", _("the instruments' protocols"), library(_("DIALECT")))
    family("drivers", _("the drivers of the instruments, and what they promise"), _drivers)
    family("instruments", _("the instruments of this bench"), _instruments)
    group.add("serve", _("the workshop in a browser, to look at only"), _serve)
    family("operators", _("the people of this workshop, and their PINs"), _operators)
    return top


def _words(given: Sequence[str]) -> tuple[str, str]:
    """Return the command and the word after it, "" where there is none."""
    words = [word for n, word in enumerate(given) if not word.startswith("-") and (n == 0 or given[n - 1] != "--lang")]
    return (*words[:2], "", "")[0], (*words[:2], "", "")[1]


def _demo(parser: ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help=_("run one order of each procedure to its sheet"))
    parser.add_argument("--case", metavar=_("CASE"), help=_("only the sample order of this simulated case"))
    parser.add_argument("--speed", type=float, metavar="N", help=_("how many times as fast as the clock"))


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("order", metavar=_("ORDER"))
    parser.add_argument("--headless", action="store_true", help=_("without a screen; needs --answers"))
    parser.add_argument("--answers", metavar=_("FILE"), help=_("what to answer at each step (TOML)"))


def _serve(parser: ArgumentParser) -> None:
    about = _("the address to listen at; default: this machine alone")
    parser.add_argument("--host", default="127.0.0.1", metavar=_("ADDRESS"), help=about)
    parser.add_argument("--port", type=int, default=8000, metavar="N", help=_("default: 8000; 0 takes a free one"))


def _simulate(parser: ArgumentParser) -> None:
    parser.add_argument("--case", metavar=_("CASE"), default="mechanical-healthy", help=_("which watch they look at"))
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help=_("how many times as fast as the clock"))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=_("seed of the watch's small differences"))
    parser.add_argument("--tcp", action="store_true", help=_("TCP ports instead of pseudo-terminals"))
    parser.add_argument("--line-speed", action="store_true", help=_("every byte takes its time at the real baud rate"))
    parser.add_argument(
        "--instrument", action="append", default=[], metavar="ID", help=_("only this instrument; may be repeated")
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID:FAULT", help=_("a fault from the start; may be repeated")
    )


def _replay(parser: ArgumentParser) -> None:
    parser.add_argument("session", metavar=_("SESSION"), help=_("a recording's file, or its name in the workshop"))
    parser.add_argument("--speed", type=float, metavar="N", help=_("at N times the recorded speed; default: at once"))
    learning.what_if(parser)


def _by(parser: ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="ID", help=_("who does this: an operator's id"))


def _diagnose(parser: ArgumentParser) -> None:
    parser.add_argument("order", metavar=_("ORDER"))
    parser.add_argument("--phase", choices=("before", "after"), help=_("only what was measured then"))
    parser.add_argument("--json", action="store_true", help=_("as JSON"))


def _profiles(group: _Group) -> None:
    group.add("list", _("what there is"), _search, module="profiles", act="list")
    what = _("PROFILE")
    group.add("show", _("everything in one of them"), lambda p: _named(p, what), module="profiles", act="show")
    group.add("check", _("look for mistakes in the files"), _files, module="profiles", act="check")
    group.add("diff", _("what two of them say differently"), _two, module="profiles", act="diff")
    group.add(
        "approve", _("let verdicts rest on a profile of this workshop"), _approve, module="profiles", act="approve"
    )


def _search(parser: ArgumentParser) -> None:
    parser.add_argument("words", metavar=_("WORD"), nargs="*", help=_("of the calibre's name or aliases"))
    parser.add_argument("--maker", default="", metavar=_("MAKER"))
    parser.add_argument("--diameter", metavar="MM", help=_("in millimetres, ± 0.05"))
    parser.add_argument("--beat-rate", metavar="A/H", help=_("vibrations an hour"))


def _two(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("PROFILE"))
    parser.add_argument("other", metavar=_("PROFILE"), nargs="?", help=_("default: the one that it overrides"))


def _approve(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("PROFILE"))
    _by(parser)


def _criteria(parser: ArgumentParser) -> None:
    parser.add_argument("--tree", metavar=_("PROCEDURE"), help=_("in this procedure alone; default: in all of them"))
    parser.add_argument("--missing", action="store_true", help=_("only what is not supported"))


def _nothing(parser: ArgumentParser) -> None:
    """A command without options of its own."""


def _log(parser: ArgumentParser) -> None:
    manager.log(parser, STATES, PROVENANCES)


def _sheet(parser: ArgumentParser) -> None:
    parser.add_argument("order", metavar=_("ORDER"))
    parser.add_argument("--format", choices=SHEET_FORMATS, default="pdf", help=_("how to write it"))
    parser.add_argument("--for", dest="version", choices=SHEET_VERSIONS, default="workshop", help=_("for whom it is"))
    _into(parser)


def _paper(parser: ArgumentParser) -> None:
    parser.add_argument("kind", metavar=_("KIND"), help=_("custody-label, certificate …; “list” names them"))
    parser.add_argument("order", metavar=_("ORDER"), nargs="?", help=_("for a badge: an operator's id; default: all"))
    parser.add_argument("--format", choices=PAPER_FORMATS, default="pdf", help=_("how to write it"))
    _into(parser)


def _into(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar=_("FILE"), help=_("where to; “-” is the standard output"))
    parser.add_argument("--force", action="store_true", help=_("overwrite an existing file"))


def _journal(group: _Group) -> None:
    group.add("verify", _("check that nothing in the record was changed"), _verify, module="journal", act="verify")
    about = _("copy the workshop’s folder and prove the copy, beside a bench at work")
    group.add("backup", about, _backup, module="journal_backup", act="backup")
    group.add("backups", _("the backups at a place"), _place, module="journal_backup", act="backups")
    group.add("restore", _("put a backup back in a new folder"), _restore, module="journal_backup", act="restore")
    group.add("export", _("every event as JSON Lines"), _into, module="journal", act="export")


def _verify(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--anchor", metavar="SEQ:HASH", help=_("a head that was printed on a sheet: shows a tail that was cut")
    )


def _place(parser: ArgumentParser) -> None:
    parser.add_argument("place", metavar=_("PLACE"), help=_("the folder of the backups, best on another disk"))


def _backup(parser: ArgumentParser) -> None:
    _place(parser)
    parser.add_argument("--keep", type=int, metavar="N", help=_("then remove all but the N newest"))
    parser.add_argument(
        "--with-keys", action="store_true", help=_("copy the customers’ keys too, over those copied last")
    )


def _restore(parser: ArgumentParser) -> None:
    parser.add_argument("backup", metavar=_("BACKUP"), help=_("a backup, or the folder of the backups for the newest"))
    parser.add_argument("folder", metavar=_("FOLDER"), help=_("the new workshop’s folder; it must not exist yet"))


def _drivers(group: _Group) -> None:
    group.add("list", _("all of them, by name"), _nothing, module="drivers", act="list")
    group.add("check", _("try drivers through every fault of a line"), _driver_names, module="drivers", act="check")


def _driver_names(parser: ArgumentParser) -> None:
    parser.add_argument("names", metavar=_("DIALECT"), nargs="*", help=_("default: all"))


def _instruments(group: _Group) -> None:
    about = _("the register, with the state of calibration")
    group.add("list", about, _nothing, module="instruments", act="list")
    group.add("probe", _("who is plugged in, by asking every port"), _probe, module="instruments_probe")
    group.add("listen", _("what comes on a port; a first dialect file from it"), _listen, module="instruments_listen")
    group.add("check", _("the daily check with the reference"), _check, module="instruments", act="check")
    about = _("put an instrument, or a certificate of one, into the register")
    group.add("register", about, _register, module="instruments_register", act="register")
    group.add("port", _("say at which port an instrument is"), _port, module="instruments_register", act="port")
    group.add("suspend", _("take an instrument out of use"), _reason, module="instruments_register", act="suspend")
    group.add("release", _("let a suspended one work again"), _reason, module="instruments_register", act="release")
    about = _("which verdicts rest on an instrument since its last good check")
    group.add("impact", about, _impact, module="instruments", act="impact")


def _operators(group: _Group) -> None:
    about = _("everybody, with roles, level, authorisations, and whether they have a PIN")
    group.add("list", about, _nothing, module="operators", act="list")
    about = _("choose a PIN, or change it; asked for without an echo")
    group.add("pin", about, _pin, module="operators", act="pin")


def _pin(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--reset", action="store_true", help=_("forget it: the next sign-in chooses a new one"))
    parser.add_argument("--by", metavar="ID", help=_("the workshop manager who resets it"))


def _probe(parser: ArgumentParser) -> None:
    parser.add_argument("ports", metavar=_("PORT"), nargs="*", help=_("default: all"))


def _listen(parser: ArgumentParser) -> None:
    parser.add_argument("port", metavar=_("PORT"))
    parser.add_argument("--baud", type=int, metavar="N", help=_("bits a second; default: the dialect's, else 9600"))
    parser.add_argument("--dialect", metavar=_("DIALECT"), help=_("decode what comes"))
    parser.add_argument("--learn", metavar=_("FILE"), help=_("write a first dialect file from what was heard"))
    parser.add_argument("--seconds", type=float, metavar="N", help=_("how long; default: until Ctrl+C"))


def _check(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    _by(parser)


def _register(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar=_("FILE"), help=_("instrument and certificates (TOML)"))
    parser.add_argument("--id", metavar="ID", help=_("the certificates are for this registered instrument"))
    _by(parser)


def _port(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("port", metavar=_("PORT"))
    _by(parser)


def _reason(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--reason", required=True, metavar=_("TEXT"), help=_("why; it stays in the record"))
    _by(parser)


def _impact(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    about = _("an error to correct by, as “leak_rate=+3 µg/min” (indicated less true); may be repeated")
    parser.add_argument("--error", action="append", default=[], metavar=_("ERROR"), help=about)


def _library(group: _Group, name: str, what: str) -> None:
    group.add("list", _("what there is"), _nothing, module=name, act="list")
    group.add("show", _("everything in one of them"), lambda p: _named(p, what), module=name, act="show")
    group.add("check", _("look for mistakes in the files"), _files, module=name, act="check")


def _named(parser: ArgumentParser, what: str) -> None:
    parser.add_argument("id", metavar=what)


def _files(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar=_("FILE"), nargs="*", help=_("default: all"))
