"""What to do now: the step, its instruction, the next handling of the watch, and which runs are done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from bench.language import _
from bench.people import Role
from tui.widgets.verdict import OUTCOMES

if TYPE_CHECKING:
    from bench.diagnosis import Diagnosis
    from tui.screens.glance import Glance


class Todo(Widget):
    """Words above the work; `clock` gives the time of the bench."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self.now: Glance | None = None
        self.running = self.error = False
        self.late = ""

    def show(self, now: Glance, *, running: bool, error: bool, late: str = "") -> None:
        """Say what this moment of the order asks for; `late` is when it was really done, in a late entry."""
        self.now, self.running, self.error, self.late = now, running, error, late
        self.refresh(layout=True)

    def render(self) -> Content:
        now = self.now
        if now is None or now.step is None:
            return Content("")
        step = now.step
        roomy = self.app.size.height >= 40
        wide = self.app.size.width >= 120
        phase = {"before": " · " + _("before"), "after": " · " + _("after")}.get(step.phase, "")
        title = Content.assemble((f"{step.title}", "bold $primary"), (f"{phase} · {step.role}", "$text-muted"))
        lines = [title] if wide else []  # a narrow screen has the title in the steps' line
        if step.role is not Role.TECHNICIAN and not wide:
            lines.append(Content.styled(_("For the role of {role}").format(role=step.role), "$text-muted"))
        instruction = str(step.instruction)
        if instruction and (roomy or not now.measuring or not now.started):
            lines.append(Content(instruction))
        if not now.started and now.refusal is None:
            lines.append(Content.assemble(("➤ ", "bold $primary"), (_("Enter starts this step."), "bold")))
        if step.meaning is not None and now.started:
            lines.append(
                Content.assemble(("✎ ", "bold $primary"), _("You sign: “{meaning}”").format(meaning=step.meaning))
            )
        if self.late:
            lines.append(
                Content.assemble(("⟲ ", "bold $warning"), _("Late entry, done at {time}.").format(time=self.late))
            )
        lines += self._runs(now)
        if now.waits_until is not None:
            lines.append(self._wait(now.waits_until))
        if now.diagnosis is not None:
            lines += self._hints(now.diagnosis, roomy)
        return Content("\n").join(lines)

    def _wait(self, until: datetime) -> Content:
        left = until - self._clock()
        if left <= timedelta(0):
            return Content.assemble(("✔ ", "bold $success"), (_("The time is over: Enter goes on."), "bold"))
        until_shown = f"{until:%d.%m. %H:%M:%S}" if left > timedelta(hours=12) else f"{until:%H:%M:%S}"
        words = _("{left} left, until {until}. Take up another order meanwhile.")
        said = words.format(left=str(left).split(".")[0], until=until_shown)
        return Content.assemble(("⧗ ", "bold $warning"), said)

    def _hints(self, diagnosis: Diagnosis, roomy: bool) -> list[Content]:
        """Say what the measurements point to: what to settle first, the hints, what does not go together."""
        if not diagnosis.hints:
            return []
        lines = [Content.styled(_("Hints from the measurements; the diagnosis is yours:"), "$text-muted")]
        if roomy:
            settle = [Content.assemble(("□ ", "bold"), str(check.question)) for check in diagnosis.first_checks[:3]]
            lines += settle
        hints = diagnosis.hints[: 3 if roomy else 2]
        lines += [Content.assemble(("? ", "bold $secondary"), str(hint.text)) for hint in hints]
        against = diagnosis.contradictions[: 2 if roomy else 1]
        return [*lines, *(Content.assemble(("≠ ", "bold $warning"), str(each.why)) for each in against)]

    def _runs(self, now: Glance) -> list[Content]:
        if not now.measuring or not now.started:
            return []
        lines = []
        done = now.tasks.index(now.task) if now.task in now.tasks else len(now.tasks)
        if len(now.tasks) > 1:
            parts: list[str | tuple[str, str]] = []
            for place, task in enumerate(now.tasks):
                sign, style = (
                    ("✔", "$success") if place < done else ("▶", "bold $primary") if place == done else ("·", "")
                )
                parts += [(f"{sign} ", style), (f"{task.label or place + 1}   ", "bold" if place == done else "")]
            lines.append(Content.assemble(*parts))
        if self.running:
            lines.append(Content.assemble(("● " + _("Measuring … Space stops safely."), "bold $secondary")))
        elif now.task is None and now.outcome is not None:
            symbol, word, colour = OUTCOMES.get(now.outcome, OUTCOMES["no-verdict"])
            lines.append(
                Content.assemble(
                    (f"{symbol} {_(word)}", f"bold {colour}"), "   ", _("Enter goes on, R repeats the step.")
                )
            )
        elif now.task is not None and not self.error:
            prompt = str(now.task.prompt) if now.task.prompt else _("Put the watch on the instrument.")
            if now.task.blockers:
                lines.append(
                    Content.assemble((f"⚠ {now.task.blockers[0].rule} · {now.task.blockers[0].reason}", "$warning"))
                )
            lines.append(Content.assemble(("➤ ", "bold $primary"), (prompt, "bold")))
        return lines
