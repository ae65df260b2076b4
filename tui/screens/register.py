"""Putting an instrument into the register at the screen: one that was found on a port, or one read by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.errors import UsageError
from bench.instrument import InstrumentKind
from bench.language import N_, Message, _, msg
from bench.metrology import InstrumentRecord
from bench.procedure.model import FormField
from bench.registration import Registrar
from drivers import dialects
from drivers.manual import DIALECT as MANUAL
from drivers.probing import Found, speaking
from tui.commands.instruments_register import located
from tui.screens.asked import AskingRoom, asked

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


class RegisterScreen(AskingRoom):
    """Asks who the instrument is; `found` is what a probe has heard of it. The certificate is entered afterwards."""

    def __init__(self, found: Found | None = None) -> None:
        super().__init__()
        self.found = found

    def title_now(self) -> str:
        return _("An instrument for the register; its certificate is entered afterwards.")

    def fields(self) -> Sequence[FormField]:
        spoken = [(name, Message("{name}", {"name": name})) for name in speaking()]
        protocols = [(MANUAL, N_("none: its display is read")), *spoken]
        return (
            asked("id", "text", N_("Its name here: small letters, digits, hyphens")),
            asked("kind", "choice", N_("Kind"), [(kind.value, kind) for kind in InstrumentKind]),
            asked("dialect", "choice", N_("Protocol"), protocols),
            asked("model", "text", N_("Model")),
            asked("serial", "text", N_("Serial number")),
            asked("connection", "text", N_("Port (empty where its display is read)"), required=False),
        )

    def filled(self) -> Mapping[str, Any]:
        found = self.found
        if found is None or found.identity is None or found.kind is None:
            return {"dialect": MANUAL}
        return {
            "id": found.kind.value,
            "kind": found.kind.value,
            "dialect": found.dialect,
            "model": found.identity.model,
            "serial": found.identity.serial,
            "connection": found.port,
        }

    async def take(self, answers: Mapping[str, Any]) -> None:
        app = self.app
        record = _record(answers)
        if not _ID.fullmatch(record.id):
            wrong = UsageError(
                msg("“{id}” cannot name an instrument.", id=record.id),
                remedy=msg("Take small letters, digits and hyphens."),
            )
            self.blame("id", wrong)
            return

        def registered(pin: str | None) -> None:
            desk = app.workshop.desk
            desk.reauthenticate(pin)
            assert desk.operator is not None
            Registrar(desk.journal, desk.pool.records(), desk.clock).register(located(record), [], desk.operator)

        def checked() -> None:
            desk = app.workshop.desk
            Registrar(desk.journal, desk.pool.records(), desk.clock).check_new(record)

        await app.at_bench(checked)
        purpose = _("Register {id}").format(id=record.id)
        if not await app.with_pin(purpose, lambda pin: app.at_bench(registered, pin)):
            return
        words = _("{id} is registered. It measures from the next start of the program.").format(id=record.id)
        app.notify(words, markup=False, timeout=10)
        self.dismiss()


def _record(answers: Mapping[str, Any]) -> InstrumentRecord:
    """Return the line of the register. Raises UsageError for what does not go together."""
    dialect, kind = str(answers["dialect"]), InstrumentKind(answers["kind"])
    record = InstrumentRecord(str(answers["id"]), kind, str(answers["model"]), str(answers["serial"]), dialect, MANUAL)
    if dialect == MANUAL:
        return record
    spoken = dialects.load(dialect).kind
    if spoken is not kind:
        raise UsageError(
            msg("“{dialect}” is the protocol of another kind: {kind}.", dialect=dialect, kind=str(spoken)),
            remedy=msg("Choose the kind or the protocol that fits."),
        )
    if not answers.get("connection"):
        raise UsageError(
            msg("The port is not given."), remedy=msg("Write it as the system calls it, or let the bench look for it.")
        )
    return replace(record, connection=str(answers["connection"]))
