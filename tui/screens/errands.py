"""Rooms beside the bench: what can be done in one stands in its menu and in the palette, Esc leads back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from bench.errors import EtabliError
from bench.language import N_, _
from tui.screens.room import Errand, Room
from tui.screens.rows import PickDialog
from tui.widgets.panel import Panel
from tui.widgets.picklist import PickList
from tui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from tui.attending import AttendedApp

# Word, module and class of each room that one can go to from anywhere.
ROOMS = (
    (N_("Inbox of the hierarchy"), "tui.screens.inbox", "InboxScreen"),
    (N_("Intervention log"), "tui.screens.log", "LogScreen"),
    (N_("Workshop figures"), "tui.screens.figures", "FiguresScreen"),
    (N_("Instruments"), "tui.screens.instruments", "InstrumentsScreen"),
    (N_("Profiles of calibres and cases"), "tui.screens.profiles", "ProfilesScreen"),
    (N_("Procedures"), "tui.screens.procedures", "ProceduresScreen"),
    (N_("Journal"), "tui.screens.journal", "JournalScreen"),
    (N_("Exercises and sessions"), "tui.screens.trainer_library", "LibraryScreen"),
)
_STAYING = {"OrdersScreen", "BenchScreen", "SummaryScreen"}


def elsewhere(app: AttendedApp) -> list[Errand]:
    """Return the ways to the other rooms; none where one may not leave: signed out, locked, measuring, busy."""
    here = app.screen
    if app.operator is None or app.locked or app.measuring or getattr(here, "busy", False):
        return []
    if not any(type(screen).__name__ == "OrdersScreen" for screen in app.screen_stack):
        return []
    rooms = (*ROOMS[-1:], *ROOMS[:-1]) if app.training else ROOMS  # a training workshop is there for its exercises
    return [Errand(_(word), _way(app, module, name)) for word, module, name in rooms if type(here).__name__ != name]


def _way(app: AttendedApp, module: str, name: str) -> Callable[[], Awaitable[None]]:
    async def go() -> None:
        room = getattr(await app.at_bench(import_module, module), name)
        while type(app.screen).__name__ not in _STAYING:
            await app.pop_screen()
        await app.push_screen(room())

    return go


class ErrandRoom(Room):
    """A room with a menu. `busy` keeps scanned labels and the menu of rooms from leading away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("OK"), id="main"),
        Binding("tab", "errands", N_("Menu"), id="menu"),
        Binding("escape", "back", N_("Back"), id="back"),
        Binding("right", "filter(1)", N_("Next filter"), show=False, id="next"),
        Binding("left", "filter(-1)", N_("Filter before"), show=False, id="previous"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.busy = False

    def do(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do an errand; what goes wrong stands in the panel."""
        self.query_one(Panel).clear()
        self.app.attempt(act)

    def look(self, read: Callable[[], Awaitable[None]]) -> None:
        """Read what is shown here; that ends with the room. What goes wrong stands in the panel."""
        self.run_worker(self._looked(read), exit_on_error=False)

    async def _looked(self, read: Callable[[], Awaitable[None]]) -> None:
        try:
            await read()
        except EtabliError as error:
            self.query_one(Panel).say_error(error)
        except Exception as error:  # as everywhere: said, logged, survived
            self.query_one(Panel).say_error(self.app.mishap(error))

    def action_errands(self) -> None:
        self.app.attempt(self._choose)

    async def _choose(self) -> None:
        rooms = elsewhere(self.app)
        first = 1 if self.app.training and type(self).__name__ == "OrdersScreen" else 0
        offered: Sequence[Errand] = [*rooms[:first], *self.errands(), *rooms[first:]]
        options = [(str(place), errand.word) for place, errand in enumerate(offered)]
        picked = await self.app.push_screen_wait(PickDialog(_("What next?"), options, searchable=False))
        if picked is not None:
            self.do(offered[int(picked)].act)

    def action_filter(self, by: int) -> None:
        """Take another filter, where there are filters."""
        for tabs in self.query(Tabs):
            tabs.take(by)
            self.refill()

    def on_tabs_taken(self) -> None:
        self.refill()

    def refill(self) -> None:
        """Show what the filter that is taken lets through."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "errands" and getattr(self.app, "read_only", False):
            return False
        if action == "filter" and self.is_mounted and not self.query(Tabs):
            return False
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Forget what is searched; else leave."""
        for found in self.query(PickList):
            if found.clear_search():
                return
        self.leave()

    def leave(self) -> None:
        """Go back to where one came from."""
        self.dismiss()
