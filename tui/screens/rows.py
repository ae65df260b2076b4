"""Dialogs of a form: one line of a table, and a list to pick one thing from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from bench.language import N_
from tui.screens.dialogs import DialogKeys, Words
from tui.widgets.form import Form
from tui.widgets.form_lists import PickedField
from tui.widgets.picklist import Column, PickList

if TYPE_CHECKING:
    from bench.procedure.model import FormField

Option = tuple[str, str]
"""What an option stands for, and how it reads."""


class RowDialog(ModalScreen[dict[str, Any] | None]):
    """Fills in one line of a table; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Cancel"), id="back")]

    def __init__(self, spec: FormField, row: Mapping[str, Any]) -> None:
        super().__init__()
        self.spec = spec
        self.row = row

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Words(lambda: str(self.spec.label), classes="question")
            yield Form()
            yield DialogKeys()

    async def on_mount(self) -> None:
        await self.query_one(Form).ask(self.spec.columns, self.row)

    def on_form_complete(self, event: Form.Complete) -> None:
        event.stop()
        self.dismiss(dict(self.query_one(Form).answers()))

    def on_picked_field_wanted(self, event: PickedField.Wanted) -> None:
        event.stop()
        self.run_worker(self._pick(event.field))

    async def _pick(self, field: PickedField) -> None:
        from bench.defects import defects

        options = [(code, f"{code}  {defect.label}") for code, defect in defects().items()]
        field.put(await self.app.push_screen_wait(PickDialog(str(field.spec.label), options)))


class PickDialog(ModalScreen[str | None]):
    """Picks one of many: letters narrow the list, Enter takes, Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Cancel"), id="back")]

    def __init__(self, question: str, options: Sequence[Option], *, searchable: bool = True) -> None:
        super().__init__()
        self.question = question
        self.options = options
        self.searchable = searchable

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide tall"):
            yield Words(lambda: self.question, classes="question")
            yield PickList([Column("", 0, lambda option: str(option[1]))], searchable=self.searchable)
            yield DialogKeys()

    def on_mount(self) -> None:
        picked = self.query_one(PickList)
        picked.fill(self.options)
        picked.focus()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        event.stop()
        option = event.row
        assert isinstance(option, tuple)
        self.dismiss(str(option[0]))
