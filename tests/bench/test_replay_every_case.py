"""Every virtual watch recorded on the virtual desk and replayed through the same links: the same verdicts.

At once, played at the day's pace and a hundred times as fast, and step by step: the end is the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import an_order
from virtual_session import recorded

from bench.recording.player import STRIDES
from drivers.simulated import cases


@pytest.mark.parametrize("case", cases.available())
def test_a_recorded_diagnosis_replays_to_the_same_verdicts(case: str, tmp_path: Path) -> None:
    mechanical = case.startswith("mechanical")
    order: dict[str, Any] = {} if mechanical else {"watch": an_order("changement-de-pile").watch}
    session = recorded(tmp_path, case, "diagnostic-seul", until="decision", **order)
    player = session.player()
    assert player.tasks
    assert not player.differences()
    end = player.seek(player.duration)
    assert end.judged == tuple(entry for heard in player.tasks for entry in heard.judged)
    for speed in (1.0, 100.0):
        player.seek(0.0)
        waited: list[float] = []
        *_, last = player.play(speed=speed, wait=waited.append)
        assert last == end
        assert sum(waited) == pytest.approx(player.duration / speed)
    for stride in STRIDES[:3]:
        player.seek(0.0)
        passed = {0.0}
        while (at := player.step(stride).at) not in passed:
            passed.add(at)
        assert passed == {0.0, *player.moments(stride)}, "every one of them, and nothing else"
