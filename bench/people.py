"""Who works at the bench: operators, their roles, their level, and the instruments they may use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.instrument import InstrumentKind
from bench.language import N_, _

LEVELS = (1, 2, 3, 4)
"""Technical levels, from simple exchanges (1) to what only the most experienced of the house do (4)."""


class Role(StrEnum):
    """What a person may do in the workshop (A, T, M, C, F of the procedures)."""

    RECEPTION = "reception"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    CONTROLLER = "controller"
    TRAINER = "trainer"
    TRAINEE = "trainee"

    def __str__(self) -> str:
        return _(_ROLES[self])


_ROLES = {
    Role.RECEPTION: N_("reception"),
    Role.TECHNICIAN: N_("technician"),
    Role.MANAGER: N_("workshop manager"),
    Role.CONTROLLER: N_("controller"),
    Role.TRAINER: N_("trainer"),
    Role.TRAINEE: N_("trainee"),
}


@dataclass(frozen=True)
class Operator:
    """One named person; there is no shared account (G-01).

    `badge` is what a scanner or the keyboard gives for them, their id where the house gives no badges. `level` is
    their technical level (`LEVELS`, G-25); a house that keeps no levels sets none, and nobody is held back: the
    highest. `instruments` are the kinds that they are authorised on (G-07), None where the house keeps no list.
    """

    id: str
    name: str
    roles: frozenset[Role]
    badge: str = ""
    level: int = LEVELS[-1]
    instruments: frozenset[InstrumentKind] | None = None

    def __post_init__(self) -> None:
        if not self.badge:
            object.__setattr__(self, "badge", self.id)

    def may_act_as(self, role: Role) -> bool:
        return role in self.roles

    def may_use(self, kind: InstrumentKind) -> bool:
        """Whether they are authorised on this kind of instrument (G-07)."""
        return self.instruments is None or kind in self.instruments

    def trains(self) -> bool:
        """Whether they are still learning: then no customer's watch, whatever their other roles (G-40)."""
        return Role.TRAINEE in self.roles

    def usual_role(self) -> Role:
        """Return the role they sign in with where none is named."""
        return min(self.roles, key=list(Role).index)
