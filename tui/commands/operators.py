"""`etabli operators list · pin`: who works here, and their PINs."""

from __future__ import annotations

from argparse import Namespace

from bench.attendance import NEW_PIN
from bench.errors import UsageError
from bench.language import _, msg
from bench.people import Operator, Role
from bench.pins import Pins, check_shape
from bench.running import Clock
from tui import lines, proof
from tui.folder import Folder
from tui.settings import Settings


def run(arguments: Namespace) -> int:
    if arguments.act == "list":
        _list(Folder.home())
    elif arguments.reset:
        _reset(arguments.id, arguments.by)
    else:
        _choose(arguments.id, arguments.by)
    return 0


def _list(folder: Folder) -> None:
    settings = folder.settings()
    keys = Pins(folder.pins, Clock())
    headings = [_("id"), _("badge"), _("name"), _("roles"), _("level"), _("authorised on"), _("PIN")]
    print(lines.table(headings, [_cells(settings, keys, operator) for operator in settings.operators]))


def _cells(settings: Settings, keys: Pins, operator: Operator) -> list[str]:
    roles = ", ".join(str(role) for role in Role if role in operator.roles)
    allowed = operator.instruments
    kinds = _("everything") if allowed is None else ", ".join(sorted(map(str, allowed))) or _("nothing")
    return [
        operator.id,
        operator.badge,
        operator.name,
        roles,
        str(operator.level),
        kinds,
        _pin(settings, keys, operator),
    ]


def _pin(settings: Settings, keys: Pins, operator: Operator) -> str:
    if not settings.pins:
        return _("not asked")
    if keys.has(operator.id):
        return _("chosen")
    if settings.simulation is not None and operator.id not in settings.choosers:
        return _("{pin} (demonstration)").format(pin=settings.simulation.pin)
    return _("chosen at the next sign-in")


def _choose(operator_id: str, by: str | None) -> None:
    """Set the first PIN of a person, or change it: whoever has one types it first."""
    if by is not None:
        raise UsageError(msg("--by goes with --reset: a PIN is chosen by the person whose it is."))
    from tui.workshop import Workshop

    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(operator_id)
        keys = _keys(workshop.desk.keys)
        old = proof.ask_or_take(workshop.desk, operator) if keys.has(operator_id) else None
        if old is not None:
            workshop.desk.attendance.prove(operator, old, NEW_PIN)
        new = proof.ask(_("New PIN of {name}").format(name=operator.name))
        check_shape(new)
        if proof.ask(_("The same once more")) != new:
            raise UsageError(msg("The two are not the same: nothing was changed."), remedy=msg("Type it again."))
        workshop.desk.attendance.choose(operator, new, old)
        print(f"{operator.id}: {_('PIN chosen')}")


def _reset(operator_id: str, by: str | None) -> None:
    """Let a manager, who proves to be here, make somebody choose a new PIN."""
    if by is None:
        raise UsageError(
            msg("A reset needs a workshop manager."), remedy=msg("Name one: --by ID; their own PIN is asked for.")
        )
    from tui.workshop import Workshop

    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator, manager = workshop.operator(operator_id), workshop.operator(by)
        _keys(workshop.desk.keys)
        workshop.desk.authenticate(manager, proof.ask_or_take(workshop.desk, manager), Role.MANAGER)
        workshop.desk.attendance.reset(operator, manager)
        print(f"{operator.id}: {_('PIN forgotten; a new one is chosen at the next sign-in')}")


def _keys(keys: Pins | None) -> Pins:
    if keys is None:
        raise UsageError(
            msg("This workshop asks for no PIN."), remedy=msg("Its house rules say “pins = false” in workshop.toml.")
        )
    return keys
