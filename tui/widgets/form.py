"""A step's fields, filled in with the arrows, Enter and a few letters, or by mouse alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from bench.errors import EtabliError
from bench.language import N_, _
from bench.quantities import QUANTITIES, unit_text

if TYPE_CHECKING:
    from bench.procedure.model import FormField

MOVES: list[BindingType] = [
    Binding("up", "app.focus_previous", N_("Previous field"), show=False, id="up"),
    Binding("down", "app.focus_next", N_("Next field"), show=False, id="down"),
]


_YES_NO = {"y": "yes", "o": "yes", "n": "no"}  # English and French letters, in either language
_EMPTY: tuple[Any, ...] = (None, "", False)


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
        return self.spec.required and self.answer in _EMPTY

    def take(self) -> None:
        """Put the keyboard here."""
        self.focus()

    def takes(self, letter: str) -> bool:
        """Whether a letter typed here is an answer, not a key of the screen."""
        return False

    def sound(self) -> bool:
        """Whether the answer can be read; where it cannot, the field says why."""
        from bench.procedure.answers import read_field

        if self.answer in _EMPTY or self.answer == []:
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
        need = "" if self.spec.required else " (" + _("may stay empty") + ")"
        nag = " ← " + _("needed") if self.nagging and self.missing else ""
        words = (str(self.spec.label), "bold" if sign != "  " else "")
        return Content.assemble(sign, words, (need, "$text-muted"), (nag, "bold $error"))

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
        need = "" if self.spec.required else " (" + _("may stay empty") + ")"
        nag = " ← " + _("needed") if self.nagging and self.missing else ""
        words = (str(self.spec.label), "bold" if self.has_focus else "")
        return Content.assemble(sign, box, words, (need, "$text-muted"), (nag, "bold $error"))

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
        Binding("right,space", "move(1)", N_("Next answer"), show=False, id="next"),
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


class Label(Widget):
    """The words over a line to type in."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def render(self) -> Content:
        spec = self.field.spec
        unit = unit_text(QUANTITIES[spec.quantity].unit) if spec.kind == "number" else ""
        if spec.kind == "date":
            unit = _("day.month.year")
        return Content.assemble(self.field.label(), (f" [{unit}]" if unit else "", "$text-muted"))


class Complaint(Widget):
    """What is wrong with what was typed, under it."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def render(self) -> Content:
        return Content(self.field.complaint())


class TypedField(Field):
    """A text, a number or a date that is typed; a number takes comma or point."""

    BINDINGS = MOVES

    def compose(self) -> ComposeResult:
        restrict = r"[+\-−]?[0-9 ]*[.,]?[0-9]*" if self.spec.kind == "number" else None
        with Horizontal():
            yield Label(self)
            line = Input(value=str(self.answer or ""), restrict=restrict, compact=True, select_on_focus=False)
            line.cursor_blink = False
            yield line
        yield Complaint(self)

    def take(self) -> None:
        self.query_one(Input).focus()

    def takes(self, letter: str) -> bool:
        return True

    def redraw(self) -> None:
        self.query_one(Complaint).display = self.fault is not None
        super().redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        faulty = self.fault is not None
        typed = event.value.strip()
        self.answer = ("".join(typed.split()) if self.spec.kind == "number" else typed) or None
        if faulty:
            self.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.finish()

    def on_click(self) -> None:
        self.take()

    def on_descendant_focus(self) -> None:
        self.query_one(Label).refresh()

    def on_descendant_blur(self) -> None:
        self.query_one(Label).refresh()


class Form(VerticalScroll, can_focus=False):
    """All fields of a step; says `Complete` when Enter is pressed on the last and nothing is missing."""

    class Complete(Message):
        """Every field that must be is filled in."""

    def build(self, specs: Sequence[FormField], filled: Mapping[str, Any]) -> list[Field]:
        """Return new widgets for these fields, with what is known of their answers."""
        from tui.widgets.form_lists import LINE_KINDS

        kinds: dict[str, type[Field]] = {"tick": TickField, "yesno": ChoiceField, "choice": ChoiceField, **LINE_KINDS}
        return [kinds.get(spec.kind, TypedField)(spec, filled.get(spec.id)) for spec in specs]

    async def ask(
        self, specs: Sequence[FormField], filled: Mapping[str, Any] | None = None, *, go_on: bool = False
    ) -> None:
        """Replace what is asked and put the keyboard on the first field, to `go_on` on the first that is open."""
        await self.remove_children()
        fields = self.build(specs, filled or {})
        self.display = bool(fields)
        if fields:
            await self.mount(*fields)
            self._reveal()
            self.scroll_home(animate=False)
            still_open = self.first_missing() if go_on else None
            (still_open or self.fields()[0]).take()

    def fields(self) -> list[Field]:
        """Return the fields that are asked now."""
        return [field for field in self.query(Field) if field.display]

    def answers(self) -> Mapping[str, Any]:
        """Return {field id: answer} of what is filled in."""
        return {field.spec.id: field.answer for field in self.fields() if field.answer not in _EMPTY}

    def draft(self) -> dict[str, Any]:
        """Return all that was filled in, in fields too that are not asked now."""
        return {field.spec.id: field.answer for field in self.query(Field) if field.answer not in _EMPTY}

    def on_changed(self, event: Changed) -> None:
        event.stop()
        self._reveal()

    def _reveal(self) -> None:
        """Show the fields that the answers so far ask for, and no others."""
        from bench.procedure.answers import is_asked

        given: dict[str, Any] = {}
        for field in self.query(Field):
            field.display = is_asked(field.spec, given)
            if field.display and field.answer not in _EMPTY:
                given[field.spec.id] = "yes" if field.answer is True else field.answer

    def first_missing(self) -> Field | None:
        return next((field for field in self.fields() if field.missing), None)

    def stop_at(self) -> bool:
        """Put the keyboard on the first field that is missing or no answer, and say so; False where there is none."""
        missing = self.first_missing()
        if missing is not None:
            missing.take()
            missing.nag()
            return True
        wrong = next((field for field in self.fields() if not field.sound()), None)
        if wrong is not None:
            wrong.take()
        return wrong is not None

    def blame(self, field_id: str) -> None:
        """Put the keyboard on the field that a refusal speaks of."""
        for field in self.fields():
            if field.spec.id == field_id:
                field.take()

    def on_filled(self, event: Filled) -> None:
        event.stop()
        fields = self.fields()
        after = fields.index(event.widget) + 1
        if after < len(fields):
            fields[after].take()
        elif not self.stop_at():
            self.post_message(self.Complete())
