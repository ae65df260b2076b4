"""`etabli instruments register · port · suspend · release`: what people write into the register."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.errors import UsageError
from bench.language import _, msg
from bench.metrology import Certificate, InstrumentRecord
from bench.registration import Registrar, must_manage
from drivers.adapters import usb_of
from drivers.registry import capabilities
from tui import proof, register_file
from tui.folder import Folder
from tui.workshop import Workshop


def run(arguments: Namespace) -> int:
    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by)
        proof.sign_in(workshop.desk, operator)
        registrar = Registrar(workshop.journal, workshop.settings.records, workshop.desk.clock)
        match arguments.act:
            case "register":
                must_manage(operator)
                _register(arguments, workshop, registrar)
            case "port":
                usb = usb_of(arguments.port)
                registrar.found(arguments.id, arguments.port, usb, None, operator)
                shown = " ".join(f"{key}={value}" for key, value in usb.items())
                print(f"{arguments.id}: {arguments.port} {shown}".rstrip())
            case "suspend":
                registrar.suspend(arguments.id, arguments.reason, operator)
                print(f"{arguments.id}: {_('suspended')}")
            case _:
                registrar.release(arguments.id, arguments.reason, operator)
                state = registrar.record(arguments.id).calibration(workshop.desk.clock.now().date())
                print(f"{arguments.id}: {_('released')}; {state}")
    return 0


def _register(arguments: Namespace, workshop: Workshop, registrar: Registrar) -> None:
    path = Path(arguments.file)
    file = register_file.load(path)
    if (file.instrument is None) == (arguments.id is None):
        raise UsageError(
            msg("{file} must hold a new [instrument], or --id must name the instrument it is for.", file=path.name),
            remedy=msg("Give one of the two."),
        )
    if not file.certificate and file.instrument is None:
        raise UsageError(msg("{file} holds no [[certificate]].", file=path.name))
    if file.instrument is not None:
        record = located(file.instrument.record())
        registrar.check_new(record)
    else:
        record = registrar.record(arguments.id)
    documents = [register_file.document(entry, path.parent) for entry in file.certificate]
    certificates = [
        entry.certificate(kept[1:] if kept else ("", ""))
        for entry, kept in zip(file.certificate, documents, strict=True)
    ]
    check_quantities(record, certificates)
    registrar.check_certificates(record, certificates)
    for kept in documents:
        if kept is not None:
            register_file.keep(kept[0], workshop.folder.certificates, kept[1])
    operator = workshop.operator(arguments.by)
    if file.instrument is not None:
        registrar.register(record, certificates, operator)
    else:
        for found in registrar.accept(record.id, certificates, operator):
            _tell(found.instrument, found.certificate or "", len(found.changed))
    now = registrar.record(record.id)
    state = now.calibration(workshop.desk.clock.now().date())
    due = f", {_('until {date}').format(date=now.certificate.due)}" if now.certificate else ""
    print(f"{now.id}: {now.model} n° {now.serial}, {state}{due}")


def _tell(instrument: str, certificate: str, changed: int) -> None:
    sentence = _(
        "Certificate {number} found {instrument} out of tolerance: {count} verdicts change. “{command}” lists them."
    )
    command = f"etabli instruments impact {instrument}"
    print(sentence.format(number=certificate, instrument=instrument, count=changed, command=command))


def located(record: InstrumentRecord) -> InstrumentRecord:
    """Return the record with the identity of the adapter behind its port, where it has one."""
    usb = usb_of(record.connection)
    return replace(record, options={**record.options, "usb": usb}) if usb and "usb" not in record.options else record


def check_quantities(record: InstrumentRecord, certificates: Sequence[Certificate]) -> None:
    """Raise UsageError for a certificate that states U of what the instrument does not measure."""
    known = {entry.quantity for entry in capabilities(record)}
    for certificate in certificates:
        foreign = [key for key in certificate.expanded if key not in known]
        if foreign:
            raise UsageError(
                msg(
                    "Certificate {number} is about {foreign}; {model} measures {known}.",
                    number=certificate.number,
                    foreign=", ".join(foreign),
                    model=record.model,
                    known=", ".join(sorted(known)) or "—",
                ),
                remedy=msg("Correct the quantity, or state it as a [[instrument.capability]]."),
            )
