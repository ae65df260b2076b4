"""One exercise and a trainee's run of it: the situation, the questions, the diagnosis, then the reveal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.content import Content

from bench.defects import defects
from bench.diagnosis.figures import Figure, words_of
from bench.judging import Judged
from bench.language import _
from bench.people import Role
from bench.training import Exercise, Exercises, frames
from bench.training.runs import DIAGNOSIS, Run, Training, citable, compare
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.training import replayed
from tui.training.sessions import SessionLibrary
from tui.training.workshop import begin, measured, settings_of
from tui.widgets.order_header import time_left
from tui.widgets.page import Page, facts, heading, prose
from tui.widgets.panel import Panel


class ExerciseScreen(ErrandRoom):
    """Enter does what comes next: begin, go to the bench, diagnose, see the answer, look at the evidence."""

    def __init__(self, exercises: Exercises, exercise: Exercise, run: Run | None) -> None:
        super().__init__()
        self.exercises = exercises
        self.exercise = exercise
        self.run = run
        self._settings: list[str] = []
        self._calibre = ""

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()
        self.set_interval(20.0, self.query_one(Page).rewrite)

    def on_screen_resume(self) -> None:
        self.app.attempt(self._again)

    async def _again(self) -> None:
        self._settings, self._calibre = await self.app.at_bench(self._known)
        if self.run is not None:
            run = self.run
            self.run = await self.app.at_bench(lambda: Training(self.app.desk).run(run.id))
        self._changed()

    def _known(self) -> tuple[list[str], str]:
        """Return the settings that suit the exercise, and its calibre's name."""
        desk, about = self.app.desk, self.exercise.order
        calibre = desk.profiles.calibre(about.calibre).name if about is not None else ""
        return settings_of(desk, self.exercise), calibre

    def _changed(self) -> None:
        self.query_one(Page).rewrite()
        self.refresh_bindings()

    # -- what can be done

    def main_word(self) -> str:
        run = self.run
        if run is None:
            return _("Begin")
        if run.revealed:
            return _("Evidence")
        return _("Show the answer") if run.diagnosis else self._work_word()

    def _work_word(self) -> str:
        return _("Play the session") if self.exercise.replayed else _("To the bench")

    def action_main(self) -> None:
        run = self.run
        if run is None:
            self.do(self._begin)
        elif run.revealed:
            self.do(self._evidence)
        elif run.diagnosis:
            self.do(self._reveal)
        else:
            self.do(self._work)

    @property
    def _mine(self) -> bool:
        """Whether who is signed in is the trainee of the run: others look at it."""
        operator = self.app.operator
        return self.run is not None and operator is not None and operator.id == self.run.trainee

    def errands(self) -> list[Errand]:
        run = self.run
        if run is None:
            found = [Errand(_("Begin"), self._begin)]
            if len(self._settings) > 1:
                found.append(Errand(_("Begin in another setting …"), self._begin_elsewhere))
            if not self.exercise.replayed:
                found.append(Errand(_("Begin blind: verdicts and limits hidden"), self._begin_blind))
            return found
        found = [Errand(self._work_word(), self._work)]
        if not run.revealed and self._mine:
            found += [
                Errand(_("Answer: {question}").format(question=question.text), self._answering(question.id))
                for question in self.exercise.question
            ]
            found.append(Errand(_("Give the diagnosis"), self._diagnose))
        if not run.revealed:
            found.append(Errand(_("Show the answer"), self._reveal))
        found.append(Errand(_("Evidence by criterion"), self._evidence))
        return found

    async def _begin(self, setting: str = "", *, blind: bool = False) -> None:
        operator = self.app.operator
        assert operator is not None
        desk, chosen = self.app.desk, self.exercise.id
        self.run = await self.app.at_bench(begin, desk, self.exercises, chosen, operator, setting, blind=blind)
        self._changed()

    async def _begin_blind(self) -> None:
        await self._begin(blind=True)

    async def _begin_elsewhere(self) -> None:
        options = [(name, _setting(name, frames()[name].minutes)) for name in self._settings]
        question = _("In which setting of the evaluation?")
        chosen = await self.app.push_screen_wait(PickDialog(question, options, searchable=False))
        if chosen is not None:
            await self._begin(chosen)

    @property
    def library(self) -> SessionLibrary:
        from tui.screens.trainer_library import folder_of

        return SessionLibrary(folder_of(self.app))

    async def _work(self) -> None:
        """Go to the bench with the run's order, or play its session: blind until the reveal, with its questions."""
        run = self.run
        assert run is not None
        if run.order:
            self.app.open_order(run.order)
            return
        from tui.screens.trainer_player import PlayerScreen

        opened = await asyncio.to_thread(self.library.open, self.exercises.session(self.exercise.id))
        stops = replayed.stops(self.exercise)
        answered = [stop for stop in stops if run.revealed or run.answer(stop.note) is not None]
        questions = {stop: self._asking(stop.note) for stop in stops if stop not in answered and self._mine}
        hidden = not run.revealed and bool({"verdicts", "limits"} & set(run.hide))
        player = PlayerScreen(self.library, opened, locked=hidden, questions=questions, answered=answered)
        await self.app.push_screen(player)

    async def _diagnose(self) -> None:
        codes: list[str] = []
        while (code := await self._pick(_("Which defect? Esc when there is no more"), codes)) is not None:
            codes.append(code)
        judged = await self._measured()
        figures = citable(judged)
        cites: list[str] = []
        while (cite := await self._cite(figures, cites)) is not None:
            cites.append(cite)
        text = await self.app.push_screen_wait(Reason(lambda: _("Your diagnosis in words")))
        if text is None:
            return
        await self._keep(DIAGNOSIS, text, codes, cites, judged)

    async def _measured(self) -> Sequence[Judged]:
        run = self.run
        assert run is not None
        if run.order:
            return await self.app.at_bench(measured, self.app.desk, run, self.exercises, self.library)
        return await asyncio.to_thread(measured, self.app.desk, run, self.exercises, self.library)

    async def _pick(self, question: str, taken: list[str]) -> str | None:
        options = [(code, f"{code}  {found.label}") for code, found in defects().items() if code not in taken]
        said = f"{question}  {', '.join(taken)}".rstrip()
        return await self.app.push_screen_wait(PickDialog(said, options))

    async def _cite(self, figures: Mapping[str, Figure], taken: list[str]) -> str | None:
        options = [(name, f"{words_of(name)}  {each.value}") for name, each in figures.items() if name not in taken]
        question = f"{_('Which measurement shows it? Esc when there is no more')}  {', '.join(taken)}".rstrip()
        return await self.app.push_screen_wait(PickDialog(question, options)) if options else None

    def _answering(self, question_id: str) -> Callable[[], Awaitable[None]]:
        async def answer() -> None:
            question = next(each for each in self.exercise.question if each.id == question_id)
            text = await self.app.push_screen_wait(Reason(lambda: str(question.text)))
            if text is not None:
                await self._keep(question_id, text)

        return answer

    def _asking(self, question_id: str) -> Callable[[], Awaitable[bool]]:
        async def ask() -> bool:
            await self._answering(question_id)()
            return self.run is not None and self.run.answer(question_id) is not None

        return ask

    async def _keep(
        self,
        question: str,
        text: str,
        codes: Sequence[str] = (),
        cites: Sequence[str] = (),
        judged: Sequence[Judged] = (),
    ) -> None:
        run = self.run
        assert run is not None

        def kept() -> Run:
            return Training(self.app.desk).answer(run, question, text, codes=codes, cites=cites, judged=judged)

        self.run = await self.app.at_bench(kept)
        self._changed()

    async def _reveal(self) -> None:
        run, operator = self.run, self.app.operator
        assert run is not None
        assert operator is not None

        async def shown(pin: str | None) -> None:
            self.run = await self.app.at_bench(lambda: Training(self.app.desk).reveal(run, operator, pin))

        if run.diagnosis is None and operator.may_act_as(Role.TRAINER) and not run.revealed:
            await self.app.with_pin(_("Show the answer before a diagnosis was given"), shown)
        else:
            await shown(None)
        self._changed()

    async def _evidence(self) -> None:
        from tui.screens.trainer_evidence import EvidenceScreen

        assert self.run is not None
        await self.app.push_screen(EvidenceScreen(self.run))

    # -- the page

    def _write(self, width: int) -> list[Content]:
        exercise, run = self.exercise, self.run
        lines = [Content.styled(f"{exercise.id} · {exercise.title}", "bold")]
        frame = run.frame if run is not None else exercise.frame
        if frame:
            lines += prose(_setting(frame, run.limit if run is not None else exercise.minutes), width, "$text-muted")
        lines += self._time(width)
        if run is not None and run.revealed:  # what one looks for now comes first
            lines += self._answer(run, width) + self._diagnosis(run, width)
            return [*lines, *self._questions(width), *self._asked(frame, width)]
        lines += self._asked(frame, width) + self._questions(width)
        return [*lines, *(self._diagnosis(run, width) if run is not None else [])]

    def _asked(self, frame: str, width: int) -> list[Content]:
        exercise = self.exercise
        lines = heading(_("Situation")) + prose(str(exercise.situation), width)
        lines += heading(_("Asked for")) + prose(str(exercise.request), width)
        if exercise.order is not None:
            about = exercise.order
            pairs = [
                (_("watch"), f"{about.brand} {about.model}".strip()),
                (_("calibre"), self._calibre or about.calibre),
                (_("engraved"), about.water_resistance),
            ]
            lines += facts(pairs, width)
        if frame:
            lines += heading(_("In this setting")) + prose(str(frames()[frame].task), width)
        return lines

    def _questions(self, width: int) -> list[Content]:
        run = self.run
        lines = heading(_("Questions")) if self.exercise.question else []
        for question in self.exercise.question:
            lines += prose(f"? {question.text}", width, "bold")
            given = run.answer(question.id) if run is not None else None
            lines += prose(given.text if given else "—", width, indent="  ")
            if run is not None and run.revealed:
                lines += prose(f"→ {question.answer}", width, "$success", "  ")
        return lines

    def _time(self, width: int) -> list[Content]:
        run = self.run
        if run is None:
            return prose(_("Time: {minutes} min from the begin").format(minutes=self.exercise.minutes), width)
        if run.revealed:
            return prose(f"{run.name} · {run.id}", width)
        said, style = time_left(run.ends, self.app.desk.clock.now())
        return prose(f"{run.name} · {run.id} · {said}", width, style)

    def _diagnosis(self, run: Run, width: int) -> list[Content]:
        given = run.diagnosis
        lines = heading(_("Diagnosis"))
        if given is None:
            hint = _("None given yet. Tab: answer the questions, give the diagnosis.")
            said = hint if self._mine else _("None given yet.")
            return [*lines, *prose(said, width, "$text-muted")]
        lines += prose(given.text, width)
        known = defects()
        lines += facts([(code, str(known[code].label)) for code in given.defects], width)
        lines += facts([(str(words_of(cited.figure)), str(cited.value)) for cited in given.cites], width)
        return lines

    def _answer(self, run: Run, width: int) -> list[Content]:
        exercise, found = self.exercise, compare(self.exercise, run.diagnosis)
        known = defects()
        lines = heading(_("The answer"))
        lines += prose(str(exercise.fault), width, "bold")
        lines += prose(str(exercise.answer.text), width)
        pairs = [(_("named by both"), code) for code in found.named]
        pairs += [(_("missed"), code) for code in found.missed]
        pairs += [(_("named beyond it"), code) for code in found.beyond]
        told = [(word, f"{code}  {known[code].label}") for word, code in pairs]
        told += [(_("not cited"), str(words_of(figure))) for figure in found.uncited]
        told += [(_("to be found"), str(finding.text)) for finding in exercise.expected]
        return [*lines, *facts(told, width)]


def _setting(frame: str, minutes: int) -> str:
    found = frames()[frame]
    prepare = _("{minutes} min to prepare, ").format(minutes=found.prepare) if found.prepare else ""
    return f"{frame} · {found.title} · {prepare}" + _("{minutes} min").format(minutes=minutes)
