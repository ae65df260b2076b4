"""Entering a calibration certificate of an instrument: the manager's act, signed with the PIN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import datafile
from bench.dates import iso_day
from bench.impact import Review
from bench.instrument import Capability
from bench.language import N_, Message, _
from bench.metrology import Certificate, InstrumentRecord
from bench.procedure.model import FormField
from bench.quantities import QUANTITIES
from bench.registration import Registrar
from tui import register_file
from tui.commands.instruments_register import check_quantities
from tui.screens.asked import AskingRoom, asked

COMMON = ("number", "laboratory", "accreditation", "issued", "interval_days", "serial", "document")


def certificate_fields(capabilities: Sequence[Capability]) -> tuple[FormField, ...]:
    """Return what is asked of a certificate of an instrument that can do this."""
    quantities = [
        (entry.quantity, Message("{name}", {"name": QUANTITIES[entry.quantity].name})) for entry in capabilities
    ]
    columns = (
        asked("quantity", "choice", N_("Quantity"), quantities),
        asked("expanded", "text", N_("U (k = 2), with its unit"), required=False),
        asked("as_found", "text", N_("Error as found"), required=False),
        asked("as_left", "text", N_("Error as left"), required=False),
        asked("tolerance", "text", N_("Largest error allowed"), required=False),
    )
    fields: tuple[FormField, ...] = (
        asked("number", "text", N_("Number of the certificate")),
        asked("laboratory", "text", N_("Laboratory")),
        asked("accreditation", "text", N_("Accreditation"), required=False),
        asked("issued", "text", N_("Date of issue")),
        asked("interval_days", "text", N_("Interval in days")),
        asked("serial", "text", N_("Serial number on the certificate")),
        asked("document", "text", N_("The document's file (PDF, scan)"), required=False),
    )
    if quantities:
        fields = (*fields, asked("point", "lines", N_("What it states"), required=False, columns=columns))
    return fields


def read_certificate(answers: Mapping[str, Any]) -> register_file.CertificateFile:
    """Return the certificate as it was filled in. Raises EtabliError naming what is wrong."""
    data = {name: str(answers[name]) for name in COMMON if answers.get(name)}
    data["issued"] = iso_day(data["issued"])
    points = [{name: value for name, value in row.items() if value} for row in answers.get("point") or ()]
    place = Path(_("certificate"))
    return datafile.validate({**data, "point": points}, register_file.CertificateFile, place)


class CertificateScreen(AskingRoom):
    """One more certificate for a known instrument; the older ones stay."""

    def __init__(self, record: InstrumentRecord, capabilities: Sequence[Capability]) -> None:
        super().__init__()
        self.record = record
        self.capabilities = capabilities

    def title_now(self) -> str:
        record = self.record
        return _("A certificate of {id}: {model} n° {serial}").format(
            id=record.id, model=record.model, serial=record.serial
        )

    def fields(self) -> Sequence[FormField]:
        return certificate_fields(self.capabilities)

    def filled(self) -> Mapping[str, Any]:
        return {"serial": self.record.serial, "interval_days": "365"}

    async def take(self, answers: Mapping[str, Any]) -> None:
        app, record = self.app, self.record
        entry = read_certificate(answers)

        def prepared() -> tuple[Certificate, tuple[Path, str, str] | None]:
            kept = register_file.document(entry, Path.home())
            made = entry.certificate(kept[1:] if kept else ("", ""))
            check_quantities(record, [made])
            self._registrar().check_certificates(record, [made])
            return made, kept

        certificate, kept = await app.at_bench(prepared)
        reviews: list[Review] = []

        def accepted(pin: str | None) -> None:
            desk = app.workshop.desk
            desk.reauthenticate(pin)
            assert desk.operator is not None
            if kept is not None:
                register_file.keep(kept[0], app.workshop.folder.certificates, kept[1])
            reviews.extend(self._registrar().accept(record.id, [certificate], desk.operator))

        purpose = _("Certificate {number} of {id}").format(number=certificate.number, id=record.id)
        if not await app.with_pin(purpose, lambda pin: app.at_bench(accepted, pin)):
            return
        app.notify(_("Certificate {number} is entered.").format(number=certificate.number), markup=False)
        self.dismiss()
        if reviews:
            from tui.screens.review import ReviewScreen

            await app.push_screen(ReviewScreen(reviews[0]))

    def _registrar(self) -> Registrar:
        desk = self.app.workshop.desk
        return Registrar(desk.journal, desk.pool.records(), desk.clock)
