"""What a session would have said otherwise, beside what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content

from bench.conformity import RULES
from bench.errors import UsageError
from bench.judging import Judged
from bench.language import N_, Text, _, msg
from bench.recording.heard import Heard, same
from bench.recording.player import Player
from bench.recording.what_if import WhatIf, what_if
from tui import lines
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.widgets.page import Page, heading, prose, table
from tui.widgets.panel import Panel

if TYPE_CHECKING:
    from profiles.library import Library


def what_ifs(room: ErrandRoom, player: Player, profiles: Callable[[], Library]) -> list[Errand]:
    """Return what can be asked of a session that has been heard to its verdicts."""
    asked = Asking(room, player, profiles)
    found = [Errand(_("What today’s program says otherwise"), asked.today)] if player.differences() else []
    if any("lift_angle" in heard.task.program.parameters for heard in player.tasks):
        found.append(Errand(_("What if: another lift angle …"), asked.angle))
        found.append(Errand(_("What if: another calibre …"), asked.calibre))
    if any("stages" in heard.task.program.parameters for heard in player.tasks):
        found.append(Errand(_("What if: another case …"), asked.case))
    return [*found, Errand(_("What if: another decision rule …"), asked.rule)]


class Asking:
    """Asks what is to be otherwise, and shows it beside what was."""

    def __init__(self, room: ErrandRoom, player: Player, profiles: Callable[[], Library]) -> None:
        self.app = room.app
        self.player = player
        self.profiles = profiles

    async def today(self) -> None:
        """Show where today's program differs from the record."""
        said = N_("What the record says, and beside it what today’s program says.")
        differing = self.player.differences()
        await self.app.push_screen(WhatIfScreen(differing, lambda: _(said), self.player.titles, now=N_("today")))

    async def angle(self) -> None:
        """Ask for a lift angle. Raises UsageError for one that no calibre has."""
        written = await self.app.push_screen_wait(Reason(lambda: _("Which lift angle, in degrees?")))
        if written is None:
            return
        try:
            angle = float(written.replace(",", ".").removesuffix("°"))
        except ValueError:
            angle = 0.0
        if not 10 <= angle <= 90:
            raise UsageError(msg("A lift angle of {angle}° does not exist.", angle=written))
        await self.beside(WhatIf(lift_angle=angle), _("lift angle {angle}°").format(angle=written))

    async def rule(self) -> None:
        """Ask for a decision rule."""
        rule = await self._pick(_("Which decision rule?"), {name: str(rule) for name, rule in RULES.items()})
        if rule is not None:
            await self.beside(WhatIf(rule=RULES[rule]), str(RULES[rule]))

    async def calibre(self) -> None:
        """Ask for a calibre, and for its grade where it has several."""
        known = {each.identity.id: each for each in await asyncio.to_thread(lambda: self.profiles().calibres())}
        name = await self._pick(_("Which calibre?"), {each: calibre.name for each, calibre in known.items()})
        if name is None:
            return
        calibre, grade = known[name], ""
        if len(calibre.grades) > 1:
            names = {each: str(calibre.grade_names.get(each, each)) for each in calibre.grades}
            picked = await self._pick(_("Which grade?"), names)
            if picked is None:
                return
            grade = picked
        await self.beside(WhatIf(calibre=calibre, grade=grade), f"{calibre.name} {grade}".strip())

    async def case(self) -> None:
        """Ask for a case."""
        known = {each.identity.id: each for each in await asyncio.to_thread(lambda: self.profiles().cases())}
        name = await self._pick(_("Which case?"), {each: case.name for each, case in known.items()})
        if name is not None:
            await self.beside(WhatIf(case=known[name]), known[name].name)

    async def beside(self, other: WhatIf, words: str) -> None:
        """Show the session as if, beside what it said."""
        tasks = await asyncio.to_thread(what_if, self.player.tasks, other)
        said = N_("What if: {words}. Nothing of it goes into a record.")
        await self.app.push_screen(WhatIfScreen(tasks, lambda: _(said).format(words=words), self.player.titles))

    async def _pick(self, question: str, options: Mapping[str, str]) -> str | None:
        return await self.app.push_screen_wait(PickDialog(question, list(options.items())))


class WhatIfScreen(ErrandRoom):
    """A table under `words`: each figure as it was and, under `now`, as it would be. No record is touched."""

    def __init__(
        self,
        tasks: Sequence[Heard],
        words: Callable[[], str],
        titles: Mapping[str, Text] = MappingProxyType({}),
        *,
        now: str = N_("what if"),
    ) -> None:
        super().__init__()
        self.tasks = tasks
        self.words = words
        self.titles = titles
        self.now = now

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()

    def _write(self, width: int) -> list[Content]:
        written = prose(self.words(), width, "bold")
        heads = [_("quantity"), _("value"), _("verdict"), _(self.now), _("verdict"), ""]
        for (step, _visit), tasks in groupby(self.tasks, key=lambda heard: (heard.task.step, heard.visit)):
            rows, styles, failed = [], [], []
            for task in tasks:
                failed += _failed(task, width)
                for name, old, new in _figures(task):
                    changed = old is None or new is None or not same(new, old)
                    if changed or any(each.verdict.limit for each in (old, new) if each is not None):
                        rows.append([name, *_cells(old), *_cells(new), "≠" if changed else ""])
                        styles.append("bold $warning" if changed else "")
            if rows or failed:
                written += heading(str(self.titles.get(step, step)))
                written += table(heads, rows, width, styles) if rows else []
                written += failed
        return written


def _figures(task: Heard) -> Iterator[tuple[str, Judged | None, Judged | None]]:
    for new, old in task.pairs():
        yield lines.named(new.measurement.quantity, new.measurement.label), old, new
    for old in task.missing():
        yield lines.named(old.measurement.quantity, old.measurement.label), old, None


def _cells(judged: Judged | None) -> list[str]:
    return ["–", "–"] if judged is None else [str(judged.measurement.value), lines.outcome(judged.verdict)]


def _failed(task: Heard, width: int) -> list[Content]:
    """Say of a task that was measured why it does not come to its end this time."""
    if task.error is None or task.cut_off or task.agrees:
        return []
    where = f"{task.task.step} {task.task.label}".strip()
    said = _("{step}: today it does not replay: {error}").format(step=where, error=task.error)
    return prose(said, width, "$warning")
