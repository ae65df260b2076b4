"""The bench: one order, its current step, the reading, the verdict. Enter is the main key."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from bench.errors import EtabliError, Refused
from bench.instrument import InstrumentError, LinkState
from bench.language import N_, _
from bench.measurement import Sample
from tui.advance import Scatter, nothing_against, only_turned, scatter
from tui.screens.bench_acts import Acts
from tui.screens.dialogs import Reason
from tui.screens.glance import Glance, glance
from tui.screens.room import Room
from tui.sounds import Sound
from tui.widgets.countdown_line import CountdownLine
from tui.widgets.form import Form
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
# How long the bench waits before it goes on by itself: to turn the watch, and to read a verdict. In seconds.
TURN_SECONDS, READ_SECONDS = 6, 3
SECOND = 1.0
# Refusals that a reason lifts: asked for on the spot.
REASONED = ("G-29", "G-30", "reserve", "no-verdict")


class BenchScreen(Room):
    """Leads through one order. Everything that touches the order runs in the bench's thread, one call at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("Go on"), id="main"),
        Binding("r", "repeat", N_("Repeat"), id="repeat"),
        Binding("i", "indication", N_("As indication"), id="indication"),
        Binding("k", "by_hand", N_("Key in"), id="by-hand"),
        Binding("n", "give_up", N_("Give up"), id="give-up"),
        Binding("s", "sheet", N_("Sheet"), id="sheet"),
        Binding("m", "more", N_("More …"), id="more"),
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
        self.last: tuple[Judged, ...] = ()
        self.to_consider = False
        self.counting = False
        """Whether the bench is about to go on by itself."""
        self.samples: deque[Sample] = deque(maxlen=8192)
        self.live = Live()
        self.pictures = Pictures()
        self.acts = Acts(self)

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
        await self._look()

    async def on_screen_resume(self) -> None:
        if self.now is not None and not self.busy and self.running is None:
            await self._look()

    # -- what is shown

    async def _look(self) -> None:
        """Read the order again and show it."""
        before = self.now
        now = await self.app.at_bench(glance, self.work)
        self.now = now
        if now.closed:
            self.app.finished(self.work)
            return
        moved = before is None or before.step != now.step or before.started != now.started
        if moved:
            self.last = ()
            await self.query_one(Form).ask(())
        self.query_one(OrderHeader).show(now.heading)
        self.query_one(StepsMap).show(now.marks)
        panel = self.query_one(Panel)
        if now.refusal is not None and not now.started:
            panel.say(now.refusal)
        elif moved or (before is not None and before.refusal is not None):
            panel.clear()
        self._show_measuring()
        if moved and now.started and not now.measuring and now.step is not None:
            await self.query_one(Form).ask(now.fields, now.prefilled)
        if not self.query_one(Form).display:
            self.set_focus(None)
        self._consider()
        self.refresh_bindings()

    def _show_wait(self) -> None:
        """Let the time that is left run on the screen."""
        if self.now is not None and self.now.waits_until is not None:
            self.query_one(Todo).refresh(layout=True)

    def on_resize(self) -> None:
        if self.now is not None:
            self._show_measuring()
        self.refresh_bindings()

    def _show_measuring(self) -> None:
        """Show the measuring part: what to do, the reading, the verdict, the table."""
        now = self.now
        assert now is not None
        task = self.running or now.task
        self.query_one(Todo).show(now, running=self.running is not None, error=self.query_one(Panel).error is not None)
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
            return _("Try again") if now.refusal is not None else _("Begin")
        if now.measuring:
            if now.task is None:
                return _("Go on")
            return _("Measure again") if self.query_one(Panel).shown else _("Measure")
        return _("Confirm")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        now = self.now
        free = now is not None and not self.busy and self.running is None
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
        if action in ("back", "sheet", "sign_in", "more") and not free:
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
            self._do(self._start)
        elif now.measuring and now.task is not None:
            self._measure(now.task)
        elif now.measuring:
            self._do(self._confirm)
        else:
            missing = self.query_one(Form).first_missing()
            if missing is not None:
                missing.take()
                missing.nag()
            else:
                self._answer()

    def on_form_complete(self) -> None:
        if self.main_word():
            self._answer()

    def action_back(self) -> None:
        self.dismiss()

    def action_sign_in(self) -> None:
        self.app.change_operator()

    def action_sheet(self) -> None:
        self._do(self._sheet)

    def action_repeat(self) -> None:
        self._do(self._repeat)

    def action_more(self) -> None:
        """Offer what can be done beside the step: leave it out, ask for help, take over, lift …"""
        self._do(self.acts.choose)

    def on_lines_field_wanted(self, event: LinesField.Wanted) -> None:
        event.stop()
        self.run_worker(self.acts.row(event))

    def on_picked_field_wanted(self, event: PickedField.Wanted) -> None:
        event.stop()
        self.run_worker(self.acts.pick(event))

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

    async def _enter_next(self) -> None:
        """Enter the step that follows, where nothing stops it: one key less."""
        await self.app.at_bench(start_if_free, self.work)

    def _answer(self) -> None:
        answers = dict(self.query_one(Form).answers())

        async def answer() -> None:
            await self.acts.answered(self.work.answer, answers)
            await self._enter_next()

        self._do(answer)

    async def _confirm(self) -> None:
        if await self._with_reason(self.work.confirm):
            await self._enter_next()

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
        """Key the reading in while the instrument's link is down."""
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
            await self._enter_next()

    def _measure(self, task: MeasureTask, *, indication: bool = False, by_hand: bool = False) -> None:
        async def measure() -> None:
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

    # -- going on without a key

    def wait(self) -> None:
        """Do nothing by itself until a key is pressed."""
        self.counting = False
        self.counter.pause()
        self.query_one(CountdownLine).stop()
        self.refresh_bindings()

    def _hear(self, outcome: str | None) -> None:
        """Say to the ear how a run ended."""
        if any(entry.verdict.state.severity in (2, 3) for entry in self.last):
            self.app.ring(Sound.FAIL)
        elif outcome == "pass":
            self.app.ring(Sound.PASS)
        elif (found := scatter(self.last)) is not None and found.stable:
            self.app.ring(Sound.STABLE)

    def _consider(self) -> None:
        """Begin to count where the finished run was stable and passed, and what comes needs no other hand."""
        now, found = self.now, scatter(self.last)
        if not self.to_consider or now is None or found is None or not self.app.preferences.auto_advance:
            return
        self.to_consider = False
        if not now.measuring or not nothing_against(self.last) or self.query_one(Panel).shown:
            return
        if now.task is not None and only_turned(now.task) and not now.task.blockers:
            self._begin_to_count(found, TURN_SECONDS if found.stable else 0, now.task.label)
        elif now.task is None and now.outcome == "pass":
            self._begin_to_count(found, READ_SECONDS if found.stable else 0, "")

    def _begin_to_count(self, found: Scatter, seconds: int, to: str) -> None:
        self.query_one(CountdownLine).begin(found, seconds, to)
        if seconds:
            self.counting = True
            self.counter.reset()
            self.counter.resume()
        self.refresh_bindings()

    def _count(self) -> None:
        """Count one second down; not under another screen."""
        if self.app.screen is self and self.query_one(CountdownLine).count() == 0:
            self.action_main()

    def action_indication(self) -> None:
        """Take a reading with an instrument that may give no verdict."""
        if self.now is not None and self.now.task is not None:
            self._measure(self.now.task, indication=True)

    async def _sheet(self) -> None:
        path = await self.app.at_bench(self.app.workshop.sheet, self.work.number, "pdf")
        self.app.notify(str(path), title=_("Sheet written"), markup=False, timeout=10)


def start_if_free(work: Work) -> None:
    """Enter the current step unless a guard stops it; a refusal is journaled only when somebody tries."""
    if work.step is not None and not work.closed and not work.state.started and work.refusal() is None:
        work.start()
