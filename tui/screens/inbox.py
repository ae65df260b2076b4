"""The inbox: what waits for the hierarchy over all orders, what blocks first, then the oldest; decided in place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench import hierarchy
from bench.dates import iso_day
from bench.inbox import Sort, Waiting, inbox
from bench.journal.titles import StepTitles
from bench.language import N_, _
from bench.people import Role
from bench.reviews import Reviews
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.review_closing import closings
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.widgets.order_header import show_date
from tui.widgets.page import prose
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

ROWS = 4


def since(at: str) -> str:
    """Write since when something waits: the hour today, the day before."""
    if not at:
        return "—"
    if len(at) <= 10:
        return show_date(at)
    moment = datetime.fromisoformat(at).astimezone()
    return f"{moment:%H:%M}" if moment.date() == date.today() else show_date(moment.date().isoformat())


def age(at: str) -> str:
    """Write how many days something has waited, "" for less than one."""
    if not at:
        return ""
    days = (date.today() - datetime.fromisoformat(at).date()).days
    return _("{days} d").format(days=days) if days > 0 else ""


def _what(entry: Waiting) -> str:
    said = " ".join(str(entry.text).split())
    return f"{entry.title} · {said}" if said else str(entry.title)


class _About(Widget):
    """What waits under the cursor, in full."""

    def __init__(self) -> None:
        super().__init__()
        self.entry: Waiting | None = None
        self.by = self.step = ""

    def show(self, entry: Waiting | None, by: str = "", step: str = "") -> None:
        """Draw this entry, with the name of who brought it and the title of its step."""
        self.entry, self.by, self.step = entry, by, step
        self.refresh()

    def render(self) -> Content:
        entry = self.entry
        if entry is None:
            return Content("")
        width = max(20, self.size.width - 2)
        head = [entry.order, entry.watch] if entry.order else []
        who = _("from {who}").format(who=self.by) if self.by else ""
        what = _("waits for: {role}").format(role=entry.waits_for)
        lines = [
            Content.assemble(
                (" " + " · ".join([*head, str(entry.title)]), "bold $warning" if entry.blocking else "bold")
            ),
            *prose(str(entry.text), width, indent=" ")[: ROWS - 2],
            Content.styled(" " + " · ".join(part for part in (who, what, self.step) if part), "$text-muted"),
        ]
        return Content("\n").join([line.truncate(width, ellipsis=True) for line in lines])


class InboxScreen(ErrandRoom):
    """Enter decides what is under the cursor, or leads to where it is done."""

    def __init__(self) -> None:
        super().__init__()
        self._head = -1
        self._reading = False
        self._reviews = Reviews()
        self._titles: StepTitles | None = None

    def furnish(self) -> ComposeResult:
        yield PickList[Waiting](
            [
                Column("", 1, lambda entry: "!" if entry.blocking else "", style=lambda _entry: "bold $error"),
                Column(N_("since"), 10, lambda entry: since(entry.since)),
                Column(N_("age"), 6, lambda entry: age(entry.since), wide_only=True),
                Column(N_("sort"), 16, lambda entry: str(entry.sort), wide_only=True),
                Column(N_("order"), 13, lambda entry: entry.order),
                Column(N_("by"), 18, lambda entry: self._called(entry.by), wide_only=True),
                Column(N_("waits for"), 24, lambda entry: str(entry.waits_for), wide_only=True),
                Column(N_("what"), 0, _what),
            ],
            nothing=N_("Nothing waits for the hierarchy."),
        )
        yield _About()
        yield Panel()

    def on_screen_resume(self) -> None:
        self.query_one(PickList).focus()
        self._head = -1
        self.journal_grew()

    def journal_grew(self) -> None:
        """Read again whenever something was journaled, here or by another program; one reading at a time."""
        if self.app.screen is self and not self.busy and not self._reading:
            self._reading = True
            self.app.attempt(self._reload_until_new)

    async def _reload_until_new(self) -> None:
        try:
            while self.is_attached:
                head = await self.app.at_bench(lambda: self.app.desk.journal.head()[0])
                if head == self._head:
                    return
                self._head = head
                await self.reload()
        finally:
            self._reading = False

    async def reload(self) -> None:
        """Read what waits."""
        found = await self.app.at_bench(self._read)
        self.query_one(PickList).fill(found)
        self._show()

    def _read(self) -> list[Waiting]:
        desk = self.app.desk
        if self._titles is None:
            self._titles = StepTitles(desk.journal)
        self._titles.catch_up()
        records = desk.register.records(desk.pool.records())
        profiles = desk.profiles if getattr(desk.profiles, "own", True) else None
        return inbox(desk.journal, desk.procedures, profiles, records, desk.clock.now().date(), self._reviews)

    @property
    def entry(self) -> Waiting | None:
        picked = self.query_one(PickList).picked
        return picked if isinstance(picked, Waiting) else None

    def on_pick_list_moved(self) -> None:
        self._show()

    def _show(self) -> None:
        entry = self.entry
        self.query_one(_About).show(entry, *((self._called(entry.by), self._step(entry)) if entry is not None else ()))
        self.refresh_bindings()

    def _called(self, operator: str) -> str:
        """Return what people call an operator; the id of one who is not in the workshop's file any more."""
        return next((each.name for each in self.app.workshop.operators if each.id == operator), operator)

    def _step(self, entry: Waiting) -> str:
        if self._titles is None or not entry.step:
            return entry.step
        return str(self._titles.of(entry.order, entry.procedure, entry.step) or entry.step)

    # -- what can be done

    def main_word(self) -> str:
        entry = self.entry
        if entry is None:
            return ""
        return _("Decide") if self._decides(entry) else _("Open")

    def _decides(self, entry: Waiting) -> bool:
        operator = self.app.operator
        decided = entry.sort in (Sort.ALERT, Sort.REVIEW)
        return decided and operator is not None and operator.may_act_as(entry.waits_for)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        entry = event.row
        assert isinstance(entry, Waiting)
        if self._decides(entry):
            self.app.attempt(self._choose_decision, entry)
        else:
            self.do(self._way_to(entry))

    async def _choose_decision(self, entry: Waiting) -> None:
        acts = self._acts(entry)
        options = [(str(place), errand.word) for place, errand in enumerate(acts)]
        picked = await self.app.push_screen_wait(PickDialog(f"{entry.order}: {entry.text}", options, searchable=False))
        if picked is not None:
            await self._done(acts[int(picked)].act)

    async def _done(self, act: Callable[[], Awaitable[None]]) -> None:
        self.query_one(Panel).clear()
        self.busy = True
        try:
            await act()
        finally:
            self.busy = False
        if self.app.screen is self:
            await self.reload()

    def _acts(self, entry: Waiting) -> list[Errand]:
        if entry.sort is Sort.REVIEW:
            return [
                *closings(self.app, entry.order, entry.subject),
                Errand(_("See the verdicts in doubt"), self._way_to(entry)),
                Errand(_("Open the order"), self._to_order(entry)),
            ]
        return [
            Errand(_("Accept, with a reason"), self._decision(entry, accept=True)),
            Errand(_("Refuse, with a reason"), self._decision(entry, accept=False)),
            Errand(_("Seen, not decided"), self._seen(entry)),
            Errand(_("Open the order"), self._to_order(entry)),
        ]

    def errands(self) -> Sequence[Errand]:
        entry = self.entry
        if entry is None:
            return ()
        if self._decides(entry):
            return self._acts(entry)
        found = [Errand(_("Open"), self._way_to(entry))]
        operator = self.app.operator
        if entry.sort is Sort.LATE and operator is not None and operator.may_act_as(Role.MANAGER):
            found.insert(0, Errand(_("Move the promised date"), self._promise(entry)))
        return found

    def _decision(self, entry: Waiting, *, accept: bool) -> Callable[[], Awaitable[None]]:
        async def decide() -> None:
            reason = await self.app.push_screen_wait(Reason(lambda: _("Why? It stands on the sheet.")))
            if reason is None:
                return
            desk = self.app.desk

            def decided(pin: str | None) -> None:
                hierarchy.decide(desk.work(entry.order), entry.subject, accept=accept, reason=reason, pin=pin)

            purpose = f"{_('Decision')} · {entry.order} · {_('accepted') if accept else _('refused')}"
            if await self.app.with_pin(purpose, lambda pin: self.app.at_bench(decided, pin)):
                word = _("Accepted: {order}") if accept else _("Refused: {order}")
                self.app.notify(word.format(order=entry.order), markup=False)
            if self.app.screen is self:
                await self.reload()

        return decide

    def _seen(self, entry: Waiting) -> Callable[[], Awaitable[None]]:
        async def seen() -> None:
            desk = self.app.desk
            await self.app.at_bench(lambda: hierarchy.acknowledge(desk.work(entry.order), entry.subject))
            self.app.notify(_("Noted as seen: {order}").format(order=entry.order), markup=False)

        return seen

    def _promise(self, entry: Waiting) -> Callable[[], Awaitable[None]]:
        async def promise() -> None:
            questions = (
                lambda: _("The new promised date (24.12.2026)"),
                lambda: _("Why does it slip?"),
                lambda: _("How and when was the customer told?"),
            )
            said: list[str] = []
            for question in questions:
                answer = await self.app.push_screen_wait(Reason(question))
                if answer is None:
                    return
                said.append(iso_day(answer) if not said else answer)
            day, reason, told = said
            desk = self.app.desk

            def moved(pin: str | None) -> None:
                hierarchy.move_promise(desk.work(entry.order), day, reason=reason, told=told, pin=pin)

            await self.app.with_pin(_("Move the promised date"), lambda pin: self.app.at_bench(moved, pin))
            if self.app.screen is self:
                await self.reload()

        return promise

    def _way_to(self, entry: Waiting) -> Callable[[], Awaitable[None]]:
        async def go() -> None:
            if entry.sort is Sort.INSTRUMENT:
                from tui.screens.instrument import InstrumentScreen

                await self.app.push_screen(InstrumentScreen(entry.subject))
            elif entry.sort is Sort.PROFILE:
                from tui.screens.profiles import ProfilesScreen

                await self.app.push_screen(ProfilesScreen())
            elif entry.sort is Sort.REVIEW:
                from tui.screens.review import ReviewScreen

                review = self._reviews.of(entry.order, entry.subject)
                if review is not None:
                    await self.app.push_screen(ReviewScreen(review.found))
            else:
                self.app.open_order(entry.order)

        return go

    def _to_order(self, entry: Waiting) -> Callable[[], Awaitable[None]]:
        async def go() -> None:
            self.app.open_order(entry.order)

        return go
