"""The wire of one instrument, live: every frame with its time, its direction, in hexadecimal, as text, decoded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.instrument import LinkState
from bench.language import N_, _
from bench.metrology import InstrumentRecord
from drivers.listening import WireLine
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.widgets.instruments import LINKS
from tui.widgets.page import facts
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList
from tui.wire_watch import WireWatch, meaning

REPAINTS = 10
ROW = 16


def _time(line: WireLine) -> str:
    return datetime.fromtimestamp(line.at).strftime("%H:%M:%S.%f")[:-3]


def _arrow(line: WireLine) -> str:
    return "←" if line.direction == "rx" else "→"


def _style(line: WireLine) -> str:
    return "$error" if line.reason else "$success" if line.direction == "rx" else "$primary"


class _State(Widget):
    """Which instrument, the state of its link, how much was heard."""

    def __init__(self, record: InstrumentRecord) -> None:
        super().__init__()
        self.record = record
        self.state: LinkState | None = None
        self.count = 0

    def render(self) -> Content:
        record = self.record
        parts: list[str | tuple[str, str]] = [(f" {record.id} ", "bold $primary"), f" {record.model}, {record.dialect}"]
        if self.state is not None:
            symbol, style = LINKS[self.state]
            parts += ["  ", (f"{symbol} {self.state}", style)]
        parts.append("  " + _("{count} frames").format(count=self.count))
        return Content.assemble(*parts)


class _Frame(Widget):
    """The frame under the cursor in full: sixteen bytes a row."""

    line: WireLine | None = None

    def render(self) -> Content:
        line = self.line
        if line is None:
            return Content.styled(" " + _("← comes from the instrument, → goes to it"), "$text-muted")
        data, rows = line.data, []
        for at in range(0, min(len(data), ROW * 3), ROW):
            part = data[at : at + ROW]
            shown = WireLine(line.direction, line.at, part)
            rows.append(Content.assemble((f" {at:04X}  ", "$text-muted"), f"{shown.hex:<48} {shown.text}"))
        said = meaning(line)
        if said:
            rows += facts([("=", said)], self.size.width)[:2]
        return Content("\n").join(rows)


class WireScreen(ErrandRoom):
    """Follows the newest frame; while the cursor stands on an older one, the list stands still under it."""

    def __init__(self, record: InstrumentRecord) -> None:
        super().__init__()
        self.record = record
        self.heard = WireWatch()
        self._end: Callable[[], None] | None = None
        self._shown = -1

    def furnish(self) -> ComposeResult:
        yield _State(self.record)
        yield Panel()
        yield PickList[WireLine](
            [
                Column(N_("time"), 12, _time),
                Column("", 1, _arrow, style=_style),
                Column(N_("bytes"), 0, lambda line: line.hex),
                Column(N_("text"), 0, lambda line: line.text, wide_only=True),
                Column(N_("meaning"), 0, meaning, style=lambda line: "$error" if line.reason else ""),
            ],
            nothing=N_("Nothing has been heard yet."),
        )
        yield _Frame()

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.set_interval(1 / REPAINTS, self._repaint)
        self.look(self._begin)

    async def _begin(self) -> None:
        self._end = await self.app.at_bench(self._listen)

    def _listen(self) -> Callable[[], None]:
        from drivers import dialects

        pool: Any = self.app.workshop.desk.pool
        dialect = dialects.load(self.record.dialect)
        decoders = {"rx": dialect.host_decoder()}
        if dialect.commands:
            decoders["tx"] = dialect.device_decoder()
        self.heard = WireWatch(decoders)
        end: Callable[[], None] = pool.overhear(self.record.id, self.heard.hear)
        return end

    def on_unmount(self, _event: events.Unmount) -> None:
        if self._end is not None:
            self._end()

    def _repaint(self) -> None:
        state, watch = self.query_one(_State), self.heard
        link = self.app.workshop.desk.pool.state(self.record.id)
        if (watch.count, link) == (state.count, state.state) and self._shown == watch.count:
            return
        state.count, state.state = watch.count, link
        state.refresh()
        rows = self.query_one(PickList)
        if self._shown == watch.count:
            return
        self._shown = watch.count
        last = not rows.found or rows.cursor == len(rows.found) - 1
        rows.fill(watch.lines())
        if last:
            rows.action_move(len(rows.found))

    def errands(self) -> list[Errand]:
        return [Errand(_("Forget what was heard"), self._clear)]

    async def _clear(self) -> None:
        self.heard.clear()
        self.query_one(PickList).fill([])

    def on_pick_list_moved(self) -> None:
        frame = self.query_one(_Frame)
        frame.line = self.query_one(PickList).picked
        frame.refresh()
