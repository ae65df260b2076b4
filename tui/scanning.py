"""Where a scanned label leads, whatever stands on the screen: an order, a badge, a part, the confirm card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import UsageError
from bench.language import _, msg
from tui.hands import Label, LabelKind
from tui.screens.room import Room

if TYPE_CHECKING:
    from tui.app import EtabliApp


class Scanning:
    """What the application does with labels."""

    def __init__(self, app: EtabliApp) -> None:
        self.app = app

    async def scanned(self, label: Label) -> None:
        """Go where one of our labels leads, whatever stands on the screen."""
        if label.kind is LabelKind.CONFIRM:
            await self.app.confirm()
        elif self.app.locked and label.kind is not LabelKind.OPERATOR:
            self.app.bell()
        elif label.kind is LabelKind.ORDER:
            self.app.attempt(self._go_to_order, label.text)
        else:
            taker = {LabelKind.OPERATOR: "take_badge", LabelKind.PART: "take_part"}[label.kind]
            take = getattr(self.app.screen, taker, None)
            if take is not None:
                take(label.text)
            elif label.kind is LabelKind.OPERATOR and isinstance(self.app.screen, Room) and not self._held:
                self.app.change_operator(label.text)
            else:
                self.app.notify(
                    _("Scanned: {code}. Nothing here asks for it.").format(code=label.text),
                    severity="warning",
                    markup=False,
                )

    @property
    def _held(self) -> bool:
        """Whether a scanned badge must not lead away: nobody is signed in yet, or something is under way here."""
        return self.app.closed("change_operator") or bool(getattr(self.app.screen, "busy", False))

    async def _go_to_order(self, number: str) -> None:
        """Put an order on the bench from wherever one stands; never away from a measurement or a question."""
        from tui.screens.bench import BenchScreen
        from tui.screens.orders import OrdersScreen

        here = self.app.screen
        if isinstance(here, BenchScreen) and here.work.number == number:
            return
        if self.app.operator is None:
            raise UsageError(msg("Nobody is signed in."), remedy=msg("Sign in, then scan the order again."))
        if self.app.measuring or not isinstance(here, Room) or getattr(here, "busy", False):
            raise UsageError(
                msg("Order {number} was scanned while something else is under way.", number=number),
                remedy=msg("Finish or cancel what stands on the screen, then scan again."),
            )
        await self.app.at_bench(self.app.workshop.desk.work, number)  # an unknown number changes nothing
        while not isinstance(self.app.screen, OrdersScreen) and len(self.app.screen_stack) > 1:
            await self.app.pop_screen()
        await self.app.put_on_bench(number)
