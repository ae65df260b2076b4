"""What the record says of profiles: which contents a manager has approved (G-08), and which versions are frozen.

A shipped profile comes approved. A workshop's own is a draft until its manager approves exactly this content; once an
order refers to a version, that version's content stays: a change is a new version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from bench.calibre import CalibreProfile, CaseProfile, ProfileIdentity
from bench.errors import Refusal, Refused, UsageError
from bench.events import Draft, Event, EventKind
from bench.language import msg
from bench.people import Operator, Role

if TYPE_CHECKING:
    from bench.journal import Journal

Profile = TypeVar("Profile", CalibreProfile, CaseProfile)
SHIPPED = "shipped"


def shelf(identity: ProfileIdentity) -> str:
    """Return what stands in the order's place for the events of one version of one profile."""
    return f"profile/{identity.id}/{identity.version}"


class ProfileRecord:
    """Approvals and frozen versions, read from the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def of(self, profile: Profile) -> Profile:
        """Return the profile with its approval as the record has it."""
        identity = profile.identity
        approved = identity.origin == SHIPPED or any(
            event.payload["sha256"] == identity.sha256 for event in self._events(identity, EventKind.PROFILE_APPROVED)
        )
        return replace(profile, identity=replace(identity, approved=approved))

    def check_frozen(self, identity: ProfileIdentity) -> None:
        """Raise UsageError where a record refers to this version with another content."""
        for event in self._events(identity, EventKind.PROFILE_PINNED):
            if event.payload["sha256"] != identity.sha256:
                raise UsageError(
                    msg(
                        "The profile {id}, version {version}, has changed since an order referred to it.",
                        id=identity.id,
                        version=identity.version,
                    ),
                    msg("What a verdict rests on stays as it was."),
                    msg("Give the changed profile a new version, and have it approved."),
                )

    def pinning(self, identities: Iterable[ProfileIdentity]) -> list[Draft]:
        """Return the events that freeze these versions, for those that are not frozen yet."""
        return [
            Draft(EventKind.PROFILE_PINNED, identity.to_json(), shelf(identity))
            for identity in identities
            if next(self._events(identity, EventKind.PROFILE_PINNED), None) is None
        ]

    def must_approve(self, operator: Operator | None) -> None:
        """Raise Refused (G-08) for anybody but the workshop manager."""
        if operator is None or not operator.may_act_as(Role.MANAGER):
            raise Refused(
                Refusal(
                    "G-08",
                    msg("Only the workshop manager approves a profile."),
                    msg("Have the manager sign in and approve it."),
                    msg("the workshop manager"),
                )
            )

    def approve(self, profile: CalibreProfile | CaseProfile, operator: Operator | None) -> None:
        """Record that this content is approved. Raises Refused (G-08) unless a manager says so."""
        self.must_approve(operator)
        assert operator is not None
        identity = profile.identity
        self.check_frozen(identity)
        payload = {**identity.to_json(), "approved": True, "name": profile.name}
        self.journal.append([Draft(EventKind.PROFILE_APPROVED, payload, shelf(identity), operator.id)])

    def _events(self, identity: ProfileIdentity, kind: EventKind) -> Iterator[Event]:
        return (event for event in self.journal.events(order=shelf(identity)) if event.kind is kind)
