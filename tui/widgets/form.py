"""A step's form: its fields one under the other, scrolling with the keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.containers import VerticalScroll
from textual.message import Message

from tui.widgets.form_fields import EMPTY, Changed, ChoiceField, Field, Filled, TickField
from tui.widgets.form_typed import TypedField

if TYPE_CHECKING:
    from bench.procedure.model import FormField


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
        return {field.spec.id: field.answer for field in self.fields() if field.answer not in EMPTY}

    def draft(self) -> dict[str, Any]:
        """Return all that was filled in, in fields too that are not asked now."""
        return {field.spec.id: field.answer for field in self.query(Field) if field.answer not in EMPTY}

    def on_changed(self, event: Changed) -> None:
        event.stop()
        self._reveal()

    def _reveal(self) -> None:
        """Show the fields that the answers so far ask for, and no others."""
        from bench.procedure.answers import is_asked

        given: dict[str, Any] = {}
        for field in self.query(Field):
            field.display = is_asked(field.spec, given)
            if field.display and field.answer not in EMPTY:
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
