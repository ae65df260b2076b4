"""A step's fields, filled in with the arrows, Enter and a few letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from bench.language import N_, _
from bench.quantities import QUANTITIES, unit_text

if TYPE_CHECKING:
    from bench.procedure.model import FormField

_MOVES: list[BindingType] = [
    Binding("up", "app.focus_previous", N_("Previous field"), show=False, id="up"),
    Binding("down", "app.focus_next", N_("Next field"), show=False, id="down"),
]


_YES_NO = {"y": "yes", "o": "yes", "n": "no"}  # English and French letters, in either language


class Filled(Message):
    """Enter was pressed on a field; `widget` is the field."""

    def __init__(self, widget: Field) -> None:
        super().__init__()
        self.widget = widget


class Changed(Message):
    """A field's answer is another one now: fields that depend on it come or go."""


class Field(Widget):
    """One field of a form. `answer` is None while it is not filled in."""

    def __init__(self, spec: FormField, answer: Any = None) -> None:
        super().__init__()
        self.spec = spec
        self._answer: Any = answer
        self.nagging = False

    @property
    def answer(self) -> Any:
        return self._answer

    @answer.setter
    def answer(self, answer: Any) -> None:
        self._answer = answer
        if self.is_mounted:
            self.post_message(Changed())

    @property
    def missing(self) -> bool:
        return self.spec.required and self.answer in (None, "", False)

    def take(self) -> None:
        """Put the keyboard here."""
        self.focus()

    def label(self) -> Content:
        sign = ("▶ ", "bold $primary") if self.has_focus_within or self.has_focus else "  "
        need = "" if self.spec.required else " (" + _("may stay empty") + ")"
        nag = " ← " + _("needed") if self.nagging and self.missing else ""
        words = (str(self.spec.label), "bold" if sign != "  " else "")
        return Content.assemble(sign, words, (need, "$text-muted"), (nag, "bold $error"))

    def nag(self) -> None:
        """Say that this field must be filled in first."""
        self.nagging = True
        self.app.bell()
        for widget in self.query("*"):
            widget.refresh(layout=True)
        self.refresh(layout=True)


class TickField(Field, can_focus=True):
    """A line of a checklist: Enter ticks it and goes on, Space ticks and unticks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_MOVES,
        Binding("enter", "tick(True)", N_("Tick and next"), id="main"),
        Binding("space", "tick(False)", N_("Tick"), show=False, id="tick"),
    ]

    def action_tick(self, go_on: bool) -> None:
        self.answer = True if go_on else (None if self.answer else True)
        self.refresh()
        if go_on:
            self.post_message(Filled(self))

    def render(self) -> Content:
        box = ("[✔] ", "bold $success") if self.answer else ("[ ] ", "bold")
        sign = ("▶ ", "bold $primary") if self.has_focus else "  "
        return Content.assemble(sign, box, (str(self.spec.label), "bold" if self.has_focus else ""))

    def on_click(self) -> None:
        self.focus()
        self.action_tick(False)


class ChoiceField(Field, can_focus=True):
    """One of several answers, taken with ← →, or with its first letter; Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_MOVES,
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
        self.answer = ids[max(0, min(place, len(ids) - 1))]
        self.refresh()

    def action_go_on(self) -> None:
        if self.missing:
            self.nag()
        else:
            self.post_message(Filled(self))

    def on_key(self, event: events.Key) -> None:
        letter = (event.character or "").casefold()
        if self.spec.kind == "yesno" and letter in _YES_NO:
            event.stop()
            self.answer = _YES_NO[letter]
            self.refresh()
            return
        fitting = [option for option, words in self.options() if letter and words.casefold().startswith(letter)]
        if letter.strip() and fitting:
            event.stop()
            at = fitting.index(self.answer) + 1 if self.answer in fitting else 0
            self.answer = fitting[at % len(fitting)]
            self.refresh()

    def render(self) -> Content:
        """Draw label and options on one line where they fit, else under one another."""
        width = (self.size.width or self.app.size.width) - 1
        options = self.options()
        label = self.label()
        across = sum(len(words) + 5 for _option, words in options)
        one_line = label.cell_length + 2 + across <= width
        under = across + 4 <= width
        parts: list[str | tuple[str, str] | Content] = [label]
        parts.append(" " * (width - label.cell_length - across) if one_line else "\n    ")
        for place, (option, words) in enumerate(options):
            taken = option == self.answer
            style = "bold $background on $primary" if taken and self.has_focus else "bold $primary" if taken else ""
            parts.append((f" {'●' if taken else '○'} {words} ", style))
            if place < len(options) - 1:
                parts.append(" " if one_line or under else "\n    ")
        if self.has_focus and self.answer is None:
            parts.append(("\n    " + _("← → choose, Enter goes on"), "$text-muted"))
        return Content.assemble(*parts)

    def on_click(self) -> None:
        self.focus()
        self.action_move(1)


class Label(Widget):
    """The words over a line to type in."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def render(self) -> Content:
        spec = self.field.spec
        unit = unit_text(QUANTITIES[spec.quantity].unit) if spec.kind == "number" else ""
        return Content.assemble(self.field.label(), (f" [{unit}]" if unit else "", "$text-muted"))


class TypedField(Field):
    """A text or a number that is typed; a number takes comma or point."""

    BINDINGS = _MOVES

    def compose(self) -> ComposeResult:
        restrict = r"[+\-−]?[0-9 ]*[.,]?[0-9]*" if self.spec.kind == "number" else None
        yield Label(self)
        line = Input(value=str(self.answer or ""), restrict=restrict, compact=True, select_on_focus=False)
        line.cursor_blink = False
        yield line

    def take(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.answer = event.value.strip() or None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.missing:
            self.nag()
        else:
            self.post_message(Filled(self))

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

    async def ask(self, specs: Sequence[FormField], filled: Mapping[str, Any] | None = None) -> None:
        """Replace what is asked and put the keyboard on the first field."""
        await self.remove_children()
        fields = self.build(specs, filled or {})
        self.display = bool(fields)
        if fields:
            await self.mount(*fields)
            self._reveal()
            self.fields()[0].take()

    def fields(self) -> list[Field]:
        """Return the fields that are asked now."""
        return [field for field in self.query(Field) if field.display]

    def answers(self) -> Mapping[str, Any]:
        """Return {field id: answer} of what is filled in."""
        return {field.spec.id: field.answer for field in self.fields() if field.answer not in (None, "")}

    def on_changed(self, event: Changed) -> None:
        event.stop()
        self._reveal()

    def _reveal(self) -> None:
        """Show the fields that the answers so far ask for, and no others."""
        from bench.procedure.answers import is_asked

        given: dict[str, Any] = {}
        for field in self.query(Field):
            field.display = is_asked(field.spec, given)
            if field.display and field.answer not in (None, ""):
                given[field.spec.id] = "yes" if field.answer is True else field.answer

    def first_missing(self) -> Field | None:
        return next((field for field in self.fields() if field.missing), None)

    def on_filled(self, event: Filled) -> None:
        event.stop()
        fields = self.fields()
        after = fields.index(event.widget) + 1
        if after < len(fields):
            fields[after].take()
            return
        missing = self.first_missing()
        if missing is not None:
            missing.take()
            missing.nag()
        else:
            self.post_message(self.Complete())
