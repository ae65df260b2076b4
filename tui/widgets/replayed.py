"""What the bench showed at a moment of a session: the reading with its pictures, then the verdict and the table."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from bench.judging import Judged
from bench.language import _
from bench.recording.heard import Heard
from bench.recording.player import Moment, Player
from bench.training.blind import OPEN, Veil
from tui.keys import name_of
from tui.widgets.live import DRAWN, Live, traced
from tui.widgets.pictures import Pictures
from tui.widgets.readout import Readout
from tui.widgets.results import Results
from tui.widgets.verdict import VerdictBand

LOWEST_WITH_READOUT = 24
ROOMY = 40


class Told(Widget):
    """Says what no figure says: why the last measurement broke off, or what to do where there was none yet."""

    DEFAULT_CSS = "Told { height: auto; padding: 0 1 1 0; }"

    def __init__(self) -> None:
        super().__init__()
        self.failed = ""

    def show(self, failed: str, *, empty: bool) -> None:
        """Say what broke off and why, or that nothing was measured."""
        self.failed = failed
        self.display = empty or bool(failed)
        self.refresh(layout=True)

    def render(self) -> Content:
        if self.failed:
            return Content.styled(f"✘ {self.failed}", "$error")
        keys = {each.binding.id: name_of(each.binding.key) for each in self.screen.active_bindings.values()}
        lines = [_("Nothing had been measured yet at this moment.")]
        for binding, words in (
            ("main", _("{key} plays the session from here, {faster} faster")),
            ("down", _("{key} goes to the next step of the procedure")),
            ("next", _("{key} goes to the next sample of a measurement")),
            ("help", _("{key} shows every key")),
        ):
            if binding in keys:
                lines.append("  " + words.format(key=keys[binding], faster=keys.get("faster", "")))
        return Content.styled("\n".join(lines), "$text-muted")


class Replayed(Vertical):
    """Shows moments of a session, in whatever order they come."""

    DEFAULT_CSS = "Replayed { height: 1fr; }"

    def __init__(self, player: Player) -> None:
        super().__init__(id="work")  # it stands where the bench's work stands
        self.player = player
        self.veil = OPEN
        self._clock = 0.0
        self._on: int | None = None
        self._heard = 0
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Told()
        yield Readout()
        yield VerdictBand(live=False)
        yield Pictures(clock=lambda: self._clock)
        yield Results()

    def show(self, state: Moment, veil: Veil) -> None:
        """Draw a moment, with what the veil leaves of it."""
        if veil != self.veil:
            self.veil, self._on, self._shown = veil, None, ()
        if state.task is None:
            self._on = None
            self._show_finished(state)
        else:
            self._shown = ()
            self._show_running(state, self.player.task(state.task))

    def _show_running(self, state: Moment, heard: Heard) -> None:
        assert state.task is not None
        readout, pictures = self.query_one(Readout), self.query_one(Pictures)
        task = self.veil.task(heard.task)
        if state.task != self._on or state.heard < self._heard:
            self._on, self._heard = state.task, 0
            self._clock = self.player.span(state.task)[0]
            pictures.begin(task)
            readout.display = self.screen.size.height >= LOWEST_WITH_READOUT
            pictures.display = True
            for other in (Told, VerdictBand, Results):
                self.query_one(other).display = False
        self._clock = state.at
        pictures.hear(self.player.samples(state, self._heard))
        pictures.tick()
        self._heard = state.heard
        live = Live(task, hidden=self.veil.limits)
        for sample in sorted(state.latest.values(), key=lambda sample: sample.monotonic):
            if sample.quantity.id not in DRAWN:
                live.newest[sample.quantity.id] = sample.magnitude
        readout.show(live.shown(), task.label)

    def _show_finished(self, state: Moment) -> None:
        """Show the step that was measured last, as the bench does between two of its measurements."""
        done = [heard for heard in self.player.tasks[: state.done] if heard.order == state.order]
        shown = (state.order, state.step, state.visit, state.done, *state.judged)
        if shown == self._shown:
            return
        self._shown = shown
        measured = [_place(heard) for heard in done if heard.judged]
        here = (state.step, state.visit)
        if here not in measured and measured:
            here = measured[-1]
        mine = [heard for heard in done if _place(heard) == here]
        judged = self.veil.judged(entry for heard in mine for entry in heard.judged)
        before = self._before(done, here)
        last = self.veil.judged(mine[-1].judged) if mine else ()
        tasks = [self.veil.task(heard.task) for heard in self.player.tasks if _place(heard) == here]
        roomy = self.screen.size.height >= ROOMY
        readout, band = self.query_one(Readout), self.query_one(VerdictBand)
        pictures, results = self.query_one(Pictures), self.query_one(Results)
        following = tasks[len(mine)] if len(mine) < len(tasks) else None
        pictures.look(following, tasks, judged, last, before, roomy=roomy)
        self.query_one(Told).show(self._failed(done[-1]) if done else "", empty=not judged)
        pictures.display = bool(judged) and bool(pictures.view)
        results.display = bool(judged) and (roomy or pictures.results_instead)
        results.show(judged, before)
        band.show(last)
        readout.display = bool(last) and self.screen.size.height >= LOWEST_WITH_READOUT
        readout.show(*traced(last))

    def _failed(self, heard: Heard) -> str:
        """Return what broke off and why, "" where nothing did; where the recording is cut, that is said elsewhere."""
        if heard.error is None or heard.cut_off:
            return ""
        step = self.player.titles.get(heard.task.step, heard.task.step)
        return _("{step}: {problem}").format(step=f"{step} {heard.task.label}".strip(), problem=heard.error)

    def _before(self, done: Sequence[Heard], here: tuple[str, int]) -> dict[tuple[str, str], Judged]:
        """Return the figures to compare with: those of the phase "before", else of any earlier visit."""
        past = [heard for heard in done if _place(heard) != here]
        past.sort(key=lambda heard: heard.task.phase == "before")
        judged = self.veil.judged(entry for heard in past for entry in heard.judged)
        return {(entry.measurement.quantity.id, entry.measurement.label): entry for entry in judged}


def _place(heard: Heard) -> tuple[str, int]:
    return heard.task.step, heard.visit
