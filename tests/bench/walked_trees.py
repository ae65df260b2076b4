"""Each shipped tree walked once to its closed sheet, for the tests of what is printed from it."""

from __future__ import annotations

from functools import cache
from typing import Any

from scripted import Truth
from tree_walk import walk_tree, work_on

from bench.work import Work

CELL = {"reference": "371", "voltage": "1.57 V"}
IN_CASE = {"movement_out": "no"}
USUAL = {"return-reassemble": IN_CASE, "dial-on-fit": {"marks": "no"}}
ANSWERS: dict[str, Any] = {
    "revision-complete": {**USUAL, "casing": IN_CASE},
    "changement-de-pile": {"cell": CELL},
    "etancheite-et-joints": {},
    "diagnostic-seul": {**USUAL, "casing": IN_CASE},
    "controle-mecanique": {},
}
WATCHES: dict[str, dict[str, Any]] = {"changement-de-pile": {"battery": 1.30}}


@cache
def walked(tree: str) -> Work:
    work = work_on(Truth(**WATCHES.get(tree, {})), tree)
    walk_tree(work, ANSWERS[tree])
    return work
