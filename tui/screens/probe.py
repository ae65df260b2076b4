"""Looking who is plugged in: every port is asked in every protocol; what answers is shown as it comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.language import N_, _
from bench.metrology import InstrumentRecord
from bench.registration import Registrar, must_manage
from drivers.probing import Found
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList


@dataclass(frozen=True)
class Answer:
    """What one port gave, and the lines of the register that it may be."""

    found: Found
    fitting: tuple[InstrumentRecord, ...] = ()

    @property
    def who(self) -> str:
        """Return who answers, in words."""
        found = self.found
        if found.identity is None:
            return str(found.error.why or found.error) if found.error else _("nobody answers")
        serial = f" n° {found.identity.serial}" if found.identity.serial else ""
        return f"{found.identity.model}{serial}"

    @property
    def line(self) -> str:
        """Return which line of the register it is, in words."""
        if self.found.identity is None:
            return ""
        return ", ".join(record.id for record in self.fitting) or _("not in the register")


class _Progress(Widget):
    """How far the look is."""

    def __init__(self) -> None:
        super().__init__()
        self.ports: Sequence[str] = ()
        self.answered = 0
        self.over = False

    def render(self) -> Content:
        if not self.over:
            words = _("Asking every port who is there: {done} of {all} …").format(
                done=self.answered, all=len(self.ports)
            )
            return Content.styled(f" {words}", "bold $primary")
        if not self.ports:
            return Content(" " + _("There is no port to ask: every one is taken, or this computer has none."))
        return Content(" " + _("{all} ports asked.").format(all=len(self.ports)))


class ProbeScreen(ErrandRoom):
    """Looks at once; Esc leaves meanwhile. Ports that instruments of this bench hold are left out."""

    def __init__(self) -> None:
        super().__init__()
        self._looking = False
        self._stop = threading.Event()

    def furnish(self) -> ComposeResult:
        yield _Progress()
        yield Panel()
        yield PickList[Answer](
            [
                Column(N_("port"), 0, lambda answer: answer.found.port),
                Column(N_("who answers"), 0, lambda answer: answer.who),
                Column(N_("protocol"), 20, lambda answer: answer.found.dialect, wide_only=True),
                Column(N_("register"), 0, lambda answer: answer.line),
            ],
        )

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.look(self._look)

    def on_unmount(self, _event: events.Unmount) -> None:
        self._stop.set()

    def main_word(self) -> str:
        picked = self.query_one(PickList).picked
        if not isinstance(picked, Answer) or picked.found.identity is None:
            return ""
        return _("Remember its port") if len(picked.fitting) == 1 else "" if picked.fitting else _("Register it")

    def on_pick_list_moved(self) -> None:
        self.refresh_bindings()

    def errands(self) -> Sequence[Errand]:
        return () if self._looking else [Errand(_("Look again"), self._look)]

    async def _look(self) -> None:
        from drivers.probing import probe, probe_visa
        from tui.commands.instruments_probe import fits

        progress, listed = self.query_one(_Progress), self.query_one(PickList)
        ports, known = await self.app.at_bench(self._ports)
        progress.ports, progress.answered, progress.over, self._looking = ports, 0, False, True
        progress.refresh()
        listed.fill([])
        answers: list[Answer] = []
        try:
            # Beside the bench's thread: these ports are nobody's, and the look takes a while.
            for asking in (probe(ports, stop=self._stop.is_set), probe_visa()):
                while (found := await asyncio.to_thread(_next, asking)) is not None:
                    if self._stop.is_set():
                        return
                    fitting = tuple(fits(found, known)) if found.identity else ()
                    answers.append(Answer(found, fitting))
                    progress.answered += 1
                    progress.refresh()
                    listed.fill(answers)
        finally:
            self._looking, progress.over = False, True
        progress.refresh()
        self.refresh_bindings()

    def _ports(self) -> tuple[list[str], Sequence[InstrumentRecord]]:
        from bench.errors import EtabliError
        from bench.instrument import LinkState
        from drivers.adapters import ports
        from drivers.registry import is_manual, where

        desk = self.app.workshop.desk
        taken = set()
        for record in desk.pool.records():
            if not is_manual(record) and desk.pool.state(record.id) is LinkState.READY:
                try:
                    taken.add(where(record))
                except EtabliError:
                    continue
        free = [str(port.device) for port in ports() if str(port.device) not in taken]
        return free, desk.register.records(desk.pool.records())

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        answer = event.row
        assert isinstance(answer, Answer)
        if answer.found.identity is None:
            return
        if not answer.fitting:
            self.do(lambda: self._register(answer))
        elif len(answer.fitting) == 1:
            self.do(lambda: self._remember(answer))

    async def _register(self, answer: Answer) -> None:
        from tui.screens.register import RegisterScreen

        assert self.app.operator is not None
        must_manage(self.app.operator)
        await self.app.push_screen(RegisterScreen(answer.found))

    async def _remember(self, answer: Answer) -> None:
        from drivers.adapters import usb_of

        (record,), found = answer.fitting, answer.found

        def remember() -> None:
            desk = self.app.workshop.desk
            registrar = Registrar(desk.journal, desk.pool.records(), desk.clock)
            registrar.found(record.id, found.port, usb_of(found.port), found.identity, desk.operator)

        await self.app.at_bench(remember)
        self.app.notify(_("{name} is remembered at {port}.").format(name=record.id, port=found.port), markup=False)


def _next(asking: Iterator[Found]) -> Found | None:
    return next(asking, None)
