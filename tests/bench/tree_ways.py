"""Ways through a tree: the watch as it is, what is answered otherwise than usual, the branches that this must take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripted import ScriptedPool, Truth
from tree_walk import branches, possible, usual_answers, walk_tree, work_on

from bench.procedure.model import Procedure
from bench.work import Work


@dataclass(frozen=True)
class Way:
    """One way through a tree, from the first step to the closed sheet."""

    takes: set[tuple[str, str]]
    answers: dict[str, Any] = field(default_factory=dict)
    watch: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)


def truth_of(work: Work) -> Truth:
    pool = work.desk.pool
    assert isinstance(pool, ScriptedPool)
    return pool.truth


def mending(answers: str | Mapping[str, Any], **becomes: Any) -> Callable[[Work], None]:
    """Answer a step while the watch becomes what somebody has made of it meanwhile."""

    def answer(work: Work) -> None:
        for name, value in becomes.items():
            setattr(truth_of(work), name, value)
        work.start()
        step = work.step
        assert step is not None
        given = {step.fields[0].id: answers} if isinstance(answers, str) else answers
        work.answer(usual_answers(work, given))

    return answer


def travelled(way: Way, procedure: str, usual: Mapping[str, Any], **order: Any) -> Work:
    """Return the order at the end of the way; `usual` is what every way through this tree answers."""
    work = work_on(Truth(**way.watch), procedure, **{**order, **way.order})
    walk_tree(work, {**usual, **way.answers})
    return work


def untravelled(procedure: Procedure, works: list[Work]) -> set[tuple[str, str]]:
    """Return what the data names and none of the orders has taken."""
    return possible(procedure) - {taken for work in works for taken in branches(work)}
