"""The grammar of the manager's commands: the log, the inbox, the figures. Imports nothing heavy."""

from __future__ import annotations

from argparse import ArgumentParser

from bench.catalogue import _

LOG_FORMATS = ("table", "jsonl", "csv", "xlsx")
INBOX_FORMATS = ("table", "json")
REVIEW_OUTCOMES = ("recalled", "retested", "accepted-as-is")
FIGURE_FORMATS = ("table", "json", "pdf")
# Options of `log` and the fields of the filter that they narrow.
LOG_FIELDS = {
    "order": "order",
    "since": "since",
    "until": "until",
    "quantity": "quantity",
    "state": "state",
    "instrument": "instrument",
    "operator": "operator",
    "provenance": "provenance",
    "kind": "kinds",
    "calibre": "calibre",
    "procedure": "procedure",
    "guard": "guard",
    "alert": "alert",
    "watch": "watch",
}


def log(parser: ArgumentParser, states: tuple[str, ...], provenances: tuple[str, ...]) -> None:
    about = _("words to look for, and narrowings such as by:jm, calibre:eta-2824, “rate>10s/d”")
    parser.add_argument("words", metavar=_("WORD"), nargs="*", help=about)
    parser.add_argument("--format", choices=LOG_FORMATS, default="table", help=_("how to write it"))
    parser.add_argument("-o", "--output", metavar=_("FILE"), help=_("where to; “-” is the standard output"))
    parser.add_argument("--force", action="store_true", help=_("overwrite an existing file"))
    parser.add_argument("--comma", action="store_true", help=_("decimal comma and semicolons in CSV"))
    parser.add_argument("--follow", action="store_true", help=_("go on with what comes, until Ctrl+C"))
    parser.add_argument("--events", action="store_true", help=_("the whole event behind each row, as JSON Lines"))
    parser.add_argument("--frames", action="store_true", help=_("what crossed the wire for each row, in hexadecimal"))
    saved = parser.add_argument_group(_("saved filters"))
    saved.add_argument("--filter", metavar=_("NAME"), help=_("narrowed by this saved filter, too"))
    saved.add_argument("--filters", action="store_true", help=_("list the saved filters"))
    saved.add_argument("--save", metavar=_("NAME"), help=_("save the words under this name"))
    saved.add_argument("--forget", metavar=_("NAME"), help=_("forget this saved filter"))
    narrow = parser.add_argument_group(_("which rows (several values with commas)"))
    narrow.add_argument("--kind", metavar=_("KIND"), help=_("of this kind (measurement, step, alert, signature …)"))
    narrow.add_argument("--order", metavar=_("ORDER"), help=_("of this order"))
    narrow.add_argument("--since", metavar=_("DATE"), help=_("from this day or time on"))
    narrow.add_argument("--until", metavar=_("DATE"), help=_("up to the end of this day, or this time"))
    narrow.add_argument("--quantity", metavar=_("QUANTITY"), help=_("of this quantity (rate, leak_rate …)"))
    about = _("with this verdict: {words}").format(words=", ".join(states))
    narrow.add_argument("--state", metavar=_("STATE"), help=about)
    narrow.add_argument("--instrument", metavar="ID", help=_("by this instrument"))
    narrow.add_argument("--operator", metavar="ID", help=_("by this operator"))
    about = _("of this origin: {words}").format(words=", ".join(provenances))
    narrow.add_argument("--provenance", metavar=_("ORIGIN"), help=about)
    narrow.add_argument("--calibre", metavar=_("CALIBRE"), help=_("on a watch of this calibre"))
    narrow.add_argument("--watch", metavar=_("WORD"), help=_("on a watch that is called so"))
    narrow.add_argument("--procedure", metavar=_("PROCEDURE"), help=_("in this procedure"))
    narrow.add_argument("--guard", metavar=_("RULE"), help=_("refused or lifted by this rule (G-17 …)"))
    narrow.add_argument("--alert", metavar=_("KIND"), help=_("about an alert of this kind"))


def inbox(parser: ArgumentParser) -> None:
    about = _("decide an alert, or close an impact review; default: list")
    parser.add_argument("act", choices=("accept", "refuse", "close"), nargs="?", help=about)
    parser.add_argument("order", metavar=_("ORDER"), nargs="?", help=_("the order of the alert"))
    about = _("its id, or its beginning; of a review: the instrument")
    parser.add_argument("alert", metavar=_("ALERT"), nargs="?", help=about)
    parser.add_argument("--outcome", choices=REVIEW_OUTCOMES, help=_("of a review: what becomes of the watch"))
    parser.add_argument("--reason", metavar=_("TEXT"), help=_("why; it stays in the record"))
    parser.add_argument("--by", metavar="ID", help=_("who decides: an operator's id"))
    parser.add_argument("--format", choices=INBOX_FORMATS, default="table", help=_("how to write it"))


def figures(parser: ArgumentParser) -> None:
    parser.add_argument("names", metavar=_("FIGURE"), nargs="*", help=_("only these; default: all of them"))
    parser.add_argument("--from", dest="first", metavar=_("DATE"), help=_("first day; default: of this month"))
    parser.add_argument("--to", dest="last", metavar=_("DATE"), help=_("last day; default: today"))
    parser.add_argument("--format", choices=FIGURE_FORMATS, default="table", help=_("how to write it"))
    parser.add_argument("-o", "--output", metavar=_("FILE"), help=_("where to; “-” is the standard output"))
    parser.add_argument("--force", action="store_true", help=_("overwrite an existing file"))
