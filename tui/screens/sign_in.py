"""Who works at the bench: a badge that is typed or scanned, or an operator in one of their roles from the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from bench.language import N_, _
from bench.people import Operator, Role
from tui.screens.dialogs import Words
from tui.screens.room import Room
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList


@dataclass(frozen=True)
class Place:
    """One operator in one role."""

    operator: Operator
    role: Role


_ORDER = (Role.TECHNICIAN, Role.CONTROLLER, Role.MANAGER, Role.RECEPTION, Role.TRAINEE, Role.TRAINER)


class People(PickList[Place]):
    """The list of places; what is typed and ended with Enter may also be a badge."""

    class Badge(Message):
        """Enter was pressed on what is no name in the list, or is somebody's badge."""

        def __init__(self, badge: str) -> None:
            super().__init__()
            self.badge = badge

    # What stands in the search because a badge was read; Enter then chooses among that person's roles.
    _read = ""

    def action_main(self) -> None:
        typed = self.sought.strip()
        badges = {row.operator.badge.casefold() for row in self.rows}
        if typed and typed != self._read and (not self.found or typed.casefold() in badges):
            self.post_message(self.Badge(typed))
        else:
            super().action_main()

    def only(self, operator: Operator) -> None:
        """Keep this operator's roles in sight."""
        self.sought = self._read = operator.name
        self.cursor = 0
        self._search()
        self.refresh()


class SignInScreen(Room):
    """Lists every operator in each of their roles; F4, which leads here, locks the bench instead.

    `badge` is one that was scanned before this screen was opened.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "lock", N_("Lock the bench"), id="operator"),
        Binding("escape", "back", N_("Back"), id="back"),
    ]

    def __init__(self, badge: str = "") -> None:
        super().__init__()
        self._badge = badge

    def furnish(self) -> ComposeResult:
        yield Words(self.question, classes="question")
        keys = self.app.workshop.desk.keys
        if keys is not None and keys.preset:
            preset = keys.preset
            said = (
                N_("Training: the trainees' PIN is {pin}; a trainer chooses one.")
                if keys.own
                else N_("Demonstration: everybody's PIN is {pin}.")
            )
            yield Words(lambda: _(said).format(pin=preset), classes="demonstration")
        yield Panel()
        yield People(
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
        people = self.query_one(People)
        people.fill(places)
        people.focus()
        if self._badge:
            self.take_badge(self._badge)

    def question(self) -> str:
        """Return what is asked here."""
        return _("Who works at the bench? Scan or type a badge, or choose a name.")

    def main_word(self) -> str:
        return _("Sign in")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back" and self.app.operator is None:
            return False
        if action == "lock" and self.app.closed("lock"):
            return False
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        if not self.query_one(People).clear_search():
            self.dismiss()

    def action_lock(self) -> None:
        """Leave the bench locked instead of changing over."""
        self.dismiss()
        self.app.call_later(self.app.lock, "person")

    def on_key(self, event: events.Key) -> None:
        self.query_one(Panel).clear()

    def take_badge(self, badge: str) -> None:
        """Go on as the person whose badge this is; where they have several roles, they choose one of them."""
        people = self.query_one(People)
        theirs = [place for place in people.rows if place.operator.badge.casefold() == badge.casefold()]
        if not theirs:
            people.clear_search()
            self.app.attempt(self._say_unknown, badge)
        elif len(theirs) == 1:
            self.app.signed_in(theirs[0].operator, theirs[0].role)
        else:
            people.only(theirs[0].operator)

    async def _say_unknown(self, badge: str) -> None:
        raise await self.app.at_bench(self.app.workshop.desk.attendance.unknown, badge)

    def on_people_badge(self, event: People.Badge) -> None:
        self.take_badge(event.badge)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        place = event.row
        assert isinstance(place, Place)
        self.app.signed_in(place.operator, place.role)
