"""Who is at the bench: signing in with a PIN, being here for a signature, locking; what the record says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from scripted import CONTROLLER, HOUSE, PROCEDURES, PROFILES, TECHNICIAN, FixedClock, MemoryJournal, ScriptedPool, Truth

from bench.desk import Desk
from bench.errors import Refused, UsageError
from bench.events import EventKind
from bench.house import House
from bench.instrument import InstrumentKind
from bench.people import Operator, Role
from bench.pins import Pins, WrongPin

MANAGER = Operator("m1", "Anne Rochat", frozenset({Role.MANAGER}))
TRAINEE = Operator("s1", "Théo Blanc", frozenset({Role.TRAINEE}))
SCHOOL = House("École", training=True)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at little cost: what a PIN costs to guess is argon2's to prove."""
    monkeypatch.setattr(Pins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def a_desk(folder: Path | None, house: House = HOUSE) -> Desk:
    """A desk; with a folder, one whose house asks for PINs: t1 has 4711, m1 has 9999, c1 has none yet."""
    clock = FixedClock()
    keys = None
    if folder is not None:
        keys = Pins(folder / "pins.json", clock)
        keys.set("t1", "4711")
        keys.set("m1", "9999")
    journal: Any = MemoryJournal(clock)
    return Desk(journal, PROCEDURES, PROFILES, ScriptedPool(Truth()), house, clock=clock, keys=keys)


def told(desk: Desk) -> list[tuple[str, str | None, dict[str, Any]]]:
    return [(event.kind.value, event.operator, dict(event.payload)) for event in desk.journal.events()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)


def test_the_right_pin_signs_in_with_the_role(desk: Desk) -> None:
    desk.authenticate(TECHNICIAN, "4711", Role.TECHNICIAN)
    assert (desk.operator, desk.role) == (TECHNICIAN, Role.TECHNICIAN)
    assert told(desk) == [
        ("signed-in", "t1", {"operator": "t1", "name": "Claire Vuille", "role": "technician", "level": 4}),
    ]


def test_a_wrong_pin_signs_nobody_in_and_is_journaled_under_nobodys_name(desk: Desk) -> None:
    for _time in range(3):
        with pytest.raises(WrongPin):
            desk.authenticate(TECHNICIAN, "0815")
    with pytest.raises(WrongPin) as caught:
        desk.authenticate(TECHNICIAN, "4711")
    assert not caught.value.looked_at
    assert desk.operator is None
    refused = {"for": "sign-in", "why": "wrong-pin", "operator": "t1"}
    assert told(desk) == [("sign-in-refused", None, {**refused, "attempts": n}) for n in (1, 2, 3)]


def test_whoever_has_no_pin_chooses_one_first(desk: Desk) -> None:
    with pytest.raises(Refused, match="no PIN yet"):
        desk.authenticate(CONTROLLER, "1234")
    desk.attendance.choose(CONTROLLER, "1234")
    desk.authenticate(CONTROLLER, "1234")
    assert told(desk)[0] == ("pin-set", "c1", {"operator": "c1", "changed": False})


def test_a_pin_is_changed_with_the_old_one_only(desk: Desk) -> None:
    for old in (None, "0815"):
        with pytest.raises(Refused):
            desk.attendance.choose(TECHNICIAN, "1234", old)
    with pytest.raises(UsageError):
        desk.attendance.choose(TECHNICIAN, "12", "4711")
    desk.attendance.choose(TECHNICIAN, "1234", "4711")
    desk.authenticate(TECHNICIAN, "1234")
    assert ("pin-set", "t1", {"operator": "t1", "changed": True}) in told(desk)


def test_a_manager_resets_the_pin_of_somebody_else(desk: Desk) -> None:
    for by, whose in ((TECHNICIAN, MANAGER), (MANAGER, MANAGER), (TECHNICIAN, TECHNICIAN)):
        with pytest.raises(Refused, match="may not reset"):
            desk.attendance.reset(whose, by)
    desk.attendance.reset(TECHNICIAN, MANAGER)
    assert told(desk) == [("pin-reset", "m1", {"operator": "t1"})]
    assert desk.keys is not None
    assert not desk.keys.has("t1")


def test_no_pin_and_no_hash_stands_in_the_record(desk: Desk) -> None:
    desk.attendance.choose(CONTROLLER, "86420")
    with pytest.raises(WrongPin):
        desk.authenticate(TECHNICIAN, "97531")
    desk.attendance.unknown("20417")
    record = json.dumps(told(desk), ensure_ascii=False)
    assert not any(word in record for word in ("86420", "97531", "20417", "argon2"))
    assert "•••••" in record


def test_a_badge_that_is_nobodys_is_journaled(desk: Desk) -> None:
    assert "LOUP-9" in str(desk.attendance.unknown("LOUP-9"))
    assert told(desk) == [("sign-in-refused", None, {"for": "sign-in", "why": "unknown-badge", "badge": "LOUP-9"})]


def test_a_role_is_only_taken_by_whom_it_was_given_to(desk: Desk) -> None:
    with pytest.raises(Refused, match="does not work here as"):
        desk.authenticate(TECHNICIAN, "4711", Role.MANAGER)
    assert desk.operator is None


def test_a_trainee_works_in_a_training_workshop_only(tmp_path: Path) -> None:
    real = a_desk(None)
    for sign_in in (lambda: real.sign_in(TRAINEE), lambda: real.authenticate(TRAINEE, None)):
        with pytest.raises(Refused) as caught:
            sign_in()
        assert caught.value.refusal.rule == "G-40"
    assert {payload["why"] for _kind, _operator, payload in told(real)} == {"trainee"}
    school = a_desk(None, SCHOOL)
    for person in (TRAINEE, TECHNICIAN, MANAGER):
        school.sign_in(person)
    assert House.from_json(SCHOOL.to_json()).training


def test_a_trainee_with_another_role_is_still_one() -> None:
    both = Operator("s2", "Léa", frozenset({Role.TRAINEE, Role.TECHNICIAN}))
    with pytest.raises(Refused):
        a_desk(None).sign_in(both, Role.TECHNICIAN)


def test_a_signature_needs_the_signer_now(desk: Desk) -> None:
    with pytest.raises(Refused) as nobody:
        desk.reauthenticate("4711")
    assert nobody.value.refusal.rule == "signature"
    desk.authenticate(TECHNICIAN, "4711")
    desk.reauthenticate("4711")
    for pin, said in ((None, "must be here"), ("9999", "wrong")):
        with pytest.raises(Refused, match=said) as caught:
            desk.reauthenticate(pin)
        assert caught.value.refusal.rule == "signature"
        assert str(caught.value.refusal.remedy)
    assert told(desk)[-1][2] == {"for": "signature", "why": "wrong-pin", "operator": "t1", "attempts": 1}


def test_guessing_at_a_signature_waits_as_at_the_sign_in(desk: Desk) -> None:
    desk.authenticate(TECHNICIAN, "4711")
    for _time in range(3):
        with pytest.raises(WrongPin):
            desk.reauthenticate("0815")
    with pytest.raises(WrongPin) as caught:
        desk.authenticate(TECHNICIAN, "4711")
    assert caught.value.wait == 5.0


def test_a_house_without_pins_asks_for_none(tmp_path: Path) -> None:
    desk = a_desk(None)
    desk.authenticate(TECHNICIAN, None)
    desk.reauthenticate(None)
    desk.lock()
    assert not desk.locked
    assert [kind for kind, _operator, _payload in told(desk)] == ["signed-in"]


def test_a_locked_bench_is_unlocked_by_the_same_person(desk: Desk) -> None:
    desk.lock()
    assert not desk.locked, "nobody is here to lock it"
    desk.authenticate(TECHNICIAN, "4711")
    desk.lock("idle")
    desk.lock()
    with pytest.raises(WrongPin):
        desk.unlock("9999")
    assert desk.locked
    desk.unlock("4711")
    assert not desk.locked
    assert [entry for entry in told(desk) if entry[0] != "signed-in"] == [
        ("bench-locked", "t1", {"cause": "idle"}),
        ("sign-in-refused", None, {"for": "unlock", "why": "wrong-pin", "operator": "t1", "attempts": 1}),
        ("bench-unlocked", "t1", {}),
    ]


def test_somebody_else_signs_in_at_a_locked_bench(desk: Desk) -> None:
    desk.authenticate(TECHNICIAN, "4711")
    desk.lock()
    desk.authenticate(MANAGER, "9999")
    assert (desk.operator, desk.locked) == (MANAGER, False)
    assert told(desk)[-1][0] == EventKind.SIGNED_IN


def test_an_operator_has_a_badge_a_level_and_authorisations() -> None:
    plain = Operator("cl", "Claire", frozenset({Role.TECHNICIAN}))
    assert (plain.badge, plain.level) == ("cl", 4)
    assert all(plain.may_use(kind) for kind in InstrumentKind)
    held = Operator("jo", "Jo", frozenset({Role.TECHNICIAN}), "12", 2, frozenset({InstrumentKind.TIMEGRAPHER}))
    assert held.may_use(InstrumentKind.TIMEGRAPHER)
    assert not held.may_use(InstrumentKind.WATER_RESISTANCE)
    assert not Operator("x", "X", frozenset({Role.TECHNICIAN}), instruments=frozenset()).may_use(
        InstrumentKind.TIMEGRAPHER
    )
