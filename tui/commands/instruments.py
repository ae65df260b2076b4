"""`etabli instruments list · check · impact`: the register today, the daily check, what rests on an instrument."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import EtabliError, ExitCode, UsageError
from bench.language import _, msg
from bench.metrology import InstrumentRecord
from tui import lines, proof
from tui.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.impact import Affected, Review
    from bench.journal import Journal
    from bench.quantities import Quantity
    from bench.reviews import Reviews


def run(arguments: Namespace) -> int:
    match arguments.act:
        case "check":
            return _check(arguments)
        case "impact":
            return _impact(arguments)
        case _:
            return _list()


def _list() -> int:
    from bench.register import Register

    folder = Folder.home()
    given = _given(folder)
    with _journal(folder) as journal:
        records = Register(journal).records(given) if journal is not None else given
    headings = [
        _("instrument"),
        _("kind"),
        _("model"),
        _("serial number"),
        _("protocol"),
        _("port"),
        _("there"),
        _("calibration"),
        _("due"),
    ]
    print(lines.table(headings, [_cells(record) for record in records]))
    return 0


def _given(folder: Folder) -> tuple[InstrumentRecord, ...]:
    """Return the lines of workshop.toml; of a demonstration workshop the simulated ones first."""
    settings = folder.settings()
    if settings.simulation is None:
        return settings.records
    from drivers.simulated import SimulatedBench

    with SimulatedBench(seed=settings.simulation.seed) as bench:
        return (*bench.records, *settings.records)


@contextmanager
def _journal(folder: Folder) -> Iterator[Journal | None]:
    """Open the journal for reading, None where the workshop has none yet."""
    if not folder.journal.exists():
        yield None
        return
    with folder.read_journal() as journal:
        yield journal


def _cells(record: InstrumentRecord) -> list[str]:
    today = date.today()
    certificate = record.certificate
    port, there = _port(record)
    return [
        record.id,
        str(record.kind),
        record.model,
        record.serial,
        record.dialect,
        port,
        there,
        str(record.calibration(today)),
        certificate.due.isoformat() if certificate else "—",
    ]


def _port(record: InstrumentRecord) -> tuple[str, str]:
    """Return where the instrument is and whether its port is there; no port is opened to know it."""
    from drivers.registry import is_manual, where

    if record.simulated:
        return _("simulated"), "—"
    if is_manual(record):
        return record.connection, "—"
    try:
        port = where(record)
    except EtabliError as error:
        return record.connection, str(error.why or error)
    if "://" in port or "::" in port:
        return port, "—"
    return port, _("yes") if _present(port) else _("no")


def _present(port: str) -> bool:
    from drivers.adapters import ports

    return any(entry.device == port for entry in ports()) or (port.startswith("/") and Path(port).exists())


def _check(arguments: Namespace) -> int:
    from bench.checking import check
    from bench.instrument import Stopped
    from bench.register import FAIL, PASS
    from drivers.registry import is_manual
    from tui.headless import SafeEnd
    from tui.workshop import Workshop

    asker = _key_in if sys.stdin.isatty() else None
    with Workshop.open(Folder.home(), asker=asker) as workshop:
        proof.sign_in(workshop.desk, workshop.operator(arguments.by))
        by_hand = any(record.id == arguments.id and is_manual(record) for record in workshop.records)
        end = SafeEnd(workshop.desk.stop)
        try:
            with nullcontext() if by_hand else end:
                done = check(workshop.desk, arguments.id)
        except Stopped:
            if not end.number:
                raise
            print(_("Ended by a signal: the instrument is safe, there was no check."), file=sys.stderr)
            return 128 + end.number
    print(lines.measurement_line(done.judged))
    words = {PASS: _("passed"), FAIL: _("failed")}
    state = done.record.calibration(date.today())
    print(f"{done.record.id}: {_('daily check')} {words.get(done.result, _('without result'))}; {state}")
    if done.review is not None:
        print()
        _show(done.review)
    return {PASS: ExitCode.OK, FAIL: ExitCode.NONCONFORMING}.get(done.result, ExitCode.FAILURE)


def _key_in(quantity: Quantity, label: str) -> str:
    return input(f"{lines.named(quantity, label)}: ")


def _impact(arguments: Namespace) -> int:
    from bench.events import EventKind
    from bench.impact import Review, review
    from bench.register import SHELF, Register
    from bench.reviews import Reviews
    from drivers.registry import capabilities

    folder = Folder.home()
    given = _given(folder)
    with folder.read_journal() as journal:
        records = {record.id: record for record in Register(journal).records(given)}
        opened = [
            event.payload
            for event in journal.events(order=SHELF, kinds=[EventKind.IMPACT_REVIEW_OPENED])
            if event.payload["instrument"] == arguments.id
        ]
        if arguments.id not in records:
            raise UsageError(
                msg("There is no instrument “{instrument}” in the register.", instrument=arguments.id),
                remedy=msg("Registered: {known}.", known=", ".join(records) or "—"),
            )
        if arguments.error or not opened:
            record = records[arguments.id]
            asked = dict(_error(each) for each in arguments.error)
            errors = asked or {entry.quantity: 0.0 for entry in capabilities(record)}
            found = review(journal, record, errors, cause="asked")
        else:
            found = Review.from_json(opened[-1])
        _show(found, Reviews().catch_up(journal), _titles(journal, found))
    return 0


def _titles(journal: Journal, found: Review) -> dict[tuple[str, str], str]:
    """Return what the steps of a review's verdicts are called, by (order, step)."""
    from bench.journal.titles import StepTitles

    titles, named = StepTitles(journal), {}
    rows = {number: journal.order(number) for number in {entry.order for entry in found.verdicts}}
    for entry in found.verdicts:
        row = rows[entry.order]
        title = titles.of(entry.order, row.procedure, entry.step) if row is not None else None
        named[entry.order, entry.step] = str(title or entry.step)
    return named


def _error(written: str) -> tuple[str, float]:
    """Read "leak_rate=+3 µg/min". Raises UsageError."""
    from bench.quantities import QUANTITIES, Value

    key, _equals, value = written.partition("=")
    if key not in QUANTITIES:
        raise UsageError(
            msg("“{key}” is no quantity.", key=key),
            remedy=msg("Write the error as leak_rate=+3 µg/min. Known: {known}.", known=", ".join(QUANTITIES)),
        )
    return key, Value.parse(key, value).magnitude


def _show(found: Review, reviews: Reviews | None = None, titles: Mapping[tuple[str, str], str] | None = None) -> None:
    from bench.quantities import QUANTITIES, Value

    for key, error in found.errors.items():
        if error:
            print(
                _("error of {quantity}: {error}").format(quantity=QUANTITIES[key], error=Value(QUANTITIES[key], error))
            )
    if not found.verdicts:
        print(_("No verdict of {instrument} since its last good check.").format(instrument=found.instrument))
        return
    headings = [
        "",
        _("order"),
        _("sheet"),
        _("date"),
        _("step"),
        _("quantity"),
        _("value"),
        _("corrected"),
        _("verdict"),
        _("verdict then"),
        _("review"),
    ]
    rows = [[*_row(entry, titles or {}), _decided(entry, found.instrument, reviews)] for entry in found.verdicts]
    print(lines.table(headings, rows))
    count = len(found.changed)
    print()
    print(_("{changed} of {all} verdicts change.").format(changed=count, all=len(found.verdicts)))


def _decided(entry: Affected, instrument: str, reviews: Reviews | None) -> str:
    """Write what becomes of the watch, or that the manager has to say it."""
    review = reviews.of(entry.order, instrument) if reviews is not None and entry.changes else None
    if review is None:
        return ""
    return _("to decide") if review.outcome is None else f"{review.outcome} ({review.decided_by}: {review.reason})"


def _row(entry: Affected, titles: Mapping[tuple[str, str], str]) -> Sequence[str]:
    from bench.quantities import QUANTITIES, Value

    quantity = QUANTITIES[entry.quantity]
    corrected = "—" if entry.corrected is None else str(Value(quantity, entry.corrected))
    return [
        "!" if entry.changes else "",
        entry.order,
        _("closed") if entry.closed else _("open"),
        entry.at[:10],
        titles.get((entry.order, entry.step), entry.step),
        lines.named(quantity, entry.label),
        str(Value(quantity, entry.value)),
        corrected,
        str(entry.before),
        "—" if entry.after is None else str(entry.after),
    ]
