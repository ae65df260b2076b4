"""The instrument register: who is on the bench, its certificates, and its calibration state at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from bench.errors import Refusal
from bench.instrument import Capability, Identity, InstrumentKind
from bench.language import N_, _, msg
from bench.measurement import InstrumentSnapshot

DUE_SOON_DAYS = 30


class CalibrationState(StrEnum):
    """Whether an instrument may prove anything now; computed, never typed."""

    VALID = "valid"
    DUE_SOON = "due-soon"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    OUT = "out"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return _(_STATES[self])

    @property
    def proves(self) -> bool:
        """Whether a verdict may rest on a measurement taken in this state."""
        return self in (CalibrationState.VALID, CalibrationState.DUE_SOON)


_STATES = {
    CalibrationState.VALID: N_("calibration valid"),
    CalibrationState.DUE_SOON: N_("calibration due soon"),
    CalibrationState.EXPIRED: N_("calibration expired"),
    CalibrationState.SUSPENDED: N_("suspended"),
    CalibrationState.OUT: N_("out for calibration"),
    CalibrationState.UNKNOWN: N_("calibration unknown"),
}


@dataclass(frozen=True)
class Certificate:
    """A calibration certificate. The due date is computed from the day of issue and the interval."""

    number: str
    laboratory: str
    issued: date
    interval_days: int
    serial: str
    expanded: Mapping[str, float] = field(default_factory=dict)

    @property
    def due(self) -> date:
        return self.issued + timedelta(days=self.interval_days)


@dataclass(frozen=True)
class InstrumentRecord:
    """One line of the register. `connection` is a pyserial URL or port name, or "manual".

    `options` are the driver's own (a tester's channels with their pressures, pacing …). `simulated` marks every
    value that comes from it. `capabilities` override or complete what the dialect states, by quantity.
    """

    id: str
    kind: InstrumentKind
    model: str
    serial: str
    dialect: str
    connection: str
    simulated: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()
    suspended: str = ""
    out: bool = False
    capabilities: tuple[Capability, ...] = ()

    @property
    def certificate(self) -> Certificate | None:
        """The newest certificate that was issued for this serial number."""
        fitting = [c for c in self.certificates if c.serial == self.serial]
        return max(fitting, key=lambda c: c.issued, default=None)

    def calibration(self, today: date) -> CalibrationState:
        """Return the state on `today`, before any handshake."""
        if self.out:
            return CalibrationState.OUT
        if self.suspended:
            return CalibrationState.SUSPENDED
        certificate = self.certificate
        if certificate is None or certificate.issued > today:
            return CalibrationState.UNKNOWN
        if certificate.due < today:
            return CalibrationState.EXPIRED
        soon = certificate.due - timedelta(days=DUE_SOON_DAYS) <= today
        return CalibrationState.DUE_SOON if soon else CalibrationState.VALID

    def snapshot(self, today: date) -> InstrumentSnapshot:
        """Return what a measurement keeps of this instrument."""
        certificate = self.certificate
        return InstrumentSnapshot(
            id=self.id,
            kind=self.kind.value,
            model=self.model,
            serial=self.serial,
            dialect=self.dialect,
            calibration=self.calibration(today).value,
            certificate=certificate.number if certificate else None,
            calibrated=certificate.issued.isoformat() if certificate else None,
            due=certificate.due.isoformat() if certificate else None,
        )


def identity_refusal(record: InstrumentRecord, identity: Identity) -> Refusal | None:
    """G-04: the handshake's model, and its serial where the protocol gives one, must match the register."""
    if identity.model == record.model and identity.serial in ("", record.serial):
        return None
    return Refusal(
        "G-04",
        msg(
            "Unknown or different instrument: the register has {model} n° {serial}, {found} n° {found_serial} answers.",
            model=record.model,
            serial=record.serial,
            found=identity.model,
            found_serial=identity.serial or "?",
        ),
        msg("Plug in the registered instrument, or register this one."),
        msg("the workshop manager, by registering it"),
    )


def calibration_refusal(record: InstrumentRecord, today: date) -> Refusal | None:
    """G-05: no verdict by an instrument whose calibration is expired, suspended, unknown or out."""
    state = record.calibration(today)
    if state.proves:
        return None
    certificate = record.certificate
    if state is CalibrationState.EXPIRED and certificate is not None:
        reason = msg(
            "The calibration of {model} n° {serial} expired on {due}.",
            model=record.model,
            serial=record.serial,
            due=certificate.due.isoformat(),
        )
    else:
        reason = msg("{model} n° {serial}: {state}.", model=record.model, serial=record.serial, state=state)
    return Refusal(
        "G-05",
        reason,
        msg("Have it calibrated and enter the certificate. A control run is still allowed; it gives no verdict."),
        msg("nobody: the instrument is recalibrated"),
    )
