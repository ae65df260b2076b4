"""The settings: what this person likes, changed at once and kept; and the keys, each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget

from bench.language import N_, _, current
from tui.keys import Rebindable, name_of, objection, rebindable
from tui.preferences import CHARSETS, CONFIRM_KEYS, THEMES, Preferences
from tui.screens.room import Room
from tui.survival import Hardy
from tui.widgets.picklist import Column, PickList

if TYPE_CHECKING:
    from tui.app import EtabliApp

_WORDS = {
    "fr": "Français",
    "en": "English",
    "dark": N_("dark"),
    "light": N_("light"),
    "blue-orange": N_("blue and orange"),
    "auto": N_("as the terminal can"),
    "braille": N_("braille dots"),
    "block": N_("blocks"),
    "ascii": N_("plain signs"),
    True: N_("on"),
    False: N_("off"),
    "": N_("none"),
}


@dataclass(frozen=True)
class Setting:
    """One line: the preference's name, its words, what it can be, and a sentence about it."""

    name: str
    title: str
    values: Sequence[Any]
    about: str

    def words(self, value: object) -> str:
        """Return a value as a person reads it."""
        if self.name.endswith("_ms"):
            return f"{value} ms" if value else _("off")
        if self.name == "confirm_key" and value:
            return name_of(str(value))
        return _(_WORDS[value]) if value in _WORDS else str(value)


SETTINGS = (
    Setting("language", N_("Language"), ("en", "fr"), N_("Of the screen; a sheet has its own.")),
    Setting("theme", N_("Colours"), THEMES, N_("Blue and orange are told apart by eyes that confuse red and green.")),
    Setting("charset", N_("Pictures"), CHARSETS, N_("What curves are drawn with; plain signs for old terminals.")),
    Setting("big_digits", N_("Big digits"), (False, True), N_("The reading as large as the screen allows.")),
    Setting("sounds", N_("Sounds"), (True, False), N_("The terminal's bell: once stable, twice passed, three failed.")),
    Setting(
        "auto_advance",
        N_("Go on by itself"),
        (True, False),
        N_("After a stable reading that passes; Space waits."),
    ),
    Setting(
        "confirm_key", N_("Second confirm key"), CONFIRM_KEYS, N_("A foot switch's key that does what Enter does.")
    ),
    Setting("scanner_ms", N_("Scanner"), (0, 15, 30, 50, 80), N_("Keys closer together than this are a scanner's.")),
    Setting("debounce_ms", N_("Sleeve"), (0, 100, 200, 300, 500), N_("Enter pressed again within this counts once.")),
)


class SettingsList(Widget, can_focus=True):
    """The settings, one a line; the last line leads to the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", N_("Row above"), show=False, id="up"),
        Binding("down", "move(1)", N_("Row below"), show=False, id="down"),
        Binding("right,space", "change(1)", N_("Next value"), id="next"),
        Binding("left", "change(-1)", N_("Previous value"), show=False, id="previous"),
        Binding("enter", "enter", N_("Change"), id="main"),
    ]

    class Changed(Message):
        """A setting has another value."""

        def __init__(self, preferences: Preferences) -> None:
            super().__init__()
            self.preferences = preferences

    class KeysWanted(Message):
        """The keys are to be shown."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.cursor = 0

    def _value(self, setting: Setting) -> object:
        value = getattr(self.preferences, setting.name)
        return value or current() if setting.name == "language" else value

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(SETTINGS)))
        self.refresh()

    def action_change(self, by: int) -> None:
        if self.cursor < len(SETTINGS):
            setting = SETTINGS[self.cursor]
            value, values = self._value(setting), list(setting.values)
            at = values.index(value) + by if value in values else 0
            self.preferences = replace(self.preferences, **{setting.name: values[at % len(values)]})
            self.refresh()
            self.post_message(self.Changed(self.preferences))

    def action_enter(self) -> None:
        if self.cursor < len(SETTINGS):
            self.action_change(1)
        else:
            self.post_message(self.KeysWanted())

    def on_click(self, event: events.Click) -> None:
        row = (event.y - 1) // 2
        if 0 <= row <= len(SETTINGS):
            again = row == self.cursor
            self.cursor = row
            self.refresh()
            if again:
                self.action_enter()

    def render(self) -> Content:
        roomy = self.size.height >= 2 * len(SETTINGS) + 4
        wide = max(len(_(setting.title)) for setting in SETTINGS) + 2
        lines = [Content("")]
        for row, setting in enumerate(SETTINGS):
            here = row == self.cursor
            words = setting.words(self._value(setting))
            lines.append(self._line(here, _(setting.title).ljust(wide), f"‹ {words} ›" if here else f"  {words}"))
            if here or roomy:
                lines.append(Content.assemble(("      " + _(setting.about), "$text-muted")))
        here = self.cursor == len(SETTINGS)
        lines.append(self._line(here, _("Keys").ljust(wide), _("  each of them …")))
        return Content("\n").join(lines)

    def _line(self, here: bool, title: str, value: str) -> Content:
        return Content.assemble(
            (" ▶ " if here else "   ", "bold $primary"),
            (title, "bold" if here else ""),
            (value, "bold $primary" if here else ""),
        )


class SettingsScreen(Room):
    """Every change holds at once; Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", N_("Back"), id="back")]

    def furnish(self) -> ComposeResult:
        yield SettingsList(self.app.preferences)

    def on_mount(self) -> None:
        self.query_one(SettingsList).focus()

    def on_screen_resume(self) -> None:
        self.query_one(SettingsList).preferences = self.app.preferences

    def on_settings_list_changed(self, event: SettingsList.Changed) -> None:
        self.app.like(event.preferences)

    def on_settings_list_keys_wanted(self) -> None:
        self.app.push_screen(KeysScreen())

    def retranslate(self) -> None:
        self.query_one(SettingsList).preferences = self.app.preferences
        super().retranslate()

    def action_back(self) -> None:
        self.dismiss()


class KeysScreen(Room):
    """Every key with what it does; Enter asks for another key, Del gives the first one back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete", "reset", N_("As it was"), id="reset"),
        Binding("escape", "back", N_("Back"), id="back"),
    ]

    def furnish(self) -> ComposeResult:
        yield PickList[Rebindable](
            [
                Column(N_("what it does"), 34, lambda each: _(each.word)),
                Column(N_("key"), 20, lambda each: self.key_of(each)),
                Column(N_("usually"), 0, lambda each: each.usual),
            ],
        )

    def on_mount(self) -> None:
        keys = self.query_one(PickList)
        keys.fill(rebindable())
        keys.focus()

    def main_word(self) -> str:
        return _("Another key")

    def key_of(self, each: Rebindable) -> str:
        """Return the key that it has now, as people read it."""
        given = self.app.preferences.keys.get(each.id)
        return " ".join(name_of(key) for key in given.split(",")) if given else each.usual

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        each = event.row
        assert isinstance(each, Rebindable)

        def taken(key: str | None) -> None:
            if key:
                self._give({**self.app.preferences.keys, each.id: key})

        self.app.push_screen(NewKey(each), taken)

    def action_reset(self) -> None:
        each = self.query_one(PickList).picked
        if each is not None:
            self._give({id_: key for id_, key in self.app.preferences.keys.items() if id_ != each.id})

    def _give(self, keys: dict[str, str]) -> None:
        self.app.like(replace(self.app.preferences, keys=keys))
        self.query_one(PickList).refresh()

    def action_back(self) -> None:
        if not self.query_one(PickList).clear_search():
            self.dismiss()


class NewKey(Hardy, ModalScreen[str | None]):
    """Takes the next key that is pressed, where it can be relied on; Esc takes none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Cancel"), id="back")]

    app: EtabliApp

    def __init__(self, what: Rebindable) -> None:
        super().__init__()
        self.what = what
        self.refused = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield _Question()

    async def take_key(self, key: str) -> None:
        """Take this key, or say why not."""
        app = self.app
        given = app.preferences.keys
        others = [each for each in rebindable() if each.id != self.what.id and each.meets(self.what)]
        used = [each for each in others if key in (given[each.id].split(",") if each.id in given else each.keys)]
        self.refused = objection(key)
        if used and not self.refused:
            self.refused = _("{key} already does: {word}.").format(key=name_of(key), word=_(used[0].word))
        if self.refused:
            self.query_one(_Question).refresh(layout=True)
            app.bell()
        else:
            self.dismiss(key)


class _Question(Widget):
    """Which key it shall be."""

    def render(self) -> Content:
        screen = self.screen
        assert isinstance(screen, NewKey)
        return Content("\n").join(
            [
                Content.assemble((_("Which key for: {what}?").format(what=_(screen.what.word)), "bold")),
                Content.assemble((_("Press it; Esc leaves it as it is."), "$text-muted")),
                Content.assemble((screen.refused, "$warning")),
            ]
        )
