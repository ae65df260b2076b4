"""Fields that hold more than a word: several choices, lines of a table, a defect code, a photo."""

from __future__ import annotations

from textwrap import wrap
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from bench.language import N_, _
from tui.widgets.form_fields import MOVES, Drawn, Field, Filled, Spot

_WALKS: list[BindingType] = [
    Binding("up", "up", N_("Previous field"), show=False, id="up"),
    Binding("down", "down", N_("Next field"), show=False, id="down"),
]


class _Listed(Drawn):
    """A field with a cursor inside: the arrows walk through its rows, then to the next field."""

    def __init__(self, spec: Any, answer: Any = None) -> None:
        super().__init__(spec, answer)
        self.cursor = 0

    @property
    def missing(self) -> bool:
        return len(self.answer or ()) < self.spec.least or (self.spec.required and self.answer is None)

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
            self.refresh_bindings()
            self.call_after_refresh(self.show_cursor)
        elif by > 0:
            self.app.action_focus_next()
        else:
            self.app.action_focus_previous()

    def under_cursor(self) -> Any:
        return self.cursor

    def draw(self, rows: list[tuple[str, str]]) -> Content:
        """Draw the label and (words, style) rows, folded, and note where each stands."""
        lines = self.head()
        self.spots = []
        for place, (words, style) in enumerate(rows):
            here = self.has_focus and place == self.cursor
            for n, part in enumerate(wrap(words, self.room - 4) or [""]):
                self.spots.append(Spot(len(lines), 0, self.room, place))
                sign = "  ▶ " if here and n == 0 else "    "
                lines.append(Content.assemble((sign, "bold $primary"), (part, "bold" if here else style)))
        return self.with_complaint(lines)


class SeveralField(_Listed):
    """Any of several answers: Space takes one or leaves it, Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_WALKS,
        Binding("enter", "go_on", N_("OK"), id="main"),
        Binding("space", "take", N_("Tick"), id="tick"),
    ]

    def rows(self) -> int:
        return len(self.spec.choices)

    def open_already(self) -> bool:
        return False

    def action_take(self) -> None:
        choice = self.spec.choices[self.cursor].id
        taken = {*(self.answer or ())} ^ {choice}
        self.answer = [each.id for each in self.spec.choices if each.id in taken]
        self.refresh(layout=True)

    def clicked(self, what: Any) -> None:
        self.cursor = what
        self.action_take()

    def action_go_on(self) -> None:
        if self.answer is None and not self.spec.least:
            self.answer = []
        self.finish()

    def render(self) -> Content:
        taken = self.answer or ()
        if not self.has_focus:
            labels = [str(choice.label) for choice in self.spec.choices if choice.id in taken]
            nothing = "○ …" if self.answer is None else "— " + _("none")
            words = ("✔ " + ", ".join(labels), "bold $primary") if labels else (nothing, "$text-muted")
            lines = self.head()
            lines += [Content.styled("    " + part, words[1]) for part in wrap(words[0], self.room - 4)]
            return self.with_complaint(lines)
        boxes = [("[✔] " if choice.id in taken else "[ ] ") + str(choice.label) for choice in self.spec.choices]
        styles = ["$primary" if choice.id in taken else "" for choice in self.spec.choices]
        return self.draw(list(zip(boxes, styles, strict=True)))


class LinesField(_Listed):
    """A table filled line by line: Enter on a line changes it, on the last one adds one or goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_WALKS,
        Binding("enter", "open", N_("OK"), id="main"),
        Binding("space", "add", N_("Add a line"), id="add"),
        Binding("delete", "remove", N_("Remove"), id="remove"),
        Binding("backspace", "remove", N_("Remove"), show=False, id="remove"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "remove" or self.cursor < len(self.answer or ())

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
            self.finish()

    def clicked(self, what: Any) -> None:
        self.cursor = what
        self.refresh(layout=True)
        self.post_message(self.Wanted(self, what))

    def action_add(self) -> None:
        self.post_message(self.Wanted(self, len(self.answer or ())))

    def action_remove(self) -> None:
        written = list(self.answer or ())
        if self.cursor < len(written):
            del written[self.cursor]
            self.answer = written
            self.refresh(layout=True)
            self.refresh_bindings()

    def put(self, place: int, row: dict[str, Any]) -> None:
        """Write a line; the cursor stands after the last then."""
        written = list(self.answer or ())
        written[place : place + 1] = [row]
        self.answer = written
        self.cursor = len(written)
        self.refresh(layout=True)
        self.call_after_refresh(self.show_cursor)

    def render(self) -> Content:
        rows = [(f"{place}. " + self._words(row), "") for place, row in enumerate(self.answer or (), 1)]
        if self.missing:
            more = _("+ Space adds a line; at least {count}").format(count=self.spec.least)
        else:
            more = _("+ Space adds a line") + " · " + _("Enter goes on")
        return self.draw([*rows, (more, "$text-muted")])

    def _words(self, row: dict[str, Any]) -> str:
        said = []
        for column in self.spec.columns:
            value = row.get(column.id)
            if value in (None, ""):
                continue
            labels = {choice.id: str(choice.label) for choice in column.choices}
            if isinstance(value, list):
                said.append(", ".join(labels.get(str(each), str(each)) for each in value))
            elif column.kind in ("tick", "yesno"):
                no = "" if value is True or value == "yes" else " : " + _("No")
                said.append(str(column.label) + no)
            elif column.kind == "photo":
                said.append(_("photo {hash}").format(hash=str(value)[:12]))
            else:
                said.append(labels.get(str(value), str(value)))
        return " · ".join(said)


class PickedField(Field, can_focus=True):
    """A defect code or a photo: Enter opens what it is picked from, or goes on once it is picked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter", "open", N_("Choose"), id="main"),
        Binding("space", "pick", N_("Choose another"), show=False, id="pick"),
        Binding("delete,backspace", "drop", N_("Leave empty"), show=False, id="remove"),
    ]

    class Wanted(Message):
        """Something is to be picked for this field."""

        def __init__(self, field: PickedField) -> None:
            super().__init__()
            self.field = field

    _offered = False

    def action_open(self) -> None:
        """Pick, once; Enter goes on where something is picked, or where the field may stay empty and was offered."""
        if self.answer or (self._offered and not self.spec.required):
            self.post_message(Filled(self))
        else:
            self._offered = True
            self.action_pick()

    def action_pick(self) -> None:
        self.post_message(self.Wanted(self))

    def action_drop(self) -> None:
        """Take back what was picked."""
        self.answer = None
        self._offered = True
        self.refresh(layout=True)

    def put(self, answer: str | None) -> None:
        """Take what was picked, and go on; nothing picked leaves the field as it is."""
        if answer is not None:
            self.answer = answer
        self.refresh(layout=True)
        if answer is not None:
            self.post_message(Filled(self))

    def on_click(self) -> None:
        self.focus()
        self.action_pick()

    def on_focus(self) -> None:
        self.refresh(layout=True)

    def on_blur(self) -> None:
        self.refresh(layout=True)

    def render(self) -> Content:
        return Content.assemble(self.label(), "\n    ", self._shown())

    def _shown(self) -> Content:
        if not self.answer:
            if self._offered and not self.spec.required:
                return Content.styled(_("Enter goes on, Space chooses"), "$text-muted")
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
