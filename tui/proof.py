"""Where a PIN comes from without the bench's screen: the environment, the demonstration, the keyboard."""

from __future__ import annotations

import getpass
import os
import re
import sys

from bench.desk import Desk
from bench.errors import UsageError
from bench.language import _, msg
from bench.people import Operator


def variable(operator_id: str) -> str:
    """Return the environment variable that holds an operator's PIN: ETABLI_PIN_ and their id in capitals."""
    return "ETABLI_PIN_" + re.sub(r"[^A-Z0-9]", "_", operator_id.upper())


def pin_of(desk: Desk, operator: Operator) -> str | None:
    """Return the PIN to prove `operator` with, None where the house asks none or they have none yet.

    Raises UsageError, naming the variable, where nothing gives it.
    """
    if desk.keys is None or not desk.keys.has(operator.id):
        return None
    pin = os.environ.get(variable(operator.id), "").strip() or desk.keys.preset_for(operator.id)
    if not pin:
        raise UsageError(
            msg("The PIN of {name} is needed, and nobody is here to type it.", name=operator.name),
            remedy=msg("Put it into the environment variable {variable}.", variable=variable(operator.id)),
        )
    return pin


def sign_in(desk: Desk, operator: Operator) -> None:
    """Sign in who does something from the command line, with the PIN from the environment or the keyboard.

    Raises UsageError where nothing gives it, Refused where it is wrong.
    """
    desk.authenticate(operator, ask_or_take(desk, operator))


def ask(question: str) -> str:
    """Ask for a PIN on the terminal, without an echo. Raises UsageError where there is none."""
    if not sys.stdin.isatty():
        raise UsageError(
            msg("A PIN is asked for on a terminal; here there is none."), remedy=msg("Run this command in a terminal.")
        )
    return getpass.getpass(f"{question}: ").strip()


def ask_or_take(desk: Desk, operator: Operator) -> str | None:
    """Return the PIN as `pin_of` does, and ask for it on a terminal where nothing gives it."""
    try:
        return pin_of(desk, operator)
    except UsageError:
        if not sys.stdin.isatty():
            raise
        return ask(_("PIN of {name}").format(name=operator.name))
