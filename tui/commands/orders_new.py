"""`etabli orders new`: take one order in, from a file, from options, or by asking on the terminal."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from bench.desk import Desk
from bench.errors import EtabliError, UsageError
from bench.language import N_, _, msg
from bench.numbering import beginning, next_number
from bench.order import RepairOrder, Watch
from tui import order_file, proof
from tui.arguments_counter import ORDER_FIELDS
from tui.folder import Folder
from tui.workshop import Workshop

# What is asked where there is neither file nor option, in the order of the counter.
_ASKED = (
    ("customer", N_("Customer's number")),
    ("watch.brand", N_("Brand")),
    ("watch.model", N_("Model")),
    ("watch.reference", N_("Reference")),
    ("watch.family", N_("Family (mechanical, automatic, quartz, autoquartz)")),
    ("watch.calibre", N_("Calibre")),
    ("watch.case_number", N_("Case number, or “illegible”")),
    ("watch.materials", N_("Materials as they look")),
    ("watch.water_resistance", N_("Water resistance as engraved")),
    ("accessories", N_("Accessories")),
    ("declared", N_("The customer says")),
    ("request", N_("Reformulated request")),
    ("expectation", N_("Reformulated expectation")),
    ("contact", N_("Means of contact (phone, mail, letter, in-person)")),
    ("promised", N_("Promised date")),
)
_OUR_CUSTOMER = re.compile(r"C-[0-9]{6,}")


def run(arguments: Namespace) -> int:
    given = {path: value for path in ORDER_FIELDS.values() if (value := getattr(arguments, path)) is not None}
    start = order_file.load(Path(arguments.file)) if arguments.file else RepairOrder("", "", Watch("", ""), "")
    order = replace(
        start.with_answers(given),
        number=arguments.number or start.number,
        procedure=arguments.procedure or start.procedure,
    )
    with Workshop.open(Folder.home(), instruments=False) as workshop:
        if arguments.by:
            operator = workshop.operator(arguments.by)
            workshop.desk.authenticate(operator, proof.ask_or_take(workshop.desk, operator))
        family = bool(arguments.file) or "watch.family" in given
        if not arguments.file and sys.stdin.isatty() and sys.stderr.isatty():
            order, family = _asked(workshop, order, given)
        order = completed(workshop.desk, order, family)
        workshop.desk.open_order(order)
        in_contact(workshop.folder, order.customer)
    print(order.number)
    if missing := order.missing():
        sentence = _("Still missing before it leaves reception: {missing}.")
        print(sentence.format(missing=", ".join(_(name) for name in missing)), file=sys.stderr)
    return 0


def completed(desk: Desk, order: RepairOrder, family: bool) -> RepairOrder:
    """Return the order with its number, its day, its calibre's id and family. Raises UsageError for what it lacks."""
    watch = order.watch
    if watch.calibre:
        calibre = desk.profiles.calibre(watch.calibre)
        watch = replace(watch, calibre=calibre.identity.id, family=watch.family if family else calibre.family)
    elif not family:
        raise UsageError(
            msg("The family of the watch is not given."), remedy=msg("Give --family, or the --calibre that tells it.")
        )
    for option, value in (("--brand", watch.brand), ("--procedure", order.procedure)):
        if not value:
            raise UsageError(
                msg("{option} is not given.", option=option), remedy=msg("Give it, or name an order's file.")
            )
    now = desk.clock.now()
    prefix = desk.house.order_prefix
    number = order.number or next_number(desk.journal.numbers(beginning(now.year, prefix)), now.year, prefix)
    return replace(order, number=number, received=order.received or now.date().isoformat(), watch=watch)


def _asked(workshop: Workshop, order: RepairOrder, given: dict[str, str]) -> tuple[RepairOrder, bool]:
    """Ask for what is not given yet; return the order, and whether the family was told. Enter leaves a field empty."""
    told = set(given)
    while not order.procedure:
        known = [procedure.id for procedure in workshop.desk.procedures.all()]
        answer = _ask(_("Procedure ({known})").format(known=", ".join(known)))
        if answer in known:
            order = replace(order, procedure=answer)
    for path, question in _ASKED:
        while path not in told:
            answer = _ask(_(question))
            if not answer and not (path == "watch.brand" or (path == "watch.family" and not order.watch.calibre)):
                break
            try:
                if path == "watch.calibre":
                    workshop.desk.profiles.calibre(answer)
                order = order.with_answers({path: answer})
            except EtabliError as error:
                print(error, file=sys.stderr)
            else:
                if answer:
                    told.add(path)
    return order, "watch.family" in told


def _ask(question: str) -> str:
    print(f"{question}: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise UsageError(msg("The questions were not answered to the end: no order was taken in."))
    return line.strip()


def in_contact(folder: Folder, customer: str) -> None:
    """Note the day in the customers' file, where there is one and the customer is one of its own."""
    if _OUR_CUSTOMER.fullmatch(customer) and folder.customers.exists():
        with folder.customer_store() as store:
            store.contacted(customer)
