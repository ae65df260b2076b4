"""Who works at the bench: operators and their roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.language import N_, _


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
    """One named person; there is no shared account (G-01)."""

    id: str
    name: str
    roles: frozenset[Role]

    def may_act_as(self, role: Role) -> bool:
        return role in self.roles
