"""A room that asks: a form whose words are sentences of the program, and what to do with its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from bench.errors import EtabliError
from bench.language import N_, Message, _, msg
from bench.procedure.model import Choice, FormField
from tui.screens.dialogs import Confirm, Words
from tui.screens.room import Room
from tui.screens.rows import FormDialog
from tui.widgets.form import Form
from tui.widgets.form_lists import LinesField, PickedField
from tui.widgets.panel import Panel


def asked(
    id_: str,
    kind: str,
    label: str,
    choices: Sequence[tuple[str, Any]] = (),
    *,
    required: bool = True,
    columns: Sequence[FormField] = (),
) -> FormField:
    """Return a field; `label` is an English sentence of the catalogue, a choice's words are one or print themselves."""
    answers = tuple(
        # A word of an enumeration is a str, too, whose length is not that of what it prints.
        Choice.model_construct(
            id=choice, label=msg(words) if type(words) is str else Message("{words}", {"words": words})
        )
        for choice, words in choices
    )
    return FormField.model_construct(
        id=id_, kind=kind, label=msg(label), choices=answers, required=required, columns=tuple(columns)
    )


class AskingRoom(Room):
    """Enter goes from field to field; after the last one `take` is called. Esc leaves, after a question."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", N_("Back"), id="back")]

    def __init__(self) -> None:
        super().__init__()
        self.busy = True  # a scanned label must not lead away from what is half typed
        self._taking = False
        self._begun: Mapping[str, Any] = {}

    def title_now(self) -> str:
        """Return what is asked for here, in words."""
        return ""

    def fields(self) -> Sequence[FormField]:
        """Return what is asked; called once, in the bench's thread."""
        return ()

    def filled(self) -> Mapping[str, Any]:
        """Return what is known already, by field."""
        return {}

    async def take(self, answers: Mapping[str, Any]) -> None:
        """Do it. What it raises stands in the panel, and the answers stay."""

    def furnish(self) -> ComposeResult:
        yield Words(self.title_now, classes="question")
        yield Panel()
        yield Form()

    async def on_mount(self) -> None:
        form = self.query_one(Form)
        await form.ask(await self.app.at_bench(self.fields), self.filled())
        self._begun = dict(form.answers())

    def on_form_complete(self, event: Form.Complete) -> None:
        event.stop()
        if not self._taking:
            self._taking = True
            self.query_one(Panel).clear()
            self.app.attempt(self._take, dict(self.query_one(Form).answers()))

    async def _take(self, answers: dict[str, Any]) -> None:
        try:
            await self.take(answers)
        finally:
            self._taking = False

    def blame(self, field_id: str, error: EtabliError) -> None:
        """Say what is wrong, and put the keyboard on the field that it is about."""
        self.query_one(Panel).say_error(error)
        for field in self.query_one(Form).fields():
            if field.spec.id == field_id:
                field.take()

    def action_back(self) -> None:
        if dict(self.query_one(Form).answers()) == dict(self._begun):
            self.dismiss(None)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        self.app.push_screen(Confirm(lambda: _("Leave, and forget what was typed?")), answered)

    def on_lines_field_wanted(self, event: LinesField.Wanted) -> None:
        event.stop()
        self.run_worker(self._line(event))

    async def _line(self, event: LinesField.Wanted) -> None:
        spec, written = event.field.spec, list(event.field.answer or ())
        row = written[event.place] if event.place < len(written) else {}
        filled = await self.app.push_screen_wait(FormDialog(str(spec.label), spec.columns, row, nothing_to_pick))
        if filled is not None:
            event.field.put(event.place, filled)


async def nothing_to_pick(field: PickedField) -> None:
    """None of these forms asks for a defect or a photo."""
