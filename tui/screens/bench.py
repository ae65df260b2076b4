"""The bench: one order, its current step, the reading, the verdict. Enter is the main key."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from bench.errors import EtabliError, Refused
from bench.instrument import InstrumentError, LinkState
from bench.language import N_, _
from bench.measurement import Sample
from bench.photos import PhotoKind
from tui.screens.bench_acts import Act, Acts
from tui.screens.bench_pace import PacedRoom
from tui.screens.blame import blamed
from tui.screens.dialogs import Reason
from tui.screens.glance import Glance, glance
from tui.screens.room import Errand
from tui.sounds import Sound
from tui.widgets.countdown_line import CountdownLine
from tui.widgets.form import Form
from tui.widgets.form_fields import Field
from tui.widgets.form_lists import LinesField, PickedField
from tui.widgets.instruments import InstrumentStrip
from tui.widgets.live import Live, traced
from tui.widgets.order_header import OrderHeader
from tui.widgets.panel import Panel
from tui.widgets.pictures import Pictures
from tui.widgets.readout import Readout
from tui.widgets.results import Results
from tui.widgets.steps import StepsMap
from tui.widgets.todo import Todo
from tui.widgets.verdict import VerdictBand

if TYPE_CHECKING:
    from bench.judging import Judged, MeasureTask
    from bench.work import Work

REPAINTS_PER_SECOND = 12
SECOND = 1.0
# How often the bench asks the journal for what others have decided, while something waits for them.
HEAR_SECONDS = 3.0
# Refusals that a reason lifts: asked for on the spot.
REASONED = ("G-29", "G-30", "reserve", "no-verdict")


# What Enter does where that is the remedy of what stops a step.
_REMEDIES = {"G-38": N_("Read the card"), "custody": N_("Take over")}
# Keys that are letters: in a line to type in they are text, so the last line does not name them there.
_LETTERS = {
    "repeat": "r",
    "indication": "i",
    "by_hand": "k",
    "give_up": "n",
    "sheet": "s",
    "more": "m",
    "correct": "c",
    "picture": "v",
    "zoom": "z",
}


class BenchScreen(PacedRoom):
    """Leads through one order. Everything that touches the order runs in the bench's thread, one call at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("Go on"), id="main"),
        Binding("r", "repeat", N_("Repeat"), id="repeat"),
        Binding("i", "indication", N_("As indication"), id="indication"),
        Binding("k", "by_hand", N_("Key in"), id="by-hand"),
        Binding("n", "give_up", N_("Give up"), id="give-up"),
        Binding("m", "more", N_("More …"), id="more"),
        Binding("ctrl+l", "more_anywhere", N_("More …"), id="more-anywhere"),
        Binding("s", "sheet", N_("Sheet"), show=False, id="sheet"),
        Binding("c", "correct", N_("Correct an answer"), show=False, id="correct"),
        Binding("v", "picture", N_("Next picture"), show=False, id="picture"),
        Binding("z", "zoom", N_("Zoom the paper strip"), show=False, id="zoom"),
        Binding("f4", "sign_in", N_("Change operator"), show=False, id="operator"),
        Binding("escape", "back", N_("Orders"), id="back"),
    ]

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.now: Glance | None = None
        self.busy = False
        self.running: MeasureTask | None = None
        self.done_at: datetime | None = None
        """When the step under way was really done: a late entry."""
        self.note = ""
        """The technician's own word on the step under way."""
        self.samples: deque[Sample] = deque(maxlen=8192)
        self.live = Live()
        self.pictures = Pictures()
        self.acts = Acts(self)
        self._looking = asyncio.Lock()

    def furnish(self) -> ComposeResult:
        yield OrderHeader()
        with Container(id="middle"):
            yield StepsMap()
            with Vertical(id="work"):
                yield Todo()
                yield Panel()
                yield Form()
                yield Readout()
                yield VerdictBand()
                yield CountdownLine()
                yield self.pictures
                yield Results()
        yield InstrumentStrip(self.app.workshop.records, self.app.workshop.desk.pool.state, date.today())

    async def on_mount(self) -> None:
        self.ticking = self.set_interval(1 / REPAINTS_PER_SECOND, self._drain, pause=True)
        self.counter = self.set_interval(SECOND, self._count, pause=True)
        self.set_interval(SECOND, self._show_wait)
        self.set_interval(HEAR_SECONDS, self._hear_others)
        await self._look()

    async def on_screen_resume(self) -> None:
        self.enlarge()
        if self.now is not None and self.idle:
            await self._refresh()

    def on_screen_suspend(self) -> None:
        self._keep_draft()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way here."""
        return not self.busy and self.running is None

    # -- what others say of the order meanwhile

    async def _hear_others(self) -> None:
        """While something waits for somebody, take in what was decided elsewhere."""
        now = self.now
        waits = now is not None and (now.heading.waits or (now.refusal is not None and not now.started))
        if waits and self.idle and self.app.screen is self:
            await self._refresh()

    async def _refresh(self) -> None:
        """Read what the journal has of this order since, and show it."""
        try:
            await self.app.at_bench(self.work.refresh)
        except EtabliError as error:  # what was said elsewhere may be refused here: the closing of a sheet with gaps
            self.query_one(Panel).say_error(error)
        if self.is_attached and self.idle:
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
        return until is not None and until > datetime.now(until.tzinfo)

    def _show_wait(self) -> None:
        """Let the time that is left run on the screen, and ring when it is over."""
        if self.now is None or self.now.waits_until is None:
            return
        self.query_one(Todo).refresh(layout=True)
        if self._waited and not self.waiting:
            self.app.ring(Sound.STABLE)
            self.refresh_bindings()
        self._waited = self.waiting

    _waited = False

    def on_resize(self) -> None:
        if self.now is not None:
            self._show_measuring()
        self.refresh_bindings()

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
            pictures.look(now.task, now.tasks, now.judged, self.last or now.judged, now.before, roomy=roomy)
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
                readout.show(Live(task).shown(), task.label)

    def _drain(self) -> None:
        """Take what the instrument has said since the last repaint."""
        if new := self.live.take(self.samples):
            self.query_one(Readout).show(self.live.shown(), self.running.label if self.running else "")
            self.pictures.hear(new)
        self.pictures.tick()

    def link_changed(self, instrument: str, state: LinkState) -> None:
        """Show the new state of a link."""
        self.query_one(InstrumentStrip).changed(instrument, state)

    # -- the keys

    def main_word(self) -> str:
        now = self.now
        if now is None or self.busy or self.running is not None:
            return ""
        if now.step is None:
            return _("Close the order")
        if not now.started:
            rule = now.refusal.rule if now.refusal is not None else ""
            return _(_REMEDIES[rule]) if rule in _REMEDIES else _("Try again") if rule else _("Begin")
        if now.measuring:
            if now.task is None:
                return _("Go on")
            return _("Measure again") if self.query_one(Panel).shown else _("Measure")
        if now.waits_until is not None:
            return "" if self.waiting else _("Go on")
        return _("Confirm")

    def typed_here(self, letter: str) -> bool:
        """Whether a letter goes into the field under the keyboard."""
        focused = self.focused
        fields = [w for w in focused.ancestors_with_self if isinstance(w, Field)] if focused is not None else []
        return any(field.takes(letter) for field in fields)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        now = self.now
        free = now is not None and self.idle
        if action in _LETTERS and self.typed_here(_LETTERS[action]):
            return False
        if action == "more_anywhere" and not self.typed_here("m"):
            return False
        if action == "repeat":
            return free and now is not None and now.measuring and now.started and bool(now.judged)
        if action == "indication":
            refusal = self.query_one(Panel).refusal if free else None
            return refusal is not None and refusal.rule in ("G-05", "G-06") and now is not None and now.task is not None
        if action in ("by_hand", "give_up"):
            failed = free and isinstance(self.query_one(Panel).error, InstrumentError)
            return failed and now is not None and now.task is not None and (action == "give_up" or self._may_key_in())
        if action == "picture":
            return now is not None and now.measuring and self.pictures.choices > 1
        if action == "zoom":
            return now is not None and now.measuring and self.pictures.view == "strip"
        if action in ("back", "sheet", "sign_in", "more", "more_anywhere", "correct") and not free:
            return False
        return super().check_action(action, parameters)

    def action_main(self) -> None:
        now = self.now
        if now is None or not self.main_word():
            return
        self.wait()
        if now.step is None:
            self._do(self._close)
        elif not now.started:
            rule = now.refusal.rule if now.refusal is not None else ""
            self._do({"G-38": self.acts.card, "custody": self.acts.take_over}.get(rule, self._start))
        elif now.measuring and now.task is not None:
            self._measure(now.task)
        elif now.measuring:
            self._do(self._confirm)
        else:
            if not self.query_one(Form).stop_at():
                self._answer()

    def on_form_complete(self) -> None:
        if self.main_word():
            self._answer()

    def action_back(self) -> None:
        self._keep_draft()
        self.dismiss()

    def action_sign_in(self) -> None:
        self.app.change_operator()

    def action_sheet(self) -> None:
        self._do(self.write_sheet)

    def action_repeat(self) -> None:
        self._do(self._repeat)

    def errands(self) -> Sequence[Errand]:
        """Return the entries of the “more” list, for the palette."""
        if self.now is None or not self.idle:
            return ()

        def errand(act: Act) -> Callable[[], Coroutine[Any, Any, None]]:
            async def do() -> None:
                self._do(act)

            return do

        return [Errand(words, errand(act)) for words, act in self.acts.offered()]

    def action_more(self) -> None:
        """Offer what can be done beside the step: leave it out, ask for help, take over, lift …"""
        self._do(self.acts.choose)

    def action_more_anywhere(self) -> None:
        self.action_more()

    def action_correct(self) -> None:
        """Correct an answer of a step that is done, with a reason."""
        self._do(self.acts.corrections.choose)

    def on_lines_field_wanted(self, event: LinesField.Wanted) -> None:
        event.stop()
        self._ask(self.acts.row(event))

    def on_picked_field_wanted(self, event: PickedField.Wanted) -> None:
        event.stop()
        self._ask(self.acts.fill(event.field))

    def _ask(self, asked: Coroutine[Any, Any, None]) -> None:
        """Let a field ask for more in a dialog; what goes wrong is said in the panel."""

        async def ask() -> None:
            try:
                await asked
            except EtabliError as error:
                self.query_one(Panel).say_error(error)
            finally:
                self.busy = False
                self.refresh_bindings()

        self.busy = True
        self.refresh_bindings()
        self.run_worker(ask(), exit_on_error=False)

    # -- what the keys do; each runs as a worker, and its calls in the bench's thread

    def _do(self, what: Callable[[], Any]) -> None:
        """Run one act; while it runs, no key but Stop does anything."""
        self.busy = True
        self.wait()
        self.refresh_bindings()
        self.run_worker(self._guarded(what), exit_on_error=False)

    async def _guarded(self, what: Callable[[], Any]) -> None:
        panel = self.query_one(Panel)
        try:
            panel.clear()
            await what()
        except EtabliError as error:
            panel.say_error(error)
            self.app.ring(Sound.FAIL)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a mistake of the program must not end the day's work
            panel.say_error(self.app.mishap(error))
        finally:
            self.busy = False
            self.running = None
            self.ticking.pause()
        if self.is_attached:
            await self._look()

    async def _start(self) -> None:
        await self.app.at_bench(self.work.start)

    async def enter_next(self) -> None:
        """Enter the step that follows, where nothing stops it: one key less."""
        await self.app.at_bench(start_if_free, self.work)

    def _answer(self) -> None:
        form, step = self.query_one(Form), self.now.step if self.now else None
        answers = dict(form.answers())
        more = {"note": self.note} if self.note else {}

        async def answer() -> None:
            assert step is not None
            try:
                done = await self.acts.answered(self.work.answer, {**answers, **more}, done_at=self.done_at)
            except EtabliError as error:
                wrong = blamed(step, [field.spec for field in form.fields()], answers, error)
                if wrong is not None:
                    form.blame(wrong)
                raise
            if done:
                self.app.drafts.forget(self.work.number, step.id)
                await self.enter_next()

        self._do(answer)

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

    async def _close(self) -> None:
        """Take the order up again: that closes its sheet, or says what is missing."""
        self.work = await self.app.at_bench(self.app.workshop.desk.work, self.work.number)

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
        self.pictures.next_view()
        self._show_measuring()
        self.refresh_bindings()

    def action_zoom(self) -> None:
        """Zoom the paper strip."""
        self.pictures.closer()

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
            self.live = Live(task)
            self.last = ()
            self.running = task
            self.pictures.begin(task, None if by_hand else self._pace(task))
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
                self.last = judged[0]
                self._hear(await self.app.at_bench(self.work.outcome))
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

    async def write_sheet(self) -> None:
        path = await self.app.at_bench(self.app.workshop.sheet, self.work.number, "pdf")
        self.app.notify(str(path), title=_("Sheet written"), markup=False, timeout=10)


def start_if_free(work: Work) -> None:
    """Enter the current step unless a guard stops it; a refusal is journaled only when somebody tries."""
    if work.step is not None and not work.closed and not work.state.started and work.refusal() is None:
        work.start()
