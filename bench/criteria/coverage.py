"""From each criterion to what supports it in the procedures and in the core, and what is still missing."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bench.alerts import ALERTS
from bench.criteria.model import Criterion, CriterionKind, Need, criteria
from bench.criteria.support import CHECKS, Place, Support, SupportKind, guards_of, supports
from bench.language import Message, msg
from bench.papers import KINDS
from bench.procedure.guards import RULES, acts_of
from bench.procedure.guards.acts import ENTERING, LEAVING
from bench.procedure.model import Act, Procedure, Step
from bench.sheet.places import BLOCKS

# The two papers that are versions of the sheet itself.
SHEETS = ("tracking-sheet", "customer-sheet")


@dataclass(frozen=True)
class Coverage:
    """What supports a criterion: steps with what they do, and what it needs beyond them; `gaps` is what is missing."""

    criterion: Criterion
    supports: tuple[Support, ...]
    gaps: tuple[Message, ...]

    @property
    def met(self) -> bool:
        return not self.gaps

    @property
    def places(self) -> tuple[Place, ...]:
        """The steps, in the order of their procedures."""
        return tuple(dict.fromkeys(support.place for support in self.supports))

    def what(self, kind: SupportKind) -> tuple[str, ...]:
        """Return what of this kind supports it, each once."""
        return tuple(dict.fromkeys(support.what for support in self.supports if support.kind is kind))


def coverage(procedures: Iterable[Procedure]) -> Mapping[str, Coverage]:
    """Return for each of the 97 criteria what supports it in these procedures taken together."""
    trees = tuple(procedures)
    does = _Doing.of([step for procedure in trees for step in procedure.steps])
    found = {}
    for code, criterion in criteria().items():
        known = tuple(
            support for procedure in trees for step in procedure.steps for support in supports(procedure, step, code)
        )
        lacking = [need for need in criterion.needs if not _there(need, does)]
        gaps = [msg("{need} is not there.", need=str(need)) for need in lacking]
        found[code] = Coverage(criterion, known, (*_unsupported(criterion, known), *gaps))
    return found


@dataclass(frozen=True)
class _Doing:
    """What the steps of some procedures do, all together."""

    acts: frozenset[Act]
    guards: frozenset[str]
    alerts: frozenset[str]
    reports: frozenset[str]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> _Doing:
        acts = frozenset(act for step in steps for act in acts_of(step))
        guards = frozenset(code for step in steps for code in guards_of(step))
        raised = {
            choice.alert
            for step in steps
            for entry in step.fields
            for choice in (*entry.choices, *(choice for column in entry.columns for choice in column.choices))
        }
        return cls(acts, guards, frozenset(raised - {""}), frozenset(step.report for step in steps if step.report))


# Guards that hang on an act or a name; all others are asked of every step, or by the core itself.
_BY_ACT = {code.partition(" ")[0] for codes in (*ENTERING.values(), *LEAVING.values()) for code in codes} | {"G-26"}


def _there(need: Need, does: _Doing) -> bool:
    match need.kind:
        case "guard":
            return need.name in RULES and (need.name not in _BY_ACT or need.name in does.guards)
        case "act":
            return need.name in {act.value for act in does.acts}
        case "alert":
            by_rule = any(rule.alert == need.name for rule in RULES.values())
            return need.name in ALERTS and (by_rule or need.name in does.alerts)
        case "report":
            return need.name in (*KINDS, *SHEETS) and need.name in does.reports
        case "block":
            return need.name in BLOCKS
        case "feature":
            return importable(need.name)


def _unsupported(criterion: Criterion, known: Sequence[Support]) -> list[Message]:
    """Return what the steps leave open: a criterion without any step, or without the kind of support it asks for."""
    kinds = {support.kind for support in known}
    in_core = bool(criterion.named("feature"))
    if not known and not in_core:
        return [msg("No step names it.")]
    match criterion.kind:
        case CriterionKind.STEP:
            return []
        case CriterionKind.FIELD:
            fields = kinds & {SupportKind.FIELD, SupportKind.TICK, SupportKind.COUNT}
            return [] if fields else [msg("None of its steps has a field for it.")]
        case CriterionKind.CHECK:
            checked = kinds & CHECKS or criterion.named("guard") or in_core
            return [] if checked else [msg("Nothing stops or branches: its steps only take an answer.")]
        case CriterionKind.ALERT:
            raised = kinds & {SupportKind.ALERT, SupportKind.STOP} or criterion.named("alert")
            return [] if raised else [msg("None of its steps raises an alert.")]
        case CriterionKind.REPORT:
            shown = SupportKind.REPORT in kinds or criterion.named("report") or criterion.named("block")
            return [] if shown else [msg("None of its steps yields a paper.")]


@cache
def importable(dotted: str) -> bool:
    """Whether the dotted name is something of this program: a module, or an object inside of one."""
    parts = dotted.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for name in parts[split:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False
