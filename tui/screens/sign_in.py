"""Who works at the bench: an operator in one of their roles, chosen with the arrows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from bench.language import N_, _
from bench.people import Operator, Role
from tui.screens.dialogs import Words
from tui.screens.room import Room
from tui.widgets.picklist import Column, PickList


@dataclass(frozen=True)
class Place:
    """One operator in one role."""

    operator: Operator
    role: Role


_ORDER = (Role.TECHNICIAN, Role.CONTROLLER, Role.MANAGER, Role.RECEPTION, Role.TRAINEE, Role.TRAINER)


class SignInScreen(Room):
    """Lists every operator in each of their roles."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", N_("Back"), id="back")]

    def furnish(self) -> ComposeResult:
        yield Words(lambda: _("Who works at the bench?"), classes="question")
        yield PickList[Place](
            [
                Column(N_("name"), 28, lambda place: place.operator.name),
                Column(N_("role"), 0, lambda place: str(place.role)),
            ],
            nothing=N_("No operator is known to this workshop."),
        )

    def on_mount(self) -> None:
        places = [
            Place(operator, role)
            for operator in self.app.workshop.operators
            for role in _ORDER
            if operator.may_act_as(role)
        ]
        places.sort(key=lambda place: _ORDER.index(place.role))
        people = self.query_one(PickList)
        people.fill(places)
        people.focus()

    def main_word(self) -> str:
        return _("Sign in")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back" and self.app.operator is None:
            return False
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        if not self.query_one(PickList).clear_search():
            self.dismiss()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        place = event.row
        assert isinstance(place, Place)
        self.app.signed_in(place.operator, place.role)
