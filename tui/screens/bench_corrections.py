"""What is put right at the bench: answers already given, and the time at which something was really done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.events import EventKind
from bench.language import Text, _, msg
from bench.procedure.answers import fields_of
from bench.quantities import Value
from tui.screens.dialogs import Reason
from tui.screens.rows import FormDialog, PickDialog

if TYPE_CHECKING:
    from bench.procedure.model import FormField, Step
    from bench.work import Work
    from tui.screens.bench import BenchScreen


@dataclass(frozen=True)
class Answered:
    """An answered step as it stands in the record, corrections included: event number, step, answers, as read."""

    seq: int
    at: str
    step: Step
    answers: Mapping[str, Any]
    shown: Mapping[str, Any]

    def __str__(self) -> str:
        at = datetime.fromisoformat(self.at)
        said = " · ".join(str(Text.from_json(each)).replace("\n", "; ") for each in self.shown.values())
        return f"{at:%d.%m. %H:%M}  {self.step.title}: {said}"


def answered_steps(work: Work) -> list[Answered]:
    """Return the order's answered steps that this procedure knows, the last first."""
    found: dict[int, Answered] = {}
    for event in work.desk.journal.events(order=work.number):
        p = event.payload
        if event.kind is EventKind.STEP_ANSWERED and p["answers"]:
            step = work.procedure.get(p["step"])
            if step is not None:
                found[event.seq] = Answered(event.seq, event.at, step, p["answers"], p["shown"])
        elif event.kind is EventKind.CORRECTED and p["seq"] in found:
            was = found[p["seq"]]
            answers, shown = {**was.answers, **p["answers"]}, {**was.shown, **p["shown"]}
            found[p["seq"]] = Answered(was.seq, was.at, was.step, answers, shown)
    return list(reversed(found.values()))


def as_typed(entry: FormField, answer: Any) -> Any:
    """Return a journaled answer as a form holds it."""
    if entry.kind == "tick":
        return True if answer == "yes" else None
    if entry.kind == "lines":
        columns = {column.id: column for column in entry.columns}
        return [{name: as_typed(columns[name], cell) for name, cell in row.items()} for row in answer]
    if entry.kind == "number":
        value = Value.from_json(answer).magnitude
        return str(int(value)) if value == int(value) else repr(value)
    return answer


def changed(fields: Sequence[FormField], before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that are not what they were."""
    return {
        entry.id: given[entry.id] for entry in fields if entry.id in given and given[entry.id] != before.get(entry.id)
    }


def time_of_day(typed: str, now: datetime) -> datetime:
    """Return the last moment before `now` with that time of day ("14:05"). Raises UsageError."""
    try:
        hour, minute = (int(part) for part in typed.strip().lower().replace("h", ":").split(":"))
        then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise UsageError(msg("“{time}” is no time of day.", time=typed), remedy=msg("Write it like 14:05.")) from None
    return then if then <= now else then - timedelta(days=1)


class Corrections:
    """Puts right what the record says, with a reason; nothing is overwritten."""

    def __init__(self, bench: BenchScreen) -> None:
        self.bench = bench

    async def choose(self) -> None:
        """Let a person pick an answered step, change its answers and say why."""
        app, work = self.bench.app, self.bench.work
        found = await app.at_bench(answered_steps, work)
        if not found:
            raise UsageError(msg("Nothing has been answered yet."))
        options = [(str(each.seq), str(each)) for each in found]
        picked = await app.push_screen_wait(PickDialog(_("Correct which answer?"), options))
        if picked is not None:
            await self._correct(next(each for each in found if str(each.seq) == picked))

    async def _correct(self, answered: Answered) -> None:
        app, work = self.bench.app, self.bench.work
        known = fields_of(answered.step, work.state)
        before = {
            entry.id: as_typed(entry, answered.answers[entry.id]) for entry in known if entry.id in answered.answers
        }
        given = await app.push_screen_wait(FormDialog(str(answered.step.title), known, before, self.bench.acts.fill))
        if given is None:
            return
        new = changed(known, before, given)
        if not new:
            app.notify(_("Nothing was changed."))
            return
        question = _("Why is it corrected? The first answer stays readable.")
        reason = await app.push_screen_wait(Reason(lambda: question))
        if reason is None:
            return
        await app.at_bench(work.correct, answered.seq, new, reason)
        if any(signature.void for signature in work.state.signatures):
            app.notify(_("Corrected. Earlier signatures are void until they are given again."), severity="warning")
        else:
            app.notify(_("Corrected."))

    async def late(self) -> None:
        """Ask when the step was really done; the next answer carries it."""
        typed = await self.bench.app.push_screen_wait(Reason(lambda: _("At what time was it done? (14:05)")))
        if typed is not None:
            self.bench.done_at = time_of_day(typed, self.bench.work.desk.clock.now())

    async def note(self) -> None:
        """Ask for a bench note; the next answer carries it, and no customer reads it."""
        typed = await self.bench.app.push_screen_wait(Reason(lambda: _("Your note; the customer does not see it")))
        if typed is not None:
            self.bench.note = typed
