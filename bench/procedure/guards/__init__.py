"""The guards: rules that stop or branch, each with its reason, its remedy, and who may lift it.

A guard is a pure question about the state and what is about to happen. `rules.py` lists all forty; `acts.py` says which
are asked when. Those about an instrument or a verdict stand where these are made: G-04 to G-06 in bench/metrology.py,
G-08 and G-19 in bench/procedure/tasks.py, G-09 in bench/conformity.py, G-20 in bench/judging.py, G-40 in bench/desk.py.
"""

from bench.procedure.guards.acts import GUARDS, acts_of, first_refusal, leaving_refusal, scope_of
from bench.procedure.guards.asked import (
    answer_stops,
    branch_required,
    choice_guarded,
    gaps_at_close,
    manual_only_degraded,
    measure_first,
    moves_promise,
    no_skip,
    no_way_back,
    not_entitled,
    photo_of_the_display,
    plain_words,
    reason_for_reserve,
    reason_without_verdict,
    repeat_without_reason,
    still_waiting,
)
from bench.procedure.guards.ending import gaps
from bench.procedure.guards.people import nobody_signed_in
from bench.procedure.guards.question import Question
from bench.procedure.guards.rules import MANAGER_ROLE, RULES, GuardRule, refusal, rule
from bench.procedure.guards.water import case_faults

__all__ = [
    "GUARDS",
    "GuardRule",
    "MANAGER_ROLE",
    "Question",
    "RULES",
    "acts_of",
    "answer_stops",
    "branch_required",
    "case_faults",
    "choice_guarded",
    "first_refusal",
    "gaps",
    "gaps_at_close",
    "leaving_refusal",
    "manual_only_degraded",
    "measure_first",
    "moves_promise",
    "no_skip",
    "no_way_back",
    "nobody_signed_in",
    "not_entitled",
    "photo_of_the_display",
    "plain_words",
    "repeat_without_reason",
    "reason_for_reserve",
    "reason_without_verdict",
    "refusal",
    "rule",
    "scope_of",
    "still_waiting",
]
