"""What is brought before the hierarchy: the kinds of alert, and one alert as the record knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.language import Message, msg
from bench.people import Role


@dataclass(frozen=True)
class AlertKind:
    """A kind of alert: its name, who decides it (None: it only tells), whether it holds the order up by itself."""

    id: str
    title: Message
    decided_by: Role | None = Role.MANAGER
    blocking: bool = False


def _kinds(*kinds: AlertKind) -> dict[str, AlertKind]:
    return {kind.id: kind for kind in kinds}


ALERTS: dict[str, AlertKind] = _kinds(
    AlertKind("deadline", msg("The promised date slips")),
    AlertKind("level", msg("The technical level is above the technician's"), blocking=True),
    AlertKind("cost", msg("The cost goes beyond the signed quote"), blocking=True),
    AlertKind("scope", msg("The work goes beyond the signed quote"), blocking=True),
    AlertKind("part", msg("A part is not listed or not equivalent"), blocking=True),
    AlertKind("instrument", msg("An instrument was refused")),
    AlertKind("tool", msg("A tool or a machine is defective")),
    AlertKind("incident", msg("An incident")),
    AlertKind("count", msg("Parts or screws are missing or too many"), blocking=True),
    AlertKind("help", msg("Help is asked for")),
    AlertKind("information", msg("Information is missing")),
    AlertKind("supply", msg("Supplies are needed")),
    AlertKind("waste", msg("A waste container is full")),
    AlertKind("loop", msg("The same work has been repeated too often"), blocking=True),
    AlertKind("dispute", msg("A complaint beyond the technician"), blocking=True),
    AlertKind("validation", msg("A validation is awaited")),
    AlertKind("authorisation", msg("An authorisation is missing"), blocking=True),
    AlertKind("reservation", msg("A reservation on the sheet"), decided_by=None),
    AlertKind("urgent", msg("The customer must be called"), decided_by=None),
)


def kind_of(kind: str) -> AlertKind:
    """Return the kind of that id; one that only an older record knows tells, and waits for nobody."""
    return ALERTS.get(kind) or AlertKind(kind, Message(kind), decided_by=None)


def settled_by_signature(kind: str, step: str, signed: str) -> bool:
    """Whether an alert of `kind`, raised at `step`, is decided by a signature of the step `signed`.

    Who signs the step whose validation is awaited has validated it: no other event says so.
    """
    return kind == "validation" and step == signed


@dataclass(frozen=True)
class Alert:
    """An alert of an order: who raised it, when (ISO), at which step, and what became of it.

    `decision` is "accepted" or "refused", "" while nobody entitled has decided. `rule` and `scope` name the refusal
    that it stands for: accepting it lifts that.
    """

    id: str
    kind: str
    text: Message
    blocking: bool
    step: str
    by: str
    at: str
    acknowledged: str = ""
    decision: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at: str = ""
    rule: str = ""
    scope: str = ""

    @property
    def open(self) -> bool:
        """Whether it still waits for a decision."""
        return not self.decision and kind_of(self.kind).decided_by is not None

    @property
    def holds_up(self) -> bool:
        return self.blocking and self.open

    @classmethod
    def raised(cls, payload: Mapping[str, Any], *, seq: int, by: str, at: str) -> Alert:
        """Read the payload of `alert-raised`; records of before milestone 4 name neither id nor step."""
        return cls(
            id=str(payload.get("id") or f"A{seq}"),
            kind=str(payload["alert"]),
            text=Message.from_json(payload["text"]),
            blocking=bool(payload["blocking"]),
            step=str(payload.get("step", "")),
            by=by,
            at=at,
            rule=str(payload.get("rule", "")),
            scope=str(payload.get("scope", "")),
        )
