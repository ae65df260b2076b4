"""A validation that is awaited is settled by the signature of its step: every reader of the record agrees on which."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from scripted import TECHNICIAN, Truth, a_desk, an_order

from bench.events import Draft, EventKind
from bench.journal import Journal
from bench.language import msg
from bench.procedure import engine
from tui.waiting import Standings

NUMBER = "2026-0001"


def signature(step: str) -> Draft:
    payload = {"step": step, "meaning": {"fr": "Validé", "en": "Validated"}, "role": "manager", "name": "Anne"}
    return Draft(EventKind.SIGNED, {**payload, "acts": [], "self_check": False, "head": "", "record": ""})


def of_the_first_form(alert: Draft) -> Draft:
    """As records of before milestone 4 hold it: neither id nor step."""
    known = ("alert", "text", "blocking")
    return Draft(alert.kind, {name: value for name, value in alert.payload.items() if name in known})


CASES: dict[str, tuple[Draft, str, bool]] = {
    "its own step": (engine.raised("validation", msg("x"), "final", True), "final", True),
    "another step": (engine.raised("validation", msg("x"), "final", True), "plan", False),
    "another alert": (engine.raised("help", msg("x"), "final", True), "final", False),
    "an old record": (of_the_first_form(engine.raised("validation", msg("x"), "final", True)), "final", False),
}


@pytest.mark.parametrize("case", CASES)
def test_state_projection_and_waits_agree_on_what_a_signature_settles(tmp_path: Path, case: str) -> None:
    alert, signed, settled = CASES[case]
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        desk = a_desk(Truth(), journal=journal)
        desk.clock.time = datetime.now().astimezone()  # type: ignore[attr-defined]
        desk.open_order(an_order("controle-mecanique", NUMBER))
        desk.sign_in(TECHNICIAN)
        work = desk.work(NUMBER)
        book = Standings()

        def readers() -> list[Any]:
            row = journal.order(NUMBER)
            assert row is not None
            book.catch_up(journal)
            waits = [alert.open for alert in desk.work(NUMBER).state.alerts]
            return [any(waits), bool(row.alerts), bool(book.of(NUMBER).alerts), book.wait(row).hierarchy]

        work.record([alert])
        assert readers() == [True] * 4
        work.record([signature(signed)])
        assert readers() == [not settled] * 4
        journal.rebuild()
        assert readers() == [not settled] * 4
