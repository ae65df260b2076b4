"""The grammar of the trainers' commands: sessions, exercises, evidence, training workshops. Imports nothing heavy."""

from __future__ import annotations

from argparse import ArgumentParser

from bench.catalogue import _

TYPE_CHECKING = False  # typing itself would cost `--help` its import
if TYPE_CHECKING:
    from tui.arguments import _Group as Group

RULES = ("simple", "iso-14253-1", "guard-band-u")
BOXES = ("seen", "partly", "not-seen")
GRIDS = ("pdf", "csv")
SETTINGS = ("BC1", "BC2", "BC3", "BC4")


def sessions(group: Group) -> None:
    group.add("list", _("recorded sessions and exercises"), lambda parser: None, module="sessions", act="list")
    group.add("show", _("one session: what it holds, and what is otherwise today"), _one, module="sessions", act="show")
    group.add(
        "export", _("orders as one file to give away, nobody's name in it"), _export, module="sessions", act="export"
    )
    group.add("import", _("take such a file into the library"), _import, module="sessions", act="import")


def exercises(group: Group) -> None:
    group.add("list", _("every exercise"), lambda parser: None, module="exercises", act="list")
    group.add("show", _("one exercise as a trainee gets it"), _exercise, module="exercises", act="show")
    group.add("check", _("really measure the watch of an exercise's file"), _files, module="exercises", act="check")
    group.add("settings", _("the four settings of the evaluation"), lambda p: None, module="exercises", act="settings")
    group.add("start", _("begin a run: the time counts from here"), _start, module="exercises", act="start")
    group.add("play", _("play a run's session up to its next question"), _run, module="exercises", act="play")
    group.add("answer", _("give a diagnosis, or answer a question"), _answer, module="exercises", act="answer")
    group.add("reveal", _("show the fault and the model answer"), _reveal, module="exercises", act="reveal")


def evidence(group: Group) -> None:
    group.add("list", _("the runs of this workshop"), lambda parser: None, module="evidence", act="list")
    group.add("show", _("the 97 criteria of a run"), _run, module="evidence", act="show")
    group.add("export", _("the grid as PDF or CSV"), _grid, module="evidence", act="export")
    group.add("observe", _("keep what the trainer saw of a criterion"), _observe, module="evidence", act="observe")


def training(group: Group) -> None:
    about = _("make the folder of a training workshop, apart from every other")
    group.add("init", about, _init, module="training", act="init")


def what_if(parser: ArgumentParser) -> None:
    """Add the options of a replay that asks what would have been otherwise."""
    parser.add_argument("--blind", action="store_true", help=_("without verdicts and limits"))
    other = parser.add_argument_group(_("what if: side by side with the original"))
    other.add_argument("--lift-angle", type=float, metavar="°", help=_("another lift angle"))
    other.add_argument(
        "--rule", choices=RULES, metavar=_("RULE"), help=_("another rule: {known}").format(known=", ".join(RULES))
    )
    other.add_argument("--calibre", metavar=_("PROFILE"), help=_("the limits of another calibre"))
    other.add_argument("--grade", default="", metavar=_("GRADE"), help=_("in this grade"))
    other.add_argument("--case", metavar=_("PROFILE"), help=_("the limits of another case"))


def _one(parser: ArgumentParser) -> None:
    parser.add_argument("session", metavar=_("SESSION"))


def _export(parser: ArgumentParser) -> None:
    parser.add_argument("orders", metavar=_("ORDER"), nargs="+")
    parser.add_argument(
        "-o", "--output", metavar=_("FILE"), required=True, help=_("where to; “-” is the standard output")
    )
    parser.add_argument("--title", default="", metavar=_("TEXT"))
    parser.add_argument("--level", type=int, choices=(1, 2, 3, 4), default=1, metavar="1…4")
    parser.add_argument("--competence", action="append", default=[], metavar="C.2.2", help=_("may be repeated"))
    parser.add_argument("--minutes", type=int, default=0, metavar="N", help=_("how long it takes"))
    parser.add_argument("--strike", action="append", default=[], metavar=_("WORD"), help=_("leave this word nowhere"))
    parser.add_argument("--force", action="store_true", help=_("overwrite an existing file"))


def _import(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar=_("FILE"))
    parser.add_argument("--force", action="store_true", help=_("overwrite an existing file"))


def _exercise(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("EXERCISE"))
    parser.add_argument("--answer", action="store_true", help=_("for trainers: with the fault and the model answer"))
    parser.add_argument("--by", metavar="ID", help=_("the trainer who asks for the answer, with their PIN"))


def _files(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar=_("FILE"), nargs="*", help=_("default: all"))


def _start(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("EXERCISE"))
    parser.add_argument("--trainee", required=True, metavar="ID", help=_("who learns: an operator's id"))
    parser.add_argument(
        "--setting", choices=SETTINGS, default="", metavar="BC1…4", help=_("another setting than its own")
    )
    parser.add_argument("--blind", action="store_true", help=_("verdicts, limits and hints hidden until the reveal"))


def _answer(parser: ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--question", default="", metavar="ID", help=_("of the exercise; default: the diagnosis"))
    parser.add_argument("--text", default="", metavar=_("TEXT"))
    parser.add_argument("--defect", action="append", default=[], metavar="MEC-AMP-B", help=_("may be repeated"))
    parser.add_argument(
        "--cite",
        action="append",
        default=[],
        metavar="amplitude.CH",
        help=_("a figure that was measured; may be repeated"),
    )


def _reveal(parser: ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--by", required=True, metavar="ID", help=_("who does this: an operator's id"))


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar=_("RUN"))


def _grid(parser: ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--format", choices=GRIDS, default="pdf", help=_("how to write it"))
    parser.add_argument("-o", "--output", metavar=_("FILE"), help=_("where to; “-” is the standard output"))
    parser.add_argument("--force", action="store_true", help=_("overwrite an existing file"))


def _observe(parser: ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("criterion", metavar="C.2.3-a")
    parser.add_argument("--box", choices=BOXES, default="", metavar=_("BOX"), help=", ".join(BOXES))
    parser.add_argument("--remark", default="", metavar=_("TEXT"))
    parser.add_argument("--by", required=True, metavar="ID", help=_("who does this: an operator's id"))


def _init(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar=_("FOLDER"))
    parser.add_argument("--name", default="", metavar=_("NAME"), help=_("of the training workshop"))
    parser.add_argument("--trainee", action="append", default=[], metavar="ID=NAME", help=_("may be repeated"))
    parser.add_argument("--trainer", action="append", default=[], metavar="ID=NAME", help=_("may be repeated"))
