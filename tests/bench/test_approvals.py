"""A workshop's own profile is a draft until its manager approves it, and frozen once an order refers to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import HOUSE, PROCEDURES, TECHNICIAN, FixedClock, MemoryJournal, ScriptedPool, Truth, an_order
from test_procedure_walk import measure_step, walk

from bench.conformity import State
from bench.desk import Desk
from bench.errors import Refused, UsageError
from bench.order import Family, Watch
from bench.people import Operator, Role
from profiles.library import Library

MANAGER = Operator("m1", "Anne Rochat", frozenset({Role.MANAGER}))
OWN = """
id = "maison-1"
version = "1"
maker = "Maison"
calibre = "M1"
family = "automatic"
positions = ["CH", "6H", "9H"]

[facts]
beat_rate = { value = "28800 A/h", mark = "documented", source = "notre fiche M1, 2026" }
lift_angle = { value = "50 °", mark = "documented", source = "notre fiche M1, 2026" }

[[limits]]
quantity = "mean_rate"
low = "-7 s/d"
high = "7 s/d"
mark = "documented"
source = "notre fiche M1, 2026"
"""
WATCH = Watch("Maison", "Une", case_number="1", family=Family.AUTOMATIC, calibre="maison-1", case="case-3-bar")


def put(folder: Path, text: str = OWN) -> Library:
    (folder / "calibres").mkdir(exist_ok=True)
    (folder / "calibres" / "maison-1.toml").write_text(text, "utf-8")
    library = Library(folder)
    assert [str(problem) for problem in library.problems] == []
    return library


def desk_with(library: Library, journal: MemoryJournal | None = None) -> Desk:
    clock, truth = FixedClock(), Truth()
    journal = journal or MemoryJournal(clock)
    desk = Desk(journal, PROCEDURES, library, ScriptedPool(truth), HOUSE, truth.hands, clock)  # type: ignore[arg-type]
    desk.sign_in(TECHNICIAN)
    return desk


def timing_states(desk: Desk, number: str) -> set[State]:
    desk.open_order(an_order("controle-mecanique", number, watch=WATCH))
    work = desk.work(number)
    walk(work, until="timing-before")
    measure_step(work)
    return {e.verdict.state for e in work.judged() if e.measurement.quantity.id == "mean_rate"}


def test_a_drafts_values_are_information_until_the_manager_approves_this_content(tmp_path: Path) -> None:
    desk = desk_with(put(tmp_path))
    assert timing_states(desk, "2026-0001") == {State.REFUSED}
    desk.profile_record.approve(desk.profiles.calibre("maison-1"), MANAGER)
    assert timing_states(desk, "2026-0002") == {State.CONFORMING}


def test_only_a_manager_approves(tmp_path: Path) -> None:
    desk = desk_with(put(tmp_path))
    for operator in (TECHNICIAN, None):
        with pytest.raises(Refused) as refused:
            desk.profile_record.approve(desk.profiles.calibre("maison-1"), operator)
        assert refused.value.refusal.rule == "G-08"


def test_an_approval_is_for_one_content_only(tmp_path: Path) -> None:
    first = put(tmp_path)
    desk = desk_with(first)
    desk.profile_record.approve(first.calibre("maison-1"), MANAGER)
    changed = put(tmp_path, OWN.replace('version = "1"', 'version = "2"').replace("7 s/d", "9 s/d"))
    assert not desk.profile_record.of(changed.calibre("maison-1")).identity.approved
    assert desk.profile_record.of(first.calibre("maison-1")).identity.approved


def test_a_version_that_an_order_refers_to_is_frozen(tmp_path: Path) -> None:
    desk = desk_with(put(tmp_path))
    timing_states(desk, "2026-0001")
    changed = desk_with(put(tmp_path, OWN.replace("7 s/d", "9 s/d")), desk.journal)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="has changed since an order referred to it"):
        changed.open_order(an_order("controle-mecanique", "2026-0002", watch=WATCH))
    with pytest.raises(UsageError, match="new version"):
        changed.work("2026-0001")
    renewed = put(tmp_path, OWN.replace("7 s/d", "9 s/d").replace('version = "1"', 'version = "2"'))
    desk_with(renewed, desk.journal).open_order(an_order("controle-mecanique", "2026-0003", watch=WATCH))  # type: ignore[arg-type]


def test_shipped_profiles_come_approved() -> None:
    desk = desk_with(Library())
    assert desk.profile_record.of(desk.profiles.calibre("eta-2824-2")).identity.approved
