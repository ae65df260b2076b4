"""The inbox: everything that waits for the hierarchy, the most blocking and the oldest first, gone when it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from managed_workshop import START, Told

from bench.calibre import CalibreProfile, ProfileIdentity
from bench.events import EventKind
from bench.inbox import Sort, Waiting, inbox
from bench.instrument import InstrumentKind
from bench.language import Text, speaking
from bench.metrology import Certificate, InstrumentRecord
from bench.order import Family
from bench.people import Role
from bench.procedure.model import Procedure, Step, StepKind
from bench.register import SHELF

TODAY = START.date()


class Procedures:
    """One procedure whose last step the controller signs."""

    def all(self) -> tuple[Procedure, ...]:
        final = Step.model_construct(
            id="final", kind=StepKind.SIGNOFF, role=Role.CONTROLLER, title=Text("Contrôle final", "Final control")
        )
        diagnosis = Step.model_construct(id="diagnosis", kind=StepKind.FORM, role=Role.TECHNICIAN, title=Text("", ""))
        return (Procedure.model_construct(id="service", step=(diagnosis, final)),)

    def get(self, procedure_id: str) -> Procedure:
        return self.all()[0]


class Profiles:
    """One draft of the workshop's own."""

    def __init__(self, *profiles: CalibreProfile) -> None:
        self._profiles = profiles

    def calibres(self) -> tuple[CalibreProfile, ...]:
        return self._profiles

    def cases(self) -> tuple[()]:
        return ()


@pytest.fixture
def told(tmp_path: Path):
    told = Told(tmp_path)
    with told.journal:
        yield told


def found(told: Told, records: tuple[InstrumentRecord, ...] = (), profiles: Profiles | None = None,
          today: date = TODAY) -> list[Waiting]:  # fmt: skip
    return inbox(told.journal, Procedures(), profiles, records, today)


def test_alerts_wait_until_they_are_decided(told: Told) -> None:
    told.opened("A", calibre="eta-2824-2")
    told.opened("B")
    told.alert("A", "a1", "supply", step="fit")
    told.later(hours=1).alert("B", "b1", "tool", blocking=True)
    told.later(hours=1).alert("A", "a2", "reservation")  # only tells
    with speaking("en"):
        entries = found(told)
        assert [(entry.order, entry.subject, entry.blocking) for entry in entries] == [
            ("B", "b1", True),
            ("A", "a1", False),
        ]
        waiting = entries[1]
        assert (str(waiting.title), str(waiting.text)) == ("Supplies are needed", "Crown worn.")
        assert (waiting.by, waiting.since, waiting.step) == ("jm", "2026-10-01T08:00:00.000000+02:00", "fit")
        assert (waiting.watch, waiting.waits_for) == ("Lip Himalaya", Role.MANAGER)
    told.decided("B", "b1", "refused")
    assert [entry.subject for entry in found(told)] == ["a1"]
    told.decided("A", "a1")
    assert found(told) == []


def test_what_blocks_comes_first_and_then_the_oldest(told: Told) -> None:
    for hour, (number, blocking) in enumerate((("A", False), ("B", True), ("C", False), ("D", True))):
        told.now = START + timedelta(hours=hour)
        told.opened(number)
        told.alert(number, f"x{number}", "help", blocking=blocking)
    assert [entry.order for entry in found(told)] == ["B", "D", "A", "C"]


def test_an_order_that_stands_at_a_signature_of_the_hierarchy_waits(told: Told) -> None:
    told.opened("A")
    told.done("A", "diagnosis", following="final")
    (entry,) = found(told)
    assert (entry.sort, entry.order, entry.step, entry.waits_for) == (Sort.SIGN_OFF, "A", "final", Role.CONTROLLER)
    assert (entry.by, entry.blocking) == ("jm", True)
    told.alert("A", "v1", "validation", step="final")  # the same, said by an alert
    assert [each.sort for each in found(told)] == [Sort.ALERT]
    told.signed("A", "final", "controller")
    told.done("A", "final", following="end")
    assert found(told) == []


def test_a_correction_makes_signatures_void_until_they_are_given_again(told: Told) -> None:
    told.opened("A")
    seq = told.answered("A", "diagnosis", {"x": 1})
    told.signed("A", "plan", "manager")
    told.signed("A", "handed", "technician")
    told.later(hours=3).corrected("A", seq, "diagnosis")
    (entry,) = found(told)
    assert (entry.sort, entry.subject, entry.by) == (Sort.VOID, "plan", "jm")
    assert entry.since == "2026-10-01T11:00:00.000000+02:00"
    told.signed("A", "plan", "manager")
    assert found(told) == []


def test_a_promise_that_is_past_waits_for_the_manager(told: Told) -> None:
    told.opened("A", "2026-09-28")
    told.opened("B", "2026-10-01")
    told.opened("C", "2026-09-01")
    told.closed("C")
    (entry,) = found(told)
    assert (entry.sort, entry.order, entry.since) == (Sort.LATE, "A", "2026-09-28")
    told.alert("A", "d1", "deadline")  # somebody has asked for another day already
    assert [each.sort for each in found(told)] == [Sort.ALERT]
    told.decided("A", "d1")
    told.moved("A", "2026-09-28", "2026-10-09", "pièce")
    assert found(told) == []


def test_instruments_that_prove_nothing_or_soon_will_not(told: Told) -> None:
    def record(name: str, days: int, **more: object) -> InstrumentRecord:
        certificate = Certificate("C-1", "LNE", TODAY - timedelta(days=365 - days), 365, "7")
        line = InstrumentRecord(name, InstrumentKind.TIMEGRAPHER, "Studio", "7", "d", "p", certificates=(certificate,))
        return replace(line, **more)  # type: ignore[arg-type]

    told.say(EventKind.INSTRUMENT_SUSPENDED, {"instrument": "hurt", "cause": "person", "reason": {}}, SHELF, "ap")
    bare = replace(record("bare", 200), certificates=())
    records = (record("good", 200), record("soon", 20), record("old", -3), record("hurt", 200, suspended="tombé"), bare)
    entries = {entry.subject: entry for entry in found(told, records)}
    assert set(entries) == {"soon", "old", "hurt", "bare"}
    assert [name for name, entry in entries.items() if not entry.blocking] == ["soon"]
    assert (entries["hurt"].by, str(entries["hurt"].text)) == ("ap", "tombé")
    assert entries["old"].since == (TODAY - timedelta(days=3)).isoformat()
    assert list(entries)[-1] == "soon"


def test_a_draft_profile_blocks_once_an_order_rests_on_it(told: Told) -> None:
    identity = ProfileIdentity("ronda-505", "2", "cd" * 32, "workshop", approved=False)
    profile = CalibreProfile(identity, "Ronda", "505", Family.QUARTZ)
    drafts = Profiles(profile)
    (entry,) = found(told, profiles=drafts)
    assert (entry.sort, entry.subject, entry.blocking) == (Sort.PROFILE, "ronda-505", False)
    shelf = "profile/ronda-505/2"
    told.say(EventKind.PROFILE_PINNED, identity.to_json(), shelf)
    (entry,) = found(told, profiles=drafts)
    assert entry.blocking
    told.say(EventKind.PROFILE_APPROVED, {**identity.to_json(), "approved": True, "name": "x"}, shelf, "ap")
    assert found(told, profiles=drafts) == []
