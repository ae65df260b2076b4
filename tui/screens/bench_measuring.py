"""Measuring at the bench: the runs of a step, by instrument or by hand, shown, repeated, given up."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual import events
from textual.timer import Timer

from bench.errors import Refused
from bench.language import _
from bench.measurement import Sample
from bench.photos import PhotoKind
from bench.training.blind import OPEN, Veil
from tui.screens.bench_pace import PacedRoom
from tui.screens.dialogs import Reason
from tui.widgets.live import Live, traced
from tui.widgets.panel import Panel
from tui.widgets.pictures import Pictures
from tui.widgets.readout import Readout
from tui.widgets.results import Results
from tui.widgets.todo import Todo
from tui.widgets.verdict import VerdictBand

if TYPE_CHECKING:
    from bench.judging import Judged, MeasureTask
    from bench.work import Work
    from tui.screens.bench_acts import Acts

# Refusals that a reason lifts: asked for on the spot.
REASONED = ("G-29", "G-30", "reserve", "no-verdict")


class MeasuringRoom(PacedRoom):
    """A room where the steps of an order are measured; what it does runs as the bench's acts do."""

    work: Work
    acts: Acts
    ticking: Timer
    pictures: Pictures

    def __init__(self) -> None:
        super().__init__()
        self.running: MeasureTask | None = None
        self.samples: deque[Sample] = deque(maxlen=8192)
        self.live = Live()
        self.done_at: datetime | None = None
        """When the step under way was really done: a late entry."""

    @abstractmethod
    def _do(self, what: Callable[[], Any]) -> None:
        """Run one act."""

    @abstractmethod
    async def enter_next(self) -> None:
        """Enter the step that follows, where nothing stops it."""

    def action_repeat(self) -> None:
        self._do(self._repeat)

    async def _confirm(self) -> None:
        if await self._with_reason(self.work.confirm):
            await self.enter_next()

    async def _repeat(self) -> None:
        if await self._with_reason(self.work.repeat):
            self.last = ()

    async def _with_reason(self, act: Callable[[str], object]) -> bool:
        """Do what may need a reason, asking for one when it is refused without; False when none was given."""
        try:
            await self.app.at_bench(act, "")
        except Refused as refused:
            refusal = refused.refusal
            if refusal.rule not in REASONED:
                raise
            reason = await self.app.push_screen_wait(Reason(lambda: f"{refusal.reason}\n{refusal.remedy}"))
            if reason is None:
                return False
            await self.app.at_bench(act, reason)
        return True

    def _may_key_in(self) -> bool:
        """Whether the instrument that failed may be replaced by a person reading another display."""
        task = self.now.task if self.now else None
        records = self.app.workshop.records
        return task is not None and any(r.kind is task.kind and r.dialect == "manual" for r in records)

    def action_by_hand(self) -> None:
        """Key the reading in while the instrument's link is down: first a photo of the display, then the value."""
        if self.now is not None and self.now.task is not None:
            self._measure(self.now.task, by_hand=True)

    def _pace(self, task: MeasureTask) -> float | None:
        """How the clock of the task's instrument goes against ours: a simulated one's may be faster; None: a person."""
        record = next((r for r in self.app.workshop.records if r.kind is task.kind), None)
        if record is None or record.dialect == "manual":
            return None
        return float(record.options.get("pacing", 1.0)) if record.simulated else 1.0

    def action_picture(self) -> None:
        """Show the next picture of the measurement."""
        self._turn_to(self.pictures.wanted + 1)

    def _turn_to(self, wanted: int) -> None:
        self.pictures.turn_to(wanted)
        if self.running is None:
            self._show_measuring()  # the table may stand in a picture's place
        self.refresh_bindings()

    def action_zoom(self) -> None:
        """Zoom the paper strip."""
        self.pictures.closer()

    def undo_of(self, event: events.Key) -> Callable[[], object] | None:
        """Return what takes back a letter that only changes the picture, None for any other."""
        active = self.active_bindings.get(event.key)
        if active is None or active.binding.action not in ("picture", "zoom"):
            return None
        wanted, zoom = self.pictures.wanted, self.pictures.strip.zoom

        def put_back() -> None:
            self.pictures.strip.zoom_to(zoom)
            self._turn_to(wanted)

        # Behind the letter, which comes by this room and is then done by the application.
        return lambda: self.call_later(self.app.call_later, put_back)

    def action_give_up(self) -> None:
        """Leave the step unmeasured, with a reason."""
        self._do(self._give_up)

    async def _give_up(self) -> None:
        reason = await self.app.push_screen_wait(Reason(lambda: _("Why can this step not be measured?")))
        if reason is not None:
            await self.app.at_bench(self.work.give_up, reason)
            await self.enter_next()

    def _measure(self, task: MeasureTask, *, indication: bool = False, by_hand: bool = False) -> None:
        async def measure() -> None:
            if by_hand and not await self._photo_first():
                return
            self.samples.clear()
            self.live = self._live(task)
            self.last = ()
            self.running = task
            self.pictures.begin(self._veil.task(task), None if by_hand else self._pace(task))
            self._show_measuring()
            self.refresh_bindings()
            self.ticking.resume()
            judged: list[tuple[Judged, ...]] = []

            def run(reason: str) -> None:
                self.work.prepare(task)
                append = self.samples.append
                measure = self.work.measure
                judged.append(measure(task, append, reason=reason, indication=indication, by_hand=by_hand))

            if await self._with_reason(run):
                self.last = self._veil.judged(judged[0])
                self._hear(self._veil.outcome(await self.app.at_bench(self.work.outcome)))
                self.to_consider = True

        self._do(measure)

    async def _photo_first(self) -> bool:
        """See that a photo of the display is attached to the step before its value is keyed in (G-30)."""
        step = self.work.step
        if step is None or step.id in self.work.state.photo_steps:
            return True
        self.app.notify(_("First a photo of the display: it proves the value that is keyed in."))
        return await self.acts.photos.attach(PhotoKind.EVIDENCE.value) is not None

    def action_indication(self) -> None:
        """Take a reading with an instrument that may give no verdict."""
        if self.now is not None and self.now.task is not None:
            self._measure(self.now.task, indication=True)

    def _show_measuring(self) -> None:
        """Show the measuring part: what to do, the reading, the verdict, the table."""
        now = self.now
        assert now is not None
        task = self.running or now.task
        error = self.query_one(Panel).error is not None
        late = f"{self.done_at:%d.%m. %H:%M}" if self.done_at is not None else ""
        self.query_one(Todo).show(now, running=self.running is not None, error=error, late=late)
        readout, band, pictures = self.query_one(Readout), self.query_one(VerdictBand), self.pictures
        results = self.query_one(Results)
        at_it = now.measuring and now.started
        roomy = self.app.size.height >= 40
        if self.running is None:
            task_seen, tasks_seen = self._seen(now.task), tuple(now.veil.task(each) for each in now.tasks)
            pictures.look(task_seen, tasks_seen, now.judged, self.last or now.judged, now.before, roomy=roomy)
        pictures.display = self.running is not None or (at_it and bool(pictures.view))
        results.display = at_it and bool(now.judged) and (roomy or pictures.results_instead)
        results.show(now.judged, now.before)
        if self.running is not None:
            readout.display = True
            band.show(())
            readout.show(self.live.shown(), self.running.label)
        else:
            finished = self.last or (now.judged if now.outcome is not None else ())
            band.show(finished)
            readout.display = at_it and bool(finished or task) and not self.query_one(Panel).shown
            if finished:
                readout.show(*traced(finished))
            elif task is not None:
                readout.show(self._live(task).shown(), task.label)

    @property
    def _veil(self) -> Veil:
        return self.now.veil if self.now is not None else OPEN

    def _seen(self, task: MeasureTask | None) -> MeasureTask | None:
        return self._veil.task(task) if task is not None else None

    def _live(self, task: MeasureTask) -> Live:
        return Live(self._veil.task(task), hidden=self._veil.limits)

    def _drain(self) -> None:
        """Take what the instrument has said since the last repaint."""
        if new := self.live.take(self.samples):
            self.query_one(Readout).show(self.live.shown(), self.running.label if self.running else "")
            self.pictures.hear(new)
        self.pictures.tick()
