"""`etabli instruments list`: the register, with the state of calibration today."""

from __future__ import annotations

from argparse import Namespace
from datetime import date

from bench.language import _
from bench.metrology import InstrumentRecord
from tui import lines
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    settings = Folder.home().settings()
    records = list(settings.records)
    if settings.simulation is not None:
        from drivers.simulated import SimulatedBench

        with SimulatedBench(seed=settings.simulation.seed) as bench:
            records = [*bench.records, *records]
    headings = [
        _("instrument"),
        _("kind"),
        _("model"),
        _("serial number"),
        _("protocol"),
        _("port"),
        _("calibration"),
        _("due"),
    ]
    print(lines.table(headings, [_cells(record) for record in records]))
    return 0


def _cells(record: InstrumentRecord) -> list[str]:
    today = date.today()
    certificate = record.certificate
    return [
        record.id,
        str(record.kind),
        record.model,
        record.serial,
        record.dialect,
        _("simulated") if record.simulated else record.connection,
        str(record.calibration(today)),
        certificate.due.isoformat() if certificate else "—",
    ]
