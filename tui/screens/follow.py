"""The orders as they are seen from a second screen: signing in to look, and the list that follows the bench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from bench.language import N_, _
from tui.screens.orders import OrdersScreen
from tui.screens.room import Errand
from tui.screens.sign_in import SignInScreen


class FollowSignInScreen(SignInScreen, inherit_bindings=False):
    """Lists the people of the workshop; nobody is signed in while it stands."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", N_("Back"), id="back")]

    def question(self) -> str:
        return _("Who looks in? Type a badge, or choose a name. Here the orders are seen and nothing is changed.")


class FollowListScreen(OrdersScreen, inherit_bindings=False):
    """The orders, due soonest first, as the bench leaves them; nothing is taken in here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "main", N_("OK"), id="main"),
        Binding("escape", "back", N_("Clear the search"), show=False, id="back"),
        Binding("right", "filter(1)", N_("Filter"), id="next"),
        Binding("left", "filter(-1)", N_("Filter before"), show=False, id="previous"),
        Binding("f4", "sign_in", N_("Change operator"), id="operator"),
    ]

    def main_word(self) -> str:
        return _("Follow")

    def errands(self) -> Sequence[Errand]:
        return ()

    async def look_again(self) -> None:
        """Read the orders again where anything was journaled. Raises EtabliError."""
        await self.reload()
