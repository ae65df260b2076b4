"""The trainer's library: sessions to play, exercises to begin, runs to look at."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from bench.language import N_, _
from bench.people import Role
from bench.training import Exercise, Exercises
from bench.training.runs import KINDS, Run, runs
from tui.folder import Folder
from tui.screens.errands import ErrandRoom
from tui.training.sessions import IMPORTED, Entry, SessionLibrary
from tui.training.workshop import exercises_of
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList
from tui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from tui.app import EtabliApp

FILTERS = (("exercises", N_("exercises")), ("sessions", N_("sessions")), ("runs", N_("runs")))


@dataclass(frozen=True)
class Line:
    """One row: a session, an exercise or a run."""

    sort: str
    name: str
    title: str
    level: str
    competences: str
    duration: str
    of: Entry | Exercise | Run
    frame: str = ""


def folder_of(app: EtabliApp) -> Folder:
    """Return the folder of the workshop that is open."""
    return Folder(app.workshop.logs.parent)


class LibraryScreen(ErrandRoom):
    """Three shelves; Enter opens what is under the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.exercises = Exercises()

    def furnish(self) -> ComposeResult:
        yield Tabs(FILTERS, "exercises")
        yield PickList[Line](
            [
                Column(N_("name"), 20, lambda line: line.name),
                Column(N_("title"), 0, lambda line: line.title),
                Column(N_("setting"), 8, lambda line: line.frame),
                Column(N_("level"), 7, lambda line: line.level),
                Column(N_("duration"), 12, lambda line: line.duration),
                Column(N_("competences"), 26, lambda line: line.competences, wide_only=True),
            ],
            nothing=N_("Nothing here."),
        )
        yield Panel()

    def main_word(self) -> str:
        return _("Open") if self.lines else ""

    def on_screen_resume(self) -> None:
        self.query_one(PickList).focus()
        self.app.attempt(self.reload)

    async def reload(self) -> None:
        """Read the three shelves again."""
        self.lines = await self.app.at_bench(self._read)
        self.refill()
        for problem in self.exercises.problems:
            self.notify(str(problem), severity="warning", markup=False)

    def refill(self) -> None:
        tabs = self.query_one(Tabs)
        tabs.counts = {name: sum(line.sort == name for line in self.lines) for name, _words in FILTERS}
        tabs.refresh()
        self.query_one(PickList).fill([line for line in self.lines if line.sort == tabs.taken])
        self.refresh_bindings()

    def _read(self) -> list[Line]:
        folder = folder_of(self.app)
        self.exercises = exercises_of(folder)
        found = [
            Line("exercises", each.id, str(each.title), str(each.level), ", ".join(each.competences),
                 _("{minutes} min").format(minutes=each.minutes), each, each.frame)
            for each in self.exercises.all()
        ]  # fmt: skip
        for entry in SessionLibrary(folder).entries():
            card = entry.card
            title = str(card.title) if card else str(entry.problem or _("recorded here"))
            minutes = _("{minutes} min").format(minutes=card.minutes) if card and card.minutes else ""
            level, codes = (str(card.level), ", ".join(card.competences)) if card else ("", "")
            found.append(Line("sessions", entry.name, title, level, codes, minutes, entry))
        for run in runs(self.app.desk.journal.events(kinds=KINDS)):
            begun = f"{datetime.fromisoformat(run.begun).astimezone():%d/%m %H:%M}"
            state = _("shown") if run.revealed else _("diagnosed") if run.diagnosis else _("under way")
            said = f"{run.name} · {run.exercise} · {state}"
            found.append(Line("runs", run.id, said, "", "", begun, run, run.frame))
        return found

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        line = event.row
        assert isinstance(line, Line)
        self.do(lambda: self._open(line))

    async def _open(self, line: Line) -> None:
        if isinstance(line.of, Entry):
            from tui.screens.trainer_player import PlayerScreen

            library = SessionLibrary(folder_of(self.app))
            name = str(line.of.path) if line.of.origin == IMPORTED else line.name
            opened = await asyncio.to_thread(library.open, name)
            await self.app.push_screen(PlayerScreen(library, opened, locked=self._asked_blind(line.name)))
            return
        from tui.screens.trainer_exercise import ExerciseScreen

        run = line.of if isinstance(line.of, Run) else None
        exercise = self.exercises.get(run.exercise) if run is not None else line.of
        assert isinstance(exercise, Exercise)
        await self.app.push_screen(ExerciseScreen(self.exercises, exercise, run))

    def _asked_blind(self, session: str) -> bool:
        """Whether an exercise replays this session blind: then a trainee does not look at it open beforehand."""
        operator = self.app.operator
        if operator is None or operator.may_act_as(Role.TRAINER):
            return False
        return any(each.session == session and {"verdicts", "limits"} & set(each.hide) for each in self.exercises.all())
