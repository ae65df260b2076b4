"""The instrument register: who is on the bench, its certificates, and its calibration state at this moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from bench.errors import Refusal
from bench.instrument import Capability, Identity, InstrumentKind, Program
from bench.language import N_, Message, _, msg
from bench.limit import Limit, Mark
from bench.measurement import InstrumentSnapshot
from bench.quantities import Quantity, Value

DUE_SOON_DAYS = 30


class CalibrationState(StrEnum):
    """Whether an instrument may prove anything now; computed, never typed."""

    VALID = "valid"
    DUE_SOON = "due-soon"
    CHECK_MISSING = "check-missing"
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

    @property
    def runs(self) -> bool:
        """Whether a control run is allowed, which gives a reading and no verdict."""
        return self is not CalibrationState.OUT


_STATES = {
    CalibrationState.VALID: N_("calibration valid"),
    CalibrationState.DUE_SOON: N_("calibration due soon"),
    CalibrationState.CHECK_MISSING: N_("daily check missing"),
    CalibrationState.EXPIRED: N_("calibration expired"),
    CalibrationState.SUSPENDED: N_("suspended"),
    CalibrationState.OUT: N_("out for calibration"),
    CalibrationState.UNKNOWN: N_("calibration unknown"),
}


@dataclass(frozen=True)
class Certificate:
    """A calibration certificate. The due date is computed from the day of issue and the interval.

    By quantity, in its canonical unit: `expanded` is U (k = 2), `as_found` and `as_left` are the errors (indicated less
    true) before and after adjustment, `tolerance` the largest error allowed. `file` is the document's name in the
    workshop's folder, `sha256` its hash.
    """

    number: str
    laboratory: str
    issued: date
    interval_days: int
    serial: str
    expanded: Mapping[str, float] = field(default_factory=dict)
    accreditation: str = ""
    as_found: Mapping[str, float] = field(default_factory=dict)
    as_left: Mapping[str, float] = field(default_factory=dict)
    tolerance: Mapping[str, float] = field(default_factory=dict)
    file: str = ""
    sha256: str = ""

    @property
    def due(self) -> date:
        return self.issued + timedelta(days=self.interval_days)

    @property
    def found_out(self) -> dict[str, float]:
        """The errors that were found larger than their tolerance: earlier verdicts must be looked at again."""
        return _beyond(self.as_found, self.tolerance)

    def to_json(self) -> dict[str, Any]:
        return {
            name: dict(value) if isinstance(value := getattr(self, name), Mapping) else value
            for name in self.__dataclass_fields__
        } | {"issued": self.issued.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Certificate:
        return cls(**{**data, "issued": date.fromisoformat(data["issued"])})


def _beyond(errors: Mapping[str, float], tolerance: Mapping[str, float]) -> dict[str, float]:
    return {key: error for key, error in errors.items() if key in tolerance and abs(error) > tolerance[key]}


@dataclass(frozen=True)
class DailyCheck:
    """How an instrument proves itself every day (G-06): a reference it measures, and what it must then say.

    `reference` has its own certificate, expanded uncertainty (k = 2, canonical unit) and last day; `low` and `high`
    are the limits of the reading. `label` names the reading where the program gives several of one quantity.
    """

    reference: Value
    expanded: float
    certificate: str
    program: Program
    low: float | None = None
    high: float | None = None
    due: date | None = None
    label: str = ""

    @property
    def quantity(self) -> Quantity:
        return self.reference.quantity

    @property
    def limit(self) -> Limit:
        return Limit(self.quantity, self.low, self.high, self.certificate, Mark.HOUSE)

    def to_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference.to_json(),
            "expanded": self.expanded,
            "certificate": self.certificate,
            "program": self.program.to_json(),
            "low": self.low,
            "high": self.high,
            "due": self.due.isoformat() if self.due else None,
            "label": self.label,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DailyCheck:
        return cls(
            reference=Value.from_json(data["reference"]),
            expanded=data["expanded"],
            certificate=data["certificate"],
            program=Program.from_json(data["program"]),
            low=data["low"],
            high=data["high"],
            due=date.fromisoformat(data["due"]) if data["due"] else None,
            label=data["label"],
        )


@dataclass(frozen=True)
class InstrumentRecord:
    """One line of the register. `connection` is a pyserial URL or port name, a VISA resource, or "manual".

    `options` are the driver's own (a tester's channels with their pressures, pacing …). `simulated` marks every
    value that comes from it. `capabilities` override or complete what the dialect states, by quantity.
    `daily_check` is set where the instrument must prove itself every day; `checked` is the day of its last good check,
    `suspended` why nothing may rest on it, `check_failed` that a failed check is the reason.
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
    suspended: str | Message = ""
    out: bool = False
    capabilities: tuple[Capability, ...] = ()
    daily_check: DailyCheck | None = None
    checked: date | None = None
    check_failed: bool = False

    @property
    def certificate(self) -> Certificate | None:
        """The newest certificate that was issued for this serial number."""
        fitting = [c for c in self.certificates if c.serial == self.serial]
        return max(fitting, key=lambda c: c.issued, default=None)

    def calibration(self, today: date) -> CalibrationState:
        """Return the state on `today`, before any handshake; the first of the states that applies, worst first."""
        if self.out:
            return CalibrationState.OUT
        if self.suspended:
            return CalibrationState.SUSPENDED
        certificate = self.certificate
        if certificate is None or certificate.issued > today:
            return CalibrationState.UNKNOWN
        if certificate.due < today:
            return CalibrationState.EXPIRED
        if self.daily_check is not None and self.checked != today:
            return CalibrationState.CHECK_MISSING
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
    """G-05 and G-06: no verdict by an instrument that is expired, suspended, unknown, out, or not checked today."""
    state = record.calibration(today)
    if state.proves:
        return None
    certificate = record.certificate
    who = {"model": record.model, "serial": record.serial}
    if state is CalibrationState.CHECK_MISSING:
        return Refusal(
            "G-06",
            msg("{model} n° {serial}: the daily check has not been done today.", **who),
            msg("Do it with the reference: “etabli instruments check {id}”.", id=record.id),
            msg("whoever does the check"),
        )
    if state is CalibrationState.SUSPENDED and record.check_failed:
        return Refusal(
            "G-06",
            msg("{model} n° {serial}: its daily check failed.", **who),
            msg(
                "Look at reference and set-up, then do the check again: “etabli instruments check {id}”.", id=record.id
            ),
            msg("whoever does the check, when it passes"),
        )
    if state is CalibrationState.SUSPENDED:
        return Refusal(
            "G-05",
            msg("{model} n° {serial} is suspended: {reason}", **who, reason=record.suspended),
            msg("Take another instrument until it is released."),
            msg("the workshop manager, by releasing it"),
        )
    if state is CalibrationState.EXPIRED and certificate is not None:
        reason = msg(
            "The calibration of {model} n° {serial} expired on {due}.",
            **who,
            due=certificate.due.isoformat(),
        )
    else:
        reason = msg("{model} n° {serial}: {state}.", **who, state=Message(_STATES[state]))
    if state.runs:
        remedy = msg(
            "Have it calibrated and enter the certificate. A control run is still allowed; it gives no verdict."
        )
    else:
        remedy = msg("Take another instrument until it is back with its certificate.")
    return Refusal("G-05", reason, remedy, msg("nobody: the instrument is recalibrated"))


def certificate_refusal(record: InstrumentRecord, certificate: Certificate, today: date) -> Refusal | None:
    """Return why this certificate is not accepted for this instrument, None where it is."""
    reason, remedy = _objection(record, certificate, today)
    return Refusal("certificate", reason, remedy, msg("nobody")) if reason and remedy else None


def _objection(
    record: InstrumentRecord, certificate: Certificate, today: date
) -> tuple[Message, Message] | tuple[None, None]:
    number = certificate.number
    if certificate.serial != record.serial:
        return (
            msg(
                "Certificate {number} is for n° {other}; {model} is n° {serial}.",
                number=number,
                other=certificate.serial,
                model=record.model,
                serial=record.serial,
            ),
            msg("Give the certificate of this instrument."),
        )
    if certificate.issued > today:
        return (
            msg(
                "Certificate {number} is of {issued}: that is in the future.",
                number=number,
                issued=str(certificate.issued),
            ),
            msg("Correct the date, or this computer's clock."),
        )
    if not certificate.expanded or not all(math.isfinite(u) and u > 0 for u in certificate.expanded.values()):
        return (
            msg("Certificate {number} states no uncertainty U.", number=number),
            msg("Give U (k = 2) for each quantity; without it, nothing can be stated with this instrument."),
        )
    if any(held.number == number for held in record.certificates):
        return (
            msg("Certificate {number} stands in the register already.", number=number),
            msg("Nothing is overwritten: a corrected certificate has its own number."),
        )
    left_out = _beyond(certificate.as_left, certificate.tolerance)
    if left_out:
        return (
            msg(
                "Certificate {number} leaves the instrument out of tolerance ({quantities}).",
                number=number,
                quantities=", ".join(left_out),
            ),
            msg("Have it adjusted or repaired; this certificate proves nothing."),
        )
    return None, None
