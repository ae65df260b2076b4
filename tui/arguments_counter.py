"""The grammar of the counter's commands: orders and customers. Imports nothing heavy."""

from __future__ import annotations

from argparse import ArgumentParser

from bench.catalogue import _

TYPE_CHECKING = False  # typing itself would cost `--help` its import
if TYPE_CHECKING:
    from tui.arguments import _Group as Group


# Options of `orders new` and the fields that they fill in.
ORDER_FIELDS = {
    "--customer": "customer",
    "--contact": "contact",
    "--brand": "watch.brand",
    "--model": "watch.model",
    "--reference": "watch.reference",
    "--case-number": "watch.case_number",
    "--movement-number": "watch.movement_number",
    "--family": "watch.family",
    "--calibre": "watch.calibre",
    "--case": "watch.case",
    "--water-resistance": "watch.water_resistance",
    "--materials": "watch.materials",
    "--size": "watch.size",
    "--complications": "watch.complications",
    "--declared": "declared",
    "--request": "request",
    "--expectation": "expectation",
    "--received": "received",
    "--promised": "promised",
    "--warranty": "warranty",
    "--declared-value": "declared_value",
    "--accessories": "accessories",
    "--complaint-of": "complaint_of",
    "--external": "custom",
}
PHOTO_KINDS = ("case-number", "movement-number", "condition", "before", "after", "part", "evidence")


def orders(group: Group) -> None:
    group.add("list", _("every order as it stands"), lambda parser: None, module="orders", act="list")
    group.add("show", _("one order and what happened to it"), _one_order, module="orders", act="show")
    group.add("new", _("take an order in: from a file, from options, or by asking"), _new_order, module="orders_new")
    group.add("import", _("take orders in from the counter's own software"), _import, module="orders_import")
    group.add("photo", _("attach a photo, without place and camera"), _photo, module="orders", act="photo")
    group.add("quote", _("enter the customer's signed quote"), _quote, module="orders", act="quote")


def _new_order(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar=_("FILE"), nargs="?", help=_("the order (TOML); without it, it is asked for"))
    parser.add_argument("--number", metavar=_("NUMBER"), help=_("default: the next one of the workshop and year"))
    parser.add_argument("--procedure", metavar=_("PROCEDURE"))
    parser.add_argument("--by", metavar="ID", help=_("who does this: an operator's id"))
    fields = parser.add_argument_group(_("what the order says; over what the file says"))
    for option, path in ORDER_FIELDS.items():
        fields.add_argument(option, dest=path, metavar=_("TEXT"))


def _import(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar=_("FILE"), help=_("CSV or JSON"))
    parser.add_argument("--mapping", metavar=_("FILE"), help=_("what that software calls things (TOML)"))
    parser.add_argument("--dry-run", action="store_true", help=_("only say what would come of every row"))
    parser.add_argument("--only-good", action="store_true", help=_("import the good rows where some are bad"))
    parser.add_argument("--customers", action="store_true", help=_("put names and addresses into the customers' file"))
    parser.add_argument("--by", metavar="ID", help=_("who does this: an operator's id; --customers needs it"))


def _photo(parser: ArgumentParser) -> None:
    parser.add_argument("order", metavar=_("ORDER"))
    parser.add_argument("file", metavar=_("FILE"), help=_("JPEG, PNG or WebP"))
    kinds = _("what it shows: {words}").format(words=", ".join(PHOTO_KINDS))
    parser.add_argument("--kind", required=True, choices=PHOTO_KINDS, metavar=_("KIND"), help=kinds)
    parser.add_argument("--step", default="", metavar=_("STEP"), help=_("the step that it belongs to"))
    parser.add_argument("--note", default="", metavar=_("TEXT"))
    _by(parser)


def customers(group: Group) -> None:
    add = group.add
    add("add", _("file a person, and print their number"), _add_customer, module="customers", act="add")
    add("change", _("correct an entry"), _one_customer, module="customers", act="change")
    add("show", _("one entry; the look is in the record"), _one_customer, module="customers", act="show")
    add("find", _("by name, or by the day of the last contact"), _find_customer, module="customers", act="find")
    add(
        "export",
        _("everything there is about one person, for them"),
        _export_customer,
        module="customers",
        act="export",
    )
    add(
        "erase",
        _("forget a person for good; the record keeps the number"),
        _erase_customer,
        module="customers",
        act="erase",
    )


def _add_customer(parser: ArgumentParser) -> None:
    parser.description = _(
        "Asks on a terminal; else reads a JSON object with name, phone, mail, address, contact, consents from the "
        "standard input. Options would stay in the shell's history."
    )
    parser.add_argument("--anyway", action="store_true", help=_("though somebody alike is there: a merge is asked for"))
    _by(parser)


def _one_customer(parser: ArgumentParser) -> None:
    parser.add_argument("number", metavar=_("NUMBER"))
    _by(parser)


def _find_customer(parser: ArgumentParser) -> None:
    parser.add_argument("words", metavar=_("WORD"), nargs="*", help=_("of the name; without it, it is asked for"))
    parser.add_argument("--silent-since", metavar=_("DATE"), help=_("numbers of those not heard of since"))
    _by(parser)


def _export_customer(parser: ArgumentParser) -> None:
    _one_customer(parser)
    parser.add_argument("-o", "--output", metavar=_("FILE"), help=_("where to; default: the standard output"))


def _erase_customer(parser: ArgumentParser) -> None:
    _one_customer(parser)
    parser.add_argument("--yes", action="store_true", help=_("do not ask again"))


def _quote(parser: ArgumentParser) -> None:
    parser.add_argument("order", metavar=_("ORDER"))
    parser.add_argument("--reference", required=True, metavar=_("REFERENCE"), help=_("the quote's own number"))
    parser.add_argument("--how", required=True, metavar=_("HOW"), help=_("signature, message, accepted price …"))
    _by(parser)
    parser.add_argument("--operations", metavar="A,B", help=_("the operations that were signed, by id"))
    parser.add_argument("--ceiling", type=float, metavar="EUR", help=_("the amount that the work may come to"))
    parser.add_argument("--minutes", type=int, metavar="N", help=_("the working time that was agreed"))


def _one_order(parser: ArgumentParser) -> None:
    parser.add_argument("order", metavar=_("ORDER"))


def _by(parser: ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="ID", help=_("who does this: an operator's id"))
