"""The daily check at the screen: the reference is measured, live; what it gives is journaled at once."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.checking import Checked, check, task_of
from bench.errors import EtabliError
from bench.judging import MeasureTask
from bench.language import N_, _
from bench.measurement import Sample
from bench.metrology import DailyCheck, InstrumentRecord
from bench.register import FAIL, NO_VERDICT, PASS
from tui.screens.errands import ErrandRoom
from tui.widgets.live import traced
from tui.widgets.panel import Panel
from tui.widgets.readout import Readout, Shown
from tui.widgets.verdict import VerdictBand

REPAINTS = 10
_STOPPED = N_("Stopped: the instrument is safe, there was no check.")
_WORDS = {
    PASS: N_("The daily check has passed."),
    FAIL: N_("The daily check has failed: the instrument is suspended."),
    NO_VERDICT: N_("The daily check gave no result."),
}


@dataclass
class _Live:
    """What came last, and how much came; written in the bench's thread, read by the screen."""

    sample: Sample | None = None
    count: int = 0


class _What(Widget):
    """Which reference, between which limits, and what happens now."""

    def __init__(self) -> None:
        super().__init__()
        self.record: InstrumentRecord | None = None
        self.word = ""

    def render(self) -> Content:
        record = self.record
        if record is None or record.daily_check is None:
            return Content("")
        spec: DailyCheck = record.daily_check
        lines = [
            Content.assemble((f"{record.id}", "bold $primary"), f"  {record.model} n° {record.serial}"),
            Content(
                _("Put the reference on: {quantity} {value}, certificate {number}.").format(
                    quantity=spec.quantity, value=spec.reference, number=spec.certificate
                )
            ),
            Content(_("It passes within {limit}.").format(limit=spec.limit)),
            Content.styled(_(self.word) if self.word else "", "bold"),
        ]
        return Content("\n").join(lines)


class CheckScreen(ErrandRoom):
    """Enter begins, Space stops; the result stays until one leaves."""

    def __init__(self, instrument: str) -> None:
        super().__init__()
        self.instrument = instrument
        self.running: MeasureTask | None = None
        self.done: Checked | None = None
        self._live = _Live()

    def furnish(self) -> ComposeResult:
        yield _What()
        yield Readout()
        yield VerdictBand()
        yield Panel()

    def on_mount(self) -> None:
        self.set_interval(1 / REPAINTS, self._repaint)
        self.look(self._prepare)

    async def _prepare(self) -> None:
        desk = self.app.workshop.desk

        def read() -> InstrumentRecord:
            return next(r for r in desk.register.records(desk.pool.records()) if r.id == self.instrument)

        what = self.query_one(_What)
        what.record = await self.app.at_bench(read)
        what.refresh(layout=True)
        self.refresh_bindings()

    def main_word(self) -> str:
        if self.running is not None:
            return ""
        return _("Check again") if self.done is not None else _("Begin the check")

    def action_main(self) -> None:
        if self.running is None and self.query_one(_What).record is not None:
            self.do(self._check)

    async def _check(self) -> None:
        from bench.instrument import Stopped

        what = self.query_one(_What)
        assert what.record is not None
        self.running = task_of(what.record)
        self._live = _Live()
        self.busy = True
        self.query_one(VerdictBand).display = False
        self._say("")
        self.refresh_bindings()
        try:
            self.done = await self.app.at_bench(check, self.app.workshop.desk, self.instrument, self._heard)
        except Stopped:
            self._say(_STOPPED)
            return
        except EtabliError:
            self._say("")
            raise
        finally:
            self.running = None
            self.busy = False
            self.refresh_bindings()
        self._show(self.done)

    def _heard(self, sample: Sample) -> None:
        self._live.sample = sample
        self._live.count += 1

    def _repaint(self) -> None:
        sample, what = self._live.sample, self.query_one(_What)
        record = what.record
        if self.running is None or sample is None or record is None or record.daily_check is None:
            return
        spec = record.daily_check
        if sample.quantity is not spec.quantity:
            return
        self.query_one(Readout).display = True
        self.query_one(Readout).show([Shown(spec.quantity, sample.magnitude, spec.limit)], spec.label)

    def _show(self, done: Checked) -> None:
        readout = self.query_one(Readout)
        readout.display = True
        readout.show(*traced([done.judged]))
        band = self.query_one(VerdictBand)
        band.display = True
        band.show((done.judged,))
        self._say(_WORDS[done.result])
        if done.review is not None and done.review.verdicts:
            from tui.screens.review import ReviewScreen

            self.app.push_screen(ReviewScreen(done.review))

    def _say(self, word: str) -> None:
        self.query_one(_What).word = word
        self.query_one(_What).refresh(layout=True)

    def action_back(self) -> None:
        """Leave; never away from a check that runs."""
        if self.running is None:
            self.dismiss()
        else:
            self.app.bell()
