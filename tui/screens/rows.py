"""Dialogs of a form: one line of a table, a list to pick one thing from, a safety card to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget

from bench.language import N_, _
from tui.screens.dialogs import DialogKeys, Words
from tui.widgets.form import Form
from tui.widgets.form_lists import PickedField
from tui.widgets.picklist import Column, PickList

if TYPE_CHECKING:
    from bench.procedure.model import FormField
    from bench.safety_cards import SafetyCard

Option = tuple[str, str]
"""What an option stands for, and how it reads."""
Pick = Callable[[PickedField], Awaitable[None]]
"""Lets a person pick a defect or a photo for a field."""


class FormDialog(ModalScreen[dict[str, Any] | None]):
    """Fills in a few fields over the bench: a line of a table, a correction; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Cancel"), id="back")]

    def __init__(self, question: str, fields: Sequence[FormField], filled: Mapping[str, Any], pick: Pick) -> None:
        super().__init__()
        self.question = question
        self.fields = fields
        self.filled = filled
        self.pick = pick

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Words(lambda: self.question, classes="question")
            yield Form()
            yield DialogKeys()

    async def on_mount(self) -> None:
        await self.query_one(Form).ask(self.fields, self.filled)

    def on_form_complete(self, event: Form.Complete) -> None:
        event.stop()
        self.dismiss(dict(self.query_one(Form).answers()))

    def on_picked_field_wanted(self, event: PickedField.Wanted) -> None:
        event.stop()
        self.run_worker(self._pick(event.field))

    async def _pick(self, field: PickedField) -> None:
        await self.pick(field)


class Options(Widget, can_focus=True):
    """A short list whose entries are read in full: the arrows and Enter, or a click."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", N_("Row above"), show=False, id="up"),
        Binding("down", "move(1)", N_("Row below"), show=False, id="down"),
        Binding("home", "move(-1000)", N_("First row"), show=False, id="first"),
        Binding("end", "move(1000)", N_("Last row"), show=False, id="last"),
        Binding("enter", "main", N_("Choose"), id="main"),
    ]

    class Picked(Message):
        """An entry was taken; `option` is what it stands for."""

        def __init__(self, option: str) -> None:
            super().__init__()
            self.option = option

    def __init__(self, options: Sequence[Option]) -> None:
        super().__init__()
        self.options = options
        self.cursor = 0
        self._tops: list[int] = []

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(self.options) - 1))
        self.refresh()
        if isinstance(self.parent, VerticalScroll) and self.cursor < len(self._tops):
            self.parent.scroll_to_region(Region(0, self._tops[self.cursor], 1, 2), animate=False)

    def action_main(self) -> None:
        self.post_message(self.Picked(self.options[self.cursor][0]))

    def on_click(self, event: events.Click) -> None:
        self.cursor = max(place for place, top in enumerate(self._tops) if top <= event.y)
        self.action_main()

    def render(self) -> Content:
        width = (self.size.width or 70) - 3
        lines: list[Content] = []
        self._tops = []
        for place, (_what, words) in enumerate(self.options):
            here = place == self.cursor
            self._tops.append(len(lines))
            for n, part in enumerate(wrap(words, width) or [""]):
                sign = "▶ " if here and n == 0 else "  "
                lines.append(Content.assemble((sign, "bold $primary"), (part, "bold" if here else "")))
        return Content("\n").join(lines)


class PickDialog(ModalScreen[str | None]):
    """Picks one of many, by letters where it is `searchable`; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Cancel"), id="back")]

    def __init__(self, question: str, options: Sequence[Option], *, searchable: bool = True) -> None:
        super().__init__()
        self.question = question
        self.options = options
        self.searchable = searchable

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide tall" if self.searchable else "dialog wide"):
            yield Words(lambda: self.question, classes="question")
            if self.searchable:
                yield PickList([Column("", 0, lambda option: str(option[1]))])
            else:
                with VerticalScroll(can_focus=False, classes="options"):
                    yield Options(self.options)
            yield DialogKeys()

    def on_mount(self) -> None:
        if self.searchable:
            picked = self.query_one(PickList)
            picked.fill(self.options)
            picked.focus()
        else:
            self.query_one(Options).focus()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        event.stop()
        option = event.row
        assert isinstance(option, tuple)
        self.dismiss(str(option[0]))

    def on_options_picked(self, event: Options.Picked) -> None:
        event.stop()
        self.dismiss(event.option)


class CardDialog(ModalScreen[bool]):
    """Shows a machine's safety card; True once it is acknowledged."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)", N_("I have read it"), id="main"),
        Binding("escape", "dismiss(False)", N_("Cancel"), id="back"),
    ]

    def __init__(self, machine: str, card: SafetyCard | None) -> None:
        super().__init__()
        self.machine = machine
        self.card = card

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Words(self._title, classes="question")
            for said in self._said():
                yield Words(said)
            yield DialogKeys()

    def _title(self) -> str:
        return _("Safety card: {machine}").format(machine=self.card.title if self.card else self.machine)

    def _said(self) -> list[Callable[[], str]]:
        card = self.card
        if card is None:
            return [lambda: _("Read the card that hangs at the machine.")]
        return [lambda: f"⚠ {card.dangers}", *((lambda line=line: f"• {line}") for line in card.before)]
