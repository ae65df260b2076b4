"""What rests on an instrument: its verdicts since its last good check, and which of them a found error changes."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.impact import Affected, Review
from bench.language import N_, _
from bench.people import Role
from bench.quantities import QUANTITIES, Value
from bench.reviews import OrderReview, Reviews
from tui import lines
from tui.screens.errands import ErrandRoom
from tui.screens.review_closing import closings
from tui.screens.room import Errand
from tui.widgets.order_header import show_date
from tui.widgets.page import prose
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList


class _Finding(Widget):
    """Which instrument, which error was found, how many verdicts change."""

    def __init__(self, found: Review) -> None:
        super().__init__()
        self.found = found

    def render(self) -> Content:
        found = self.found
        errors = [
            _("error of {quantity}: {error}").format(quantity=QUANTITIES[key], error=Value(QUANTITIES[key], error))
            for key, error in found.errors.items()
            if error
        ]
        counts = _("{changed} of {all} verdicts change.").format(changed=len(found.changed), all=len(found.verdicts))
        words = [_("Since the last good check of {instrument}:").format(instrument=found.instrument), *errors]
        style = "bold $error" if found.changed else "bold"
        width = max(20, self.size.width - 2)
        return Content("\n").join([*prose("  ".join(words), width, "", " "), Content.styled(" " + counts, style)])


class _Decided(Widget):
    """The verdict under the cursor in full, and what was decided of its order, or that it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.entry: Affected | None = None
        self.review: OrderReview | None = None

    def show(self, entry: Affected | None, review: OrderReview | None) -> None:
        """Draw this verdict."""
        self.entry, self.review = entry, review
        self.refresh(layout=True)

    def render(self) -> Content:
        entry = self.entry
        if entry is None:
            return Content("")
        quantity = lines.named(QUANTITIES[entry.quantity], entry.label)
        head = f" {entry.order} · {show_date(entry.at)} · {quantity}"
        then = f" {_value(entry)} {entry.before} → {_corrected(entry)} {_after(entry)}"
        return Content("\n").join([Content.styled(head, "bold"), Content(then), self._said()])

    def _said(self) -> Content:
        review = self.review
        if review is None:
            return Content("")
        if review.outcome is None:
            words = _("{order}: the manager says what becomes of the watch.").format(order=review.order)
            return Content.styled(f" {words}", "bold $warning")
        words = _("{order}: {outcome}, by {name} on {date}: {reason}").format(
            order=review.order,
            outcome=review.outcome,
            name=review.decided_by,
            date=show_date(review.decided_at),
            reason=review.reason,
        )
        return Content(f" {words}")


def _value(entry: Affected) -> str:
    return str(Value(QUANTITIES[entry.quantity], entry.value))


def _corrected(entry: Affected) -> str:
    return "—" if entry.corrected is None else str(Value(QUANTITIES[entry.quantity], entry.corrected))


def _after(entry: Affected) -> str:
    return "—" if entry.after is None else f"{entry.after.symbol} {entry.after}"


class ReviewScreen(ErrandRoom):
    """The verdicts in doubt; Enter opens the order, the menu closes the review of it."""

    def __init__(self, found: Review) -> None:
        super().__init__()
        self.found = found
        self.reviews = Reviews()

    def furnish(self) -> ComposeResult:
        yield _Finding(self.found)
        yield Panel()
        yield PickList[Affected](
            [
                Column("", 1, lambda entry: "!" if entry.changes else "", style=lambda _entry: "bold $error"),
                Column(N_("order"), 13, lambda entry: entry.order),
                Column(N_("date"), 10, lambda entry: show_date(entry.at), wide_only=True),
                Column(N_("quantity"), 0, lambda entry: lines.named(QUANTITIES[entry.quantity], entry.label)),
                Column(N_("value"), 0, _value, wide_only=True),
                Column(N_("corrected"), 0, _corrected, wide_only=True),
                Column(N_("verdict"), 0, lambda entry: f"{entry.before.symbol} {entry.before}", wide_only=True),
                Column(N_("verdict then"), 0, _after),
                Column(N_("review"), 0, self._standing, style=self._standing_style),
            ],
            nothing=N_("No verdict rests on it since its last good check."),
        )
        yield _Decided()

    def on_mount(self) -> None:
        found = self.query_one(PickList)
        found.fill(sorted(self.found.verdicts, key=lambda entry: (not entry.changes, entry.at)))
        found.focus()

    def on_screen_resume(self) -> None:
        self.journal_grew()

    def journal_grew(self) -> None:
        """Read what was decided meanwhile."""
        self.look(self._read)

    async def _read(self) -> None:
        await self.app.at_bench(self.reviews.catch_up, self.app.workshop.desk.journal)
        self.query_one(PickList).refresh()
        self._show()

    def _review(self, entry: Affected) -> OrderReview | None:
        return self.reviews.of(entry.order, self.found.instrument) if entry.changes else None

    def _standing(self, entry: Affected) -> str:
        review = self._review(entry)
        if review is None:
            return ""
        return _("to decide") if review.outcome is None else str(review.outcome)

    def _standing_style(self, entry: Affected) -> str:
        review = self._review(entry)
        return "bold $warning" if review is not None and review.open else "$text-muted"

    def on_pick_list_moved(self) -> None:
        self._show()

    def _show(self) -> None:
        picked = self.query_one(PickList).picked
        review = self._review(picked) if isinstance(picked, Affected) else None
        self.query_one(_Decided).show(picked if isinstance(picked, Affected) else None, review)
        self.refresh_bindings()

    def errands(self) -> Sequence[Errand]:
        picked, operator = self.query_one(PickList).picked, self.app.operator
        if not isinstance(picked, Affected):
            return ()
        found = [Errand(_("Open the order"), self._open)]
        review = self._review(picked)
        if review is not None and review.open and operator is not None and operator.may_act_as(Role.MANAGER):
            found = [*closings(self.app, picked.order, self.found.instrument), *found]
        return found

    async def _open(self) -> None:
        picked = self.query_one(PickList).picked
        if isinstance(picked, Affected):
            self.app.open_order(picked.order)

    def main_word(self) -> str:
        return _("Open the order") if self.found.verdicts else ""

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        entry = event.row
        assert isinstance(entry, Affected)
        self.app.open_order(entry.order)
