"""Who works at the bench, as the screen asks for it: signing in, changing over, locking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from textual import events
from textual.screen import Screen

from bench.errors import EtabliError, UsageError
from bench.language import _, msg
from tui.hands import Scanned
from tui.keyboard import KeyboardApp
from tui.screens.dialogs import PinDialog
from tui.widgets.pin_entry import PinEntry

if TYPE_CHECKING:
    from bench.desk import Desk
    from bench.people import Operator, Role

P = ParamSpec("P")
T = TypeVar("T")
# What does nothing at a locked bench: it would lead past the lock.
CLOSED = frozenset({"settings", "jump", "lock", "change_operator"})
LOOK_SECONDS = 1.0


class AttendedApp(KeyboardApp):
    """Knows who is here. `touched` is when a key or the mouse was used last (monotonic, seconds)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.operator: Operator | None = None
        self.role: Role | None = None
        self.locked = False
        self.lock_after = 0.0
        self.touched = monotonic()

    # -- what the application supplies

    @property
    def desk(self) -> Desk:
        """The bench; no screen that asks for it is shown before it is open."""
        raise NotImplementedError

    @property
    def measuring(self) -> bool:
        raise NotImplementedError

    @property
    def training(self) -> bool:
        """Whether the workshop is one for training."""
        raise NotImplementedError

    async def at_bench(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` in the bench's thread."""
        raise NotImplementedError

    def attempt(self, act: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run an act as a worker; what goes wrong is said."""
        raise NotImplementedError

    async def entered(self) -> None:
        """Go on after the first sign-in."""
        raise NotImplementedError

    def retranslate(self) -> None:
        """Draw every word again."""
        raise NotImplementedError

    # -- signing in

    def not_ours(self, scanned: Scanned) -> None:
        """A scan that is no label of ours may be a badge, where one is waited for; a PIN is never said aloud."""
        take = getattr(self.screen, "take_badge", None)
        if scanned.whole and take is not None:
            take(scanned.text.strip())
        elif not isinstance(self.focused, PinEntry):
            super().not_ours(scanned)
        elif scanned.whole:
            self.notify(_("A code was scanned where a PIN is typed; it is ignored."), severity="warning", markup=False)
            self.bell()
        else:
            self.focused.take(scanned.text)  # quick fingers

    def change_operator(self, badge: str = "") -> None:
        """Ask who works here; what lies on the bench stays there."""
        from tui.screens.sign_in import SignInScreen

        if isinstance(self.screen, SignInScreen):
            return
        self.push_screen(SignInScreen(badge))

    def action_change_operator(self) -> None:
        self.change_operator()

    def signed_in(self, operator: Operator, role: Role) -> None:
        """Let this person prove to be here, journal it, and go on to the orders (or back to the order in hand)."""
        self.attempt(self._sign_in, operator, role)

    async def _sign_in(self, operator: Operator, role: Role) -> None:
        from tui.screens.sign_in import SignInScreen

        if not await self._proven(operator, role):
            return
        first = self.operator is None
        self.operator, self.role, self.locked = operator, role, False
        if isinstance(self.screen, SignInScreen):
            await self.screen.dismiss()
        if first:
            self.set_interval(LOOK_SECONDS, self.look)
            await self.entered()
        else:
            self.retranslate()

    async def _proven(self, operator: Operator, role: Role) -> bool:
        """Sign in with the PIN, asking until it is right; False where the person gives up. Raises EtabliError."""
        desk, keys = self.desk, self.desk.keys
        await self.at_bench(desk.attendance.admit, operator, role)
        if keys is not None and not keys.has(operator.id):
            pin = await self._new_pin(operator)
            if pin is not None:
                await self.at_bench(desk.authenticate, operator, pin, role)
            return pin is not None
        return await self.with_pin(
            f"{operator.name} · {role}", lambda pin: self.at_bench(desk.authenticate, operator, pin, role), operator
        )

    async def with_pin(
        self, purpose: str, act: Callable[[str | None], Awaitable[object]], operator: Operator | None = None
    ) -> bool:
        """Do `act` with the PIN of who is signed in (or of `operator`), asking until it is right; in a worker.

        Where the house asks for no PIN, `act` gets None at once. False where the person gives up. Raises what `act`
        raises, but for a wrong PIN.
        """
        keys, whose = self.desk.keys, operator or self.operator
        if keys is None or whose is None:
            await act(None)
            return True
        preset = keys.preset_for(whose.id)
        hint = _("Demonstration: the PIN is {pin}.").format(pin=preset) if preset else ""
        refused: EtabliError | None = None
        from bench.pins import WrongPin

        while True:
            pin = await self.push_screen_wait(PinDialog(purpose, hint=hint, refused=refused))
            if pin is None:
                return False
            try:
                await act(pin)
            except WrongPin as wrong:
                refused = wrong
                self.bell()
            else:
                return True

    async def _new_pin(self, operator: Operator) -> str | None:
        """Let a person who has none choose a PIN, typed twice; None where they give up."""
        refused: EtabliError | None = None
        while True:
            first = await self.push_screen_wait(
                PinDialog(
                    _("{name} has no PIN yet: choose one of 4 to 12 digits.").format(name=operator.name),
                    refused=refused,
                )
            )
            if first is None:
                return None
            again = await self.push_screen_wait(PinDialog(_("The same once more.")))
            if again is None:
                return None
            if first == again:
                await self.at_bench(self.desk.attendance.choose, operator, first)
                return first
            refused = UsageError(msg("The two are not the same."), remedy=msg("Choose again."))

    # -- locking

    def closed(self, action: str) -> bool:
        """Whether an action of the whole program does nothing now, because of who is here."""
        if action == "change_operator" and (self.operator is None or self.measuring):
            return True
        if action == "lock" and (self.operator is None or self.desk.keys is None):
            return True
        return self.locked and action in CLOSED

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent | events.Paste):
            self.touched = monotonic()
        await super().on_event(event)

    def look(self) -> None:
        """Lock a bench that nobody touches, and keep a locked one covered."""
        if self.locked:
            self.cover()
        elif self.lock_after and monotonic() - self.touched >= self.lock_after:
            self.lock("idle")

    def lock(self, cause: str) -> None:
        """Cover everything at once, and journal it; nothing happens where the house asks for no PIN."""
        if self.locked or self.operator is None or self.desk.keys is None:
            return
        from tui.screens.lock import LockScreen

        self.locked = True
        self.push_screen(LockScreen())
        self.attempt(self._journal_lock, cause)

    async def _journal_lock(self, cause: str) -> None:
        # Beside the bench's thread, which a running measurement may hold for minutes.
        await asyncio.to_thread(self.desk.lock, cause)

    def cover(self) -> None:
        """Put the lock over whatever came up meanwhile: a question of the running work, the end of an order."""
        from tui.screens.lock import LockScreen

        if self.locked and not self._harmless(self.screen):
            self.push_screen(LockScreen())

    def _harmless(self, screen: Screen[Any]) -> bool:
        """Whether a screen may lie over the lock: none of them shows an order or does anything to it."""
        from textual.command import CommandPalette

        from tui.screens.help import HelpScreen
        from tui.screens.lock import LockScreen
        from tui.screens.sign_in import SignInScreen

        return isinstance(screen, LockScreen | SignInScreen | PinDialog | HelpScreen | CommandPalette)

    def uncover(self) -> None:
        """Go on where the lock came: the same person has proven to be here."""
        from tui.screens.lock import LockScreen

        self.locked = False
        self.touched = monotonic()
        if isinstance(self.screen, LockScreen):
            self.screen.dismiss()
