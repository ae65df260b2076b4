"""Closing the impact review of an order: what becomes of the watch, why, and the manager's PIN."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bench.language import N_, _
from bench.reviews import Outcome, close
from tui.screens.dialogs import Reason
from tui.screens.room import Errand

if TYPE_CHECKING:
    from tui.app import EtabliApp

_ACTS = {
    Outcome.RECALLED: N_("Recall the watch, with a reason"),
    Outcome.RETESTED: N_("Tested again, with what it gave"),
    Outcome.ACCEPTED: N_("Accept the watch as it is, with a reason"),
}


def closings(app: EtabliApp, order: str, instrument: str) -> list[Errand]:
    """Return the ways to close the review of an order."""
    return [Errand(_(words), _closing(app, order, instrument, outcome)) for outcome, words in _ACTS.items()]


def _closing(app: EtabliApp, order: str, instrument: str, outcome: Outcome) -> Callable[[], Awaitable[None]]:
    async def closing() -> None:
        reason = await app.push_screen_wait(Reason(lambda: _("Why? It stands on the sheet.")))
        if reason is None:
            return

        def closed(pin: str | None) -> None:
            close(app.desk, order, instrument, outcome, reason, pin)

        if await app.with_pin(_("Impact review"), lambda pin: app.at_bench(closed, pin)):
            app.notify(_("{order}: {outcome}").format(order=order, outcome=outcome), markup=False)

    return closing
