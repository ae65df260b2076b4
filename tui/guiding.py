"""Finding one's way in the program: help, the palette of all commands, jumping to a field, the other language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from bench.language import _, current
from tui.keys import Hint, hints
from tui.liked import LikedApp
from tui.screens.room import Room


class GuidedApp(LikedApp):
    """Says what can be done now, and leads there."""

    def speak(self, language: str) -> None:
        """Go over to a language at once, and keep that."""
        self.like(replace(self.preferences, language=language))

    def action_language(self) -> None:
        """Go over to the other language, at once and everywhere."""
        self.speak("en" if current() == "fr" else "fr")

    def retranslate(self) -> None:
        """Draw every word again."""
        for screen in self.screen_stack:
            if isinstance(screen, Room):
                screen.retranslate()
            else:
                for widget in screen.query("*"):
                    widget.refresh(layout=True)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(hints(self.screen, hidden=True)))

    def action_command_palette(self) -> None:
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=_("Search a command …"), id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every key that does something now is a command too, by its word; the rest is what has no key."""
        said: set[str] = set()
        for hint in hints(screen, hidden=True):
            if hint.id not in ("palette", "language") and (hint.where != "field" or hint.id == "main"):
                said.add(hint.word)
                yield SystemCommand(hint.word, hint.key, partial(self._command, hint))
        if isinstance(screen, Room) and not self.locked:
            from tui.screens.errands import elsewhere

            offered = [each for each in (*screen.errands(), *elsewhere(self)) if each.word not in said]
            for errand in offered:
                yield SystemCommand(errand.word, "", partial(self.attempt, errand.act))
        other = "English" if current() == "fr" else "Français"
        yield SystemCommand(_("Language: {language}").format(language=other), "F2", self.action_language)

    def _command(self, hint: Hint) -> None:
        self.run_worker(self.run_action(hint.action, hint.node), exit_on_error=False)

    def action_jump(self) -> None:
        from tui.screens.jump import JumpScreen, arrive, targets

        if isinstance(self.screen, JumpScreen):
            return
        if targets(self.screen):
            self.push_screen(JumpScreen(targets(self.screen)), arrive)
        else:
            self.notify(_("There is nothing to jump to here."), markup=False)
