"""A session on the screen as it was at the bench, on a virtual clock, under the mark REPLAY."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from bench.language import N_, Message, _
from bench.recording.heard import Depth, Heard
from bench.recording.player import FASTEST, SLOWEST, Bookmark, Player, Stride
from bench.training.blind import Veil
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.training.reading import Cancelled
from tui.widgets.panel import Panel
from tui.widgets.pictures import Pictures
from tui.widgets.replayed import Replayed
from tui.widgets.session_line import SessionLine, clock, moment

if TYPE_CHECKING:
    from tui.training.sessions import Opened, SessionLibrary

SPEEDS = (SLOWEST, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, FASTEST)
FRAMES_A_SECOND = 12
NOTICES = 4
BESIDE = 0.05  # s from a bookmark at which one still stands at it

Ask = Callable[[], Awaitable[bool]]


class PlayerScreen(ErrandRoom):
    """Plays one session. `blind` hides verdicts and limits until they are shown with H, or for good with `locked`.

    Playing stops at each bookmark with a question until it is answered. `questions` are those of an exercise, each with
    what asks it and tells whether it was answered; `answered` are those that need no answer any more.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("Play"), id="main"),
        Binding("right", "stride('sample')", N_("Next sample"), show=False, id="next"),
        Binding("left", "stride('sample', True)", N_("Sample before"), show=False, id="previous"),
        Binding("down", "stride('step')", N_("Next step"), id="down"),
        Binding("up", "stride('step', True)", N_("Step before"), show=False, id="up"),
        Binding("f", "stride('frame')", N_("Next frame"), show=False, id="next-frame"),
        Binding("d", "stride('frame', True)", N_("Frame before"), show=False, id="frame-before"),
        Binding("pagedown", "stride('bookmark')", N_("Next bookmark"), show=False, id="page-down"),
        Binding("pageup", "stride('bookmark', True)", N_("Bookmark before"), show=False, id="page-up"),
        Binding("home", "ends(False)", N_("To the begin"), show=False, id="first"),
        Binding("end", "ends(True)", N_("To the end"), show=False, id="last"),
        Binding("w", "faster(1)", N_("Faster"), id="faster"),
        Binding("q", "faster(-1)", N_("Slower"), show=False, id="slower"),
        Binding("g", "go_to", N_("Go to …"), show=False, id="go-to"),
        Binding("b", "bookmark", N_("Bookmark"), id="bookmark"),
        Binding("delete", "forget", N_("Remove the bookmark"), show=False, id="forget"),
        Binding("h", "hide", N_("Hide verdicts"), show=False, id="hide"),
        Binding("v", "picture", N_("Next picture"), show=False, id="picture"),
        Binding("z", "zoom", N_("Zoom the paper strip"), show=False, id="zoom"),
    ]

    def __init__(
        self,
        library: SessionLibrary,
        opened: Opened,
        *,
        blind: bool = False,
        locked: bool = False,
        questions: Mapping[Bookmark, Ask] | None = None,
        answered: Iterable[Bookmark] = (),
    ) -> None:
        super().__init__()
        self.library = library
        self.opened = opened
        self.player: Player = opened.player
        self.blind = blind or locked
        self.locked = locked
        self.playing = False
        self.speed = 1.0
        self._questions = dict(questions or {})
        self._answered: dict[Bookmark, str] = dict.fromkeys(answered, "")
        self._foreign = frozenset({*self._questions, *self._answered})
        self.player.bookmarks = sorted({*self.player.bookmarks, *self._questions, *self._answered})
        self._last = 0.0
        self._timer: Timer | None = None
        self._coming: SimpleQueue[Heard] = SimpleQueue()

    def furnish(self) -> ComposeResult:
        yield SessionLine()
        yield Panel()
        yield Replayed(self.player)

    def on_mount(self) -> None:
        line = self.query_one(SessionLine)
        line.title = str(self.opened.card.title) if self.opened.card else self.opened.name
        line.duration = self.player.duration
        line.tasks = [self.player.span(number) for number in range(len(self.player.tasks))]
        self._timer = self.set_interval(1 / FRAMES_A_SECOND, self._tick, pause=True)
        self._say(self.opened.notices)
        self.look(self._read)
        self._show()

    def on_unmount(self) -> None:
        self.opened.reading.cancel()

    # -- what is heard again meanwhile

    async def _read(self) -> None:
        reading = self.opened.reading
        ticking = self.set_interval(1 / FRAMES_A_SECOND, self._take)
        try:
            await asyncio.to_thread(reading.judge, self._coming.put)
            self._take()
            self._say(self.opened.differing())
            await asyncio.to_thread(reading.sample, self._coming.put)
        except Cancelled:
            return
        finally:
            ticking.stop()
        self._take()

    def _take(self) -> None:
        """Put what has been heard since the last time where it belongs."""
        with suppress(Empty):
            while True:
                self.player.put(self._coming.get_nowait())
        self._show()

    def _say(self, notices: Sequence[Message]) -> None:
        """Show what one should know; the first of many."""
        for notice in notices[:NOTICES]:
            self.notify(str(notice), severity="warning", markup=False, timeout=12)
        if len(notices) > NOTICES:
            more = _("and {count} more: “etabli replay” lists them").format(count=len(notices) - NOTICES)
            self.notify(more, severity="warning", markup=False, timeout=12)

    # -- keys

    def main_word(self) -> str:
        return _("Pause") if self.playing else _("Play")

    def action_main(self) -> None:
        if not self.playing and self.player.position >= self.player.duration:
            self.player.seek(0.0)
        self._play(not self.playing)

    def _play(self, playing: bool) -> None:
        self.playing = playing
        self._last = time.monotonic()
        if self._timer is not None:
            (self._timer.resume if playing else self._timer.pause)()
        self.refresh_bindings()
        self._show()

    def _tick(self) -> None:
        now = time.monotonic()
        passed, self._last = (now - self._last) * self.speed, now
        if self.player.known() < Depth.WHOLE:  # no moment passes unseen
            return
        here = self.player.position
        stops = self.player.questions_between(here, here + passed)
        stop = next((each for each in stops if each not in self._answered), None)
        if stop is not None:
            self.player.seek(stop.at)
            self._play(False)
            self.do(lambda: self._ask(stop))
            return
        self.player.advance(passed)
        if self.player.position >= self.player.duration:
            self._play(False)
        self._show()

    async def _ask(self, stop: Bookmark) -> None:
        """Ask a question of the session, and play on when it has been answered."""
        if stop in self._questions:
            if not await self._questions[stop]():
                return
            self._answered[stop] = ""
        else:
            question: Callable[[], str] = lambda: f"{clock(stop.at)}  {stop.question}"  # noqa: E731
            written = await self.app.push_screen_wait(Reason(question))
            if written is None:
                return
            self._answered[stop] = written
        if self.is_current:
            self._play(True)

    def action_stride(self, stride: Stride, back: bool = False) -> None:
        self._play(False)
        if stride == "bookmark" and not self.player.bookmarks:
            self.notify(_("No bookmark yet: B sets one."), markup=False)
        self.player.step(stride, back=back)
        self._show()

    def action_ends(self, last: bool) -> None:
        self._play(False)
        self.player.seek(self.player.duration if last else 0.0)
        self._show()

    def action_faster(self, by: int) -> None:
        place = min(max(SPEEDS.index(self.speed) + by, 0), len(SPEEDS) - 1)
        self.speed = SPEEDS[place]
        self._show()

    def action_hide(self) -> None:
        if self.locked:
            self.notify(_("Verdicts are shown with the answer."), markup=False)
            return
        self.blind = not self.blind
        self._show()

    def action_picture(self) -> None:
        self.query_one(Pictures).next_view()

    def action_zoom(self) -> None:
        self.query_one(Pictures).closer()

    def action_go_to(self) -> None:
        self._play(False)
        self.do(self._go_to)

    async def _go_to(self) -> None:
        question: Callable[[], str] = lambda: _("Go to which time? 12:30 or seconds")  # noqa: E731
        written = await self.app.push_screen_wait(Reason(question))
        if written is not None:
            self.player.seek(moment(written))
            self._show()

    def action_bookmark(self) -> None:
        self._play(False)
        self.do(self._bookmark)

    async def _bookmark(self) -> None:
        at = clock(self.player.position)
        said = N_("Bookmark at {time}: a note, or a question that ends with “?”: playing stops there and asks it")
        note = await self.app.push_screen_wait(Reason(lambda: _(said).format(time=at)))
        if note is None:
            return
        self.player.bookmark(*("", note) if note.endswith("?") else (note, ""))
        await self._keep()

    def action_forget(self) -> None:
        here = self._bookmark_here()
        if here is None or here in self._foreign:
            self.notify(_("No bookmark of yours stands here."), markup=False)
            return
        self.player.bookmarks.remove(here)
        self.do(self._keep)

    async def _keep(self) -> None:
        own = [each for each in self.player.bookmarks if each not in self._foreign]
        await asyncio.to_thread(self.library.keep, self.opened.name, own)
        self._show()

    def _bookmark_here(self) -> Bookmark | None:
        here = self.player.position
        return next((each for each in reversed(self.player.bookmarks) if abs(each.at - here) < BESIDE), None)

    def errands(self) -> list[Errand]:
        if self.blind or not self.opened.reading.judged:
            return []
        from tui.screens.trainer_what_if import what_ifs

        return what_ifs(self, self.player, self.library.profiles)

    def leave(self) -> None:
        self._play(False)
        super().leave()

    # -- what stands there

    def _show(self) -> None:
        state = self.player.state
        line = self.query_one(SessionLine)
        line.at, line.speed, line.playing, line.blind = state.at, self.speed, self.playing, self.blind
        line.bookmarks = [(bookmark.at, bool(bookmark.question)) for bookmark in self.player.bookmarks]
        line.what, line.note = self._what(), self._note()
        line.heard = self.opened.reading.share
        line.refresh()
        if state.task is not None:
            self.opened.reading.wanted = self.player.task(state.task).segment.id
        self.query_one(Replayed).show(state, Veil(self.blind, self.blind))

    def _what(self) -> str:
        state = self.player.state
        parts = [state.order, str(state.title or state.step)]
        if state.task is not None:
            heard = self.player.task(state.task)
            parts.append(f"{heard.segment.instrument} {heard.task.label}".strip())
            parts.append(_("sample {count}").format(count=state.heard))
            parts.append(_("frame {count}").format(count=state.frames))
        return " · ".join(part for part in parts if part)

    def _note(self) -> str:
        """Return what stands at the bookmark where one stands."""
        here = self._bookmark_here()
        if here is None:
            return ""
        said = self._answered.get(here, "")
        words = f"? {here.question}" if here.question else f"★ {here.note}"
        return f"{words} → {said}" if said else words
