"""The field of a form that is typed in: a text, a number, a date."""

from __future__ import annotations

from textwrap import wrap

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from bench.language import _
from bench.quantities import QUANTITIES, unit_text
from tui.widgets.form_fields import MOVES, Field


class Label(Widget):
    """The words beside a line to type in."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def render(self) -> Content:
        spec = self.field.spec
        unit = unit_text(QUANTITIES[spec.quantity].unit) if spec.kind == "number" else ""
        if spec.kind == "date":
            unit = _("day.month.year")
        words = Content.assemble(self.field.label(), (f" [{unit}]" if unit not in ("", "1") else "", "$text-muted"))
        room = int(min(100, self.app.size.width - 4) * 0.6)
        first, *rest = words.wrap(room)
        return Content("\n").join([first, *(Content.assemble("    ", line) for line in rest)])


class Beneath(Widget):
    """What stands under a line to type in: what is wrong with it, or all of a text that is longer than the line."""

    def __init__(self, field: TypedField) -> None:
        super().__init__()
        self.field = field

    def render(self) -> Content:
        lines = []
        room = (self.size.width or self.app.size.width) - 5
        if self.field.long:
            lines += [Content.styled(line, "$text-muted") for line in wrap(str(self.field.answer), room)]
        if said := self.field.complaint():
            lines += [Content.styled(line, "bold $error") for line in wrap(said, room)]
        return Content("\n").join(lines)


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
        yield Beneath(self)

    @property
    def long(self) -> bool:
        """Whether the line does not show all of the text."""
        line = self.query_one(Input)
        return self.is_mounted and line.size.width > 0 and len(str(self.answer or "")) > line.size.width

    def on_resize(self) -> None:
        self.redraw()

    def nagged(self) -> str:
        return ""  # there is no room beside the line: it stands beneath

    def complaint(self) -> str:
        return super().complaint() or ("← " + _("needed") if self.nagging and self.missing else "")

    def take(self) -> None:
        self.query_one(Input).focus()

    def takes(self, letter: str) -> bool:
        return True

    def redraw(self) -> None:
        self.query_one(Beneath).display = self.long or bool(self.complaint())
        super().redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        typed = event.value.strip()
        self.answer = ("".join(typed.split()) if self.spec.kind == "number" else typed) or None
        beneath = self.query_one(Beneath)
        if self.long or beneath.display:
            beneath.display = self.long or bool(self.complaint())
            beneath.refresh(layout=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.finish()

    def on_click(self) -> None:
        self.take()

    def on_descendant_focus(self) -> None:
        self.query_one(Label).refresh()

    def on_descendant_blur(self) -> None:
        self.query_one(Label).refresh()
