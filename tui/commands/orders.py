"""`etabli orders list · show · photo · quote`: repair orders."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from bench.errors import UsageError
from bench.journal import Journal, OrderRow
from bench.language import N_, Message, Text, _, msg
from bench.training.blind import hidden_orders, unflagged
from tui import lines, proof
from tui.folder import Folder

FLAGS = {
    "no-quote": N_("quote not signed"),
    "refused": N_("refused"),
    "interrupted": N_("interrupted"),
    "nonconforming": N_("nonconforming"),
    "alert": N_("alert"),
    "simulated": N_("simulation"),
}


def run(arguments: Namespace) -> int:
    if arguments.act == "photo":
        return _photo(arguments)
    if arguments.act == "quote":
        return _quote(arguments)
    folder = Folder.home()
    with folder.read_journal() as journal:
        hidden = hidden_orders(journal, folder.settings().house) if folder.file.exists() else frozenset[str]()
        if arguments.act == "list":
            _list(journal, hidden)
        else:
            _show(journal, arguments.order, hidden)
    return 0


def _list(journal: Journal, hidden: frozenset[str]) -> None:
    headings = [_("order"), _("watch"), _("procedure"), _("state"), _("step"), _("promised"), _("remarks")]
    print(lines.table(headings, [_cells(unflagged(row, hidden)) for row in journal.orders()]))


def _cells(row: OrderRow) -> list[str]:
    step = str(row.step_title) if row.step_title else row.step
    return [row.number, row.watch, str(row.procedure_title), state(row), step, row.promised, flags(row)]


def state(row: OrderRow) -> str:
    return _("closed") if row.closed else _("open")


def flags(row: OrderRow) -> str:
    return ", ".join(_(FLAGS.get(flag, flag)) for flag in row.flags)


def _show(journal: Journal, number: str, hidden: frozenset[str]) -> None:
    row = journal.order(number)
    if row is None:
        known = ", ".join(each.number for each in journal.orders()[:8])
        raise UsageError(
            msg("There is no order {number}.", number=number), remedy=msg("Known orders: {known}.", known=known or "—")
        )
    facts = [
        (_("watch"), row.watch),
        (_("calibre"), row.calibre),
        (_("procedure"), str(row.procedure_title)),
        (_("state"), state(row)),
        (_("step"), str(row.step_title or row.step)),
        (_("promised"), row.promised),
        (_("remarks"), flags(unflagged(row, hidden))),
    ]
    print(row.number)
    for name, value in facts:
        print(f"  {lines.padded(name, 12)}  {value or '—'}")
    print()
    for event in journal.events(order=number):
        at = event.at[:19].replace("T", " ")
        operator = lines.padded(event.operator or "", 10)
        payload = event.payload
        if number in hidden:  # how a step ended tells its verdict
            payload = {name: value for name, value in payload.items() if name != "outcome"}
        print(f"  {event.seq:>5}  {at}  {operator}  {event.kind.value}  {_about(payload)}".rstrip())


def _about(payload: object) -> str:
    """Return what an event is about, in a few words."""
    if not isinstance(payload, dict):
        return ""
    if "title" in payload and "step" in payload:
        return str(Text.from_json(payload["title"]))
    if "judged" in payload:
        return " ".join(part for part in (payload["step"], payload.get("label", "")) if part)
    if "refusal" in payload:
        return f"{payload['refusal']['rule']} · {Message.from_json(payload['refusal']['reason'])}"
    if "act" in payload:
        return f"{payload['act']} {payload['detail']}".rstrip()
    if "error" in payload:
        return str(Message.from_json(payload["error"]["what"]))
    return " ".join(str(payload[name]) for name in ("step", "outcome") if payload.get(name))


def _photo(arguments: Namespace) -> int:
    from bench.photos import PhotoStore, attach
    from tui import proof
    from tui.workshop import Workshop

    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by)
        workshop.desk.authenticate(operator, proof.ask_or_take(workshop.desk, operator))
        store = PhotoStore(workshop.folder.photos)
        photo = attach(
            workshop.desk,
            store,
            arguments.order,
            Path(arguments.file),
            arguments.kind,
            step=arguments.step,
            note=arguments.note,
        )
    print(store.folder / photo.name)
    return 0


def _quote(arguments: Namespace) -> int:
    from tui.workshop import Workshop

    with Workshop.open(Folder.home(), instruments=False) as workshop:
        proof.sign_in(workshop.desk, workshop.operator(arguments.by))
        agreed = {"ceiling": arguments.ceiling, "minutes": arguments.minutes, "operations": _operations(arguments)}
        workshop.desk.sign_quote(arguments.order, arguments.reference, arguments.how, **agreed)
    return 0


def _operations(arguments: Namespace) -> list[str]:
    """Read the operations that were signed. Raises UsageError for one that does not exist."""
    from bench.operations import operations

    named = [each.strip() for each in (arguments.operations or "").split(",") if each.strip()]
    unknown = [each for each in named if each not in operations()]
    if unknown:
        raise UsageError(
            msg("There is no operation “{id}”.", id=unknown[0]),
            remedy=msg("Known: {known}.", known=", ".join(operations())),
        )
    return named
