"""The log of a training workshop as it leaves it: every row marked, blind runs left out until their reveal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.exports import COLUMNS, headings
from bench.language import N_, _
from bench.training.apart import MODE
from bench.training.blind import hidden_orders

if TYPE_CHECKING:
    from bench.house import House
    from bench.journal.reading import JournalReading
    from bench.journal.rows import LogRow

COLUMN = "mode"
_HEADING = N_("mode")
_ORDER = list(COLUMNS).index("order")


@dataclass(frozen=True)
class Marks:
    """`training` marks every row; `hidden` are the orders that nothing is told of yet."""

    training: bool = False
    hidden: frozenset[str] = frozenset()

    @property
    def columns(self) -> list[str]:
        return [*COLUMNS, *([COLUMN] if self.training else [])]

    @property
    def headings(self) -> list[str]:
        return [*headings(), *([_(_HEADING)] if self.training else [])]

    def tuples(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Return rows of `COLUMNS`, marked, without what is hidden."""
        if not self.training:
            return iter(rows)
        mode = _(MODE)
        return ((*row, mode) for row in rows if row[_ORDER] not in self.hidden)

    def rows(self, rows: Iterable[LogRow]) -> Iterator[LogRow]:
        """Return the rows that may be told."""
        return (row for row in rows if row.order not in self.hidden) if self.hidden else iter(rows)

    def said(self) -> str:
        """Say what is left out, "" where nothing is."""
        orders = ", ".join(sorted(self.hidden))
        return _("Left out until the reveal: {orders}.").format(orders=orders) if orders else ""


def marks(journal: JournalReading, house: House) -> Marks:
    """Return the marks of a workshop's log; none for a workshop with customers' watches."""
    return Marks(house.training, hidden_orders(journal, house)) if house.training else Marks()
