"""The program closed and opened again at every step of every tree: the order stands exactly where it stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import full_service_walks as full_service
import pytest
import test_tree_battery as battery
import test_tree_diagnosis_only as diagnosis
import test_tree_movement_exchange as exchange
from scripted import HOUSE, PROCEDURES, PROFILES, ScriptedPool, Truth, an_order
from tree_walk import TECHNICIAN, do_step

from bench.desk import Desk
from bench.journal import Journal
from bench.running import Clock
from bench.work import Work

# What keeps each tree from going in a circle: the usual answers of its own tests.
TREES: dict[str, tuple[Truth, Mapping[str, Any]]] = {
    "revision-complete": (Truth(), full_service.USUAL),
    "changement-de-pile": (Truth(**battery.FLAT), battery.USUAL),
    "echange-mouvement-quartz": (Truth(**exchange.BROKEN_COIL), exchange.USUAL),
    "etancheite-et-joints": (Truth(), {}),
    "diagnostic-seul": (Truth(), diagnosis.BACK),
}
# Waits of a day pass in a few milliseconds: the clock here is the real one, as that of the journal.
HURRY = replace(HOUSE, wait_scale=1e8)


def opened(folder: Path, truth: Truth) -> Desk:
    return at_desk(Journal.open(folder / "journal.sqlite", station="bench-1"), truth)


def at_desk(journal: Journal, truth: Truth) -> Desk:
    """A bench that knows of its orders what the journal says, and nothing else; each tenth time read from the disk."""
    desk = Desk(journal, PROCEDURES, PROFILES, ScriptedPool(truth), HURRY, truth.hands, Clock())
    desk.sign_in(TECHNICIAN)
    return desk


@pytest.mark.parametrize("tree", TREES)
def test_closed_and_opened_again_at_every_step_it_goes_on_exactly_there(tree: str, tmp_path: Path) -> None:
    truth, answers = TREES[tree]
    desk = opened(tmp_path, truth)
    desk.open_order(an_order(tree))
    steps = 0
    work: Work = desk.work("2026-0001")
    while not work.closed:
        state, fields = work.state, work.fields()
        if steps % 10 == 0:
            desk.journal.close()
            desk = opened(tmp_path, truth)
        else:
            desk = at_desk(desk.journal, truth)
        work = desk.work("2026-0001")
        assert work.state == state and work.fields() == fields
        step = work.step
        assert step is not None
        do_step(work, answers)
        steps += 1
        assert steps < 400
    assert steps > 20
    desk.journal.close()
