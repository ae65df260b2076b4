"""The fault deck of a simulated instrument: what goes wrong on its wire and in it, switched with Enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from bench.instrument import LinkState
from bench.language import N_, _
from tui.screens.dialogs import Words
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

if TYPE_CHECKING:
    from tui.simulation import Simulation

CABLE = "cable"


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong; `words` in English, `on` whether it does now."""

    name: str
    words: str
    on: bool


class FaultsScreen(ErrandRoom):
    """Every fault of one simulated instrument; what is on stays on until it is switched off here."""

    def __init__(self, instrument: str) -> None:
        super().__init__()
        self.instrument = instrument
        self._link: LinkState | None = None

    def furnish(self) -> ComposeResult:
        yield Words(lambda: _("Faults of {id}: they stay on until they are switched off.").format(id=self.instrument))
        yield Panel()
        yield PickList[Fault](
            [
                Column("", 3, lambda fault: "[✔]" if fault.on else "[ ]", style=lambda f: "$error" if f.on else ""),
                Column(N_("fault"), 0, lambda fault: _(fault.words), style=lambda f: "bold $error" if f.on else ""),
                Column(N_("name"), 18, lambda fault: fault.name),
            ]
        )

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.look(self.reload)

    async def reload(self) -> None:
        """Read which faults are on."""
        listed = self.query_one(PickList)
        at = listed.cursor
        listed.fill(await self.app.at_bench(self._read))
        listed.action_move(at - listed.cursor)

    def _simulation(self) -> Simulation:
        simulation: Simulation | None = getattr(self.app.workshop, "simulation", None)
        assert simulation is not None
        return simulation

    def _read(self) -> list[Fault]:
        from drivers.simulated.faults import FAULTS

        simulation = self._simulation()
        on = set(simulation.faults(self.instrument))
        cable = Fault(CABLE, N_("the cable is pulled out"), not simulation.plugged(self.instrument))
        return [cable, *(Fault(name, words, name in on) for name, words in FAULTS.items())]

    def link_changed(self, instrument: str, state: LinkState) -> None:
        """Say what the bench makes of it."""
        if instrument == self.instrument and state is not self._link:
            self._link = state
            self.app.notify(f"{instrument}: {state}", markup=False, timeout=4)

    def main_word(self) -> str:
        return _("Switch")

    def errands(self) -> list[Errand]:
        return [Errand(_("Switch all faults off"), self._all_off)]

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        fault = event.row
        assert isinstance(fault, Fault)

        async def switch() -> None:
            await self.app.at_bench(self._switch, fault.name, not fault.on)
            await self.reload()

        self.do(switch)

    def _switch(self, name: str, on: bool) -> None:
        if name == CABLE:
            self._simulation().plug(self.instrument, not on)
        else:
            self._simulation().switch(self.instrument, name, on)

    async def _all_off(self) -> None:
        def off() -> None:
            for fault in self._read():
                if fault.on:
                    self._switch(fault.name, False)

        await self.app.at_bench(off)
        await self.reload()
