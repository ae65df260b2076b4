"""What a person likes of the screen: theme, signs, sounds, language; and how its words are copied."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from textual.filter import LineFilter

from bench.errors import EtabliError
from bench.language import _, use
from tui.attending import AttendedApp
from tui.preferences import Preferences
from tui.preferences import save as keep
from tui.screens.room import Room
from tui.sounds import Sound, ring
from tui.symbols import PlainSigns
from tui.themes import THEMES
from tui.widgets import charset


class LikedApp(AttendedApp):
    """The application as this person likes it."""

    def begin_with(self, liked: Preferences, kept_in: Path | None) -> None:
        """Take these preferences; `kept_in` is their file, None where they are for this run only."""
        for theme in THEMES:
            self.register_theme(theme)
        self._kept_in = kept_in
        self._plain = PlainSigns(enabled=False)
        self._charset_wanted = "auto"
        self.charset = charset.current().name
        """Which signs pictures are drawn with: "braille", "block" or "ascii"."""
        self.obey(liked)

    def action_settings(self) -> None:
        from tui.screens.settings import SettingsScreen

        if isinstance(self.screen, Room) and not any(isinstance(s, SettingsScreen) for s in self.screen_stack):
            self.push_screen(SettingsScreen())

    def obey(self, preferences: Preferences) -> None:
        super().obey(preferences)
        self.theme = preferences.theme
        if preferences.charset != self._charset_wanted:
            self._charset_wanted = preferences.charset
            charset.use(
                os.environ.get(charset.SETTING, "auto") if preferences.charset == "auto" else preferences.charset
            )
        self.charset = charset.current().name
        self._plain.enabled = self.charset == "ascii"

    def like(self, preferences: Preferences) -> None:
        """Obey other preferences at once, and keep them."""
        self.obey(preferences)
        if preferences.language:
            use(preferences.language)
        self.retranslate()
        if self._kept_in is not None:
            try:
                keep(preferences, self._kept_in)
            except EtabliError as error:
                self.notify(str(error), severity="warning", markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *([self._plain] if self._plain.enabled else [])]

    def bell(self) -> None:
        if self.preferences.sounds:
            super().bell()

    def ring(self, sound: Sound) -> None:
        """Say something to the ear, where sounds are wanted."""
        ring(self, sound)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by the terminal (OSC 52) and by the system, and say which of the two can be trusted."""
        super().copy_to_clipboard(text)
        self.run_worker(self._copy(text), exit_on_error=False)

    async def _copy(self, text: str) -> None:
        from tui import clipboard

        if await asyncio.to_thread(clipboard.put, text, clipboard.tool()):
            self.notify(_("Copied."), timeout=2, markup=False)
        elif clipboard.terminal_copies():
            self.notify(_("Given to the terminal to copy. If nothing arrives, hold Shift and drag."), markup=False)
        else:
            self.notify(
                _("This terminal cannot copy. Hold Shift and drag, then copy with the terminal's own menu."),
                severity="warning",
                markup=False,
            )
