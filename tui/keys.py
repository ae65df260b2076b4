"""The keys of every screen, from one source: what the last line names and what the help lists."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.dom import DOMNode

from bench.language import N_, _

if TYPE_CHECKING:
    from textual.screen import Screen

MOST = 6
# Ctrl+L is nobody's but a shell's; the keys beyond F12 are those of foot switches.
FREE = frozenset({"ctrl+l", *(f"f{n}" for n in range(1, 21))})
# Taken before we see them: by VS Code's terminal (its commandsToSkipShell: palette, search, debugger, full screen),
# by GNOME's and Windows' terminals (F1, F10, F11), by tmux (Ctrl+B), by PowerShell (Ctrl+`).
TAKEN = frozenset({"f1", "f3", "f5", "f6", "f10", "f11"})
# Second keys of actions that have a free one: people know them by heart from elsewhere.
SECOND = frozenset({"f1", "ctrl+p", "ctrl+q", "plus"})
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
    "delete": N_("Del"),
    "insert": N_("Ins"),
}
_NEUTRAL = frozenset(_NAMES)
# Textual's own bindings that we name, in our words; its others are left out.
_BUILT_IN = {
    "app.focus_next": N_("Next field"),
    "app.focus_previous": N_("Previous field"),
    "screen.copy_text": N_("Copy the selection"),
    "submit": N_("OK"),
}
APP = "EtabliApp"
FIELDS = frozenset(
    {
        *("TickField", "ChoiceField", "TypedField", "SeveralField", "LinesField", "PickedField"),
        *("PickList", "Options", "PinEntry"),
    }
)
# Every class that has keys, by the name that people know the place by.
PLACES = {
    APP: N_("Everywhere"),
    "OpeningScreen": N_("While the bench opens"),
    "FirstStartScreen": N_("The first start"),
    "SignInScreen": N_("Signing in"),
    "LockScreen": N_("At a locked bench"),
    "OrdersScreen": N_("Repair orders"),
    "ErrandRoom": N_("In a room with a menu"),
    "SearchLine": N_("On the search line of the log"),
    "FiguresScreen": N_("Workshop figures"),
    "AskingRoom": N_("In a room that asks"),
    "BenchScreen": N_("At the bench"),
    "SummaryScreen": N_("End of an order"),
    "PlayerScreen": N_("At a session that is played"),
    "SettingsScreen": N_("Settings"),
    "SettingsList": N_("On a setting"),
    "KeysScreen": N_("Settings: keys"),
    "NewKey": N_("Asked for another key"),
    "HelpScreen": N_("Help"),
    "JumpScreen": N_("Jumping to a field"),
    "PickList": N_("In a list"),
    "TickField": N_("On a line to tick"),
    "ChoiceField": N_("On a choice"),
    "TypedField": N_("On a line to type in"),
    "CardDialog": N_("At a safety card"),
    "Options": N_("In a short list"),
    "FormDialog": N_("In a form over the bench"),
    "SeveralField": N_("On a choice of several"),
    "LinesField": N_("On a table of lines"),
    "PickedField": N_("On a choice from a list"),
    "RowDialog": N_("Filling in a line"),
    "PickDialog": N_("Choosing from a list"),
    "Reason": N_("Asked for a reason"),
    "Keying": N_("Asked for a reading"),
    "Confirm": N_("Asked yes or no"),
    "PinDialog": N_("Asked for a PIN"),
    "PinEntry": N_("Typing a PIN"),
    "FollowApp": N_("In a browser: everywhere"),
    "FollowSignInScreen": N_("In a browser: signing in"),
    "FollowListScreen": N_("In a browser: repair orders"),
    "FollowOrderScreen": N_("In a browser: an order"),
}
# What is named first when there is not room for all.
_RANK = {"enter": 0, "space": 1, "escape": 40, "f1": 50, "f2": 60, "f9": 70, "f12": 80, "ctrl+q": 80}


@dataclass(frozen=True)
class Hint:
    """One key as a person reads it, the word for what it does, the action that it runs, and on what.

    `where` is "field" under the keyboard, "screen", or "everywhere"; `id` is what the key is rebound by.
    """

    key: str
    word: str
    action: str
    id: str = ""
    where: str = "screen"
    raw: str = ""
    node: DOMNode | None = field(default=None, compare=False, repr=False)

    @property
    def width(self) -> int:
        return len(self.key) + len(self.word) + 3


def name_of(key: str) -> str:
    """Return how a key is called on the keyboard, in the language in force: "Entrée", "Ctrl+Q", "F1"."""
    if key in _NAMES:
        return _(_NAMES[key])
    return "+".join(part.capitalize() if len(part) > 1 else part.upper() for part in key.split("+"))


def objection(key: str) -> str:
    """Return why `key` cannot be relied on, in words; "" where it works on every keyboard and in every terminal.

    Digits need Shift on AZERTY, brackets and backslash AltGr on AZERTY and QWERTZ; letters are the same by their sign.
    """
    if key in TAKEN:
        return _("Some terminals keep {key} for themselves.").format(key=name_of(key))
    if key in _NEUTRAL or (len(key) == 1 and "a" <= key <= "z") or key in FREE:
        return ""
    if "+" in key:
        return _("Ctrl and Alt belong to the terminal, to tmux or to the editor around it.")
    return _("{key} needs Shift or AltGr on a French or German keyboard.").format(key=name_of(key))


def hints(screen: Screen[object], *, hidden: bool = False) -> list[Hint]:
    """Return the keys that do something now, the main one first; `hidden` adds those the last line leaves out.

    Keys that do the same stand together in the long list: "F1 ?".
    """
    main = getattr(screen, "main_word", None)
    found: dict[str, tuple[int, Hint]] = {}
    for place, active in enumerate(screen.active_bindings.values()):
        binding = active.binding
        named = _BUILT_IN.get(binding.action, "")
        foreign = binding.id is None  # Textual's own
        if (
            binding.key.startswith("super+")
            or not active.enabled
            or not (binding.show or hidden or binding.action == "submit")
        ):
            continue
        word = main() if binding.action == "main" and main else _(named or ("" if foreign else binding.description))
        if not word:
            continue
        if word in found:
            rank, other = found[word]
            both = (other.key, name_of(binding.key)) if other.raw not in SECOND else (name_of(binding.key), other.key)
            found[word] = (rank, replace(other, key=" ".join(both)))
        else:
            rank = _RANK.get(binding.key, 10 + place % 30)
            node = active.node
            where = "everywhere" if node is screen.app else "screen" if node is screen else "field"
            found[word] = (
                rank,
                Hint(name_of(binding.key), word, binding.action, binding.id or "", where, binding.key, node),
            )
    listed = [hint for _rank, hint in sorted(found.values(), key=lambda entry: entry[0])]
    while not hidden and len(listed) > MOST and listed[-1].where == "everywhere":
        listed.pop()  # what is the same everywhere gives way first
    return listed


def fitting(all_hints: list[Hint], width: int) -> list[Hint]:
    """Return the first hints that fit a line of `width` cells, six at most."""
    kept: list[Hint] = []
    for hint in all_hints[:MOST]:
        width -= hint.width
        if width < 0:
            break
        kept.append(hint)
    return kept


@dataclass(frozen=True)
class Rebindable:
    """What can be given another key: its id, its word, the keys it usually has, and the places where it stands."""

    id: str
    word: str
    keys: tuple[str, ...]
    places: frozenset[str]

    @property
    def usual(self) -> str:
        """Return its usual keys as people read them."""
        return " ".join(name_of(key) for key in self.keys)

    def meets(self, other: Rebindable) -> bool:
        """Whether both can stand on one screen; fields and the whole program stand on every one."""
        wide = {APP, *FIELDS}
        return bool(self.places & other.places or self.places & wide or other.places & wide)


def rebindable() -> list[Rebindable]:
    """Return everything with a key of its own, one entry an id, in the order of `bound`."""
    found: dict[str, Rebindable] = {}
    for place, binding in bound():
        if binding.id is None:
            continue
        before = found.get(binding.id)
        keys = tuple(dict.fromkeys((*(before.keys if before else ()), binding.key)))
        places = frozenset({place, *(before.places if before else ())})
        found[binding.id] = Rebindable(binding.id, before.word if before else binding.description, keys, places)
    return list(found.values())


def bound() -> list[tuple[str, Binding]]:
    """Return every key that our screens and fields bind, with the name of its class: the application's first."""
    for package in ("tui.screens", "tui.widgets"):
        for module in pkgutil.iter_modules(import_module(package).__path__):
            import_module(f"{package}.{module.name}")
    import_module("tui.follow_app")
    ours = sorted(_classes(DOMNode), key=lambda kind: (kind.__name__ != APP, kind.__module__, kind.__name__))
    return [
        (kind.__name__, binding)
        for kind in ours
        for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", []))
    ]


def _classes(kind: type[DOMNode]) -> set[type[DOMNode]]:
    below = {sub for each in kind.__subclasses__() for sub in _classes(each)}
    return below | {each for each in kind.__subclasses__() if each.__module__.startswith("tui.")}
