"""Putting instruments and certificates into the register, and taking an instrument out of use: the manager's acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, EventKind
from bench.impact import CERTIFICATE, Review, review, review_drafts
from bench.instrument import Identity
from bench.language import Message, msg
from bench.metrology import Certificate, InstrumentRecord, certificate_refusal
from bench.people import Operator, Role
from bench.register import PERSON, SHELF, Register, record_to_json

if TYPE_CHECKING:
    from bench.journal import Journal
    from bench.running import Clock


class Registrar:
    """Writes the register's events in one workshop; `given` are the lines of workshop.toml.

    Nothing is overwritten: an instrument, a certificate that is known is refused. Every act but `found` is the
    workshop manager's; it raises Refused otherwise.
    """

    def __init__(self, journal: Journal, given: Sequence[InstrumentRecord], clock: Clock) -> None:
        self._journal = journal
        self._given = given
        self._clock = clock
        self._register = Register(journal)

    def record(self, instrument: str) -> InstrumentRecord:
        """Return a line as it stands now. Raises UsageError naming those there are."""
        records = {record.id: record for record in self._register.records(self._given)}
        if instrument not in records:
            raise UsageError(
                msg("There is no instrument “{instrument}” in the register.", instrument=instrument),
                remedy=msg("Registered: {known}.", known=", ".join(records) or "—"),
            )
        return records[instrument]

    def check_new(self, record: InstrumentRecord) -> None:
        """Raise UsageError where the register has this instrument already, by id or by model and serial number."""
        for held in self._register.records(self._given):
            if held.id == record.id or (held.model, held.serial) == (record.model, record.serial):
                raise UsageError(
                    msg("{model} n° {serial} stands in the register as “{id}”.", **_names(held)),
                    remedy=msg("Nothing is overwritten: add a certificate to it with --id {id}.", id=held.id),
                )

    def check_certificates(self, record: InstrumentRecord, certificates: Sequence[Certificate]) -> None:
        """Raise Refused for the first certificate that is not accepted for this instrument."""
        today = self._clock.now().date()
        numbers: set[str] = set()
        for certificate in certificates:
            refusal = certificate_refusal(record, certificate, today)
            if refusal is None and certificate.number in numbers:
                raise UsageError(msg("Certificate {number} is given twice.", number=certificate.number))
            if refusal is not None:
                raise Refused(refusal)
            numbers.add(certificate.number)

    def register(self, record: InstrumentRecord, certificates: Sequence[Certificate], by: Operator) -> None:
        """Put a new instrument in the register, with its certificates, in one transaction."""
        must_manage(by)
        self.check_new(record)
        self.check_certificates(record, certificates)
        new = Draft(EventKind.INSTRUMENT_REGISTERED, {"instrument": record_to_json(record)}, SHELF, by.id)
        self._journal.append([new, *self._accepted(record, certificates, by)])

    def accept(self, instrument: str, certificates: Sequence[Certificate], by: Operator) -> list[Review]:
        """Add certificates to a known instrument; the older ones stay.

        Where one shows errors as found beyond their tolerance, the impact review is opened in the same transaction and
        returned.
        """
        must_manage(by)
        record = self.record(instrument)
        self.check_certificates(record, certificates)
        reviews = [
            review(
                self._journal,
                record,
                each.found_out,
                cause=CERTIFICATE,
                certificate=each.number,
                until=each.issued,
            )
            for each in certificates
            if each.found_out
        ]
        opened = [Draft(d.kind, d.payload, d.order, by.id) for found in reviews for d in review_drafts(found)]
        self._journal.append([*self._accepted(record, certificates, by), *opened])
        return reviews

    def suspend(self, instrument: str, reason: str, by: Operator) -> None:
        """Take an instrument out of use until a manager releases it; anyone may, at the first doubt."""
        record = self.record(instrument)
        self._standing(EventKind.INSTRUMENT_SUSPENDED, record, Message("{reason}", {"reason": reason}), by)

    def release(self, instrument: str, reason: str, by: Operator) -> None:
        """Let a suspended instrument work again. Raises UsageError where it is not suspended in the journal."""
        must_manage(by)
        record = self.record(instrument)
        if not record.suspended:
            raise UsageError(msg("{instrument} is not suspended.", instrument=record.id))
        if any(line.id == record.id and line.suspended for line in self._given):
            raise UsageError(
                msg("{instrument} is suspended in workshop.toml.", instrument=record.id),
                remedy=msg("Take “suspended” out of its lines there."),
            )
        self._standing(EventKind.INSTRUMENT_RELEASED, record, Message("{reason}", {"reason": reason}), by)

    def found(
        self, instrument: str, port: str, usb: Mapping[str, Any], identity: Identity | None, by: Operator | None = None
    ) -> None:
        """Remember the port an instrument was found at, by the identity of its adapter where it has one."""
        record = self.record(instrument)
        payload = {
            "instrument": record.id,
            "port": port,
            "usb": dict(usb) or None,
            "identity": {"model": identity.model, "serial": identity.serial, "firmware": identity.firmware}
            if identity
            else None,
        }
        self._journal.append([Draft(EventKind.INSTRUMENT_FOUND, payload, SHELF, by.id if by else None)])

    def _standing(self, kind: EventKind, record: InstrumentRecord, reason: Message, by: Operator) -> None:
        payload = {"instrument": record.id, "cause": PERSON, "reason": reason.to_json()}
        self._journal.append([Draft(kind, payload, SHELF, by.id)])

    def _accepted(self, record: InstrumentRecord, certificates: Sequence[Certificate], by: Operator) -> list[Draft]:
        return [
            Draft(
                EventKind.CERTIFICATE_ACCEPTED,
                {"instrument": record.id, "certificate": certificate.to_json()},
                SHELF,
                by.id,
            )
            for certificate in certificates
        ]


def _names(record: InstrumentRecord) -> dict[str, str]:
    return {"model": record.model, "serial": record.serial, "id": record.id}


def must_manage(operator: Operator) -> None:
    """Raise Refused for anybody but the workshop manager."""
    if not operator.may_act_as(Role.MANAGER):
        raise Refused(
            Refusal(
                "register",
                msg("{name} is not the workshop manager.", name=operator.name),
                msg("Have the manager do it: register and certificates are the manager's."),
                msg("the workshop manager"),
            )
        )
