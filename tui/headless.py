"""An order run without a screen: from a file of answers to the closed sheet, or to where it cannot go on."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from bench.conformity import State
from bench.desk import Desk
from bench.errors import EtabliError, ExitCode, UsageError
from bench.instrument import Stopped
from bench.journal import Journal, LogFilter
from bench.judging import Judged
from bench.language import _, msg
from bench.people import Role
from bench.procedure.model import Step, StepKind
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

    def __init__(self, desk: Desk, settings: Settings, answers: Answers, end: SafeEnd, *, say: Say, show: Show) -> None:
        self._desk = desk
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
        self._answers.check(work.procedure)
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
        if not work.state.started:
            work.start()
            self._say(_("{step} (visit {visit})").format(step=step.title, visit=visit))
        if step.kind is StepKind.MEASUREMENT:
            self._measure(work, step, answer)
        else:
            self._answer(work, step, answer, visit)

    def _answer(self, work: Work, step: Step, answer: Answer, visit: int) -> None:
        if any(entry.required and answer.fields.get(entry.id) in (None, "") for entry in step.fields):
            raise self._answers.missing(step, visit, expected(step))
        work.answer(answer.fields, answer.reason)

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
