"""The intervention log as rows for a file: its columns, and the sentences in one language."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bench.journal.rows import LogFilter, show_text
from bench.journal.titles import StepTitles
from bench.language import N_, _, current
from bench.quantities import DIMENSIONS, QUANTITIES, Value

if TYPE_CHECKING:
    from bench.journal.reading import JournalReading

# The columns of a file, with what heads them for people. Units stand apart from their figures.
COLUMNS: dict[str, str] = {
    "at": N_("time"),
    "kind": N_("what"),
    "order": N_("order"),
    "watch": N_("watch"),
    "calibre": N_("calibre"),
    "procedure": N_("procedure"),
    "operator": N_("operator"),
    "step": N_("step"),
    "step_title": N_("title of the step"),
    "visit": N_("visit"),
    "attempt": N_("attempt"),
    "phase": N_("phase"),
    "quantity": N_("quantity"),
    "label": N_("label"),
    "value": N_("value"),
    "unit": N_("unit"),
    "expanded": N_("U (k = 2)"),
    "state": N_("state"),
    "limit_low": N_("lower limit"),
    "limit_high": N_("upper limit"),
    "limit_source": N_("source of the limit"),
    "limit_mark": N_("how sure the limit is"),
    "rule": N_("decision rule"),
    "refusal": N_("rule that refused"),
    "alert": N_("alert"),
    "instrument": N_("instrument"),
    "model": N_("model"),
    "serial": N_("serial number"),
    "provenance": N_("origin"),
    "tag": N_("remark"),
    "text": N_("text"),
    "seq": N_("event"),
    "position": N_("place in the event"),
    "measurement": N_("measurement"),
    "recording": N_("recording"),
}


def headings() -> tuple[str, ...]:
    """Return the columns as people name them, in the language in force."""
    return tuple(_(words) for words in COLUMNS.values())


def rows(
    journal: JournalReading, wanted: LogFilter, between: Between | None = None, *, after: int = 0, blank: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Give the rows of the log that `wanted` lets through, oldest first, in the columns of `COLUMNS`.

    Sentences, tags and the titles of steps are in the language in force. `between` keeps values inside bounds; `after`
    (an `n`) leaves out what was there before; with `blank` nothing is "" in every column, as CSV writes it.
    """
    french = current() == "fr"
    tag = "tag_fr" if french else "tag_en"
    columns = tuple(tag if name == "tag" else name for name in COLUMNS if name != "step_title")
    found: Iterator[tuple[Any, ...]] = journal.log_tuples(wanted, columns, after=after, blank=blank)
    if between is not None:
        value, unit = columns.index("value"), columns.index("unit")
        found = (row for row in found if between.holds(row[value], row[unit]))
    titles, show = StepTitles(journal), lru_cache(maxsize=4096)(show_text)
    place, order, procedure, step = (columns.index(name) for name in ("text", "order", "procedure", "step"))
    after_step = step + 1
    for row in found:
        text = row[place]
        if text.startswith("{"):
            row = (*row[:place], show(text), *row[place + 1 :])
        title = titles.of(row[order], row[procedure], row[step])
        words = "" if title is None else title.fr if french else title.en
        yield row[:after_step] + (words,) + row[after_step:]  # noqa: RUF005


class Between:
    """Bounds of a value, in the canonical unit of its quantity; None is open. `low_in` and `high_in` say whether the
    bound itself lies inside.
    """

    def __init__(
        self, quantity: str, low: Value | None, high: Value | None, *, low_in: bool = True, high_in: bool = True
    ) -> None:
        self.quantity, self.low_in, self.high_in = quantity, low_in, high_in
        self._unit, self._units = QUANTITIES[quantity].unit, DIMENSIONS[QUANTITIES[quantity].dimension]
        self.low = low.magnitude if low else None
        self.high = high.magnitude if high else None

    def holds(self, value: float | None, unit: str) -> bool:
        """Whether a value in `unit` lies inside; a row without a value, or with one of another kind, does not."""
        if unit not in self._units or value is None:
            return False
        y = value if unit == self._unit else Value.of(self.quantity, value, unit).magnitude
        above = self.low is None or y > self.low or (self.low_in and y == self.low)
        return above and (self.high is None or y < self.high or (self.high_in and y == self.high))
