"""Taking one of the forty guards out, to see whether anything notices: the program itself has no switch for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bench import attendance, judging, measuring
from bench.conformity import SIMPLE
from bench.procedure import engine, guards, tasks
from bench.procedure.guards import acts, people


@contextmanager
def without(code: str) -> Iterator[None]:
    """Let the guard `code` never refuse, wherever it is asked."""
    with pytest.MonkeyPatch.context() as patch:
        for table in (acts.GUARDS, acts._MORE):
            for name, guard in list(table.items()):
                patch.setitem(table, name, _silent(guard, code))
        patch.setattr(people, "signs_in_person", _silent(people.signs_in_person, code))
        patch.setattr(measuring, "identity_refusal", _silent(measuring.identity_refusal, code))
        patch.setattr(measuring, "calibration_refusal", _silent(measuring.calibration_refusal, code))
        patch.setattr(tasks, "_approval", _fewer(tasks._approval, code))
        patch.setattr(judging, "_weak_signal", _fewer(judging._weak_signal, code))
        patch.setattr(judging, "_other_lift_angle", _fewer(judging._other_lift_angle, code))
        for place, name, instead in _ELSEWHERE.get(code, ()):
            patch.setattr(place, name, instead)
        yield


def _silent(guard: Callable[..., Any], code: str) -> Callable[..., Any]:
    def asked(*args: Any, **kwargs: Any) -> Any:
        refusal = guard(*args, **kwargs)
        return None if refusal is not None and refusal.rule == code else refusal

    return asked


def _fewer(guard: Callable[..., Any], code: str) -> Callable[..., Any]:
    def asked(*args: Any, **kwargs: Any) -> Any:
        return tuple(refusal for refusal in guard(*args, **kwargs) if refusal.rule != code)

    return asked


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


_judge = judging.judge


def _judged_whatever_the_width(value: Any, expanded: Any, limit: Any, rule: Any) -> Any:
    return _judge(value, expanded, limit, SIMPLE)


def _any_way(procedure: Any, step: Any, outcome: str) -> str:
    return procedure.target(step, outcome) or procedure.following(step.id)


def _admit(self: Any, operator: Any, role: Any = None) -> None:
    return None


_ELSEWHERE: dict[str, tuple[tuple[Any, str, Any], ...]] = {
    "G-09": ((judging, "judge", _judged_whatever_the_width),),
    "G-24": ((guards, "moves_promise", _nothing),),
    "G-26": ((engine, "_guarded_choices", _nothing),),
    "G-28": ((engine, "way_on", _any_way),),
    "G-29": ((guards, "repeat_without_reason", _nothing),),
    "G-30": ((engine, "may_key_in", _nothing),),
    "G-34": ((engine, "gaps", lambda procedure, ask: ()),),
    "G-40": ((attendance.Attendance, "admit", _admit),),
}
