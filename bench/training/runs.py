"""A trainee's run of an exercise, in the training workshop's own journal: begun, answered, revealed, observed.

Each run stands in the order's place of its events as `training/<run>`; the work itself is an order like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bench.conformity import State
from bench.criteria import criteria
from bench.defects import defect
from bench.diagnosis.figures import COMPUTED, POSITIONS, Figure, Figures
from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, Event, EventKind
from bench.judging import Judged
from bench.language import N_, Message, _, msg
from bench.people import Operator, Role
from bench.quantities import Value
from bench.training.library import frames
from bench.training.model import Exercise, Hidden, digest

if TYPE_CHECKING:
    from bench.desk import Desk

Box = Literal["seen", "partly", "not-seen"]
BOXES: Mapping[Box, str] = {"seen": N_("seen"), "partly": N_("seen in part"), "not-seen": N_("not seen")}
DIAGNOSIS = "diagnosis"
PLACE = "training/"
_ASIDE = ("beat_rate", "signal_level")
_OUT = (State.NONCONFORMING, State.CONDITIONALLY_NONCONFORMING)
KINDS = (
    EventKind.EXERCISE_BEGUN,
    EventKind.EXERCISE_ANSWERED,
    EventKind.EXERCISE_REVEALED,
    EventKind.CRITERION_OBSERVED,
)


def box_shown(box: str) -> str:
    """Write what a trainer ticked, in the language in force; "" for nothing."""
    return _(BOXES[box]) if box in BOXES else ""  # type: ignore[index]


class Reads(Protocol):
    """A journal, as far as runs are read from it."""

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]: ...


@dataclass(frozen=True)
class Cited:
    """A figure that a diagnosis rests on, as it was measured in this run."""

    figure: str
    value: Value

    def to_json(self) -> dict[str, Any]:
        return {"figure": self.figure, "value": self.value.to_json()}


@dataclass(frozen=True)
class Given:
    """One answer: of a question by its id, or of the exercise as a whole (`DIAGNOSIS`) with codes and citations."""

    question: str
    text: str
    at: str
    defects: tuple[str, ...] = ()
    cites: tuple[Cited, ...] = ()


@dataclass(frozen=True)
class Observation:
    """What a trainer saw of one criterion: a box, a remark, who and when."""

    criterion: str
    box: str
    remark: str
    by: str
    at: str


@dataclass(frozen=True)
class Run:
    """One run as its events tell it. `order` or `session` is what it works on; `limit` is in minutes."""

    id: str
    exercise: str
    version: str
    sha256: str
    title: Mapping[str, str]
    trainee: str
    name: str
    begun: str
    limit: int
    frame: str = ""
    order: str = ""
    session: str = ""
    hide: tuple[str, ...] = ()
    answers: tuple[Given, ...] = ()
    revealed: str = ""
    observations: Mapping[str, Observation] = field(default_factory=dict)

    @property
    def diagnosis(self) -> Given | None:
        """The last diagnosis that was given."""
        return next((each for each in reversed(self.answers) if each.question == DIAGNOSIS), None)

    def answer(self, question: str) -> Given | None:
        """Return the last answer to a question."""
        return next((each for each in reversed(self.answers) if each.question == question), None)

    @property
    def ends(self) -> datetime:
        """When the time is over, preparation included; work goes on all the same."""
        prepare = frames()[self.frame].prepare if self.frame else 0
        return datetime.fromisoformat(self.begun) + timedelta(minutes=self.limit + prepare)

    def left(self, now: datetime) -> timedelta:
        """Return what is left of the time, preparation included; negative when it is over."""
        return self.ends - now

    @property
    def taken(self) -> timedelta | None:
        """The time from the begin to the last diagnosis; None before one."""
        given = self.diagnosis
        return datetime.fromisoformat(given.at) - datetime.fromisoformat(self.begun) if given else None


@dataclass(frozen=True)
class Comparison:
    """A diagnosis beside the reference answer: what both name, what was missed, what only the trainee names."""

    named: tuple[str, ...]
    missed: tuple[str, ...]
    beyond: tuple[str, ...]
    cited: tuple[str, ...]
    uncited: tuple[str, ...]


def compare(exercise: Exercise, given: Given | None) -> Comparison:
    """Hold a diagnosis against the reference answer. It is laid side by side, never scored."""
    codes = given.defects if given else ()
    cites = [each.figure for each in given.cites] if given else []
    wanted = exercise.answer
    return Comparison(
        named=tuple(code for code in wanted.defects if code in codes),
        missed=tuple(code for code in wanted.defects if code not in codes),
        beyond=tuple(code for code in codes if code not in wanted.defects),
        cited=tuple(figure for figure in wanted.cites if figure in cites),
        uncited=tuple(figure for figure in wanted.cites if figure not in cites),
    )


def runs(events: Iterable[Event]) -> list[Run]:
    """Return every run, in the order in which they began."""
    found: dict[str, Run] = {}
    for event in events:
        if event.kind not in KINDS or event.order is None:
            continue
        key, p = event.order.removeprefix(PLACE), event.payload
        if event.kind is EventKind.EXERCISE_BEGUN:
            names = ("exercise", "version", "sha256", "title", "trainee", "name", "limit", "frame", "order", "session")
            hide = tuple(p.get("hide", ()))
            found[key] = Run(id=key, begun=event.at, hide=hide, **{name: p[name] for name in names})
        elif key in found:
            found[key] = _after(found[key], event)
    return list(found.values())


def _after(run: Run, event: Event) -> Run:
    p = event.payload
    if event.kind is EventKind.EXERCISE_ANSWERED:
        cites = tuple(Cited(each["figure"], Value.from_json(each["value"])) for each in p["cites"])
        given = Given(p["question"], p["text"], event.at, tuple(p["defects"]), cites)
        return replace(run, answers=(*run.answers, given))
    if event.kind is EventKind.EXERCISE_REVEALED:
        return replace(run, revealed=run.revealed or event.at)
    seen = Observation(p["criterion"], p["box"], p["remark"], p["name"], event.at)
    return replace(run, observations={**run.observations, seen.criterion: seen})


def find(journal: Reads, run_id: str) -> Run:
    """Return one run. Raises UsageError naming those there are."""
    known = runs(journal.events(kinds=KINDS))
    for run in known:
        if run.id == run_id:
            return run
    raise UsageError(
        msg("There is no run “{id}”.", id=run_id),
        remedy=msg("Known: {known}.", known=", ".join(run.id for run in known[-8:]) or "—"),
    )


def hidden(journal: Reads, order: str, what: Hidden) -> bool:
    """Whether an order is a trainee's run in which this is hidden until the reveal."""
    run = next((each for each in runs(journal.events(kinds=KINDS)) if each.order == order), None)
    return run is not None and not run.revealed and what in run.hide


class Training:
    """The runs of a training workshop. Raises Refused (training) for any other workshop."""

    def __init__(self, desk: Desk) -> None:
        if not desk.house.training:
            raise Refused(
                Refusal(
                    "training",
                    msg("Exercises do not run in a workshop with customers' watches."),
                    msg("Make a training workshop: “etabli training init FOLDER”, then ETABLI_HOME=FOLDER."),
                    msg("nobody"),
                )
            )
        self._desk = desk

    def runs(self) -> list[Run]:
        return runs(self._desk.journal.events(kinds=KINDS))

    def run(self, run_id: str) -> Run:
        """Return one run. Raises UsageError naming those there are."""
        return find(self._desk.journal, run_id)

    def begin(self, exercise: Exercise, trainee: Operator, run_id: str, *, order: str = "") -> Run:
        """Begin a run: from here the time counts."""
        limit = min(exercise.minutes, frames()[exercise.frame].minutes) if exercise.frame else exercise.minutes
        payload = {
            "exercise": exercise.id,
            "version": exercise.version,
            "sha256": digest(exercise),
            "title": exercise.title.to_json(),
            "trainee": trainee.id,
            "name": trainee.name,
            "limit": limit,
            "frame": exercise.frame,
            "order": order,
            "session": exercise.session,
            "hide": list(exercise.hide),
        }
        self._append(EventKind.EXERCISE_BEGUN, run_id, payload, trainee.id)
        return self.run(run_id)

    def next_id(self) -> str:
        """Return a number for the next run: EX-0001, EX-0002 …"""
        numbers = [int(run.id[3:]) for run in self.runs() if run.id.startswith("EX-") and run.id[3:].isdigit()]
        return f"EX-{max(numbers, default=0) + 1:04d}"

    def answer(
        self,
        run: Run,
        question: str,
        text: str,
        *,
        codes: Sequence[str] = (),
        cites: Sequence[str] = (),
        judged: Sequence[Judged] = (),
    ) -> Run:
        """Give an answer, before the reveal. `cites` are figures that were measured in this run (`judged`).

        Raises UsageError for an unknown code or a figure that was not measured, Refused after the reveal and for
        anybody but the trainee whose run it is.
        """
        who = self._desk.operator
        if who is None or who.id != run.trainee:
            raise Refused(_over(msg("It is {name}'s run: nobody else answers in it.", name=run.name)))
        if run.revealed:
            raise Refused(_over(msg("The answer has been shown: what is said now is no answer any more.")))
        quoted = []
        for name in cites:
            figure = _figure(judged, name)
            if figure is None:
                raise UsageError(
                    msg("{figure} was not measured in this run: it cannot be cited.", figure=name),
                    remedy=msg("Measure it, or cite what was measured: “etabli log --order {order}”.", order=run.order),
                )
            quoted.append(Cited(name, figure.value).to_json())
        payload = {
            "question": question,
            "text": text,
            "defects": [defect(code).code for code in codes],
            "cites": quoted,
        }
        self._append(EventKind.EXERCISE_ANSWERED, run.id, payload, run.trainee)
        return self.run(run.id)

    def reveal(self, run: Run, by: Operator, pin: str | None = None) -> Run:
        """Show the fault and the model answer from here on: to others than trainers only after a diagnosis.

        Before one, the trainer (who is signed in) proves with `pin` to be here now. Raises Refused.
        """
        if run.diagnosis is None:
            may_see_answers(by, msg("The answer is shown after a diagnosis was given."))
            if not run.revealed:
                self._desk.reauthenticate(pin)
        if not run.revealed:
            self._append(EventKind.EXERCISE_REVEALED, run.id, {"name": by.name}, by.id)
        return self.run(run.id)

    def observe(self, run: Run, criterion: str, box: str, remark: str, by: Operator) -> Run:
        """Keep what the trainer saw of a criterion. Raises UsageError, Refused where no trainer says it."""
        if criterion not in criteria():
            raise UsageError(
                msg("There is no criterion {code}.", code=criterion), remedy=msg("“etabli criteria” lists all 97.")
            )
        if box and box not in BOXES:
            raise UsageError(
                msg("There is no box “{box}”.", box=box), remedy=msg("Known: {known}.", known=", ".join(BOXES))
            )
        if Role.TRAINER not in by.roles:
            raise Refused(_over(msg("Only a trainer observes: {name} is none.", name=by.name)))
        payload = {"criterion": criterion, "box": box, "remark": remark, "name": by.name}
        self._append(EventKind.CRITERION_OBSERVED, run.id, payload, by.id)
        return self.run(run.id)

    def _append(self, kind: EventKind, run_id: str, payload: Mapping[str, Any], operator: str) -> None:
        self._desk.journal.append([Draft(kind, payload, PLACE + run_id, operator)])


def citable(judged: Sequence[Judged]) -> dict[str, Figure]:
    """Return every figure that a diagnosis may cite of what was measured, by its name: computed ones first."""
    names = dict.fromkeys(COMPUTED)
    for entry in judged:
        m = entry.measurement
        if not m.label:
            names[m.quantity.id] = None
        elif m.label in POSITIONS and m.quantity.id not in _ASIDE:
            names[f"{m.quantity.id}.{m.label}"] = None
    states = _states(judged)
    found = {name: _found(states, name) for name in names}
    return {name: figure for name, figure in found.items() if figure is not None}


def may_see_answers(by: Operator, why: Message | None = None) -> None:
    """Return where `by` is a trainer. Raises Refused for everybody else: a trainee answers first."""
    if Role.TRAINER not in by.roles:
        why = why or msg("The model answer is a trainer's to see: {name} is none.", name=by.name)
        remedy = msg("Give your diagnosis first; or a trainer signs in and shows it.")
        raise Refused(Refusal("training", why, remedy, msg("the trainer")))


def _figure(judged: Sequence[Judged], name: str) -> Figure | None:
    """Return a figure as it was last found out of tolerance, else as last measured; before a demagnetisation too.

    What was mended since is what a diagnosis speaks of.
    """
    return _found(_states(judged), name)


def _found(states: Sequence[Figures], name: str) -> Figure | None:
    newest = None
    for figures in states:
        found = figures.get(name)
        if found is not None and found.verdict is not None and found.verdict.state in _OUT:
            return found
        newest = newest or found
    return newest


def _states(judged: Sequence[Judged]) -> list[Figures]:
    """Return what was known, newest first, each time before a measurement took the place of an earlier one."""
    ends, seen = [], set[tuple[str, str, str]]()
    for place, entry in enumerate(judged):
        m = entry.measurement
        key = (m.quantity.id, m.label, str(m.conditions.get("wind", "")))
        if key in seen:
            ends.append(place)
            seen.clear()
        seen.add(key)
    return [Figures(judged[:end]) for end in (len(judged), *reversed(ends))]


def _over(why: Message) -> Refusal:
    return Refusal("training", why, msg("Ask the trainer."), msg("the trainer"))
