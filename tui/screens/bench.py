"""The bench: one order, its current step, the reading, the verdict. Enter is the main key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from bench.errors import EtabliError
from bench.instrument import InstrumentError, LinkState
from bench.language import N_, _
from tui.screens.bench_acts import Act, Acts
from tui.screens.bench_shown import ShownOrder
from tui.screens.blame import blamed
from tui.screens.room import Errand
from tui.sounds import Sound
from tui.widgets.countdown_line import CountdownLine
from tui.widgets.form import Form
from tui.widgets.form_fields import Field
from tui.widgets.form_lists import LinesField, PickedField
from tui.widgets.instruments import InstrumentStrip
from tui.widgets.order_header import OrderHeader
from tui.widgets.panel import Panel
from tui.widgets.pictures import Pictures
from tui.widgets.readout import Readout
from tui.widgets.results import Results
from tui.widgets.steps import StepsMap
from tui.widgets.todo import Todo
from tui.widgets.verdict import VerdictBand

if TYPE_CHECKING:
    from bench.work import Work

# How often the time that is left of an exercise is written anew.
CLOCK_SECONDS = 20.0
REPAINTS_PER_SECOND = 12
SECOND = 1.0
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


class BenchScreen(ShownOrder):
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
        self.pictures = Pictures()
        self.acts = Acts(self)

    def furnish(self) -> ComposeResult:
        yield OrderHeader()
        with Container(id="middle"):
            yield StepsMap()
            with Vertical(id="work"):
                yield Todo(self._time)
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
        self.waiter = self.set_interval(SECOND, self._show_wait, pause=True)
        if self.app.training:
            self.set_interval(CLOCK_SECONDS, self.query_one(OrderHeader).refresh)
        await self._look()

    def on_resize(self) -> None:
        if self.now is not None:
            self._show_measuring()
        self.refresh_bindings()

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
        if self._behind:
            self.journal_grew()

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

    async def _close(self) -> None:
        """Take the order up again: that closes its sheet, or says what is missing."""
        self.work = await self.app.at_bench(self.app.workshop.desk.work, self.work.number)

    async def write_sheet(self) -> None:
        path = await self.app.at_bench(self.app.workshop.sheet, self.work.number, "pdf")
        self.app.notify(str(path), title=_("Sheet written"), markup=False, timeout=10)


def start_if_free(work: Work) -> None:
    """Enter the current step unless a guard stops it; a refusal is journaled only when somebody tries."""
    if work.step is not None and not work.closed and not work.state.started and work.refusal() is None:
        work.start()
