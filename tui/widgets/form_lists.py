"""Fields that hold more than a word: several choices, lines of a table, a defect code, a photo."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from bench.language import N_, _
from tui.widgets.form import Field, Filled

_MOVES: list[BindingType] = [
    Binding("up", "up", N_("Previous field"), show=False, id="up"),
    Binding("down", "down", N_("Next field"), show=False, id="down"),
]


class _Listed(Field, can_focus=True):
    """A field with a cursor inside: the arrows walk through its rows, then to the next field."""

    def __init__(self, spec: Any, answer: Any = None) -> None:
        super().__init__(spec, answer)
        self.cursor = 0

    def rows(self) -> int:
        return 0

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        if 0 <= self.cursor + by < self.rows():
            self.cursor += by
            self.refresh(layout=True)
        elif by > 0:
            self.app.action_focus_next()
        else:
            self.app.action_focus_previous()

    def on_click(self, event: events.Click) -> None:
        self.focus()
        if 1 <= event.y <= self.rows():
            self.cursor = event.y - 1
            self.refresh()

    def line(self, place: int, words: str, style: str = "") -> Content:
        here = self.has_focus and place == self.cursor
        return Content.assemble(("  ▶ " if here else "    ", "bold $primary"), (words, "bold" if here else style))


class SeveralField(_Listed):
    """Any of several answers: Space takes one or leaves it, Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_MOVES,
        Binding("enter", "go_on", N_("OK"), id="main"),
        Binding("space", "take", N_("Tick"), id="tick"),
    ]

    @property
    def missing(self) -> bool:
        return len(self.answer or ()) < self.spec.least

    def rows(self) -> int:
        return len(self.spec.choices)

    def action_take(self) -> None:
        choice = self.spec.choices[self.cursor].id
        taken = list(self.answer or ())
        self.answer = [each for each in taken if each != choice] if choice in taken else [*taken, choice]
        self.refresh()

    def action_go_on(self) -> None:
        if self.answer is None:
            self.answer = []
        if self.missing:
            self.nag()
        else:
            self.post_message(Filled(self))

    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        if 1 <= event.y <= self.rows():
            self.action_take()

    def render(self) -> Content:
        taken = self.answer or ()
        lines = [self.label()]
        for place, choice in enumerate(self.spec.choices):
            box = "[✔] " if choice.id in taken else "[ ] "
            lines.append(self.line(place, box + str(choice.label), "$primary" if choice.id in taken else ""))
        return Content("\n").join(lines)


class LinesField(_Listed):
    """A table filled line by line: Enter on a line changes it, on the last one adds one or goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_MOVES,
        Binding("enter", "open", N_("Line"), id="main"),
        Binding("plus,space", "add", N_("Add a line"), id="add"),
        Binding("delete,backspace", "remove", N_("Remove the line"), id="remove"),
    ]

    class Wanted(Message):
        """A line is to be filled in: the `place`-th, or a new one."""

        def __init__(self, field: LinesField, place: int) -> None:
            super().__init__()
            self.field = field
            self.place = place

    @property
    def missing(self) -> bool:
        return len(self.answer or ()) < self.spec.least

    def rows(self) -> int:
        return len(self.answer or ()) + 1

    def action_open(self) -> None:
        """Change the line under the cursor; after the last one, go on where there are enough."""
        written = len(self.answer or ())
        if self.cursor < written:
            self.post_message(self.Wanted(self, self.cursor))
        elif self.missing:
            self.action_add()
        else:
            self.answer = list(self.answer or ())
            self.post_message(Filled(self))

    def action_add(self) -> None:
        self.post_message(self.Wanted(self, len(self.answer or ())))

    def action_remove(self) -> None:
        written = list(self.answer or ())
        if self.cursor < len(written):
            del written[self.cursor]
            self.answer = written
            self.refresh(layout=True)

    def put(self, place: int, row: dict[str, Any]) -> None:
        """Write a line; the cursor stands after the last then."""
        written = list(self.answer or ())
        written[place : place + 1] = [row]
        self.answer = written
        self.cursor = len(written)
        self.refresh(layout=True)

    def render(self) -> Content:
        lines = [self.label()]
        for place, row in enumerate(self.answer or ()):
            lines.append(self.line(place, f"{place + 1}. " + self._words(row)))
        last = len(self.answer or ())
        asked = (
            _("+ adds a line")
            if not self.missing
            else _("+ adds a line; at least {count}").format(count=self.spec.least)
        )
        more = asked if self.missing else asked + " · " + _("Enter goes on")
        lines.append(self.line(last, more, "$text-muted"))
        return Content("\n").join(lines)

    def _words(self, row: dict[str, Any]) -> str:
        said = []
        for column in self.spec.columns:
            value = row.get(column.id)
            if value in (None, ""):
                continue
            labels = {choice.id: str(choice.label) for choice in column.choices}
            if isinstance(value, list):
                said.append(", ".join(labels.get(str(each), str(each)) for each in value))
            elif value is True or (column.kind in ("tick", "yesno") and value == "yes"):
                said.append(str(column.label))
            else:
                said.append(labels.get(str(value), str(value)))
        return " · ".join(said)


class PickedField(Field, can_focus=True):
    """A defect code or a photo: Enter opens what it is picked from, or goes on once it is picked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", N_("Previous field"), show=False, id="up"),
        Binding("down", "app.focus_next", N_("Next field"), show=False, id="down"),
        Binding("enter", "open", N_("Choose"), id="main"),
        Binding("space", "pick", N_("Choose another"), show=False, id="pick"),
    ]

    class Wanted(Message):
        """Something is to be picked for this field."""

        def __init__(self, field: PickedField) -> None:
            super().__init__()
            self.field = field

    def action_open(self) -> None:
        if self.answer:
            self.post_message(Filled(self))
        elif not self.spec.required and self.nagging is False:
            self.nagging = True
            self.action_pick()
        else:
            self.action_pick()

    def action_pick(self) -> None:
        self.post_message(self.Wanted(self))

    def put(self, answer: str | None) -> None:
        """Take what was picked, and go on; nothing picked leaves an optional field empty."""
        if answer is not None:
            self.answer = answer
        self.refresh(layout=True)
        if answer is not None or not self.spec.required:
            self.post_message(Filled(self))

    def on_click(self) -> None:
        self.focus()
        self.action_pick()

    def render(self) -> Content:
        return Content.assemble(self.label(), "\n    ", self._shown())

    def _shown(self) -> Content:
        if not self.answer:
            words = _("Enter: search a defect") if self.spec.kind == "defect" else _("Enter: attach a photo")
            return Content.styled(words, "$text-muted")
        if self.spec.kind == "defect":
            from bench.defects import defects

            known = defects().get(str(self.answer))
            return Content(f"{self.answer} · {known.label if known else ''}")
        return Content("✔ " + _("photo {hash}").format(hash=str(self.answer)[:12]))


LINE_KINDS: dict[str, type[Field]] = {
    "several": SeveralField,
    "lines": LinesField,
    "defect": PickedField,
    "photo": PickedField,
}
