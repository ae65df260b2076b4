"""The application in a browser's tab: sign in as at the bench, look at the orders, change nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from bench.attendance import SIGN_IN
from bench.catalogue import choose
from bench.errors import EtabliError
from bench.language import N_, _, current
from bench.people import Operator, Role
from tui.app import EtabliApp
from tui.hands import Label, LabelKind
from tui.keys import hints
from tui.opened import Workshop

# How often the journal is asked whether anything was added: what is shown is never more than a second behind.
ASK_SECONDS = 0.5


class FollowApp(EtabliApp, inherit_bindings=False):
    """Leads from sign-in to the orders and to one of them; of the bench's keys it has none that does anything."""

    TITLE = "Établi"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", N_("Help"), priority=True, id="help"),
        Binding("question_mark", "help", N_("Help"), show=False, id="help-sign"),
        Binding("f2", "language", N_("English / français"), show=False, priority=True, id="language"),
        Binding("f9,ctrl+p", "command_palette", N_("All commands"), show=False, priority=True, id="palette"),
        Binding("f12", "quit", N_("Quit"), priority=True, id="quit"),
        Binding("ctrl+q", "quit", N_("Quit"), show=False, priority=True, id="quit-anywhere"),
    ]
    read_only = True
    """Says so on the first line of every screen."""

    def __init__(self, opener: Callable[[], Workshop], *, language: str, simulated: bool = False) -> None:
        super().__init__(opener, language=language, demo=simulated)
        self._asking_journal = False
        self._trouble = ""

    def _load(self) -> Workshop:
        workshop = super()._load()
        importlib.import_module("tui.screens.follow_order")
        return workshop

    # -- signing in and out

    def change_operator(self, badge: str = "") -> None:
        """Let whoever is here go, and ask who comes: nothing is shown to nobody."""
        from tui.screens.sign_in import SignInScreen

        if not isinstance(self.screen, SignInScreen):
            self.attempt(self._sign_out)

    async def _sign_out(self) -> None:
        from tui.screens.follow import FollowSignInScreen

        self.operator = self.role = None
        self.desk.operator = self.desk.role = None
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.push_screen(FollowSignInScreen())

    async def _proven(self, operator: Operator, role: Role) -> bool:
        keys = self.desk.keys
        if keys is not None and not keys.has(operator.id):
            # A first PIN is journaled, and here nothing is: it is chosen at the bench.
            await self.at_bench(self.desk.attendance.prove, operator, None, SIGN_IN)
        return await super()._proven(operator, role)

    def lock(self, cause: str) -> None:
        """There is nothing to lock: F4 signs out."""

    def closed(self, action: str) -> bool:
        return action in ("lock", "settings", "jump") or super().closed(action)

    async def entered(self) -> None:
        from tui.screens.follow import FollowListScreen

        await self.push_screen(FollowListScreen())

    # -- looking

    def on_mount(self) -> None:
        # The bench's own handler of this message runs too: Textual calls that of every class.
        self.set_interval(ASK_SECONDS, self._ask_journal)

    def journal_grew(self) -> None:
        self.run_worker(self._ask_journal(), exit_on_error=False)

    async def _ask_journal(self) -> None:
        """Let the screen read what the bench has journaled since; one question at a time."""
        look_again = getattr(self.screen, "look_again", None)
        if self.operator is None or look_again is None or self._asking_journal:
            return
        self._asking_journal = True
        try:
            await look_again()
            self._trouble = ""
        except EtabliError as error:
            if self._trouble != str(error):  # said once, not twice a second
                self._trouble = str(error)
                self.say(error)
        finally:
            self._asking_journal = False

    async def put_on_bench(self, number: str) -> None:
        from tui.following import FollowedOrder
        from tui.screens.follow_order import FollowOrderScreen

        followed = await self.at_bench(FollowedOrder, self.desk, number)
        await self.push_screen(FollowOrderScreen(followed))

    def give_sheet(self, number: str) -> None:
        """Open the order's sheet in another tab of the browser."""
        self.attempt(self._give_sheet, number)

    async def _give_sheet(self, number: str) -> None:
        path = await self.at_bench(self.workshop.sheet, number, "pdf")
        self.deliver_binary(path, save_filename=path.name, open_method="browser", mime_type="application/pdf")
        self.notify(_("The sheet {name} opens in another tab.").format(name=path.name), markup=False)

    # -- what the bench's application would do

    async def scanned(self, label: Label) -> None:
        if label.kind is LabelKind.ORDER and self.operator is not None:
            self.attempt(self.put_on_bench, label.text)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        for hint in hints(screen, hidden=True):
            if hint.id not in ("palette", "language") and (hint.where != "field" or hint.id == "main"):
                yield SystemCommand(hint.word, hint.key, partial(self._command, hint))
        other = "English" if current() == "fr" else "Français"
        yield SystemCommand(_("Language: {language}").format(language=other), "F2", self.action_language)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy where the browser is, not where the workshop is."""
        App.copy_to_clipboard(self, text)


def main() -> int:
    """Follow this workshop in a tab of a browser: `etabli serve` starts one such program for each."""
    from tui.folder import Folder
    from tui.following import FollowedWorkshop

    folder = Folder.home()
    opened: list[FollowedWorkshop] = []

    def opener() -> Workshop:
        opened.append(FollowedWorkshop(folder))
        app.simulated = opened[-1].simulated
        return opened[-1]

    app = FollowApp(opener, language=choose(None))
    try:
        app.run()
    finally:
        for each in opened:
            each.close()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
