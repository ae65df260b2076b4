"""`etabli instruments probe`: who answers on which port; registered instruments are remembered by their adapter."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from bench.errors import EtabliError, ExitCode
from bench.language import _
from bench.metrology import InstrumentRecord
from bench.register import Register
from bench.registration import Registrar
from drivers.adapters import ports, usb_of
from drivers.probing import Found, probe, probe_visa
from drivers.registry import is_manual
from tui.folder import Folder
from tui.workshop import Workshop


def run(arguments: Namespace) -> int:
    asked = arguments.ports or [str(port.device) for port in ports()]
    if not asked:
        print(_("This computer has no serial port."), file=sys.stderr)
    folder = Folder.home()
    known = _known(folder)
    answered: list[Found] = []
    for found in probe(asked):
        _say(found, known)
        answered.append(found)
    if not arguments.ports:
        for found in probe_visa():
            _say(found, known)
            answered.append(found)
    new = _to_remember([found for found in answered if found.identity], known)
    if new:
        _remember(folder, new)
    return ExitCode.OK if any(found.identity for found in answered) else ExitCode.INSTRUMENT


def _known(folder: Folder) -> tuple[InstrumentRecord, ...]:
    """Return the register's lines; none where there is no workshop yet."""
    if not folder.file.exists():
        return ()
    records = folder.settings().records
    if not folder.journal.exists():
        return records
    with folder.read_journal() as journal:
        return Register(journal).lines(records)


def _say(found: Found, known: Sequence[InstrumentRecord]) -> None:
    usb = " ".join(f"{key}={value}" for key, value in usb_of(found.port).items())
    if found.identity is None:
        what = str(found.error.why or found.error) if found.error else _("nobody answers")
    else:
        serial = f" n° {found.identity.serial}" if found.identity.serial else ""
        fitting = fits(found, known)
        names = ", ".join(record.id for record in fitting) or _("not in the register")
        what = f"{found.identity.model}{serial}, {found.dialect}: {names}"
    print(f"{found.port}  {f'[{usb}]  ' if usb else ''}{what}", flush=True)


def fits(found: Found, known: Sequence[InstrumentRecord]) -> list[InstrumentRecord]:
    """Return the lines that this may be: same protocol, model and, where the protocol tells it, serial number."""
    identity = found.identity
    assert identity is not None
    return [
        record
        for record in known
        if not is_manual(record)
        and record.dialect == found.dialect
        and record.model == identity.model
        and identity.serial in ("", record.serial)
    ]


def _to_remember(answered: Sequence[Found], known: Sequence[InstrumentRecord]) -> list[tuple[InstrumentRecord, Found]]:
    """Return which instrument stands at which new place, where there is only one answer to that."""
    places: dict[str, list[tuple[InstrumentRecord, Found]]] = {}
    for found in answered:
        fitting = fits(found, known)
        if len(fitting) > 1:
            names = ", ".join(record.id for record in fitting)
            _advise(_("{port} may be any of {names}.").format(port=found.port, names=names))
        elif fitting:
            places.setdefault(fitting[0].id, []).append((fitting[0], found))
    new = []
    for name, pairs in places.items():
        record, found = pairs[0]
        if len(pairs) > 1:
            where = ", ".join(each.port for _record, each in pairs)
            _advise(_("{name} may be at any of {ports}.").format(name=name, ports=where))
        elif (record.connection, dict(record.options.get("usb", {}))) != (found.port, usb_of(found.port)):
            new.append((record, found))
    return new


def _advise(finding: str) -> None:
    print(finding, _("Say which it is: “etabli instruments port ID PORT”."), file=sys.stderr)


def _remember(folder: Folder, new: Sequence[tuple[InstrumentRecord, Found]]) -> None:
    try:
        with Workshop.open(folder, instruments=False) as workshop:
            registrar = Registrar(workshop.journal, workshop.settings.records, workshop.desk.clock)
            for record, found in new:
                registrar.found(record.id, found.port, usb_of(found.port), found.identity)
                print(_("{name} is remembered at {port}.").format(name=record.id, port=found.port))
    except EtabliError as error:
        print(_("Not remembered:"), error, file=sys.stderr)
