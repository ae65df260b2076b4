"""The criteria as a table: for a page of the documentation, and for the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from bench.criteria.coverage import Coverage, coverage
from bench.criteria.model import CriterionKind, competences, criteria
from bench.criteria.support import CHECKS, SupportKind
from bench.language import N_, _, speaking
from bench.procedure.model import Procedure

# What a support of these kinds is called by where names are wanted; of the others there are so many.
_BY_NAME = (SupportKind.GUARD, SupportKind.REPORT, SupportKind.STOP, SupportKind.ALERT)
_NEEDS = {
    "guard": N_("guard"),
    "act": N_("act"),
    "alert": N_("alert"),
    "report": N_("paper"),
    "block": N_("block of the sheet"),
    "feature": N_("feature"),
}
# What says anything for a kind of criterion; a field beside the check of a check says nothing.
_TELLING: dict[CriterionKind, frozenset[SupportKind]] = {
    CriterionKind.STEP: CHECKS | {SupportKind.REPORT},
    CriterionKind.FIELD: frozenset({SupportKind.FIELD, SupportKind.TICK, SupportKind.EACH, SupportKind.COUNT}),
    CriterionKind.CHECK: CHECKS,
    CriterionKind.ALERT: frozenset({SupportKind.ALERT, SupportKind.STOP}),
    CriterionKind.REPORT: frozenset({SupportKind.REPORT}),
}


def by(found: Coverage, *, names: bool = True) -> str:
    """Write by what a criterion is supported; without `names`, all but the guards are only counted."""
    telling = _TELLING[found.criterion.kind]
    told: list[str] = []
    said: set[str] = set()
    for kind in SupportKind:
        what = found.what(kind) if kind in telling else ()
        if kind is SupportKind.GUARD:
            what = tuple(dict.fromkeys((*what, *found.criterion.named("guard"))))
        if not what:
            continue
        said.update(what)
        if kind is SupportKind.GUARD or (names and kind in _BY_NAME):
            told.append(f"{kind} {', '.join(what)}")
        else:
            number = sum(1 for support in found.supports if support.kind is kind)
            told.append(f"{kind} × {number}" if number > 1 else str(kind))
    if names:
        told += [f"{_(_NEEDS[need.kind])} {need.name}" for need in found.criterion.needs if need.name not in said]
    return " · ".join(told) or str(SupportKind.STEP)


def where(found: Coverage, trees: Mapping[str, str], mark: str = "") -> list[str]:
    """Write the places of a criterion, a line a tree: "i-05 field, compass · i-06 …". `mark` stands around step ids."""
    lines = []
    for procedure, name in trees.items():
        stages: dict[str, list[str]] = {}
        for place in found.places:
            if place.procedure == procedure:
                stages.setdefault(place.stage, []).append(f"{mark}{place.step}{mark}")
        if stages:
            lines.append(" · ".join(f"{stage or name} {', '.join(steps)}" for stage, steps in stages.items()))
    return lines


def counts() -> Mapping[CriterionKind, int]:
    """Return how many criteria there are of each kind."""
    return Counter(each.kind for each in criteria().values())


def markdown(procedures: Iterable[Procedure]) -> str:
    """Write docs/criteria.md: from each criterion to its steps, to what stops, tells or shows, and to its tests."""
    trees = tuple(sorted(procedures, key=lambda each: (not each.stage, each.stage[0].id if each.stage else each.id)))
    found = coverage(trees)
    names = {procedure.id: procedure.id for procedure in trees}
    with speaking("en"):
        met = sum(each.met for each in found.values())
        lines = [
            "# The criteria, and what supports each of them",
            "",
            "Written by `python -m docs.criteria` from bench/criteria/criteria.toml and the procedures; a test fails",
            "where the two differ. The codes are those of the CQP *Technicien d’atelier en horlogerie* (RNCP37858),",
            "the words our own. `etabli criteria` prints the same in either language, `--tree` for one procedure,",
            "`--missing` for gaps.",
            "",
            f"**{met} of {len(found)}** criteria are supported: "
            + ", ".join(f"{counts()[kind]} by {kind.value}s" for kind in CriterionKind)
            + ".",
            "A criterion that asks for a check has at least one guard, refused answer, branch, verdict, count, tick,",
            "signature or alert that holds the order up; that a field was filled in is none.",
            "",
            "The trees, by the numbering of their stages: "
            + ", ".join(f"{_number(procedure)} *{procedure.title}*" for procedure in trees)
            + ".",
        ]
        for competence in competences():
            lines += ["", f"## {competence.id} {competence.title.en} — {competence.title.fr}", ""]
            lines += ["| Criterion | Kind | Where | By | Test |", "|---|---|---|---|---|"]
            for criterion in competence.criteria:
                line = found[criterion.id]
                words = f"**{criterion.id}** {criterion.text.en}<br>*{criterion.text.fr}*"
                gaps = "".join(f"<br>**{gap}**" for gap in line.gaps)
                tests = "<br>".join(_test(each) for each in criterion.tests)
                places = "<br>".join(where(line, names, "`")) or "the core"
                lines.append(f"| {words} | {criterion.kind.value} | {places} | {by(line)}{gaps} | {tests} |")
    return "\n".join(lines) + "\n"


def _number(procedure: Procedure) -> str:
    return procedure.stage[0].id.partition("-")[0] if procedure.stage else procedure.id


def _test(name: str) -> str:
    path, _colons, function = name.partition("::")
    return f"[{path.rpartition('/')[2]}](../{path}) `{function}`"
