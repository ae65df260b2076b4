"""A recorded session on a virtual clock: go to any moment, play, step by sample, frame or procedure step.

The state of a moment is a function of the moment alone, so it does not matter how one came there. Nothing here
sleeps or runs in the background: whoever shows a session asks for the next moment when their clock says so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import merge
from typing import Any, Literal

from bench.errors import UsageError
from bench.events import Event, EventKind
from bench.judging import Judged
from bench.language import Text, msg
from bench.measurement import Sample
from bench.recording.heard import Depth, Heard, segments_of

Stride = Literal["sample", "frame", "step", "bookmark"]
STRIDES: tuple[Stride, ...] = ("sample", "frame", "step", "bookmark")
SLOWEST, FASTEST = 0.25, 100.0
AFTERWARDS = 3600.0
"""Seconds after the last measurement up to which the journal belongs to the session."""


@dataclass(frozen=True, order=True)
class Bookmark:
    """A moment worth coming back to, in seconds from the session's begin, with a note; `question` is asked there."""

    at: float
    note: str
    question: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"at": self.at, "note": self.note, "question": self.question}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bookmark:
        return cls(float(data["at"]), str(data["note"]), str(data.get("question", "")))


@dataclass(frozen=True)
class Moment:
    """What the bench showed at `at` seconds from the session's begin.

    `task` is the number of the task that runs (None between two), `heard` how many samples and `frames` how many
    chunks it had given by then, `latest` the newest sample of each quantity and label; `judged` is what this order had
    measured by then, `done` how many tasks of the session were over, `events` how many entries the journal had.
    """

    at: float
    order: str
    step: str
    visit: int
    title: Text | None
    task: int | None
    heard: int
    frames: int
    latest: Mapping[str, Sample]
    judged: tuple[Judged, ...]
    done: int
    events: int


@dataclass(frozen=True)
class _Task:
    """One task on the session's time: when it began and ended, and when each sample and chunk came."""

    heard: Heard
    begins: float
    ends: float
    frames: tuple[float, ...]
    samples: tuple[float, ...] = ()
    places: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Where in the samples those of one quantity and label stand."""

    def with_heard(self, heard: Heard) -> _Task:
        """Return the task with what is known of it now; where it lies in time stays."""
        shift = self.begins - heard.began
        samples = _within((sample.monotonic + shift for sample in heard.samples), self.begins, self.ends)
        return replace(self, heard=heard, samples=samples, places=_places(heard.samples))

    def moments(self, stride: Stride) -> Sequence[float]:
        """Return when each sample or each chunk came."""
        return self.samples if stride == "sample" else self.frames

    def latest(self, heard: int) -> dict[str, Sample]:
        """Return the newest of each among the first `heard` samples."""
        newest = {key: bisect_left(places, heard) - 1 for key, places in self.places.items()}
        return {key: self.heard.samples[self.places[key][n]] for key, n in newest.items() if n >= 0}


@dataclass
class Player:
    """Plays tasks that were heard again (`tui.replay.replay`), with the order's journal beside them where it is known.

    The tasks may be outlines at first, of which `put` says more as they are heard: where each lies in time is known
    from the beginning. `truncated` says that the recording's end is missing. `position` is the moment one stands at,
    `origin` (seconds since the epoch) when the session began; `bookmarks` are sorted. Raises UsageError for a session
    without any task.
    """

    tasks: Sequence[Heard]
    journal: Sequence[Event] = ()
    bookmarks: list[Bookmark] = field(default_factory=list)
    truncated: bool = False
    position: float = 0.0
    origin: float = field(init=False)
    duration: float = field(init=False)

    def __post_init__(self) -> None:
        if not self.tasks:
            raise UsageError(
                msg("The session holds no measurement: there is nothing to play."),
                remedy=msg("Choose another session: “etabli sessions list” shows them."),
            )
        self.bookmarks.sort()
        self.tasks = sorted(self.tasks, key=lambda heard: heard.wall)
        self.origin = self.tasks[0].wall
        self.origin = min((self.origin, *(_wall(event) for event in self._near())))
        self._timeline = self._placed()
        self._begins = [task.begins for task in self._timeline]
        self._ends = [task.ends for task in self._timeline]
        last = self.origin + self._ends[-1] + AFTERWARDS
        self.journal = [event for event in self.journal if _wall(event) <= last]
        self._event_times = self._stamped()
        self._started = [n for n, event in enumerate(self.journal) if event.kind is EventKind.STEP_STARTED]
        self.duration = max([*self._ends, *self._event_times[-1:]])
        self._steps = self._step_changes()
        self._numbers = {heard.segment.id: number for number, heard in enumerate(self.tasks)}
        self._moments: dict[Stride, list[float]] = {}
        self._measured: dict[str, tuple[list[int], list[Judged]]] = {}

    def put(self, heard: Heard) -> None:
        """Take what has become known of a task: its verdicts, its samples."""
        number = self._numbers[heard.segment.id]
        assert isinstance(self.tasks, list)
        if heard.judged is not self.tasks[number].judged:
            self._measured.clear()
        self.tasks[number] = heard
        self._timeline[number] = self._timeline[number].with_heard(heard)
        self._moments.pop("sample", None)

    # -- where one stands --------------------------------------------------------------------------------------

    @property
    def state(self) -> Moment:
        return self.at(self.position)

    def seek(self, at: float) -> Moment:
        """Go to `at` seconds from the begin; before it and after the end are the begin and the end."""
        self.position = min(max(at, 0.0), self.duration)
        return self.state

    def advance(self, seconds: float) -> Moment:
        """Go on by so many seconds of the session."""
        return self.seek(self.position + seconds)

    def step(self, stride: Stride, *, back: bool = False) -> Moment:
        """Go to the next (or the last) sample, chunk on a wire, step of the procedure or bookmark, if there is one.

        Before samples that are not known yet it stops: at the begin of their task.
        """
        if stride in ("sample", "frame"):
            found = self._beside(stride, back=back)
            return self.state if found is None else self.seek(found)
        moments = self.moments(stride)
        place = bisect_left(moments, self.position) - 1 if back else bisect_right(moments, self.position)
        return self.seek(moments[place]) if 0 <= place < len(moments) else self.state

    def play(
        self, until: float | None = None, speed: float = 1.0, wait: Callable[[float], None] | None = None
    ) -> Iterator[Moment]:
        """Give every moment at which something happens up to `until` (default: the end), and go along.

        `wait` is called with the seconds to let pass before each, at `speed` (0.25 to 100) times the recorded pace.
        """
        check_speed(speed)
        end = self.duration if until is None else min(max(until, 0.0), self.duration)
        for moment in self._happenings(self.position, end):
            if wait is not None and moment > self.position:
                wait((moment - self.position) / speed)
            yield self.seek(moment)
        if end > self.position:
            if wait is not None:
                wait((end - self.position) / speed)
            yield self.seek(end)

    def bookmark(self, note: str, question: str = "") -> Bookmark:
        """Set a bookmark where one stands."""
        made = Bookmark(round(self.position, 3), note, question)
        self.bookmarks.append(made)
        self.bookmarks.sort()
        return made

    def questions_between(self, since: float, until: float) -> list[Bookmark]:
        """Return the bookmarks with a question from one moment to another, both included, in time order."""
        first = bisect_left(self.bookmarks, since, key=lambda bookmark: bookmark.at)
        last = bisect_right(self.bookmarks, until, key=lambda bookmark: bookmark.at)
        return [each for each in self.bookmarks[first:last] if each.question]

    # -- what there is -----------------------------------------------------------------------------------------

    def at(self, at: float) -> Moment:
        """Return the state at a moment. Pure: the position stays."""
        done = bisect_right(self._ends, at)
        number = bisect_right(self._begins, at) - 1
        running = number if number >= done and number >= 0 else None
        events = bisect_right(self._event_times, at)
        heard = frames = 0
        latest: dict[str, Sample] = {}
        if running is not None:
            task = self._timeline[running]
            heard, frames = bisect_right(task.samples, at), bisect_right(task.frames, at)
            latest = task.latest(heard)
        order, step, visit, title = self._where(running, done, events)
        judged = self._judged(order, done)
        return Moment(at, order, step, visit, title, running, heard, frames, latest, judged, done, events)

    def samples(self, moment: Moment, after: int = 0) -> Sequence[Sample]:
        """Return what the running task had given by then, after so many samples."""
        return () if moment.task is None else self._timeline[moment.task].heard.samples[after : moment.heard]

    def events(self, moment: Moment) -> Sequence[Event]:
        """Return what the journal held by then, oldest first."""
        return self.journal[: moment.events]

    def task(self, number: int) -> Heard:
        return self._timeline[number].heard

    @property
    def titles(self) -> dict[str, Text]:
        """The titles of the procedure's steps, by their ids, as the journal has them."""
        started = (self.journal[n].payload for n in self._started)
        return {str(payload["step"]): Text.from_json(payload["title"]) for payload in started}

    def span(self, number: int) -> tuple[float, float]:
        """Return when a task began and ended, in seconds from the session's begin."""
        return self._begins[number], self._ends[number]

    def moments(self, stride: Stride) -> Sequence[float]:
        """Return every moment of one sort, in time order; of the samples, those that are known."""
        if stride == "bookmark":
            return [each.at for each in self.bookmarks]
        if stride == "step":
            return self._steps
        known = self._moments.get(stride)
        if known is None:
            known = self._moments[stride] = [at for task in self._timeline for at in task.moments(stride)]
        return known

    def differences(self) -> list[Heard]:
        """Return the tasks of which today's program says something else than the record."""
        return [heard for heard in self.tasks if not heard.agrees]

    def known(self, at: float | None = None) -> Depth:
        """Return how far one knows what there was to see at a moment (default: where one stands).

        OUTLINE while a task before it has no verdicts yet, JUDGED while the task that runs then has no samples.
        """
        at = self.position if at is None else at
        number = bisect_right(self._begins, at) - 1
        if any(heard.depth is Depth.OUTLINE for heard in self.tasks[: number + 1]):
            return Depth.OUTLINE
        running = number >= bisect_right(self._ends, at) and number >= 0
        return self.tasks[number].depth if running else Depth.WHOLE

    @property
    def cut_off(self) -> float | None:
        """Where the recording breaks off; None where it holds every task to its end."""
        last = self._timeline[-1]
        return last.ends if last.heard.cut_off or self.truncated else None

    # -- inside ------------------------------------------------------------------------------------------------

    def _near(self) -> Sequence[Event]:
        """Return the entry that began the step of the first task: what was before it may be another day's."""
        started = [e for e in self.journal if e.kind is EventKind.STEP_STARTED and _wall(e) <= self.origin]
        return started[-1:]

    def _placed(self) -> list[_Task]:
        """Lay the tasks on the session's time: by the time of day, and by the monotonic clock inside each."""
        placed: list[_Task] = []
        for heard in self.tasks:
            begins = heard.wall - self.origin
            if placed:  # the time of day may have been set back between two tasks; nothing happens twice
                begins = max(begins, placed[-1].ends)
            shift = begins - heard.began
            ends = max(heard.ended + shift, begins)
            frames = _within((frame.monotonic + shift for frame in heard.segment.frames), begins, ends)
            placed.append(_Task(heard, begins, ends, frames).with_heard(heard))
        return placed

    def _beside(self, stride: Stride, *, back: bool) -> float | None:
        """Return the next (the last) sample or chunk; the begin of a task where its samples are not known yet."""
        number = max(bisect_right(self._begins, self.position) - 1, 0)
        if back:
            number = max(bisect_left(self._begins, self.position) - 1, 0)
        for task in reversed(self._timeline[: number + 1]) if back else self._timeline[number:]:
            if stride == "sample" and task.heard.depth is not Depth.WHOLE:
                return task.begins if back or task.begins > self.position else None
            moments = task.moments(stride)
            place = bisect_left(moments, self.position) - 1 if back else bisect_right(moments, self.position)
            if 0 <= place < len(moments):
                return moments[place]
        return None

    def _stamped(self) -> list[float]:
        """Place the journal's entries: by the time of day, in their sequence, those of earlier days at the begin.

        What a task measured is known when it is over, however coarse the clock that stamped the entry.
        """
        ends = {task.heard.segment.id: task.ends for task in self._timeline}
        placed: list[float] = []
        for event in self.journal:
            over = max((ends.get(segment, 0.0) for segment in segments_of(event)), default=0.0)
            placed.append(max(_wall(event) - self.origin, over, placed[-1] if placed else 0.0))
        return placed

    def _step_changes(self) -> list[float]:
        if any(event.kind is EventKind.STEP_STARTED for event in self.journal):
            return [
                at
                for at, event in zip(self._event_times, self.journal, strict=True)
                if event.kind is EventKind.STEP_STARTED
            ]
        found, before = [], None
        for task in self._timeline:
            here = (task.heard.order, task.heard.task.step, task.heard.visit)
            if here != before:
                found.append(task.begins)
            before = here
        return found

    def _judged(self, order: str, done: int) -> tuple[Judged, ...]:
        """Return what the order had measured in the first `done` tasks."""
        if order not in self._measured:
            counts, judged = [0], list[Judged]()
            for heard in self.tasks:
                judged += heard.judged if heard.order == order else ()
                counts.append(len(judged))
            self._measured[order] = counts, judged
        counts, judged = self._measured[order]
        return tuple(judged[: counts[done]])

    def _where(self, running: int | None, done: int, events: int) -> tuple[str, str, int, Text | None]:
        """Return order, step, visit and the step's title at a moment."""
        last = bisect_left(self._started, events) - 1
        started = self.journal[self._started[last]] if last >= 0 else None
        number = running if running is not None else done - 1 if done else None
        if started is not None and (number is None or running is None):
            p = started.payload
            return str(started.order), str(p["step"]), int(p["visit"]), Text.from_json(p["title"])
        if number is None:
            return "", "", 0, None
        heard = self._timeline[number].heard
        title = None
        if started is not None and started.payload["step"] == heard.task.step:
            title = Text.from_json(started.payload["title"])
        return heard.order, heard.task.step, heard.visit, title

    def _happenings(self, after: float, until: float) -> Iterator[float]:
        """Give every moment of a stretch at which something happens, once each."""
        before = after
        for moment in merge(self._of_tasks(after, until), self._event_times):
            if moment > until:
                return
            if moment > before:
                before = moment
                yield moment

    def _of_tasks(self, after: float, until: float) -> Iterator[float]:
        first = max(bisect_right(self._begins, after) - 1, 0)
        for number in range(first, bisect_right(self._begins, until)):
            task = self._timeline[number]
            inside = (moments[bisect_right(moments, after) :] for moments in (task.samples, task.frames))
            yield from merge([task.begins], *inside, [task.ends])


def check_speed(speed: float) -> None:
    """Raise UsageError for a speed that no session is played at."""
    if not SLOWEST <= speed <= FASTEST:
        raise UsageError(
            msg("A session is played at {slowest} to {fastest} times its pace, not {speed}.",
                slowest=SLOWEST, fastest=FASTEST, speed=speed)
        )  # fmt: skip


def _wall(event: Event) -> float:
    return datetime.fromisoformat(event.at).timestamp()


def _within(moments: Iterable[float], low: float, high: float) -> tuple[float, ...]:
    return tuple(min(max(at, low), high) for at in moments)


def _places(samples: Sequence[Sample]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for n, sample in enumerate(samples):
        found.setdefault(f"{sample.quantity.id} {sample.label}".strip(), []).append(n)
    return found
