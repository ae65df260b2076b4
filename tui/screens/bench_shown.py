"""What the bench shows of its order: read again after every act, and whenever somebody else says something of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from textual.timer import Timer

from bench.errors import EtabliError
from bench.language import _
from tui.screens.bench_measuring import MeasuringRoom
from tui.screens.bench_news import decisions
from tui.screens.glance import Glance, glance
from tui.sounds import Sound
from tui.widgets.form import Form
from tui.widgets.order_header import OrderHeader
from tui.widgets.panel import Panel
from tui.widgets.steps import StepsMap
from tui.widgets.todo import Todo


class ShownOrder(MeasuringRoom):
    """An order on the screen as it stands: its header, its steps, what stops it, the form of its step."""

    waiter: Timer
    """Looks at the time of a wait; stands still where nothing waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Glance | None = None
        self.busy = False
        self.note = ""
        """The technician's own word on the step under way."""
        self._looking = asyncio.Lock()
        self._behind = False
        self._waited = False

    async def on_screen_resume(self) -> None:
        self.enlarge()
        if (self.came_back or self._behind) and self.now is not None and self.idle:
            await self._refresh()

    def on_screen_suspend(self) -> None:
        self._keep_draft()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way here."""
        return not self.busy and self.running is None

    # -- what others say of the order meanwhile

    def journal_grew(self) -> None:
        """Take in what somebody else has said of this order, as soon as nothing is under way here."""
        self._behind = True
        if self.now is not None and self.idle and self.app.screen is self:
            self.run_worker(self._hear_others(), exit_on_error=False)

    async def _hear_others(self) -> None:
        self._behind = False
        await self._take_in(self.work.catch_up)

    async def _refresh(self) -> None:
        """Read what the journal has of this order since, and show it."""
        await self._take_in(self.work.refresh)

    async def _take_in(self, read: Callable[[], bool | None]) -> None:
        """Read what others have said, tell what was decided, and show it all unless `read` found nothing."""
        before = self.work.state
        try:
            news = await self.app.at_bench(read)
        except EtabliError as error:  # what was said elsewhere may be refused here: the closing of a sheet with gaps
            self.query_one(Panel).say_error(error)
            news = True
        for decided in decisions(before, self.work.state):
            self.app.notify(decided, title=_("Decided"), markup=False, timeout=15)
        if news is not False and self.is_attached and self.idle:
            await self._look()

    # -- what is shown

    async def _look(self) -> None:
        """Read the order again and show it; one look at a time."""
        async with self._looking:
            await self._look_again()

    async def _look_again(self) -> None:
        before = self.now
        now = await self.app.at_bench(glance, self.work)
        self.now = now
        if now.waits_until is None:
            self.waiter.pause()
        else:
            self.waiter.resume()
        if now.closed:
            self.app.finished(self.work)
            return
        moved = before is None or before.step != now.step or before.started != now.started
        if moved:
            self.last = ()
            self.done_at, self.note = None, ""
            await self.query_one(Form).ask(())
        self.query_one(OrderHeader).show(now.heading)
        self.query_one(StepsMap).show(now.marks, now.stages)
        panel = self.query_one(Panel)
        asks = not now.measuring and now.waits_until is None
        if now.refusal is not None and (asks or not now.started):
            panel.say(now.refusal)  # before anything is typed in vain
        elif moved or (before is not None and before.refusal is not None and now.refusal is None):
            panel.clear()
        self._show_measuring()
        if moved and now.started and not now.measuring and now.step is not None:
            draft = self.app.drafts.of(self.work.number, now.step.id)
            await self.query_one(Form).ask(now.fields, {**now.prefilled, **draft}, go_on=bool(draft))
        if not self.query_one(Form).display:
            self.set_focus(None)
        self._consider()
        self.refresh_bindings()

    def _keep_draft(self) -> None:
        """Keep what stands in the form, for when this step is taken up again."""
        form = self.query_one(Form)
        if self.now is not None and self.now.step is not None and form.display:
            self.app.drafts.keep(self.work.number, self.now.step.id, form.draft())

    @property
    def waiting(self) -> bool:
        """Whether the time of a wait step still runs."""
        until = self.now.waits_until if self.now is not None else None
        return until is not None and until > self._time()

    def _time(self) -> datetime:
        return self.work.desk.clock.now()

    def _show_wait(self) -> None:
        """Let the time that is left run on the screen, and ring when it is over."""
        if self.now is None or self.now.waits_until is None:
            return
        self.query_one(Todo).refresh(layout=True)
        if self._waited and not self.waiting:
            self.app.ring(Sound.STABLE)
            self.refresh_bindings()
        self._waited = self.waiting
