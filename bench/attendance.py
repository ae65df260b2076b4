"""Who is here: who may sign in, the proof that it is they, and what the record says of every refusal."""

from __future__ import annotations

import re
from typing import Any

from bench.errors import Refusal, Refused
from bench.events import Draft, EventKind
from bench.house import House
from bench.journal import Journal
from bench.language import msg
from bench.people import Operator, Role
from bench.pins import Pins, WrongPin, check_shape

# What a PIN was asked for, as `sign-in-refused` names it.
SIGN_IN, UNLOCK, SIGNATURE, NEW_PIN = "sign-in", "unlock", "signature", "new-pin"
_NOBODY = msg("nobody")
_MANAGER = msg("a workshop manager")


class Attendance:
    """Admits people to a bench. `keys` is None where the house asks for no PIN."""

    def __init__(self, journal: Journal, house: House, keys: Pins | None) -> None:
        self._journal = journal
        self._house = house
        self._keys = keys

    def admit(self, operator: Operator, role: Role | None = None) -> None:
        """Raise Refused for a trainee outside a training workshop (G-40), and for a role that is not theirs."""
        if operator.trains() and not self._house.training:
            self._refused(SIGN_IN, "trainee", operator=operator.id)
            raise Refused(
                Refusal(
                    "G-40",
                    msg("{name} is a trainee, and this workshop's watches are customers'.", name=operator.name),
                    msg("Train in a workshop of its own: a folder with “training = true” in its house rules."),
                    _NOBODY,
                )
            )
        if role is not None and not operator.may_act_as(role):
            self._refused(SIGN_IN, "role", operator=operator.id)
            raise Refused(
                Refusal(
                    "role",
                    msg("{name} does not work here as {role}.", name=operator.name, role=role),
                    msg("Sign in with one of their own roles, or add this one in workshop.toml."),
                    _MANAGER,
                )
            )

    def unknown(self, badge: str) -> Refused:
        """Journal a badge that is nobody's, and return the refusal."""
        # A PIN that was typed in the badge's place must not come into the record.
        told = "•" * len(badge) if re.fullmatch(r"[0-9]{4,12}", badge) else badge[:80]
        self._refused(SIGN_IN, "unknown-badge", badge=told)
        return Refused(
            Refusal(
                "badge",
                msg("Nobody here has the badge {badge}.", badge=badge),
                msg("Scan it again, or choose a name in the list."),
                _NOBODY,
            )
        )

    def prove(self, operator: Operator, pin: str | None, purpose: str) -> None:
        """Return where this is `operator`, or where no PIN is asked. Raises Refused; `purpose` is journaled."""
        if self._keys is None:
            return
        if not self._keys.has(operator.id):
            raise Refused(
                Refusal(
                    "pin",
                    msg("{name} has no PIN yet.", name=operator.name),
                    msg("They choose one at the bench, or with “etabli operators pin {id}”.", id=operator.id),
                    _NOBODY,
                )
            )
        if pin is None:
            raise Refused(
                Refusal(
                    "pin",
                    msg("The PIN of {name} is needed: they must be here now.", name=operator.name),
                    msg("{name} types it.", name=operator.name),
                    _NOBODY,
                )
            )
        try:
            self._keys.check(operator.id, pin)
        except WrongPin as wrong:
            if wrong.looked_at:
                self._refused(purpose, "wrong-pin", operator=operator.id, attempts=wrong.attempts)
            raise

    def choose(self, operator: Operator, pin: str, old: str | None = None) -> None:
        """Keep a PIN that the person chose; who has one gives the old one too. Raises Refused, UsageError."""
        assert self._keys is not None
        check_shape(pin)
        self.admit(operator)
        changed = self._keys.has(operator.id)
        if changed:
            self.prove(operator, old, NEW_PIN)
        self._keys.set(operator.id, pin)
        self._journal.append(
            [Draft(EventKind.PIN_SET, {"operator": operator.id, "changed": changed}, None, operator.id)]
        )

    def reset(self, operator: Operator, by: Operator) -> None:
        """Let another person choose a new PIN, for a manager who has proven to be here. Raises Refused."""
        assert self._keys is not None
        if not by.may_act_as(Role.MANAGER) or by.id == operator.id:
            raise Refused(
                Refusal(
                    "pin",
                    msg("{name} may not reset this PIN.", name=by.name),
                    msg("A workshop manager resets the PIN of somebody else; one's own is changed with the old one."),
                    _MANAGER,
                )
            )
        self._keys.clear(operator.id)
        self._journal.append([Draft(EventKind.PIN_RESET, {"operator": operator.id}, None, by.id)])

    def _refused(self, purpose: str, why: str, **about: Any) -> None:
        self._journal.append([Draft(EventKind.SIGN_IN_REFUSED, {"for": purpose, "why": why, **about})])
