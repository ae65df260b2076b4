"""The keys of every screen, from one source: what the last line names and what the help lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.language import N_, _

if TYPE_CHECKING:
    from textual.screen import Screen

MOST = 6
_NAMES = {
    "enter": N_("Enter"),
    "space": N_("Space"),
    "escape": N_("Esc"),
    "backspace": N_("Backspace"),
    "tab": N_("Tab"),
    "shift+tab": N_("Shift+Tab"),
    "question_mark": "?",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": N_("Page up"),
    "pagedown": N_("Page down"),
    "home": N_("Home"),
    "end": N_("End"),
}
# Textual's own bindings that we name, in our words; its others are left out.
_BUILT_IN = {
    "app.focus_next": N_("Next field"),
    "app.focus_previous": N_("Previous field"),
    "screen.copy_text": N_("Copy the selection"),
    "submit": N_("OK"),
}
# What is named first when there is not room for all.
_RANK = {"enter": 0, "space": 1, "escape": 40, "f1": 50, "f2": 60, "ctrl+p": 70, "ctrl+q": 80}


@dataclass(frozen=True)
class Hint:
    """One key as a person reads it, the word for what it does, and the action that it runs."""

    key: str
    word: str
    action: str

    @property
    def width(self) -> int:
        return len(self.key) + len(self.word) + 3


def name_of(key: str) -> str:
    """Return how a key is called on the keyboard, in the language in force: "Entrée", "Ctrl+Q", "F1"."""
    if key in _NAMES:
        return _(_NAMES[key])
    return "+".join(part.capitalize() if len(part) > 1 else part.upper() for part in key.split("+"))


def hints(screen: Screen[object], *, hidden: bool = False) -> list[Hint]:
    """Return the keys that do something now, the main one first; `hidden` adds those the last line leaves out.

    Keys that do the same stand together in the long list: "F1 ?".
    """
    main = getattr(screen, "main_word", None)
    found: dict[str, tuple[int, Hint]] = {}
    for place, active in enumerate(screen.active_bindings.values()):
        binding = active.binding
        named = _BUILT_IN.get(binding.action, "")
        foreign = type(active.node).__module__.startswith("textual.")
        if not active.enabled or not (binding.show or hidden or binding.action == "submit"):
            continue
        word = main() if binding.action == "main" and main else _(named or ("" if foreign else binding.description))
        if not word:
            continue
        if word in found:
            rank, other = found[word]
            found[word] = (rank, Hint(f"{other.key} {name_of(binding.key)}", word, other.action))
        else:
            rank = _RANK.get(binding.key, 10 + place % 30)
            found[word] = (rank, Hint(name_of(binding.key), word, binding.action))
    return [hint for _rank, hint in sorted(found.values(), key=lambda entry: entry[0])]


def fitting(all_hints: list[Hint], width: int) -> list[Hint]:
    """Return the first hints that fit a line of `width` cells, six at most."""
    kept: list[Hint] = []
    for hint in all_hints[:MOST]:
        width -= hint.width
        if width < 0:
            break
        kept.append(hint)
    return kept
