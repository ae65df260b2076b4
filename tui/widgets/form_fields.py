"""The fields of a form that are ticked and chosen, by the arrows, Enter and a few letters, or by mouse alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from bench.errors import EtabliError
from bench.language import N_, _

if TYPE_CHECKING:
    from bench.procedure.model import FormField

MOVES: list[BindingType] = [
    Binding("up", "app.focus_previous", N_("Previous field"), show=False, id="up"),
    Binding("down", "app.focus_next", N_("Next field"), show=False, id="down"),
]


_YES_NO = {"y": "yes", "o": "yes", "n": "no"}  # English and French letters, in either language
EMPTY: tuple[Any, ...] = (None, "", False)


class Filled(Message):
    """Enter was pressed on a field; `widget` is the field."""

    def __init__(self, widget: Field) -> None:
        super().__init__()
        self.widget = widget


class Changed(Message):
    """A field's answer is another one now: fields that depend on it come or go."""


class Field(Widget):
    """One field of a form. `answer` is None while it is not filled in; `fault` says why it is no answer."""

    def __init__(self, spec: FormField, answer: Any = None) -> None:
        super().__init__()
        self.spec = spec
        self._answer: Any = answer
        self.nagging = False
        self.fault: EtabliError | None = None

    @property
    def answer(self) -> Any:
        return self._answer

    @answer.setter
    def answer(self, answer: Any) -> None:
        self._answer = answer
        self.fault = None
        if self.is_mounted:
            self.post_message(Changed())

    @property
    def missing(self) -> bool:
        return self.spec.required and self.answer in EMPTY

    def take(self) -> None:
        """Put the keyboard here."""
        self.focus()

    def takes(self, letter: str) -> bool:
        """Whether a letter typed here is an answer, not a key of the screen."""
        return False

    def sound(self) -> bool:
        """Whether the answer can be read; where it cannot, the field says why."""
        from bench.procedure.answers import read_field

        if self.answer in EMPTY or self.answer == []:
            return True
        try:
            read_field(self.spec, self.answer)
        except EtabliError as error:
            self.blame(error)
            return False
        return True

    def blame(self, error: EtabliError) -> None:
        """Say what is wrong with this answer."""
        self.fault = error
        self.app.bell()
        self.redraw()

    def nag(self) -> None:
        """Say that this field must be filled in first."""
        self.nagging = True
        self.app.bell()
        self.redraw()

    def redraw(self) -> None:
        for widget in self.query("*"):
            widget.refresh(layout=True)
        self.refresh(layout=True)

    def finish(self) -> None:
        """Enter was pressed: go on where the answer will do."""
        if self.missing:
            self.nag()
        elif self.sound():
            self.post_message(Filled(self))

    def label(self) -> Content:
        sign = ("▶ ", "bold $primary") if self.has_focus_within or self.has_focus else "  "
        need = "" if self.spec.required else " (" + _("optional") + ")"
        words = (str(self.spec.label), "bold" if sign != "  " else "")
        return Content.assemble(sign, words, (need, "$text-muted"), (self.nagged(), "bold $error"))

    def nagged(self) -> str:
        """Return the word for a field that must be filled in first, behind its label."""
        return " ← " + _("needed") if self.nagging and self.missing else ""

    def complaint(self) -> str:
        """Return what is wrong with the answer, in words; "" where nothing is known to be."""
        return "" if self.fault is None else "✘ " + str(self.fault)


class TickField(Field, can_focus=True):
    """A line of a checklist: Enter ticks it and goes on, Space ticks and unticks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter", "tick(True)", N_("Tick and next"), id="main"),
        Binding("space", "tick(False)", N_("Tick"), show=False, id="tick"),
    ]

    def action_tick(self, go_on: bool) -> None:
        self.answer = True if go_on else (None if self.answer else True)
        self.refresh(layout=True)
        if go_on:
            self.post_message(Filled(self))

    def render(self) -> Content:
        box = ("[✔] ", "bold $success") if self.answer else ("[ ] ", "bold")
        sign = ("▶ ", "bold $primary") if self.has_focus else "  "
        need = "" if self.spec.required else " (" + _("optional") + ")"
        words = (str(self.spec.label), "bold" if self.has_focus else "")
        return Content.assemble(sign, box, words, (need, "$text-muted"), (self.nagged(), "bold $error"))

    def on_click(self) -> None:
        self.focus()
        self.action_tick(False)


@dataclass(frozen=True)
class Spot:
    """Where something can be clicked: a line of a field, its cells from `first` to `last`, and what stands there."""

    line: int
    first: int
    last: int
    what: Any


class Drawn(Field, can_focus=True):
    """A field drawn line by line, that knows what stands under the mouse.

    It opens up when the keyboard comes to it; the click that brings the keyboard there takes nothing.
    """

    def __init__(self, spec: Any, answer: Any = None) -> None:
        super().__init__(spec, answer)
        self.spots: list[Spot] = []
        self._opening = False

    def on_focus(self) -> None:
        self._opening = not self.open_already()
        self.call_after_refresh(self._opened)
        self.refresh(layout=True)

    def _opened(self) -> None:
        self._opening = False
        self.show_cursor()

    def on_blur(self) -> None:
        self.refresh(layout=True)

    def open_already(self) -> bool:
        """Whether all that can be taken is seen without the keyboard being here."""
        return True

    def on_mouse_down(self) -> None:
        self._swallow, self._opening = self._opening, False

    _swallow = False

    def on_click(self, event: events.Click) -> None:
        self.focus()
        if self._swallow:
            return
        found = next((s for s in self.spots if s.line == event.y and s.first <= event.x < s.last), None)
        if found is not None:
            self.clicked(found.what)

    def clicked(self, what: Any) -> None:
        """Something of this field was clicked."""

    def show_cursor(self) -> None:
        """Scroll to the line under the cursor, where the field is taller than its room."""
        here = next((spot.line for spot in self.spots if spot.what == self.under_cursor()), None)
        if here is not None and isinstance(self.parent, VerticalScroll):
            top = self.virtual_region.y + here
            self.parent.scroll_to_region(Region(0, top, 1, 1), animate=False, force=True)

    def under_cursor(self) -> Any:
        """Return what is under the cursor, None where there is none."""
        return None

    @property
    def room(self) -> int:
        """The cells of a line."""
        return (self.size.width or min(100, self.app.size.width - 4)) - 1

    def with_complaint(self, lines: list[Content]) -> Content:
        if said := self.complaint():
            lines += [Content.styled("    " + line, "bold $error") for line in wrap(said, self.room - 4)]
        return Content("\n").join(lines)

    def head(self) -> list[Content]:
        """Return the label, folded into lines."""
        return list(self.label().wrap(self.room)) or [Content("")]


class ChoiceField(Drawn):
    """One of several answers, taken with ← →, with its first letter or by a click; Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter", "go_on", N_("OK"), id="main"),
        Binding("left", "move(-1)", N_("Previous answer"), show=False, id="previous"),
        Binding("right", "move(1)", N_("Next answer"), id="next"),
        Binding("space", "move(1)", N_("Next answer"), show=False, id="next"),
    ]

    def options(self) -> list[tuple[str, str]]:
        """Return (answer, words) of each option, in the language in force."""
        if self.spec.kind == "yesno":
            return [("yes", _("Yes")), ("no", _("No"))]
        return [(choice.id, str(choice.label)) for choice in self.spec.choices]

    def action_move(self, by: int) -> None:
        ids = [option for option, _words in self.options()]
        place = ids.index(self.answer) + by if self.answer in ids else (0 if by > 0 else len(ids) - 1)
        self.clicked(ids[max(0, min(place, len(ids) - 1))])

    def action_go_on(self) -> None:
        self.finish()

    def clicked(self, what: Any) -> None:
        self.answer = what
        self.refresh(layout=True)
        self.call_after_refresh(self.show_cursor)

    def under_cursor(self) -> Any:
        return self.answer or self.options()[0][0]

    def takes(self, letter: str) -> bool:
        return (self.spec.kind == "yesno" and letter in _YES_NO) or bool(self._fitting(letter))

    def _fitting(self, letter: str) -> list[str]:
        return [option for option, words in self.options() if letter.strip() and words.casefold().startswith(letter)]

    def on_key(self, event: events.Key) -> None:
        letter = (event.character or "").casefold()
        if self.spec.kind == "yesno" and letter in _YES_NO:
            event.stop()
            self.clicked(_YES_NO[letter])
        elif fitting := self._fitting(letter):
            event.stop()
            at = fitting.index(self.answer) + 1 if self.answer in fitting else 0
            self.clicked(fitting[at % len(fitting)])

    def open_already(self) -> bool:
        return self._across() is not None

    def _across(self) -> int | None:
        """Return the cells of all options on the label's line, None where they do not fit there."""
        across = sum(len(words) + 5 for _option, words in self.options())
        return across if self.label().cell_length + 2 + across <= self.room else None

    def render(self) -> Content:
        """Draw the options beside the label where they fit, else under it; away from the keyboard only the answer."""
        across = self._across()
        self.spots = []
        if across is not None:
            label = self.label()
            left = self.room - across
            return self.with_complaint([Content.assemble(label, " " * (left - label.cell_length), self._row(0, left))])
        lines = self.head()
        taken = next((words for option, words in self.options() if option == self.answer), None)
        if not self.has_focus:
            shown = ("● " + taken, "bold $primary") if taken else ("○ …", "$text-muted")
            rows = wrap(shown[0], self.room - 4) or [""]
            lines += [Content.styled("    " + row, shown[1]) for row in rows]
            return self.with_complaint(lines)
        row: list[tuple[str, str]] = []
        at = 4
        for option, words in self.options():
            if row and at + len(words) + 4 > self.room:
                lines.append(self._drawn(row, len(lines), 4))
                row, at = [], 4
            row.append((option, words))
            at += len(words) + 5
        lines.append(self._drawn(row, len(lines), 4))
        if self.answer is None:
            lines.append(Content.styled("    " + _("← → choose, Enter goes on"), "$text-muted"))
        return self.with_complaint(lines)

    def _row(self, line: int, at: int) -> Content:
        return self._drawn(self.options(), line, at, indent=False)

    def _drawn(self, options: Sequence[tuple[str, str]], line: int, at: int, *, indent: bool = True) -> Content:
        """Draw options one after the other from cell `at`, and note where they stand; a long one is folded."""
        parts: list[str | tuple[str, str]] = [" " * at if indent else ""]
        for option, words in options:
            taken = option == self.answer
            style = "bold $background on $primary" if taken and self.has_focus else "bold $primary" if taken else ""
            shown = f" {'●' if taken else '○'} {words} "
            if len(options) == 1 and at + len(shown) > self.room:
                first, *rest = wrap(words, self.room - at - 4)
                folded = [f" {'●' if taken else '○'} {first} ", *(f"   {each} " for each in rest)]
                self.spots += [Spot(line + n, at, self.room, option) for n in range(len(folded))]
                return Content("\n").join([Content.assemble(" " * at, (each, style)) for each in folded])
            self.spots.append(Spot(line, at, at + len(shown), option))
            parts += [(shown, style), " "]
            at += len(shown) + 1
        return Content.assemble(*parts)
