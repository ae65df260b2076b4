"""Every virtual watch recorded on the virtual desk and replayed through the same links: the same verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import an_order
from virtual_session import recorded

from drivers.simulated import cases


@pytest.mark.parametrize("case", cases.available())
def test_a_recorded_diagnosis_replays_to_the_same_verdicts(case: str, tmp_path: Path) -> None:
    mechanical = case.startswith("mechanical")
    order: dict[str, Any] = {} if mechanical else {"watch": an_order("changement-de-pile").watch}
    session = recorded(tmp_path, case, "diagnostic-seul", until="decision", **order)
    player = session.player()
    assert player.tasks
    assert not player.differences()
