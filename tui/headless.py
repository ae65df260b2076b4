"""An order run without a screen: from a file of answers to the closed sheet, or to where it cannot go on."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Self

from bench import hierarchy
from bench.conformity import State
from bench.desk import Desk
from bench.errors import EtabliError, ExitCode, Refused, UsageError
from bench.instrument import Stopped
from bench.journal import Journal, LogFilter
from bench.judging import Judged
from bench.language import _, msg
from bench.people import Role
from bench.procedure import guards
from bench.procedure.answers import is_asked
from bench.procedure.model import Procedure, Step, StepKind
from bench.quantities import Quantity
from bench.work import Work
from tui.answers import Answer, Answers, expected
from tui.proof import pin_of
from tui.settings import Settings

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]
# More visits than any watch needs: answers that lead in a circle end here, not never.
MOST_VISITS = 12

Say = Callable[[str], None]
Show = Callable[[Judged], None]


class Ended(EtabliError):
    """A signal ended the run; the exit code is 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            msg("Ended by {signal}: instruments safe, ports closed, the order stays where it is.", signal=_name(number))
        )
        self.code = 128 + number


def _name(number: int) -> str:
    return signal.Signals(number).name


class SafeEnd:
    """While armed, SIGTERM, SIGHUP and Ctrl+C stop what runs, safely, and the run ends at its next step.

    The stop is repeated until the run has noticed: a program that begins just then is stopped too.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._over = threading.Event()
        self._before: dict[int, Any] = {}
        self.number = 0

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise Ended where a signal has come."""
        if self.number:
            raise Ended(self.number)

    def _caught(self, number: int, _frame: FrameType | None) -> None:
        if not self.number:
            self.number = number
            threading.Thread(target=self._stop_until_over, name="safe end", daemon=True).start()

    def _stop_until_over(self) -> None:
        while not self._over.is_set():
            self._stop()
            self._over.wait(0.05)


class Reader:
    """Answers for manual instruments from the file; the run tells it where it is."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.work: Work | None = None

    def __call__(self, quantity: Quantity, label: str) -> str:
        work = self.work
        if work is None or work.step is None:
            raise UsageError(msg("No step is under way."))
        return self._answers.reading(work.step, work.state.visit, quantity, label)


class HeadlessRun:
    """One order's way through its procedure. `say` narrates, `show` hears each judged measurement."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        answers: Answers,
        end: SafeEnd,
        *,
        photos: Path,
        say: Say,
        show: Show,
    ) -> None:
        self._desk = desk
        self._photos = photos
        self._settings = settings
        self._answers = answers
        self._end = end
        self._say = say
        self._show = show

    def run(self, number: str, reader: Reader | None = None) -> Work:
        """Take the order from where it stands to its closed sheet; return it.

        Raises UsageError for a step that the file does not answer, Refused where a guard says no, InstrumentError
        after the interruption was journaled, Ended after a signal. The order stays at the step.
        """
        work = self._desk.work(number)
        self._answers.check(work.procedure, *self._ahead(work.procedure))
        if reader is not None:
            reader.work = work
        if not work.closed:
            self._sign_in(self._answers.operator, "")
            work = self._desk.work(number)  # a sheet that only lacked somebody to close it is closed now
            if reader is not None:
                reader.work = work
        while not work.closed:
            self._end.check()
            self._step(work)
        return work

    def _step(self, work: Work) -> None:
        step = work.step
        if step is None:
            raise UsageError(msg("The order {number} has no step to go on with.", number=work.number))
        visit = work.state.visit if work.state.started else work.state.visits.get(step.id, 0) + 1
        if visit > MOST_VISITS:
            raise UsageError(
                msg(
                    "The answers lead in a circle: “{step}” was visited {count} times.",
                    step=step.title,
                    count=visit - 1,
                ),
                remedy=msg("Answer its visits one by one: [steps.{id}.2], [steps.{id}.3] …", id=step.id),
            )
        answer = self._answers.at(step, visit)
        self._sign_in(answer.operator or self._answers.operator, answer.role)
        if answer.take_over:
            hierarchy.take_over(work, answer.take_over)
        if answer.skip:
            work.skip(answer.skip, answer.reason)
            return
        if answer.card and step.machine:
            self._desk.acknowledge_card(step.machine)
        if not work.state.started:
            self._lifted(work, answer, work.start)
            self._say(_("{step} (visit {visit})").format(step=step.title, visit=visit))
        if step.kind is StepKind.MEASUREMENT:
            self._measure(work, step, answer)
        elif step.kind is StepKind.WAIT:
            self._wait(work)
            work.answer({})
        else:
            self._lifted(work, answer, lambda: self._answer(work, step, answer, visit))

    def _ahead(self, procedure: Procedure) -> list[Procedure]:
        """Return the procedures that the order may go on with."""
        named = {c.procedure for step in procedure.steps for entry in step.fields for c in entry.choices}
        return [self._desk.procedures.get(each) for each in sorted(named) if each]

    def _answer(self, work: Work, step: Step, answer: Answer, visit: int) -> None:
        fields = self._for_each(work, answer.fields)
        given = {name: self._photo(work, name, value) for name, value in fields.items()}
        lacking = [
            entry
            for entry in work.fields()
            if entry.required and entry.kind not in ("lines", "several") and is_asked(entry, given)
            if given.get(entry.id) in (None, "")
        ]
        if lacking:
            raise self._answers.missing(step, visit, expected(step))
        signing = step.kind is StepKind.SIGNOFF and self._desk.operator is not None
        proof = pin_of(self._desk, self._desk.operator) if signing and self._desk.operator else None
        work.answer(given, answer.reason, pin=proof)

    def _for_each(self, work: Work, given: Mapping[str, Any]) -> dict[str, Any]:
        """Spread what is answered once over the entries that a field is asked for, and fill in what the order says."""
        asked = {entry.id for entry in work.fields()}
        spread = {
            name: given[name.partition(".")[0]] for name in asked if "." in name and name.partition(".")[0] in given
        }
        return {
            **work.prefilled(),
            **spread,
            **{name: value for name, value in given.items() if name in asked or name not in _bases(work)},
        }

    def _photo(self, work: Work, name: str, value: Any) -> Any:
        """Attach the photo that a file names by its path; other answers stay as they are."""
        kind = next((entry.kind for entry in work.fields() if entry.id == name), "")
        if kind != "photo" or not isinstance(value, str) or value in work.state.photos:
            return value
        from bench.photos import PhotoKind, PhotoStore, attach

        store = PhotoStore(self._photos)
        step = work.step.id if work.step else ""
        photo = attach(self._desk, store, work.number, self._answers.path.parent / value, PhotoKind.EVIDENCE, step=step)
        work.refresh()
        return photo.sha256

    def _lifted(self, work: Work, answer: Answer, act: Callable[[], None]) -> None:
        """Do `act`; where a rule stops it and the file says who lifts that or decides, let them, and do it again."""
        try:
            act()
        except Refused as refused:
            if not self._settled(work, answer, refused.refusal.rule):
                raise
            self._sign_in(answer.operator or self._answers.operator, answer.role)
            act()

    def _settled(self, work: Work, answer: Answer, rule: str) -> bool:
        said = answer.decide if rule == "alert" else answer.lift
        step = work.step
        if not said or step is None:
            return False
        technician = self._desk.operator
        scope = guards.scope_of(rule, work.question(step))
        self._sign_in(str(said.get("operator", "")), "")
        operator = self._desk.operator
        pin = pin_of(self._desk, operator) if operator else None
        reason = str(said.get("reason", ""))
        if rule == "alert":
            for alert in [each for each in work.state.alerts if each.holds_up]:
                hierarchy.decide(work, alert.id, accept=bool(said.get("accept", True)), reason=reason, pin=pin)
        else:
            hierarchy.lift_rule(work, rule, scope, reason, pin)
        if technician is not None:
            self._sign_in(technician.id, "")
        return True

    def _wait(self, work: Work) -> None:
        left = work.waiting()
        while left is not None and left > timedelta(0):
            self._end.check()
            time.sleep(min(left.total_seconds(), 0.2))
            left = work.waiting()

    def _measure(self, work: Work, step: Step, answer: Answer) -> None:
        while (task := work.next_task()) is not None:
            self._end.check()
            work.prepare(task)
            try:
                judged = work.measure(task, reason=answer.reason, by_hand=bool(answer.readings))
            except Stopped:
                self._end.check()
                raise
            for entry in judged:
                self._show(entry)
        # A reason prepared for the uncertainty zone says nothing about a clear result.
        work.confirm(answer.reason if work.outcome() in ("conditional", "no-verdict") else "")

    def _sign_in(self, operator_id: str, role: str) -> None:
        if not operator_id:
            raise UsageError(
                msg("{file} names nobody who works here.", file=self._answers.path.name),
                remedy=msg('Begin it with: operator = "{id}".', id=self._settings.operators[0].id),
            )
        operator = self._settings.operator(operator_id)
        if operator is None:
            raise UsageError(
                msg("There is no operator “{id}” in this workshop.", id=operator_id),
                remedy=msg("Known: {known}.", known=", ".join(entry.id for entry in self._settings.operators)),
            )
        if self._desk.operator != operator:
            self._desk.authenticate(operator, pin_of(self._desk, operator), _role(role))


def _bases(work: Work) -> set[str]:
    """Return the ids of the fields that are asked for each entry of a list."""
    return {entry.id for entry in work.step.fields if entry.each} if work.step else set()


def _role(word: str) -> Role | None:
    if not word:
        return None
    try:
        return Role(word)
    except ValueError:
        raise UsageError(
            msg("There is no role “{role}”.", role=word), remedy=msg("Known: {known}.", known=", ".join(Role))
        ) from None


def verdict_code(journal: Journal, number: str) -> ExitCode:
    """Return NONCONFORMING where the watch leaves with a value out of tolerance: the last verdict of each figure."""
    last = {(row.quantity, row.label): row.state for row in journal.log(LogFilter(order=number)) if not row.refusal}
    out = (State.NONCONFORMING, State.CONDITIONALLY_NONCONFORMING)
    return ExitCode.NONCONFORMING if any(State(state) in out for state in last.values()) else ExitCode.OK


def narrate(sentence: str) -> None:
    """Tell what happens, beside the data."""
    print(sentence, file=sys.stderr, flush=True)
