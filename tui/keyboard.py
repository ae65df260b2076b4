"""The way of a key through the application: scanner, foot switch, sleeve, then the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from bench.language import _
from tui.hands import Debounce, Label, Scanned, Scanner
from tui.preferences import STEADY, Preferences

# What never waits, whoever may be typing.
AT_ONCE = ("stop",)


class KeyboardApp(App[int]):
    """Takes every key before any widget does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.preferences = STEADY
        self._scanner: Scanner[events.Key] = Scanner(0)
        self._debounce = Debounce(0)
        self._waiting: Timer | None = None
        self._take_back: Callable[[], object] = bool

    @property
    def holding(self) -> bool:
        """Whether keys are held back until it is clear that no scanner types them."""
        return self._scanner.holding

    def obey(self, preferences: Preferences) -> None:
        """Take keys as this person likes them from now on."""
        self.preferences = preferences
        self._scanner = Scanner(preferences.scanner_ms / 1000)
        self._debounce = Debounce(preferences.debounce_ms / 1000)
        self.set_keymap(dict(preferences.keys))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._pressed(event)
        else:
            await super().on_event(event)

    async def _pressed(self, event: events.Key) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        take_back = None if self._scanner.holding or not event.is_printable else self.undo_of(event)
        known = self._scanner.key(event.key, event.character, event.time, event, lend=take_back is not None)
        if take_back is not None and known:
            self._take_back = take_back
        for each in known:
            await self._let_through(each)
        if self._scanner.holding:
            # Asked behind the keys that already wait: a late loop must not take a code apart.
            self._waiting = self.set_timer(self._scanner.gap, lambda: self.call_later(self._released, event))

    async def _released(self, last: events.Key) -> None:
        """Give a person's keys back, unless another came after `last` meanwhile."""
        if self._scanner.holding and self._scanner.newest is last:
            for known in self._scanner.rest():
                await self._let_through(known)

    async def _let_through(self, known: events.Key | Scanned) -> None:
        if isinstance(known, Scanned):
            if known.lent:
                self._take_back()
            label = known.label()
            if label is None:
                self.not_ours(known)
            else:
                await self.scanned(label)
            return
        take_key = getattr(self._room(), "take_key", None)
        if take_key is not None and known.key != "escape":
            await take_key(known.key)
            return
        key = known
        if key.key == self.preferences.confirm_key:
            key = events.Key("enter", "\r")
            key.time = known.time
        if not self._debounce.swallows(key.key, key.time, self._room()):
            await super().on_event(key)

    def undo_of(self, event: events.Key) -> Callable[[], object] | None:
        """Return what takes back a letter that is let through at once, in case a scanner is typing it.

        None where that cannot be done: then the letter waits. Lists and rooms say it themselves, by a method
        `undo_of`; a line to type in is put back as it was.
        """
        room, focused = self._room(), self.focused
        if room is None or hasattr(room, "take_key"):
            return None
        active = room.active_bindings.get(event.key)
        if active is not None and active.binding.action in AT_ONCE:
            return bool  # nothing to take back: stopped is stopped
        if isinstance(focused, Input):
            return None if focused.message_queue_size else _undo_typing(focused)
        undo = getattr(focused or room, "undo_of", None)
        return undo(event) if undo is not None else None

    def _room(self) -> Screen[Any] | None:
        return self.screen if self.screen_stack else None

    async def confirm(self) -> None:
        """Do what Enter does now."""
        await super().on_event(events.Key("enter", "\r"))

    async def scanned(self, label: Label) -> None:
        """Do what one of our labels stands for."""
        raise NotImplementedError

    def not_ours(self, scanned: Scanned) -> None:
        """Say that a scan was ignored."""
        if scanned.whole:
            words = _("Scanned: {code}. That is no label of this workshop; it is ignored.")
        else:
            words = _("Half a code was scanned: {code}. It is ignored; scan again.")
        self.notify(words.format(code=scanned.text[:40]), severity="warning", markup=False)
        self.bell()


def _undo_typing(line: Input) -> Callable[[], object]:
    value, selection = line.value, line.selection

    def put_back() -> None:
        line.value = value
        line.selection = selection

    return lambda: line.call_later(put_back)  # behind the letter, which may still wait its turn
