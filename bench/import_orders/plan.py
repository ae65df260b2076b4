"""All rows of a file together: which are good, which are bad and why; and taking the good ones in, or nothing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench import events
from bench.events import EventKind
from bench.import_orders.columns import Columns, OwnNames, recognise
from bench.import_orders.reading import Draft, Problem, Reader
from bench.import_orders.table import read_table
from bench.import_orders.text import decoded, read
from bench.language import Message, msg
from bench.numbering import beginning, next_number
from bench.order import RepairOrder

if TYPE_CHECKING:
    from bench.customers import Customers
    from bench.desk import Desk

# In the order's place for what was imported.
IMPORTS = "register/imports"
Good = Draft


@dataclass(frozen=True)
class Bad:
    """A row that is not imported, and why."""

    line: int
    number: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do; nothing is done yet. `columns` says what was made of the headings."""

    encoding: str
    form: str
    columns: Columns
    good: tuple[Good, ...]
    bad: tuple[Bad, ...]
    sha256: str


def plan(desk: Desk, path: Path, own: OwnNames | None = None, *, people: bool = False) -> ImportPlan:
    """Read a file and check every row, against the others and against the record; nothing is written.

    Rows without a number get the next ones of this workshop and year. Raises UsageError for a file that cannot be
    read as a table of orders, and for personal columns unless `people` go to the customers' file.
    """
    own = own or OwnNames()
    data = read(path)
    text, encoding = decoded(data, path.name)
    table = read_table(text, path.name, own.delimiter)
    columns = recognise(table.headings, own, people=people, name=path.name)
    reader = Reader(desk, columns, own)
    good: list[Good] = []
    bad: list[Bad] = []
    for row in table.rows:
        made = reader.read(row)
        if isinstance(made, Draft):
            good.append(made)
        else:
            number = next((row.cells.get(heading, "") for heading in columns.of.get("number", ())), "")
            bad.append(Bad(row.line, number, tuple(made)))
    for check in (_given_twice, _known_numbers, _known_references, _earlier_orders):
        refused = check(desk, good)
        bad += [
            Bad(line, order.number, (Problem(reader.heading(path), reason),)) for line, order, path, reason in refused
        ]
        lines = {line for line, *_ in refused}
        good = [each for each in good if each.line not in lines]
    return ImportPlan(
        encoding,
        table.form,
        columns,
        tuple(_numbered(desk, good)),
        tuple(sorted(bad, key=lambda row: row.line)),
        hashlib.sha256(data).hexdigest(),
    )


def take_in(desk: Desk, plan: ImportPlan, customers: Customers | None = None) -> list[RepairOrder]:
    """Open the plan's good orders in one transaction, and return them.

    With `customers`, people whom their file does not know yet are filed; where the record cannot take the orders,
    nobody is. Raises UsageError or JournalError, and then nothing of the file was imported.
    """
    with _with_customers(plan, customers) as (orders, filed):
        payload = {
            "sha256": plan.sha256,
            "encoding": plan.encoding,
            "form": plan.form,
            "orders": len(orders),
            "left_out": len(plan.bad),
        }
        operator = desk.operator.id if desk.operator else None
        imported = events.Draft(EventKind.ORDERS_IMPORTED, payload, IMPORTS, operator)
        desk.open_orders(orders, [*filed, imported])
    return orders


@contextmanager
def _with_customers(
    plan: ImportPlan, customers: Customers | None
) -> Iterator[tuple[list[RepairOrder], list[events.Draft]]]:
    people = list(dict.fromkeys(each.person for each in plan.good if each.person is not None))
    filing: AbstractContextManager[tuple[list[str], list[events.Draft]]] = nullcontext(([], []))
    if people:
        assert customers is not None, "a plan with people needs the customers' file"
        filing = customers.filing(people)
    with filing as (numbers, filed):
        number_of = dict(zip(people, numbers, strict=True))
        orders = [
            replace(each.order, customer=number_of[each.person]) if each.person else each.order for each in plan.good
        ]
        yield orders, filed


Refused = tuple[int, RepairOrder, str, Message]


def _given_twice(desk: Desk, good: list[Good]) -> list[Refused]:
    """Neither of two rows with one number is taken: nobody can say which one is meant."""
    return [
        *_twice(good, "number", lambda order: order.number),
        *_twice(good, "custom", lambda order: order.custom),
    ]


def _twice(good: list[Good], path: str, of: Callable[[RepairOrder], str]) -> list[Refused]:
    lines: dict[str, list[int]] = defaultdict(list)
    for each in good:
        lines[of(each.order)].append(each.line)
    refused = []
    for each in good:
        value = of(each.order)
        if value and len(lines[value]) > 1:
            others = ", ".join(str(line) for line in lines[value] if line != each.line)
            reason = msg("“{value}” also stands on line {line}.", value=value, line=others)
            refused.append((each.line, each.order, path, reason))
    return refused


def _known_numbers(desk: Desk, good: list[Good]) -> list[Refused]:
    taken = set(desk.journal.numbers()) if any(each.order.number for each in good) else set()
    return [
        (each.line, each.order, "number", msg("There is already an order {number}.", number=each.order.number))
        for each in good
        if each.order.number in taken
    ]


def _known_references(desk: Desk, good: list[Good]) -> list[Refused]:
    """The same file twice must not make every order twice: the counter's own reference shows it."""
    if not any(each.order.custom for each in good):
        return []
    known = {
        custom: event.order for event in desk.journal.openings() if (custom := event.payload["order"].get("custom"))
    }
    return [
        (each.line, each.order, "custom", msg("It is already the order {number}.", number=known[each.order.custom]))
        for each in good
        if each.order.custom in known
    ]


def _earlier_orders(desk: Desk, good: list[Good]) -> list[Refused]:
    if not any(each.order.complaint_of for each in good):
        return []
    # An earlier order in the same file must come before: rows are opened in their order.
    known = set(desk.journal.numbers())
    refused = []
    for each in good:
        earlier = each.order.complaint_of
        if earlier and earlier not in known:
            reason = msg("There is no order {number} to complain of.", number=earlier)
            refused.append((each.line, each.order, "complaint_of", reason))
        elif each.order.number:
            known.add(each.order.number)
    return refused


def _numbered(desk: Desk, good: list[Good]) -> Iterator[Good]:
    year, prefix = desk.clock.now().year, desk.house.order_prefix
    start = beginning(year, prefix)
    given = [each.order.number for each in good if each.order.number.startswith(start)]
    number = next_number([*desk.journal.numbers(start), *given], year, prefix)
    for each in good:
        if each.order.number:
            yield each
        else:
            yield replace(each, order=replace(each.order, number=number))
            number = next_number([number], year, prefix)
